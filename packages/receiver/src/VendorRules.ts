/**
 * What a vendor's OTLP endpoint asks for, as data: one file per vendor in `rules/`, each with the page it was read
 * from and the day. An account with rules refuses what the vendor would refuse.
 */
import type { Encoding } from "./Otlp.js"
import { arize as arizeRules } from "./rules/arize.js"
import { langfuse as langfuseRules } from "./rules/langfuse.js"
import { otlp as otlpRules } from "./rules/otlp.js"
import { phoenix as phoenixRules } from "./rules/phoenix.js"

/**
 * How a request's body may be compressed.
 *
 * @since 0.1.0
 * @category models
 */
export type Compression = "gzip" | "deflate"

/**
 * The rules of one vendor. Write your own for a back end that is not here.
 *
 * @since 0.1.0
 * @category models
 */
export interface VendorRules {
  readonly vendor: string
  /** Where the rules were read, and on which day (ISO date). */
  readonly page: string
  readonly readOn: string
  /** Paths that take traces; an account without a path of its own uses the first. */
  readonly paths: readonly [string, ...ReadonlyArray<string>]
  /** Any other content type is answered with 415. */
  readonly encodings: ReadonlyArray<Encoding>
  /** Any other content encoding is answered with 415. */
  readonly compressions: ReadonlyArray<Compression>
  /** Headers (lower-case) without which the answer is 401; with `pattern`, the whole value must match it. */
  readonly requiredHeaders: ReadonlyArray<{ readonly name: string; readonly pattern?: string | undefined }>
  /** Of each group, every resource must have at least one as non-empty text, else the answer is 400. */
  readonly requiredResourceAttributes: ReadonlyArray<ReadonlyArray<string>>
  /** Paths that take no traces and are answered with something other than 404. */
  readonly otherPaths: ReadonlyArray<{ readonly path: string; readonly status: number }>
  /** Bytes of a body on the wire; above it the answer is 413. */
  readonly maxBytes: number
  /** What a body that is no export request is answered with; OTLP says 400. */
  readonly undecodableStatus: number
  /** What a request that was taken is answered with. */
  readonly successStatus: number
  readonly notes: ReadonlyArray<string>
}

/**
 * The protocol itself, for an account that stands for no vendor.
 *
 * @since 0.1.0
 * @category rules
 */
export const otlp: VendorRules = otlpRules

/**
 * Langfuse: Basic authentication, 5 MB.
 *
 * @since 0.1.0
 * @category rules
 */
export const langfuse: VendorRules = langfuseRules

/**
 * Arize AX: a space, and a project on every resource.
 *
 * @since 0.1.0
 * @category rules
 */
export const arize: VendorRules = arizeRules

/**
 * Arize Phoenix: protobuf only.
 *
 * @since 0.1.0
 * @category rules
 */
export const phoenix: VendorRules = phoenixRules

/**
 * All of them, for whoever lists or tests them.
 *
 * @since 0.1.0
 * @category rules
 */
export const all: ReadonlyArray<VendorRules> = [otlp, langfuse, arize, phoenix]
