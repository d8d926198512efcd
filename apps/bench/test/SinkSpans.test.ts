/** The sink counts as the stock serializers write, and knows when spans ended. */
import { expect, it } from "@effect/vitest"
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as SinkSpans from "../src/SinkSpans.js"
import * as Work from "../src/Work.js"

const spans = (count: number) => {
  const exporter = new InMemorySpanExporter()
  for (const service of ["one", "two"]) {
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": service }),
      spanProcessors: [new SimpleSpanProcessor(exporter)]
    })
    for (const scope of ["a", "b"]) {
      for (let index = 0; index < count; index++) {
        const attributes = Work.callAttributes(index, true)
        provider
          .getTracer(scope)
          .startSpan("chat", { startTime: 1_600_000_000_000, attributes })
          .end(1_700_000_000_000 + index)
      }
    }
  }
  return exporter.getFinishedSpans()
}

const written = (count: number) => {
  const finished = spans(count)
  return {
    protobuf: Buffer.from(ProtobufTraceSerializer.serializeRequest(finished) ?? []),
    json: Buffer.from(JsonTraceSerializer.serializeRequest(finished) ?? [])
  }
}

it("counts the spans of all scopes and resources", () => {
  const { json, protobuf } = written(3)
  expect(SinkSpans.countProtobuf(protobuf)).toBe(12)
  expect(SinkSpans.countJson(json)).toBe(12)
  expect(SinkSpans.countProtobuf(Buffer.alloc(0))).toBe(0)
  expect(SinkSpans.countJson(Buffer.from("{}"))).toBe(0)
})

it("knows when they ended", () => {
  const { json, protobuf } = written(2)
  const ends = Array.from({ length: 8 }, (_, index) => 1_700_000_000_000 + (index % 2))
  expect(SinkSpans.endsOfProtobuf(protobuf)).toEqual(ends)
  expect(SinkSpans.endsOfJson(json)).toEqual(ends)
})

it("says so when it is given something else", () => {
  expect(() => SinkSpans.countProtobuf(Buffer.from("hello"))).toThrow("wire type")
})
