/**
 * The roles that a span of an AI gateway can play: what a span *is*, before anyone spells it in a vocabulary.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The closed set of roles.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanRole = Schema.Literal(
  "proxy_request",
  "llm_call",
  "agent",
  "tool_call",
  "mcp_tool_call",
  "mcp_list_tools",
  "guardrail",
  "db_call",
  "service"
)

/**
 * The role of a span, which is also the `_tag` of its payload.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanRole = typeof SpanRole.Type

/**
 * Every role, in the order of the registry.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<SpanRole> = SpanRole.literals

/**
 * Whether a value names a role; for input that nobody has checked yet.
 *
 * @since 0.1.0
 * @category guards
 */
export const is = (value: unknown): value is SpanRole => names.has(value)

const names: ReadonlySet<unknown> = new Set(all)
