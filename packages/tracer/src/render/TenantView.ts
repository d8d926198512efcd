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
import type * as Effect from "effect/Effect"
import type { Ancestry, RecordedSpan } from "../record/RecordedSpan.js"
import type { Redactor } from "./Redactor.js"
import * as SensitiveText from "./SensitiveText.js"

/**
 * `merged` is a tenant whose back end is the operator's own account: it sees what the operator sees.
 *
 * @since 0.1.0
 * @category models
 */
export interface View {
  readonly audience: "tenant" | "operator" | "merged"
  /** Of what may be seen at all: a request or a route may forbid more. */
  readonly content: "none" | "full"
  /** What is taken out of every copy; absent where nothing is. */
  readonly redactor?: Redactor | undefined
  /** What goes over a payload with content before it is spelled: nothing, where it failed, so that the content stays here. */
  readonly redact?: ((data: SpanData.Read) => Effect.Effect<SpanData.Read | undefined>) | undefined
  readonly callerTrace: Destination.Destination["callerTrace"]
  readonly spans: "all" | "llm_only"
  readonly hide: ReadonlySet<SpanRole>
  readonly excludeServices: ReadonlySet<string>
  readonly vocabulary: Vocabulary
  /** Length of one attribute value. */
  readonly valueLength: number
  /** Length of the name of one attribute. */
  readonly keyLength: number
  /** What these two count. */
  readonly lengthUnit: Destination.LengthUnit
  /** Entries of one list. */
  readonly listLength: number
  /** Attributes of one span. */
  readonly maxAttributes: number
}

/**
 * Whether a destination receives a span. It runs wherever a span ends.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isVisible = (view: View, node: Ancestry): boolean => {
  const { role } = node
  if (node.state === "discarded") return false
  if (role === undefined) return view.audience !== "tenant" && view.spans === "all"
  return (view.spans === "all" || role === "llm_call") && !view.hide.has(role) && !isExcluded(view, node)
}

const isExcluded = ({ excludeServices }: View, { services }: Ancestry): boolean => {
  if (excludeServices.size === 0) return false
  for (const service of services) if (excludeServices.has(service)) return true
  return false
}

/**
 * The nearest ancestor that the destination receives too. Model calls alone are no tree: each is a root.
 *
 * @since 0.1.0
 * @category accessors
 */
export const parentOf = (view: View, span: RecordedSpan): Ancestry | undefined => {
  if (view.spans === "llm_only") return undefined
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

type FieldOf<Role extends SpanRole> = Exclude<keyof SpanData.Of<Role>, "_tag" | "error">

const calledMcp = [
  "method",
  "serverName",
  "sessionId",
  "protocolVersion",
  "requestId",
  "transport",
  "jsonrpcVersion",
  "networkProtocolVersion",
  "server",
  "callId"
] as const

const spoken = ["systemInstructions", "inputMessages", "outputMessages"] as const

const conversation = [
  "provider",
  "requestModel",
  "conversationId",
  "dataSourceId",
  "outputType",
  "previousResponseId",
  "server",
  "parameters",
  "usage",
  "finishReasons",
  "tools",
  ...spoken
] as const

/**
 * The fields of each role that a tenant sees, as far as there is content where it is not forbidden; of an error see `errorFor`. What is not named here
 * is the operator's: deployments, where databases and services are, what else was noted of them, and who asked.
 */
const shown: { readonly [Role in SpanRole]: ReadonlyArray<FieldOf<Role>> } = {
  proxy_request: ["method", "route", "scheme", "path", "status", "server", "networkProtocolVersion", ...spoken],
  llm_call: [
    ...conversation,
    "operation",
    "responseModel",
    "responseId",
    "systemFingerprint",
    "cost",
    "streaming",
    "timeToFirstChunk",
    "callId",
    "callType",
    "requestRoute",
    "attempt",
    "embedding",
    "documents",
    "compacted",
    "memory",
    "records",
    "toolCount"
  ],
  agent: [...conversation, "operation", "name", "id", "description", "version"],
  tool_call: ["name", "callId", "description", "type", "arguments", "result"],
  mcp_tool_call: [...calledMcp, "tool", "prompt", "resourceUri", "arguments", "result", "cost"],
  mcp_list_tools: calledMcp,
  guardrail: [
    "name",
    "mode",
    "status",
    "action",
    "provider",
    "maskedEntities",
    "categories",
    "confidenceScore",
    "riskScore",
    "duration",
    "policy",
    "id",
    "transactionId",
    "detectionMethod",
    "cost",
    "costInSpend",
    "usage",
    "response"
  ],
  db_call: ["system", "service", "callType", "target"],
  service: ["phase", "service", "callType", "target"]
}

/** Of what a call cost: what the tenant pays, and not what the operator earns. */
const shownCosts = ["total", "input", "output", "cacheRead", "cacheCreation", "toolUsage"] as const

const pick = (
  from: object,
  fields: ReadonlyArray<string>,
  picked: Record<string, unknown> = {}
): Record<string, unknown> => {
  for (const field of fields) {
    // Whatever it is, it may be asked for any property.
    const value = (from as Readonly<Record<string, unknown>>)[field]
    if (value !== undefined) picked[field] = value
  }
  return picked
}

const shownFields: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries(shown).map(([role, fields]) => [role, new Set<string>(["_tag", ...fields])])
)

