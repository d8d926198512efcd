/**
 * Where a tenant's spans go: one back end, with everything needed to reach it and to speak its language.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { boundedText } from "./internal/boundedText.js"
import { property } from "./internal/untrusted.js"
import * as OtlpHeaders from "./OtlpHeaders.js"
import * as Redaction from "./Redaction.js"
import * as SpanRole from "./SpanRole.js"
import type { VocabularyRef } from "./Vocabulary.js"

/**
 * A value that OTLP can carry.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AttributeValue = Schema.Union(
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Array(Schema.String),
  Schema.Array(Schema.Finite),
  Schema.Array(Schema.Boolean)
).annotations({
  message: () => ({ message: "is not text, a finite number, a boolean, or a list of one of them", override: true })
})

/**
 * @since 0.1.0
 * @category models
 */
export type AttributeValue = typeof AttributeValue.Type

/**
 * A request that is answered with a token: JSON that is posted to an address that the vendor fixes, never the tenant. It
 * goes the way of every request to the back end, and under the same endpoint policy.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenExchange {
  readonly url: string
  /** JSON text, in which the credential is. */
  readonly body: Redacted.Redacted<string>
  /** The field of the answer, a JSON object, with the token: it is sent as `authorization: Bearer`. */
  readonly field: string
}

/**
 * How a request to the back end proves who sends it. `Headers` are fixed; `Token` mints headers when the first batch is
 * sent and again when they are refused; `Signer` sees the finished request.
 *
 * @since 0.1.0
 * @category models
 */
export type DestinationAuth =
  | { readonly _tag: "Headers"; readonly headers: Readonly<Record<string, Redacted.Redacted<string>>> }
  | {
      readonly _tag: "Token"
      /** Names the account; part of the destination's identity in place of the token. */
      readonly account: Redacted.Redacted<string>
      readonly mint: TokenExchange | Effect.Effect<Readonly<Record<string, Redacted.Redacted<string>>>, Error>
    }
  | {
      readonly _tag: "Signer"
      readonly account: Redacted.Redacted<string>
      readonly sign: (request: {
        readonly url: string
        readonly headers: Readonly<Record<string, string>>
        readonly body: Uint8Array
      }) => Effect.Effect<Readonly<Record<string, Redacted.Redacted<string>>>, Error>
    }

/**
 * TLS beyond the system's defaults, all PEM text.
 *
 * @since 0.1.0
 * @category models
 */
export interface DestinationTls {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: Redacted.Redacted<string> | undefined
}

/**
 * The fewest attributes of one span that a destination may ask to be sent: with fewer, a span cannot tell what it is.
 *
 * @since 0.1.0
 * @category constants
 */
export const fewestAttributes = 32

/**
 * What the core of vocabularies on one span, which goes last, stays below: below this number of attributes a destination is only kept where theirs does
 * too.
 *
 * @since 0.1.0
 * @category constants
 */
export const coreAttributes = 64

/**
 * What the length of a text is counted in: characters as JavaScript counts them (UTF-16 code units), or bytes of UTF-8.
 *
 * @since 0.1.0
 * @category models
 */
export type LengthUnit = "characters" | "bytes"

/**
 * What a back end accepts at most.
 *
 * @since 0.1.0
 * @category models
 */
export interface DestinationLimits {
  readonly bytesPerRequest?: number | undefined
  /** Length of one attribute value. */
  readonly valueLength?: number | undefined
  /** Length of the name of one attribute, a whole number. A longer one is cut. */
  readonly keyLength?: number | undefined
  /** What `valueLength` and `keyLength` count. Default `characters`. */
  readonly lengthUnit?: LengthUnit | undefined
  /** Entries of one list, a whole number. Of a longer one the first are sent. */
  readonly listLength?: number | undefined
  /**
   * Attributes of one span, a whole number from `fewestAttributes` on, and above the core of its vocabularies. Default 128, what OpenTelemetry SDKs
   * keep.
   */
  readonly attributes?: number | undefined
  readonly requestsPerMinute?: number | undefined
  /** Seconds between a span's end and now. */
  readonly oldestSpan?: number | undefined
}

