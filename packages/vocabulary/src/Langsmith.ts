/**
 * LangSmith's words: a run type on every span, tags and metadata on every span, conversations as JSON in the chat API's shape.
 *
 * It reads `gen_ai.system`, not the provider's newer key. Its `langsmith.trace.session_id` is a tracing project and no session of a user: threads are
 * found by `session_id` in the metadata.
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Facts from "./internal/facts.js"
import * as Gateway from "./internal/gateway.js"
import { allFilled, countOrText, filled, from, jsonText, present, type WriterOf } from "./internal/keyTable.js"
import type * as Messages from "./internal/messages.js"
import * as Plain from "./internal/plain.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"

const page = "docs.langchain.com/langsmith/trace-with-opentelemetry"

const keys = {
  ...Plain.keys,
  ...Gateway.costKeys,
  ...from(
    `${page}#core-langsmith-attributes`,
    "langsmith.trace.name",
    "langsmith.span.kind",
    "langsmith.span.tags",
    "langsmith.metadata.*"
  ),
  ...from(
    `${page}#genai-standard-attributes`,
    "gen_ai.system",
    "gen_ai.operation.name",
    "gen_ai.prompt",
    "gen_ai.completion",
    "gen_ai.tool.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
    "gen_ai.request.top_k",
    "gen_ai.request.max_tokens",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.seed",
    "gen_ai.request.stop_sequences",
    "gen_ai.request.encoding_formats",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.total_tokens"
  ),
  ...from(
    "langsmith-sdk js/src/experimental/otel/constants.ts",
    "gen_ai.response.id",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.system_fingerprint",
    "gen_ai.usage.input_token_details",
    "gen_ai.usage.output_token_details"
  ),
  ...from(`${page}#openinference-attributes`, "input.value", "output.value"),
  ...from(`${page}#retriever-attributes`, "retrieval.documents.*"),
  ...from(`${page}#tool-attributes`, "tools")
}

type Out = WriterOf<typeof keys>

const content = [
  "gen_ai.prompt",
  "gen_ai.completion",
  "input.value",
  "output.value",
  "retrieval.documents.*",
  "tools"
] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "langsmith.trace.name",
  "langsmith.span.kind",
  "langsmith.metadata.session_id",
  "langsmith.metadata.user_id",
  "langsmith.metadata.team_id",
  "langsmith.metadata.key_hash",
  "gen_ai.operation.name",
  "gen_ai.system",
  "gen_ai.request.model",
  "gen_ai.response.model",
  "gen_ai.response.id",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.total_tokens",
  "gen_ai.tool.name",
  "gateway.cost.total"
)

const kind = (name: "llm" | "chain" | "tool" | "retriever" | "embedding", out: Out): void =>
  out.string("langsmith.span.kind", name)

/** The name of a trace is that of its root run: on any other span it would rename that run. */
const trace = (span: TypedSpan, out: Out): void => {
  const { data, facts, isRoot } = span
  const metadata = Facts.metadata(span, "trace_name", "tags")
  out.string("langsmith.trace.name", isRoot ? facts.traceName : undefined)
  // Tags are one text, parted by commas.
  out.string("langsmith.span.tags", filled(facts.tags?.map((tag) => tag.replaceAll(",", " ")).join(",")))
  for (const [key, value] of Object.entries({ ...metadata, ...Facts.own(data) }))
    countOrText(`langsmith.metadata.${key}`, value, out)
}

const parameters = (asked: SpanData.RequestParameters | undefined, out: Out): void => {
  out.double("gen_ai.request.temperature", asked?.temperature)
  out.double("gen_ai.request.top_p", asked?.topP)
  out.double("gen_ai.request.top_k", asked?.topK)
  out.int("gen_ai.request.max_tokens", asked?.maxTokens)
  out.double("gen_ai.request.frequency_penalty", asked?.frequencyPenalty)
  out.double("gen_ai.request.presence_penalty", asked?.presencePenalty)
  out.int("gen_ai.request.seed", asked?.seed)
  out.strings("gen_ai.request.stop_sequences", asked?.stopSequences)
  out.strings("gen_ai.request.encoding_formats", asked?.encodingFormats)
}

