import { expect, it } from "@effect/vitest"
import { Effect, FastCheck, Fiber, TestClock } from "effect"
import * as RateLimit from "../../src/deliver/RateLimit.js"

/** A limit, and the moments, in seconds, at which places were had. */
const make = (perMinute: number) =>
  Effect.map(Effect.clock, (clock) => {
    const now = () => clock.unsafeCurrentTimeMillis()
    const limit = RateLimit.make({ perMinute, now })
    const at: Array<number> = []
    const take = Effect.tap(limit.take, () => Effect.sync(() => at.push(now() / 1000)))
    return { ...limit, at, take }
  })

it.effect("the first may go at once, the next ones at even distances", () =>
  Effect.gen(function* () {
    const { at, readyAt, take } = yield* make(6)
    expect(readyAt()).toBe(Number.NEGATIVE_INFINITY)
    const all = yield* Effect.fork(Effect.all([take, take, take], { concurrency: "unbounded" }))
    yield* TestClock.adjust("19999 millis")
    expect(at).toEqual([0, 10])
    yield* TestClock.adjust("1 millis")
    yield* Fiber.join(all)
    expect([at, readyAt()]).toEqual([[0, 10, 20], 30_000])
  })
)

it.effect("what was not used is not saved up", () =>
  Effect.gen(function* () {
    const { at, take } = yield* make(60)
    yield* take
    yield* TestClock.adjust("1 hour")
    const all = yield* Effect.fork(Effect.all([take, take], { concurrency: "unbounded" }))
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(all)
    expect(at).toEqual([0, 3600, 3601])
  })
)

it.effect("a place that is given up while it is waited for moves nobody forward, and nobody back", () =>
  Effect.gen(function* () {
    const { at, readyAt, take } = yield* make(60)
    yield* take
    const given = yield* Effect.fork(take)
    const kept = yield* Effect.fork(take)
    yield* TestClock.adjust(0)
    yield* Fiber.interrupt(given)
    yield* TestClock.adjust("2 seconds")
    yield* Fiber.join(kept)
    expect([at, readyAt()]).toEqual([[0, 2], 3000])
  })
)

it.scoped.prop(
  "no minute has more than its number, however the requests come",
  [FastCheck.integer({ min: 1, max: 90 }), FastCheck.array(FastCheck.nat(20_000), { maxLength: 15 })],
  ([perMinute, pauses]) =>
    Effect.gen(function* () {
      const { at, take } = yield* make(perMinute)
      for (const pause of pauses) {
        yield* Effect.forkScoped(take)
        yield* TestClock.adjust(pause)
      }
      yield* TestClock.adjust("1 hour")
      expect(at).toHaveLength(pauses.length)
      for (const from of at) {
        expect(at.filter((time) => time >= from && time < from + 60 - 1e-6).length).toBeLessThanOrEqual(perMinute)
      }
    }).pipe(Effect.scoped),
  { fastCheck: { numRuns: 15 } }
)
