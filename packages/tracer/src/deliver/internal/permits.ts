/**
 * A semaphore for crowds: a permit that comes free wakes one who waits, and that is who has waited longest. Effect's own wakes all of them each
 * time, and all but one wait again: the last batches of a thousand tenants to one back end, eight at a time, took 11 seconds of CPU, and the time
 * for closing is less.
 */
import * as Effect from "effect/Effect"

export interface Permits {
  /** Runs an effect with one of the permits; who is interrupted while waiting takes none. */
  readonly withPermit: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make = (permits: number): Permits => {
  let free = permits
  // In the order of arrival, as a set keeps it.
  const waiting = new Set<() => void>()

  const release = () => {
    for (const longest of waiting) {
      waiting.delete(longest)
      return longest()
    }
    free++
  }

  const take = Effect.async<void>((resume) => {
    let has = false
    const receive = () => {
      has = true
      resume(Effect.void)
    }
    if (free > 0) {
      free--
      receive()
    } else waiting.add(receive)
    // It may be interrupted between being woken and waking.
    return Effect.sync(() => (has ? release() : void waiting.delete(receive)))
  })

  return {
    withPermit: (self) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(restore(take), Effect.ensuring(restore(self), Effect.sync(release)))
      )
  }
}
