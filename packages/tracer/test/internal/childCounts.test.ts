import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as ChildCounts from "../../src/internal/childCounts.js"

const id = FastCheck.nat(20).map((index) => `span ${index}`)

it.prop(
  "is a map of counts, of which none is as good as no id, however many there are",
  [FastCheck.array(FastCheck.tuple(id, FastCheck.option(FastCheck.integer({ min: -1, max: 3 }))), { maxLength: 80 })],
  ([steps]) => {
    const expected = new Map<string, number>()
    let counts: ChildCounts.ChildCounts
    for (const [of, count] of steps) {
      counts = count === null ? ChildCounts.remove(counts, of) : ChildCounts.set(counts, of, count)
      if (count !== null && count > 0) expected.set(of, count)
      else expected.delete(of)
      expect(ChildCounts.size(counts)).toBe(expected.size)
      for (let index = 0; index <= 20; index++) {
        expect(ChildCounts.get(counts, `span ${index}`)).toBe(expected.get(`span ${index}`) ?? 0)
      }
      if (expected.size === 0) expect(counts).toBeUndefined()
    }
  }
)
