/**
 * Messages as OpenInference spells them: flat, one attribute per field.
 */
import type { MessagePart } from "@tenant-tracer/model/Message"
import { from, jsonText, type WriterOf } from "./keyTable.js"
import * as Messages from "./messages.js"
import * as Turns from "./turns.js"

export const keys = from(
  "OpenInference spec/semantic_conventions.md#reserved-attributes",
  "llm.input_messages.*",
  "llm.output_messages.*"
)

type Out = WriterOf<typeof keys>

const modalities = new Set(["image", "audio", "video"])

/** What the conventions have no part for is told in text. */
const mention = (part: Extract<MessagePart, { readonly modality: string }>): string =>
  `[${part.modality} ${part.type === "file" ? part.fileId : Messages.url(part)}]`

/** An image, a sound, a film or a thought among the text: every part gets its place. */
const contents = (
  prefix: `llm.input_messages.${string}` | `llm.output_messages.${string}`,
  turn: Turns.Turn,
  out: Out
): void => {
  const parts = turn.parts.filter((part) => part.type !== "tool_call" && part.type !== "tool_call_response")
  if (parts.every((part) => part.type === "text")) {
    out.string(`${prefix}.content`, Messages.text(parts))
    return
  }
  parts.forEach((part, index) => {
    const at = `${prefix}.contents.${index}.message_content` as const
    if (part.type === "text" || part.type === "reasoning") {
      out.string(`${at}.type`, part.type)
      out.string(`${at}.text`, part.content)
    } else if (part.type === "file" || !modalities.has(part.modality)) {
      out.string(`${at}.type`, "text")
      out.string(`${at}.text`, mention(part))
    } else {
      out.string(`${at}.type`, part.modality)
      out.string(`${at}.${part.modality}.${part.modality}.url`, Messages.url(part))
      if (part.modality === "audio") out.string(`${at}.audio.audio.mime_type`, part.mimeType)
    }
  })
}

/** One attribute per field of a message. */
export const conversation = (side: "input" | "output", turns: ReadonlyArray<Turns.Turn>, out: Out): void =>
  turns.forEach((turn, index) => {
    const at = `llm.${side}_messages.${index}.message` as const
    out.string(`${at}.role`, turn.role)
    out.string(`${at}.name`, turn.name)
    out.string(`${at}.tool_call_id`, turn.answer?.id)
    if (turn.answer?.response === undefined) contents(at, turn, out)
    else jsonText(`${at}.content`, turn.answer.response, out)
    Turns.toolCalls(turn).forEach((call, number) => {
      const tool = `${at}.tool_calls.${number}.tool_call` as const
      out.string(`${tool}.id`, call.id)
      out.string(`${tool}.function.name`, call.name)
      jsonText(`${tool}.function.arguments`, call.arguments, out)
    })
  })
