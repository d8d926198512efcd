import { expect, it } from "@effect/vitest"
import { Otlp } from "@tenant-tracer/receiver"
import { Either } from "effect"
import * as Writer from "../../src/render/Writer.js"
import { bare, context, rendered } from "./fakes.js"

const decode = (writer: Writer.Writer, encoding: Otlp.Encoding) =>
  Either.getOrThrow(Otlp.decode(writer.encode([rendered(), bare], context), encoding))

for (const [protocol, encoding] of [
  ["http/protobuf", "protobuf"],
  ["http/json", "json"]
] as const) {
  it(`writes ${protocol} that says what the spans say`, () => {
    const request = decode(Writer.of(protocol), encoding)
    expect(request.resourceSpans).toHaveLength(1)
    const [span, root] = Otlp.flatten(request)
    expect(span).toMatchObject({
      traceId: rendered().traceId,
      spanId: rendered().spanId,
      parentSpanId: "00f067aa0ba902b7",
      traceState: "vendor=1,other=2",
      name: "chat gpt-4o",
      kind: 3,
      startTimeUnixNano: rendered().startTime,
      endTimeUnixNano: rendered().endTime,
      droppedAttributesCount: 2,
      droppedEventsCount: 1,
      status: { code: 2, message: "it failed" }
    })
    expect(span?.keyValues.map(({ key, value }) => [key, value.type])).toEqual([
      ["text", "string"],
      ["int", "int"],
      ["double", "double"],
      ["bool", "bool"],
      ["texts", "array"],
      ["numbers", "array"],
      ["__proto__", "string"]
    ])
    expect(span?.events).toMatchObject([{ name: "first chunk", timeUnixNano: 1_795_289_780_670_527_401n }])
    expect(span?.links).toMatchObject([{ spanId: "c7ad6b7169203331", attributes: { why: "caller" } }])
    expect(span?.resource).toMatchObject({ attributes: { "service.name": "gateway" }, schemaUrl: context.schemaUrl })
    expect(span?.scope).toMatchObject({ name: "tenant-tracer", version: "0.1.0", schemaUrl: context.schemaUrl })
    expect(root).toMatchObject({ parentSpanId: "", kind: 2, status: { code: 0, message: "" }, attributes: {} })
  })
}

it("both formats decode to the same spans", () => {
  expect(Otlp.flatten(decode(Writer.json, "json"))).toEqual(Otlp.flatten(decode(Writer.protobuf, "protobuf")))
})

it("names the content type of its bytes", () => {
  expect([Writer.protobuf.contentType, Writer.json.contentType]).toEqual(["application/x-protobuf", "application/json"])
})

it("a batch of nothing is an empty request", () => {
  expect(Writer.protobuf.encode([], context)).toHaveLength(0)
  expect(Buffer.from(Writer.json.encode([], context)).toString()).toBe(`{"resourceSpans":[]}`)
})
