/** Time that passes only when the simulation says so. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The time of the whole world, in milliseconds since the epoch. */
export interface Time {
  now: number
}

/** The clock of one process, which shows the world's time and wakes who sleeps by it. */
export interface VirtualClock extends Clock.Clock {
  /** When the next sleeper is due; `undefined` where nobody sleeps. */
  readonly next: () => number | undefined
  /** Wakes everybody who is due by now. */
  readonly wake: () => void
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** `drift` is by how many milliseconds the monotonic clock is ahead of the time of day. */
export const make = (time: Time, drift: number): VirtualClock => {
  // By time, and where that is one by who came first.
  const sleepers: Array<Sleeper> = []

  const add = (sleeper: Sleeper) => {
    let index = sleepers.length
    while (index > 0 && (sleepers[index - 1]?.at ?? 0) > sleeper.at) index--
    sleepers.splice(index, 0, sleeper)
  }

  const nanos = () => BigInt(time.now + drift) * 1_000_000n

  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => time.now,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(() => time.now),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const millis = Duration.toMillis(duration)
        if (!Number.isFinite(millis)) return
        const sleeper: Sleeper = { at: time.now + Math.max(0, Math.ceil(millis)), wake: () => resume(Effect.void) }
        add(sleeper)
        return Effect.sync(() => {
          const index = sleepers.indexOf(sleeper)
          if (index !== -1) sleepers.splice(index, 1)
        })
      }),
    next: () => sleepers[0]?.at,
    wake: () => {
      while (sleepers[0] !== undefined && sleepers[0].at <= time.now) sleepers.shift()?.wake()
    }
  }
}
