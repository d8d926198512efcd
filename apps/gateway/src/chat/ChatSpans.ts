/** A chat completion in the words of the tracing library: request, answer and chunk to the fields of a model call. */
import type { Message, SpanData } from "tenant-tracer"
import type * as ChatRequest from "./ChatRequest.js"
import type * as Completion from "./Completion.js"

/** What is known of a model call; any field may still be missing. */
export type Facts = Partial<Omit<SpanData.LlmCall, "_tag">>

type Parts = ReadonlyArray<Message.MessagePart>

const partsOf = (content: ChatRequest.Message["content"]): Parts => {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", content }]
  // An image or a sound is named, not copied: a trace is no file store.
  return (content ?? []).map(
    (part): Message.MessagePart =>
      part.text === undefined ? { type: "uri", modality: part.type, uri: "" } : { type: "text", content: part.text }
  )
}

const toolCallsOf = (calls: Completion.Said["tool_calls"] | ChatRequest.Message["tool_calls"]): Parts =>
  (calls ?? []).map((call) => ({
    type: "tool_call",
    id: call.id ?? undefined,
    name: call.function?.name ?? "",
    arguments: call.function?.arguments ?? undefined
  }))

const messageOf = (message: ChatRequest.Message): Message.Message => ({
  role: message.role,
  name: message.name ?? undefined,
  parts:
    message.role === "tool"
      ? [{ type: "tool_call_response", id: message.tool_call_id ?? undefined, response: message.content }]
      : [...partsOf(message.content), ...toolCallsOf(message.tool_calls)]
})

const isInstruction = ({ role }: ChatRequest.Message): boolean => role === "system" || role === "developer"

/** What the request says. */
export const ofRequest = (request: ChatRequest.ChatRequest): Facts => {
  const instructions = request.messages.filter(isInstruction).flatMap(({ content }) => partsOf(content))
  return {
    requestModel: request.model,
    streaming: request.stream ?? undefined,
    parameters: {
      temperature: request.temperature ?? undefined,
      topP: request.top_p ?? undefined,
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      frequencyPenalty: request.frequency_penalty ?? undefined,
      presencePenalty: request.presence_penalty ?? undefined,
      stopSequences: typeof request.stop === "string" ? [request.stop] : (request.stop ?? undefined),
      seed: request.seed ?? undefined,
      choiceCount: request.n ?? undefined,
      reasoningLevel: request.reasoning_effort ?? undefined
    },
    tools: request.tools?.flatMap((tool) => (tool.function === undefined ? [] : [tool.function])),
    systemInstructions: instructions.length === 0 ? undefined : instructions,
    inputMessages: request.messages.filter((message) => !isInstruction(message)).map(messageOf)
  }
}

/** Tokens, in the library's words. */
export const ofUsage = (usage: Completion.Usage): SpanData.Usage => ({
  inputTokens: usage.prompt_tokens,
  outputTokens: usage.completion_tokens,
  totalTokens: usage.total_tokens ?? usage.prompt_tokens + usage.completion_tokens,
  cacheReadInputTokens: usage.prompt_tokens_details?.cached_tokens ?? undefined,
  reasoningOutputTokens: usage.completion_tokens_details?.reasoning_tokens ?? undefined,
  audio: {
    inputTokens: usage.prompt_tokens_details?.audio_tokens ?? undefined,
    outputTokens: usage.completion_tokens_details?.audio_tokens ?? undefined
  }
})

/** What a whole answer says. */
export const ofCompletion = (answer: Completion.Completion): Facts => ({
  responseId: answer.id,
  responseModel: answer.model,
  systemFingerprint: answer.system_fingerprint ?? undefined,
  usage: answer.usage ? ofUsage(answer.usage) : undefined,
  finishReasons: answer.choices.flatMap(({ finish_reason }) => finish_reason ?? []),
  outputMessages: answer.choices.map(({ message, finish_reason }) => ({
    role: message.role ?? "assistant",
    parts: [...partsOf(message.content), ...toolCallsOf(message.tool_calls)],
    finishReason: finish_reason ?? undefined
  }))
})

/** Reads the chunks of one streamed answer: what each adds to those before it. Only the first choice's text is put together. */
export const chunkReader = (): ((chunk: Completion.Chunk) => Facts) => {
  let text = ""
  let finishReason: string | undefined
  return ({ choices: [choice], id, model, usage }) => {
    text += choice?.delta.content ?? ""
    finishReason = choice?.finish_reason ?? finishReason
    return {
      ...(id === undefined ? {} : { responseId: id }),
      ...(model === undefined ? {} : { responseModel: model }),
      ...(usage ? { usage: ofUsage(usage) } : {}),
      ...(finishReason === undefined ? {} : { finishReasons: [finishReason] }),
      outputMessages: [{ role: "assistant", parts: [{ type: "text", content: text }], finishReason }]
    }
  }
}
