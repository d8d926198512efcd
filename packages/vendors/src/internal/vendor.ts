/**
 * The shape of a vendor's module: what is known of it, a schema of its credentials, and one function to what these make its destination's own.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import { type Vendor, VendorError, type VendorFacts, type VendorRegion } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { headerProblem } from "./fields.js"

/** What is wrong with credentials; the vendor's name is added to it. */
export interface Problem {
  readonly reason: VendorError["reason"]
  readonly field: string
  readonly detail: string
}

/** Half of the credentials, or none of several that would do. */
export const missing = (field: string, detail = "must be given"): Either.Either<never, Problem> =>
  Either.left({ reason: "missing", field, detail })

export const invalid = (field: string, detail: string): Either.Either<never, Problem> =>
  Either.left({ reason: "invalid", field, detail })

/** What the credentials of a vendor say of its destination; the rest is what is known of the vendor. */
export type Settings = Pick<
  Destination.Options,
  "endpoint" | "headers" | "auth" | "tls" | "resource" | "protocol" | "compression" | "vocabularies"
>

/** A struct's schema, as far as it matters here. */
type Fields<A, I> = Schema.Schema<A, I> & { readonly fields: Readonly<Record<string, unknown>> }

/** What is known of a vendor, where most have nothing to say left out. */
export type Facts = Omit<VendorFacts, Optional> & Partial<Pick<VendorFacts, Optional>>

type Optional =
  | "regions"
  | "hosts"
  | "resource"
  | "vocabularies"
  | "limits"
  | "environment"
  | "environmentHeaders"
  | "defaults"
  | "notes"

/** Makes a vendor: credentials are decoded, turned into settings, and checked as any destination is. */
export const make = <A, I>({
  credentials: schema,
  dynamicHeaders,
  settings: settingsOf,
  ...known
}: Facts & {
  readonly credentials: Fields<A, I>
  readonly settings: (credentials: A) => Either.Either<Settings, Problem>
  readonly dynamicHeaders?: NonNullable<Option.Option.Value<Vendor["dynamicHeaders"]>>
}): Vendor => {
  const facts: VendorFacts = {
    regions: {},
    hosts: {},
    resource: {},
    vocabularies: [{ name: "genai", version: "1.41" }],
    limits: {},
    environment: {},
    environmentHeaders: {},
    defaults: {},
    notes: [],
    ...known
  }
  const { limits, name, protocols, vocabularies } = facts
  return {
    ...facts,
    fields: Object.entries(schema.fields).map(([name, field]) => ({
      name,
      isOptional: Schema.isPropertySignature(field)
    })),
    dynamicHeaders: Option.fromNullable(dynamicHeaders),
    destination: (credentials, given = {}) =>
      Either.gen(function* () {
        const settings = yield* settingsOf(yield* decode(schema, credentials))
        const region = yield* regionOf(facts, settings.endpoint, given.region)
        const options = { name: given.name ?? name, vendor: name, content: given.content, view: given.view, region }
        return yield* Either.mapLeft(
          Destination.make({
            protocol: protocols[0],
            vocabularies,
            limits: { ...limits, ...said(given.limits) },
            ...settings,
            ...options,
            sampling: given.sampling
          }),
          ({ detail, field }): Problem => ({ reason: "invalid", field, detail })
        )
      }).pipe(Either.mapLeft((problem) => new VendorError({ vendor: name, ...problem })))
  }
}

/** What is left out says nothing. */
const said = (limits: Destination.DestinationLimits = {}): Destination.DestinationLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))

/** The host that a URL leads to, however it is spelled: a dot at its end, a port and a scheme make it no other one. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/\.+$/, "")

/**
 * Where a host is of which the vendor's page says so, is known, whatever anybody says. Of any other, what is said holds: whoever says it answers for it, be
 * it a host of one's own or one of the vendor's.
 */
const regionOf = (
  { hosts, regions }: VendorFacts,
  endpoint: string,
  said: string | undefined
): Either.Either<string | undefined, Problem> => {
  const host = hostOf(endpoint)
  const known =
    Object.values(regions).find((region) => hostOf(region.endpoint) === host)?.region ??
    Object.entries(hosts).find(([pattern]) => isLike(host, pattern))?.[1]
  return known === undefined || said === undefined || said === known
    ? Either.right(known ?? said)
    : invalid("region", `is ${known} at this endpoint: say so, or nothing`)
}

/** Part by part, so that no host can look like another. */
const isLike = (host: string, pattern: string): boolean => {
  const parts = host.split(".")
  const wanted = pattern.split(".")
  return parts.length === wanted.length && wanted.every((part, index) => /^\{.+\}$/.test(part) || part === parts[index])
}

