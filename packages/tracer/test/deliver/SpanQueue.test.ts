import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as SpanQueue from "../../src/deliver/SpanQueue.js"

interface Item {
  readonly position: number
  readonly size: number
  readonly at: number
}

const total = (items: ReadonlyArray<Item>) => items.reduce((sum, { size }) => sum + size, 0)

const step = FastCheck.oneof(
  FastCheck.record({ offer: FastCheck.nat(6) }),
  FastCheck.record({ offer: FastCheck.nat(6) }),
  FastCheck.record({ take: FastCheck.tuple(FastCheck.integer({ min: 1, max: 5 }), FastCheck.nat(12)) }),
  FastCheck.record({ settle: FastCheck.nat(3) }),
  FastCheck.record({ putBack: FastCheck.nat(3), keep: FastCheck.array(FastCheck.boolean(), { minLength: 5 }) }),
  FastCheck.record({ expire: FastCheck.nat(10) }),
  FastCheck.constant({ clear: true })
)

it.prop(
  "is a bounded queue in the order of arrival, whatever comes back to it",
  [FastCheck.array(step, { maxLength: 60 })],
  ([steps]) => {
    const queue = SpanQueue.make<number>({ maxSpans: 5, maxBytes: 12 })
    let waiting: Array<Item> = []
    const out: Array<ReadonlyArray<SpanQueue.Entry<number>>> = []
    let end = 0
    const outItems = () => out.flat().map(({ bytes, position, queuedAt }) => ({ position, size: bytes, at: queuedAt }))
    for (const [now, one] of steps.entries()) {
      if ("offer" in one) {
        const all = [...waiting, ...outItems()]
        const fits = all.length < 5 && total(all) + one.offer <= 12
        expect(queue.offer(end, one.offer, now)).toBe(fits)
        if (fits) waiting.push({ position: end++, size: one.offer, at: now })
      } else if ("take" in one) {
        const [maxSpans, maxBytes] = one.take
        const taken = queue.take(maxSpans, maxBytes)
        expect(taken.map(({ position }) => position)).toEqual(
          waiting.slice(0, taken.length).map(({ position }) => position)
        )
        expect(taken.map(({ span }) => span)).toEqual(taken.map(({ position }) => position))
        expect(taken.length).toBeLessThanOrEqual(maxSpans)
        const size = total(waiting.slice(0, taken.length))
        if (taken.length > 1) expect(size).toBeLessThanOrEqual(maxBytes)
        if (waiting.length > 0) expect(taken.length).toBeGreaterThan(0)
        const next = waiting[taken.length]
        // As much as the limits allow.
        if (next !== undefined && taken.length < maxSpans) expect(size + next.size).toBeGreaterThan(maxBytes)
        waiting = waiting.slice(taken.length)
        if (taken.length > 0) out.push(taken)
      } else if ("settle" in one) {
        for (const entries of out.splice(one.settle, 1)) queue.settle(entries)
      } else if ("putBack" in one) {
        for (const entries of out.splice(one.putBack, 1)) {
          const back = entries.filter((_, index) => one.keep[index])
          queue.settle(entries.filter((_, index) => !one.keep[index]))
          queue.putBack(back)
          for (const { bytes, position, queuedAt } of back) waiting.push({ position, size: bytes, at: queuedAt })
          waiting.sort((a, b) => a.position - b.position)
        }
      } else if ("expire" in one) {
        const kept = waiting.filter(({ at }) => at >= now - one.expire)
        expect(queue.expire(now - one.expire)).toBe(waiting.length - kept.length)
        waiting = kept
      } else {
        expect(queue.clear()).toBe(waiting.length)
        waiting = []
      }
      expect([queue.length(), queue.bytes()]).toEqual([waiting.length, total(waiting)])
      expect([queue.front(), queue.end()]).toEqual([waiting[0]?.position ?? end, end])
    }
  }
)

it("leaves room for what may come back", () => {
  const queue = SpanQueue.make<string>({ maxSpans: 2, maxBytes: 10 })
  queue.offer("a", 1, 0)
  queue.offer("b", 1, 0)
  const [first, ...rest] = queue.take(2, 10)
  expect(queue.offer("c", 1, 0)).toBe(false)
  queue.settle(rest)
  expect(queue.offer("c", 1, 0)).toBe(true)
  queue.putBack(first === undefined ? [] : [first])
  expect(queue.take(9, 9).map(({ span }) => span)).toEqual(["a", "c"])
})

it.each([
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0]
])("takes that come back as %i, %i, %i are in the order of arrival", (...order) => {
  const queue = SpanQueue.make<number>({ maxSpans: 10, maxBytes: 10 })
  for (let span = 0; span < 8; span++) queue.offer(span, 1, 0)
  const takes = [queue.take(2, 9), queue.take(2, 9), queue.take(2, 9)]
  for (const index of order) queue.putBack(takes[index] ?? [])
  expect(queue.take(9, 9).map(({ span }) => span)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})
