/**
 * Messages in the shapes of the GenAI JSON schemas (`gen_ai.input.messages` and its kin), for every vocabulary that carries them as JSON.
 */

import * as Json from "@tenant-tracer/model/Json"
import { type Message, MessagePart, type ToolDefinition } from "@tenant-tracer/model/Message"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as Schema from "effect/Schema"
import { filled } from "./keyTable.js"

type Fields = Readonly<Record<string, unknown>>

/** What was said, whoever holds it, and why it ended. */
export type Spoken = Pick<
  SpanData.Read<SpanData.LlmCall>,
  "systemInstructions" | "inputMessages" | "outputMessages" | "finishReasons"
>

const fitsParts = Schema.is(Schema.NonEmptyArray(MessagePart))

/** Whether a tool answered with parts of a message, such as an image, and not with data of its own. */
export const isParts = (value: unknown): value is ReadonlyArray<MessagePart> => {
  try {
    return fitsParts(value)
  } catch {
    // Effect makes a text of a part's `type` to look it up, and `{ "toString": 1 }` has none.
    return false
  }
}

const part = (value: MessagePart): Fields => {
  switch (value.type) {
    case "text":
    case "reasoning":
      return { type: value.type, content: value.content }
    case "tool_call":
      return { type: value.type, id: value.id, name: value.name, arguments: Json.parsed(value.arguments) }
    case "tool_call_response":
      // The schema asks for a response, and a tool may answer with nothing that JSON can say.
      return {
        type: value.type,
        id: value.id,
        response: isParts(value.response) ? value.response.map(part) : (Json.data(value.response) ?? null)
      }
    case "blob":
      return { type: value.type, modality: value.modality, mime_type: value.mimeType, content: value.content }
    case "uri":
      return { type: value.type, modality: value.modality, mime_type: value.mimeType, uri: value.uri }
    case "file":
      return { type: value.type, modality: value.modality, mime_type: value.mimeType, file_id: value.fileId }
  }
}

/** `gen_ai.system_instructions`. */
export const instructions = (parts: ReadonlyArray<MessagePart>): ReadonlyArray<Fields> => parts.map(part)

/** `gen_ai.input.messages`. */
export const input = (messages: ReadonlyArray<Message>): ReadonlyArray<Fields> =>
  messages.map(({ name, parts, role }) => ({ role, name, parts: parts.map(part) }))

/** `gen_ai.output.messages`. The schema asks for a reason: one that nobody told is the reason of the same choice, else `unknown`. */
export const output = (
  messages: ReadonlyArray<Message>,
  finishReasons: ReadonlyArray<string> | undefined
): ReadonlyArray<Fields> =>
  messages.map(({ finishReason, name, parts, role }, index) => ({
    role,
    name,
    parts: parts.map(part),
    finish_reason: filled(finishReason) ?? filled(finishReasons?.[index]) ?? "unknown"
  }))

/** `gen_ai.tool.definitions`. */
export const tools = (definitions: ReadonlyArray<ToolDefinition>): ReadonlyArray<Fields> =>
  definitions.map(({ description, name, parameters }) => ({
    type: "function",
    name,
    description,
    parameters: Json.parsed(parameters)
  }))

/** What a retrieval found; nothing, where it found nothing. */
export const documents = (found: SpanData.Read<SpanData.LlmCall>["documents"]): ReadonlyArray<Fields> | undefined =>
  listed(found, (list) => list.map(({ content, id, score }) => ({ id, score, content })))

/** `gen_ai.memory.records`. */
export const records = (kept: SpanData.Read<SpanData.LlmCall>["records"]): ReadonlyArray<Fields> | undefined =>
  // The schema asks for content, and a memory may be of nothing that JSON can say.
  listed(kept, (list) =>
    list.map(({ content, id, metadata, score }) => ({ id, content: Json.data(content) ?? null, score, metadata }))
  )

/** What is plain text in the parts of a message, joined as it stands. */
export const text = (parts: ReadonlyArray<MessagePart>): string | undefined => {
  const texts = parts.flatMap((value) => (value.type === "text" ? [value.content] : []))
  return texts.length === 0 ? undefined : texts.join("")
}

/** What is plain text in each message that has any. */
export const texts = (messages: ReadonlyArray<Message> = []): ReadonlyArray<string> =>
  messages.flatMap(({ parts }) => text(parts) ?? [])

/** Whether all that was said is text. */
export const isText = (messages: ReadonlyArray<Message> = []): boolean =>
  messages.every(({ parts }) => parts.every(({ type }) => type === "text"))

/** What was looked for, as far as it is text: a line for each message. */
export const query = (data: Spoken): string | undefined => listed(texts(data.inputMessages), (list) => list)?.join("\n")

/** Where a part is, or the part itself as a `data:` URL. */
export const url = (value: Extract<MessagePart, { readonly type: "blob" | "uri" }>): string =>
  value.type === "uri" ? value.uri : `data:${value.mimeType ?? ""};base64,${value.content}`

/** A list for a writer of JSON: an empty one says nothing. */
export const listed = <A, B>(
  list: ReadonlyArray<A> | undefined,
  shape: (list: ReadonlyArray<A>) => ReadonlyArray<B>
): ReadonlyArray<B> | undefined => (list === undefined || list.length === 0 ? undefined : shape(list))
