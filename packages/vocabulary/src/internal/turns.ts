/**
 * Messages as OpenInference spells them: flat, one attribute per field. Some vocabularies take over these turns in shapes of their own.
 */
import type { Message, MessagePart } from "@tenant-tracer/model/Message"
import { from, jsonText, type WriterOf } from "./keyTable.js"
import * as Messages from "./messages.js"

export const keys = from("OpenInference spec/semantic_conventions.md", "llm.input_messages.*", "llm.output_messages.*")

type Out = WriterOf<typeof keys>

/** A message as OpenInference has it: the answer of each tool is a message of its own. */
export interface Turn {
  readonly role: string
  readonly name: string | undefined
  readonly parts: ReadonlyArray<MessagePart>
  /** Of a tool: to which call, and what, where that is no list of parts. */
  readonly answer?: { readonly id?: string | undefined; readonly response?: unknown }
}

const turnsOf = ({ name, parts, role }: Message): ReadonlyArray<Turn> => {
  const answers = parts.flatMap((part) => (part.type === "tool_call_response" ? [part] : []))
  const rest = parts.filter((part) => part.type !== "tool_call_response")
  const own = rest.length > 0 || answers.length === 0 ? [{ role, name, parts: rest }] : []
  return [
    ...own,
    ...answers.map(({ id, response }) =>
      Messages.isParts(response)
        ? { role, name, parts: response, answer: { id } }
        : { role, name, parts: [], answer: { id, response } }
    )
  ]
}

/** What went in, instructions first. */
export const inputTurns = (data: Messages.Spoken): ReadonlyArray<Turn> => [
  ...(Messages.listed(data.systemInstructions, (parts) => [{ role: "system", name: undefined, parts }]) ?? []),
  ...(data.inputMessages ?? []).flatMap(turnsOf)
]

/** What came out. */
export const outputTurns = (data: Messages.Spoken): ReadonlyArray<Turn> => (data.outputMessages ?? []).flatMap(turnsOf)

const toolCalls = (turn: Turn) => turn.parts.filter((part) => part.type === "tool_call")

/** What the list of traces shows of a conversation. */
export const summary = (turns: ReadonlyArray<Turn>): unknown =>
  Messages.listed(turns, (list) =>
    list.map((turn) => ({
      role: turn.role,
      content: turn.answer?.response ?? Messages.text(turn.parts),
      tool_calls: Messages.listed(toolCalls(turn), (calls) =>
        calls.map((call) => ({
          id: call.id,
          type: "function",
          function: { name: call.name, arguments: call.arguments }
        }))
      )
    }))
  )

const modalities = new Set(["image", "audio", "video"])

/** What the conventions have no part for is told in text. */
const mention = (part: Extract<MessagePart, { readonly modality: string }>): string => {
  const what = part.type === "file" ? part.fileId : part.type === "uri" ? part.uri : part.mimeType
  return `[${[part.modality, what].filter((word) => word !== undefined).join(" ")}]`
}

/** An image, a sound, a film or a thought among the text: every part gets its place. */
const contents = (
  prefix: `llm.input_messages.${string}` | `llm.output_messages.${string}`,
  turn: Turn,
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
export const conversation = (side: "input" | "output", turns: ReadonlyArray<Turn>, out: Out): void =>
  turns.forEach((turn, index) => {
    const at = `llm.${side}_messages.${index}.message` as const
    out.string(`${at}.role`, turn.role)
    out.string(`${at}.name`, turn.name)
    out.string(`${at}.tool_call_id`, turn.answer?.id)
    if (turn.answer?.response === undefined) contents(at, turn, out)
    else jsonText(`${at}.content`, turn.answer.response, out)
    toolCalls(turn).forEach((call, number) => {
      const tool = `${at}.tool_calls.${number}.tool_call` as const
      out.string(`${tool}.id`, call.id)
      out.string(`${tool}.function.name`, call.name)
      jsonText(`${tool}.function.arguments`, call.arguments, out)
    })
  })
