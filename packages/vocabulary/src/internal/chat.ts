/**
 * Messages, tools and parameters in the shapes of OpenAI's chat API, which most back ends of model calls show as a conversation.
 */
import * as Json from "@tenant-tracer/model/Json"
import type { MessagePart, ToolDefinition } from "@tenant-tracer/model/Message"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { present } from "./keyTable.js"
import * as Messages from "./messages.js"
import * as Turns from "./turns.js"

type Fields = Readonly<Record<string, unknown>>

type Media = Extract<MessagePart, { readonly modality: string }>

/** The kinds of media that are shown where their URL is told. */
const shown = new Set(["image", "audio", "video"])

const media = (part: Media): Fields => {
  if (part.type === "file") return { type: "file", file: { file_id: part.fileId } }
  if (part.type === "blob" && part.modality === "audio") {
    return { type: "input_audio", input_audio: { data: part.content, format: part.mimeType?.replace(/^audio\//, "") } }
  }
  const url = Messages.url(part)
  if (!shown.has(part.modality))
    return { type: "file", file: part.type === "uri" ? { file_url: url } : { file_data: url } }
  const type = `${part.modality}_url`
  return { type, [type]: { url } }
}

const content = (parts: ReadonlyArray<MessagePart>): unknown => {
  if (parts.every((part) => part.type === "text")) return Messages.text(parts) ?? null
  return parts.flatMap((part) => {
    if (part.type === "text") return [{ type: "text", text: part.content }]
    return "modality" in part ? [media(part)] : []
  })
}

const call = ({ arguments: given, id, name }: Extract<MessagePart, { readonly type: "tool_call" }>): Fields => ({
  id,
  type: "function",
  function: { name, arguments: typeof given === "string" ? given : (Json.stringify(given) ?? "") }
})

const message = ({ answer, name, parts, role }: Turns.Turn): Fields => {
  const response = answer?.response
  const thoughts = parts.flatMap((part) => (part.type === "reasoning" ? [part.content] : []))
  const calls = parts.flatMap((part) => (part.type === "tool_call" ? [call(part)] : []))
  const said = parts.filter((part) => part.type !== "reasoning" && part.type !== "tool_call")
  return {
    role,
    name,
    content:
      response === undefined ? content(said) : typeof response === "string" ? response : Json.stringify(response),
    reasoning_content: thoughts.length === 0 ? undefined : thoughts.join("\n"),
    tool_calls: calls.length === 0 ? undefined : calls,
    tool_call_id: answer?.id
  }
}

/** What went in, instructions first; none where nothing did. */
export const input = (data: Messages.Spoken): ReadonlyArray<Fields> | undefined =>
  Messages.listed(Turns.inputTurns(data), (turns) => turns.map(message))

/** What came out: a message for each choice. */
export const output = (data: Messages.Spoken): ReadonlyArray<Fields> | undefined =>
  Messages.listed(Turns.outputTurns(data), (turns) => turns.map(message))

/** The tools that were offered. */
export const tools = (definitions: ReadonlyArray<ToolDefinition> | undefined): ReadonlyArray<Fields> | undefined =>
  Messages.listed(definitions, (list) =>
    list.map(({ description, name, parameters }) => ({
      type: "function",
      function: { name, description, parameters: Json.parsed(parameters) }
    }))
  )

/** What was asked of the model beside its messages. */
export const parameters = (asked: SpanData.RequestParameters | undefined): Fields | undefined =>
  present({
    temperature: asked?.temperature,
    top_p: asked?.topP,
    top_k: asked?.topK,
    max_tokens: asked?.maxTokens,
    frequency_penalty: asked?.frequencyPenalty,
    presence_penalty: asked?.presencePenalty,
    stop: asked?.stopSequences,
    seed: asked?.seed,
    n: asked?.choiceCount
  })
