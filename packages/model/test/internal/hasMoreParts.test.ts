import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { hasMoreParts } from "../../src/internal/hasMoreParts.js"

const countOf = (value: unknown): number => {
  if (typeof value !== "object" || value === null) return 0
  const parts: ReadonlyArray<unknown> = Array.isArray(value) ? value : Object.values(value)
  return parts.reduce<number>((sum, part) => sum + 1 + countOf(part), 0)
}

it.prop("counts the parts of any JSON", [FastCheck.jsonValue(), FastCheck.nat(20)], ([value, max]) => {
  expect(hasMoreParts(value, max)).toBe(countOf(value) > max)
})

it("looks at no more than it is willing to, whatever it is given", () => {
  const holes: Array<unknown> = []
  holes.length = 2 ** 32 - 1
  const endless: object = new Proxy(
    {},
    {
      get: () => endless,
      ownKeys: () => ["a", "b"],
      getOwnPropertyDescriptor: () => ({ value: endless, enumerable: true, configurable: true, writable: true })
    }
  )
  const cyclic: Record<string, unknown> = {}
  cyclic.self = [cyclic, cyclic]
  for (const value of [holes, { a: [{ holes }] }, endless, cyclic]) expect(hasMoreParts(value, 1000)).toBe(true)
  let deep: unknown = "end"
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(hasMoreParts(deep, 1000)).toBe(false)
})
