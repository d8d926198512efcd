/**
 * Reads what a back end answers: how many spans it refused, and when it wants to be asked again. Total: what cannot be read says nothing.
 */

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

const inProtobuf = (body: Uint8Array): unknown => {
  const partial = field(body, 1, 2)
  return partial instanceof Uint8Array ? field(partial, 1, 0) : undefined
}

const inJson = (body: Uint8Array): unknown => {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString())
    const partial = typeof answer === "object" && answer !== null && "partialSuccess" in answer && answer.partialSuccess
    // JSON spells an int64 as text, and some back ends as a number.
    return typeof partial === "object" && partial !== null && "rejectedSpans" in partial
      ? Number(partial.rejectedSpans)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * How many spans the answer to a successful export says were refused; 0 when it does not say, or says nonsense (a negative int64 is a varint beyond
 * the safe integers).
 */
export const rejectedSpans = (body: Uint8Array, contentType: string | undefined): number => {
  const count = contentType?.includes("json") ? inJson(body) : inProtobuf(body)
  return typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : 0
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
