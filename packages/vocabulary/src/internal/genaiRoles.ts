/**
 * What every version of the GenAI conventions writes, by role. A version hands in its dialect, which says where it differs; the keys that it does
 * not have are kept out by its writer.
 */
import * as Operation from "@tenant-tracer/model/Operation"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./chat.js"
import * as Core from "./core.js"
import * as Gateway from "./gateway.js"
import * as GatewayKeys from "./gatewayKeys.js"
import * as GenaiAgents from "./genaiAgents.js"
import type { Table, Version } from "./genaiKeys.js"
import { allFilled, filled, jsonText, type WriterOf } from "./keyTable.js"
import * as Messages from "./messages.js"
import * as Otel from "./otel.js"
import type { RoleWriters } from "./roles.js"

/** Where versions differ in more than the keys that they have. */
export interface Dialect {
  readonly version: Version
  readonly schemaUrl: string
  /** Providers that went by another name. */
  readonly providers: Readonly<Record<string, string>>
  /** `flat`: role and content of each message, as chat APIs have them; `parts`: the shapes of the JSON schemas. */
  readonly messages: "flat" | "parts"
  /** Whether instructions may be anything that a message may be, or text alone. */
  readonly instructions: "any" | "text"
  readonly topK: "double" | "int"
  /** Whether a model call names the prompt that it was made from. */
  readonly prompts: boolean
  /** Keys that an agent at work in this process does not have. */
  readonly notOfAgents: ReadonlyArray<keyof Table>
}

/** What the conventions of GenAI stand beside, in every version. */
export const sharedKeys = {
  ...Otel.errorKeys,
  ...Otel.sessionKeys,
  ...Otel.httpKeys,
  ...Otel.databaseKeys,
  ...Gateway.identityKeys,
  ...Gateway.traceKeys,
  ...Gateway.errorKeys,
  ...Gateway.callKeys,
  ...Gateway.costKeys,
  ...Gateway.mcpKeys,
  ...Gateway.guardrailKeys,
  ...Gateway.serviceKeys,
  ...GatewayKeys.of("content"),
  ...GatewayKeys.of("embeddings")
}

export type Out = WriterOf<Table & typeof sharedKeys & typeof Otel.mcpKeys>

/** The keys of all versions that carry content. */
export const content = [
  "gen_ai.prompt",
  "gen_ai.completion",
  "gen_ai.system_instructions",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.tool.definitions",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "gen_ai.retrieval.query.text",
  "gen_ai.retrieval.documents",
  "gen_ai.memory.query.text",
  "gen_ai.memory.records",
  "gateway.guardrail.response"
] as const satisfies ReadonlyArray<keyof Table | keyof typeof sharedKeys>

/** The keys of all versions that a span is worth nothing without. */
export const core = [
  ...Core.keys,
  ...Core.genai,
  "gateway.cost.total",
  "gen_ai.system",
  "gen_ai.usage.cache_write.input_tokens",
  "gen_ai.usage.reasoning.output_tokens",
  "gen_ai.data_source.id",
  "gen_ai.memory.store.id",
  "gen_ai.memory.record.id",
  "gen_ai.workflow.name",
  "gen_ai.prompt.name"
] as const satisfies ReadonlyArray<keyof Table | keyof typeof sharedKeys | keyof typeof Otel.mcpKeys>

type Conversation = SpanData.Read<SpanData.LlmCall | SpanData.Agent>

const parameters = (dialect: Dialect, data: Conversation, out: Out): void => {
  const asked = data.parameters
  out.double("gen_ai.request.temperature", asked?.temperature)
  out.double("gen_ai.request.top_p", asked?.topP)
  if (dialect.topK === "double") out.double("gen_ai.request.top_k", asked?.topK)
  else if (data._tag === "llm_call" && data.operation === "retrieval") out.int("gen_ai.retrieval.top_k", asked?.topK)
  else out.int("gen_ai.request.top_k", asked?.topK)
  out.int("gen_ai.request.max_tokens", asked?.maxTokens)
  out.double("gen_ai.request.frequency_penalty", asked?.frequencyPenalty)
  out.double("gen_ai.request.presence_penalty", asked?.presencePenalty)
  out.strings("gen_ai.request.stop_sequences", asked?.stopSequences)
  out.int("gen_ai.request.seed", asked?.seed)
  // One choice is what everyone asks for: the convention wants only other counts.
  out.int("gen_ai.request.choice.count", asked?.choiceCount === 1 ? undefined : asked?.choiceCount)
  out.strings("gen_ai.request.encoding_formats", asked?.encodingFormats)
}

