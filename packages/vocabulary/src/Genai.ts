/**
 * The OpenTelemetry GenAI conventions, one vocabulary per version: what most back ends read.
 *
 * Beside them stand the conventions for HTTP servers, databases and MCP, and our own `gateway.*` where no convention has a name. Messages,
 * instructions, tool definitions (opt-in, in the conventions' words) and what tools and guardrails took and answered are content.
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Gateway from "./internal/gateway.js"
import { filled, from, type WriterOf } from "./internal/keyTable.js"
import * as Messages from "./internal/messages.js"
import * as Otel from "./internal/otel.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"

const keys = {
  ...Otel.errorKeys,
  ...Otel.sessionKeys,
  ...Otel.httpKeys,
  ...Otel.databaseKeys,
  ...Otel.mcpKeys,
  ...Gateway.identityKeys,
  ...Gateway.traceKeys,
  ...Gateway.errorKeys,
  ...Gateway.callKeys,
  ...Gateway.costKeys,
  ...Gateway.mcpKeys,
  ...Gateway.guardrailKeys,
  ...Gateway.serviceKeys,
  ...from("gateway extension", "gateway.guardrail.response", "gateway.embeddings.count"),
  ...from(
    "semconv 1.41 gen-ai/gen-ai-spans.md#inference",
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.conversation.id",
    "gen_ai.output.type",
    "gen_ai.request.model",
    "gen_ai.request.seed",
    "gen_ai.request.stream",
    "gen_ai.request.choice.count",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.max_tokens",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.stop_sequences",
    "gen_ai.request.temperature",
    "gen_ai.request.top_k",
    "gen_ai.request.top_p",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.system_instructions",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.tool.definitions"
  ),
  ...from("semconv 1.41 gen-ai/openai.md", "openai.response.system_fingerprint"),
  ...from(
    "semconv 1.41 gen-ai/gen-ai-spans.md#embeddings",
    "gen_ai.embeddings.dimension.count",
    "gen_ai.request.encoding_formats"
  ),
  ...from(
    "semconv 1.41 gen-ai/gen-ai-spans.md#retrievals",
    "gen_ai.data_source.id",
    "gen_ai.retrieval.query.text",
    "gen_ai.retrieval.documents"
  ),
  ...from(
    "semconv 1.41 gen-ai/gen-ai-spans.md#execute-tool-span",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "gen_ai.tool.description",
    "gen_ai.tool.type",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result"
  ),
  ...from(
    "semconv 1.41 gen-ai/gen-ai-agent-spans.md#invoke-agent-client-span",
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "gen_ai.agent.description",
    "gen_ai.agent.version"
  ),
  ...from("semconv 1.41 gen-ai/gen-ai-agent-spans.md#invoke-workflow-span", "gen_ai.workflow.name"),
  ...from("semconv 1.41 gen-ai/mcp.md#client", "gen_ai.prompt.name")
}

type Out = WriterOf<typeof keys>

const content = [
  "gen_ai.system_instructions",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.tool.definitions",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "gen_ai.retrieval.query.text",
  "gen_ai.retrieval.documents",
  "gateway.guardrail.response"
] as const satisfies ReadonlyArray<keyof typeof keys>

const parameters = (data: SpanData.RequestParameters | undefined, out: Out): void => {
  out.double("gen_ai.request.temperature", data?.temperature)
  out.double("gen_ai.request.top_p", data?.topP)
  out.double("gen_ai.request.top_k", data?.topK)
  out.int("gen_ai.request.max_tokens", data?.maxTokens)
  out.double("gen_ai.request.frequency_penalty", data?.frequencyPenalty)
  out.double("gen_ai.request.presence_penalty", data?.presencePenalty)
  out.strings("gen_ai.request.stop_sequences", data?.stopSequences)
  out.int("gen_ai.request.seed", data?.seed)
  // One choice is what everyone asks for: the convention wants only other counts.
  out.int("gen_ai.request.choice.count", data?.choiceCount === 1 ? undefined : data?.choiceCount)
  out.strings("gen_ai.request.encoding_formats", data?.encodingFormats)
}

const usage = (data: SpanData.Usage | undefined, out: Out): void => {
  out.int("gen_ai.usage.input_tokens", data?.inputTokens)
  out.int("gen_ai.usage.output_tokens", data?.outputTokens)
  out.int("gen_ai.usage.cache_read.input_tokens", data?.cacheReadInputTokens)
  out.int("gen_ai.usage.cache_creation.input_tokens", data?.cacheCreationInputTokens)
  out.int("gen_ai.usage.reasoning.output_tokens", data?.reasoningOutputTokens)
}

/** What a model call and an agent's work have in common. The conversation is the payload's, else the session that the request belongs to. */
const inference = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>, span: TypedSpan, out: Out): void => {
  out.string("gen_ai.provider.name", filled(data.provider))
  out.string("gen_ai.request.model", filled(data.requestModel))
  out.string("gen_ai.conversation.id", data.conversationId ?? span.facts.sessionId)
  out.string("gen_ai.output.type", data.outputType)
  out.string("gen_ai.data_source.id", data.dataSourceId)
  parameters(data.parameters, out)
  usage(data.usage, out)
  out.strings("gen_ai.response.finish_reasons", data.finishReasons)
  out.json("gen_ai.tool.definitions", Messages.listed(data.tools, Messages.tools))
}

