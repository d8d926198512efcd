/**
 * Langfuse in its own words: an observation with its type on every span, `langfuse.*` for what it shows, and the facts of the trace on every span,
 * where it reads them.
 *
 * What it has no field for stands beside that under the OpenTelemetry conventions and our own `gateway.*`; it shows both as metadata.
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Facts from "./internal/facts.js"
import { allFilled, countOrText, filled, from, jsonText, present, type WriterOf } from "./internal/keyTable.js"
import type * as Messages from "./internal/messages.js"
import * as Plain from "./internal/plain.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"
import * as Tokens from "./internal/tokens.js"

const page = "langfuse.com/integrations/native/opentelemetry#property-mapping"

const keys = {
  ...Plain.keys,
  ...from(
    page,
    "user.id",
    "session.id",
    "langfuse.environment",
    "langfuse.release",
    "langfuse.version",
    "langfuse.trace.name",
    "langfuse.trace.tags",
    "langfuse.trace.metadata.*",
    "langfuse.observation.type",
    "langfuse.observation.input",
    "langfuse.observation.output",
    "langfuse.observation.metadata.*",
    "langfuse.observation.model.name",
    "langfuse.observation.model.parameters",
    "langfuse.observation.usage_details",
    "langfuse.observation.cost_details",
    "langfuse.observation.completion_start_time",
    "langfuse.observation.prompt.name",
    "langfuse.observation.prompt.version"
  )
}

type Out = WriterOf<typeof keys>

const content = ["langfuse.observation.input", "langfuse.observation.output"] as const satisfies ReadonlyArray<
  keyof typeof keys
>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "langfuse.observation.type",
  "langfuse.observation.model.name",
  "langfuse.observation.usage_details",
  "langfuse.observation.cost_details",
  "langfuse.trace.name",
  "langfuse.trace.metadata.team_id",
  "langfuse.trace.metadata.key_hash",
  "langfuse.environment"
)

/**
 * The facts of the trace, on every span. `langfuse_user_id` and its kin in the metadata would be read as the facts themselves.
 */
const trace = (span: TypedSpan, out: Out): void => {
  const { facts } = span
  out.string("user.id", facts.endUser)
  out.string("session.id", facts.sessionId)
  out.string("langfuse.environment", facts.environment)
  out.string("langfuse.release", facts.release)
  out.string("langfuse.version", facts.version)
  out.string("langfuse.trace.name", facts.traceName)
  out.strings("langfuse.trace.tags", facts.tags)
  for (const [key, value] of Object.entries(Facts.metadata(span, ...Facts.ofTrace))) {
    if (!/^langfuse_(?:user_id|session_id|tags)$/.test(key)) out.string(`langfuse.trace.metadata.${key}`, value)
  }
}

/** What the span says of itself, which Langfuse has no field for. */
const own = (data: SpanData.Read, out: Out): void => {
  for (const [key, value] of Object.entries(Facts.own(data)))
    countOrText(`langfuse.observation.metadata.${key}`, value, out)
}

const type = (
  name: "generation" | "embedding" | "retriever" | "agent" | "tool" | "chain" | "guardrail" | "span",
  out: Out
): void => out.string("langfuse.observation.type", name)

/** Langfuse prices each kind of token by itself: what was cached or thought is not counted again. */
const usage = (used: SpanData.Usage | undefined) =>
  present({
    input: Tokens.without(used?.inputTokens, used?.cacheReadInputTokens, used?.cacheCreationInputTokens),
    output: Tokens.without(used?.outputTokens, used?.reasoningOutputTokens),
    input_cache_read: used?.cacheReadInputTokens,
    input_cache_creation: used?.cacheCreationInputTokens,
    output_reasoning: used?.reasoningOutputTokens,
    total: used?.totalTokens
  })

const cost = (total: number | undefined, out: Out): void =>
  out.json("langfuse.observation.cost_details", present({ total }))

/** A prompt is linked by the number of its version; any other version, which would not be taken, is metadata. */
const prompt = ({ facts }: TypedSpan, out: Out): void => {
  const isLinked = facts.promptName !== undefined && /^\d{1,9}$/.test(facts.promptVersion ?? "")
  out.string("langfuse.observation.prompt.name", isLinked ? facts.promptName : undefined)
  out.int("langfuse.observation.prompt.version", isLinked ? Number(facts.promptVersion) : undefined)
  out.string("langfuse.observation.metadata.prompt_name", isLinked ? undefined : facts.promptName)
  out.string("langfuse.observation.metadata.prompt_version", isLinked ? undefined : facts.promptVersion)
}

