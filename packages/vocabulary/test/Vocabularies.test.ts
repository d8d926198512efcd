import { describe, expect, it } from "@effect/vitest"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as AttributeMap from "../src/AttributeMap.js"
import * as Genai from "../src/Genai.js"
import * as OpenInference from "../src/OpenInference.js"
import * as Vocabularies from "../src/Vocabularies.js"

const span: TypedSpan = {
  name: "chat gpt-4o",
  data: { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" },
  facts: { sessionId: "s" },
  isRoot: false,
  error: undefined
}

const own = (name: string, write: Vocabulary["write"], content: ReadonlyArray<string> = []): Vocabulary => ({
  name,
  version: "1",
  keys: {},
  content,
  write
})

const messageOf = (refs: ReadonlyArray<string>, known?: ReadonlyArray<Vocabulary>) =>
  Vocabularies.layer(
    refs.map((name) => ({ name })),
    known
  ).pipe(
    Either.flip,
    Either.map((error) => error.message),
    Either.getOrNull
  )

describe("find", () => {
  it("finds by name, by name and version, and not otherwise", () => {
    expect(Vocabularies.find("genai")).toEqual(Option.some(Genai.v1_41))
    expect(Vocabularies.find("genai", "1.41")).toEqual(Option.some(Genai.v1_41))
    expect(Vocabularies.find("genai", "1.2")).toEqual(Option.none())
    expect(Vocabularies.find("nope")).toEqual(Option.none())
  })

  it("names and versions are unique, the newest of a name first", () => {
    const titles = Vocabularies.all.map(({ name, version }) => `${name} ${version}`)
    expect(new Set(titles).size).toBe(titles.length)
    const order = (version: string) =>
      version
        .split(".")
        .map((part) => part.padStart(6, "0"))
        .join(".")
    for (const { name } of Vocabularies.all) {
      const versions = Vocabularies.all.filter((one) => one.name === name).map(({ version }) => order(version))
      expect(versions).toEqual([...versions].sort().reverse())
    }
  })
})

describe("layer", () => {
  it("one vocabulary is itself", () => {
    expect(Vocabularies.layer([{ name: "genai" }])).toEqual(Either.right(Genai.v1_41))
  })

  it("two write what each of them writes, a shared key once", () => {
    const layered = Vocabularies.layer([{ name: "genai" }, { name: "openinference" }]).pipe(Either.getOrThrow)
    const keys = AttributeMap.attributes(layered, span).map(({ key }) => key)
    expect(keys.filter((key) => key === "session.id")).toHaveLength(1)
    expect(AttributeMap.collect(layered, span)).toEqual({
      ...AttributeMap.collect(Genai.v1_41, span),
      ...AttributeMap.collect(OpenInference.v1, span)
    })
    expect(layered.schemaUrl).toBe(Genai.v1_41.schemaUrl)
    expect(layered.content).toEqual(expect.arrayContaining([...Genai.v1_41.content, ...OpenInference.v1.content]))
    expect(layered.keys).toMatchObject({ ...Genai.v1_41.keys, ...OpenInference.v1.keys })
  })

  it("case 75: an unknown name is told, with the names that are known", () => {
    expect(messageOf(["x".repeat(10_000)])?.length).toBeLessThan(400)
    const known = Vocabularies.all.map(({ name, version }) => `${name} ${version}`).join(", ")
    expect(messageOf(["genai", "nope"])).toBe(`unknown vocabulary "nope"; known: [${known}]`)
  })

  it("an unknown version is told with its name", () => {
    const error = Vocabularies.layer([{ name: "genai", version: "9" }]).pipe(Either.flip, Either.getOrThrow)
    expect(error.reason).toBe("unknown")
    expect(error.message).toContain('unknown vocabulary "genai" version "9"')
  })

  it("no name at all is told", () => {
    expect(messageOf([])).toContain("name a vocabulary; known: [")
  })

  it.each<[string, Vocabulary["write"], Vocabulary["write"]]>([
    ["values", (_, out) => out.string("k", "a"), (_, out) => out.string("k", "b")],
    ["types", (_, out) => out.int("k", 1), (_, out) => out.double("k", 1)],
    [
      "values on one role only",
      (_, out) => out.string("k", "a"),
      ({ data }, out) => out.string("k", data?._tag === "guardrail" ? "b" : "a")
    ]
  ])("different %s for one key are a conflict that names both", (_, first, second) => {
    const message = messageOf(["one", "two"], [own("one", first), own("two", second)])
    expect(message).toBe("vocabularies one 1 and two 1 claim the key k with different values: name only one of them")
  })

  it("a key that is content for one only is a conflict", () => {
    const write: Vocabulary["write"] = (_, out) => out.string("k", "a")
    expect(messageOf(["one", "two"], [own("one", write, ["k"]), own("two", write)])).toContain("claim the key k")
    expect(messageOf(["one", "two"], [own("one", write, ["k"]), own("two", write, ["k"])])).toBeNull()
  })

  it("a key that the first declares and does not write is the second's", () => {
    const one = own("one", (_, out) => out.string("k", undefined))
    const two = own("two", (_, out) => {
      out.strings("k", ["a"])
      out.int("i", 1)
      out.double("d", 1)
      out.boolean("b", true)
      out.json("j", {})
    })
    const layered = Vocabularies.layer([{ name: "one" }, { name: "two" }], [one, two]).pipe(Either.getOrThrow)
    expect(AttributeMap.collect(layered, span)).toEqual({ k: ["a"], i: 1, d: 1, b: true, j: "{}" })
  })

  it("three can be layered", () => {
    const third = own("third", (_, out) => out.string("k", "a"))
    const layered = Vocabularies.layer(
      [{ name: "genai" }, { name: "openinference" }, { name: "third" }],
      [...Vocabularies.all, third]
    ).pipe(Either.getOrThrow)
    expect(AttributeMap.collect(layered, span)).toMatchObject({ k: "a", "openinference.span.kind": "LLM" })
  })
})
