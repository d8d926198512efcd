import { expect, it } from "@effect/vitest"
import * as Guard from "../src/Guard.js"

const mark = (name: string, ratio: number | null, limit: number | null = 0.5) => ({
  mark: 1,
  name,
  ratio,
  limit,
  met: false
})

it("a ratio may be a good deal beyond its limit, and no more", () => {
  expect(Guard.problems([mark("a", 0.8), mark("b", 0.1)], {})).toEqual([])
  expect(Guard.problems([mark("a", 0.81), mark("b", 0.1)], {})).toEqual(["1  a: 0.810 is more than 0.800"])
})

it("a ceiling is what counts where there is one", () => {
  expect(Guard.problems([mark("a", 3)], { a: 3 })).toEqual([])
  expect(Guard.problems([mark("a", 3.1)], { a: 3 })).toEqual(["1  a: 3.10 is more than 3.00"])
})

it("what has no number is a problem, and what has no limit is none", () => {
  expect(Guard.problems([mark("a", null)], {})).toEqual(["1  a: there is no number"])
  expect(Guard.problems([mark("a", 1e9, null), mark("b", null, null)], {})).toEqual([])
})
