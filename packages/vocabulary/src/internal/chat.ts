/**
 * Messages, tools and parameters in the shapes of OpenAI's chat API, which most back ends of model calls show as a conversation.
 */
import * as Json from "@tenant-tracer/model/Json"
import type { MessagePart, ToolDefinition } from "@tenant-tracer/model/Message"
import * as Operation from "@tenant-tracer/model/Operation"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { type KeyWriter, present } from "./keyTable.js"
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

const calls = (turn: Turns.Turn) => Messages.listed(Turns.toolCalls(turn), (list) => list.map(call))

/** What a tool answered, in text. */
const answered = ({ answer }: Turns.Turn): string | undefined =>
  typeof answer?.response === "string" ? answer.response : Json.stringify(answer?.response)

const message = (turn: Turns.Turn): Fields => {
  const { answer, name, parts, role } = turn
  const thoughts = parts.flatMap((part) => (part.type === "reasoning" ? [part.content] : []))
  const said = parts.filter((part) => part.type !== "reasoning" && part.type !== "tool_call")
  return {
    role,
    name,
    content: answer?.response === undefined ? content(said) : answered(turn),
    reasoning_content: thoughts.length === 0 ? undefined : thoughts.join("\n"),
    tool_calls: calls(turn),
    tool_call_id: answer?.id
  }
}

/** What went in, instructions first; none where nothing did. */
export const input = (data: Messages.Spoken): ReadonlyArray<Fields> | undefined =>
  Messages.listed(Turns.inputTurns(data), (turns) => turns.map(message))

/** What came out: a message for each choice. */
export const output = (data: Messages.Spoken): ReadonlyArray<Fields> | undefined =>
  Messages.listed(Turns.outputTurns(data), (turns) => turns.map(message))

/** Writes what went in and what came out under keys of these names. */
export const spokenUnder =
  <const Input extends string, const Output extends string>(inputKey: Input, outputKey: Output) =>
  (data: Messages.Spoken, out: KeyWriter<Input | Output>): void => {
    out.json(inputKey, input(data))
    out.json(outputKey, output(data))
  }

/** What was looked up or kept: where it is a search, what it looked for and found; else what was brought along. */
export interface Lookup {
  readonly isSearch: boolean
  readonly input: string | ReadonlyArray<Fields> | undefined
  readonly output: ReadonlyArray<Fields> | undefined
}

const sought = (data: Messages.Spoken) => (Messages.isText(data.inputMessages) ? Messages.query(data) : input(data))

/** Of a retrieval and of an operation on memories; nothing of a call that asks a model. A search by more than text is told in messages. */
export const lookup = (data: SpanData.Read<SpanData.LlmCall>): Lookup | undefined => {
  if (data.operation === "retrieval")
    return { isSearch: true, input: sought(data), output: Messages.documents(data.documents) }
  if (!Operation.isMemory(data.operation)) return undefined
  const records = Messages.records(data.records)
  return data.operation === "search_memory"
    ? { isSearch: true, input: sought(data), output: records }
    : { isSearch: false, input: records, output: undefined }
}

/** What the list of traces shows of a conversation that is told in full beside it: text and calls alone, so that no image goes twice. */
export const summary = (turns: ReadonlyArray<Turns.Turn>): ReadonlyArray<Fields> | undefined =>
  Messages.listed(turns, (list) =>
    list.map((turn) => ({
      role: turn.role,
      content: answered(turn) ?? Messages.text(turn.parts),
      tool_calls: calls(turn),
      tool_call_id: turn.answer?.id
    }))
  )

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
    n: asked?.choiceCount,
    reasoning_effort: asked?.reasoningLevel
  })
