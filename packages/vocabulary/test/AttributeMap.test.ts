import { describe, expect, it } from "@effect/vitest"
import type { AttributeWriter, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as FastCheck from "effect/FastCheck"
import * as AttributeMap from "../src/AttributeMap.js"

const span = { name: "x", data: undefined, facts: {}, isRoot: true, error: undefined }

const written = (write: (out: AttributeWriter) => void) => {
  const vocabulary: Vocabulary = { name: "test", version: "1", keys: {}, content: [], write: (_, out) => write(out) }
  return AttributeMap.attributes(vocabulary, span)
}

const json = (value: unknown) => written((out) => out.json("k", value))[0]?.value

describe("writer", () => {
  it("keeps the types that the wire tells apart", () => {
    expect(
      written((out) => {
        out.string("s", "")
        out.int("i", 3.9)
        out.int("negative", -3.9)
        out.double("d", 40)
        out.boolean("b", false)
        out.strings("l", ["a"])
        out.json("j", { a: 1 })
      })
    ).toEqual([
      { key: "s", type: "string", value: "" },
      { key: "i", type: "int", value: 3 },
      { key: "negative", type: "int", value: -3 },
      { key: "d", type: "double", value: 40 },
      { key: "b", type: "boolean", value: false },
      { key: "l", type: "strings", value: ["a"] },
      { key: "j", type: "string", value: '{"a":1}' }
    ])
  })

  it("does not write what is absent, empty or not a number", () => {
    expect(
      written((out) => {
        out.string("s", undefined)
        out.int("i", undefined)
        out.int("n", Number.NaN)
        out.double("d", Number.POSITIVE_INFINITY)
        out.boolean("b", undefined)
        out.strings("l", [])
        out.strings("u", undefined)
        out.json("j", undefined)
        out.json("f", () => 1)
      })
    ).toEqual([])
  })

  it("collects by key, and the key __proto__ is one like any other", () => {
    const vocabulary: Vocabulary = {
      name: "test",
      version: "1",
      keys: {},
      content: [],
      write: (_, out) => {
        out.string("__proto__", "x")
        out.int("a", 1)
      }
    }
    expect(Object.entries(AttributeMap.collect(vocabulary, span))).toEqual([
      ["__proto__", "x"],
      ["a", 1]
    ])
  })
})

describe("json", () => {
  it("leaves out a cycle and keeps the rest", () => {
    const cyclic: { a: number; self?: unknown } = { a: 1 }
    cyclic.self = cyclic
    expect(json(cyclic)).toBe('{"a":1}')
  })

  it("keeps an object that is there twice without a cycle", () => {
    const shared = { a: 1 }
    expect(json({ x: shared, y: shared })).toBe('{"x":{"a":1},"y":{"a":1}}')
  })

  it("writes a bigint as text, a date as its own text and a number that is none as null", () => {
    expect(json({ big: 2n ** 64n, date: new Date(0), none: Number.NaN })).toBe(
      '{"big":"18446744073709551616","date":"1970-01-01T00:00:00.000Z","none":null}'
    )
  })

  it("leaves out getters and toJSON that throw, functions, symbols and bytes", () => {
    const hostile = {
      get bad(): string {
        throw new Error("no")
      },
      json: {
        toJSON() {
          throw new Error("no")
        }
      },
      call: () => 1,
      symbol: Symbol("s"),
      bytes: new Uint8Array(3),
      good: 1
    }
    expect(json(hostile)).toBe('{"good":1}')
    expect(json([() => 1, 2])).toBe("[null,2]")
  })

  it("survives a proxy that refuses everything", () => {
    const refuse = () => {
      throw new Error("no")
    }
    const proxy = new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse })
    expect(json({ proxy, good: 1 })).toBe('{"good":1}')
  })

  it("is bounded in depth and in values", () => {
    let deep: unknown = "end"
    for (let depth = 0; depth < 10_000; depth++) deep = [deep]
    expect(String(json(deep)).length).toBeLessThan(200)
    let wide: unknown = "leaf"
    for (let level = 0; level < 40; level++) wide = [wide, wide]
    expect(String(json(wide)).length).toBeLessThan(2_000_000)
  })

  it.prop("says what JSON.stringify says of whatever JSON can say", [FastCheck.jsonValue()], ([value]) => {
    expect(json(value)).toBe(JSON.stringify(value))
  })

  it.prop(
    "never throws and is always JSON",
    [FastCheck.anything({ withBigInt: true, withDate: true, withMap: true })],
    ([value]) => {
      const text = json(value)
      if (typeof text === "string") expect(() => JSON.parse(text)).not.toThrow()
    }
  )
})
