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
  | "areas"
  | "resource"
  | "vocabularies"
  | "compressions"
  | "limits"
  | "environment"
  | "environmentHeaders"
  | "defaults"
  | "notes"

/** Makes a vendor: credentials are decoded, turned into settings, and checked as any destination is. */
export const make = <A, I>({
  credentials: schema,
  dynamicHeaders,
  isPlaced = isLocated,
  others = [],
  settings: settingsOf,
  ...known
}: Facts & {
  readonly credentials: Fields<A, I>
  /** Vendors at whose hosts it may be sent to as well: they know where these are. */
  readonly others?: ReadonlyArray<VendorFacts>
  readonly settings: (credentials: A) => Either.Either<Settings, Problem>
  readonly isPlaced?: Vendor["isPlaced"]
  readonly dynamicHeaders?: NonNullable<Option.Option.Value<Vendor["dynamicHeaders"]>>
}): Vendor => {
  const facts: VendorFacts = {
    regions: {},
    hosts: {},
    areas: {},
    resource: {},
    vocabularies: [{ name: "genai", version: "1.41" }],
    compressions: ["gzip"],
    limits: {},
    environment: {},
    environmentHeaders: {},
    defaults: {},
    notes: [],
    ...known
  }
  const { compressions, limits, name, protocols, vocabularies } = facts
  return {
    ...facts,
    fields: Object.entries(schema.fields).map(([name, field]) => ({
      name,
      isOptional: Schema.isPropertySignature(field)
    })),
    isPlaced,
    dynamicHeaders: Option.fromNullable(dynamicHeaders),
    destination: (credentials, given = {}) =>
      Either.gen(function* () {
        const settings = yield* settingsOf(yield* decode(schema, credentials))
        const region = yield* regionOf([facts, ...others], settings.endpoint, given.region)
        const options = { name: given.name ?? name, vendor: name, content: given.content, view: given.view, region }
        return yield* Either.mapLeft(
          Destination.make({
            protocol: protocols[0],
            compression: compressions.includes("gzip") ? "gzip" : "none",
            vocabularies,
            limits: { ...limits, ...said(given.limits) },
            ...settings,
            ...options,
            sampling: given.sampling
          }),
          ({ detail, field }) => settingsProblem(facts, Object.keys(schema.fields), field, detail)
        )
      }).pipe(Either.mapLeft((problem) => new VendorError({ vendor: name, ...problem })))
  }
}

/** A header that cannot be sent is told by the credentials that are in it: what is too long may be so only once it is encoded. */
const settingsProblem = (
  { headers }: VendorFacts,
  fields: ReadonlyArray<string>,
  field: string,
  detail: string
): Problem => {
  const header = field.replace(/^headers\./, "")
  const within = field === header ? "" : (headers[header] ?? "")
  const [first, ...others] = fields.filter((name) => new RegExp(`\\b${name}\\b`).test(within))
  if (first === undefined) return { reason: "invalid", field, detail }
  const verb = others.length === 0 ? "makes" : "make"
  return {
    reason: "invalid",
    field: [first, ...others].join(", "),
    detail: `${verb} the header ${header}, which ${detail}`
  }
}

/** Whether one of the fields is there that say where to send to. */
export const isLocated: Vendor["isPlaced"] = (fields) =>
  ["region", "host", "endpoint"].some((field) => fields[field] !== undefined)

/** What is left out says nothing. */
const said = (limits: Destination.DestinationLimits = {}): Destination.DestinationLimits =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))

/** The host that a URL leads to, however it is spelled: a dot at its end, a port and a scheme make it no other one. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/\.+$/, "")

/**
 * Where what is sent to an endpoint is kept, by the first of these rules that fits:
 *
 * 1. A vendor's page says where its host is: there, and whoever says another region is wrong.
 * 2. It is the host of a vendor that is sent to where credentials name none, and no page says where it is: nowhere that is known. Nobody can say so
 *    either: data that must stay in a region would go where nobody knows.
 * 3. Whoever gave the credentials chose the host: where they say, unless its name speaks of another part of the world, and they answer for it.
 */
const regionOf = (
  vendors: ReadonlyArray<VendorFacts>,
  endpoint: string,
  said: string | undefined
): Either.Either<string | undefined, Problem> => {
  const known = vendors.map((vendor) => placeOf(vendor, endpoint)).find((place) => place !== undefined)
  if (known !== undefined) {
    return said === undefined || said === known
      ? Either.right(known)
      : invalid("region", `is ${known} at this endpoint: say so, or nothing`)
  }
  if (said !== undefined && vendors.some((vendor) => isDefault(vendor, endpoint))) {
    return invalid("region", `cannot be said of ${hostOf(endpoint)}, for no page tells where that is: leave it out`)
  }
  const other = vendors.map(({ areas }) => (isArea(areas, said) ? likeOf(areas, endpoint) : undefined))
  const area = other.find((area) => area !== undefined && area !== said)
  return area === undefined
    ? Either.right(said)
    : invalid("region", `cannot be ${said} at a host that is named after ${area}: say where it is, or nothing`)
}

const isArea = (areas: VendorFacts["areas"], said: string | undefined): boolean =>
  Object.values(areas).some((area) => area === said)

/** Where a vendor's page says that a host of its own is. */
const placeOf = ({ hosts, regions }: VendorFacts, endpoint: string): string | undefined =>
  regions[installationOf(regions, endpoint) ?? ""]?.region ?? likeOf(hosts, endpoint)

/** What a table says of the host of an endpoint. */
const likeOf = (table: VendorFacts["hosts"], endpoint: string): string | undefined =>
  Object.entries(table).find(([pattern]) => isLike(hostOf(endpoint), pattern))?.[1]

/** Whether an endpoint is on a vendor's host of which nothing is for credentials to fill in. */
const isDefault = (vendor: VendorFacts, endpoint: string): boolean =>
  vendor.endpoint.split(", ").some((own) => /^https:\/\/[^{}/]+\//.test(own) && hostOf(own) === hostOf(endpoint))

/** The name of the vendor's own installation to whose host a URL leads. */
export const installationOf = (regions: VendorFacts["regions"], url: string): string | undefined =>
  Object.entries(regions).find(([, { endpoint }]) => hostOf(endpoint) === hostOf(url))?.[0]

/** Part by part, so that no host can look like another. */
const isLike = (host: string, pattern: string): boolean => {
  const parts = host.split(".")
  const wanted = pattern.split(".")
  return parts.length === wanted.length && wanted.every((part, index) => isPart(parts[index] ?? "", part))
}

const isPart = (part: string, wanted: string): boolean => {
  const [before = "", after] = wanted.split(/\{.+\}/)
  if (after === undefined) return part === wanted
  return part.length > before.length + after.length && part.startsWith(before) && part.endsWith(after)
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
    // What is no word may be a pasted secret, and is not shown.
    return /^[a-z_]{1,32}(?:\.[a-z_]{1,32})*$/i.test(unknown.field)
      ? { reason: "unknown_field", field: unknown.field, detail: `is not a field: use ${known.join(", ")}` }
      : {
          reason: "unknown_field",
          field: "credentials",
          detail: `have a field that is none, and whose name is no word: use ${known.join(", ")}`
        }
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

/** What a header can carry; anything else is as good as absent. */
export const carried = (value: string | undefined): string | undefined =>
  value === undefined || value === "" || headerProblem(value) !== undefined ? undefined : value

/** A parameter of a request that a header can carry, given as text or redacted. */
export const parameter = (params: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  carried(Option.getOrUndefined(read(params, name)))

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