/** Settings with the endpoint of a region or of a host of one's own, never of both. */
export const located = (
  where: {
    /** The field that names the host, and what it comes to. */
    readonly field: string
    readonly own: string | undefined
    readonly regions: Readonly<Record<string, VendorRegion>>
    readonly region: string | undefined
    readonly why: string
  },
  settings: Omit<Settings, "endpoint">
): Either.Either<Settings, Problem> => {
  const { field, own, region, regions, why } = where
  if (own !== undefined && region !== undefined) {
    return invalid("region", `and ${field} are both given: give one of them`)
  }
  const endpoint = own ?? regions[region ?? ""]?.endpoint
  return endpoint === undefined
    ? missing(field, `or region (${Object.keys(regions).join(", ")}) must be given: ${why}`)
    : Either.right({ ...settings, endpoint })
}

const unreadable: Problem = { reason: "invalid", field: "credentials", detail: "must be a record of fields" }

const decode = <A, I>(schema: Fields<A, I>, credentials: unknown): Either.Either<A, Problem> =>
  // A getter or a proxy among the credentials may throw.
  Either.getOrElse(
    Either.try({
      try: () => {
        if (typeof credentials !== "object" || credentials === null || Array.isArray(credentials)) {
          return Either.left(unreadable)
        }
        const given = Object.fromEntries(Object.entries(credentials).filter(([, value]) => !blank(value)))
        return Either.mapLeft(
          Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })(given),
          (error) => problemOf(error, Object.keys(schema.fields))
        )
      },
      catch: () => unreadable
    }),
    (problem) => Either.left(problem)
  )

/** A form sends an empty text for a field that was left empty. */
const blank = (value: unknown): boolean => {
  const text = Redacted.isRedacted(value) ? Redacted.value(value) : value
  return text === undefined || text === null || (typeof text === "string" && text.trim() === "")
}

/** The most telling issue: a misspelt field is also a missing one. */
const problemOf = (error: ParseResult.ParseError, known: ReadonlyArray<string>): Problem => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, message, path }) => ({
    _tag,
    message,
    field: path.map(String).join(".").slice(0, 64)
  }))
  const unknown = issues.find(({ _tag }) => _tag === "Unexpected")
  if (unknown !== undefined) {
    return { reason: "unknown_field", field: unknown.field, detail: `is not a field: use ${known.join(", ")}` }
  }
  const wrong = issues.find(({ _tag }) => _tag !== "Missing")
  if (wrong !== undefined) return { reason: "invalid", field: wrong.field, detail: wrong.message }
  return { reason: "missing", field: issues.map(({ field }) => field).join(", "), detail: "must be given" }
}

const read = Option.liftThrowable((params: Readonly<Record<string, unknown>>, name: string): string => {
  const given = Object.hasOwn(params, name) ? params[name] : undefined
  const text = Redacted.isRedacted(given) ? Redacted.value(given) : given
  return typeof text === "string" ? text.trim() : ""
})

/** Whether a request has a parameter at all, however unreadable. */
export const isGiven = (params: Readonly<Record<string, unknown>>, name: string): boolean =>
  Option.getOrElse(Option.liftThrowable(() => Object.hasOwn(params, name) && !blank(params[name]))(), () => true)

/** A parameter of a request that a header can carry, given as text or redacted. Anything else is as good as absent. */
export const parameter = (params: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  read(params, name).pipe(
    Option.filter((value) => value !== "" && headerProblem(value) === undefined),
    Option.getOrUndefined
  )

type Headers = Readonly<Record<string, Redacted.Redacted<string>>>

/** The headers that are there. */
export const headers = (given: Readonly<Record<string, string | Redacted.Redacted<string> | undefined>>): Headers =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Redacted.isRedacted(value) ? value : Redacted.make(value)] as const]
    )
  )

/** The same for a request's parameters; none where none is. */
export const present = (given: Readonly<Record<string, string | undefined>>): Option.Option<Headers> =>
  Option.liftPredicate(headers(given), (found) => Object.keys(found).length > 0)

/** A user and a secret, as HTTP's basic authentication has them. */
export const basic = (user: string, secret: string): string => `Basic ${Encoding.encodeBase64(`${user}:${secret}`)}`

/** A secret behind a word, as `authorization` has it. */
export const scheme = (word: string, secret: Redacted.Redacted<string>): Redacted.Redacted<string> =>
  Redacted.make(`${word} ${Redacted.value(secret)}`)
