/**
 * What a destination sees of a trace. A tenant sees the spans that have a role, reduced to the fields that are its business; the operator sees
 * every span. What is hidden is closed over, so that every destination receives a closed tree.
 *
 * @since 0.1.0
 */
import type * as Destination from "@tenant-tracer/model/Destination"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"
import type { Ancestry, RecordedSpan } from "../record/RecordedSpan.js"

/**
 * `merged` is a tenant whose back end is the operator's own account: it sees what the operator sees.
 *
 * @since 0.1.0
 * @category models
 */
export interface View {
  readonly audience: "tenant" | "operator" | "merged"
  readonly content: "none" | "full"
  readonly callerTrace: Destination.Destination["callerTrace"]
  readonly vocabulary: Vocabulary
  /** Characters of one attribute value. */
  readonly valueLength: number
}

/**
 * Whether a destination receives a span.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isVisible = (view: View, node: Ancestry): boolean =>
  !node.isDiscarded && (view.audience !== "tenant" || node.role !== undefined)

/**
 * The nearest ancestor that the destination receives too.
 *
 * @since 0.1.0
 * @category accessors
 */
export const parentOf = (view: View, span: RecordedSpan): Ancestry | undefined => {
  let node = span.ancestry.parent
  while (node !== undefined && !isVisible(view, node)) node = node.parent
  return node
}

/** Roles whose errors and results are about the tenant's own calls; the others are the operator's machinery. */
const owned: ReadonlySet<SpanRole> = new Set<SpanRole>([
  "llm_call",
  "agent",
  "tool_call",
  "mcp_tool_call",
  "mcp_list_tools",
  "guardrail"
])

/**
 * The payload as the audience may see it: for a tenant without deployments, margins, infrastructure and stack traces.
 *
 * @since 0.1.0
 * @category narrowing
 */
export const narrow = (view: View, data: SpanData.Read): SpanData.Read => {
  if (view.audience !== "tenant") return data
  const seen = { ...data, error: errorFor(view, data._tag, data.error, true) }
  switch (seen._tag) {
    case "llm_call": {
      if (seen.cost === undefined) return { ...seen, providerModel: undefined }
      const { cacheCreation, cacheRead, input, output, toolUsage, total } = seen.cost
      return { ...seen, providerModel: undefined, cost: { total, input, output, cacheRead, cacheCreation, toolUsage } }
    }
    case "db_call":
      return { ...seen, endpoint: undefined, namespace: undefined, metadata: undefined }
    case "service":
      return { ...seen, endpoint: undefined, metadata: undefined }
    case "guardrail":
      // What a guardrail says of its own failure is infrastructure, not a verdict.
      return seen.status === "guardrail_failed_to_respond" || seen.status === "failure"
        ? { ...seen, response: undefined }
        : seen
    default:
      return seen
  }
}

/**
 * An error as the audience may see it. A tenant reads the type of every error; the message only where `isExplicit` (the payload says it, it was not
 * taken from an exception, whose text names hosts, paths and deployments) and the span is one of its own calls.
 *
 * @since 0.1.0
 * @category narrowing
 */
export const errorFor = (
  view: View,
  role: SpanRole | undefined,
  error: SpanData.SpanError | undefined,
  isExplicit: boolean
): SpanData.SpanError | undefined => {
  if (error === undefined || view.audience !== "tenant") return error
  if (role === undefined || !owned.has(role) || !isExplicit) return { type: error.type }
  return { ...error, stackTrace: undefined }
}