const usage = (used: SpanData.Usage | undefined, out: Out): void => {
  out.int("gen_ai.usage.input_tokens", used?.inputTokens)
  out.int("gen_ai.usage.output_tokens", used?.outputTokens)
  out.int("gen_ai.usage.total_tokens", used?.totalTokens)
  out.json(
    "gen_ai.usage.input_token_details",
    present({
      cache_read: used?.cacheReadInputTokens,
      cache_creation: used?.cacheCreationInputTokens,
      audio: used?.audio?.inputTokens
    })
  )
  out.json(
    "gen_ai.usage.output_token_details",
    present({ reasoning: used?.reasoningOutputTokens, audio: used?.audio?.outputTokens })
  )
}

const spoken = (data: Messages.Spoken & Pick<SpanData.Read<SpanData.LlmCall>, "tools">, out: Out): void => {
  const messages = Chat.input(data)
  const answers = Chat.output(data)
  out.json("gen_ai.prompt", messages && { messages })
  out.json("gen_ai.completion", answers && { messages: answers })
  out.json("tools", Chat.tools(data.tools))
}

const subject = (data: SpanData.Read<SpanData.LlmCall>, out: Out): void => {
  const lookup = Chat.lookup(data)
  if (lookup === undefined) {
    kind(data.operation === "embeddings" ? "embedding" : "llm", out)
    spoken(data, out)
    return
  }
  kind(lookup.isSearch ? "retriever" : "chain", out)
  jsonText("input.value", lookup.input, out)
  if (data.operation !== "retrieval") out.json("output.value", lookup.output)
  else
    data.documents?.forEach(({ content, id, score }, index) => {
      out.string(`retrieval.documents.${index}.document.content`, content)
      out.json(`retrieval.documents.${index}.document.metadata`, { id, score })
    })
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  subject(data, out)
  out.string("gen_ai.operation.name", filled(data.operation))
  out.string("gen_ai.system", filled(data.provider))
  out.string("gen_ai.request.model", filled(data.requestModel))
  out.string("gen_ai.response.model", filled(data.responseModel))
  out.string("gen_ai.response.id", filled(data.responseId))
  out.string("gen_ai.response.system_fingerprint", filled(data.systemFingerprint))
  out.strings("gen_ai.response.finish_reasons", allFilled(data.finishReasons))
  parameters(data.parameters, out)
  usage(data.usage, out)
  Gateway.cost(data.cost, out)
  Plain.roles.llm_call(data, span, out)
}

const exchange = Plain.exchangeUnder("input.value", "output.value")

const roles: RoleWriters<Out> = {
  proxy_request: (data, span, out) => {
    kind("chain", out)
    spoken(data, out)
    Plain.roles.proxy_request(data, span, out)
  },
  llm_call: llmCall,
  /** Tokens and models stay off: LangSmith adds up those of the runs inside. */
  agent: (data, span, out) => {
    kind("chain", out)
    spoken(data, out)
    Plain.roles.agent(data, span, out)
  },
  tool_call: (data, _span, out) => {
    kind("tool", out)
    out.string("gen_ai.tool.name", data.name)
    exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    kind(SpanData.callsTool(data) ? "tool" : "chain", out)
    out.string("gen_ai.tool.name", data.tool)
    Plain.roles.mcp_tool_call(data, span, out)
    exchange(data, out)
  },
  mcp_list_tools: (data, span, out) => {
    kind("chain", out)
    Plain.roles.mcp_list_tools(data, span, out)
  },
  guardrail: (data, span, out) => {
    kind("chain", out)
    Plain.roles.guardrail(data, span, out)
    jsonText("output.value", data.response, out)
  },
  db_call: (data, span, out) => {
    kind("chain", out)
    Plain.roles.db_call(data, span, out)
  },
  service: (data, span, out) => {
    kind("chain", out)
    Plain.roles.service(data, span, out)
  }
}

const write = (span: TypedSpan, out: Out): void => {
  Plain.error(span, out)
  trace(span, out)
  if (span.data === undefined) kind("chain", out)
  Roles.write(roles, span, out)
}

const lists = { "retrieval.documents": "ranked" } as const satisfies Vocabulary["lists"]

/**
 * LangSmith, cloud and self-hosted. It has no version of its own; ours changes when a key does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "langsmith", version: "1", keys, content, lists, core, write }
