/**
 * Every vendor there is.
 *
 * @example
 * ```ts
 * import { Vendors } from "@tenant-tracer/vendors"
 *
 * const destination = Vendors.destination("langfuse_otel", { publicKey: "pk-lf-1", secretKey: "sk-lf-1", region: "eu" })
 * // Right(Destination), or Left(VendorError: what is missing or wrong, and what to do)
 * ```
 *
 * @since 0.1.0
 */
import type { Destination } from "@tenant-tracer/model/Destination"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import { type Vendor, VendorError } from "@tenant-tracer/model/Vendor"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Named from "./internal/named.js"
import * as Otlp from "./Otlp.js"

/**
 * The vendors that are offered: those whose contract is tested first, then those whose page is cited.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Vendor> = [...Named.contract, Otlp.vendor, ...Named.cited]

/**
 * Vendors of which no page of their own says what they want. They are not offered: whoever knows better takes one from here.
 *
 * @since 0.1.0
 * @category constants
 */
export const unverified: ReadonlyArray<Vendor> = Named.unverified

/**
 * The vendor of a name, such as `langfuse_otel`.
 *
 * @since 0.1.0
 * @category lookup
 */
export const find = (name: string): Option.Option<Vendor> => Arr.findFirst(all, (vendor) => vendor.name === name)

const named = (name: string): Either.Either<Vendor, VendorError> =>
  Either.fromOption(find(name), () => {
    const detail = unverified.some((vendor) => vendor.name === name)
      ? "is not verified: take it from Vendors.unverified if you know what it wants"
      : `is unknown: use ${all.map(({ name }) => name).join(", ")}`
    return new VendorError({ vendor: String(name).slice(0, 64), reason: "unknown_vendor", field: "vendor", detail })
  })

/**
 * A destination from a vendor's name and credentials that nobody has checked, such as a tenant's stored settings. `name` names the destination,
 * by default as the vendor; `content` is `none` unless said otherwise; `region` says where a host of the tenant's own keeps what it receives;
 * `limits` what the tenant's plan allows, where that is not what the vendor's smallest does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const destination = (
  vendor: string,
  credentials: unknown,
  options?: Parameters<Vendor["destination"]>[1]
): Either.Either<Destination, VendorError> =>
  Either.flatMap(named(vendor), (found) => found.destination(credentials, options))

/**
 * The headers that a request's own parameters ask for at the vendor it names. None for an unknown vendor, for one that takes no credentials per
 * request, and where none of its parameters is there; a value that no header can carry, as it is or once it is encoded, is as good as absent.
 *
 * Where they are sent is not said here. A request may name a host or a region, too: with `langfuse_host` or `newrelic_region` there are headers all the
 * same, as gateways know it, which choose the endpoint by that parameter. With `signoz_ingestion_endpoint` there are none: whoever names a host there
 * means its key for that host alone, and only an operator's list can say whether it may be sent to.
 *
 * @since 0.1.0
 * @category dynamic parameters
 */
export const dynamicHeaders = (
  name: string | null | undefined,
  params: Readonly<Record<string, unknown>> | null | undefined
): Option.Option<Readonly<Record<string, Redacted.Redacted<string>>>> =>
  typeof params !== "object" || params === null
    ? Option.none()
    : Option.fromNullable(name).pipe(
        Option.flatMap(find),
        Option.flatMap((vendor) => vendor.dynamicHeaders),
        Option.flatMap((headers) => headers(params))
      )

type Options = NonNullable<Parameters<Vendor["destination"]>[1]>

const text = (name: string): Config.Config<Option.Option<string>> =>
  Config.option(Config.string(name)).pipe(Config.map(Option.filter((value) => value.trim() !== "")))

type Fields = Readonly<Record<string, string>>

/** The fields that a vendor's variables fill. */
const variables = ({ environment, environmentHeaders }: Vendor): Config.Config<Fields> =>
  Object.entries(environment)
    .reduce<Config.Config<Fields>>(
      (filled, [field, names]) =>
        Config.zipWith(filled, Config.all(names.map(text)), (fields, values) =>
          Option.match(Option.firstSomeOf(values), {
            onNone: () => fields,
            onSome: (value) => ({ ...fields, [field]: value })
          })
        ),
      Config.succeed({})
    )
    .pipe(
      Config.zipWith(text("OTEL_EXPORTER_OTLP_TRACES_HEADERS"), (fields, line) => ({
        ...Option.match(line, { onNone: () => ({}), onSome: (line) => fromHeaders(environmentHeaders, fields, line) }),
        ...fields
      }))
    )

