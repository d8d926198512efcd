/** How often the event loop has turned, counted until the scope closes. */
import { Effect } from "effect"

export const loopTurns = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const loop = { turns: 0, next: setImmediate(turn) }
      function turn() {
        loop.turns++
        loop.next = setImmediate(turn)
      }
      return loop
    }),
    (loop) => Effect.sync(() => clearImmediate(loop.next))
  ),
  (loop) => () => loop.turns
)