const conversation = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>, out: Out): void => {
  out.json("gen_ai.system_instructions", Messages.listed(data.systemInstructions, Messages.instructions))
  out.json("gen_ai.input.messages", Messages.listed(data.inputMessages, Messages.input))
  out.json(
    "gen_ai.output.messages",
    Messages.listed(data.outputMessages, (messages) => Messages.output(messages, data.finishReasons))
  )
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  out.string("gen_ai.operation.name", filled(data.operation))
  inference(data, span, out)
  out.boolean("gen_ai.request.stream", data.streaming)
  out.string("gen_ai.response.id", data.responseId)
  out.string("gen_ai.response.model", data.responseModel)
  out.double("gen_ai.response.time_to_first_chunk", data.timeToFirstChunk)
  // `openai.*` belongs to spans of OpenAI alone.
  const openai = data.provider === "openai" || data.provider === "azure.ai.openai"
  out.string("openai.response.system_fingerprint", openai ? data.systemFingerprint : undefined)
  out.int("gen_ai.embeddings.dimension.count", data.embedding?.dimensions)
  out.int("gateway.embeddings.count", data.embedding?.count)
  Otel.server(data.server, out)
  Gateway.call(data, out)
  Gateway.cost(data.cost, out)
  if (data.operation === "retrieval") {
    out.string("gen_ai.retrieval.query.text", Messages.text((data.inputMessages ?? []).flatMap(({ parts }) => parts)))
    out.json(
      "gen_ai.retrieval.documents",
      Messages.listed(data.documents, (documents) =>
        documents.map(({ content, id, score }) => ({ id, score, content }))
      )
    )
  } else if (data.operation !== "embeddings") {
    conversation(data, out)
  }
}

const agent = (data: SpanData.Read<SpanData.Agent>, span: TypedSpan, out: Out): void => {
  const isWorkflow = data.operation === "invoke_workflow"
  out.string("gen_ai.operation.name", data.operation ?? "invoke_agent")
  out.string("gen_ai.workflow.name", isWorkflow ? data.name : undefined)
  out.string("gen_ai.agent.name", isWorkflow ? undefined : data.name)
  out.string("gen_ai.agent.id", data.id)
  out.string("gen_ai.agent.description", data.description)
  out.string("gen_ai.agent.version", data.version)
  inference(data, span, out)
  Otel.server(data.server, out)
  conversation(data, out)
}

const toolCall = (data: SpanData.Read<SpanData.ToolCall>, _span: TypedSpan, out: Out): void => {
  out.string("gen_ai.operation.name", "execute_tool")
  out.string("gen_ai.tool.name", data.name)
  out.string("gen_ai.tool.call.id", data.callId)
  out.string("gen_ai.tool.description", data.description)
  out.string("gen_ai.tool.type", data.type)
  exchange(data, out)
}

const mcpToolCall = (data: SpanData.Read<SpanData.McpToolCall>, span: TypedSpan, out: Out): void => {
  out.string("gen_ai.operation.name", data.method === "tools/call" ? "execute_tool" : undefined)
  out.string("gen_ai.tool.name", data.tool)
  out.string("gen_ai.prompt.name", data.prompt)
  Otel.mcp(data, Otel.errorOf(span), out)
  Gateway.mcp(data, out)
  exchange(data, out)
}

const exchange = (data: SpanData.Read<SpanData.ToolCall | SpanData.McpToolCall>, out: Out): void => {
  jsonText("gen_ai.tool.call.arguments", data.arguments, out)
  jsonText("gen_ai.tool.call.result", data.result, out)
}

/** Text is written as it is: as JSON it would be quoted once more. */
const jsonText = (key: (typeof content)[number], value: unknown, out: Out): void =>
  typeof value === "string" ? out.string(key, value) : out.json(key, value)

const roles: RoleWriters<Out> = {
  proxy_request: (data, _span, out) => Otel.http(data, out),
  llm_call: llmCall,
  agent,
  tool_call: toolCall,
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
}

const write = (span: TypedSpan, out: Out): void => {
  Otel.error(span, out)
  Otel.session(span, out)
  Gateway.identity(span, out)
  Gateway.trace(span, out)
  Gateway.error(span, out)
  Roles.write(roles, span, out)
}

/**
 * Version 1.41 (May 2026), the last that was published with the main conventions; for back ends that say "GenAI 1.37 and later".
 *
 * Trace-wide facts (`gateway.trace.*`, `gateway.prompt.*`) are on the root; identity, `session.id`, `user.id` and the environment on every span.
 * A retrieval shows its query and embeddings show no messages, as the conventions have it.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_41: Vocabulary = {
  name: "genai",
  version: "1.41",
  schemaUrl: "https://opentelemetry.io/schemas/1.41.0",
  keys,
  content,
  write
}
