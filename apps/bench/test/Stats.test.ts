import { expect, it } from "@effect/vitest"
import * as Stats from "../src/Stats.js"

it.each([
  [[3], 3],
  [[1, 2, 100], 2],
  [[100, 1], 50.5],
  [[4, 1, 3, 2], 2.5]
])("the middle of %j is %d", (values, middle) => {
  expect(Stats.median(values)).toBe(middle)
})

it("says how far they lie apart, and keeps their order", () => {
  expect(Stats.summary([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, values: [3, 1, 2] })
})

it("of nothing there is no number", () => {
  const { max, median, min } = Stats.summary([])
  expect([min, median, max]).toEqual([Number.NaN, Number.NaN, Number.NaN])
})

it("quantiles lie on the line between two values", () => {
  const values = Array.from({ length: 101 }, (_, index) => index)
  expect(Stats.quantile(values, 0.99)).toBeCloseTo(99)
  expect(Stats.quantile([0, 10], 0.999)).toBeCloseTo(9.99)
})
