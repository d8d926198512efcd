import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Bugs from "../../src/bugs/Bugs.js"

const patch: Bugs.Patch = { file: "packages/example.ts", edits: [{ find: "one", replace: "two" }] }

describe("Bugs", () => {
  it("are ten, each with a name and a sentence of its own", () => {
    expect(new Set(Bugs.all.map(({ name }) => name)).size).toBe(10)
    expect(new Set(Bugs.all.map(({ says }) => says)).size).toBe(10)
    for (const { name, says } of Bugs.all) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(says).toMatch(/^[A-Z].*\.$/)
    }
  })

  it.each(Bugs.all.map((bug) => [bug.name, bug] as const))("%s fits the library as it is", (_, bug) => {
    const texts = [...Bugs.patched(bug)]
    expect(texts).toHaveLength(bug.patches.length)
    for (const [index, [path, text]] of texts.entries()) {
      expect(text).not.toBe(readFileSync(path, "utf8"))
      for (const { replace } of bug.patches[index]?.edits ?? []) expect(text).toContain(replace)
    }
  })

  it.each([
    ["no", "zero"],
    ["two", "one and one"]
  ])("a text that is there %s times is an error that names bug, file and text", (_, source) => {
    expect(() => Bugs.apply(source, "an-example", patch)).toThrow(
      /"an-example".*packages\/example\.ts.*\d times.*\none$/
    )
  })

  it("puts the other text in its place as it is", () => {
    const dollars = { ...patch, edits: [{ find: "one", replace: "$& $1" }] }
    expect(Bugs.apply("just one.", "an-example", dollars)).toBe("just $& $1.")
  })

  it("are found by name", () => {
    expect(Bugs.find("leaked-budget")?.name).toBe("leaked-budget")
    expect(Bugs.find("nothing")).toBeUndefined()
  })
})
