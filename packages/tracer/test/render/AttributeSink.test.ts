import { describe, expect, it } from "@effect/vitest"
import * as Json from "@tenant-tracer/model/Json"
import { FastCheck } from "effect"
import { AttributeSink, maxAttributes } from "../../src/render/AttributeSink.js"
import { Double } from "../../src/render/RenderedSpan.js"

const sink = (valueLength = 1024) => new AttributeSink({ valueLength })

describe("AttributeSink", () => {
  it("keeps the types of the wire apart", () => {
    const out = sink()
    out.string("s", "text")
    out.int("i", 2.9)
    out.int("negative", -2.9)
    out.double("d", 2)
    out.boolean("b", false)
    out.strings("l", ["a", "b"])
    out.json("j", { a: [1, null], b: 10n })
    expect(out.entries).toEqual([
      ["s", "text"],
      ["i", 2],
      ["negative", -2],
      ["d", new Double(2)],
      ["b", false],
      ["l", ["a", "b"]],
      ["j", '{"a":[1,null],"b":"10"}']
    ])
    expect(out.dropped).toBe(0)
  })

  it("writes nothing for what is absent, empty or no number, and takes zero and empty text for values", () => {
    const out = sink()
    out.string("a", undefined)
    out.int("b", undefined)
    out.int("c", Number.NaN)
    out.double("d", Number.POSITIVE_INFINITY)
    out.double("e", undefined)
    out.boolean("f", undefined)
    out.strings("g", [])
    out.strings("h", undefined)
    out.json("i", undefined)
    expect([out.entries, out.dropped]).toEqual([[], 0])
    out.int("zero", 0)
    out.string("empty", "")
    expect(out.entries).toEqual([
      ["zero", 0],
      ["empty", ""]
    ])
  })

  it("keeps 128 keys, counts the rest, and still overwrites those that it has", () => {
    const out = sink()
    for (let i = 0; i < maxAttributes + 5; i++) out.int(`k${i}`, i)
    out.int("k0", 7)
    expect(out.entries).toHaveLength(128)
    expect(out.entries[0]).toEqual(["k0", 7])
    expect([out.has("k127"), out.has("k128"), out.dropped]).toEqual([true, false, 5])
  })

  it("keeps as many as it is told to, and of them what its vocabulary says", () => {
    const out = new AttributeSink({
      valueLength: 8,
      maxAttributes: 64,
      vocabulary: { keys: { "core.last": "" }, content: [], core: ["core.last"] }
    })
    for (let i = 0; i < 100; i++) out.int(`k${i}`, i)
    out.int("core.last", 1)
    expect(out.dropped).toBe(37)
    expect(out.entries).toHaveLength(64)
    expect([out.has("k62"), out.has("k63"), out.has("core.last")]).toEqual([true, false, true])
  })

  it("what never ends is held no longer than it takes: the first and the newest are what stays", () => {
    const out = sink()
    for (let i = 0; i < 5000; i++) out.string(`list.${i}.role`, "user")
    expect([out.has("list.0.role"), out.has("list.1.role"), out.has("list.4999.role")]).toEqual([true, false, true])
    const items = out.entries.map(([key]) => Number(key.split(".")[1]))
    expect(items).toEqual([0, ...Array.from({ length: 127 }, (_, index) => 4873 + index)])
    expect(out.dropped).toBe(4872)
  })

  it.prop(
    "of few and of many keys each is there once, where it was written first, with what was written last",
    [FastCheck.array(FastCheck.tuple(FastCheck.nat({ max: 60 }), FastCheck.nat()), { maxLength: 200 })],
    ([writes]) => {
      const out = sink()
      const expected = new Map<string, number>()
      for (const [key, value] of writes) {
        expect(out.has(`k${key}`)).toBe(expected.has(`k${key}`))
        out.int(`k${key}`, value)
        expected.set(`k${key}`, value)
      }
      expect(out.entries).toEqual([...expected])
      expect(out.dropped).toBe(0)
    }
  )

  it("cuts text, alone and in lists, and never through a pair of surrogates", () => {
    const out = sink(4)
    out.string("exact", "abcd")
    out.string("long", "abcde")
    out.string("pair", "abc😀")
    out.strings("list", ["ok", "abcdef"])
    expect(out.entries).toEqual([
      ["exact", "abcd"],
      ["long", "abcd"],
      ["pair", "abc"],
      ["list", ["ok", "abcd"]]
    ])
  })

  it("cuts names, and counts where two of them become one: the newer stays", () => {
    const out = new AttributeSink({ valueLength: 8, keyLength: 4 })
    out.int("abcd", 1)
    out.int("ab😀", 2)
    expect([out.dropped, out.has("abcd"), out.has("abcdef"), out.has("abc😀")]).toEqual([0, true, true, false])
    out.int("abc😀", 3)
    out.int("abcdef", 4)
    out.int("ab😀x", 5)
    expect(out.entries).toEqual([
      ["abcd", 4],
      ["ab😀", 5],
      ["abc", 3]
    ])
    expect(out.dropped).toBe(2)
  })

  it("counts bytes where its back end does", () => {
    const out = new AttributeSink({ valueLength: 16, keyLength: 6, lengthUnit: "bytes" })
    out.string("ascii", "x".repeat(20))
    out.string("日本", "日本語日本語")
    out.string("日本語", "é".repeat(8))
    out.strings("list", ["ok", "日本語日本語"])
    out.json("json", ["日本語日本語"])
    expect(out.entries).toEqual([
      ["ascii", "x".repeat(16)],
      ["日本", "é".repeat(8)],
      ["list", ["ok", "日本語日本"]],
      ["json", '["日本語…"]']
    ])
    expect([out.dropped, out.has("日本語"), out.has("日")]).toEqual([1, true, false])
  })

  it("keeps the first entries of a list of any type", () => {
    const out = new AttributeSink({ valueLength: 2, listLength: 2 })
    out.strings("texts", ["abc", "b", "c"])
    out.strings("fits", ["a", "b"])
    out.write("numbers", [1, 2, 3])
    // What is wrong with an entry that goes is wrong with nothing.
    out.strings("late", ["a", "b", JSON.stringify({ long: "text" })])
    expect(out.entries).toEqual([
      ["texts", ["ab", "b"]],
      ["fits", ["a", "b"]],
      ["numbers", [1, 2]],
      ["late", ["a", "b"]]
    ])
    expect(out.dropped).toBe(0)
  })

  it("tells JSON that is too long more shortly, and drops and counts it where that cannot be done: half of it would be no JSON", () => {
    const out = sink(20)
    out.json("fits", [1, 2, 3])
    out.json("text", "a text that is too long")
    out.json(
      "numbers",
      Array.from({ length: 50 }, (_, index) => index)
    )
    out.json("keys", { ["k".repeat(20)]: 1 })
    expect(out.entries).toEqual([
      ["fits", "[1,2,3]"],
      ["text", '"a text that is to…"'],
      ["numbers", "[0,47,48,49]"]
    ])
    expect(out.dropped).toBe(1)
  })

  it("knows JSON that comes as text, such as what a tool took, and keeps it JSON, in lists too", () => {
    const out = sink(32)
    out.string("arguments", JSON.stringify({ city: "Paris", note: "n".repeat(100) }))
    out.strings("list", [JSON.stringify(["Paris", "n".repeat(100)]), "x".repeat(40)])
    out.string("keys", JSON.stringify({ ["k".repeat(32)]: 1 }))
    out.strings("listed keys", ["a", JSON.stringify({ ["k".repeat(32)]: 1 })])
    out.string("prose", `{not JSON ${"x".repeat(40)}`)
    expect(out.entries).toEqual([
      ["arguments", '{"city":"Paris","note":"nnnnn…"}'],
      ["list", ['["Paris","nnnnnnnnnnnnnnnnnnn…"]', "x".repeat(32)]],
      ["prose", `{not JSON ${"x".repeat(22)}`]
    ])
    expect(out.dropped).toBe(2)
  })

  it("leaves out what JSON cannot say, and counts where nothing is left", () => {
    const out = sink()
    const cycle: { self?: unknown; a: number } = { a: 1 }
    cycle.self = cycle
    out.json("cycle", cycle)
    out.json("function", () => 1)
    expect([out.entries, out.dropped]).toEqual([[["cycle", '{"a":1}']], 1])
  })

  it("drops an integer that no 64 bits hold, for back ends refuse the batch in which it comes; a double may be as large as it is", () => {
    const out = sink()
    out.int("large", 2 ** 62)
    out.int("huge", 1e300)
    out.write("list", [1, 2 ** 63])
    out.double("whole", 1e20)
    out.double("small", 1e-300)
    expect(out.entries).toEqual([
      ["large", 2 ** 62],
      ["whole", new Double(1e20)],
      ["small", new Double(1e-300)]
    ])
    expect(out.dropped).toBe(2)
  })

  it.prop(
    "JSON text is JSON, whatever its value and the limit, and whether it comes as text",
    [
      FastCheck.anything({ withBigInt: true, withNullPrototype: true }),
      FastCheck.integer({ min: 1, max: 60 }),
      FastCheck.boolean()
    ],
    ([value, limit, isText]) => {
      const out = sink(limit)
      const text = JSON.stringify(Json.stringify(value) ?? null)
      if (isText) out.string("key", `[${text}]`)
      else out.json("key", value)
      for (const [, text] of out.entries) {
        expect(String(text).length).toBeLessThanOrEqual(limit)
        expect(() => JSON.parse(String(text))).not.toThrow()
      }
      expect(out.entries.length + out.dropped).toBe(value === undefined && !isText ? 0 : 1)
    }
  )
})
