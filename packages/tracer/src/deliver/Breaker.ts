/**
 * A circuit breaker: when a back end fails again and again, nothing is sent for a while, then one batch as a probe, and as soon as one gets
 * through everything flows again. It holds no span and no timer; whoever asks it keeps both.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/**
 * When to open, and how long to wait. Each wait doubles up to its limit, half of it drawn at random.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Failures in a row after which it opens. Default 5. */
  readonly failures?: number | undefined
  /** The wait after the first failure, while it is closed. Default 500 ms. */
  readonly retryWait?: Duration.DurationInput | undefined
  /** The wait after it has opened. Default 5 seconds. */
  readonly minWait?: Duration.DurationInput | undefined
  /** The longest wait of its own. Default 5 minutes. */
  readonly maxWait?: Duration.DurationInput | undefined
  /** The longest wait that a back end may ask for. Default 1 hour. */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
}

/**
 * `closed`: batches go out, after a failure one at a time with a wait between; `open`: nothing goes out before `nextProbe`; `half_open`: a probe is
 * on its way. Times are milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly state: "closed" | "open" | "half_open"
  readonly since: number
  readonly nextProbe: number | undefined
}

/**
 * A breaker. `failed` takes for how long the back end asked not to be asked: the next request waits at least that long (up to `maxRetryAfter`),
 * whatever else is said.
 *
 * @since 0.1.0
 * @category models
 */
export interface Breaker {
  readonly state: () => State
  /** Whether the last answer was a failure. */
  readonly isFailing: () => boolean
  /** Milliseconds until a request may go, with so many on their way: 0 is now; `undefined` is when one of these is done. */
  readonly delay: (inFlight: number) => number | undefined
  /** A request goes: an open breaker is half open from now on. */
  readonly began: () => void
  /** The back end answered: closed, whatever was before, or open as long as it asked for. */
  readonly succeeded: () => void
  readonly failed: (afterMillis: number) => void
  /** Opens at once; one that is open waits on. */
  readonly trip: () => void
  /** Ends a wait of its own, not one that the back end asked for. */
  readonly hasten: () => void
}

/**
 * Makes a breaker that is closed. It opens after so many failures in a row, or when the back end asks for a wait longer than its own would be. It
 * waits by `now`, a clock that nobody sets, and says its times by `wallTime` (default: the same).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options,
  {
    now,
    random,
    wallTime = now
  }: { readonly now: () => number; readonly random: () => number; readonly wallTime?: (() => number) | undefined }
): Breaker => {
  const limit = options.failures ?? 5
  const retryWait = Duration.toMillis(options.retryWait ?? "500 millis")
  const minWait = Duration.toMillis(options.minWait ?? "5 seconds")
  const maxWait = Duration.toMillis(options.maxWait ?? "5 minutes")
  const maxRetryAfter = Duration.toMillis(options.maxRetryAfter ?? "1 hour")
  let state: State["state"] = "closed"
  let since = wallTime()
  let failures = 0
  let openings = 0
  let readyAt = now()
  let askedUntil = readyAt

  const enter = (next: State["state"]) => {
    if (state === next) return
    state = next
    since = wallTime()
  }

  const wait = (base: number, doublings: number) => {
    const drawn = Math.min(maxWait, base * 2 ** Math.min(doublings, 30)) * (0.5 + 0.5 * random())
    readyAt = Math.max(now() + drawn, askedUntil)
  }

  const open = () => {
    wait(minWait, openings++)
    enter("open")
  }

  return {
    state: () => ({ state, since, nextProbe: state === "open" ? readyAt - now() + wallTime() : undefined }),
    isFailing: () => state !== "closed" || failures > 0,
    delay: (inFlight) =>
      inFlight === 0 || (state === "closed" && failures === 0) ? Math.max(0, readyAt - now()) : undefined,
    began: () => {
      if (state === "open") enter("half_open")
    },
    succeeded: () => {
      failures = 0
      openings = 0
      readyAt = Math.max(now(), askedUntil)
      // One that was sent before says nothing of a wait that was asked for since.
      if (readyAt <= now()) enter("closed")
    },
    failed: (afterMillis) => {
      const asked = Math.min(afterMillis, maxRetryAfter)
      askedUntil = Math.max(askedUntil, now() + asked)
      // One that was sent before it opened says nothing new.
      if (state === "open") readyAt = Math.max(readyAt, askedUntil)
      else if (state === "half_open" || ++failures >= limit || asked > minWait) open()
      else wait(retryWait, failures - 1)
    },
    trip: () => {
      if (state !== "open") open()
    },
    hasten: () => {
      readyAt = Math.min(readyAt, Math.max(now(), askedUntil))
    }
  }
}
