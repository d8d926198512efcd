/** What a back end may do with a request: every way to fail that there is, each under a name. Adding one is one entry. */
import type { Transport } from "tenant-tracer"
import type { Dice } from "../virtual/Dice.js"

/** What became of a request. `refused` of its spans were refused for good, from the end; `isTaken` is whether the back end has kept the others. */
export interface Answer {
  readonly millis: number
  readonly isTaken: boolean
  readonly refused: number
  /** `undefined`: none, ever. */
  readonly reply:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }
    | { readonly reason: Transport.TransportError["reason"]; readonly status?: number | undefined }
    | undefined
}

/** What is asked: how many spans, in which encoding, and when. */
export interface Question {
  readonly spans: number
  readonly isJson: boolean
  readonly now: number
  readonly dice: Dice
}

type Answering = (question: Question) => Answer

const empty = new Uint8Array()

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const quick = ({ dice }: Question): number => dice.between(1, 40)

/** So many spans were refused: the answer of OTLP, in JSON or as protobuf's field 1 of field 1. */
const partial = ({ isJson }: Question, refused: number): Uint8Array =>
  isJson
    ? text(JSON.stringify({ partialSuccess: { rejectedSpans: String(refused), errorMessage: "some were not kept" } }))
    : Uint8Array.of(0x0a, 2, 0x08, Math.min(refused, 127))

const contentType = ({ isJson }: Question): string => (isJson ? "application/json" : "application/x-protobuf")

const kept = (question: Question, body: Uint8Array = empty, status = 200): Answer => ({
  millis: quick(question),
  isTaken: true,
  refused: 0,
  reply: { status, headers: { "content-type": contentType(question) }, body }
})

/** A status under which nothing is kept; for good, or to be tried again. */
const status =
  (code: number, isFinal: boolean, headers: (question: Question) => Record<string, string> = () => ({})): Answering =>
  (question) => ({
    millis: quick(question),
    isTaken: false,
    refused: isFinal ? question.spans : 0,
    reply: { status: code, headers: headers(question), body: text("what went wrong is nobody's business") }
  })

const broken =
  (reason: Transport.TransportError["reason"], isTaken: boolean): Answering =>
  (question) => ({ millis: quick(question), isTaken, refused: 0, reply: { reason } })

const silent =
  (isTaken: boolean): Answering =>
  (question) => ({ millis: quick(question), isTaken, refused: 0, reply: undefined })

const seconds = ({ dice }: Question): number => dice.one([1, 5, 30, 90])

/** The ways to answer. `ok` is the one that is no fault. */
export const answers = {
  ok: (question) => kept(question, question.dice.chance(0.5) ? empty : partial(question, 0)),
  slow: (question) => ({ ...kept(question), millis: question.dice.between(1000, 9500) }),
  "connection refused": broken("connect", false),
  "TLS failure": broken("tls", false),
  "name of a private address": broken("refused", false),
  "reset before": broken("reset", false),
  "reset after the body was taken": broken("reset", true),
  "no answer": silent(false),
  "no answer, body taken": silent(true),
  "partial success": (question) => {
    const refused = question.dice.between(1, question.spans)
    return { ...kept(question, partial(question, Math.min(refused, 127))), refused: Math.min(refused, 127) }
  },
  "truncated answer": (question) =>
    kept(question, question.isJson ? text(`{"partialSu`) : Uint8Array.of(0x0a, 9, 0x08)),
  "nonsense answer": (question) =>
    kept(question, question.isJson ? text(`{"partialSuccess":{"rejectedSpans":"-5"}}`) : text("<html>")),
  "oversized answer": (question) => ({ ...kept(question), reply: { reason: "response_too_large", status: 200 } }),
  "oversized error": (question) => ({
    ...broken("response_too_large", false)(question),
    reply: { reason: "response_too_large", status: 503 }
  }),
  "no content": (question) => kept(question, empty, 204),
  "302 redirect": status(302, true, () => ({ location: "https://elsewhere.example.com/v1/traces" })),
  "307 redirect": status(307, true, () => ({ location: "https://elsewhere.example.com/v1/traces" })),
  "400": status(400, true),
  "401": status(401, false),
  "403": status(403, false),
  "404": status(404, true),
  "413": (question) => status(413, question.spans === 1)(question),
  "413 for many": (question) => (question.spans === 1 ? kept(question) : status(413, false)(question)),
  "429": status(429, false),
  "429 with Retry-After": status(429, false, (question) => ({ "retry-after": String(seconds(question)) })),
  "429 until a date": status(429, false, (question) => ({
    "retry-after": new Date(question.now + seconds(question) * 1000).toUTCString()
  })),
  "500": status(500, true),
  "502": status(502, false),
  "503": status(503, false),
  "503 with Retry-After": status(503, false, (question) => ({ "retry-after": String(seconds(question)) })),
  "504": status(504, false)
} as const satisfies Record<string, Answering>

/** The name of a way to answer. */
export type Name = keyof typeof answers

/** Every name, `ok` first. */
export const names: ReadonlyArray<Name> =
  // The keys of a literal are its names.
  Object.keys(answers) as ReadonlyArray<Name>
