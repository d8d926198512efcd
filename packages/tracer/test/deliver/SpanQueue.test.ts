import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as SpanQueue from "../../src/deliver/SpanQueue.js"

interface Item {
  readonly position: number
  readonly size: number
  readonly at: number
}

const total = (items: ReadonlyArray<Item>) => items.reduce((sum, { size }) => sum + size, 0)

const worth = FastCheck.constantFrom<[SpanQueue.Worth, SpanQueue.Worth, SpanQueue.Worth]>(0, 1, 2)

const step = FastCheck.oneof(
  FastCheck.record({ offer: FastCheck.nat(6), worth }),
  FastCheck.record({ offer: FastCheck.nat(6), worth }),
  FastCheck.record({
    take: FastCheck.tuple(FastCheck.integer({ min: 1, max: 5 }), FastCheck.nat(12), FastCheck.option(FastCheck.nat(6)))
  }),
  FastCheck.record({ settle: FastCheck.nat(3) }),
  FastCheck.record({ putBack: FastCheck.nat(3), keep: FastCheck.array(FastCheck.boolean(), { minLength: 5 }) }),
  FastCheck.record({ expire: FastCheck.nat(10) }),
  FastCheck.record({ shed: FastCheck.integer({ min: 0, max: 3 }) }),
  FastCheck.record({ change: FastCheck.nat(5) }),
  FastCheck.constant({ clear: true })
)

it.prop(
  "is a bounded queue in the order of arrival, whatever comes back to it",
  [
    FastCheck.oneof(
      FastCheck.tuple(FastCheck.array(step, { maxLength: 60 }), FastCheck.constant(5)),
      FastCheck.tuple(FastCheck.array(step, { minLength: 300, maxLength: 500, size: "max" }), FastCheck.constant(12))
    )
  ],
  ([[steps, maxSpans]]) => {
    const maxBytes = 3 * maxSpans
    const worths = new Map<number, SpanQueue.Worth>()
    const alone = new Map<number, SpanQueue.Worth>()
    const sizes: Array<number> = []
    const queue = SpanQueue.make<number>({
      maxSpans,
      maxBytes,
      sizeOf: (span) => sizes[span] ?? 0,
      worth: (span) => worths.get(span) ?? 0
    })
    let waiting: Array<Item> = []
    const out: Array<ReadonlyArray<SpanQueue.Entry<number>>> = []
    let end = 0
    const itemOf = ({ position, queuedAt }: SpanQueue.Entry<number>): Item => ({
      position,
      size: sizes[position] ?? 0,
      at: queuedAt
    })
    const outItems = () => out.flat().map(itemOf)
    for (const [now, one] of steps.entries()) {
      if ("offer" in one) {
        const all = [...waiting, ...outItems()]
        const fits = all.length < maxSpans && total(all) + one.offer <= maxBytes
        expect(queue.fits(one.offer)).toBe(fits)
        worths.set(end, one.worth)
        alone.set(end, one.worth === 1 ? 1 : 0)
        sizes[end] = one.offer
        expect(queue.offer(end, now)).toBe(fits)
        if (fits) waiting.push({ position: end++, size: one.offer, at: now })
      } else if ("take" in one) {
        const [most, mostBytes, ahead] = one.take
        const before = ahead === null ? undefined : queue.front + ahead
        const taken = queue.take(most, mostBytes, before)
        expect(taken.map(({ position }) => position)).toEqual(
          waiting.slice(0, taken.length).map(({ position }) => position)
        )
        expect(taken.map(({ span }) => span)).toEqual(taken.map(({ position }) => position))
        expect(taken.length).toBeLessThanOrEqual(most)
        const size = total(waiting.slice(0, taken.length))
        if (taken.length > 1) expect(size).toBeLessThanOrEqual(mostBytes)
        if (waiting.length > 0 && ahead !== 0) expect(taken.length).toBeGreaterThan(0)
        expect(taken.filter(({ position }) => position >= (before ?? end))).toEqual([])
        const next = waiting[taken.length]
        // As much as the limits allow.
        if (next !== undefined && taken.length < most && next.position < (before ?? end))
          expect(size + next.size).toBeGreaterThan(mostBytes)
        waiting = waiting.slice(taken.length)
        if (taken.length > 0) out.push(taken)
      } else if ("settle" in one) {
        for (const entries of out.splice(one.settle, 1)) queue.settle(entries)
      } else if ("putBack" in one) {
        for (const entries of out.splice(one.putBack, 1)) {
          const back = entries.filter((_, index) => one.keep[index])
          queue.settle(entries.filter((_, index) => !one.keep[index]))
          queue.putBack(back)
          waiting.push(...back.map(itemOf))
          waiting.sort((a, b) => a.position - b.position)
        }
      } else if ("expire" in one) {
        const kept = waiting.filter(({ at }) => at >= now - one.expire)
        expect(queue.expire(now - one.expire)).toHaveLength(waiting.length - kept.length)
        waiting = kept
      } else if ("shed" in one) {
        const worthOf = ({ position }: Item) => worths.get(position) ?? 0
        const least = Math.min(3, ...waiting.map(worthOf))
        const shed = queue.shed(one.shed)
        if (least >= one.shed) expect(shed).toBeUndefined()
        else {
          // Of those that are worth least, and the oldest where nothing has changed since.
          expect(shed === undefined ? undefined : worths.get(shed.span)).toBe(least)
          waiting = waiting.filter(({ position }) => position !== shed?.position)
        }
      } else if ("change" in one) {
        // Its children were accepted meanwhile, or lost.
        const changed = waiting[one.change]?.position ?? -1
        worths.set(changed, worths.get(changed) === 2 ? (alone.get(changed) ?? 0) : 2)
      } else {
        expect(queue.clear()).toHaveLength(waiting.length)
        waiting = []
      }
      expect([queue.length, queue.bytes]).toEqual([waiting.length, total(waiting)])
      expect([queue.front, queue.end, queue.since]).toEqual([waiting[0]?.position ?? end, end, waiting[0]?.at])
    }
  }
)

