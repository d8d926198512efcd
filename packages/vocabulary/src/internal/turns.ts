/**
 * A conversation as turns, one after another, where the answer of each tool is a turn of its own: what several vocabularies spell in shapes of their
 * own.
 */
import * as Json from "@tenant-tracer/model/Json"
import type { Message, MessagePart } from "@tenant-tracer/model/Message"
import { filled } from "./keyTable.js"
import * as Messages from "./messages.js"

/** A message, or the answer of one tool in it. */
export interface Turn {
  readonly role: string
  readonly name: string | undefined
  readonly parts: ReadonlyArray<MessagePart>
  /** Of what came out: why it ended, on the first turn of each choice. */
  readonly finishReason?: string | undefined
  /** Of a tool: to which call, and what, where that is no list of parts and JSON can say it. */
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
        : { role, name, parts: [], answer: { id, response: Json.data(response) } }
    )
  ]
}

/** What went in, instructions first. */
export const inputTurns = (data: Messages.Spoken): ReadonlyArray<Turn> => [
  ...(Messages.listed(data.systemInstructions, (parts) => [{ role: "system", name: undefined, parts }]) ?? []),
  ...(data.inputMessages ?? []).flatMap(turnsOf)
]

/** What came out. */
export const outputTurns = (data: Messages.Spoken): ReadonlyArray<Turn> =>
  (data.outputMessages ?? []).flatMap((message, choice) => {
    const [first, ...rest] = turnsOf(message)
    const finishReason = filled(message.finishReason) ?? filled(data.finishReasons?.[choice])
    return first === undefined ? [] : [{ ...first, finishReason }, ...rest]
  })

/** What tools a turn calls. */
export const toolCalls = (turn: Turn) => turn.parts.filter((part) => part.type === "tool_call")
