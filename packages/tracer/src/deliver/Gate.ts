/**
 * Whether a destination's next batch may go: not while the operator has paused it, not while its breaker is open, not more often than the back end
 * allows, and not with a credential that was refused while a new one may still be had.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Breaker from "./Breaker.js"
import type { ExportOutcome } from "./Exporter.js"
import type { RateLimit } from "./RateLimit.js"

/**
 * Why nothing is sent though the back end may be well: the operator said so, or it refuses the credential.
 *
 * @since 0.1.0
 * @category models
 */
export type PauseReason = "operator" | "unauthorized"

/**
 * How a gate stands.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  readonly breaker: Breaker.State
  readonly paused: PauseReason | undefined
}

/**
 * A gate. It never waits: whoever has to asks again, after `delay` or when something has changed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Gate {
  readonly state: () => State
  /** Milliseconds until it is worth while to `enter` with so many on their way: 0 is now; `undefined` is when something has changed. */
  readonly delay: (inFlight: number) => number | undefined
  /** Whether the back end has failed lately. */
  readonly isSuspect: () => boolean
  /** Whether it has learned nothing: the back end has not failed lately, and takes the credential. */
  readonly isFresh: () => boolean
  /** Whether a batch may go now, with so many on their way; if so, it has to. Asks for a new credential where that is what is missing. */
  readonly enter: (inFlight: number) => boolean
  /** Nothing goes for the time being, and no answer is awaited that could change it. */
  readonly isShut: () => boolean
  /** What a batch came to. */
  readonly settled: (outcome: ExportOutcome<unknown>) => void
  /** The next probe goes as soon as it may. */
  readonly hasten: () => void
}

/**
 * What a gate needs. `onRenewal` hears that a credential was asked for, and whether there is a new one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly breaker?: Breaker.Options | undefined
  readonly rate?: Pick<RateLimit, "readyAt"> | undefined
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number
  /** Milliseconds since the epoch, for what the state says. Default: `now`. */
  readonly wallTime?: (() => number) | undefined
  /** From 0 to 1. */
  readonly random: () => number
  readonly isPaused: () => boolean
  readonly renew: Effect.Effect<boolean> | undefined
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
  readonly onRenewal: (isNew: boolean) => void
}

// The shortest time between two requests for a credential that the gate makes without the breaker's wait.
const renewalInterval = Duration.toMillis("1 minute")

/**
 * Makes a gate. A refused credential opens the breaker at once. With `renew`, it is asked for at once too, and then before each probe: a probe is
 * made with a new credential only. Without, probes go out with the old one, as seldom as those of any other breaker.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Gate => {
  const { isPaused, now, onRenewal, rate, renew, run } = options
  const breaker = Breaker.make(options.breaker ?? {}, options)
  let refused = false
  let renewing = false
  let isNew = false
  let renewedAt = Number.NEGATIVE_INFINITY

  const ask = (effect: Effect.Effect<boolean>) => {
    renewing = true
    renewedAt = now()
    run(effect).addObserver((exit) => {
      renewing = false
      isNew = Exit.isSuccess(exit) && exit.value
      if (isNew) breaker.hasten()
      else breaker.failed(0)
      onRenewal(isNew)
    })
  }

  const delay = (inFlight: number) => {
    if (isPaused() || renewing) return undefined
    const wait = breaker.delay(inFlight)
    return wait === undefined || rate === undefined ? wait : Math.max(wait, rate.readyAt() - now())
  }

  return {
    state: () => ({
      breaker: breaker.state(),
      paused: isPaused() ? "operator" : refused ? "unauthorized" : undefined
    }),
    delay,
    isSuspect: breaker.isFailing,
    isFresh: () => !breaker.isFailing() && !refused && !renewing,
    enter: (inFlight) => {
      if (delay(inFlight) !== 0) return false
      breaker.began()
      if (refused && !isNew && renew !== undefined) {
        ask(renew)
        return false
      }
      return true
    },
    isShut: () => isPaused() || (breaker.state().state === "open" && !renewing),
    settled: ({ delivered, rejected, retry }) => {
      if (retry?.unauthorized) {
        // One that was sent before it opened says nothing of a credential that is newer.
        if (breaker.state().state === "open") return
        refused = true
        isNew = false
        breaker.trip()
        if (renew !== undefined && !renewing && now() - renewedAt >= renewalInterval) ask(renew)
      } else if (retry !== undefined) breaker.failed(retry.afterMillis)
      else if (delivered > 0 || rejected.length > 0) {
        refused = false
        breaker.succeeded()
      }
    },
    hasten: breaker.hasten
  }
}
