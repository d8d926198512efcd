import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"
import { pages } from "../../src/internal/pages.js"
import * as Vocabularies from "../../src/Vocabularies.js"

const own = (version: string, keys: Record<string, string>): Vocabulary => ({
  name: "own",
  version,
  keys,
  content: ["a.*"],
  write: (_, out) => {
    out.json("a.0.b", {})
    out.double("a.1.b", 1)
    out.string("c", undefined)
    out.int("c", 1)
  }
})

const module = `/**
 * How own back ends have it: their way.
 *
 * And more.
 *
 * @since 0.1.0
 */
import {} from ""

/**
 * The newer.
 *
 * With more to say.
 *
 * @since 0.1.0
 */
export const v2_1: Vocabulary = make()

/** Not a version. */
export const x = 1
`

const made = pages(
  [own("2.1", { "a.*": "page a", c: "page c" }), own("1", { c: "old page" })],
  new Map([
    ["Other", "/**\n * No.\n */"],
    ["Own", module]
  ])
)

describe("pages", () => {
  const page = made.get("own.md") ?? ""

  it("tell what the module says, and of each version", () => {
    expect(page).toContain("# own\n\nHow own back ends have it: their way.\n\nAnd more.\n\n## Versions")
    expect(page).toContain("- **2.1**: The newer.\n  With more to say.\n- **1**\n")
    expect(page).not.toContain("@since")
  })

  it("list each key with type, versions, content and source", () => {
    expect(page).toContain("| `a.*` | JSON text, double | 2.1 | yes | page a |\n| `c` | int | all |  | page c |\n")
  })

  it("tell a field of each item of a list for content, and what a star alone stands for", () => {
    const keys = { "a.*.b": "page a", "*": "page b" }
    const listed = { ...own("1", keys), content: ["a.*.b"], write: () => {} }
    const text = pages([listed], new Map()).get("own.md")
    expect(text).toContain("| `a.*.b` |  | yes | page a |\n")
    expect(text).toContain("all that begin so, `*` for any other that has no dot. Content is")
    expect(page).toContain("all that begin so. Content is")
  })

  it("show a span of each role", () => {
    expect(page.match(/^### .*$/gm)).toEqual(
      [
        "proxy_request",
        "llm_call",
        "agent",
        "tool_call",
        "mcp_tool_call",
        "mcp_list_tools",
        "guardrail",
        "db_call",
        "service"
      ].map((role) => `### ${role}`)
    )
    expect(page).toContain('```json\n{\n  "a.0.b": "{}",\n  "a.1.b": 1,\n  "c": 1\n}\n```')
  })

  it("have an index, with the first sentence of each", () => {
    expect([...made.keys()]).toEqual(["README.md", "own.md", "gateway.md"])
    expect(made.get("README.md")).toContain("| [own](own.md) | 2.1, 1 | How own back ends have it. |")
  })
})

describe("docs/vocabularies", () => {
  const folder = new URL("../../../../docs/vocabularies/", import.meta.url)
  const sources = new URL("../../src/", import.meta.url)
  const modules = fs
    .readdirSync(sources)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name.slice(0, -3), fs.readFileSync(new URL(name, sources), "utf8")] as const)
  const expected = pages(Vocabularies.all, new Map(modules))

  it("has a page for each vocabulary, an index, and nothing else", () => {
    expect(fs.readdirSync(folder).sort()).toEqual([...expected.keys()].sort())
  })

  it.each([...expected])("%s is as the code has it: else run pnpm vocabulary docs", (name, text) => {
    expect(fs.readFileSync(new URL(name, folder), "utf8") === text).toBe(true)
  })

  it.each(Vocabularies.all.map((vocabulary) => [vocabulary.name, vocabulary.version, vocabulary] as const))(
    "each key of ours in %s %s stands in the section that it cites, with its meaning",
    (_name, _version, { keys }) => {
      const gateway = expected.get("gateway.md") ?? ""
      const ours = Object.entries(keys).filter(([key]) => key.startsWith("gateway."))
      expect(ours.length).toBeGreaterThan(0)
      for (const [key, source] of ours) {
        const [page, title] = source.split("#")
        expect(page).toBe("docs/vocabularies/gateway.md")
        const section = gateway.split("\n## ").find((text) => text.startsWith(`${title}\n`)) ?? ""
        expect(section, key).toMatch(
          new RegExp(`^\\| \`${key.replaceAll(/[.*]/g, "\\$&")}\` \\| [A-Z1\`].*[.…] \\|$`, "m")
        )
      }
    }
  )

  it("each key of ours has its meaning once, those that the tracer writes by itself among them", () => {
    const rows = (expected.get("gateway.md") ?? "").match(/^\| `gateway\.[\w.*]+`/gm) ?? []
    expect(new Set(rows).size).toBe(rows.length)
    expect(rows).toEqual(
      expect.arrayContaining(["| `gateway.cancelled`", "| `gateway.unfinished`", "| `gateway.probe`"])
    )
  })

  it.each(Vocabularies.all.map(({ name, version }) => [name, version]))("%s %s says what it is", (name, version) => {
    expect(expected.get("README.md")).toMatch(new RegExp(`\\[${name}\\].* \\| [A-Z].*\\. \\|`))
    expect(expected.get(`${name}.md`)).toMatch(new RegExp(`^- \\*\\*${version}\\*\\*.*: [A-Z]`, "m"))
  })
})