/**
 * Which spans of a trace go there. What is left out is closed over: its children hang under the nearest span above it
 * that is not.
 *
 * @since 0.1.0
 * @category models
 */
export interface DestinationView {
  /** `llm_only`: the model calls and nothing else, each of them a root. Default `all`. */
  readonly spans?: "all" | "llm_only" | undefined
  /** Roles that are left out. Default none. */
  readonly hide?: ReadonlyArray<SpanRole.SpanRole> | undefined
  /**
   * Services and databases that are left out: a `service` or `db_call` span whose service or `db.system.name` is, to the
   * letter, one of these. A service that is a database (see `ServiceCatalog.dbSystem`) stands for all of that database.
   * Default none.
   */
  readonly excludeServices?: ReadonlyArray<string> | undefined
}

/**
 * How many traces go there, as rates from 0 (none) to 1 (all): of those in which no span failed, and of those in which
 * one did. A trace goes whole or not at all. Where a rate is below 1 the decision waits for the end of the trace.
 *
 * @since 0.1.0
 * @category models
 */
export interface DestinationSampling {
  /** Default 1. */
  readonly success?: number | undefined
  /** Default 1. */
  readonly error?: number | undefined
}

/**
 * One back end. Make it with a vendor of `@tenant-tracer/vendors` or with `Destination.make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Destination {
  /** Unique within its tenant; with the tenant it is the stable name in ledgers, logs and metrics. */
  readonly name: string
  /** Whose back end it is: the operator's exporter of the same vendor stands down for it. */
  readonly vendor: string
  /** The full URL of the traces endpoint, used as it is. */
  readonly endpoint: string
  /** Where it keeps what it receives, such as `eu`, for routes that allow some regions only. Default: not known. */
  readonly region?: string | undefined
  readonly protocol: "http/protobuf" | "http/json"
  readonly compression: "gzip" | "none"
  readonly auth: DestinationAuth
  readonly tls?: DestinationTls | undefined
  /** Resource attributes; they win over the operator's. */
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly vocabularies: ReadonlyArray<VocabularyRef>
  /**
   * Whether messages, instructions and tool arguments may go there, as far as the operator allows it too. Default
   * `none`.
   */
  readonly content: "none" | "full"
  /** What is taken out of its copies, beside what the operator takes out. */
  readonly redaction?: Redaction.Rules | undefined
  /** What becomes of a trace context that the caller sent: continued, linked to (default) or ignored. */
  readonly callerTrace: "continue" | "link" | "ignore"
  readonly limits: DestinationLimits
  /** Default: every span that its owner may see. */
  readonly view?: DestinationView | undefined
  /** Default: every trace. */
  readonly sampling?: DestinationSampling | undefined
}

/**
 * What is said to make a destination; everything but the name and the endpoint has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** 1 to 64 letters, digits, dots, dashes or underscores. */
  readonly name: string
  /** Default `otlp`: nobody's in particular. */
  readonly vendor?: string | undefined
  /** The full `http` or `https` URL of the traces endpoint. */
  readonly endpoint: string
  /** 1 to 32 lower-case letters, digits or dashes. Default: not known. */
  readonly region?: string | undefined
  /** Default `http/protobuf`. */
  readonly protocol?: Destination["protocol"] | undefined
  /** Default `gzip`. */
  readonly compression?: Destination["compression"] | undefined
  /** Fixed headers: short for `auth: { _tag: "Headers", headers }`. */
  readonly headers?: Readonly<Record<string, Redacted.Redacted<string>>> | undefined
  /** Default: no headers. Wins over `headers`. */
  readonly auth?: DestinationAuth | undefined
  readonly tls?: DestinationTls | undefined
  /** Default: none of its own. */
  readonly resource?: Readonly<Record<string, AttributeValue>> | undefined
  /** Default: `genai`. */
  readonly vocabularies?: ReadonlyArray<VocabularyRef> | undefined
  /** Default `none`. */
  readonly content?: Destination["content"] | undefined
  /** Default: nothing but what the operator takes out. */
  readonly redaction?: Redaction.Rules | undefined
  /** Default `link`. */
  readonly callerTrace?: Destination["callerTrace"] | undefined
  /** Default: none but the library's own. */
  readonly limits?: DestinationLimits | undefined
  /** Default: every span that its owner may see. */
  readonly view?: DestinationView | undefined
  /** Default: every trace. */
  readonly sampling?: DestinationSampling | undefined
}

