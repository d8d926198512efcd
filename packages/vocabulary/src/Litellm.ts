/**
 * LiteLLM's proxy as it traces itself (OpenTelemetry v2, with the old keys that it writes by default), so that people who move over keep their
 * dashboards: its keys, its span names, its shapes of messages.
 *
 * What it has no key for is left as ours (`gateway.*`); the model that was asked for is on model calls only, since a back end takes any span that
 * names a model for one.
 *
 * @since 0.1.0
 */
import * as Metadata from "@tenant-tracer/model/Metadata"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Gateway from "./internal/gateway.js"
import { filled, from, jsonText, type WriterOf } from "./internal/keyTable.js"
import * as Legacy from "./internal/legacy.js"
import * as Names from "./internal/litellmNames.js"
import * as Messages from "./internal/messages.js"
import * as Otel from "./internal/otel.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"

const page = "docs.litellm.ai/docs/observability/opentelemetry_v2"

const keys = {
  ...Otel.errorKeys,
  ...Otel.sessionKeys,
  ...Otel.httpKeys,
  ...Otel.databaseKeys,
  ...Otel.mcpKeys,
  ...Legacy.keys,
  ...from(
    "gateway extension",
    "gateway.trace.name",
    "gateway.trace.tags",
    "gateway.trace.release",
    "gateway.prompt.name",
    "gateway.prompt.version"
  ),
  ...from(
    `${page}: model calls`,
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.output.type",
    "gen_ai.conversation.id",
    "gen_ai.request.model",
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
    "gen_ai.request.top_k",
    "gen_ai.request.max_tokens",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.stop_sequences",
    "gen_ai.request.seed",
    "gen_ai.request.choice.count",
    "gen_ai.request.encoding_formats",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.system_instructions",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.tool.*.name",
    "gen_ai.tool.*.description",
    "gen_ai.tool.*.parameters",
    "gen_ai.agent.id",
    "gen_ai.agent.name",
    "litellm.call_id",
    "litellm.call_type",
    "litellm.provider.model",
    "litellm.request.streaming",
    "litellm.request.route",
    "litellm.request.tools.declared"
  ),
  ...from(
    `${page}: cost`,
    "litellm.cost.total",
    "litellm.cost.input",
    "litellm.cost.output",
    "litellm.cost.cache_read",
    "litellm.cost.cache_creation",
    "litellm.cost.tool_usage",
    "litellm.cost.original",
    "litellm.cost.discount_amount",
    "litellm.cost.discount_percent",
    "litellm.cost.margin_fixed_amount",
    "litellm.cost.margin_percent",
    "litellm.cost.margin_total_amount",
    "litellm.cost.guardrail"
  ),
  ...from(
    `${page}: identity`,
    "litellm.team.id",
    "litellm.team.alias",
    "litellm.api_key.hash",
    "litellm.end_user.id",
    "litellm.metadata.*"
  ),
  ...from(
    `${page}: errors`,
    "error.message",
    "litellm.provider.error.code",
    "litellm.provider.error.stack_trace",
    "litellm.provider.error.llm_provider"
  ),
  ...from(
    `${page}: MCP and tools`,
    "rpc.system",
    "gen_ai.prompt.name",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "litellm.mcp.server.name"
  ),
  ...from(
    `${page}: guardrails`,
    "litellm.guardrail.name",
    "litellm.guardrail.mode",
    "litellm.guardrail.status",
    "litellm.guardrail.provider",
    "litellm.guardrail.action",
    "litellm.guardrail.response",
    "litellm.guardrail.violation_categories",
    "litellm.guardrail.confidence_score",
    "litellm.guardrail.risk_score",
    "litellm.guardrail.masked_entity_count",
    "litellm.guardrail.duration",
    "litellm.guardrail.id",
    "litellm.guardrail.transaction_id",
    "litellm.guardrail.policy_template",
    "litellm.guardrail.detection_method",
    "litellm.guardrail.usage",
    "litellm.guardrail.cost_in_spend"
  ),
  ...from(
    `${page}: services`,
    "litellm.service.name",
    "litellm.service.call_type",
    "litellm.service.target",
    "litellm.service.caller",
    "litellm.redis.families",
    "db.system",
    "service",
    "call_type",
    "error"
  )
}

type Out = WriterOf<typeof keys>

const content = [
  "gen_ai.system_instructions",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.tool.*.name",
  "gen_ai.tool.*.description",
  "gen_ai.tool.*.parameters",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "litellm.guardrail.response",
  ...Legacy.content
] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "error.message",
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.conversation.id",
  "gen_ai.request.model",
  "gen_ai.response.id",
  "gen_ai.response.model",
  "gen_ai.response.finish_reasons",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_creation.input_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.agent.id",
  "gen_ai.agent.name",
  "gen_ai.tool.name",
  "gen_ai.tool.call.id",
  "db.system",
  "litellm.team.id",
  "litellm.api_key.hash",
  "litellm.end_user.id",
  "litellm.call_id",
  "litellm.cost.total",
  "litellm.guardrail.name",
  "litellm.guardrail.status",
  "litellm.guardrail.action",
  "litellm.service.name"
)

