/**
 * Spans with a role, in the manner of `Effect.withSpan`: each helper takes a typed payload, stores it as it is, and completes it when the effect
 * ends. A payload that does not fit loses the fields that do not fit, never the request. Without a tracer of ours they are plain spans.
 *
 * @since 0.1.0
 */
import type { ChildOf, InRole } from "@tenant-tracer/model/Nesting"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as RoleSpan from "./internal/roleSpan.js"

/**
 * What is known of a span when it begins: the payload of its role without the tag.
 *
 * @since 0.1.0
 * @category models
 */
export type Payload<Role extends SpanRole> = Omit<SpanData.Of<Role>, "_tag">

/**
 * What becomes known later; later fields win.
 *
 * @since 0.1.0
 * @category models
 */
export type Facts<Role extends SpanRole> = Partial<Payload<Role>>

/**
 * Facts from how the effect ended. A function that throws is counted and changes nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Completion<Role extends SpanRole, A, E> {
  readonly onSuccess?: ((value: A) => Facts<Role> | undefined) | undefined
  readonly onFailure?: ((error: E) => Facts<Role> | undefined) | undefined
}

/**
 * A helper for one role, data-last and data-first. What may not sit under the role does not compile, where it is nested directly or in a `pipe`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RoleHelper<Role extends SpanRole> {
  (
    payload: Payload<Role>
  ): <A, E, R>(self: Effect.Effect<A, E, R> & InRole<ChildOf<Role>>) => Effect.Effect<A, E, R> & InRole<Role>
  <A, E>(
    payload: Payload<Role>,
    completion: Completion<Role, NoInfer<A>, NoInfer<E>>
  ): <R>(self: Effect.Effect<A, E, R> & InRole<ChildOf<Role>>) => Effect.Effect<A, E, R> & InRole<Role>
  <A, E, R>(
    self: Effect.Effect<A, E, R> & InRole<ChildOf<Role>>,
    payload: Payload<Role>,
    completion?: Completion<Role, NoInfer<A>, NoInfer<E>>
  ): Effect.Effect<A, E, R> & InRole<Role>
}

/** A payload may be anything, also a proxy that throws when it is asked what it is. */
const isA = <A>(is: (value: unknown) => value is A, value: unknown): value is A => {
  try {
    return is(value)
  } catch {
    return false
  }
}

const helper = <Role extends SpanRole>(role: Role): RoleHelper<Role> => {
  const apply = <A, E, R>(self: Effect.Effect<A, E, R>, payload: Payload<Role>, completion?: Completion<Role, A, E>) =>
    RoleSpan.around(self, role, payload, completion)
  // The three signatures are told apart by what comes first.
  return ((...args: ReadonlyArray<unknown>) =>
    isA(Effect.isEffect, args[0])
      ? apply(args[0], args[1] as Payload<Role>, args[2] as Completion<Role, unknown, unknown>)
      : (self: Effect.Effect<unknown, unknown, unknown>) =>
          apply(self, args[0] as Payload<Role>, args[1] as Completion<Role, unknown, unknown>)) as RoleHelper<Role>
}

/**
 * A call to a model: one attempt. A retry is a further one beside it.
 *
 * @example
 * ```ts
 * import { Spans } from "@tenant-tracer/tracer"
 * import { Effect } from "effect"
 *
 * declare const callModel: Effect.Effect<{ readonly usage: { readonly prompt_tokens: number } }>
 *
 * export const answer = callModel.pipe(
 *   Spans.llmCall(
 *     { operation: "chat", provider: "openai", requestModel: "gpt-4o" },
 *     { onSuccess: ({ usage }) => ({ usage: { inputTokens: usage.prompt_tokens } }) }
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category helpers
 */
export const llmCall: RoleHelper<"llm_call"> = helper("llm_call")

/**
 * An agent at work; its own model and tool calls nest inside.
 *
 * @since 0.1.0
 * @category helpers
 */
export const agent: RoleHelper<"agent"> = helper("agent")

/**
 * A tool that the gateway runs itself.
 *
 * @since 0.1.0
 * @category helpers
 */
export const toolCall: RoleHelper<"tool_call"> = helper("tool_call")

/**
 * A tool called on an MCP server.
 *
 * @since 0.1.0
 * @category helpers
 */
export const mcpToolCall: RoleHelper<"mcp_tool_call"> = helper("mcp_tool_call")

/**
 * A listing asked of an MCP server.
 *
 * @since 0.1.0
 * @category helpers
 */
