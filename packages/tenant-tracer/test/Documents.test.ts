/** What operators read names everything that they can set and be told. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

const operating = read("../../../docs/operating.md")

const found = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))]

const variables = [
  "../../tracer/src/TracingConfig.ts",
  "../../tracer/src/deliver/DiskSpool.ts",
  "../src/Tracing.ts"
].flatMap((path) => found(read(path), /"(TENANT_TRACER_[A-Z_]+)"/g))

const recorder = read("../../tracer/src/record/Recorder.ts")
const events = found(recorder.slice(recorder.indexOf("export type RecorderEvent")).split("\n\n")[0] ?? "", /"(\w+)"/g)

describe("docs/operating.md", () => {
  it.each(variables)("has the variable %s", (variable) => {
    expect(operating).toContain(`\`${variable}\``)
  })

  it.each(events)("has the counter %s", (event) => {
    expect(operating).toContain(`\`${event}\``)
  })

  it("is held against all of them", () => {
    expect(variables.length).toBeGreaterThan(20)
    expect(events.length).toBeGreaterThan(15)
  })
})
