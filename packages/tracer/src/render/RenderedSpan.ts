/**
 * A span as one destination will receive it: already reduced to what it may see and spelled in its vocabulary, not yet in a wire format.
 *
 * @since 0.1.0
 */
import type * as Destination from "@tenant-tracer/model/Destination"
import type { SpanKind } from "effect/Tracer"

/**
 * An attribute's value. Doubles are wrapped, so that `1.0` stays a double on the wire.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = Destination.AttributeValue | Double

/**
 * A floating-point number that may happen to be whole.
 *
 * @since 0.1.0
 * @category models
 */
export class Double {
  constructor(readonly value: number) {}
}

/**
 * An event as a destination will receive it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RenderedEvent {
  readonly name: string
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly attributes: ReadonlyArray<readonly [key: string, value: Value]>
}

/**
 * A link to a span that the destination may know of.
 *
 * @since 0.1.0
 * @category models
 */
export interface RenderedLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: ReadonlyArray<readonly [key: string, value: Value]>
}

/**
 * Ids are lower-case hex; times are nanoseconds since the epoch; `attributes` has each key once, in the order of writing.
 *
 * @since 0.1.0
 * @category models
 */
export interface RenderedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** Whether the parent is a span of another process. */
  readonly parentIsRemote: boolean
  readonly traceState: string | undefined
  readonly name: string
  readonly kind: SpanKind
  readonly startTime: bigint
  readonly endTime: bigint
  readonly attributes: ReadonlyArray<readonly [key: string, value: Value]>
  readonly droppedAttributes: number
  readonly events: ReadonlyArray<RenderedEvent>
  readonly droppedEvents: number
  readonly links: ReadonlyArray<RenderedLink>
  readonly status: { readonly code: "unset" | "error"; readonly message: string | undefined }
}

/**
 * What the spans of one batch have in common.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchContext {
  readonly resource: Readonly<Record<string, Destination.AttributeValue>>
  readonly schemaUrl: string | undefined
  readonly scope: { readonly name: string; readonly version: string }
}
