/**
 * Messages in the shapes of the GenAI JSON schemas (`gen_ai.input.messages` and its kin), for every vocabulary that carries them as JSON.
 */

import { parsed } from "@tenant-tracer/model/Json"
import { type Message, MessagePart, type ToolDefinition } from "@tenant-tracer/model/Message"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as Schema from "effect/Schema"

type Json = Readonly<Record<string, unknown>>

/** What was said, whoever holds it. */
export type Spoken = Pick<SpanData.Read<SpanData.LlmCall>, "systemInstructions" | "inputMessages" | "outputMessages">

/** Whether a tool answered with parts of a message, such as an image, and not with data of its own. */
export const isParts: (value: unknown) => value is ReadonlyArray<MessagePart> = Schema.is(
  Schema.NonEmptyArray(MessagePart)
)

const part = (value: MessagePart): Json => {
  switch (value.type) {
    case "text":
    case "reasoning":
      return { type: value.type, content: value.content }
    case "tool_call":
      return { type: value.type, id: value.id, name: value.name, arguments: parsed(value.arguments) }
    case "tool_call_response":
      // The schema asks for a response, and a tool may answer with nothing.
      return {
        type: value.type,
        id: value.id,
        response: isParts(value.response) ? value.response.map(part) : (value.response ?? null)
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
export const instructions = (parts: ReadonlyArray<MessagePart>): ReadonlyArray<Json> => parts.map(part)

/** `gen_ai.input.messages`. */
export const input = (messages: ReadonlyArray<Message>): ReadonlyArray<Json> =>
  messages.map(({ name, parts, role }) => ({ role, name, parts: parts.map(part) }))

/** `gen_ai.output.messages`. The schema asks for a reason: one that nobody told is the reason of the same choice, else `unknown`. */
export const output = (
  messages: ReadonlyArray<Message>,
  finishReasons: ReadonlyArray<string> | undefined
): ReadonlyArray<Json> =>
  messages.map(({ finishReason, name, parts, role }, index) => ({
    role,
    name,
    parts: parts.map(part),
    finish_reason: finishReason ?? finishReasons?.[index] ?? "unknown"
  }))

/** `gen_ai.tool.definitions`. */
export const tools = (definitions: ReadonlyArray<ToolDefinition>): ReadonlyArray<Json> =>
  definitions.map(({ description, name, parameters }) => ({
    type: "function",
    name,
    description,
    parameters: parsed(parameters)
  }))

/** What a retrieval found; nothing, where it found nothing. */
export const documents = (found: SpanData.Read<SpanData.LlmCall>["documents"]): ReadonlyArray<Json> | undefined =>
  listed(found, (list) => list.map(({ content, id, score }) => ({ id, score, content })))

/** What is plain text in the parts of a message, joined as it stands. */
export const text = (parts: ReadonlyArray<MessagePart>): string | undefined => {
  const texts = parts.flatMap((value) => (value.type === "text" ? [value.content] : []))
  return texts.length === 0 ? undefined : texts.join("")
}

/** What is plain text in each message that has any. */
export const texts = (messages: ReadonlyArray<Message> = []): ReadonlyArray<string> =>
  messages.flatMap(({ parts }) => text(parts) ?? [])

/** What was looked for: a line for each message. */
export const query = (data: Spoken): string | undefined => listed(texts(data.inputMessages), (list) => list)?.join("\n")

/** Where a part is, or the part itself as a `data:` URL. */
export const url = (value: Extract<MessagePart, { readonly type: "blob" | "uri" }>): string =>
  value.type === "uri" ? value.uri : `data:${value.mimeType ?? ""};base64,${value.content}`

/** A list for a writer of JSON: an empty one says nothing. */
export const listed = <A, B>(
  list: ReadonlyArray<A> | undefined,
  shape: (list: ReadonlyArray<A>) => ReadonlyArray<B>
): ReadonlyArray<B> | undefined => (list === undefined || list.length === 0 ? undefined : shape(list))
