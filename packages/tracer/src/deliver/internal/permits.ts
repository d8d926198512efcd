/**
 * A semaphore for crowds: a permit that comes free wakes one who waits, and that is who has waited longest. Effect's own wakes all of them each
 * time, and all but one wait again: the last batches of a thousand tenants to one back end, eight at a time, took 11 seconds of CPU, and the time
 * for closing is less.
 */
import * as Effect from "effect/Effect"

export interface Permits {
  /** Calls back as soon as there is a permit, which may be at once. What it gives gives the permit back, or waits for it no longer. Must not throw. */
  readonly take: (go: () => void) => () => void
  /** Runs an effect with one of the permits; who is interrupted while waiting takes none. */
  readonly withPermit: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (permits: number): Permits => {
  let free = permits
  // In the order of arrival, as a set keeps it.
  const waiting = new Set<() => void>()

  let isHandingOut = false

  // Not deeper and deeper, where whoever is woken is done at once.
  const release = () => {
    free++
    if (isHandingOut) return
    isHandingOut = true
    for (const longest of waiting) {
      if (free === 0) break
      free--
      waiting.delete(longest)
      longest()
    }
    isHandingOut = false
  }

  const take: Permits["take"] = (go) => {
    let has = false
    let isDone = false
    const receive = () => {
      has = true
      go()
    }
    if (free > 0) {
      free--
      receive()
    } else waiting.add(receive)
    return () => {
      if (isDone) return
      isDone = true
      if (has) release()
      else waiting.delete(receive)
    }
  }

  return {
    take,
    withPermit: (self) =>
      Effect.uninterruptibleMask((restore) => {
        let leave = () => {}
        const taken = Effect.async<void>((resume) => {
          leave = take(() => resume(Effect.void))
          // It may be interrupted between being woken and waking.
          return Effect.sync(() => leave())
        })
        return Effect.zipRight(
          restore(taken),
          Effect.ensuring(
            restore(self),
            Effect.sync(() => leave())
          )
        )
      })
  }
}
