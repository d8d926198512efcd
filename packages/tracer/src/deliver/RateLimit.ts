/**
 * How often a back end may be asked: requests are spaced evenly, so that no minute has more than its number.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * The limit of one destination.
 *
 * @since 0.1.0
 * @category models
 */
export interface RateLimit {
  /** When the next request may go, past or to come. */
  readonly readyAt: () => number
  /** Waits until the next request may go, and takes its place. */
  readonly take: Effect.Effect<void>
}

/**
 * Makes a limit of which nothing has been used yet. `now` is in milliseconds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: { readonly perMinute: number; readonly now: () => number }): RateLimit => {
  const spacing = 60_000 / options.perMinute
  let readyAt = Number.NEGATIVE_INFINITY
  return {
    readyAt: () => readyAt,
    take: Effect.suspend(() => {
      const now = options.now()
      const at = Math.max(now, readyAt)
      readyAt = at + spacing
      return at > now ? Effect.sleep(at - now) : Effect.void
    })
  }
}
