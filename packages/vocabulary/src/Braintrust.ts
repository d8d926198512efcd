/**
 * Braintrust's own fields (`braintrust.*`): a type on every span, conversations in the chat API's shape, metadata and tags on every span, numbers as
 * metrics.
 *
 * Metadata and metrics are written flat, one attribute per field, so that the definitions of tools, which are content, can stand among them and go
 * alone.
 *
 * @since 0.1.0
 */
import * as Json from "@tenant-tracer/model/Json"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Facts from "./internal/facts.js"
import { allFilled, filled, from, type WriterOf } from "./internal/keyTable.js"
import type * as Messages from "./internal/messages.js"
import * as Plain from "./internal/plain.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"

const keys = {
  ...Plain.keys,
  ...from(
    "braintrust.dev/docs/integrations/sdk-integrations/opentelemetry/attributes#braintrust-attributes",
    "braintrust.input_json",
    "braintrust.output_json",
    "braintrust.tags",
    "braintrust.span_attributes",
    "braintrust.metadata.*",
    "braintrust.metadata.tools",
    "braintrust.metrics.*"
  )
}

type Out = WriterOf<typeof keys>

const content = [
  "braintrust.input_json",
  "braintrust.output_json",
  "braintrust.metadata.tools"
] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "braintrust.span_attributes",
  "braintrust.metadata.model",
  "braintrust.metadata.provider",
  "braintrust.metadata.operation",
  "braintrust.metadata.session_id",
  "braintrust.metadata.user_id",
  "braintrust.metadata.team_id",
  "braintrust.metadata.key_hash",
  "braintrust.metrics.prompt_tokens",
  "braintrust.metrics.completion_tokens",
  "braintrust.metrics.tokens",
  "braintrust.metrics.estimated_cost"
)

type Metadata = Readonly<Record<string, unknown>>

/** What a model call says of itself beside its input and output. */
const call = (data: SpanData.Read<SpanData.LlmCall>): Metadata => ({
  ...Chat.parameters(data.parameters),
  model: filled(data.responseModel) ?? filled(data.requestModel),
  request_model: filled(data.requestModel),
  provider: filled(data.provider),
  operation: filled(data.operation),
  response_id: filled(data.responseId),
  system_fingerprint: filled(data.systemFingerprint),
  finish_reasons: allFilled(data.finishReasons),
  encoding_formats: data.parameters?.encodingFormats
})

/** Of the numbers among them those that are whole, as all are that a span says of itself elsewhere. */
const whole: ReadonlySet<string> = new Set(["max_tokens", "seed", "n"])

const metadata = (span: TypedSpan, out: Out): void => {
  const { data } = span
  const { tools: _, ...trace } = Facts.metadata(span, "tags")
  const own = Facts.own(data)
  for (const [key, value] of Object.entries({
    ...trace,
    ...own,
    ...(data?._tag === "llm_call" && Facts.said(call(data)))
  })) {
    const at = `braintrust.metadata.${key}` as const
    if (typeof value === "string") out.string(at, value)
    else if (typeof value === "number")
      Object.hasOwn(own, key) || whole.has(key) ? out.int(at, value) : out.double(at, value)
    else out.json(at, value)
  }
}

const type = (name: "llm" | "task" | "tool" | "function", out: Out): void =>
  out.json("braintrust.span_attributes", { type: name })

const metrics = (data: SpanData.Read<SpanData.LlmCall>, out: Out): void => {
  out.int("braintrust.metrics.prompt_tokens", data.usage?.inputTokens)
  out.int("braintrust.metrics.completion_tokens", data.usage?.outputTokens)
  out.int("braintrust.metrics.tokens", data.usage?.totalTokens)
  out.int("braintrust.metrics.prompt_cached_tokens", data.usage?.cacheReadInputTokens)
  out.int("braintrust.metrics.prompt_cache_creation_tokens", data.usage?.cacheCreationInputTokens)
  out.int("braintrust.metrics.completion_reasoning_tokens", data.usage?.reasoningOutputTokens)
  out.int("braintrust.metrics.prompt_audio_tokens", data.usage?.audio?.inputTokens)
  out.int("braintrust.metrics.completion_audio_tokens", data.usage?.audio?.outputTokens)
  out.double("braintrust.metrics.time_to_first_token", data.timeToFirstChunk)
  out.double("braintrust.metrics.estimated_cost", data.cost?.total)
}

const conversation = Chat.spokenUnder("braintrust.input_json", "braintrust.output_json")

const spoken = (data: Messages.Spoken & Pick<SpanData.Read<SpanData.LlmCall>, "tools">, out: Out): void => {
  conversation(data, out)
  out.json("braintrust.metadata.tools", Chat.tools(data.tools))
}

/** These are JSON in any case: a text that is a tree is written as it stands, so that it is shown as one and nothing of it is lost. */
const json = (key: "braintrust.input_json" | "braintrust.output_json", value: unknown, out: Out): void =>
  typeof value === "string" && Json.isTree(value) ? out.string(key, value) : out.json(key, value)

const exchange = (data: SpanData.Read<SpanData.ToolCall | SpanData.McpToolCall>, out: Out): void => {
  json("braintrust.input_json", data.arguments, out)
  json("braintrust.output_json", data.result, out)
}

const roles: RoleWriters<Out> = {
  proxy_request: (data, span, out) => {
    type("task", out)
    spoken(data, out)
    Plain.roles.proxy_request(data, span, out)
  },
  llm_call: (data, span, out) => {
    const lookup = Chat.lookup(data)
    if (lookup === undefined) {
      type("llm", out)
      spoken(data, out)
    } else {
      type("function", out)
      out.json("braintrust.input_json", lookup.input)
      out.json("braintrust.output_json", lookup.output)
    }
    metrics(data, out)
    Plain.roles.llm_call(data, span, out)
  },
  /** Tokens stay off: Braintrust adds up those of the model calls inside. */
  agent: (data, span, out) => {
    type("task", out)
    spoken(data, out)
    Plain.roles.agent(data, span, out)
  },
  tool_call: (data, _span, out) => {
    type("tool", out)
    exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    type(SpanData.callsTool(data) ? "tool" : "function", out)
    exchange(data, out)
    out.double("braintrust.metrics.estimated_cost", data.cost)
    Plain.roles.mcp_tool_call(data, span, out)
  },
  mcp_list_tools: (data, span, out) => {
    type("function", out)
    Plain.roles.mcp_list_tools(data, span, out)
  },
  guardrail: (data, span, out) => {
    type("function", out)
    json("braintrust.output_json", data.response, out)
    Plain.roles.guardrail(data, span, out)
  },
  db_call: (data, span, out) => {
    type("function", out)
    Plain.roles.db_call(data, span, out)
  },
  service: (data, span, out) => {
    type("function", out)
    Plain.roles.service(data, span, out)
  }
}

const write = (span: TypedSpan, out: Out): void => {
  Plain.error(span, out)
  out.strings("braintrust.tags", span.facts.tags)
  metadata(span, out)
  if (span.data === undefined) type("function", out)
  Roles.write(roles, span, out)
}

/**
 * Braintrust, cloud and its own data planes. It has no version of its own; ours changes when a key does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "braintrust", version: "1", keys, content, core, write }
