/**
 * What an account receives for which there are several destinations: one copy, as wide as the widest of them, since a back end that keeps spans by
 * their id would let a narrow copy overwrite a wide one.
 *
 * @since 0.1.0
 */

import type { Destination, DestinationSampling, DestinationView } from "@tenant-tracer/model/Destination"
import * as Redaction from "@tenant-tracer/model/Redaction"
import * as ContentPolicy from "../render/ContentPolicy.js"

/**
 * The first destination with all that either of them sees, and the higher of their sampling rates.
 *
 * @since 0.1.0
 * @category combining
 */
export const widest = (self: Destination, that: Destination): Destination => ({
  ...self,
  view: wider(self.view, that.view),
  sampling: higher(self.sampling, that.sampling)
})

/**
 * The same for two destinations of one tenant: what either of them forbids of the content, and what either has redacted, holds for both.
 *
 * @since 0.1.0
 * @category combining
 */
export const joined = (self: Destination, that: Destination): Destination => ({
  ...widest(self, that),
  content: ContentPolicy.strictest(self.content, that.content),
  ...(self.redaction !== undefined || that.redaction !== undefined
    ? { redaction: Redaction.union(self.redaction ?? Redaction.none, that.redaction ?? Redaction.none) }
    : {})
})

const wider = (self: DestinationView = {}, that: DestinationView = {}): DestinationView => ({
  spans: self.spans === "llm_only" && that.spans === "llm_only" ? "llm_only" : "all",
  hide: both(self.hide, that.hide),
  excludeServices: both(self.excludeServices, that.excludeServices)
})

const both = <A>(self: ReadonlyArray<A> = [], that: ReadonlyArray<A> = []): ReadonlyArray<A> =>
  self.filter((value) => that.includes(value))

const higher = (self: DestinationSampling = {}, that: DestinationSampling = {}): DestinationSampling => ({
  success: Math.max(self.success ?? 1, that.success ?? 1),
  error: Math.max(self.error ?? 1, that.error ?? 1)
})
