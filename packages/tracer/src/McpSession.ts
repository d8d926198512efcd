/**
 * Sessions with MCP servers: how long one lasts is a metric, and no span, since a session outlives the requests that use it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import { recorderOf, requestOf } from "./internal/request.js"
import type { McpSession } from "./record/CallMetrics.js"
import * as EffectTracer from "./record/EffectTracer.js"

/**
 * Takes an effect for a session that begins and ends with it, such as the use of a connected client, and records its seconds as
 * `mcp.client.session.duration` where `callMetrics` is set. An interruption is how a session usually ends, and no error.
 *
 * @example
 * ```ts
 * import { McpSession } from "@tenant-tracer/tracer"
 * import { Effect } from "effect"
 *
 * declare const client: Effect.Effect<void>
 *
 * export const session = client.pipe(McpSession.measured({ transport: "streamable_http", server: { address: "mcp.example" } }))
 * ```
 *
 * @since 0.1.0
 * @category metrics
 */
export const measured: {
  (session: McpSession): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, session: McpSession): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, session: McpSession): Effect.Effect<A, E, R> =>
    Effect.withFiberRuntime((fiber) => {
      const record = recorderOf(fiber)?.session
      if (record === undefined) return self
      const facts = requestOf(fiber).request?.facts
      return Effect.flatMap(Clock.currentTimeNanos, (began) =>
        Effect.onExit(self, (exit) =>
          Effect.map(Clock.currentTimeNanos, (ended) =>
            record(session, Number(ended - began) / 1e9, errorOf(exit), facts)
          )
        )
      )
    })
)

const errorOf = (exit: Exit.Exit<unknown, unknown>): string | undefined => {
  const outcome = EffectTracer.outcomeOf(exit)
  return outcome._tag === "error" ? outcome.error.type : undefined
}