it("leaves room for what may come back", () => {
  const queue = SpanQueue.make<string>({ maxSpans: 2, maxBytes: 10, sizeOf: () => 1, worth: () => 0 })
  queue.offer("a", 0)
  queue.offer("b", 0)
  const [first, ...rest] = queue.take(2, 10)
  expect(queue.offer("c", 0)).toBe(false)
  queue.settle(rest)
  expect(queue.offer("c", 0)).toBe(true)
  queue.putBack(first === undefined ? [] : [first])
  expect(queue.take(9, 9).map(({ span }) => span)).toEqual(["a", "c"])
})

it.each([
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0]
])("takes that come back as %i, %i, %i are in the order of arrival", (...order) => {
  const queue = SpanQueue.make<number>({ maxSpans: 10, maxBytes: 10, sizeOf: () => 1, worth: () => 0 })
  for (let span = 0; span < 8; span++) queue.offer(span, 0)
  const takes = [queue.take(2, 9), queue.take(2, 9), queue.take(2, 9)]
  for (const index of order) queue.putBack(takes[index] ?? [])
  expect(queue.take(9, 9).map(({ span }) => span)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

it("puts each back where it was, also between what others have put back", () => {
  const queue = SpanQueue.make<number>({ maxSpans: 10, maxBytes: 10, sizeOf: () => 1, worth: () => 0 })
  for (let span = 0; span < 9; span++) queue.offer(span, 0)
  const first = queue.take(4, 9)
  const second = queue.take(4, 9)
  queue.settle(first.slice(1, 3))
  queue.putBack([0, 3].flatMap((index) => first[index] ?? []))
  const third = queue.take(3, 9)
  expect(third.map(({ span }) => span)).toEqual([0, 3, 8])
  queue.putBack(second)
  queue.putBack(third)
  expect(queue.take(9, 9).map(({ span }) => span)).toEqual([0, 3, 4, 5, 6, 7, 8])
})

it("lets go of the oldest of those that are worth least, and of nothing that is worth as much as what it is for", () => {
  const queue = SpanQueue.make<string>({
    maxSpans: 9,
    maxBytes: 99,
    sizeOf: () => 1,
    worth: (span) => (span.startsWith("root") ? 1 : span.startsWith("parent") ? 2 : 0)
  })
  for (const span of ["parent", "leaf 1", "root", "leaf 2"]) queue.offer(span, 0)
  const shed = (below: number) => queue.shed(below)?.span
  expect(shed(0)).toBeUndefined()
  expect([shed(1), shed(1), shed(1)]).toEqual(["leaf 1", "leaf 2", undefined])
  expect([shed(2), shed(2)]).toEqual(["root", undefined])
  expect([shed(3), shed(3)]).toEqual(["parent", undefined])
  expect([queue.length, queue.bytes]).toEqual([0, 0])
})

it("finds former parents among thousands, a few at a time, and not at the price of all of them", () => {
  const parents = new Set<number>()
  let asked = 0
  const queue = SpanQueue.make<number>({
    maxSpans: 10_000,
    maxBytes: 99_999,
    sizeOf: () => 1,
    worth: (span) => {
      asked++
      return parents.has(span) ? 2 : 0
    }
  })
  for (let span = 0; span < 1000; span++) {
    parents.add(span)
    queue.offer(span, 0)
  }
  expect(queue.shed(1), "looks at each once").toBeUndefined()
  asked = 0
  queue.settle(queue.take(10, 99))
  queue.putBack([])
  queue.shed(1)
  expect(asked, "and not again when a batch was sent").toBeLessThanOrEqual(16)
  parents.delete(500)
  asked = 0
  let sheds = 0
  for (let shed = queue.shed(1); shed?.span !== 500; shed = queue.shed(1)) {
    expect(shed).toBeUndefined()
    sheds++
  }
  expect(sheds).toBeLessThan(1000 / 16)
  expect(asked).toBeLessThanOrEqual(16 * (sheds + 1) + 1)
})