/**
 * Why something is not a destination. `field` names what is wrong, `destination` the destination where it has a usable
 * name. No value is shown.
 *
 * @since 0.1.0
 * @category errors
 */
export class DestinationError extends Schema.TaggedError<DestinationError>()("DestinationError", {
  destination: Schema.String,
  field: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    const which = this.destination === "" ? "destination" : `destination "${this.destination}"`
    return boundedText(`${which}: ${this.field} ${this.detail}`, 1024)
  }
}

const isName = (name: unknown): name is string => typeof name === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(name)

const nameDetail = "must be 1 to 64 letters, digits, dots, dashes or underscores"

type Problem = readonly [field: string, detail: string]

/**
 * Makes a destination and checks what a back end, a header or a ledger would choke on later.
 *
 * @example
 * ```ts
 * import { Either, Redacted } from "effect"
 * import { Destination } from "@tenant-tracer/model"
 *
 * const destination = Destination.make({
 *   name: "main",
 *   endpoint: "https://otlp.example.com/v1/traces",
 *   headers: { authorization: Redacted.make("Bearer secret") },
 *   resource: { "service.name": "checkout" }
 * })
 * if (Either.isLeft(destination)) throw destination.left
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Either.Either<Destination, DestinationError> => {
  const destination: Destination = {
    name: options.name,
    vendor: options.vendor ?? "otlp",
    endpoint: options.endpoint,
    ...(options.region === undefined ? {} : { region: options.region }),
    protocol: options.protocol ?? "http/protobuf",
    compression: options.compression ?? "gzip",
    auth: options.auth ?? { _tag: "Headers", headers: options.headers ?? {} },
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    resource: options.resource ?? {},
    vocabularies: options.vocabularies ?? [{ name: "genai" }],
    content: options.content ?? "none",
    ...(options.redaction === undefined ? {} : { redaction: options.redaction }),
    callerTrace: options.callerTrace ?? "link",
    limits: options.limits ?? {},
    ...(options.view === undefined ? {} : { view: options.view }),
    ...(options.sampling === undefined ? {} : { sampling: options.sampling })
  }
  return validate(destination)
}

/**
 * Checks a destination that is built already, by hand or by somebody else's vendor, as `make` does.
 *
 * @since 0.1.0
 * @category validation
 */
export const validate = (destination: Destination): Either.Either<Destination, DestinationError> => {
  const problem = problemOf(destination)
  if (problem === undefined) return Either.right(destination)
  const [field, detail] = problem
  const name = property(destination, "name")
  return Either.left(new DestinationError({ destination: isName(name) ? name : "", field, detail }))
}

/** Of a destination that was built by hand, perhaps without types, nothing is taken for granted. */
const problemOf = (destination: Destination): Problem | undefined => {
  try {
    if (!isName(destination.name)) return ["name", nameDetail]
    if (!isName(destination.vendor)) return ["vendor", nameDetail]
    return (
      endpointProblem(destination.endpoint) ??
      regionProblem(destination.region) ??
      wordProblem("protocol", destination.protocol, ["http/protobuf", "http/json"]) ??
      wordProblem("compression", destination.compression, ["gzip", "none"]) ??
      wordProblem("content", destination.content, ["none", "full"]) ??
      redactionProblem(destination.redaction) ??
      wordProblem("callerTrace", destination.callerTrace, ["continue", "link", "ignore"]) ??
      authProblem(destination.auth) ??
      tlsProblem(destination.tls) ??
      resourceProblem(destination.resource) ??
      vocabulariesProblem(destination.vocabularies) ??
      limitsProblem(destination.limits) ??
      viewProblem(destination.view) ??
      samplingProblem(destination.sampling)
    )
  } catch {
    return ["destination", "cannot be read: make it with Destination.make"]
  }
}

