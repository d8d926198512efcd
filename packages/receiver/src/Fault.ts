/**
 * What a receiver can be told to do wrong. A script of faults belongs to one account; each request of that account
 * that was authenticated and read to its end uses up one step, in order, and after the last step service is normal.
 */
import type { Duration } from "effect"

/**
 * What happens to one request.
 *
 * - `Pass`: normal service, to put between two faults
 * - `Status`: this status, with `Retry-After` (seconds, or the header's text) and a body of your own in place of the
 *   `google.rpc.Status`
 * - `Delay`: normal service, later, even if the client has gone by then; the time is that of the `Clock` under which the
 *   receiver was made
 * - `Hang`: never an answer; ends when the client closes the socket or the receiver's scope closes
 * - `Reset`: the socket is destroyed with a TCP RST
 * - `Drop`: answers success and keeps nothing
 * - `PartialSuccess`: success that names `rejectedSpans`; that many spans at the end of the request are not kept
 * - `Redirect`: `status` (default 307) to `location`
 *
 * @since 0.1.0
 * @category models
 */
export type Fault =
  | { readonly _tag: "Pass" }
  | {
      readonly _tag: "Status"
      readonly status: number
      readonly retryAfter?: number | string | undefined
      readonly body?: string | undefined
    }
  | { readonly _tag: "Delay"; readonly duration: Duration.DurationInput }
  | { readonly _tag: "Hang" }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Drop" }
  | { readonly _tag: "PartialSuccess"; readonly rejectedSpans: number; readonly message: string }
  | {
      readonly _tag: "Redirect"
      readonly location: string
      readonly status?: 301 | 302 | 303 | 307 | 308 | undefined
    }

/**
 * A fault that only some requests meet: each one with `probability`, drawn from a generator with this `seed`, so that
 * a run can be repeated.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fraction {
  readonly _tag: "Fraction"
  readonly probability: number
  readonly fault: Fault
  readonly seed: number
}

/**
 * One step of a script: a fault for `requests` requests (`Infinity` for all that are still to come).
 *
 * @since 0.1.0
 * @category models
 */
export interface Repeat {
  readonly _tag: "Repeat"
  readonly requests: number
  readonly fault: Fault | Fraction
}

/**
 * What a script is made of. A bare fault is for one request, a bare `Fraction` for all that are still to come.
 *
 * @since 0.1.0
 * @category models
 */
export type Step = Fault | Fraction | Repeat

/**
 * Normal service for one request, to put between two faults.
 *
 * @since 0.1.0
 * @category constructors
 */
export const pass: Fault = { _tag: "Pass" }

/**
 * Answers with this status; `retryAfter` is in seconds or the header's text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const status = (
  status: number,
  options?: { readonly retryAfter?: number | string | undefined; readonly body?: string | undefined }
): Fault => ({ _tag: "Status", status, ...options })

/**
 * Serves the request normally after this time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput): Fault => ({ _tag: "Delay", duration })

/**
 * Takes the request and never answers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const hang: Fault = { _tag: "Hang" }

/**
 * Takes the request and resets the connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const reset: Fault = { _tag: "Reset" }

/**
 * Answers success and keeps nothing: a liar.
 *
 * @since 0.1.0
 * @category constructors
 */
export const drop: Fault = { _tag: "Drop" }

/**
 * Keeps all but the last `rejectedSpans` spans of the request and says so.
 *
 * @since 0.1.0
 * @category constructors
 */
export const partialSuccess = (rejectedSpans: number, message: string): Fault => ({
  _tag: "PartialSuccess",
  rejectedSpans,
  message
})

/**
 * Sends the client elsewhere, with 307 unless another status is given. A client that follows it takes its credentials along.
 *
 * @since 0.1.0
 * @category constructors
 */
export const redirect = (
  location: string,
  options?: { readonly status?: 301 | 302 | 303 | 307 | 308 | undefined }
): Fault => ({ _tag: "Redirect", location, ...options })

/**
 * The same for this many requests.
 *
 * @since 0.1.0
 * @category combinators
 */
export const times = (requests: number, fault: Fault | Fraction): Repeat => ({ _tag: "Repeat", requests, fault })

/**
 * The same for all requests that are still to come, until another script is set.
 *
 * @since 0.1.0
 * @category combinators
 */
export const forever = (fault: Fault | Fraction): Repeat => times(Number.POSITIVE_INFINITY, fault)

/**
 * The fault for a fraction of the requests, the same ones for the same seed. Goes on for ever unless `times` bounds it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const fraction = (probability: number, fault: Fault, seed: number): Fraction => ({
  _tag: "Fraction",
  probability,
  fault,
  seed
})
