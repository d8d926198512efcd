/**
 * Messages as OpenInference spells them: flat, one attribute per field.
 */
import type { Message, MessagePart } from "@tenant-tracer/model/Message"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { from, type KeyOf, type WriterOf } from "./keyTable.js"
import * as Messages from "./messages.js"

export const keys = from("OpenInference spec/semantic_conventions.md", "llm.input_messages.*", "llm.output_messages.*")

type Out = WriterOf<typeof keys>

/** A message as OpenInference has it: the answer of each tool is a message of its own. */
export interface Turn {
  readonly role: string
  readonly name: string | undefined
  readonly parts: ReadonlyArray<MessagePart>
  readonly answer?: Extract<MessagePart, { readonly type: "tool_call_response" }>
}

const turnsOf = ({ name, parts, role }: Message): ReadonlyArray<Turn> => {
  const answers = parts.flatMap((part) => (part.type === "tool_call_response" ? [part] : []))
  const rest = parts.filter((part) => part.type !== "tool_call_response")
  const own = rest.length > 0 || answers.length === 0 ? [{ role, name, parts: rest }] : []
  return [...own, ...answers.map((answer) => ({ role, name, parts: [], answer }))]
}

/** What went in, instructions first. */
export const inputTurns = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>): ReadonlyArray<Turn> => [
  ...(Messages.listed(data.systemInstructions, (parts) => [{ role: "system", name: undefined, parts }]) ?? []),
  ...(data.inputMessages ?? []).flatMap(turnsOf)
]

/** What came out. */
export const outputTurns = (data: SpanData.Read<SpanData.LlmCall | SpanData.Agent>): ReadonlyArray<Turn> =>
  (data.outputMessages ?? []).flatMap(turnsOf)

const toolCalls = (turn: Turn) => turn.parts.filter((part) => part.type === "tool_call")

/** What a model asked for, as chat APIs have it. */
export const functionCalls = (turn: Turn): unknown =>
  Messages.listed(toolCalls(turn), (calls) =>
    calls.map((call) => ({ id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } }))
  )

/** What the list of traces shows of a conversation. */
export const summary = (turns: ReadonlyArray<Turn>): unknown =>
  Messages.listed(turns, (list) =>
    list.map((turn) => ({
      role: turn.role,
      content: turn.answer === undefined ? Messages.text(turn.parts) : turn.answer.response,
      tool_calls: functionCalls(turn)
    }))
  )

const jsonText = (key: KeyOf<typeof keys>, subject: unknown, out: Out): void =>
  typeof subject === "string" ? out.string(key, subject) : out.json(key, subject)

const modalities = new Set(["image", "audio", "video"])

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
    } else if (modalities.has(part.modality)) {
      out.string(`${at}.type`, part.modality)
      if (part.type === "file") return
      const url = part.type === "uri" ? part.uri : `data:${part.mimeType ?? ""};base64,${part.content}`
      out.string(`${at}.${part.modality}.${part.modality}.url`, url)
    }
  })
}

/** One attribute per field of a message. */
export const conversation = (side: "input" | "output", turns: ReadonlyArray<Turn>, out: Out): void =>
  turns.forEach((turn, index) => {
    const at = `llm.${side}_messages.${index}.message` as const
    out.string(`${at}.role`, turn.role)
    out.string(`${at}.name`, turn.name)
    if (turn.answer === undefined) {
      contents(at, turn, out)
    } else {
      out.string(`${at}.tool_call_id`, turn.answer.id)
      jsonText(`${at}.content`, turn.answer.response, out)
    }
    toolCalls(turn).forEach((call, number) => {
      const tool = `${at}.tool_calls.${number}.tool_call` as const
      out.string(`${tool}.id`, call.id)
      out.string(`${tool}.function.name`, call.name)
      jsonText(`${tool}.function.arguments`, call.arguments, out)
    })
  })
