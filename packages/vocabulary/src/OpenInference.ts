/**
 * OpenInference, the conventions of Arize and Phoenix: messages flattened into one attribute per field, and a kind on every span.
 *
 * The conventions name no HTTP request, database or verdict of a guardrail: there the OpenTelemetry conventions and our own `gateway.*` stand in.
 *
 * @since 0.1.0
 */
import * as Json from "@tenant-tracer/model/Json"
import type { ToolDefinition } from "@tenant-tracer/model/Message"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Facts from "./internal/facts.js"
import * as FlatMessages from "./internal/flatMessages.js"
import * as Gateway from "./internal/gateway.js"
import { filled, from, present, type WriterOf } from "./internal/keyTable.js"
import * as Messages from "./internal/messages.js"
import * as Otel from "./internal/otel.js"
import * as Plain from "./internal/plain.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"
import * as Turns from "./internal/turns.js"

const page = "OpenInference spec/semantic_conventions.md#reserved-attributes"

const keys = {
  ...Plain.keys,
  ...Otel.sessionKeys,
  ...Gateway.identityKeys,
  ...FlatMessages.keys,
  ...from(
    page,
    "openinference.span.kind",
    "input.value",
    "input.mime_type",
    "output.value",
    "output.mime_type",
    "metadata",
    "tag.tags",
    "agent.name",
    "tool.name",
    "tool.description",
    "tool.id",
    "llm.model_name",
    "llm.request.model_name",
    "llm.response.model_name",
    "llm.provider",
    "llm.system",
    "llm.invocation_parameters",
    "llm.finish_reason",
    "llm.token_count.prompt",
    "llm.token_count.completion",
    "llm.token_count.total",
    "llm.token_count.prompt_details.cache_read",
    "llm.token_count.prompt_details.cache_write",
    "llm.token_count.completion_details.reasoning",
    "llm.token_count.prompt_details.audio",
    "llm.token_count.completion_details.audio",
    "llm.cost.total",
    "llm.cost.prompt",
    "llm.cost.completion",
    "llm.cost.prompt_details.cache_read",
    "llm.cost.prompt_details.cache_write",
    "llm.prompt_template.version",
    "llm.prompts.*",
    "llm.choices.*",
    "retrieval.documents.*"
  ),
  ...from("OpenInference spec/tool_calling.md#tool-definitions", "llm.tools.*"),
  ...from(
    "OpenInference spec/embedding_spans.md#common-attributes",
    "embedding.model_name",
    "embedding.invocation_parameters",
    "embedding.embeddings.*"
  )
}

type Out = WriterOf<typeof keys>

const content = [
  "input.value",
  "input.mime_type",
  "output.value",
  "output.mime_type",
  "llm.input_messages.*",
  "llm.output_messages.*",
  "llm.prompts.*",
  "llm.choices.*",
  "llm.tools.*",
  "embedding.embeddings.*",
  "retrieval.documents.*"
] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "openinference.span.kind",
  "llm.model_name",
  "llm.request.model_name",
  "llm.response.model_name",
  "llm.provider",
  "llm.system",
  "llm.finish_reason",
  "llm.token_count.prompt",
  "llm.token_count.completion",
  "llm.token_count.total",
  "llm.token_count.prompt_details.cache_read",
  "llm.token_count.prompt_details.cache_write",
  "llm.token_count.completion_details.reasoning",
  "llm.cost.total",
  "llm.cost.prompt",
  "llm.cost.completion",
  "embedding.model_name",
  "agent.name",
  "tool.name",
  "tool.id"
)

const lists = {
  "llm.input_messages": "conversation",
  "llm.output_messages": "ranked",
  "llm.prompts": "conversation",
  "llm.choices": "ranked",
  "llm.tools": "tools",
  "embedding.embeddings": "ranked",
  "retrieval.documents": "ranked"
} as const satisfies Vocabulary["lists"]

/** Who runs the model, in the closed list of the conventions; others keep their name. */
const providers: Readonly<Record<string, string>> = {
  "aws.bedrock": "aws",
  "azure.ai.inference": "azure",
  "azure.ai.openai": "azure",
  "gcp.gemini": "google",
  "gcp.gen_ai": "google",
  "gcp.vertex_ai": "google",
  mistral_ai: "mistralai",
  moonshot_ai: "moonshot",
  x_ai: "xai"
}

