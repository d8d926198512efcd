/**
 * Long work off the request's path, a slice at a time: between two slices the event loop turns, so that no request waits for all of it. Whoever has
 * such work shares the slices, since many short works in one turn are a long one.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { breathe } from "./breathe.js"

/** How long a slice is, in nanoseconds. It ends with the piece of work during which its time is up. */
const duration = 1_000_000

export interface Slices {
  /** Does a piece of work. Dies where it throws. */
  readonly once: <A>(work: () => A) => Effect.Effect<A>
  /** Does a piece of work for each item, in order. Dies where one throws. */
  readonly forEach: <A>(items: ReadonlyArray<A>, work: (item: A) => void) => Effect.Effect<void>
}

/** Makes slices that are measured by the clock of whoever works: where its time stands still, all is done in one. */
export const make = (): Slices => {
  const worker = Effect.unsafeMakeSemaphore(1)
  let left = duration

  const untilTimeIsLeft = Effect.suspend(() =>
    left > 0
      ? Effect.void
      : Effect.map(breathe, () => {
          left = duration
        })
  )

  const timed = <A>(clock: Clock.Clock, work: () => A): A => {
    const began = clock.unsafeCurrentTimeNanos()
    const result = work()
    left -= Number(clock.unsafeCurrentTimeNanos() - began)
    return result
  }

  return {
    once: (work) =>
      untilTimeIsLeft.pipe(
        Effect.zipRight(Effect.clockWith((clock) => Effect.sync(() => timed(clock, work)))),
        worker.withPermits(1)
      ),
    forEach: (items, work) =>
      Effect.clockWith((clock) => {
        const rest = items.values()
        let next = rest.next()
        return Effect.whileLoop({
          while: () => next.done !== true,
          body: () => untilTimeIsLeft,
          step: () => {
            while (next.done !== true && left > 0) {
              const { value } = next
              timed(clock, () => work(value))
              next = rest.next()
            }
          }
        })
      }).pipe(worker.withPermits(1))
  }
}