/** On every span, as LiteLLM promotes them. What the gateway says of the key wins over what anybody else noted under its name. */
const identity = (span: TypedSpan, out: Out): void => {
  const { data, facts } = span
  const noted = data?._tag === "db_call" || data?._tag === "service" ? Metadata.sanitize(data.metadata) : {}
  const metadata: Readonly<Record<string, string | undefined>> = {
    ...noted,
    ...facts.metadata,
    user_api_key_org_id: facts.organization,
    user_api_key_user_id: facts.user,
    user_api_key_alias: facts.key?.alias,
    user_api_key_end_user_id: facts.endUser
  }
  out.string("litellm.team.id", facts.team?.id)
  out.string("litellm.team.alias", facts.team?.alias)
  out.string("litellm.api_key.hash", facts.key?.hash)
  out.string("litellm.end_user.id", facts.endUser)
  for (const [key, value] of Object.entries(metadata)) out.string(`litellm.metadata.${key}`, value)
}

/** Once, on the root: LiteLLM has no keys for these. */
const trace = ({ facts, isRoot }: TypedSpan, out: Out): void => {
  if (!isRoot) return
  out.string("gateway.trace.name", facts.traceName)
  out.strings("gateway.trace.tags", facts.tags)
  out.string("gateway.trace.release", facts.release)
  out.string("gateway.prompt.name", facts.promptName)
  out.string("gateway.prompt.version", facts.promptVersion)
}

const error = (span: TypedSpan, out: Out): void => {
  const failure = Otel.errorOf(span)
  Otel.error(span, out)
  out.string("error.message", failure && (failure.message ?? failure.type))
  out.string("litellm.provider.error.code", failure?.code)
  out.string("litellm.provider.error.stack_trace", failure?.stackTrace)
  out.string("litellm.provider.error.llm_provider", failure?.provider)
}

const inference = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>, span: TypedSpan, out: Out): void => {
  const asked = data.parameters
  out.string("gen_ai.provider.name", filled(data.provider))
  out.string("gen_ai.output.type", data.outputType)
  out.string("gen_ai.conversation.id", data.conversationId ?? span.facts.sessionId)
  out.string("gen_ai.request.model", filled(data.requestModel))
  out.double("gen_ai.request.temperature", asked?.temperature)
  out.double("gen_ai.request.top_p", asked?.topP)
  out.int("gen_ai.request.top_k", asked?.topK)
  out.int("gen_ai.request.max_tokens", asked?.maxTokens)
  out.double("gen_ai.request.frequency_penalty", asked?.frequencyPenalty)
  out.double("gen_ai.request.presence_penalty", asked?.presencePenalty)
  out.strings("gen_ai.request.stop_sequences", asked?.stopSequences)
  out.int("gen_ai.request.seed", asked?.seed)
  out.int("gen_ai.request.choice.count", asked?.choiceCount)
  out.strings("gen_ai.request.encoding_formats", asked?.encodingFormats)
  out.strings("gen_ai.response.finish_reasons", data.finishReasons)
  out.int("gen_ai.usage.input_tokens", data.usage?.inputTokens)
  out.int("gen_ai.usage.output_tokens", data.usage?.outputTokens)
  out.int("gen_ai.usage.cache_creation.input_tokens", data.usage?.cacheCreationInputTokens)
  out.int("gen_ai.usage.cache_read.input_tokens", data.usage?.cacheReadInputTokens)
  out.json("gen_ai.system_instructions", Messages.listed(data.systemInstructions, Messages.instructions))
  out.json("gen_ai.input.messages", Chat.input({ ...data, systemInstructions: undefined }))
  out.json("gen_ai.output.messages", Chat.output(data))
}

const cost = (data: SpanData.Cost | undefined, out: Out): void => {
  out.double("litellm.cost.total", data?.total)
  out.double("litellm.cost.input", data?.input)
  out.double("litellm.cost.output", data?.output)
  out.double("litellm.cost.cache_read", data?.cacheRead)
  out.double("litellm.cost.cache_creation", data?.cacheCreation)
  out.double("litellm.cost.tool_usage", data?.toolUsage)
  out.double("litellm.cost.original", data?.original)
  out.double("litellm.cost.discount_amount", data?.discountAmount)
  out.double("litellm.cost.discount_percent", data?.discountPercent)
  out.double("litellm.cost.margin_fixed_amount", data?.marginFixedAmount)
  out.double("litellm.cost.margin_percent", data?.marginPercent)
  out.double("litellm.cost.margin_total_amount", data?.marginTotalAmount)
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const declared = data.toolCount ?? data.tools?.length
  out.string("gen_ai.operation.name", Names.operation(data.operation))
  inference(data, span, out)
  Otel.server(data.server, out)
  Legacy.call(data, out)
  out.string("gen_ai.response.model", data.responseModel)
  out.string("gen_ai.response.id", data.responseId)
  out.double("gen_ai.response.time_to_first_chunk", data.timeToFirstChunk)
  out.string("litellm.call_id", filled(data.callId))
  out.string("litellm.call_type", filled(data.callType))
  out.string("litellm.provider.model", filled(data.providerModel))
  out.boolean("litellm.request.streaming", data.streaming)
  out.string("litellm.request.route", data.requestRoute)
  out.int("litellm.request.tools.declared", declared === 0 ? undefined : declared)
  data.tools?.forEach(({ description, name, parameters }, index) => {
    out.string(`gen_ai.tool.${index}.name`, filled(name))
    out.string(`gen_ai.tool.${index}.description`, filled(description))
    jsonText(`gen_ai.tool.${index}.parameters`, parameters, out)
  })
  cost(data.cost, out)
}

