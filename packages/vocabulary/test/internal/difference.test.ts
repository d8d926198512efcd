import { spawnSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Genai from "../../src/Genai.js"
import { print } from "../../src/internal/difference.js"
import { samples } from "../../src/internal/samples.js"

const vocabulary = (version: string, write: Vocabulary["write"], more: Partial<Vocabulary> = {}): Vocabulary => ({
  name: "own",
  version,
  keys: {},
  content: [],
  write,
  ...more
})

/** What is said of each sample. */
const partsOf = (text: string): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    text.split("\n\n").map((part) => {
      const [name = "", ...lines] = part.split("\n")
      return [name, lines]
    })
  )

describe("print", () => {
  it("tells of each sample what is added, gone and another", () => {
    const first = vocabulary("1", ({ data }, out) => {
      out.string("b.gone", "x")
      out.string("a.same", "x")
      out.int("c.type", 1)
      out.string("d.value", data?._tag === "guardrail" ? "x" : undefined)
    })
    const second = vocabulary("2", ({ data }, out) => {
      out.string("a.same", "x")
      out.double("c.type", 1)
      out.string("d.value", data?._tag === "guardrail" ? "y".repeat(500) : undefined)
      out.strings("e.new", ["x"])
    })
    const parts = partsOf(print(first, second))
    expect([...parts.keys()]).toEqual(["own 1 -> own 2", ...samples.map(({ name }) => name)])
    expect(parts.get("tool_call")).toEqual([
      '  - b.gone "x" (string)',
      "  ~ c.type 1 (int) -> 1 (double)",
      '  + e.new ["x"] (strings)'
    ])
    expect(parts.get("guardrail")?.[2]).toBe(`  ~ d.value "x" (string) -> "${"y".repeat(159)}… (string)`)
  })

  it("says so where there is no difference, and of one vocabulary twice in one line", () => {
    const same = vocabulary("2", Genai.v1_41.write)
    const [, ...parts] = partsOf(print(vocabulary("1", Genai.v1_41.write), same)).values()
    expect(new Set(parts.flat())).toEqual(new Set(["  no difference"]))
    expect(print(Genai.v1_41, Genai.v1_41)).toBe("genai 1.41 twice: there is no difference.")
  })

  it("begins with what its marks mean, and the address of the schema where that is another", () => {
    const head = (...two: Parameters<typeof print>) => print(...two).split("\n\n")[0]
    expect(head(Genai.v1_36, Genai.v1_41)).toBe(
      [
        "genai 1.36 -> genai 1.41",
        "schema_url https://opentelemetry.io/schemas/1.36.0 -> https://opentelemetry.io/schemas/1.41.0",
        "- is only in genai 1.36, + only in genai 1.41, ~ in both with another value or type;",
        "[content] is sent to a destination only where it may have what people wrote and models answered."
      ].join("\n")
    )
    expect(
      head(
        vocabulary("1", () => {}),
        vocabulary("2", () => {})
      )
    ).not.toContain("schema_url")
    const published = vocabulary("2", () => {}, { schemaUrl: "https://schema.example/2" })
    expect(
      head(
        vocabulary("1", () => {}),
        published
      )
    ).toContain("schema_url none -> https://schema.example/2")
  })

  it("shows JSON as it is, marks content, and of long values where they begin to differ", () => {
    const messages = (last: string) => JSON.stringify([{ role: "user", content: "x".repeat(300) }, { role: last }])
    const own = (version: string, last: string) =>
      vocabulary(
        version,
        ({ data }, out) => {
          if (data?._tag !== "guardrail") return
          out.string("a.messages", messages(last))
          out.string("b.plain", `[not JSON ${version}`)
          out.string("c.short", `[${version}]`)
        },
        { content: ["a.*"] }
      )
    const lines = partsOf(print(own("1", "tool"), own("2", "assistant"))).get("guardrail") ?? []
    const tail = (last: string) => `…${"x".repeat(40 - '"},{"role":"'.length)}"},{"role":"${last}"}] (string)`
    expect(lines).toEqual([
      `  ~ a.messages [content] ${tail("tool")} -> ${tail("assistant")}`,
      '  ~ b.plain "[not JSON 1" (string) -> "[not JSON 2" (string)',
      "  ~ c.short [1] (string) -> [2] (string)"
    ])
  })

  it("from 1.36 to 1.41 a system becomes a provider, and a prompt messages", () => {
    const chat = partsOf(print(Genai.v1_36, Genai.v1_41)).get("llm_call.chat") ?? []
    const keys = chat.map((line) => line.split(" ").slice(2, 4).join(" "))
    expect(keys).toEqual(expect.arrayContaining(["- gen_ai.system", "+ gen_ai.provider.name", "- gen_ai.prompt"]))
    expect(chat.find((line) => line.includes("+ gen_ai.input.messages"))).toContain(
      `gen_ai.input.messages [content] [{"role":"user","parts":[{"type":"text","content":"What's the weather in Paris?"}]}`
    )
  })
})

describe("pnpm vocabulary", () => {
  const root = new URL("../../../../", import.meta.url)
  const run = (...options: ReadonlyArray<string>) =>
    spawnSync(process.execPath, ["--import", "tsx", "scripts/vocabulary.mjs", ...options], {
      cwd: root,
      encoding: "utf8"
    })

  it("diff prints a difference", () => {
    const { status, stdout } = run("diff", "genai@1.36", "genai")
    expect([status, stdout.trimEnd()]).toEqual([0, print(Genai.v1_36, Genai.v1_41)])
  })

  it.each([
    [["diff", "genai", "nope"], /^unknown vocabulary "nope"; known: \[genai 1\.41\|.*\]\n$/],
    [["diff", "genai@0.1", "genai"], /^unknown vocabulary "genai" version "0.1"; known: .*\n$/],
    [["diff", "genai"], /^Say .*\n$/],
    [["docs", "genai"], /^Say .*\n$/]
  ])("%j is refused with a sentence and exit code 2", (options, sentence) => {
    const { status, stderr, stdout } = run(...options)
    expect([status, stdout]).toEqual([2, ""])
    expect(stderr).toMatch(sentence)
  })
})
