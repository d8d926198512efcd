/**
 * The kinds of field that credentials have. Each says what is wrong in words that never show the value.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as OtlpEndpoint from "@tenant-tracer/model/OtlpEndpoint"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** Replaces the library's own message, which would show what was given. */
export const quiet = (message: string) => ({ message: () => ({ message, override: true }) })

/** Why a value cannot be sent in a header; absent where it can. */
export const headerProblem = (value: string): string | undefined =>
  Either.match(OtlpHeaders.validate({ value }), { onLeft: ({ detail }) => detail, onRight: () => undefined })

const trimmed = Schema.String.annotations(quiet("must be text")).pipe(Schema.compose(Schema.Trim))

/** Text that is no secret and goes into a header. */
export const headerText = trimmed.pipe(Schema.filter((value) => headerProblem(value) ?? true))

/** Text that is no secret and goes into a resource attribute: any language, one line. */
export const label = trimmed.pipe(
  Schema.filter((value) =>
    /\p{Cc}/u.test(value)
      ? "has a line break or another control character: remove it"
      : value.length <= OtlpHeaders.maxValueLength ||
        `has ${value.length} characters: at most ${OtlpHeaders.maxValueLength} are allowed`
  )
)

/** A secret, given as text or redacted, that goes into a header. */
export const secret = Schema.transform(
  Schema.Union(Schema.String, Schema.RedactedFromSelf(Schema.String)).annotations(quiet("must be text")),
  Schema.RedactedFromSelf(Schema.String),
  {
    strict: true,
    decode: (given) => Redacted.make((Redacted.isRedacted(given) ? Redacted.value(given) : given).trim()),
    encode: (value) => value
  }
).pipe(Schema.filter((value) => headerProblem(Redacted.value(value)) ?? true))

/** One name of a table, in any case. */
export const nameOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  trimmed.pipe(
    Schema.compose(Schema.Lowercase),
    Schema.filter((name): name is Name => Object.hasOwn(table, name), {
      message: () => `must be one of ${Object.keys(table).join(", ")}`
    })
  )

/** A part of a host's name, such as an account's own: nothing that could make another host of it. */
export const hostPart = trimmed.pipe(
  Schema.compose(Schema.Lowercase),
  Schema.filter(
    (part) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(part) || "must be letters, digits and dashes, no host"
  )
)

/** The traces endpoint of a base URL, which people write with and without the protocol's `/v1`. */
export const tracesUrl = (base: string): string => OtlpEndpoint.traces(base.replace(/\/v1\/*(?=\?|$)/, ""))

/**
 * Completes a base URL with the path of a vendor's API, however much of it is there already: of `/api/otel/v1/traces` all, its beginning or nothing.
 */
export const completed = (base: string, path: string): string => {
  const host = base.replace(/\/+$/, "")
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const part = path.slice(0, end)
    if (host.endsWith(part)) return host.slice(0, -part.length) + path
  }
  return host + path
}

/**
 * An `http` or `https` URL, in the one spelling that equal ones have; a bare host is taken for `https`. What a destination may not have, it may not have
 * either, nor what a URL parser would look for a host behind.
 */
export const url = Schema.transform(trimmed, Schema.String, {
  strict: true,
  decode: (text) => (text.includes("://") ? text : `https://${text}`),
  encode: (text) => text
}).pipe(
  Schema.filter((endpoint) =>
    Either.match(Destination.make({ name: "url", endpoint }), { onLeft: ({ detail }) => detail, onRight: () => true })
  ),
  Schema.filter(
    (endpoint) => /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(endpoint) || "has no host right behind //: write https://host"
  ),
  Schema.transform(Schema.String, { strict: true, decode: (text) => new URL(text).href, encode: (text) => text })
)

/** A URL that something is added to. */
export const baseUrl = url.pipe(Schema.filter((base) => !base.includes("?") || "has a query (?): remove it"))
