/**
 * Long work off the request's path, a slice at a time: between two slices the event loop turns, so that no request waits for all of it. Whoever has
 * such work shares the slices, since many short works in one turn are a long one.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { inNextTurn } from "./breathe.js"

/** How long a slice is, in nanoseconds. It ends with the piece of work during which its time is up. */
const duration = 500_000

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

  const timed = <A>(clock: Clock.Clock, least: number, work: () => A): A => {
    const began = clock.unsafeCurrentTimeNanos()
    const result = work()
    left -= Math.max(least, Number(clock.unsafeCurrentTimeNanos() - began))
    return result
  }

  const begin = Effect.suspend(() => (left > 0 && waiting.length === 0 ? Effect.void : waitLast))
  const end = (): void => {
    if (left > 0) wake()
  }

  /** For who has begun: meanwhile others may have used the time up. */
  const inSlice = <A>(work: () => A): Effect.Effect<A> =>
    Effect.suspend(() => (left > 0 ? Effect.sync(work) : Effect.zipRight(waitFirst, inSlice(work))))

  return {
    forEach: (items, work) =>
      Effect.clockWith((clock) => {
        const rest = items.values()
        let next = rest.next()
        const slice = inSlice(() => {
          while (next.done !== true && left > 0) {
            const { value } = next
            timed(clock, 0, () => work(value))
            next = rest.next()
          }
          if (next.done === true) end()
        })
        return Effect.zipRight(
          begin,
          Effect.whileLoop({ while: () => next.done !== true, body: () => slice, step: () => {} })
        )
      }),
    once: (work) =>
      Effect.clockWith((clock) =>
        Effect.zipRight(
          begin,
          inSlice(() => {
            const result = timed(clock, leastAlone, work)
            end()
            return result
          })
        )
      )
  }
}
