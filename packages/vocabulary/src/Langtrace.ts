/**
 * Langtrace's words for model calls: the keys that its server reads (`gen_ai.usage.prompt_tokens`, `llm.prompts`, `user_id`), and those of its first
 * SDKs beside them. Tools and agents, which it has no words for, have those of the GenAI conventions.
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Gateway from "./internal/gateway.js"
import * as GatewayKeys from "./internal/gatewayKeys.js"
import * as GenaiAgents from "./internal/genaiAgents.js"
import { allFilled, filled, from, jsonText, type WriterOf } from "./internal/keyTable.js"
import * as Messages from "./internal/messages.js"
import * as Otel from "./internal/otel.js"
import * as Plain from "./internal/plain.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"
import * as Tokens from "./internal/tokens.js"

const keys = {
  ...Plain.keys,
  ...Gateway.identityKeys,
  ...Gateway.traceKeys,
  ...Gateway.costKeys,
  ...GatewayKeys.of("content"),
  ...from(
    "Scale3-Labs/langtrace lib/trace_util.ts",
    "session.id",
    "user_id",
    "prompt_id",
    "prompt_version",
    "langtrace.service.name",
    "langtrace.service.type",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.cached_tokens",
    "gen_ai.response.model",
    "llm.model",
    "llm.prompts",
    "llm.responses"
  ),
  ...from(
    "Scale3-Labs/langtrace-trace-attributes schemas/llm_span_attributes.json",
    "gen_ai.request.model",
    "gen_ai.request.seed",
    "gen_ai.request.encoding_formats",
    "gen_ai.request.dimensions",
    "gen_ai.request.tools",
    "gen_ai.request.documents",
    "gen_ai.request.embedding_inputs",
    "gen_ai.response_id",
    "gen_ai.response.finish_reasons",
    "gen_ai.system_fingerprint",
    "gen_ai.usage.total_tokens",
    "llm.temperature",
    "llm.top_p",
    "llm.top_k",
    "llm.max_tokens",
    "llm.frequency_penalty",
    "llm.presence_penalty",
    "llm.stream",
    "llm.token.counts.prompt",
    "llm.token.counts.completion",
    "llm.token.counts.total"
  ),
  ...GenaiAgents.keys,
  ...GenaiAgents.exchangeKeys,
  "deployment.environment.name": Otel.sessionKeys["deployment.environment.name"]
}

type Out = WriterOf<typeof keys>

const content = [
  "llm.prompts",
  "llm.responses",
  "gen_ai.request.tools",
  "gen_ai.request.documents",
  "gen_ai.request.embedding_inputs",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "gateway.guardrail.response"
] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "user_id",
  "langtrace.service.name",
  "langtrace.service.type",
  "gen_ai.operation.name",
  "gen_ai.request.model",
  "gen_ai.response.model",
  "gen_ai.response_id",
  "gen_ai.usage.prompt_tokens",
  "gen_ai.usage.cached_tokens",
  "gen_ai.usage.completion_tokens",
  "llm.model",
  "gen_ai.agent.name",
  "gen_ai.tool.name",
  "gen_ai.tool.call.id",
  "gateway.cost.total"
)

/** The tokens that came from a cache are read beside the others and added to them. */
const usage = (used: SpanData.Usage | undefined, out: Out): void => {
  out.int("gen_ai.usage.prompt_tokens", Tokens.without(used?.inputTokens, used?.cacheReadInputTokens))
  out.int("gen_ai.usage.cached_tokens", used?.cacheReadInputTokens)
  out.int("gen_ai.usage.completion_tokens", used?.outputTokens)
  out.int("gen_ai.usage.total_tokens", used?.totalTokens)
  out.int("llm.token.counts.prompt", used?.inputTokens)
  out.int("llm.token.counts.completion", used?.outputTokens)
  out.int("llm.token.counts.total", used?.totalTokens)
}

