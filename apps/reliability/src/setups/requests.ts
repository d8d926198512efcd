/** The traffic that every set-up is given alike: requests one after the other, and a turn of the event loop now and then, as a server has them. */
import { Effect } from "effect"

/** A turn of the event loop. */
export const turn: Effect.Effect<void> = Effect.async((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** So many of them, 64 to a turn. */
export const inTurns = (requests: number, one: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let index = 1; index <= requests; index++) {
      yield* one
      if (index % 64 === 0) yield* turn
    }
  })