const exchange = (data: SpanData.Read<SpanData.ToolCall | SpanData.McpToolCall>, out: Out): void => {
  jsonText("gen_ai.tool.call.arguments", data.arguments, out)
  jsonText("gen_ai.tool.call.result", data.result, out)
}

const mcp = (data: SpanData.Read<SpanData.McpToolCall | SpanData.McpListTools>, span: TypedSpan, out: Out): void => {
  Otel.mcp(data, Otel.errorOf(span), out)
  out.string("litellm.mcp.server.name", data.serverName)
  out.string("litellm.call_id", filled(data.callId))
}

const service = (data: SpanData.Read<SpanData.DbCall | SpanData.Service>, span: TypedSpan, out: Out): void => {
  const failure = Otel.errorOf(span)
  out.string("litellm.service.name", data.service)
  out.string("litellm.service.call_type", data.callType)
  out.string("litellm.service.target", data.target)
  out.string("litellm.service.caller", data.caller)
  out.strings("litellm.redis.families", data.families)
  out.string("service", data.service)
  out.string("call_type", data.callType)
  out.string("error", failure && (failure.message ?? failure.type))
}

const roles: RoleWriters<Out> = {
  proxy_request: (data, _span, out) => Otel.http(data, out),
  llm_call: llmCall,
  agent: (data, span, out) => {
    out.string("gen_ai.operation.name", data.operation ?? "invoke_agent")
    out.string("gen_ai.agent.id", data.id)
    out.string("gen_ai.agent.name", data.name)
    inference(data, span, out)
    Otel.agentServer(data, out)
  },
  tool_call: (data, _span, out) => {
    out.string("gen_ai.operation.name", "execute_tool")
    out.string("gen_ai.tool.name", data.name)
    out.string("gen_ai.tool.call.id", data.callId)
    exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    const isAddressed = data.server?.address !== undefined && data.server.port !== undefined
    out.string("gen_ai.operation.name", data.method === "tools/call" ? "execute_tool" : undefined)
    out.string("gen_ai.tool.name", data.tool)
    out.string("gen_ai.prompt.name", data.prompt)
    out.string("rpc.system", isAddressed ? "jsonrpc" : undefined)
    mcp(data, span, out)
    out.double("litellm.cost.total", data.cost)
    exchange(data, out)
  },
  mcp_list_tools: mcp,
  guardrail: (data, _span, out) => {
    out.string("litellm.guardrail.name", data.name)
    out.string("litellm.guardrail.mode", data.mode)
    out.string("litellm.guardrail.status", data.status)
    out.string("litellm.guardrail.provider", data.provider)
    out.string("litellm.guardrail.action", data.action)
    jsonText("litellm.guardrail.response", data.response, out)
    out.strings("litellm.guardrail.violation_categories", data.categories)
    out.double("litellm.guardrail.confidence_score", data.confidenceScore)
    out.double("litellm.guardrail.risk_score", data.riskScore)
    out.int("litellm.guardrail.masked_entity_count", Gateway.masked(data))
    out.double("litellm.guardrail.duration", data.duration)
    out.string("litellm.guardrail.id", data.id)
    out.string("litellm.guardrail.transaction_id", data.transactionId)
    out.string("litellm.guardrail.policy_template", data.policy)
    out.string("litellm.guardrail.detection_method", data.detectionMethod)
    out.json("litellm.guardrail.usage", Gateway.consumed(data))
    out.boolean("litellm.guardrail.cost_in_spend", data.costInSpend)
    out.double("litellm.cost.guardrail", data.cost)
  },
  db_call: (data, span, out) => {
    Otel.database(Names.spelled(data), Otel.errorOf(span), out)
    out.string("db.system", Otel.databaseSystem(data))
    service(data, span, out)
  },
  service: (data, span, out) => {
    Otel.server(data.endpoint, out)
    service(data, span, out)
  }
}

const write = (span: TypedSpan, out: Out): void => {
  error(span, out)
  Otel.session(span, out)
  identity(span, out)
  trace(span, out)
  Roles.write(roles, span, out)
}

const lists = {
  "gen_ai.tool": "tools",
  "llm.request.functions": "tools"
} as const satisfies Vocabulary["lists"]

/**
 * The keys and names of 2026. They have no version of their own; ours changes when a key does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "litellm", version: "1", keys, content, lists, core, spanName: Names.of, write }
