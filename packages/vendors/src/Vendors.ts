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
import { type Vendor, VendorError } from "@tenant-tracer/model/Vendor"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Arize from "./Arize.js"
import * as Langfuse from "./Langfuse.js"
import * as Otlp from "./Otlp.js"
import * as Phoenix from "./Phoenix.js"

/**
 * All vendors.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Vendor> = [Arize.vendor, Langfuse.vendor, Otlp.vendor, Phoenix.vendor]

/**
 * The vendor of a name, such as `langfuse_otel`.
 *
 * @since 0.1.0
 * @category lookup
 */
export const find = (name: string): Option.Option<Vendor> => Arr.findFirst(all, (vendor) => vendor.name === name)

/**
 * A destination from a vendor's name and credentials that nobody has checked, such as a tenant's stored settings. `name` names the destination,
 * by default as the vendor; `content` is `none` unless said otherwise.
 *
 * @since 0.1.0
 * @category constructors
 */
export const destination = (
  vendor: string,
  credentials: unknown,
  options?: Parameters<Vendor["destination"]>[1]
): Either.Either<Destination, VendorError> =>
  Option.match(find(vendor), {
    onNone: () =>
      Either.left(
        new VendorError({
          vendor: String(vendor).slice(0, 64),
          reason: "unknown_vendor",
          field: "vendor",
          detail: `is unknown: use ${all.map(({ name }) => name).join(", ")}`
        })
      ),
    onSome: (found) => found.destination(credentials, options)
  })

/**
 * The headers that a request's own parameters ask for at the vendor it names. None for an unknown vendor, for one that takes no credentials per
 * request, and where none of its parameters is there; a value that no header can carry is as good as absent.
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
