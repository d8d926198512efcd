/** The plain types of a decoded OTLP trace export: what `Otlp` gives to the world. */

/**
 * How a body is written: OTLP's binary protobuf, or its JSON mapping.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = "protobuf" | "json"

/**
 * An attribute's value as a test wants to compare it. An integer beyond 2^53 is a `bigint`, an `AnyValue` without a
 * value is `null`. Integers and doubles look alike here: `KeyValue` tells them apart.
 *
 * @since 0.1.0
 * @category models
 */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | null
  | Uint8Array
  | ReadonlyArray<AttributeValue>
  | { readonly [key: string]: AttributeValue }

/**
 * An attribute's value with its OTLP type, for whoever must know an integer from a double.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyValue =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "bytes"; readonly value: Uint8Array }
  | { readonly type: "array"; readonly value: ReadonlyArray<AnyValue> }
  | { readonly type: "kvlist"; readonly value: ReadonlyArray<KeyValue> }
  | { readonly type: "empty" }

/**
 * One attribute as it came over the wire.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

/**
 * What everything with attributes has: `attributes` by name for reading (the last of two equal keys stands), and
 * `keyValues` for what that loses: types, order, and keys that were sent twice.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attributed {
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly keyValues: ReadonlyArray<KeyValue>
  readonly droppedAttributesCount: number
}

/**
 * Who produced the spans: a process, a pod, a project.
 *
 * @since 0.1.0
 * @category models
 */
export interface Resource extends Attributed {
  readonly schemaUrl: string
}

/**
 * The library that produced the spans.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scope extends Attributed {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
}

/**
 * Something that happened during a span. Times are nanoseconds since the Unix epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Event extends Attributed {
  readonly timeUnixNano: bigint
  readonly name: string
}

/**
 * A pointer from a span to another one, in any trace.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link extends Attributed {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly flags: number
}

/**
 * One span. Ids are lower-case hex (32 and 16 digits); `parentSpanId` is `""` for a root; `kind` is OTLP's number
 * (0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer); times are nanoseconds since the Unix epoch;
 * `status.code` is 0 unset, 1 ok, 2 error.
 *
 * @since 0.1.0
 * @category models
 */
export interface Span extends Attributed {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly events: ReadonlyArray<Event>
  readonly droppedEventsCount: number
  readonly links: ReadonlyArray<Link>
  readonly droppedLinksCount: number
  readonly status: { readonly code: number; readonly message: string }
}

/**
 * The spans of one library.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScopeSpans {
  readonly scope: Scope
  readonly spans: ReadonlyArray<Span>
}

/**
 * The spans of one resource.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResourceSpans {
  readonly resource: Resource
  readonly scopeSpans: ReadonlyArray<ScopeSpans>
}

/**
 * A decoded `ExportTraceServiceRequest`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExportRequest {
  readonly resourceSpans: ReadonlyArray<ResourceSpans>
}

/**
 * One span together with the resource and scope that it came under.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReceivedSpan extends Span {
  readonly resource: Resource
  readonly scope: Scope
}
