import { expect, it } from "@effect/vitest"
import * as Mark from "../src/Mark.js"

const divide = (one = Number.NaN, other = Number.NaN) => one / other

it("is the ratio of the medians, with the ratios of single rounds beside it", () => {
  const mark = Mark.evaluate(2, "a", 0.5, [{ values: [1, 9, 2] }, { values: [4, 3, 10] }], divide)
  expect(mark).toEqual({ mark: 2, name: "a", ratio: 0.5, limit: 0.5, met: true, each: [0.25, 3, 0.2] })
})

it.each([
  [0.5, 0.49, false],
  [0.5, 0.5, true],
  [0.5, null, true]
])("a ratio of %d with limit %s: %s", (ratio, limit, met) => {
  expect(Mark.evaluate(1, "a", limit, [{ values: [ratio] }], (value = 0) => value).met).toBe(met)
})

it("what was not measured is not met, and says why", () => {
  const parts = [{ values: [1] }, { values: [], failed: "not done within 60 s" }]
  expect(Mark.evaluate(1, "a", 1, parts, divide)).toEqual({
    mark: 1,
    name: "a",
    ratio: null,
    limit: 1,
    met: false,
    each: [],
    why: "not done within 60 s"
  })
  expect(Mark.evaluate(1, "a", 1, [{ values: [] }, { values: [1] }], divide)).toMatchObject({ ratio: null, met: false })
})
