/**
 * Our own namespace, `gateway.*`: what no convention has a name for. Every vocabulary that shows these facts shows them under these keys;
 * `gatewayKeys.ts` says what each means.
 */
import * as Metadata from "@tenant-tracer/model/Metadata"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Keys from "./gatewayKeys.js"
import { type KeyWriter, present, type WriterOf } from "./keyTable.js"
import { errorOf, server, serverKeys } from "./otel.js"

export const identityKeys = Keys.of("identity")

/** Whose request it is; on every span, so that a back end without joins can group by it. */
export const identity = ({ facts }: TypedSpan, out: WriterOf<typeof identityKeys>): void => {
  out.string("gateway.team.id", facts.team?.id)
  out.string("gateway.team.alias", facts.team?.alias)
  out.string("gateway.key.hash", facts.key?.hash)
  out.string("gateway.key.alias", facts.key?.alias)
  out.string("gateway.user.id", facts.user)
  out.string("gateway.organization.id", facts.organization)
}

export const traceKeys = Keys.of("trace")

/** How the trace is found. */
export const named = (
  facts: TraceFacts,
  out: KeyWriter<`gateway.trace.${"name" | "tags" | "release" | "version"}`>
): void => {
  out.string("gateway.trace.name", facts.traceName)
  out.strings("gateway.trace.tags", facts.tags)
  out.string("gateway.trace.release", facts.release)
  out.string("gateway.trace.version", facts.version)
}

/** The prompt that the request was made from. */
export const prompt = (facts: TraceFacts, out: KeyWriter<`gateway.prompt.${"name" | "version"}`>): void => {
  out.string("gateway.prompt.name", facts.promptName)
  out.string("gateway.prompt.version", facts.promptVersion)
}

/** Facts about the whole trace, once: on its root. */
export const trace = ({ facts, isRoot }: TypedSpan, out: WriterOf<typeof traceKeys>): void => {
  if (!isRoot) return
  named(facts, out)
  for (const [key, value] of Object.entries(facts.metadata ?? {})) out.string(`gateway.trace.metadata.${key}`, value)
  for (const [key, value] of Object.entries(facts.team?.metadata ?? {}))
    out.string(`gateway.team.metadata.${key}`, value)
  prompt(facts, out)
}

export const errorKeys = Keys.of("errors")

/** What is known of an error beside its kind. */
export const error = (span: TypedSpan, out: WriterOf<typeof errorKeys>): void => {
  const failure = errorOf(span)
  out.string("gateway.provider.error.code", failure?.code)
  out.string("gateway.provider.error.stack_trace", failure?.stackTrace)
  out.string("gateway.provider.error.provider", failure?.provider)
}

export const callKeys = Keys.of("calls")

/** How the gateway itself names and counts a model call. */
export const call = (data: SpanData.Read<SpanData.LlmCall>, out: WriterOf<typeof callKeys>): void => {
  out.string("gateway.call_id", data.callId)
  out.string("gateway.call_type", data.callType)
  out.string("gateway.provider.model", data.providerModel)
  out.int("gateway.request.attempt", data.attempt)
  out.string("gateway.request.route", data.requestRoute)
  out.boolean("gateway.request.streaming", data.streaming)
  const tools = data.toolCount ?? data.tools?.length
  out.int("gateway.request.tools.declared", tools === 0 ? undefined : tools)
}

export const costKeys = Keys.of("cost")

const costNames = {
  total: "total",
  input: "input",
  output: "output",
  cacheRead: "cache_read",
  cacheCreation: "cache_creation",
  toolUsage: "tool_usage",
  original: "original",
  discountAmount: "discount_amount",
  discountPercent: "discount_percent",
  marginFixedAmount: "margin_fixed_amount",
  marginPercent: "margin_percent",
  marginTotalAmount: "margin_total_amount"
} as const satisfies { readonly [Field in keyof SpanData.Cost]-?: string }

type CostName = (typeof costNames)[keyof typeof costNames]

