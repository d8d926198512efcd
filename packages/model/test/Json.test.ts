import { describe, expect, it } from "@effect/vitest"
import { Json } from "@tenant-tracer/model"
import { FastCheck } from "effect"

describe("stringify", () => {
  it.prop("writes what JSON can say as JSON.stringify does", [FastCheck.jsonValue()], ([value]) => {
    expect(Json.stringify(value)).toBe(JSON.stringify(value))
  })

  it.prop(
    "writes valid JSON or nothing for anything at all",
    [FastCheck.anything({ withBigInt: true, withDate: true })],
    ([value]) => {
      const text = Json.stringify(value)
      if (text !== undefined) expect(() => JSON.parse(text)).not.toThrow()
    }
  )

  it("leaves out what throws, what goes in circles and what is no data", () => {
    const circle: Record<string, unknown> = { kept: 1 }
    circle.self = circle
    const hostile = {
      get broken() {
        throw new Error("no")
      },
      kept: 2
    }
    expect(Json.stringify(circle)).toBe('{"kept":1}')
    expect(Json.stringify(hostile)).toBe('{"kept":2}')
    expect(Json.stringify([() => 1, 10n])).toBe('[null,"10"]')
    expect(Json.stringify(() => 1)).toBeUndefined()
  })

  it("stops at a depth and a number of values", () => {
    let deep: unknown = "bottom"
    for (let i = 0; i < 1000; i++) deep = [deep]
    expect(Json.stringify(deep)).not.toContain("bottom")
    expect(Json.stringify(Array.from({ length: 200_000 }, () => 1))?.length).toBeLessThan(250_000)
  })
})

describe("text without measure", () => {
  const megabyte = "\u0000".repeat(1024 * 1024)

  it("is cut where a string would not hold it", () => {
    const text = Json.stringify(new Array(2000).fill(megabyte)) ?? ""
    expect(text.length).toBeGreaterThan(32 * 1024 * 1024)
    expect(text.length).toBeLessThan(6 * 33 * 1024 * 1024)
    expect(text.endsWith(',"",""]')).toBe(true)
  })

  it("counts the keys, too", () => {
    const long = Array.from({ length: 40 }, (_, i) => [`${i}${megabyte}`, true] as const)
    expect((Json.stringify(Object.fromEntries(long)) ?? "").length).toBeLessThan(6 * 33 * 1024 * 1024)
  })
})

describe("parsed", () => {
  it("reads objects and lists, and leaves other text as it is", () => {
    expect(Json.parsed('{"a":1}')).toEqual({ a: 1 })
    expect(Json.parsed(" [1]")).toEqual([1])
    for (const text of ["1", "null", "{broken", "plain"]) expect(Json.parsed(text)).toBe(text)
    expect(Json.parsed(5)).toBe(5)
  })

  it.each([
    ["an integer of many digits", '{"id":1234567890123456789}'],
    ["a number that is not finite", '{"x":1e400}'],
    ["a negative one", '{"x":-1E+400}'],
    ["one that is nought to JavaScript", '{"x":1e-400}'],
    ["a fraction of many digits", '{"x":3.14159265358979323846}'],
    ["a key twice", '{"a":1,"a":2}'],
    ["a key twice, spelled otherwise", '{"a":{"b":1,"\\u0062":2}}'],
    ["a number of a hundred digits", `[${"0".padStart(100, "1")}]`],
    ["what is too deep", `${"[".repeat(100)}${"]".repeat(100)}`],
    ["what is too much", `[${"1,".repeat(100_000)}1]`]
  ])("keeps the text of which something would be lost: %s", (_, text) => {
    expect(Json.parsed(text)).toBe(text)
    expect(Json.isTree(text)).toBe(true)
  })

  it.each([
    ['{"x":9007199254740992}', { x: 2 ** 53 }],
    ['{"x":1.50,"y":-0.0,"z":0.30000000000000004}', { x: 1.5, y: -0, z: 0.1 + 0.2 }],
    ['{"x":1e21,"y":1.0E-7,"z":-25e-1}', { x: 1e21, y: 1e-7, z: -2.5 }],
    [
      '{"12345678901234567890":"12345678901234567890, \\"1e400\\""}',
      { "12345678901234567890": '12345678901234567890, "1e400"' }
    ],
    ['[{"a":1},{"a":1},[],{},null,true]', [{ a: 1 }, { a: 1 }, [], {}, null, true]]
  ])("reads what is only spelled otherwise: %s", (text, value) => {
    expect(Json.parsed(text)).toEqual(value)
  })

  const gap = FastCheck.constantFrom(undefined, 2, "\t")

  it.prop("reads whatever JavaScript wrote", [FastCheck.jsonValue(), gap], ([value, space]) => {
    const text = JSON.stringify(value, undefined, space)
    expect(JSON.stringify(Json.parsed(text))).toBe(
      typeof value === "object" && value !== null ? JSON.stringify(value) : JSON.stringify(text)
    )
  })

  it.prop(
    "reads an integer exactly where writing it again gives the same digits",
    [FastCheck.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })],
    ([integer]) => {
      const text = `{"id":${integer}}`
      const isSame = String(Number(integer)) === String(integer)
      expect(Json.parsed(text)).toEqual(isSame ? { id: Number(integer) } : text)
    }
  )

  it("reads a long text in time that grows with it", () => {
    const text = JSON.stringify({ a: `${'\\"'.repeat(200_000)}`, b: [`1${"0".repeat(200_000)}1`] })
    expect(Json.parsed(text)).toEqual(JSON.parse(text))
    const digits = `[1${"0".repeat(1_000_000)}1]`
    expect(Json.parsed(digits)).toBe(digits)
  })
})

describe("data", () => {
  it("is what JSON can say, as plain data", () => {
    expect(Json.data({ a: 1n, b: () => 1, c: new Uint8Array([1]), d: new Date(0) })).toEqual({
      a: "1",
      d: "1970-01-01T00:00:00.000Z"
    })
    for (const nothing of [undefined, () => 1, Symbol("s"), new Uint8Array([1])])
      expect(Json.data(nothing)).toBeUndefined()
    expect(Json.data(null)).toBeNull()
    expect(Json.data(["abc", "def"], { values: 2, text: 2 })).toEqual(["ab"])
  })
})
