/**
 * Lets the event loop turn in the middle of long work.
 */
import * as Effect from "effect/Effect"

/** Goes on when whatever waits for I/O, and requests with it, has had its turn. Effect's own yield comes before that. */
export const breathe: Effect.Effect<void> = Effect.async((resume) => {
  setImmediate(() => resume(Effect.void))
})
