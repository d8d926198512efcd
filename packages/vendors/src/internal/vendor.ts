/**
 * The shape of a vendor's module: data, a schema of its credentials, and one function to what makes the destination its own.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import { type Vendor, VendorError } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
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

/** What the credentials of a vendor say of its destination. */
export type Settings = Omit<Destination.Options, "name" | "vendor" | "content" | "view" | "sampling">

/** A struct's schema, as far as it matters here. */
type Fields<A, I> = Schema.Schema<A, I> & { readonly fields: Readonly<Record<string, unknown>> }

/** Makes a vendor: credentials are decoded, turned into settings, and checked as any destination is. */
export const make = <A, I>(options: {
  readonly name: string
  readonly title: string
  readonly page: string
  readonly credentials: Fields<A, I>
  readonly settings: (credentials: A) => Either.Either<Settings, Problem>
  readonly dynamicHeaders?: NonNullable<Option.Option.Value<Vendor["dynamicHeaders"]>>
}): Vendor => ({
  name: options.name,
  title: options.title,
  page: options.page,
  dynamicHeaders: Option.fromNullable(options.dynamicHeaders),
  destination: (credentials, given = {}) =>
    decode(options.credentials, credentials).pipe(
      Either.flatMap(options.settings),
      Either.flatMap((settings) =>
        Either.mapLeft(
          Destination.make({
            ...settings,
            name: given.name ?? options.name,
            vendor: options.name,
            content: given.content,
            view: given.view,
            sampling: given.sampling
          }),
          ({ detail, field }): Problem => ({ reason: "invalid", field, detail })
        )
      ),
      Either.mapLeft((problem) => new VendorError({ vendor: options.name, ...problem }))
    )
})

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

/** A parameter of a request that a header can carry, given as text or redacted. Anything else is as good as absent. */
export const parameter = (params: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  read(params, name).pipe(
    Option.filter((value) => value !== "" && headerProblem(value) === undefined),
    Option.getOrUndefined
  )

/** The headers that are there; none where none is. */
export const present = (
  headers: Readonly<Record<string, string | undefined>>
): Option.Option<Readonly<Record<string, Redacted.Redacted<string>>>> => {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Redacted.make(value)] as const]
  )
  return entries.length === 0 ? Option.none() : Option.some(Object.fromEntries(entries))
}
