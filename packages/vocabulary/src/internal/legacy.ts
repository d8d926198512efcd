/**
 * The keys of Traceloop's first instrumentations, from before the GenAI conventions: what dashboards of old are built on.
 */
import type { ToolDefinition } from "@tenant-tracer/model/Message"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { filled, from, jsonText, type WriterOf } from "./keyTable.js"

const page = "OpenLLMetry semconv_ai/__init__.py"

export const keys = from(
  page,
  "gen_ai.system",
  "gen_ai.usage.prompt_tokens",
  "gen_ai.usage.completion_tokens",
  "gen_ai.usage.total_tokens",
  "llm.is_streaming",
  "llm.top_k",
  "llm.frequency_penalty",
  "llm.presence_penalty",
  "llm.chat.stop_sequences",
  "llm.request.functions.*"
)

type Out = WriterOf<typeof keys>

/** What goes when content does. */
export const content = ["llm.request.functions.*"] as const satisfies ReadonlyArray<keyof typeof keys>

/** What the current conventions say by other keys, or not at all. */
export const call = (data: SpanData.Read<SpanData.LlmCall>, out: Out): void => {
  out.string("gen_ai.system", filled(data.provider))
  out.int("gen_ai.usage.prompt_tokens", data.usage?.inputTokens)
  out.int("gen_ai.usage.completion_tokens", data.usage?.outputTokens)
  out.int("gen_ai.usage.total_tokens", data.usage?.totalTokens)
  out.boolean("llm.is_streaming", data.streaming)
  out.int("llm.top_k", data.parameters?.topK)
  out.double("llm.frequency_penalty", data.parameters?.frequencyPenalty)
  out.double("llm.presence_penalty", data.parameters?.presencePenalty)
  out.strings("llm.chat.stop_sequences", data.parameters?.stopSequences)
}

/** The tools that a model or an agent was offered. */
export const tools = (offered: ReadonlyArray<ToolDefinition> | undefined, out: Out): void =>
  offered?.forEach(({ description, name, parameters }, index) => {
    out.string(`llm.request.functions.${index}.name`, name)
    out.string(`llm.request.functions.${index}.description`, description)
    jsonText(`llm.request.functions.${index}.parameters`, parameters, out)
  })
