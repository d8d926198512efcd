/**
 * Long work off the request's path, a slice at a time: between two slices the event loop turns, so that no request waits for all of it. Whoever has
 * such work of one kind shares the slices, since many short works in one turn are a long one.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { inNextTurn } from "./breathe.js"

/** How long a slice is, in nanoseconds. It ends with the piece of work during which its time is up. */
const duration = 500_000

/** Pieces that take less than that are not timed each by itself, which would take as long as some of them, but so many together. */
const little = 20_000
const together = 4

/** A piece that is done alone counts for no less: what is done round it takes time as well. */
const leastAlone = 50_000

export interface Slices {
  /** Does a piece of work for each item, in order, before what is asked for later. Dies where one throws. */
  readonly forEach: <A>(items: ReadonlyArray<A>, work: (item: A) => void) => Effect.Effect<void>
  /** Does a piece of work. Dies where it throws. */
  readonly once: <A>(work: () => A) => Effect.Effect<A>
}

/** Makes slices that are measured by the clock of whoever works. */
export const make = (): Slices => {
  // Not Effect's semaphore, which wakes everybody who waits for each who may go.
  const waiting: Array<() => void> = []
  let left = duration
  let isTurning = false

  const wake = (): void => waiting.shift()?.()

  const turn = (fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
    isTurning = true
    inNextTurn(fiber, () => {
      left = duration
      // One of them: who is done before its time is up wakes another.
      wake()
      if (waiting.length > 0) turn(fiber)
      else isTurning = false
    })
  }

  const wait = (join: (go: () => void) => void) =>
    Effect.withFiberRuntime<void>((fiber) =>
      Effect.async((resume) => {
        const go = () => resume(Effect.void)
        join(go)
        if (!isTurning) turn(fiber)
        return Effect.sync(() => {
          const at = waiting.indexOf(go)
          if (at !== -1) waiting.splice(at, 1)
        })
      })
    )

  const waitFirst = wait((go) => waiting.unshift(go))
  const waitLast = wait((go) => waiting.push(go))

  const spend = (clock: Clock.Clock, since: bigint, least = 0): bigint => {
    const now = clock.unsafeCurrentTimeNanos()
    left -= Math.max(least, Number(now - since))
    return now
  }

  const mayBegin = (): boolean => left > 0 && waiting.length === 0
  const end = (): void => {
    if (left > 0) wake()
  }

  /** For who has begun: meanwhile others may have used the time up. */
  const inSlice = <A>(work: () => A): Effect.Effect<A> =>
    Effect.suspend(() => (left > 0 ? Effect.sync(work) : Effect.zipRight(waitFirst, inSlice(work))))

  return {
    forEach: (items, work) =>
      Effect.clockWith((clock) => {
        // An array's iterator goes on where it was left.
        const rest = items.values()
        let todo = items.length
        const slice = () => {
          let since = clock.unsafeCurrentTimeNanos()
          let untimed = 0
          let most = 1
          for (const item of rest) {
            work(item)
            todo--
            untimed++
            if (untimed < most && todo > 0) continue
            const now = spend(clock, since)
            most = Number(now - since) < untimed * little ? together : 1
            since = now
            untimed = 0
            if (left <= 0) break
          }
          if (todo === 0) end()
        }
        const loop = Effect.whileLoop({ while: () => todo > 0, body: () => inSlice(slice), step: () => {} })
        if (!mayBegin()) return Effect.zipRight(waitLast, loop)
        // Most works are small, and done with their first slice.
        slice()
        return todo === 0 ? Effect.void : loop
      }),
    once: (work) =>
      Effect.clockWith((clock) => {
        const slice = inSlice(() => {
          const since = clock.unsafeCurrentTimeNanos()
          const result = work()
          spend(clock, since, leastAlone)
          end()
          return result
        })
        return mayBegin() ? slice : Effect.zipRight(waitLast, slice)
      })
  }
}
