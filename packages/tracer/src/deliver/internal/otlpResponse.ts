/**
 * Reads what a back end answers: how many spans it refused and why, and when it wants to be asked again. Total: what cannot be read says nothing.
 */
import * as Predicate from "effect/Predicate"

interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

const varint = (cursor: Cursor): number => {
  let value = 0
  for (let shift = 0; shift < 10; shift++) {
    const byte = cursor.bytes[cursor.at++]
    if (byte === undefined) return Number.NaN
    value += (byte & 0x7f) * 2 ** (7 * shift)
    if (byte < 0x80) return value
  }
  return Number.NaN
}

/** The last value of a field, of wire type 0 (a number) or 2 (bytes); `undefined` if it is missing or the message is broken. */
const field = (bytes: Uint8Array, wanted: number, wireType: 0 | 2): number | Uint8Array | undefined => {
  const cursor: Cursor = { bytes, at: 0 }
  let found: number | Uint8Array | undefined
  while (cursor.at < bytes.length) {
    const tag = varint(cursor)
    let value: number | Uint8Array | undefined
    if (tag % 8 === 0) value = varint(cursor)
    else if (tag % 8 === 1) cursor.at += 8
    else if (tag % 8 === 5) cursor.at += 4
    else if (tag % 8 === 2) {
      const length = varint(cursor)
      value = bytes.subarray(cursor.at, cursor.at + length)
      cursor.at += length
    } else return undefined
    if (!(cursor.at <= bytes.length)) return undefined
    if (tag === wanted * 8 + wireType) found = value
  }
  return found
}

/** What the answer to a successful export says of it: how many spans were refused, and why; with none refused the text is a warning. */
export interface PartialSuccess {
  readonly rejectedSpans: number
  /** As it came. */
  readonly message: string
}

const inProtobuf = (body: Uint8Array): readonly [count: unknown, message: unknown] => {
  const partial = field(body, 1, 2)
  if (!(partial instanceof Uint8Array)) return [0, ""]
  const message = field(partial, 2, 2)
  return [field(partial, 1, 0), message instanceof Uint8Array ? Buffer.from(message).toString() : ""]
}

const inJson = (body: Uint8Array): readonly [count: unknown, message: unknown] => {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString())
    const partial = Predicate.hasProperty(answer, "partialSuccess") ? answer.partialSuccess : undefined
    return [
      // JSON spells an int64 as text, and some back ends as a number.
      Predicate.hasProperty(partial, "rejectedSpans") ? Number(partial.rejectedSpans) : 0,
      Predicate.hasProperty(partial, "errorMessage") ? partial.errorMessage : ""
    ]
  } catch {
    return [0, ""]
  }
}

/**
 * Reads the answer to a successful export. Where it says nothing, or nonsense (a negative int64 is a varint beyond the safe integers), nothing was
 * refused.
 */
export const partialSuccess = (body: Uint8Array, contentType: string | undefined): PartialSuccess => {
  const [count, message] = contentType?.includes("json") ? inJson(body) : inProtobuf(body)
  return {
    rejectedSpans: typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : 0,
    message: typeof message === "string" ? message : ""
  }
}

/**
 * Milliseconds to wait, from `Retry-After` in seconds or as a date; 0 when it is absent, past or unreadable.
 */
export const retryAfterMillis = (header: string | undefined, now: number): number => {
  const text = header?.trim()
  if (text === undefined || text === "") return 0
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  // `Date.parse` reads a date into almost anything; those of HTTP begin with a day of the week.
  const date = /^[A-Z][a-z]{2,8}[, ]/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? 0 : Math.max(0, date - now)
}