/**
 * Whether text can name a region: 1 to 32 lower-case letters, digits or dashes.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRegion = (region: unknown): region is string =>
  typeof region === "string" && /^[a-z0-9-]{1,32}$/.test(region)

const regionProblem = (region: unknown): Problem | undefined =>
  region === undefined || isRegion(region)
    ? undefined
    : ["region", "must be 1 to 32 lower-case letters, digits or dashes, or absent"]

const wordProblem = (field: string, value: string, words: ReadonlyArray<string>): Problem | undefined =>
  words.includes(value) ? undefined : [field, `must be ${words.join(" or ")}`]

const redactionProblem = (redaction: unknown): Problem | undefined => {
  const checked = redaction === undefined ? undefined : Redaction.validate(redaction)
  if (checked === undefined || Either.isRight(checked)) return undefined
  const { detail, path } = checked.left
  return [path === "" ? "redaction" : `redaction.${path}`, detail]
}

const authProblem = (auth: DestinationAuth): Problem | undefined => {
  switch (Predicate.isRecord(auth) ? auth._tag : undefined) {
    case "Headers":
      return auth._tag === "Headers" && Predicate.isRecord(auth.headers)
        ? headersProblem(auth.headers)
        : ["auth.headers", "must be a record of header names and redacted values"]
    case "Token":
    case "Signer":
      if (auth._tag === "Headers" || !Redacted.isRedacted(auth.account))
        return ["auth.account", "is not redacted text: wrap it in Redacted.make"]
      return auth._tag === "Token" && Predicate.hasProperty(auth.mint, "url") ? exchangeProblem(auth.mint) : undefined
    default:
      return ["auth", "must be Headers, Token or Signer"]
  }
}

const exchangeProblem = ({
  body,
  field,
  url
}: { readonly [key in keyof TokenExchange]?: unknown }): Problem | undefined => {
  const problem = endpointProblem(url)
  if (problem !== undefined) return ["auth.mint.url", problem[1]]
  if (!Redacted.isRedacted(body)) return ["auth.mint.body", "is not redacted text: wrap it in Redacted.make"]
  return typeof field === "string" && field !== "" ? undefined : ["auth.mint.field", "must name a field of the answer"]
}

const tlsProblem = (tls: DestinationTls | undefined): Problem | undefined => {
  if (tls === undefined) return undefined
  if (!Predicate.isRecord(tls)) return ["tls", "must be a record of ca, certificate and key"]
  for (const part of ["ca", "certificate"] as const) {
    if (tls[part] !== undefined && typeof tls[part] !== "string") return [`tls.${part}`, "is not PEM text"]
  }
  return tls.key === undefined || Redacted.isRedacted(tls.key)
    ? undefined
    : ["tls.key", "is not redacted text: wrap it in Redacted.make"]
}

const vocabulariesProblem = (vocabularies: ReadonlyArray<unknown>): Problem | undefined => {
  if (!Array.isArray(vocabularies)) return ["vocabularies", "must be a list"]
  if (vocabularies.length === 0) return ["vocabularies", "is empty: name at least one"]
  return vocabularies.every((ref) => Predicate.hasProperty(ref, "name") && typeof ref.name === "string")
    ? undefined
    : ["vocabularies", "must name each vocabulary: { name, version? }"]
}

const endpointProblem = (endpoint: unknown): Problem | undefined => {
  // A URL parser drops line breaks and takes a backslash for a slash: what is checked would not be what is used.
  if (typeof endpoint !== "string" || endpoint.length > 2048 || /[\\\s\p{C}]/u.test(endpoint)) {
    return [
      "endpoint",
      "is not a URL of at most 2,048 characters without spaces: give the full URL of the traces endpoint"
    ]
  }
  if (!/^https?:\/\//i.test(endpoint)) return ["endpoint", "must begin with https:// or http://"]
  const url = parseUrl(endpoint)
  if (url === undefined) return ["endpoint", "is not a valid URL: check host and port"]
  if (url.username !== "" || url.password !== "") {
    return ["endpoint", "has a user name or a password in it: put credentials into headers"]
  }
  return endpoint.includes("#") ? ["endpoint", "has a fragment (#): remove it"] : undefined
}

const parseUrl = (text: string): URL | undefined => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

const headersProblem = (headers: Readonly<Record<string, unknown>>): Problem | undefined =>
  Either.match(OtlpHeaders.reveal(headers), {
    onLeft: ({ detail, header }): Problem => [`headers.${header}`, detail],
    onRight: () => undefined
  })

const isAttributeValue = Schema.is(AttributeValue)

const resourceProblem = (resource: Readonly<Record<string, unknown>>): Problem | undefined => {
  if (!Predicate.isRecord(resource)) return ["resource", "must be a record of attributes"]
  for (const [key, value] of Object.entries(resource)) {
    if (key === "" || key.length > 256) return ["resource", "has a key that is empty or longer than 256 characters"]
    if (!isAttributeValue(value)) {
      return [`resource.${key}`, "is not text, a finite number, a boolean, or a list of one of them"]
    }
  }
  return undefined
}

const limitsProblem = (limits: DestinationLimits): Problem | undefined => {
  if (!Predicate.isRecord(limits)) return ["limits", "must be a record of numbers and lengthUnit"]
  const { lengthUnit = "characters", ...numbers }: DestinationLimits = limits
  const unit = wordProblem("limits.lengthUnit", lengthUnit, ["characters", "bytes"])
  if (unit !== undefined) return unit
  const wrong = Object.entries(numbers).find(
    ([, limit]: readonly [string, unknown]) => limit !== undefined && !(Number.isFinite(limit) && Number(limit) > 0)
  )
  if (wrong !== undefined) return [`limits.${wrong[0].slice(0, 64)}`, "must be a number above zero, or absent"]
  for (const [field, limit] of Object.entries({ keyLength: limits.keyLength, listLength: limits.listLength })) {
    if (limit !== undefined && !Number.isSafeInteger(limit)) {
      return [`limits.${field}`, "must be a whole number above zero, or absent"]
    }
  }
  const attributes: unknown = limits.attributes ?? fewestAttributes
  return Number.isSafeInteger(attributes) && Number(attributes) >= fewestAttributes
    ? undefined
    : [
        "limits.attributes",
        `must be a whole number from ${fewestAttributes} on, or absent: with fewer, a span cannot tell what it is`
      ]
}

const viewProblem = (view: DestinationView = {}): Problem | undefined =>
  recordProblem("view", view, "spans, hide and excludeServices") ??
  wordProblem("view.spans", view.spans ?? "all", ["all", "llm_only"]) ??
  listProblem("view.hide", view.hide ?? [], SpanRole.is, `must be a role: ${SpanRole.all.join(", ")}`) ??
  listProblem("view.excludeServices", view.excludeServices ?? [], isServiceName, "must be text of 1 to 128 characters")

const recordProblem = (field: string, value: unknown, fields: string): Problem | undefined =>
  Predicate.isRecord(value) ? undefined : [field, `must be a record of ${fields}`]

const isServiceName = (name: unknown): boolean => typeof name === "string" && name !== "" && name.length <= 128

const listProblem = (
  field: string,
  list: ReadonlyArray<unknown>,
  fits: (item: unknown) => boolean,
  detail: string
): Problem | undefined => {
  if (!Array.isArray(list) || list.length > 64) return [field, "must be a list of at most 64 entries"]
  const wrong = list.findIndex((item) => !fits(item))
  return wrong === -1 ? undefined : [`${field}[${wrong}]`, detail]
}

const samplingProblem = (sampling: DestinationSampling = {}): Problem | undefined =>
  recordProblem("sampling", sampling, "success and error") ??
  rateProblem("sampling.success", sampling.success) ??
  rateProblem("sampling.error", sampling.error)

const rateProblem = (field: string, rate: unknown = 1): Problem | undefined =>
  typeof rate === "number" && rate >= 0 && rate <= 1 ? undefined : [field, "must be a number from 0 to 1, or absent"]

/** Says what is expected and keeps quiet about what was given, which may be a credential. */
const quiet = (message: string) => ({ message: () => message })

