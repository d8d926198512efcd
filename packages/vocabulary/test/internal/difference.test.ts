import { spawnSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Genai from "../../src/Genai.js"
import { print } from "../../src/internal/difference.js"
import { samples } from "../../src/internal/samples.js"

const vocabulary = (version: string, write: Vocabulary["write"]): Vocabulary => ({
  name: "own",
  version,
  keys: {},
  content: [],
  write
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

  it("says so where there is no difference", () => {
    const [, ...parts] = partsOf(print(Genai.v1_41, Genai.v1_41)).values()
    expect(new Set(parts.flat())).toEqual(new Set(["  no difference"]))
  })

  it("from 1.36 to 1.41 a system becomes a provider, and a prompt messages", () => {
    const chat = partsOf(print(Genai.v1_36, Genai.v1_41)).get("llm_call.chat") ?? []
    const keys = chat.map((line) => line.split(" ").slice(2, 4).join(" "))
    expect(keys).toEqual(expect.arrayContaining(["- gen_ai.system", "+ gen_ai.provider.name", "- gen_ai.prompt"]))
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