const usage = (data: SpanData.Usage | undefined, out: Out): void => {
  out.int("gen_ai.usage.input_tokens", data?.inputTokens)
  out.int("gen_ai.usage.output_tokens", data?.outputTokens)
  out.int("gen_ai.usage.cache_read.input_tokens", data?.cacheReadInputTokens)
  out.int("gen_ai.usage.cache_creation.input_tokens", data?.cacheCreationInputTokens)
  out.int("gen_ai.usage.cache_write.input_tokens", data?.cacheCreationInputTokens)
  out.int("gen_ai.usage.reasoning.output_tokens", data?.reasoningOutputTokens)
}

const modalities = (data: SpanData.Usage | undefined, out: Out): void => {
  for (const modality of ["text", "image", "audio"] as const) {
    const used = data?.[modality]
    if (used === undefined) continue
    out.int(`gen_ai.usage.${modality}.input_tokens`, used.inputTokens)
    out.int(`gen_ai.usage.${modality}.output_tokens`, used.outputTokens)
    out.int(`gen_ai.usage.${modality}.cache_read.input_tokens`, used.cacheReadInputTokens)
  }
}

const provider = ({ providers }: Dialect, name: string | undefined, out: Out): void => {
  out.string("gen_ai.system", name !== undefined && Object.hasOwn(providers, name) ? providers[name] : filled(name))
  out.string("gen_ai.provider.name", filled(name))
}

/** What a model call and an agent's work have in common. The conversation is the payload's, else the session that the request belongs to. */
const inference = (dialect: Dialect, data: Conversation, span: TypedSpan, out: Out): void => {
  provider(dialect, data.provider, out)
  out.string("gen_ai.request.model", filled(data.requestModel))
  out.string("gen_ai.conversation.id", filled(data.conversationId) ?? span.facts.sessionId)
  out.string("gen_ai.output.type", data.outputType)
  out.string("gen_ai.data_source.id", data.dataSourceId)
  out.string("gen_ai.request.previous_response.id", data.previousResponseId)
  parameters(dialect, data, out)
  usage(data.usage, out)
  out.strings("gen_ai.response.finish_reasons", allFilled(data.finishReasons))
  out.json("gen_ai.tool.definitions", Messages.listed(data.tools, Messages.tools))
}

const conversation = (dialect: Dialect, data: Conversation, out: Out): void => {
  if (dialect.messages === "flat") {
    out.json("gen_ai.prompt", Chat.input(data))
    out.json("gen_ai.completion", Chat.output(data))
    return
  }
  const instructions =
    dialect.instructions === "any"
      ? data.systemInstructions
      : data.systemInstructions?.filter(({ type }) => type === "text")
  out.json("gen_ai.system_instructions", Messages.listed(instructions, Messages.instructions))
  out.json("gen_ai.input.messages", Messages.listed(data.inputMessages, Messages.input))
  out.json(
    "gen_ai.output.messages",
    Messages.listed(data.outputMessages, (messages) => Messages.output(messages, data.finishReasons))
  )
}