/** Exact, since the error of a union with `undefined` would show what was given. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const secret = Schema.Redacted(Schema.String.annotations(quiet("is not text")))

const text = optional(Schema.String.annotations(quiet("is not text")))

const limit = optional(Schema.Number)

/**
 * The limits of a destination as they are configured. Whether a number can be one is decided where the destination is made.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Limits = Schema.Struct({
  bytesPerRequest: limit,
  valueLength: limit,
  keyLength: limit,
  lengthUnit: optional(Schema.Literal("characters", "bytes")),
  listLength: limit,
  attributes: limit,
  requestsPerMinute: limit,
  oldestSpan: limit
})

const Configuration = Schema.Struct({
  name: Schema.String,
  vendor: text,
  endpoint: Schema.String.annotations(quiet("is not text")),
  region: text,
  protocol: optional(Schema.Literal("http/protobuf", "http/json")),
  compression: optional(Schema.Literal("gzip", "none")),
  headers: optional(
    Schema.Record({ key: Schema.String, value: secret }).annotations(quiet("is not a record of header to value"))
  ),
  tls: optional(
    Schema.Struct({ ca: text, certificate: text, key: optional(secret) }).annotations(
      quiet("is not a record of ca, certificate and key")
    )
  ),
  resource: optional(Schema.Record({ key: Schema.String, value: AttributeValue })),
  vocabularies: optional(Schema.Array(Schema.Struct({ name: Schema.String, version: text }))),
  content: optional(Schema.Literal("none", "full")),
  redaction: optional(Redaction.Rules),
  callerTrace: optional(Schema.Literal("continue", "link", "ignore")),
  limits: optional(Limits),
  view: optional(
    Schema.Struct({
      spans: optional(Schema.Literal("all", "llm_only")),
      hide: optional(Schema.Array(SpanRole.SpanRole)),
      excludeServices: optional(Schema.Array(Schema.String))
    })
  ),
  sampling: optional(Schema.Struct({ success: limit, error: limit }))
}).annotations({ ...quiet("is not a destination's configuration"), parseOptions: { onExcessProperty: "error" } })

const isDestination = (value: unknown): value is Destination =>
  Schema.is(
    Schema.Struct({ name: Schema.String, endpoint: Schema.String, auth: Schema.Struct({ _tag: Schema.String }) })
  )(value)

/**
 * Decodes a destination from configuration that nobody has checked, such as JSON: the fields of `Options` but for
 * `auth`, header values and TLS key as plain text, which become `Redacted`. Unknown fields are errors, and no error
 * shows a credential. It does not encode: what was configured is kept by whoever keeps secrets.
 *
 * @since 0.1.0
 * @category schemas
 */
export const schema: Schema.Schema<Destination, typeof Configuration.Encoded> = Schema.transformOrFail(
  Configuration,
  Schema.declare(isDestination, { identifier: "Destination" }),
  {
    strict: true,
    decode: (configuration, _, ast) =>
      Either.mapLeft(
        make(configuration),
        ({ detail, field }) => new ParseResult.Pointer(field, undefined, new ParseResult.Type(ast, undefined, detail))
      ),
    encode: (_, __, ast) =>
      ParseResult.fail(new ParseResult.Forbidden(ast, undefined, "a destination is not written back to configuration"))
  }
)