/** Whose API it speaks, where the conventions have a word for it. */
const systems: Readonly<Record<string, string>> = {
  anthropic: "anthropic",
  "aws.bedrock": "amazon",
  "azure.ai.openai": "openai",
  cohere: "cohere",
  deepseek: "deepseek",
  "gcp.vertex_ai": "vertexai",
  mistral_ai: "mistralai",
  openai: "openai",
  x_ai: "xai"
}

const wordFor = (table: Readonly<Record<string, string>>, name: string | undefined): string | undefined =>
  name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined

/** Writes what went in or came out: text as it is, anything else as JSON, with the type that tells them apart. */
const value = (side: "input" | "output", subject: unknown, out: Out): void => {
  if (subject === undefined) return
  if (typeof subject === "string") {
    out.string(`${side}.value`, subject)
    out.string(`${side}.mime_type`, Json.isTree(subject) ? "application/json" : "text/plain")
  } else {
    out.json(`${side}.value`, subject)
    out.string(`${side}.mime_type`, "application/json")
  }
}

const tools = (definitions: ReadonlyArray<ToolDefinition> | undefined, out: Out): void =>
  definitions?.forEach(({ description, name, parameters }, index) => {
    const tool = { type: "function", function: { name, description, parameters: Json.parsed(parameters) } }
    out.json(`llm.tools.${index}.tool.json_schema`, tool)
  })

const usage = ({ cost, usage }: SpanData.Read<SpanData.LlmCall>, out: Out): void => {
  out.int("llm.token_count.prompt", usage?.inputTokens)
  out.int("llm.token_count.completion", usage?.outputTokens)
  out.int("llm.token_count.total", usage?.totalTokens)
  out.int("llm.token_count.prompt_details.cache_read", usage?.cacheReadInputTokens)
  out.int("llm.token_count.prompt_details.cache_write", usage?.cacheCreationInputTokens)
  out.int("llm.token_count.completion_details.reasoning", usage?.reasoningOutputTokens)
  out.int("llm.token_count.prompt_details.audio", usage?.audio?.inputTokens)
  out.int("llm.token_count.completion_details.audio", usage?.audio?.outputTokens)
  out.double("llm.cost.total", cost?.total)
  out.double("llm.cost.prompt", cost?.input)
  out.double("llm.cost.completion", cost?.output)
  out.double("llm.cost.prompt_details.cache_read", cost?.cacheRead)
  out.double("llm.cost.prompt_details.cache_write", cost?.cacheCreation)
}

const embedding = (data: SpanData.Read<SpanData.LlmCall>, out: Out): void => {
  const subjects = Messages.texts(data.inputMessages)
  out.string("openinference.span.kind", "EMBEDDING")
  out.string("embedding.model_name", filled(data.responseModel) ?? filled(data.requestModel))
  out.json("embedding.invocation_parameters", present({ encoding_formats: data.parameters?.encodingFormats }))
  subjects.forEach((text, index) => {
    out.string(`embedding.embeddings.${index}.embedding.text`, text)
  })
  const texts = Messages.listed(subjects, (list) => list)
  value("input", Messages.isText(data.inputMessages) ? texts : Chat.input(data), out)
}

/** The conventions have words for what is looked up, and none for what is kept. */
const lookUp = (data: SpanData.Read<SpanData.LlmCall>, lookup: Chat.Lookup, out: Out): void => {
  out.string("openinference.span.kind", lookup.isSearch ? "RETRIEVER" : "CHAIN")
  value("input", lookup.input, out)
  if (data.operation !== "retrieval") value("output", lookup.output, out)
  else
    data.documents?.forEach(({ content, id, score }, index) => {
      out.string(`retrieval.documents.${index}.document.id`, id)
      out.double(`retrieval.documents.${index}.document.score`, score)
      out.string(`retrieval.documents.${index}.document.content`, content)
    })
}

/** Of what has no messages of its own, or text alone in them, the conversation is told in full here. */
const spoken = (data: Messages.Spoken, out: Out): void => {
  value("input", Chat.input(data), out)
  value("output", Chat.output(data), out)
}

