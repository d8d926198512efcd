import { describe, expect, it } from "@effect/vitest"
import { fewestAttributes } from "@tenant-tracer/model/Destination"
import { coreOf, type TypedSpan, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as AttributeMap from "../src/AttributeMap.js"
import * as Genai from "../src/Genai.js"
import { samples } from "../src/internal/samples.js"
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
      version === "next"
        ? ""
        : version
            .split(".")
            .map((part) => part.padStart(6, "0"))
            .join(".")
    for (const { name } of Vocabularies.all) {
      const versions = Vocabularies.all.filter((one) => one.name === name).map(({ version }) => order(version))
      expect(versions).toEqual([...versions].sort().reverse())
    }
  })

  it("what has no version yet is found by name only where it is asked for", () => {
    expect(Vocabularies.find("genai", "next")).toEqual(Option.some(Genai.next))
    expect(Option.map(Vocabularies.find("genai"), ({ version }) => version)).toEqual(Option.some("1.41"))
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
    expect(layered.keys).toEqual({ ...OpenInference.v1.keys, ...Genai.v1_41.keys })
  })

  it("case 75: an unknown name is told, with the names that are known", () => {
    expect(messageOf(["x".repeat(10_000)], [Genai.v1_41])?.length).toBeLessThan(200)
    expect(messageOf(["genai", "nope"], [Genai.v1_41, Genai.v1_36, OpenInference.v1])).toBe(
      'unknown vocabulary "nope"; known: [genai 1.41|1.36, openinference 1]'
    )
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

  it("those that differ by the name of one provider alone are told, and those that tell a query alike are not", () => {
    const error = Vocabularies.layer([{ name: "genai", version: "1.36" }, { name: "traceloop" }]).pipe(Either.flip)
    expect(Either.map(error, ({ message }) => message)).toEqual(
      Either.right(
        "vocabularies genai 1.36 and traceloop 1 claim the key gen_ai.system with different values: name only one of them"
      )
    )
    expect(messageOf(["openinference", "langsmith"])).toBeNull()
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

  it("a key that one has only by its row for any name is the other's who has a row of its own, also where that one says nothing", () => {
    const write: Vocabulary["write"] = (_, out) => {
      for (const key of ["mine", "ours", "theirs", "silent"]) out.string(key, "any")
    }
    const any = { ...own("any", write), keys: { mine: "", ours: "", "*": "" } }
    const other = {
      ...own("other", (_, out) => out.string("theirs", "other")),
      keys: { ours: "", theirs: "", silent: "" }
    }
    for (const parts of [
      ["any", "other"],
      ["other", "any"]
    ]) {
      // The samples know nothing of what is noted, and here all of it is.
      const quiet = (one: Vocabulary): Vocabulary => ({ ...one, write: (at, out) => at === span && one.write(at, out) })
      const layered = Vocabularies.layer(
        parts.map((name) => ({ name })),
        [quiet(any), quiet(other)]
      ).pipe(Either.getOrThrow)
      expect(AttributeMap.collect(layered, span), layered.name).toEqual({ mine: "any", ours: "any", theirs: "other" })
    }
  })

  it("all that may be layered two and two have a core that fits into the smallest budget there is", () => {
    const pairs = Vocabularies.all.flatMap((one, index) => Vocabularies.all.slice(index + 1).map((two) => [one, two]))
    const errors = pairs.flatMap((pair) =>
      Vocabularies.layer(pair).pipe(Either.match({ onLeft: ({ reason }) => [reason], onRight: () => ["fits"] }))
    )
    expect(new Set(errors)).toEqual(new Set(["fits", "conflict"]))
  })

  /** A call that has every fact that a core key may tell, and has failed: made here, so that no sample can be short of one. */
  const failed: TypedSpan = {
    name: "chat gpt-4o",
    data: {
      _tag: "llm_call",
      operation: "chat",
      provider: "openai",
      requestModel: "gpt-4o",
      responseModel: "gpt-4o-2024",
      responseId: "r",
      finishReasons: ["stop"],
      usage: {
        inputTokens: 3,
        outputTokens: 2,
        totalTokens: 5,
        cacheReadInputTokens: 1,
        cacheCreationInputTokens: 1,
        reasoningOutputTokens: 1
      },
      cost: { total: 1, input: 1, output: 1 },
      server: { address: "api.openai.com", port: 443 },
      conversationId: "c",
      dataSourceId: "d",
      callId: "i",
      error: { type: "E", message: "m", code: "429" }
    },
    facts: {
      team: { id: "t" },
      key: { hash: "h" },
      user: "u",
      endUser: "e",
      sessionId: "s",
      traceName: "n",
      environment: "prod",
      promptName: "p",
      promptVersion: "1"
    },
    isRoot: true,
    error: undefined
  }

  it.each([32, 64])(
    "in whatever order, two that are accepted for %i attributes keep their core, and room for one more",
    (most) => {
      const refs = Vocabularies.all.flatMap((one) =>
        Vocabularies.all.flatMap((two) => (one === two ? [] : [[one, two] as const]))
      )
      const accepted = refs.flatMap((pair) => {
        const layered = Vocabularies.layer(pair, Vocabularies.all, most)
        if (Either.isLeft(layered)) return []
        const core = new Set(coreOf(layered.right))
        return [failed, ...samples.map(({ span: one }) => ({ ...one, error: failed.data?.error, isRoot: true }))].map(
          (one) => AttributeMap.attributes(layered.right, one).filter(({ key }) => core.has(key)).length
        )
      })
      expect(Math.max(...accepted)).toBeLessThan(most)
      expect(accepted.length).toBeGreaterThan(0)
    }
  )

  it("two whose core fits until a call fails are refused where that is too much, with how much a destination keeps", () => {
    for (const refs of [
      [{ name: "genai", version: "1.39" }, { name: "braintrust" }],
      [{ name: "langfuse" }, { name: "genai", version: "next" }]
    ]) {
      expect(Vocabularies.layer(refs)._tag).toBe("Right")
      expect(
        Vocabularies.layer(refs, Vocabularies.all, 32).pipe(
          Either.flip,
          Either.map(({ message }) => message)
        )
      ).toEqual(Either.right(expect.stringContaining("and a destination may keep 32 attributes")))
    }
  })

  it("more core keys than the smallest budget of a destination holds are told, with how many", () => {
    const many = (from: number, count: number) => ({
      ...own(`from${from}`, ({ data }, out) => {
        const written = data?._tag === "guardrail" ? count : 1
        for (let index = from; index < from + written; index++) out.int(`k${index}`, index)
      }),
      core: Array.from({ length: 100 }, (_, index) => `k${from + index}`)
    })
    const known = [many(0, 63), many(100, 62), many(200, 64), many(300, 1)]
    expect(messageOf(["from0"], known)).toBeNull()
    expect(messageOf(["from200"], known)).toBe(
      "vocabulary from200 1 has 64 core keys on one span (guardrail), and a destination may keep 64 attributes: name fewer vocabularies, or declare a shorter core"
    )
    expect(messageOf(["from100", "from300"], known)).toBeNull()
    expect(messageOf(["from0", "from300"], known)).toMatch(/^vocabulary from0\+from300 1\+1 has 64 core keys/)
  })

  it("a destination that keeps few attributes has a vocabulary whose core is fewer, or is told so", () => {
    for (const { name, version } of Vocabularies.all) {
      expect(Either.isRight(Vocabularies.layer([{ name, version }], Vocabularies.all, fewestAttributes)), name).toBe(
        true
      )
    }
    const both = [{ name: "braintrust" }, { name: "openinference" }]
    expect(Either.isRight(Vocabularies.layer(both))).toBe(true)
    expect(
      Either.getOrThrow(Either.flip(Vocabularies.layer(both, Vocabularies.all, fewestAttributes))).message
    ).toMatch(
      /^vocabulary braintrust\+openinference 1\+1 has \d+ core keys on one span \(.+\), and a destination may keep 32 attributes/
    )
    expect(Either.isRight(Vocabularies.layer(both, Vocabularies.all, 1000))).toBe(true)
  })

  it("one that throws on samples is not judged by that, alone and beside another", () => {
    const picky = own("picky", ({ data }, out) => {
      if (data?._tag === "llm_call") throw new Error("no")
      out.string("k", "a")
    })
    const known = [...Vocabularies.all, picky]
    expect(messageOf(["picky"], known)).toBeNull()
    expect(messageOf(["genai", "picky"], known)).toBeNull()
    expect(messageOf(["picky", "genai"], known)).toBeNull()
  })

  it("what was accepted is the same the next time, for the same list, and is looked at once", () => {
    let looks = 0
    const counting = () =>
      own("own", () => {
        looks++
      })
    const known = [...Vocabularies.all, counting()]
    const refs = [{ name: "genai" }, { name: "own" }]
    const first = Vocabularies.layer(refs, known)
    const before = looks
    expect(before).toBeGreaterThan(0)
    expect(Vocabularies.layer([{ name: "genai" }, { name: "own" }], known)).toBe(first)
    expect(looks).toBe(before)
    expect(Vocabularies.layer([{ name: "own" }, { name: "genai" }], known)).not.toBe(first)
    expect(Vocabularies.layer(refs, [...Vocabularies.all, counting()])).not.toBe(first)
    expect(Vocabularies.layer([...refs, ...refs], known)).toBe(first)
    const versions = Array.from({ length: 10_000 }, (_, index) => ({
      name: "own",
      version: index % 2 === 0 ? "1" : undefined
    }))
    expect(Either.map(Vocabularies.layer(versions, known), ({ name }) => name)).toEqual(Either.right("own"))
    expect(Vocabularies.layer([{ name: "own", version: "2" }], known)._tag).toBe("Left")
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
