/** Spans as the OpenTelemetry SDK hands them to an exporter, made by hand so that every field can be odd. */
import { resourceFromAttributes } from "@opentelemetry/resources"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

export const resource = resourceFromAttributes({ "service.name": "gateway", replicas: 3 })

const scope = { name: "tests", version: "1.2.3" }

/** A finished root span; every field can be replaced. */
export const readableSpan = (fields: Partial<ReadableSpan> = {}): ReadableSpan => ({
  name: "chat gpt-4o",
  kind: 2,
  spanContext: () => ({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 }),
  startTime: [1_763_700_000, 123_456_789],
  endTime: [1_763_700_001, 0],
  status: { code: 0 },
  attributes: {},
  links: [],
  events: [],
  duration: [0, 876_543_211],
  ended: true,
  resource,
  instrumentationScope: scope,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  ...fields
})

/** The given number of spans, each with an id of its own: 0000000000000001, … */
export const readableSpans = (count: number): Array<ReadableSpan> =>
  Array.from({ length: count }, (_, index) => {
    const spanId = (index + 1).toString(16).padStart(16, "0")
    return readableSpan({
      spanContext: () => ({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId, traceFlags: 1 })
    })
  })