/** All or nothing: half of them may be somebody else's. */
const fromHeaders = (wanted: Fields, fields: Fields, line: string): Fields => {
  const headers = OtlpHeaders.parse(line)
  const found = Object.entries(wanted).map(([field, header]) => [field, headers[header] ?? ""] as const)
  return found.every(([field, value]) => !(field in fields) && value.trim() !== "") ? Object.fromEntries(found) : {}
}

/** Whether the operator's own copies may hold content: the stricter of what the program says and what the environment does. */
const contentOf = (said: Options["content"], variable: string): Options["content"] =>
  said === "none" || variable === "false" ? "none" : (said ?? (variable === "true" ? "full" : undefined))

const fromVariables = (
  vendor: Vendor,
  { content = "", ...given }: Fields,
  options: Options = {}
): Either.Either<Destination, ConfigError.ConfigError> => {
  const { defaults, environment, name } = vendor
  if (Object.keys(environment).length === 0) {
    return Either.left(
      ConfigError.MissingData(
        [name],
        `${name}: has no variables of its own: make it with Vendors.destination, or set OTEL_EXPORTER_OTLP_ENDPOINT, which the tracer reads`
      )
    )
  }
  const variable = content.trim().toLowerCase()
  if (!["", "true", "false"].includes(variable)) {
    return Either.left(
      ConfigError.InvalidData([(environment.content ?? []).join(", ")], `${name}: content must be true or false`)
    )
  }
  const credentials = vendor.isPlaced(given) ? given : { ...defaults, ...given }
  const made = vendor.destination(credentials, { ...options, content: contentOf(options.content, variable) })
  return Either.mapLeft(made, (error) => {
    const known = error.field.split(", ").flatMap((field) => environment[field] ?? [])
    const names = known.length > 0 ? known : Object.values(environment).flat()
    // Somebody who has set nothing does not want this vendor; somebody who has set half of it does.
    const wrong = Object.keys(given).length === 0 ? ConfigError.MissingData : ConfigError.InvalidData
    return wrong([names.join(", ")], error.message)
  })
}

/**
 * The operator's own destination at a vendor, from the variables that the vendor's own tools read, such as `LANGFUSE_PUBLIC_KEY`: see `environment` of
 * the vendor. Where none of them is set it is missing data, so that `Config.option` tells that from what is half configured, which is an error
 * that names the variables and shows no value. A vendor that is not verified is handed over itself.
 *
 * @since 0.1.0
 * @category configuration
 */
export const config = (vendor: string | Vendor, options?: Options): Config.Config<Destination> =>
  Either.match(typeof vendor === "string" ? named(vendor) : Either.right(vendor), {
    onLeft: ({ message }) => Config.fail(message),
    onRight: (vendor) => Config.mapOrFail(variables(vendor), (given) => fromVariables(vendor, given, options))
  })

const operatorVendors = "TENANT_TRACER_OPERATOR_VENDORS"

/** The names in a list with commas between; one that is there twice would make two destinations of one name. */
const namesIn = (list: string): Either.Either<ReadonlyArray<string>, ConfigError.ConfigError> => {
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined
    ? Either.right(names)
    : Either.left(ConfigError.InvalidData([operatorVendors], `names ${twice.slice(0, 64)} twice: name it once`))
}

/**
 * The operator's own destinations at the vendors that `TENANT_TRACER_OPERATOR_VENDORS` names, each once, with commas between; none where it is not set.
 *
 * @since 0.1.0
 * @category configuration
 */
export const fromEnvironment = (options?: Options): Config.Config<ReadonlyArray<Destination>> =>
  Config.all([text(operatorVendors), Config.all(all.map(variables))]).pipe(
    Config.mapOrFail(([list, given]) =>
      Either.gen(function* () {
        const destinations: Array<Destination> = []
        for (const name of yield* namesIn(Option.getOrElse(list, () => ""))) {
          const vendor = yield* Either.mapLeft(named(name), ({ message }) =>
            ConfigError.InvalidData([operatorVendors], message)
          )
          destinations.push(yield* fromVariables(vendor, given[all.indexOf(vendor)] ?? {}, options))
        }
        return destinations
      })
    )
  )
