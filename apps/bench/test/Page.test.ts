import { readFileSync } from "node:fs"
import { assert, expect, it } from "@effect/vitest"
import * as Page from "../src/Page.js"
import * as Report from "../src/Report.js"
import { suites } from "../src/Suites.js"

const block = (name: string, content = "old") =>
  `<!-- begin ${name}: written by \`npm run bench -- --write\` -->\n${content}\n<!-- end ${name} -->`

it("puts each section between its marks, and leaves the rest as it is", () => {
  const before = `# Title\n${block("one")}\nbetween\n${block("two")}\nafter\n`
  const once = Page.placed(before, { two: "second", one: "first" })
  expect(once).toEqual({
    document: `# Title\n${block("one", "\nfirst\n")}\nbetween\n${block("two", "\nsecond\n")}\nafter\n`
  })
  // Written twice it is the same.
  if ("document" in once) expect(Page.placed(once.document, { one: "first", two: "second" })).toEqual(once)
})

it("names a section that has no place", () => {
  expect(Page.placed(block("one"), { one: "1", three: "3" })).toEqual({ missing: "three" })
})

const results = Report.results(
  suites.map(({ mark }) => ({
    marks: [{ mark, name: `mark ${mark}`, ratio: 1, limit: 2, met: true, each: [1] }],
    rows: [{ mark, what: "number", setting: { peer: "ours" }, values: [1] }]
  })),
  Report.machine({ quick: true, rounds: 1, seconds: 60 })
)

it("says what was not measured in one go", () => {
  const again = Report.results([], Report.machine({ quick: true, rounds: 1, seconds: 40 }))
  const merged = Report.merged(results, again)
  assert("rows" in merged)
  expect(Page.sections(results).marks).toMatch(/, 60 s in all\./)
  expect(Page.sections(merged).marks).toMatch(/some of the marks at a time .*, 100 s in all\./)
})

it("has a section for the marks, one for each of them, and one for what is on paper", () => {
  const chart = { mark: 3, file: "a.svg", title: "A chart", svg: "" }
  const sections = Page.sections(results, [chart])
  expect(Object.keys(sections)).toEqual(["marks", ...suites.map(({ mark }) => `mark ${mark}`), "on paper"])
  expect(sections.marks).toContain(`Node ${process.versions.node}`)
  expect(sections.marks).toContain("with salt")
  expect(sections["mark 3"]).toContain("![A chart](performance/a.svg)")
  expect(sections["mark 4"]).not.toContain("![")
  expect(sections["mark 4"]).toContain("| 5 TenantTracer | 1 |")
})

it("the page has a place for all of them", () => {
  const page = readFileSync(new URL("../../../docs/performance.md", import.meta.url), "utf8")
  expect(Page.placed(page, Page.sections(results, []))).toHaveProperty("document")
})
