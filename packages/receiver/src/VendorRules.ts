/**
 * What a vendor's OTLP endpoint asks for, as data: one file per vendor in `rules/`, each with the page it was read
 * from and the day. An account with rules refuses what the vendor would refuse.
 */
import type { Encoding } from "./Otlp.js"
import { arize as arizeRules } from "./rules/arize.js"
import { braintrust as braintrustRules } from "./rules/braintrust.js"
import { collector as collectorRules } from "./rules/collector.js"
import { datadog as datadogRules } from "./rules/datadog.js"
import { dynatrace as dynatraceRules } from "./rules/dynatrace.js"
import { grafanaCloud as grafanaCloudRules } from "./rules/grafanaCloud.js"
import { classic as honeycombClassicRules, honeycomb as honeycombRules } from "./rules/honeycomb.js"
import { langfuse as langfuseRules } from "./rules/langfuse.js"
import { langsmith as langsmithRules } from "./rules/langsmith.js"
import { newrelic as newrelicRules } from "./rules/newrelic.js"
import { otlp as otlpRules } from "./rules/otlp.js"
import { phoenix as phoenixRules } from "./rules/phoenix.js"
import { tempo as tempoRules } from "./rules/tempo.js"
import { weave as weaveRules } from "./rules/weave.js"

/**
 * How a request's body may be compressed.
 *
 * @since 0.1.0
 * @category models
 */
export type Compression = "gzip" | "deflate"

/**
 * When a vendor shows spans that belong under one that it does not have:
 *
 * - `always`: at once, on their own or under a gap
 * - `with_root`: with all of their trace, once that has a span without a parent
 * - `with_parents`: once it has every span above them, up to one without a parent
 *
 * @since 0.1.0
 * @category models
 */
export interface Orphans {
  readonly shown: "always" | "with_root" | "with_parents"
  /**
   * Where that was read, and on which day (ISO date). Absent where no page says: then it is the strictest that is played, but for what stands for no
   * back end of its own, which a note says.
   */
  readonly page?: string | undefined
  readonly readOn?: string | undefined
}

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
  /** Headers (lower-case) that every request has; with `pattern`, the whole value must match it. */
  readonly requiredHeaders: ReadonlyArray<{ readonly name: string; readonly pattern?: string | undefined }>
  /** What a request without them, or with those of no account, is answered with; 401 for most. */
  readonly unauthorizedStatus: number
  /** What a request is answered with whose credentials are right, and not for writing traces; 403 for most. */
  readonly forbiddenStatus: number
  /** Of each group, every resource must have at least one as non-empty text. */
  readonly requiredResourceAttributes: ReadonlyArray<ReadonlyArray<string>>
  /** What a request without them is answered with; after a 2xx nothing of it is kept all the same. */
  readonly missingResourceStatus: number
  /** Paths that take no traces and are answered with something other than 404. */
  readonly otherPaths: ReadonlyArray<{ readonly path: string; readonly status: number }>
  /** Bytes of a body on the wire; above it the answer is 413. */
  readonly maxBytes: number
  /** Requests of one account; above it the answer is 429. */
  readonly requestsPerMinute: number
  /** Seconds since a span's end; an older one is rejected in a partial success. */
  readonly oldestSpan: number
  /** Length of a span's attribute that the vendor keeps. It cuts a longer one, refuses nothing and says nothing, and so does the receiver. */
  readonly valueLength: number
  /** The same for the name of an attribute. */
  readonly keyLength: number
  /** What these two count: UTF-16 code units, or bytes of UTF-8. */
  readonly lengthUnit: "characters" | "bytes"
  /** Entries of a list. An attribute with more is dropped, and nothing is said either. */
  readonly listLength: number
  /** What a body that is no export request is answered with; OTLP says 400. */
  readonly undecodableStatus: number
  /** What a request that was taken is answered with. */
  readonly successStatus: number
  /** What becomes of spans whose parent never comes. */
  readonly orphans: Orphans
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
 * LangSmith: an API key; a span whose parent never comes vanishes.
 *
 * @since 0.1.0
 * @category rules
 */
export const langsmith: VendorRules = langsmithRules

/**
 * Braintrust: Bearer authentication and a parent, 10 MB.
 *
 * @since 0.1.0
 * @category rules
 */
export const braintrust: VendorRules = braintrustRules

/**
 * W&B Weave: protobuf only; without an entity and a project it discards what it takes.
 *
 * @since 0.1.0
 * @category rules
 */
export const weave: VendorRules = weaveRules

/**
 * Datadog: 202 is success, 403 a wrong key, 3.2 MB.
 *
 * @since 0.1.0
 * @category rules
 */
export const datadog: VendorRules = datadogRules

/**
 * Honeycomb: a team's key.
 *
 * @since 0.1.0
 * @category rules
 */
export const honeycomb: VendorRules = honeycombRules

/**
 * Honeycomb for a classic key: a dataset as well.
 *
 * @since 0.1.0
 * @category rules
 */
export const honeycombClassic: VendorRules = honeycombClassicRules

/**
 * New Relic: a licence key, 1 MB, values of 4,095 characters, lists of 64 entries.
 *
 * @since 0.1.0
 * @category rules
 */
export const newrelic: VendorRules = newrelicRules

/**
 * Grafana Cloud's gateway: Basic authentication.
 *
 * @since 0.1.0
 * @category rules
 */
export const grafanaCloud: VendorRules = grafanaCloudRules

/**
 * Grafana Tempo with tenants.
 *
 * @since 0.1.0
 * @category rules
 */
export const tempo: VendorRules = tempoRules

/**
 * Dynatrace: an API token, protobuf only, spans of the last hour.
 *
 * @since 0.1.0
 * @category rules
 */
export const dynatrace: VendorRules = dynatraceRules

/**
 * An OpenTelemetry Collector as it is out of the box: 20 MiB.
 *
 * @since 0.1.0
 * @category rules
 */
export const collector: VendorRules = collectorRules

/**
 * All of them, for whoever lists or tests them.
 *
 * @since 0.1.0
 * @category rules
 */
export const all: ReadonlyArray<VendorRules> = [
  otlp,
  langfuse,
  arize,
  phoenix,
  langsmith,
  braintrust,
  weave,
  datadog,
  honeycomb,
  honeycombClassic,
  newrelic,
  grafanaCloud,
  tempo,
  dynatrace,
  collector
]
