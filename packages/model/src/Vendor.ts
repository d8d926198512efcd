/**
 * The contract of a vendor: what its back end wants, as data, and how a tenant's credentials become a destination. The
 * vendors themselves live in `@tenant-tracer/vendors`.
 *
 * @since 0.1.0
 */
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Destination, DestinationLimits, Options } from "./Destination.js"
import { boundedText } from "./internal/boundedText.js"
import type { VocabularyRef } from "./Vocabulary.js"

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
 * How well it is known what a vendor wants. `contract`: its rules are played by a receiver, and exports are tested against
 * them; `cited`: a page says so; `unverified`: no page does, and it is not offered unless asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Tier = "contract" | "cited" | "unverified"

/**
 * One of a vendor's own installations.
 *
 * @since 0.1.0
 * @category models
 */
export interface VendorRegion {
  readonly endpoint: string
  /** What a route that allows some regions only calls it: several installations may be in one. */
  readonly region: string
}

/**
 * What a back end wants and does, for people to read and for `destination` to follow.
 *
 * @since 0.1.0
 * @category models
 */
export interface VendorFacts {
  /** The name of the integration, such as `langfuse_otel`: it owns the exporter. */
  readonly name: string
  readonly title: string
  readonly tier: Tier
  /** The page that says so, and the day on which it was read (ISO date). */
  readonly page: string
  readonly readOn: string
  /** The traces endpoint, with what credentials fill in between braces. */
  readonly endpoint: string
  /** The vendor's own installations by the name that credentials give them. Empty: there is one, or all are its users'. */
  readonly regions: Readonly<Record<string, VendorRegion>>
  /**
   * Where hosts are that credentials name and the vendor runs, as far as its pages say so: by the host's name, in which `{…}` stands for one part of it,
   * or the rest of one, that may be anything.
   */
  readonly hosts: Readonly<Record<string, string>>
  /**
   * Likewise, what part of the world a host is named after where no page says that it is there: nobody knows it by that, and whoever says that it is in
   * another of these parts is wrong.
   */
  readonly areas: Readonly<Record<string, string>>
  /** Who names the host: nobody, the credentials where they do not name a region, or always the credentials. */
  readonly host: "fixed" | "optional" | "required"
  /** The headers that are sent, with what is in them. */
  readonly headers: Readonly<Record<string, string>>
  /** The resource attributes that are added, with what is in them. */
  readonly resource: Readonly<Record<string, string>>
  readonly vocabularies: readonly [VocabularyRef, ...ReadonlyArray<VocabularyRef>]
  /** What it takes; the first is what it is sent. */
  readonly protocols: readonly [Destination["protocol"], ...ReadonlyArray<Destination["protocol"]>]
  /** How a request may be compressed, by what `content-encoding` calls it. Sent is gzip where that is one of them, else nothing is compressed. */
  readonly compressions: ReadonlyArray<"gzip" | "deflate" | "zstd">
  readonly limits: DestinationLimits
  /** What a request that was taken is answered with. */
  readonly success: string
  /** What becomes of a span whose parent never comes. */
  readonly orphans: string
  /**
   * The variables of the environment that fill a field for the operator; the first that is set wins. What fills `content` is no credential: `true` or
   * `false`, whether the operator's own copies may hold it.
   */
  readonly environment: Readonly<Record<string, ReadonlyArray<string>>>
  /**
   * Headers of `OTEL_EXPORTER_OTLP_TRACES_HEADERS` that fill fields for the operator: where no variable of `environment` fills any of these fields, and
   * all of these headers are there.
   */
  readonly environmentHeaders: Readonly<Record<string, string>>
  /**
   * What the operator's environment means where it names neither a host nor a region and its keys do not either. A tenant always has to, but where its
   * vendor has one host, or one that holds unless another is named: `Credentials` of the vendor's module say so.
   */
  readonly defaults: Readonly<Record<string, string>>
  readonly notes: ReadonlyArray<string>
}

/**
 * One back end: data, and one pure function from credentials to a destination.
 *
 * @since 0.1.0
 * @category models
 */
export interface Vendor extends VendorFacts {
  /** The fields of its credentials; what else one needs, such as one of two, the error says. */
  readonly fields: ReadonlyArray<{ readonly name: string; readonly isOptional: boolean }>
  /**
   * Reads credentials that nobody has checked; unknown fields are reported. `name` names the destination, by default as
   * the vendor; `region` says where a host of the tenant's own keeps what it receives; `limits` are those of the tenant's
   * plan, each in place of the vendor's; the other options are those of any destination.
   */
  readonly destination: (
    credentials: unknown,
    options?: { readonly name?: string | undefined } & Pick<
      Options,
      "content" | "view" | "sampling" | "region" | "limits"
    >
  ) => Either.Either<Destination, VendorError>
  /**
   * Whether fields that are filled say where they are to be sent: by a region, a host or an endpoint, or by a key that has its region in it. Where they
   * do not, `defaults` hold for the operator.
   */
  readonly isPlaced: (fields: Readonly<Record<string, string>>) => boolean
  /** Request parameters to headers, where the vendor supports them per request; only what is present is used. */
  readonly dynamicHeaders: Option.Option<
    (params: Readonly<Record<string, unknown>>) => Option.Option<Readonly<Record<string, Redacted.Redacted<string>>>>
  >
}
