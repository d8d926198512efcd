/**
 * W&B Weave: the GenAI conventions, which its agents view reads, and beside them what its traces view shows (`wandb.*`, `input.value`).
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import { type AttributeWriter, coreOf, type TypedSpan, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Genai from "./Genai.js"
import * as Chat from "./internal/chat.js"
import * as Facts from "./internal/facts.js"
import { from, jsonText, type WriterOf } from "./internal/keyTable.js"
import * as Messages from "./internal/messages.js"
import * as Plain from "./internal/plain.js"

const keys = {
  ...from(
    "docs.wandb.ai/weave/guides/tracking/otel; weave/trace_server/opentelemetry/constants.py",
    "wandb.display_name",
    "wandb.thread_id",
    "wandb.is_turn",
    "wandb.attributes.*",
    "weave.span.kind",
    "input.value",
    "output.value"
  ),
  ...from(
    "docs.wandb.ai/weave/guides/tracking/trace-agents-otel; weave/trace_server/agents/semconv.py",
    "weave.conversation.id",
    "weave.usage.reasoning_tokens"
  )
}

type Out = WriterOf<typeof keys>

const content = ["input.value", "output.value"] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = [
  ...coreOf(Genai.v1_41),
  "weave.span.kind",
  "weave.conversation.id",
  "wandb.display_name",
  "wandb.thread_id",
  "wandb.is_turn",
  "wandb.attributes.team_id",
  "wandb.attributes.key_hash"
]

const roleKinds: { readonly [Role in SpanData.SpanData["_tag"]]: string } = {
  proxy_request: "chain",
  llm_call: "llm",
  agent: "agent",
  tool_call: "tool",
  mcp_tool_call: "tool",
  mcp_list_tools: "chain",
  guardrail: "guardrail",
  db_call: "chain",
  service: "chain"
}

const kindOf = (data: SpanData.Read): string => {
  if (data._tag === "llm_call") {
    const lookup = Chat.lookup(data)
    if (lookup !== undefined) return lookup.isSearch ? "retriever" : "chain"
    if (data.operation === "embeddings") return "embedding"
  }
  if (data._tag === "agent" && data.operation === "invoke_workflow") return "chain"
  if (data._tag === "mcp_tool_call" && !SpanData.callsTool(data)) return "chain"
  return roleKinds[data._tag]
}

/** A conversation is a thread, and each request to it a turn. */
const trace = (span: TypedSpan, out: Out): void => {
  const { data, facts, isRoot } = span
  out.string("wandb.display_name", isRoot ? facts.traceName : undefined)
  out.string("wandb.thread_id", facts.sessionId)
  out.boolean("wandb.is_turn", isRoot && facts.sessionId !== undefined ? true : undefined)
  // As the conventions' key beside it: the session has one of its own.
  out.string("weave.conversation.id", Facts.conversationOf(data) ?? facts.sessionId)
  const { tags: _, ...attributes } = Facts.metadata(span, "session_id", "trace_name", "tags")
  for (const [key, value] of Object.entries(attributes)) out.string(`wandb.attributes.${key}`, value)
  // The rest of what a span says of itself is among the conventions' keys.
  if (data?._tag === "llm_call") {
    out.string("wandb.attributes.memory_store", data.memory?.storeId)
    out.string("wandb.attributes.memory_record", data.memory?.recordId)
    out.int("wandb.attributes.memory_record_count", data.memory?.recordCount)
    out.string("wandb.attributes.previous_response_id", data.previousResponseId)
  }
  out.strings("wandb.attributes.tags", facts.tags)
}

const spoken = Chat.spokenUnder("input.value", "output.value")

const exchange = Plain.exchangeUnder("input.value", "output.value")

/** Messages are read where the GenAI conventions have them; these the conventions keep elsewhere, or nowhere. */
const subject = (data: SpanData.Read, out: Out): void => {
  switch (data._tag) {
    case "proxy_request":
      spoken(data, out)
      return
    case "llm_call": {
      if (data.operation === "embeddings") out.json("input.value", Messages.listed(data.inputMessages, Messages.input))
      const lookup = Chat.lookup(data)
      jsonText("input.value", lookup?.input, out)
      out.json("output.value", lookup?.output)
      return
    }
    case "tool_call":
    case "mcp_tool_call":
      exchange(data, out)
      return
    case "guardrail":
      jsonText("output.value", data.response, out)
  }
}

const write = (span: TypedSpan, out: AttributeWriter): void => {
  const { data } = span
  Genai.v1_41.write(span, out)
  const own: Out = out
  trace(span, own)
  own.string("weave.span.kind", data && kindOf(data))
  if (data === undefined) return
  if (data._tag === "llm_call") own.int("weave.usage.reasoning_tokens", data.usage?.reasoningOutputTokens)
  subject(data, own)
}

/**
 * Weave's two views, over version 1.41 of the GenAI conventions. It has no version of its own; ours changes when a key does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = {
  name: "weave",
  version: "1",
  schemaUrl: Genai.v1_41.schemaUrl,
  keys: { ...Genai.v1_41.keys, ...keys },
  content: [...Genai.v1_41.content, ...content],
  core,
  write
}
