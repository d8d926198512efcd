/** A clock whose wall time somebody sets while everything else goes on steadily, as the system's does. */
import { type Clock, Effect } from "effect"

/** The clock of the running test, with a wall time that `set` moves; provide it with `Effect.withClock`. */
export const settable = Effect.map(Effect.clock, (base) => {
  let offset = 0
  const millis = () => base.unsafeCurrentTimeMillis() + offset
  // It inherits the rest, which `TestClock.adjust` asks for.
  const clock: Clock.Clock = Object.assign(Object.create(base), {
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: () => base.unsafeCurrentTimeNanos(),
    currentTimeMillis: Effect.sync(millis)
  })
  return {
    clock,
    /** By so many milliseconds, back if it is negative. */
    set: (by: number) => {
      offset += by
    }
  }
})

export const hour = 3_600_000