/** US dollars, under keys that begin with `prefix`. Zero is a price and is written. */
export const costUnder = <const Prefix extends string>(prefix: Prefix) => {
  // Object.keys forgets what keys they are.
  const fields = Object.keys(costNames) as ReadonlyArray<keyof SpanData.Cost>
  const keys = fields.map((field) => [field, `${prefix}.${costNames[field]}`] as const)
  return (data: SpanData.Cost | undefined, out: KeyWriter<`${Prefix}.${CostName}`>): void => {
    if (data !== undefined) for (const [field, key] of keys) out.double(key, data[field])
  }
}

export const cost = costUnder("gateway.cost")

export const mcpKeys = { ...Keys.of("mcp"), ...Keys.cited("gateway.call_id", "gateway.cost.total") }

/** An MCP call as the gateway knows it. */
export const mcp = (
  data: SpanData.Read<SpanData.McpToolCall | SpanData.McpListTools>,
  out: WriterOf<typeof mcpKeys>
): void => {
  out.string("gateway.mcp.server.name", data.serverName)
  out.string("gateway.call_id", data.callId)
  out.double("gateway.cost.total", data._tag === "mcp_tool_call" ? data.cost : undefined)
}

export const guardrailKeys = Keys.of("guardrails")

/** Of what a check consumed the numbers that have a name: a sentence for a key would be content. */
export const consumed = ({ usage }: SpanData.Read<SpanData.Guardrail>) =>
  usage && present(Object.fromEntries(Object.entries(usage).filter(([key]) => /^\w[\w.-]{0,63}$/.test(key))))

/** How many entities were masked, of whatever kind. */
export const masked = ({ maskedEntities }: SpanData.Read<SpanData.Guardrail>): number | undefined =>
  (maskedEntities && Object.values(maskedEntities).reduce((sum, count) => sum + count, 0)) || undefined

/** A check and its verdict: the drafts of a convention disagree, so these are ours. What its provider answered is content and not here. */
export const guardrail = (data: SpanData.Read<SpanData.Guardrail>, out: WriterOf<typeof guardrailKeys>): void => {
  out.string("gateway.guardrail.name", data.name)
  out.string("gateway.guardrail.mode", data.mode)
  out.string("gateway.guardrail.status", data.status)
  out.string("gateway.guardrail.action", data.action)
  out.string("gateway.guardrail.provider", data.provider)
  out.int("gateway.guardrail.masked_entity_count", masked(data))
  out.strings("gateway.guardrail.violation_categories", data.categories)
  out.double("gateway.guardrail.confidence_score", data.confidenceScore)
  out.double("gateway.guardrail.risk_score", data.riskScore)
  out.double("gateway.guardrail.duration", data.duration)
  out.string("gateway.guardrail.policy_template", data.policy)
  out.string("gateway.guardrail.id", data.id)
  out.string("gateway.guardrail.transaction_id", data.transactionId)
  out.string("gateway.guardrail.detection_method", data.detectionMethod)
  out.boolean("gateway.guardrail.cost_in_spend", data.costInSpend)
  out.json("gateway.guardrail.usage", consumed(data))
  out.double("gateway.cost.guardrail", data.cost)
}

export const serviceKeys = { ...serverKeys, ...Keys.of("services") }

/** An inner service, a phase of the request, or a database as the gateway's catalogue knows it. */
export const service = (
  data: SpanData.Read<SpanData.Service | SpanData.DbCall>,
  out: WriterOf<typeof serviceKeys>
): void => {
  out.string("gateway.service.name", data.service)
  out.string("gateway.service.call_type", data.callType)
  out.string("gateway.service.target", data.target)
  out.string("gateway.service.caller", data.caller)
  out.strings("gateway.service.families", data.families)
  if (data._tag === "service") {
    out.string("gateway.service.phase", data.phase)
    server(data.endpoint, out)
  }
  for (const [key, value] of Object.entries(Metadata.sanitize(data.metadata)))
    out.string(`gateway.metadata.${key}`, value)
}
