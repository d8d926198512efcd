/**
 * Headers as one line of text, the way `OTEL_EXPORTER_OTLP_HEADERS` and its kin carry them: `name=value,name=value`,
 * values percent-encoded. Inside this library headers are a map from end to end.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * The longest value that `validate` accepts, in characters.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxValueLength = 8192

/**
 * Reads a line of headers liberally: names are lower-cased, values percent-decoded, an escape that is none is kept as
 * it is, an entry without `=` or without a name is skipped, and of two with one name the last wins.
 *
 * @since 0.1.0
 * @category conversions
 */
export const parse = (text: string | null | undefined): Record<string, string> => {
  if (typeof text !== "string") return {}
  return Object.fromEntries(
    text.split(",").flatMap((entry) => {
      const equals = entry.indexOf("=")
      const name = entry.slice(0, Math.max(equals, 0)).trim().toLowerCase()
      return name === "" ? [] : [[name, decode(entry.slice(equals + 1).trim())] as const]
    })
  )
}

/**
 * Writes headers as a line that every OTLP implementation reads back: values are percent-encoded, whatever is in them.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join(",")

/** `encodeURIComponent` throws on half of a surrogate pair, which no header can carry anyway. */
const encode = (value: string): string => encodeURIComponent(value.replace(loneSurrogate, "\ufffd"))

const loneSurrogate = /\p{Cs}/gu

/** The escapes of one character: a byte of ASCII, or a lead byte with those that follow it. */
const escaped = /%[0-7][0-9a-f]|%[c-f][0-9a-f](?:%[89ab][0-9a-f])+/gi

/** Decodes character by character, so that one malformed escape does not spoil its neighbours. */
const decode = (value: string): string =>
  value.replace(escaped, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })

/**
 * Why a header cannot be sent. It names the header and never shows its value.
 *
 * @since 0.1.0
 * @category errors
 */
export class OtlpHeadersError extends Schema.TaggedError<OtlpHeadersError>()("OtlpHeadersError", {
  reason: Schema.Literal("name", "control_character", "not_latin1", "too_long", "not_redacted", "reserved", "repeated"),
  /** The header, cut to 64 characters. */
  header: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `header ${JSON.stringify(this.header)} ${this.detail}`
  }
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const problem = (name: string, value: string): Pick<OtlpHeadersError, "reason" | "detail"> | undefined => {
  if (!token.test(name)) {
    return { reason: "name", detail: "is not a header name: use letters, digits and -_.!#$%&'*+^`|~" }
  }
  // A legal name that clients which keep headers in an object lose, undici's `Headers` among them.
  if (name.toLowerCase() === "__proto__")
    return { reason: "name", detail: "has a name that is lost on the way: use another" }
  if (/(?!\t)\p{Cc}/u.test(value)) {
    return {
      reason: "control_character",
      detail: "has a value with a line break or another control character: remove it"
    }
  }
  if (/[\u0100-\uffff]/.test(value)) {
    return { reason: "not_latin1", detail: "has a value with characters outside Latin-1: encode it" }
  }
  return value.length > maxValueLength
    ? { reason: "too_long", detail: `has a value of ${value.length} characters: at most ${maxValueLength} are allowed` }
    : undefined
}

/**
 * Checks that headers can be written to a request as they are; the first that cannot is reported.
 *
 * @since 0.1.0
 * @category validation
 */
export const validate = (
  headers: Readonly<Record<string, string>>
): Either.Either<Readonly<Record<string, string>>, OtlpHeadersError> => {
  for (const [name, value] of Object.entries(headers)) {
    const found = problem(name, value)
    if (found !== undefined) return Either.left(new OtlpHeadersError({ header: name.slice(0, 64), ...found }))
  }
  return Either.right(headers)
}

/**
 * What the connection itself is about, in lower case: whoever sets these breaks its requests, or speaks for another host.
 *
 * @since 0.1.0
 * @category constants
 */
export const reserved: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** Of what comes from outside the compiler's sight nothing is taken for granted. */
const textOf = (value: unknown): string | undefined => {
  try {
    const text: unknown = Redacted.isRedacted(value) ? Redacted.value(value) : undefined
    return typeof text === "string" ? text : undefined
  } catch {
    // A secret that was wiped.
    return undefined
  }
}

/**
 * The headers of a credential as they are sent, names in lower case, wherever they come from: fixed, minted or signed. The first that cannot be sent
 * is reported, and so is one that is `reserved`.
 *
 * @since 0.1.0
 * @category validation
 */
export const reveal = (
  headers: Readonly<Record<string, unknown>>,
  kept: ReadonlySet<string> = reserved
): Either.Either<Readonly<Record<string, string>>, OtlpHeadersError> => {
  const revealed = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    const wrong = (reason: OtlpHeadersError["reason"], detail: string) =>
      Either.left(new OtlpHeadersError({ header: name.slice(0, 64), reason, detail }))
    const text = textOf(value)
    if (text === undefined) return wrong("not_redacted", "is not redacted text: wrap it in Redacted.make")
    const found = problem(name, text)
    if (found !== undefined) return wrong(found.reason, found.detail)
    const sent = name.toLowerCase()
    if (kept.has(sent)) return wrong("reserved", "is set by the exporter: remove it")
    if (revealed.has(sent)) return wrong("repeated", "is given twice: give it once")
    revealed.set(sent, text)
  }
  return Either.right(Object.fromEntries(revealed))
}
