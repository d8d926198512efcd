/**
 * Braintrust's own fields (`braintrust.*`): a type on every span, conversations in the chat API's shape, metadata and tags on every span, numbers as
 * metrics.
 *
 * Metadata and metrics are written flat, one attribute per field, so that the definitions of tools, which are content, can stand among them and go
 * alone.
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Facts from "./internal/facts.js"
import { filled, from, type WriterOf } from "./internal/keyTable.js"
import * as Messages from "./internal/messages.js"
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

/** What a span says of itself beside its input and output; it wins over what the trace's metadata say under the same name. */
const own = (data: SpanData.Read | undefined): Metadata => {
  switch (data?._tag) {
    case "llm_call":
      return {
        ...Chat.parameters(data.parameters),
        model: filled(data.responseModel) ?? filled(data.requestModel),
        request_model: filled(data.requestModel),
        provider: filled(data.provider),
        operation: filled(data.operation),
        response_id: data.responseId,
        system_fingerprint: data.systemFingerprint,
        finish_reasons: data.finishReasons,
        encoding_formats: data.parameters?.encodingFormats,
        embedding_count: data.embedding?.count,
        embedding_dimensions: data.embedding?.dimensions,
        data_source: data.dataSourceId
      }
    case "agent":
      return {
        agent_name: data.name,
        agent_id: data.id,
        agent_version: data.version,
        agent_description: data.description
      }
    case "tool_call":
      return { tool_name: data.name, tool_call_id: data.callId, tool_description: data.description }
    case "mcp_tool_call":
      return { tool_name: data.tool ?? data.prompt }
    default:
      return {}
  }
}

/** Of the numbers among them those that count something. */
const whole: ReadonlySet<string> = new Set(["max_tokens", "seed", "n", "embedding_count", "embedding_dimensions"])

const metadata = (span: TypedSpan, out: Out): void => {
  const { data, facts } = span
  const conversationId = data && "conversationId" in data ? data.conversationId : undefined
  const { tools: _, ...trace } = Facts.metadata(span, {
    user_id: facts.endUser,
    session_id: facts.sessionId ?? conversationId,
    trace_name: facts.traceName,
    environment: facts.environment,
    release: facts.release,
    prompt_name: facts.promptName,
    prompt_version: facts.promptVersion
  })
  for (const [key, value] of Object.entries({ ...trace, ...own(data) })) {
    const at = `braintrust.metadata.${key}` as const
    if (typeof value === "string") out.string(at, value)
    else if (typeof value === "number") whole.has(key) ? out.int(at, value) : out.double(at, value)
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
  out.double("braintrust.metrics.time_to_first_token", data.timeToFirstChunk)
  out.double("braintrust.metrics.estimated_cost", data.cost?.total)
}

const spoken = (data: Messages.Spoken & Pick<SpanData.Read<SpanData.LlmCall>, "tools">, out: Out): void => {
  out.json("braintrust.input_json", Chat.input(data))
  out.json("braintrust.output_json", Chat.output(data))
  out.json("braintrust.metadata.tools", Chat.tools(data.tools))
}

const roles: RoleWriters<Out> = {
  proxy_request: (data, span, out) => {
    type("task", out)
    spoken(data, out)
    Plain.roles.proxy_request(data, span, out)
  },
  llm_call: (data, span, out) => {
    if (data.operation === "retrieval") {
      type("function", out)
      out.json("braintrust.input_json", Messages.query(data))
      out.json("braintrust.output_json", Messages.documents(data.documents))
    } else {
      type("llm", out)
      spoken(data, out)
    }
    metrics(data, out)
    Plain.roles.llm_call(data, span, out)
  },
  /** Tokens stay off: Braintrust adds up those of the model calls inside. */
  agent: (data, _span, out) => {
    type("task", out)
    spoken(data, out)
  },
  tool_call: (data, _span, out) => {
    type("tool", out)
    out.json("braintrust.input_json", data.arguments)
    out.json("braintrust.output_json", data.result)
  },
  mcp_tool_call: (data, span, out) => {
    type("tool", out)
    out.json("braintrust.input_json", data.arguments)
    out.json("braintrust.output_json", data.result)
    out.double("braintrust.metrics.estimated_cost", data.cost)
    Plain.roles.mcp_tool_call(data, span, out)
  },
  mcp_list_tools: (data, span, out) => {
    type("function", out)
    Plain.roles.mcp_list_tools(data, span, out)
  },
  guardrail: (data, span, out) => {
    type("function", out)
    out.json("braintrust.output_json", data.response)
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
