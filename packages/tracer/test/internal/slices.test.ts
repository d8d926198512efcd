import { describe, expect, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, type Scheduler } from "effect"
import * as Slices from "../../src/internal/slices.js"
import { loopTurns } from "../support/loop.js"

const millisecond = 1_000_000

/** Time that passes by work alone, and turns of the event loop that are counted. */
const working = Effect.gen(function* () {
  let nanos = 0
  const turns = yield* loopTurns
  const clock: Clock.Clock = { ...Clock.make(), unsafeCurrentTimeNanos: () => BigInt(nanos) }
  const spent = new Map<number, number>()
  const work = (cost: number) => {
    nanos += cost
    spent.set(turns(), (spent.get(turns()) ?? 0) + cost)
  }
  return {
    work,
    /** The longest that the event loop was held. */
    longest: () => Math.max(...spent.values()),
    turns: () => spent.size,
    run: <A, E>(effect: Effect.Effect<A, E>) => Effect.withClock(effect, clock)
  }
})

const costs = (count: number, cost: number): ReadonlyArray<number> => Array.from({ length: count }, () => cost)

describe("a long work", () => {
  it.scopedLive("is done in order, and for a millisecond at a time", () =>
    Effect.gen(function* () {
      const { longest, run, turns, work } = yield* working
      const slices = Slices.make()
      const done: Array<number> = []
      yield* run(
        slices.forEach([...costs(20, 0.3 * millisecond).keys()], (item) => {
          work(0.3 * millisecond)
          done.push(item)
        })
      )
      expect(done).toEqual([...Array(20).keys()])
      expect(longest()).toBeLessThanOrEqual(1.2 * millisecond)
      expect(turns()).toBeGreaterThanOrEqual(5)
    })
  )

  it.scopedLive("of pieces that are longer than that, one at a time", () =>
    Effect.gen(function* () {
      const { longest, run, work } = yield* working
      yield* run(Slices.make().forEach(costs(5, 3 * millisecond), work))
      expect(longest()).toBe(3 * millisecond)
    })
  )

  it.effect("is left to the scheduler, where fibers have one of their own", () =>
    Effect.sync(() => {
      const tasks: Array<() => void> = []
      const scheduler: Scheduler.Scheduler = {
        scheduleTask: (task) => tasks.push(task),
        shouldYield: () => false
      }
      let nanos = 0
      const clock: Clock.Clock = { ...Clock.make(), unsafeCurrentTimeNanos: () => BigInt(nanos) }
      const fiber = Effect.runFork(
        Effect.withClock(
          Slices.make().forEach(costs(10, 0.6 * millisecond), (cost) => {
            nanos += cost
          }),
          clock
        ),
        { scheduler }
      )
      let turns = 0
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
        turns++
        task()
      }
      expect(fiber.unsafePoll()).toEqual(Exit.void)
      expect(turns).toBeGreaterThanOrEqual(5)
    })
  )

  it.effect("where no time passes, is done at once", () =>
    Effect.sync(() => {
      const done: Array<number> = []
      const stopped = { ...Clock.make(), unsafeCurrentTimeNanos: () => 0n }
      Effect.runSync(
        Effect.withClock(
          Slices.make().forEach(costs(10_000, 1), (item) => done.push(item)),
          stopped
        )
      )
      expect(done).toHaveLength(10_000)
    })
  )
})

describe("many works", () => {
  it.scopedLive("together hold the event loop no longer than one", () =>
    Effect.gen(function* () {
      const { longest, run, work } = yield* working
      const slices = Slices.make()
      const works = Array.from({ length: 30 }, (_, i) =>
        i % 3 === 0 ? slices.once(() => work(0.4 * millisecond)) : slices.forEach(costs(i % 7, 0.4 * millisecond), work)
      )
      yield* run(Effect.all(works, { concurrency: "unbounded" }))
      expect(longest()).toBeLessThanOrEqual(1.2 * millisecond)
    })
  )

  it.scopedLive("one after another share a slice, too", () =>
    Effect.gen(function* () {
      const { longest, run, turns, work } = yield* working
      const slices = Slices.make()
      yield* run(
        Effect.forEach(costs(20, 0.2 * millisecond), (cost) => slices.once(() => work(cost)), { discard: true })
      )
      expect(longest()).toBeLessThanOrEqual(1 * millisecond)
      expect(turns()).toBeGreaterThanOrEqual(4)
    })
  )

  it.scopedLive("are done in the order of asking, each before the next", () =>
    Effect.gen(function* () {
      const { run, work } = yield* working
      const slices = Slices.make()
      const done: Array<number> = []
      const works = [0, 1, 2, 3].map((n) =>
        slices.forEach(costs(5, 0.4 * millisecond), (cost) => {
          work(cost)
          done.push(n)
        })
      )
      yield* run(Effect.all(works, { concurrency: "unbounded" }))
      expect(done).toEqual([0, 1, 2, 3].flatMap((n) => [n, n, n, n, n]))
    })
  )

  it.scopedLive("pieces that are done alone count for what is round them, too", () =>
    Effect.gen(function* () {
      const turns = yield* loopTurns
      const slices = Slices.make()
      const before = turns()
      yield* Effect.forEach(costs(200, 0), () => slices.once(() => {}), { discard: true })
      expect(turns() - before).toBeGreaterThanOrEqual(9)
    })
  )

  it.live("one that throws dies, and is in nobody's way", () =>
    Effect.gen(function* () {
      const slices = Slices.make()
      const fail = () => {
        throw new Error("no")
      }
      expect(Exit.isFailure(yield* Effect.exit(slices.forEach([1], fail)))).toBe(true)
      expect(Exit.isFailure(yield* Effect.exit(slices.once(fail)))).toBe(true)
      expect(yield* slices.once(() => "done")).toBe("done")
    })
  )

  it.scopedLive("one that is interrupted leaves off, and is in nobody's way", () =>
    Effect.gen(function* () {
      const { run, work } = yield* working
      const slices = Slices.make()
      const begun = yield* Deferred.make<void>()
      let done = 0
      const fiber = yield* Effect.fork(
        run(
          slices.forEach(costs(1_000_000, millisecond), (cost) => {
            work(cost)
            if (++done === 3) Deferred.unsafeDone(begun, Exit.void)
          })
        )
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      const last = done
      expect(yield* run(slices.once(() => "done"))).toBe("done")
      expect(done).toBe(last)
      expect(last).toBeLessThan(1000)
    })
  )
})
