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
})
