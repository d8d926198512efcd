/**
 * Writes rendered spans in a wire format.
 *
 * @since 0.1.0
 */
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import type { Destination } from "@tenant-tracer/model/Destination"
import * as ReadableSpanAdapter from "./ReadableSpanAdapter.js"
import type { BatchContext, RenderedSpan } from "./RenderedSpan.js"

/**
 * One wire format. `encode` gives the body of one export request; its spans share a resource and a scope. Both formats go through the stock
 * serializers, with the limits that `ReadableSpanAdapter` names.
 *
 * @since 0.1.0
 * @category models
 */
export interface Writer {
  readonly contentType: string
  readonly encode: (spans: ReadonlyArray<RenderedSpan>, context: BatchContext) => Uint8Array
}

const make = (contentType: string, serializer: typeof JsonTraceSerializer): Writer => ({
  contentType,
  encode: (spans, context) =>
    // No bytes are an empty request; the stock type allows for `undefined` and never gives it.
    serializer.serializeRequest(spans.map((span) => ReadableSpanAdapter.make(span, context))) ?? new Uint8Array()
})

/**
 * OTLP in protobuf, which every back end takes.
 *
 * @since 0.1.0
 * @category writers
 */
export const protobuf: Writer = make("application/x-protobuf", ProtobufTraceSerializer)

/**
 * OTLP in JSON.
 *
 * @since 0.1.0
 * @category writers
 */
export const json: Writer = make("application/json", JsonTraceSerializer)

const byProtocol: Record<Destination["protocol"], Writer> = { "http/protobuf": protobuf, "http/json": json }

/**
 * The writer for a destination's protocol.
 *
 * @since 0.1.0
 * @category getters
 */
export const of = (protocol: Destination["protocol"]): Writer => byProtocol[protocol]
