/**
 * W&B Weave: the GenAI conventions, which its agents view reads, and beside them what its traces view shows (`wandb.*`, `input.value`).
 *
 * @since 0.1.0
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { type AttributeWriter, coreOf, type TypedSpan, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Genai from "./Genai.js"
import * as Facts from "./internal/facts.js"
import { from, jsonText, type WriterOf } from "./internal/keyTable.js"
import * as Messages from "./internal/messages.js"
import * as Turns from "./internal/turns.js"

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
  if (data._tag === "llm_call" && data.operation === "embeddings") return "embedding"
  if (data._tag === "llm_call" && data.operation === "retrieval") return "retriever"
  return roleKinds[data._tag]
}

/** A conversation is a thread, and each request to it a turn. */
const trace = (span: TypedSpan, out: Out): void => {
  const { data, facts, isRoot } = span
  const conversationId = (data && "conversationId" in data ? data.conversationId : undefined) ?? facts.sessionId
  out.string("wandb.display_name", isRoot ? facts.traceName : undefined)
  out.string("wandb.thread_id", facts.sessionId)
  out.boolean("wandb.is_turn", isRoot && facts.sessionId !== undefined ? true : undefined)
  out.string("weave.conversation.id", conversationId)
  const attributes = Facts.metadata(span, {
    user_id: facts.endUser,
    environment: facts.environment,
    release: facts.release,
    prompt_name: facts.promptName,
    prompt_version: facts.promptVersion
  })
  for (const [key, value] of Object.entries(attributes)) {
    if (key !== "tags") out.string(`wandb.attributes.${key}`, value)
  }
  out.strings("wandb.attributes.tags", facts.tags)
}

/** Messages are read where the GenAI conventions have them; these the conventions keep elsewhere, or nowhere. */
const exchange = (data: SpanData.Read, out: Out): void => {
  switch (data._tag) {
    case "proxy_request":
      out.json("input.value", Turns.summary(Turns.inputTurns(data)))
      out.json("output.value", Turns.summary(Turns.outputTurns(data)))
      return
    case "llm_call":
      if (data.operation === "retrieval") {
        out.string("input.value", Messages.query(data))
        out.json("output.value", Messages.documents(data.documents))
      } else if (data.operation === "embeddings") {
        out.json("input.value", Messages.listed(data.inputMessages, Messages.input))
      }
      return
    case "tool_call":
    case "mcp_tool_call":
      jsonText("input.value", data.arguments, out)
      jsonText("output.value", data.result, out)
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
  exchange(data, own)
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
