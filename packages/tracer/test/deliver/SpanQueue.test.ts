import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as SpanQueue from "../../src/deliver/SpanQueue.js"

const sum = (sizes: ReadonlyArray<number>) => sizes.reduce((a, b) => a + b, 0)

const step = FastCheck.oneof(
  FastCheck.record({ offer: FastCheck.nat(6) }),
  FastCheck.record({ take: FastCheck.tuple(FastCheck.integer({ min: 1, max: 5 }), FastCheck.nat(12)) }),
  FastCheck.constant({ clear: true })
)

it.prop("is a bounded queue in the order of arrival", [FastCheck.array(step)], ([steps]) => {
  const queue = SpanQueue.make<number>({ maxSpans: 5, maxBytes: 12 })
  let model: Array<number> = []
  for (const one of steps) {
    if ("offer" in one) {
      const fits = model.length < 5 && sum(model) + one.offer <= 12
      expect(queue.offer(one.offer, one.offer)).toBe(fits)
      if (fits) model.push(one.offer)
    } else if ("take" in one) {
      const [maxSpans, maxBytes] = one.take
      const taken = queue.take(maxSpans, maxBytes)
      expect(taken).toEqual(model.slice(0, taken.length))
      expect(taken.length).toBeLessThanOrEqual(maxSpans)
      if (taken.length > 1) expect(sum(taken)).toBeLessThanOrEqual(maxBytes)
      if (model.length > 0) expect(taken.length).toBeGreaterThan(0)
      const next = model[taken.length]
      // As much as the limits allow.
      if (next !== undefined && taken.length < maxSpans) expect(sum(taken) + next).toBeGreaterThan(maxBytes)
      model = model.slice(taken.length)
    } else {
      expect(queue.clear()).toBe(model.length)
      model = []
    }
    expect([queue.length(), queue.bytes()]).toEqual([model.length, sum(model)])
  }
})
