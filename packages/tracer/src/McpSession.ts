/**
 * Sessions with MCP servers: how long one lasts is a metric, and no span, since a session outlives the requests that use it.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { sessionAs } from "./internal/mcpTimes.js"
import type { McpSession } from "./record/CallMetrics.js"

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
} = sessionAs("mcp.client.session.duration")