const llm = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const request = filled(data.requestModel)
  const response = filled(data.responseModel)
  const routed = request !== undefined && response !== undefined && request !== response
  out.string("openinference.span.kind", "LLM")
  out.string("llm.model_name", response ?? request)
  out.string("llm.request.model_name", routed ? request : undefined)
  out.string("llm.response.model_name", routed ? response : undefined)
  out.string("llm.provider", wordFor(providers, data.provider) ?? filled(data.provider))
  out.string("llm.system", wordFor(systems, data.provider))
  out.json("llm.invocation_parameters", Chat.parameters(data.parameters))
  out.string("llm.finish_reason", filled(data.finishReasons?.[0]))
  out.string("llm.prompt_template.version", span.facts.promptVersion)
  tools(data.tools, out)
  if (data.operation === "text_completion") {
    Messages.texts(data.inputMessages).forEach((text, index) => {
      out.string(`llm.prompts.${index}.prompt.text`, text)
    })
    Messages.texts(data.outputMessages).forEach((text, index) => {
      out.string(`llm.choices.${index}.completion.text`, text)
    })
    spoken(data, out)
    return
  }
  const inputs = Turns.inputTurns(data)
  const outputs = Turns.outputTurns(data)
  FlatMessages.conversation("input", inputs, out)
  FlatMessages.conversation("output", outputs, out)
  value("input", Chat.summary(inputs), out)
  value("output", Chat.summary(outputs), out)
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const lookup = Chat.lookup(data)
  if (lookup !== undefined) lookUp(data, lookup, out)
  else if (data.operation === "embeddings") embedding(data, out)
  else llm(data, span, out)
  usage(data, out)
  Plain.roles.llm_call(data, span, out)
}

const exchange = (data: SpanData.Read<SpanData.ToolCall | SpanData.McpToolCall>, out: Out): void => {
  value("input", data.arguments, out)
  value("output", data.result, out)
}

const chain = (out: Out): void => out.string("openinference.span.kind", "CHAIN")

const roles: RoleWriters<Out> = {
  proxy_request: (data, span, out) => {
    chain(out)
    spoken(data, out)
    Plain.roles.proxy_request(data, span, out)
  },
  llm_call: llmCall,
  /** Tokens stay off: the back end adds up those of the model calls inside. */
  agent: (data, span, out) => {
    out.string("openinference.span.kind", data.operation === "invoke_workflow" ? "CHAIN" : "AGENT")
    out.string("agent.name", data.name)
    tools(data.tools, out)
    spoken(data, out)
    Plain.roles.agent(data, span, out)
  },
  tool_call: (data, _span, out) => {
    out.string("openinference.span.kind", "TOOL")
    out.string("tool.name", data.name)
    out.string("tool.description", data.description)
    out.string("tool.id", data.callId)
    exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    const otherKind = data.method === "prompts/get" ? "PROMPT" : "CHAIN"
    out.string("openinference.span.kind", SpanData.callsTool(data) ? "TOOL" : otherKind)
    out.string("tool.name", data.tool)
    Plain.roles.mcp_tool_call(data, span, out)
    exchange(data, out)
  },
  mcp_list_tools: (data, span, out) => {
    chain(out)
    Plain.roles.mcp_list_tools(data, span, out)
  },
  guardrail: (data, span, out) => {
    out.string("openinference.span.kind", "GUARDRAIL")
    Plain.roles.guardrail(data, span, out)
    value("output", data.response, out)
  },
  db_call: (data, span, out) => {
    chain(out)
    Plain.roles.db_call(data, span, out)
  },
  service: (data, span, out) => {
    chain(out)
    Plain.roles.service(data, span, out)
  }
}

/** Of what a span says of itself the conventions have keys for these. */
const named = /^(?:agent_name|tool_name|tool_call_id|tool_description)$/

/** What the conventions have no key for on every span, beside what the caller noted. */
const unnamed = (own: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> => {
  const left: Record<string, string | number> = {}
  for (const key in own) if (!named.test(key)) left[key] = own[key] ?? ""
  return left
}

const metadata = (span: TypedSpan) =>
  present({
    ...Facts.metadata(span, ...Facts.ofCaller, "user_id", "session_id", "environment", "tags"),
    ...unnamed(Facts.own(span.data)),
    ...(span.data?._tag === "llm_call" &&
      Facts.said({
        operation: filled(span.data.operation),
        response_id: filled(span.data.responseId),
        system_fingerprint: filled(span.data.systemFingerprint)
      }))
  })

const write = (span: TypedSpan, out: Out): void => {
  Plain.error(span, out)
  Otel.session(span, out)
  Gateway.identity(span, out)
  out.strings("tag.tags", span.facts.tags)
  out.json("metadata", metadata(span))
  if (span.data === undefined) chain(out)
  Roles.write(roles, span, out)
}

/**
 * The conventions as of 2026. They have no version of their own; ours changes when a key does.
 *
 * Session, user, tags and metadata are on every span, where Arize and Phoenix read them. `llm.model_name` is the model that answered; model
 * and response names stand apart only where they differ.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "openinference", version: "1", keys, content, lists, core, write }
