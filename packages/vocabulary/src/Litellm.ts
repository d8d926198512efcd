/**
 * LiteLLM's proxy as it traces itself (OpenTelemetry v2, with the old keys that it writes by default), so that people who move over keep their
 * dashboards: its keys, its span names, its shapes of messages. What it tells only when it is asked to (`litellm.end_user.id`) is not told.
 *
 * What it has no key for is left as ours (`gateway.*`); the model that was asked for is on model calls and on agents, which LiteLLM knows as calls of
 * one more kind, and on no other span: a back end takes any that names a model for a generation.
 *
 * @since 0.1.0
 */
import * as DatabaseCall from "@tenant-tracer/model/DatabaseCall"
import type { ToolDefinition } from "@tenant-tracer/model/Message"
import * as Metadata from "@tenant-tracer/model/Metadata"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { AttributeWriter, TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Gateway from "./internal/gateway.js"
import * as GenaiAgents from "./internal/genaiAgents.js"
import { allFilled, filled, jsonText, type WriterOf } from "./internal/keyTable.js"
import * as Legacy from "./internal/legacy.js"
import * as Keys from "./internal/litellmKeys.js"
import * as Names from "./internal/litellmNames.js"
import * as Messages from "./internal/messages.js"
import * as Otel from "./internal/otel.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"

type Out = WriterOf<typeof Keys.table>

type Noted = Readonly<Record<string, string>>

/** What was noted of a service, and may be told. */
const notedOf = ({ data }: TypedSpan): Noted =>
  data?._tag === "db_call" || data?._tag === "service" ? Metadata.sanitize(data.metadata) : {}

/**
 * On every span, as LiteLLM promotes them unless it is told otherwise: the end user as metadata alone. What the gateway says of the key wins over what
 * anybody else noted under its name.
 */
const identity = ({ facts }: TypedSpan, noted: Noted, out: Out): void => {
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
  out.json("litellm.team.metadata", sorted(facts.team?.metadata))
  out.string("litellm.api_key.hash", facts.key?.hash)
  for (const [key, value] of Object.entries(metadata)) out.string(`litellm.metadata.${key}`, value)
}

/** Always in one order, so that equal facts are equal texts. */
const sorted = (metadata: Noted | undefined): Noted | undefined => {
  const said = Object.entries(metadata ?? {}).filter(([, value]) => value !== "")
  return said.length === 0 ? undefined : Object.fromEntries(said.sort(([one], [two]) => (one < two ? -1 : 1)))
}

/** The old keys have what was noted of a service under its bare name, too. One with a dot in it would be a key of somebody's, perhaps of ours. */
const bare = (noted: Noted, out: AttributeWriter): void => {
  for (const [key, value] of Object.entries(noted))
    if (key !== "" && !key.includes(".") && !Object.hasOwn(Keys.table, key)) out.string(key, value)
}

/** Once, on the root: LiteLLM has no keys for these. */
const trace = ({ facts, isRoot }: TypedSpan, out: Out): void => {
  if (!isRoot) return
  Gateway.named(facts, out)
  Gateway.prompt(facts, out)
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
  out.string("gen_ai.conversation.id", filled(data.conversationId) ?? span.facts.sessionId)
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
  out.strings("gen_ai.response.finish_reasons", allFilled(data.finishReasons))
  out.int("gen_ai.usage.input_tokens", data.usage?.inputTokens)
  out.int("gen_ai.usage.output_tokens", data.usage?.outputTokens)
  out.int("gen_ai.usage.cache_creation.input_tokens", data.usage?.cacheCreationInputTokens)
  out.int("gen_ai.usage.cache_read.input_tokens", data.usage?.cacheReadInputTokens)
  out.json("gen_ai.system_instructions", Messages.listed(data.systemInstructions, Messages.instructions))
  out.json("gen_ai.input.messages", Chat.input({ ...data, systemInstructions: undefined }))
  out.json("gen_ai.output.messages", Chat.output(data))
}

const cost = Gateway.costUnder("litellm.cost")

const tools = (offered: ReadonlyArray<ToolDefinition> | undefined, out: Out): void => {
  Legacy.tools(offered, out)
  offered?.forEach(({ description, name, parameters }, index) => {
    out.string(`gen_ai.tool.${index}.name`, filled(name))
    out.string(`gen_ai.tool.${index}.description`, filled(description))
    jsonText(`gen_ai.tool.${index}.parameters`, parameters, out)
  })
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const declared = data.toolCount ?? data.tools?.length
  out.string("gen_ai.operation.name", Names.operation(data.operation))
  inference(data, span, out)
  Otel.server(data.server, out)
  Legacy.call(data, out)
  out.string("gen_ai.response.model", filled(data.responseModel))
  out.string("gen_ai.response.id", filled(data.responseId))
  out.double("gen_ai.response.time_to_first_chunk", data.timeToFirstChunk)
  out.string("litellm.call_id", filled(data.callId))
  out.string("litellm.call_type", filled(data.callType))
  out.string("litellm.provider.model", filled(data.providerModel))
  out.boolean("litellm.request.streaming", data.streaming)
  out.string("litellm.request.route", data.requestRoute)
  out.int("litellm.request.tools.declared", declared === 0 ? undefined : declared)
  tools(data.tools, out)
  cost(data.cost, out)
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
  out.string("litellm.redis.families", filled(data.families?.toSorted().join(",")))
  out.string("service", data.service)
  out.string("call_type", data.callType)
  out.string("error", failure?.message)
}

const roles: RoleWriters<Out> = {
  proxy_request: (data, _span, out) => Otel.http(data, out),
  llm_call: llmCall,
  agent: (data, span, out) => {
    out.string("gen_ai.operation.name", data.operation ?? "invoke_agent")
    out.string("gen_ai.agent.id", data.id)
    out.string("gen_ai.agent.name", data.name)
    inference(data, span, out)
    tools(data.tools, out)
    Otel.agentServer(data, out)
  },
  tool_call: (data, _span, out) => {
    out.string("gen_ai.operation.name", "execute_tool")
    out.string("gen_ai.tool.name", data.name)
    out.string("gen_ai.tool.call.id", data.callId)
    GenaiAgents.exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    const isAddressed = data.server?.address !== undefined && data.server.port !== undefined
    out.string("gen_ai.operation.name", SpanData.callsTool(data) ? "execute_tool" : undefined)
    out.string("gen_ai.tool.name", data.tool)
    out.string("rpc.system", isAddressed ? "jsonrpc" : undefined)
    mcp(data, span, out)
    out.double("litellm.cost.total", data.cost)
    GenaiAgents.exchange(data, out)
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
    // LiteLLM tells the port also where it goes without saying.
    const { endpoint, ...call } = Names.spelled(data)
    Otel.database(call, Otel.errorOf(span), out)
    Otel.server(endpoint, out)
    out.string("db.system", DatabaseCall.of(data).system)
    service(data, span, out)
  },
  service: (data, span, out) => {
    Otel.server(data.endpoint, out)
    service(data, span, out)
  }
}

const write = (span: TypedSpan, out: AttributeWriter): void => {
  const noted = notedOf(span)
  error(span, out)
  Otel.session(span, out)
  identity(span, noted, out)
  trace(span, out)
  bare(noted, out)
  Roles.write(roles, span, out)
}

/**
 * The keys and names of 2026. They have no version of their own; ours changes when a key does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = {
  name: "litellm",
  version: "1",
  keys: Keys.table,
  content: Keys.content,
  lists: Keys.lists,
  core: Keys.core,
  spanName: Names.of,
  write
}