const completionStart = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan): string | undefined => {
  if (data.timeToFirstChunk === undefined || span.startTime === undefined) return undefined
  const time = new Date(span.startTime + data.timeToFirstChunk * 1000)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

const spoken = (data: Messages.Spoken & Pick<SpanData.Read<SpanData.LlmCall>, "tools">, out: Out): void => {
  const messages = Chat.input(data)
  const tools = Chat.tools(data.tools)
  const answers = Chat.output(data)
  out.json("langfuse.observation.input", tools === undefined ? messages : { tools, messages })
  out.json("langfuse.observation.output", answers?.length === 1 ? answers[0] : answers)
}

/** What a model call is about, by its operation. */
const subject = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const lookup = Chat.lookup(data)
  if (lookup !== undefined) {
    type(lookup.isSearch ? "retriever" : "span", out)
    jsonText("langfuse.observation.input", lookup.input, out)
    out.json("langfuse.observation.output", lookup.output)
  } else if (data.operation === "embeddings") {
    type("embedding", out)
    out.json("langfuse.observation.input", Chat.input(data))
    const { count, dimensions } = data.embedding ?? {}
    out.json("langfuse.observation.output", data.inputMessages && present({ count, dimensions }))
  } else {
    type("generation", out)
    prompt(span, out)
    spoken(data, out)
  }
}

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const request = filled(data.requestModel)
  const response = filled(data.responseModel)
  const formats = data.parameters?.encodingFormats
  subject(data, span, out)
  own(data, out)
  out.string("langfuse.observation.model.name", response ?? request)
  out.json(
    "langfuse.observation.model.parameters",
    formats === undefined
      ? Chat.parameters(data.parameters)
      : { ...Chat.parameters(data.parameters), encoding_formats: formats }
  )
  out.json("langfuse.observation.usage_details", usage(data.usage))
  out.json(
    "langfuse.observation.cost_details",
    present({ input: data.cost?.input, output: data.cost?.output, total: data.cost?.total })
  )
  out.string("langfuse.observation.completion_start_time", completionStart(data, span))
  out.string("langfuse.observation.metadata.provider", filled(data.provider))
  out.string("langfuse.observation.metadata.operation", filled(data.operation))
  out.string("langfuse.observation.metadata.request_model", response === undefined ? undefined : request)
  out.string("langfuse.observation.metadata.response_id", filled(data.responseId))
  out.string("langfuse.observation.metadata.system_fingerprint", filled(data.systemFingerprint))
  out.strings("langfuse.observation.metadata.finish_reasons", allFilled(data.finishReasons))
  Plain.roles.llm_call(data, span, out)
}

const exchange = Plain.exchangeUnder("langfuse.observation.input", "langfuse.observation.output")

const roles: RoleWriters<Out> = {
  /** The root's input and output are those of the trace. */
  proxy_request: (data, span, out) => {
    type("span", out)
    spoken(data, out)
    Plain.roles.proxy_request(data, span, out)
  },
  llm_call: llmCall,
  /** Tokens stay off: Langfuse adds up those of the model calls inside. */
  agent: (data, span, out) => {
    type(data.operation === "invoke_workflow" ? "chain" : "agent", out)
    own(data, out)
    spoken(data, out)
    Plain.roles.agent(data, span, out)
  },
  tool_call: (data, _span, out) => {
    type("tool", out)
    own(data, out)
    exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    type(SpanData.callsTool(data) ? "tool" : "span", out)
    own(data, out)
    cost(data.cost, out)
    Plain.roles.mcp_tool_call(data, span, out)
    exchange(data, out)
  },
  mcp_list_tools: (data, span, out) => {
    type("span", out)
    Plain.roles.mcp_list_tools(data, span, out)
  },
  guardrail: (data, span, out) => {
    type("guardrail", out)
    cost(data.cost, out)
    Plain.roles.guardrail(data, span, out)
    jsonText("langfuse.observation.output", data.response, out)
  },
  db_call: (data, span, out) => {
    type("span", out)
    Plain.roles.db_call(data, span, out)
  },
  service: (data, span, out) => {
    type("span", out)
    Plain.roles.service(data, span, out)
  }
}

const write = (span: TypedSpan, out: Out): void => {
  Plain.error(span, out)
  trace(span, out)
  if (span.data === undefined) type("span", out)
  Roles.write(roles, span, out)
}

/**
 * Langfuse 3 (self-hosted from 3.22) and Langfuse Cloud. It has no version of its own; ours changes when a key does.
 *
 * The model is the one that answered, which Langfuse knows the price of. Whose request it is stands in the trace's metadata (`team_id`, …).
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "langfuse", version: "1", keys, content, core, write }