/** Most payloads have nothing to hide, an error least of all, and need no copy. One with a prototype of its own may have more than is seen. */
const isShown = (data: SpanData.Read): boolean => {
  if (Object.getPrototypeOf(data) !== Object.prototype) return false
  const fields = shownFields[data._tag]
  for (const field in data) if (fields?.has(field) !== true) return false
  return true
}

/**
 * The payload as the audience may see it: for a tenant the fields that are its business, and no other.
 *
 * @since 0.1.0
 * @category narrowing
 */
export const narrow = (view: View, data: SpanData.Read): SpanData.Read => {
  if (view.audience !== "tenant") return data
  const cost = data._tag === "llm_call" && data.cost !== undefined ? pick(data.cost, shownCosts) : undefined
  if (data._tag !== "guardrail" && isShown(data))
    return cost === undefined ? data : ({ ...data, cost } as SpanData.Read)
  const seen = pick(data, shown[data._tag], { _tag: data._tag })
  if (cost !== undefined) seen.cost = cost
  if (data._tag === "guardrail") {
    // What a guardrail says of its own failure is infrastructure, not a verdict.
    if (data.status === "guardrail_failed_to_respond" || data.status === "failure") delete seen.response
    if (data.action !== undefined) seen.action = SensitiveText.ofError(data.action)
  }
  const error = errorFor(view, data._tag, data.error, true)
  if (error !== undefined) {
    // What a call that failed has answered is the text of its error.
    for (const field of ["result", "response"]) {
      if (typeof seen[field] === "string") seen[field] = SensitiveText.ofError(seen[field])
    }
  }
  if (error !== undefined) seen.error = error
  // The fields that were picked have the types that they had, and the tag says which they are.
  return seen as unknown as SpanData.Read
}

/**
 * An error as the audience may see it. A tenant reads the type of every error; the message only where `isExplicit` (the payload says it, it was not
 * taken from an exception, whose text names hosts, paths and deployments) and the span is one of its own calls. No text of it is longer than 1,024
 * characters or shows a key, which providers quote.
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
  const type = SensitiveText.ofError(error.type)
  if (role === undefined || !owned.has(role) || !isExplicit) return { type }
  const { code, message, provider } = error
  return {
    type,
    ...(message !== undefined && { message: SensitiveText.ofError(message) }),
    ...(code !== undefined && { code: SensitiveText.ofError(code) }),
    ...(provider !== undefined && { provider: SensitiveText.ofError(provider) })
  }
}
