/**
 * Requests and sessions of an MCP server of one's own: how long they take are metrics. Spans are those of the HTTP request that brought them, and of
 * what is called on its behalf.
 *
 * @since 0.1.0
 */
import type { SpanError } from "@tenant-tracer/model/SpanData"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import { errorOf, sessionAs, timed } from "./internal/mcpTimes.js"
import type { McpRequest, McpTimes } from "./record/CallMetrics.js"

/**
 * What is known of a request beside what it asks.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestOptions<A, E> {
  /**
   * Whether it failed, and how: `code`, that of JSON-RPC, becomes `rpc.response.status_code` and `error.type`, which without one is `type`. A tool that
   * answers with `isError` has the type `tool_error`. Default: what the effect failed with, by its name.
   */
  readonly failure?: ((exit: Exit.Exit<A, E>) => SpanError | undefined) | undefined
}

/**
 * Takes an effect for the answer to a request, and records its seconds as `mcp.server.operation.duration` where `callMetrics` is set.
 *
 * @example
 * ```ts
 * import { McpServer } from "@tenant-tracer/tracer"
 * import { Effect, Exit } from "effect"
 *
 * declare const callTool: Effect.Effect<{ readonly isError: boolean }>
 *
 * export const answer = callTool.pipe(
 *   McpServer.request(
 *     { method: "tools/call", tool: "get-weather", transport: "streamable_http" },
 *     { failure: (exit) => (Exit.isSuccess(exit) && exit.value.isError ? { type: "tool_error" } : undefined) }
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category metrics
 */
export const request: {
  <A, E>(said: McpRequest, options?: RequestOptions<A, E>): <R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, said: McpRequest, options?: RequestOptions<A, E>): Effect.Effect<A, E, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(self: Effect.Effect<A, E, R>, said: McpRequest, options?: RequestOptions<A, E>): Effect.Effect<A, E, R> =>
    timed(self, "mcp.server.operation.duration", said, options?.failure ?? errorOf)
)

/**
 * How a session is held.
 *
 * @since 0.1.0
 * @category models
 */
export type Session = McpTimes["mcp.server.session.duration"]

/**
 * Takes an effect for a session that begins and ends with it, and records its seconds as `mcp.server.session.duration` where `callMetrics` is set. An
 * interruption is how a session usually ends, and no error.
 *
 * @since 0.1.0
 * @category metrics
 */
export const session: {
  (said: Session): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, said: Session): Effect.Effect<A, E, R>
} = sessionAs("mcp.server.session.duration")
