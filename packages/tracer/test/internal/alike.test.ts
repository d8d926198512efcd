import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, FastCheck, Schema } from "effect"
import * as Alike from "../../src/internal/alike.js"

const some = Arbitrary.make(Schema.UndefinedOr(Schema.Literal("redis", "postgres", "", "a\nb", "a")))

describe("a pair", () => {
  it.prop(
    "lists what is there, in its order, and is one list for all who have the same",
    [some, some, some, some],
    ([a, b, c, d]) => {
      const alike = Alike.make()
      const [one, other] = [alike.pair(a, b), alike.pair(c, d)]
      expect(one).toEqual([a, b].filter((text) => text !== undefined))
      expect(other).toEqual([c, d].filter((text) => text !== undefined))
      expect(alike.pair(a, b)).toBe(one)
      expect(one === other).toBe(JSON.stringify(one) === JSON.stringify(other))
    }
  )
})

describe("what is made up for each span", () => {
  it.prop(
    "finds no more room, and is right all the same",
    [FastCheck.uniqueArray(FastCheck.string(), { minLength: 4 })],
    ([texts]) => {
      const alike = Alike.make(3)
      for (const text of texts) {
        expect(alike.text(text)).toBe(text)
        expect(alike.pair(text, "x")).toEqual([text, "x"])
      }
      const pairs = texts.map((text) => [alike.pair(text, "x"), alike.pair(text, "x")] as const)
      const kept = pairs.map(([one, other]) => one === other)
      expect(kept).toEqual(texts.map((_, index) => index < 3))
    }
  )

  it("is not kept where it is long", () => {
    const alike = Alike.make()
    const long = "x".repeat(129)
    expect(alike.pair(long, undefined)).not.toBe(alike.pair(long, undefined))
    expect(alike.pair("x", long)).not.toBe(alike.pair("x", long))
    expect(alike.pair("x".repeat(128), "y")).toBe(alike.pair("x".repeat(128), "y"))
  })
})
