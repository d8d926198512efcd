import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Shrink from "../src/Shrink.js"

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

/** Fails at the first item by which all `culprits` have come. */
const failing = (culprits: ReadonlyArray<number>) => {
  const tried: Array<ReadonlyArray<number>> = []
  const attempt = (items: ReadonlyArray<number>): Shrink.Failing<number, string> | undefined => {
    tried.push(items)
    const last = Math.max(...culprits.map((culprit) => items.indexOf(culprit)))
    if (!culprits.every((culprit) => items.includes(culprit))) return undefined
    return { items: items.slice(0, last + 1), why: "all have come" }
  }
  return { attempt, tried }
}

describe("Shrink", () => {
  it("leaves what has to be there, in its order", () => {
    const { attempt } = failing([7, 300, 411])
    expect(Shrink.shrink({ items: numbers(500), why: "before" }, attempt)).toEqual({
      items: [7, 300, 411],
      why: "all have come"
    })
  })

  it.prop(
    "no item of what is left can be left out",
    [FastCheck.uniqueArray(FastCheck.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 6 })],
    ([culprits]) => {
      const { items } = Shrink.shrink({ items: numbers(60), why: "" }, failing(culprits).attempt)
      expect(items).toEqual([...culprits].sort((a, b) => a - b))
    }
  )

  it("leaves out what was needed only by what has gone since", () => {
    const attempt = (items: ReadonlyArray<number>) =>
      items.includes(1) && items.includes(5) && (items.includes(9) || !items.includes(3))
        ? { items, why: "still" }
        : undefined
    expect(Shrink.shrink({ items: [1, 3, 5, 9], why: "still" }, attempt).items).toEqual([1, 5])
  })

  it("needs nothing where nothing is needed", () => {
    const attempt = (items: ReadonlyArray<number>) => ({ items, why: "always" })
    expect(Shrink.shrink({ items: numbers(9), why: "always" }, attempt).items).toEqual([])
  })

  it("keeps what fails where no part of it does", () => {
    const found = { items: numbers(9), why: "only whole" }
    expect(Shrink.shrink(found, () => undefined)).toBe(found)
  })

  it("finds in few attempts one that is alone", () => {
    const { attempt, tried } = failing([123])
    Shrink.shrink({ items: numbers(500), why: "" }, attempt)
    expect(tried.length).toBeLessThan(40)
  })

  it("stops when it has taken long enough, with the best so far", () => {
    const { attempt, tried } = failing([0, 499])
    const { items } = Shrink.shrink({ items: numbers(500), why: "" }, attempt, () => tried.length < 3)
    expect(tried).toHaveLength(3)
    expect(items).toContain(0)
    expect(items).toContain(499)
  })
})
