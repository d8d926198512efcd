import { describe, expect, it } from "@effect/vitest"
import { Destination, Redaction } from "@tenant-tracer/model"
import { Either, FastCheck } from "effect"

const words = FastCheck.subarray(["a", "b", "c.*"])
const rules: FastCheck.Arbitrary<Redaction.Rules> = FastCheck.record(
  { keys: words, hash: words, patterns: FastCheck.subarray([...Redaction.patterns]) },
  { requiredKeys: [] }
)

describe("validate", () => {
  const errorOf = (input: unknown) => Either.getOrThrow(Either.flip(Redaction.validate(input)))

  it.each([
    [{}],
    [{ keys: undefined, hash: [], patterns: ["email", "card", "phone", "key"] }],
    [{ keys: ["user.id", "gen_ai.*", "x".repeat(256)], hash: ["session.id"] }]
  ])("%j are rules", (input) => {
    expect(Either.getOrThrow(Redaction.validate(input))).toEqual(input)
  })

  it.each([
    [{ patterns: ["iban"] }, "patterns[0]", "is not one of email, card, phone, key"],
    [{ patterns: "email" }, "patterns", "is not"],
    [{ keys: ["a", ""] }, "keys[1]", "is not a key of 1 to 256 characters"],
    [{ keys: ["x".repeat(257)] }, "keys[0]", "is not a key"],
    [{ hash: ["*"] }, "hash[0]", "is not a key"],
    [{ keys: [".*"] }, "keys[0]", "is not a key"],
    [{ keys: ["a*"] }, "keys[0]", "is not a key"],
    [{ keys: ["a.*.b"] }, "keys[0]", "is not a key"],
    [{ keys: ["a.**"] }, "keys[0]", "is not a key"],
    [{ keys: [7] }, "keys[0]", "is not"],
    [{ keys: Array.from({ length: 257 }, (_, i) => `k${i}`) }, "keys", "has more than 256 entries"],
    [{ pattern: ["email"] }, "pattern", "is not a field: check its spelling"],
    ["email", "", "is not a record of keys, hash and patterns"],
    [null, "", "is not a record"]
  ])("%j are none", (input, path, detail) => {
    const error = errorOf(input)
    expect(error.path).toBe(path)
    expect(error.detail).toContain(detail)
  })

  it.prop("anything is rules or an error", [FastCheck.anything()], ([input]) => {
    expect(Either.isEither(Redaction.validate(input))).toBe(true)
  })
})

describe("union", () => {
  it.prop("takes out what one or the other does, whichever comes first", [rules, rules], ([a, b]) => {
    const both = Redaction.union(a, b)
    for (const list of ["keys", "hash", "patterns"] as const) {
      expect([...(both[list] ?? [])].sort()).toEqual([...new Set([...(a[list] ?? []), ...(b[list] ?? [])])].sort())
    }
    expect(Redaction.isNone(both)).toBe(Redaction.isNone(a) && Redaction.isNone(b))
    expect(Redaction.union(a, Redaction.none)).toEqual(Redaction.union(Redaction.none, a))
  })
})

describe("matcher", () => {
  it.each([
    ["user.id", true],
    ["USER.Id", true],
    ["user.idea", false],
    ["llm.a", true],
    ["LLM.a.b", true],
    ["llm.", true],
    ["llm", false],
    ["xllm.a", false],
    ["", false]
  ])("%j: %s", (key, expected) => {
    expect(Redaction.matcher(["User.id", "llm.*"])(key)).toBe(expected)
    expect(Redaction.matcher()(key)).toBe(false)
  })
})

describe("of a destination", () => {
  const make = (redaction: unknown) =>
    // Settings may come from code without types.
    Destination.make({ name: "main", endpoint: "https://a.example/v1/traces", redaction: redaction as Redaction.Rules })

  it("is kept as it is given, and absent where none is", () => {
    const redaction = { keys: ["a"], patterns: ["email"] }
    expect(Either.getOrThrow(make(redaction)).redaction).toEqual(redaction)
    expect(Either.getOrThrow(make(undefined))).not.toHaveProperty("redaction")
  })

  it.each([
    [{ patterns: ["iban"] }, "redaction.patterns[0]"],
    [{ keys: "a" }, "redaction.keys"],
    ["email", "redaction"],
    [null, "redaction"]
  ])("%j is an error that names its field", (redaction, field) => {
    const error = Either.getOrThrow(Either.flip(make(redaction)))
    expect(error).toMatchObject({ destination: "main", field })
    expect(error.message.length).toBeGreaterThan(field.length + 20)
  })
})