const parameters = (asked: SpanData.RequestParameters | undefined, out: Out): void => {
  out.double("llm.temperature", asked?.temperature)
  out.double("llm.top_p", asked?.topP)
  out.double("llm.top_k", asked?.topK)
  out.int("llm.max_tokens", asked?.maxTokens)
  out.double("llm.frequency_penalty", asked?.frequencyPenalty)
  out.double("llm.presence_penalty", asked?.presencePenalty)
  out.int("gen_ai.request.seed", asked?.seed)
  out.strings("gen_ai.request.encoding_formats", asked?.encodingFormats)
}

const conversation = Chat.spokenUnder("llm.prompts", "llm.responses")

const spoken = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>, out: Out): void => {
  conversation(data, out)
  out.json("gen_ai.request.tools", Chat.tools(data.tools))
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  out.string("gen_ai.operation.name", filled(data.operation) ?? "chat")
  out.string("langtrace.service.name", filled(data.provider))
  out.string("langtrace.service.type", Chat.lookup(data) === undefined ? "llm" : "vectordb")
  out.string("llm.model", filled(data.requestModel))
  out.string("gen_ai.request.model", filled(data.requestModel))
  out.string("gen_ai.response.model", filled(data.responseModel))
  out.string("gen_ai.response_id", filled(data.responseId))
  out.strings("gen_ai.response.finish_reasons", allFilled(data.finishReasons))
  out.string("gen_ai.system_fingerprint", filled(data.systemFingerprint))
  out.boolean("llm.stream", data.streaming)
  out.int("gen_ai.request.dimensions", data.embedding?.dimensions)
  parameters(data.parameters, out)
  usage(data.usage, out)
  spoken(data, out)
  if (data.operation === "embeddings") {
    out.json(
      "gen_ai.request.embedding_inputs",
      Messages.listed(Messages.texts(data.inputMessages), (list) => list)
    )
  }
  out.json("gen_ai.request.documents", Messages.documents(data.documents))
  GenaiAgents.context(data, out)
  Gateway.cost(data.cost, out)
  Plain.roles.llm_call(data, span, out)
}

const roles: RoleWriters<Out> = {
  proxy_request: Plain.roles.proxy_request,
  llm_call: llmCall,
  /** Tokens and models stay off: Langtrace adds up those of the model calls inside. */
  agent: (data, span, out) => {
    out.string("langtrace.service.type", "framework")
    GenaiAgents.agent(data, out)
    spoken(data, out)
    Plain.roles.agent(data, span, out)
  },
  tool_call: (data, _span, out) => {
    out.string("langtrace.service.type", "framework")
    GenaiAgents.tool(data, out)
    GenaiAgents.exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    out.string("langtrace.service.type", "framework")
    out.string("gen_ai.operation.name", SpanData.callsTool(data) ? "execute_tool" : undefined)
    out.string("gen_ai.tool.name", data.tool)
    Plain.roles.mcp_tool_call(data, span, out)
    GenaiAgents.exchange(data, out)
  },
  mcp_list_tools: Plain.roles.mcp_list_tools,
  guardrail: (data, span, out) => {
    Plain.roles.guardrail(data, span, out)
    jsonText("gateway.guardrail.response", data.response, out)
  },
  db_call: Plain.roles.db_call,
  service: Plain.roles.service
}

const write = (span: TypedSpan, out: Out): void => {
  Plain.error(span, out)
  Gateway.identity(span, out)
  Gateway.trace(span, out)
  out.string("session.id", span.facts.sessionId)
  out.string("deployment.environment.name", span.facts.environment)
  out.string("user_id", span.facts.endUser)
  out.string("prompt_id", span.facts.promptName)
  out.string("prompt_version", span.facts.promptVersion)
  Roles.write(roles, span, out)
}

/**
 * Langtrace, cloud and self-hosted. It has no version of its own; ours changes when a key does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "langtrace", version: "1", keys, content, core, write }
