/**
 * The contract of a vendor: how a tenant's credentials become a destination. The vendors themselves live in
 * `@tenant-tracer/vendors`.
 *
 * @since 0.1.0
 */
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Destination, Options } from "./Destination.js"
import { boundedText } from "./internal/boundedText.js"

/**
 * Why credentials do not make a destination. `field` names what is missing or wrong; the message says what to do and
 * shows no value.
 *
 * @since 0.1.0
 * @category errors
 */
export class VendorError extends Schema.TaggedError<VendorError>()("VendorError", {
  vendor: Schema.String,
  reason: Schema.Literal("missing", "invalid", "unknown_field", "unknown_vendor"),
  field: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return boundedText(`${this.vendor}: ${this.field} ${this.detail}`, 1024)
  }
}

/**
 * One back end: data, and one pure function from credentials to a destination.
 *
 * @since 0.1.0
 * @category models
 */
export interface Vendor {
  /** The name of the integration, such as `langfuse_otel`: it owns the exporter. */
  readonly name: string
  readonly title: string
  /** The page that says so. */
  readonly page: string
  /**
   * Reads credentials that nobody has checked; unknown fields are reported. `name` names the destination, by default as
   * the vendor; the other options are those of any destination.
   */
  readonly destination: (
    credentials: unknown,
    options?: { readonly name?: string | undefined } & Pick<Options, "content" | "view" | "sampling">
  ) => Either.Either<Destination, VendorError>
  /** Request parameters to headers, where the vendor supports them per request; only what is present is used. */
  readonly dynamicHeaders: Option.Option<
    (params: Readonly<Record<string, unknown>>) => Option.Option<Readonly<Record<string, Redacted.Redacted<string>>>>
  >
}
