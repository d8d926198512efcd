/** OTLP bodies of many kinds of attributes, as the stock serializers write them. */
import { type Attributes, SpanKind, SpanStatusCode } from "@opentelemetry/api"
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

const resource = resourceFromAttributes({ "service.name": "gateway", replicas: 3 })
const traceId = "0af7651916cd43dd8448eb211c80319c"
const attributes: Attributes = { text: "é€", whole: 42, real: 0.5, yes: true, list: ["a", "b"], numbers: [1, 2.5] }

/** So many spans, each below the one before. */
export const spans = (count: number): Array<ReadableSpan> =>
  Array.from({ length: count }, (_, index): ReadableSpan => {
    const idOf = (number: number) => number.toString(16).padStart(16, "0")
    const spanContext = { traceId, spanId: idOf(index + 1), traceFlags: 1 }
    return {
      name: "chat gpt-4o",
      kind: SpanKind.CLIENT,
      spanContext: () => spanContext,
      ...(index > 0 && { parentSpanContext: { traceId, spanId: idOf(index), traceFlags: 1 } }),
      startTime: [1_763_700_000, 123_456_789],
      endTime: [1_763_700_001, 0],
      duration: [0, 876_543_211],
      ended: true,
      status: { code: SpanStatusCode.ERROR, message: "no" },
      attributes,
      links: [{ context: { traceId, spanId: idOf(99), traceFlags: 1 }, attributes }],
      events: [{ name: "exception", time: [1_763_700_000, 500], attributes }],
      resource,
      instrumentationScope: { name: "fuzz", version: "1" },
      droppedAttributesCount: 1,
      droppedEventsCount: 0,
      droppedLinksCount: 0
    }
  })

export const bodyOf = (encoding: "protobuf" | "json", batch: Array<ReadableSpan>): Uint8Array =>
  (encoding === "json" ? JsonTraceSerializer : ProtobufTraceSerializer).serializeRequest(batch) ?? new Uint8Array()