export const mcpListTools: RoleHelper<"mcp_list_tools"> = helper("mcp_list_tools")

/**
 * A check of what goes to a model or comes from it.
 *
 * @since 0.1.0
 * @category helpers
 */
export const guardrail: RoleHelper<"guardrail"> = helper("guardrail")

/**
 * A call to a database or cache that has no spans of its own; `@effect/sql` has.
 *
 * @since 0.1.0
 * @category helpers
 */
export const dbCall: RoleHelper<"db_call"> = helper("db_call")

/**
 * Work of an inner service; for a phase of the request see `Phase`.
 *
 * @since 0.1.0
 * @category helpers
 */
export const service: RoleHelper<"service"> = helper("service")

/**
 * What a streamed answer tells as it arrives.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamCompletion<A, E> {
  /** Facts of a chunk: usage usually comes with the last. */
  readonly onChunk?: ((chunk: A) => Facts<"llm_call"> | undefined) | undefined
  readonly onFailure?: ((error: E) => Facts<"llm_call"> | undefined) | undefined
}

/**
 * A call to a model whose answer is a stream: the span is open from the stream's start to its end, and ends with what is known by then also when the
 * consumer hangs up. The time to the first chunk is measured here.
 *
 * @since 0.1.0
 * @category helpers
 */
export const llmCallStream: {
  (payload: Payload<"llm_call">): <A, E, R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
  <A, E>(
    payload: Payload<"llm_call">,
    completion: StreamCompletion<NoInfer<A>, NoInfer<E>>
  ): <R>(self: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
  <A, E, R>(
    self: Stream.Stream<A, E, R>,
    payload: Payload<"llm_call">,
    completion?: StreamCompletion<NoInfer<A>, NoInfer<E>>
  ): Stream.Stream<A, E, R>
} = (...args: ReadonlyArray<unknown>) => {
  const apply = <A, E, R>(self: Stream.Stream<A, E, R>, payload: unknown, completion: unknown) =>
    RoleSpan.aroundStream(self, "llm_call", payload, completion as StreamCompletion<A, E> | undefined)
  const first = args[0]
  // The three signatures are told apart by what comes first.
  if (isA(isStream, first)) return apply(first, args[1], args[2]) as never
  return ((self: Stream.Stream<unknown, unknown, unknown>) => apply(self, args[0], args[1])) as never
}

const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  typeof value === "object" && value !== null && Stream.StreamTypeId in value

const annotate =
  <Role extends SpanRole>(role: Role) =>
  (facts: Facts<Role>): Effect.Effect<void> =>
    RoleSpan.annotate(role, facts)

/**
 * Completes the payload of the request that runs here, such as with what was asked and answered as a whole: back ends show that beside the trace.
 * Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateProxyRequest: (facts: Facts<"proxy_request">) => Effect.Effect<void> = annotate("proxy_request")

/**
 * Completes the payload of the model call that runs here: usage, the response's model and id, finish reasons, cost, … Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateLlmCall: (facts: Facts<"llm_call">) => Effect.Effect<void> = annotate("llm_call")

/**
 * Completes the payload of the agent that is at work here. Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateAgent: (facts: Facts<"agent">) => Effect.Effect<void> = annotate("agent")

/**
 * Completes the payload of the tool call that runs here. Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateToolCall: (facts: Facts<"tool_call">) => Effect.Effect<void> = annotate("tool_call")

/**
 * Completes the payload of the MCP tool call that runs here: its result, the session, … Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateMcpToolCall: (facts: Facts<"mcp_tool_call">) => Effect.Effect<void> = annotate("mcp_tool_call")

/**
 * Completes the payload of the MCP listing that runs here. Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateMcpListTools: (facts: Facts<"mcp_list_tools">) => Effect.Effect<void> = annotate("mcp_list_tools")

/**
 * Completes the payload of the guardrail that runs here: its status, action, categories, … Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateGuardrail: (facts: Facts<"guardrail">) => Effect.Effect<void> = annotate("guardrail")

/**
 * Completes the payload of the database call that runs here. Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateDbCall: (facts: Facts<"db_call">) => Effect.Effect<void> = annotate("db_call")

/**
 * Completes the payload of the service or phase that runs here. Outside one it does nothing.
 *
 * @since 0.1.0
 * @category annotations
 */
export const annotateService: (facts: Facts<"service">) => Effect.Effect<void> = annotate("service")