const llmCall = (dialect: Dialect, data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  out.string("gen_ai.operation.name", filled(data.operation))
  inference(dialect, data, span, out)
  modalities(data.usage, out)
  out.string("gen_ai.request.reasoning.level", data.parameters?.reasoningLevel)
  // Nobody knows for sure that there was no compaction, so that the convention wants it told only where there was.
  out.boolean("gen_ai.conversation.compacted", data.compacted || undefined)
  out.boolean("gen_ai.request.stream", data.streaming)
  out.string("gen_ai.response.id", filled(data.responseId))
  out.string("gen_ai.response.model", filled(data.responseModel))
  out.double("gen_ai.response.time_to_first_chunk", data.timeToFirstChunk)
  // `openai.*` belongs to spans of OpenAI alone.
  const openai = data.provider === "openai" || data.provider === "azure.ai.openai"
  out.string("openai.response.system_fingerprint", openai ? filled(data.systemFingerprint) : undefined)
  out.string("gen_ai.openai.response.system_fingerprint", openai ? filled(data.systemFingerprint) : undefined)
  out.int("gen_ai.embeddings.dimension.count", data.embedding?.dimensions)
  out.int("gateway.embeddings.count", data.embedding?.count)
  Otel.server(data.server, out)
  Gateway.call(data, out)
  Gateway.cost(data.cost, out)
  if (data.operation === "retrieval") {
    out.string("gen_ai.retrieval.query.text", Messages.query(data))
    out.json("gen_ai.retrieval.documents", Messages.documents(data.documents))
  } else if (Operation.isMemory(data.operation)) {
    memory(data, out)
  } else if (data.operation !== "embeddings") {
    out.string("gen_ai.prompt.name", dialect.prompts ? span.facts.promptName : undefined)
    out.string("gen_ai.prompt.version", span.facts.promptVersion)
    conversation(dialect, data, out)
  }
}

const memory = (data: SpanData.Read<SpanData.LlmCall>, out: Out): void => {
  out.string("gen_ai.memory.store.id", data.memory?.storeId)
  out.string("gen_ai.memory.record.id", data.memory?.recordId)
  out.int("gen_ai.memory.record.count", data.memory?.recordCount)
  out.string("gen_ai.memory.query.text", Messages.query(data))
  out.json("gen_ai.memory.records", Messages.records(data.records))
}

const agent = (dialect: Dialect, data: SpanData.Read<SpanData.Agent>, span: TypedSpan, out: Out): void => {
  const isWorkflow = data.operation === "invoke_workflow"
  out.string("gen_ai.operation.name", data.operation ?? "invoke_agent")
  out.string("gen_ai.workflow.name", isWorkflow ? data.name : undefined)
  out.string("gen_ai.agent.name", isWorkflow ? undefined : data.name)
  out.string("gen_ai.agent.id", data.id)
  out.string("gen_ai.agent.description", data.description)
  out.string("gen_ai.agent.version", data.version)
  inference(dialect, data, span, out)
  Otel.agentServer(data, out)
  conversation(dialect, data, out)
}

const toolCall = (data: SpanData.Read<SpanData.ToolCall>, out: Out): void => {
  out.string("gen_ai.operation.name", "execute_tool")
  out.string("gen_ai.tool.name", data.name)
  out.string("gen_ai.tool.call.id", data.callId)
  out.string("gen_ai.tool.description", data.description)
  out.string("gen_ai.tool.type", data.type)
  GenaiAgents.exchange(data, out)
}

const mcpToolCall = (data: SpanData.Read<SpanData.McpToolCall>, span: TypedSpan, out: Out): void => {
  out.string("gen_ai.operation.name", SpanData.callsTool(data) ? "execute_tool" : undefined)
  out.string("gen_ai.tool.name", data.tool)
  Otel.mcp(data, Otel.errorOf(span), out)
  Gateway.mcp(data, out)
  GenaiAgents.exchange(data, out)
}

/** The writers of one version. */
export const make = (dialect: Dialect): RoleWriters<Out> => ({
  proxy_request: (data, _span, out) => Otel.http(data, out),
  llm_call: (data, span, out) => llmCall(dialect, data, span, out),
  agent: (data, span, out) => agent(dialect, data, span, out),
  tool_call: (data, _span, out) => toolCall(data, out),
  mcp_tool_call: mcpToolCall,
  mcp_list_tools: (data, span, out) => {
    Otel.mcp(data, Otel.errorOf(span), out)
    Gateway.mcp(data, out)
  },
  guardrail: (data, _span, out) => {
    Gateway.guardrail(data, out)
    jsonText("gateway.guardrail.response", data.response, out)
  },
  db_call: (data, span, out) => {
    Otel.database(data, Otel.errorOf(span), out)
    Gateway.service(data, out)
  },
  service: (data, _span, out) => Gateway.service(data, out)
})

/** What every span carries, whatever its role. */
export const write = (span: TypedSpan, out: Out): void => {
  Otel.error(span, out)
  Otel.session(span, out)
  Gateway.identity(span, out)
  Gateway.trace(span, out)
  Gateway.error(span, out)
}
