import { describe, expect, it } from "@effect/vitest"
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import { Otlp } from "@tenant-tracer/receiver"
import { Either, FastCheck as fc } from "effect"
import protobuf from "protobufjs/light.js"
import { readableSpan } from "./support/spans.js"

const encodings: ReadonlyArray<Otlp.Encoding> = ["protobuf", "json"]

const serialize = (encoding: Otlp.Encoding, spans: Array<ReadableSpan>): Uint8Array =>
  (encoding === "json" ? JsonTraceSerializer : ProtobufTraceSerializer).serializeRequest(spans) ?? new Uint8Array()

const right = <A, E>(either: Either.Either<A, E>): A => Either.getOrThrowWith(either, (error) => error)

const decodeSpans = (encoding: Otlp.Encoding, spans: Array<ReadableSpan>) =>
  Otlp.flatten(right(Otlp.decode(serialize(encoding, spans), encoding)))

const decodeSpan = (encoding: Otlp.Encoding, fields: Partial<ReadableSpan>): Otlp.ReceivedSpan => {
  const [span] = decodeSpans(encoding, [readableSpan(fields)])
  if (span === undefined) throw new Error("no span was decoded")
  return span
}

// The SDK's types do not know maps, bytes and nested lists as attributes; its serializers do.
const attributes = (values: Record<string, unknown>) => values as ReadableSpan["attributes"]

const utf8 = (text: string) => new TextEncoder().encode(text)

const json = (value: unknown) => Otlp.decode(utf8(JSON.stringify(value)), "json")

const problem = (result: Either.Either<unknown, Error>): string =>
  Either.match(result, { onLeft: (error) => error.message, onRight: () => "accepted" })

const jsonSpan = (fields: Record<string, unknown>) =>
  json({
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", ...fields }] }
        ]
      }
    ]
  })

const jsonValue = (value: unknown) => jsonSpan({ attributes: [{ key: "k", value }] })

const onlySpan = (result: Either.Either<Otlp.ExportRequest, Error>): Otlp.ReceivedSpan => {
  const [span] = Otlp.flatten(right(result))
  if (span === undefined) throw new Error("no span was decoded")
  return span
}

const field = (number: number, wireType: number) => (number << 3) | wireType

const message = (write: (writer: protobuf.Writer) => protobuf.Writer): Uint8Array =>
  Uint8Array.from(write(protobuf.Writer.create()).finish())

const protobufSpan = (write: (writer: protobuf.Writer) => protobuf.Writer): Uint8Array => {
  const span = message(write)
  const scopeSpans = message((writer) => writer.uint32(field(2, 2)).bytes(span))
  const resourceSpans = message((writer) => writer.uint32(field(2, 2)).bytes(scopeSpans))
  return message((writer) => writer.uint32(field(1, 2)).bytes(resourceSpans))
}

const withIds = (writer: protobuf.Writer) =>
  writer.uint32(field(1, 2)).bytes(new Uint8Array(16).fill(1)).uint32(field(2, 2)).bytes(new Uint8Array(8).fill(2))

describe.each(encodings)("what the stock %s serializer writes", (encoding) => {
  it("keeps every field of a span", () => {
    const traceState = { serialize: () => "vendor=1,other=2" } as ReturnType<ReadableSpan["spanContext"]>["traceState"]
    const context = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", traceFlags: 1 }
    const span = decodeSpan(encoding, {
      spanContext: () => ({ ...context, ...(traceState && { traceState }) }),
      parentSpanContext: { traceId: context.traceId, spanId: "53995c3f42cd8ad8", traceFlags: 1, isRemote: true },
      name: "POST /v1/chat",
      kind: 1,
      status: { code: 2, message: "upstream said no" },
      attributes: { a: "b" },
      droppedAttributesCount: 4,
      droppedEventsCount: 5,
      droppedLinksCount: 6,
      events: [{ name: "first token", time: [1_763_700_000, 5], attributes: { n: 1 }, droppedAttributesCount: 2 }],
      links: [
        {
          context: { traceId: "11111111111111111111111111111111", spanId: "2222222222222222", traceFlags: 0 },
          attributes: { why: "retry" },
          droppedAttributesCount: 1
        }
      ]
    })
    expect(span.traceId).toBe(context.traceId)
    expect(span.spanId).toBe(context.spanId)
    expect(span.parentSpanId).toBe("53995c3f42cd8ad8")
    expect(span.traceState).toBe("vendor=1,other=2")
    expect(span.flags).toBe(0x301)
    expect(span.name).toBe("POST /v1/chat")
    expect(span.kind).toBe(2)
    expect(span.startTimeUnixNano).toBe(1_763_700_000_123_456_789n)
    expect(span.endTimeUnixNano).toBe(1_763_700_001_000_000_000n)
    expect(span.status).toEqual({ code: 2, message: "upstream said no" })
    expect(span.attributes).toEqual({ a: "b" })
    expect(span.droppedAttributesCount).toBe(4)
    expect(span.droppedEventsCount).toBe(5)
    expect(span.droppedLinksCount).toBe(6)
    expect(span.events).toEqual([
      {
        name: "first token",
        timeUnixNano: 1_763_700_000_000_000_005n,
        attributes: { n: 1 },
        keyValues: [{ key: "n", value: { type: "int", value: 1n } }],
        droppedAttributesCount: 2
      }
    ])
    expect(span.links).toEqual([
      {
        traceId: "11111111111111111111111111111111",
        spanId: "2222222222222222",
        traceState: "",
        flags: 0x100,
        attributes: { why: "retry" },
        keyValues: [{ key: "why", value: { type: "string", value: "retry" } }],
        droppedAttributesCount: 1
      }
    ])
    expect(span.resource.attributes).toMatchObject({ "service.name": "gateway", replicas: 3 })
    expect(span.scope).toMatchObject({ name: "tests", version: "1.2.3", schemaUrl: "", attributes: {} })
  })

  it("reads a root without links, events, state and message", () => {
    const span = decodeSpan(encoding, {})
    expect(span).toMatchObject({ parentSpanId: "", traceState: "", events: [], links: [], flags: 0x101 })
    expect(span.status).toEqual({ code: 0, message: "" })
  })

  it.each([
    ["an integer", 42, { type: "int", value: 42n }],
    ["zero", 0, { type: "int", value: 0n }],
    ["a negative integer", -7, { type: "int", value: -7n }],
    ["a double", 0.25, { type: "double", value: 0.25 }],
    ["a negative double", -1e-9, { type: "double", value: -1e-9 }],
    ["a text", "ünïcödé 🙂", { type: "string", value: "ünïcödé 🙂" }],
    ["an empty text", "", { type: "string", value: "" }],
    ["a lone surrogate", "a\ud800b", { type: "string", value: "a\uFFFDb" }],
    ["true", true, { type: "bool", value: true }],
    ["false", false, { type: "bool", value: false }],
    ["bytes", new Uint8Array([0, 255, 1]), { type: "bytes", value: new Uint8Array([0, 255, 1]) }],
    ["no bytes", new Uint8Array(), { type: "bytes", value: new Uint8Array() }],
    ["an empty array", [], { type: "array", value: [] }],
    ["an empty map", {}, { type: "kvlist", value: [] }],
    ["nothing", null, { type: "empty" }]
  ])("keeps the type of %s", (_, value, typed) => {
    const span = decodeSpan(encoding, { attributes: attributes({ k: value }) })
    expect(span.keyValues).toEqual([{ key: "k", value: typed }])
  })

  it("keeps integers beyond 2^53 exactly, as bigint", () => {
    const span = decodeSpan(encoding, { attributes: { big: 2 ** 53 + 2, low: -(2 ** 53) - 2, safe: 2 ** 53 - 1 } })
    expect(span.attributes).toEqual({
      big: 9007199254740994n,
      low: -9007199254740994n,
      safe: 9007199254740991
    })
  })

  it("keeps nested maps and arrays", () => {
    const nested = { list: ["a", 1, 0.5, true, [], { deep: { deeper: ["x"] } }], empty: {} }
    expect(decodeSpan(encoding, { attributes: attributes({ nested }) }).attributes).toEqual({ nested })
  })

  it("keeps odd keys, __proto__ among them", () => {
    const odd = Object.fromEntries([
      ["__proto__", "p"],
      ["", "empty"],
      ["toString", 1]
    ])
    const span = decodeSpan(encoding, { attributes: attributes(odd) })
    expect(Object.entries(span.attributes).sort()).toEqual(Object.entries(odd).sort())
  })

  it("keeps the resources and scopes of spans apart", () => {
    const spans = decodeSpans(encoding, [
      readableSpan({ name: "one", instrumentationScope: { name: "a", schemaUrl: "https://example.test/1" } }),
      readableSpan({ name: "two", instrumentationScope: { name: "b" } })
    ])
    expect(spans.map((span) => [span.name, span.scope.name, span.scope.schemaUrl])).toEqual([
      ["one", "a", "https://example.test/1"],
      ["two", "b", ""]
    ])
  })

  it("reads an export of no spans", () => {
    expect(decodeSpans(encoding, [])).toEqual([])
  })

  it.prop(
    "gives back any attributes",
    [
      fc.dictionary(
        fc.string({ unit: "grapheme" }),
        fc.oneof(
          fc.string({ unit: "grapheme" }),
          fc.maxSafeInteger().map((integer) => (Object.is(integer, -0) ? 0 : integer)),
          fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
          fc.array(fc.string(), { maxLength: 3 }),
          fc.uint8Array({ maxLength: 8 })
        )
      )
    ],
    ([values]) => {
      expect(decodeSpan(encoding, { attributes: attributes(values) }).attributes).toEqual({ ...values })
    }
  )

  it.prop("refuses or reads a body cut anywhere, and never throws", [fc.nat()], ([at]) => {
    const body = serialize(encoding, [readableSpan({ attributes: { a: "b", n: 1 } })])
    const cut = Otlp.decode(body.subarray(0, at % body.length), encoding)
    // The first field of the request holds everything: cut inside, it is truncated; an empty protobuf body is a request.
    expect(Either.isLeft(cut)).toBe(!(encoding === "protobuf" && at % body.length === 0))
  })

  it.prop("reads or refuses any bytes, and never throws", [fc.uint8Array({ maxLength: 200 })], ([bytes]) => {
    expect(Either.isEither(Otlp.decode(bytes, encoding))).toBe(true)
  })

  it.prop("reads or refuses a body with any byte changed, and never throws", [fc.nat(), fc.nat(255)], ([at, byte]) => {
    const body = Uint8Array.from(serialize(encoding, [readableSpan({ attributes: attributes({ a: ["b", 1.5] }) })]))
    body[at % body.length] = byte
    expect(Either.isEither(Otlp.decode(body, encoding))).toBe(true)
  })
})

describe("protobuf", () => {
  it("tolerates unknown fields", () => {
    const body = protobufSpan((writer) =>
      withIds(writer).uint32(field(99, 2)).string("future").uint32(field(98, 0)).uint32(7)
    )
    expect(onlySpan(Otlp.decode(body, "protobuf")).spanId).toBe("0202020202020202")
  })

  it("refuses a known field of a wrong wire type", () => {
    const body = protobufSpan((writer) => withIds(writer).uint32(field(5, 0)).uint32(7))
    expect(problem(Otlp.decode(body, "protobuf"))).toContain("Span.name has a wrong wire type")
  })

  it.each([
    ["trace id", 1, 15, "traceId must be 16 bytes long, not 15"],
    ["span id", 2, 9, "spanId must be 8 bytes long, not 9"],
    ["parent id", 4, 16, "parentSpanId must be 8 bytes long, not 16"]
  ])("refuses a %s of a wrong length", (_, number, length, expected) => {
    const body = protobufSpan((writer) =>
      withIds(writer).uint32(field(number, 2)).bytes(new Uint8Array(length).fill(1))
    )
    expect(problem(Otlp.decode(body, "protobuf"))).toContain(`resourceSpans[0].scopeSpans[0].spans[0].${expected}`)
  })

  it("refuses a span without ids", () => {
    expect(
      problem(
        Otlp.decode(
          protobufSpan((writer) => writer),
          "protobuf"
        )
      )
    ).toContain("must be 16 bytes long, not 0")
  })

  it("refuses text that is not UTF-8", () => {
    const body = protobufSpan((writer) =>
      withIds(writer)
        .uint32(field(5, 2))
        .bytes(new Uint8Array([0xff, 0xfe]))
    )
    expect(problem(Otlp.decode(body, "protobuf"))).toContain("cannot be parsed")
  })

  it("refuses values nested without end", () => {
    let value = message((writer) => writer.uint32(field(1, 2)).string("core"))
    for (let depth = 0; depth < 200; depth++) {
      const array = message((writer) => writer.uint32(field(1, 2)).bytes(value))
      value = message((writer) => writer.uint32(field(5, 2)).bytes(array))
    }
    const pair = message((writer) => writer.uint32(field(1, 2)).string("k").uint32(field(2, 2)).bytes(value))
    const body = protobufSpan((writer) => withIds(writer).uint32(field(9, 2)).bytes(pair))
    expect(problem(Otlp.decode(body, "protobuf"))).toContain("cannot be parsed")
  })

  it("takes the last of several values, as protobuf does", () => {
    const value = message((writer) => writer.uint32(field(1, 2)).string("first").uint32(field(3, 0)).int64(-5))
    const pair = message((writer) => writer.uint32(field(1, 2)).string("k").uint32(field(2, 2)).bytes(value))
    const body = protobufSpan((writer) => withIds(writer).uint32(field(9, 2)).bytes(pair))
    expect(onlySpan(Otlp.decode(body, "protobuf")).attributes).toEqual({ k: -5 })
  })

  it("keeps attributes that were sent twice", () => {
    const pair = (text: string) => {
      const value = message((writer) => writer.uint32(field(1, 2)).string(text))
      return message((writer) => writer.uint32(field(1, 2)).string("k").uint32(field(2, 2)).bytes(value))
    }
    const body = protobufSpan((writer) =>
      withIds(writer).uint32(field(9, 2)).bytes(pair("one")).uint32(field(9, 2)).bytes(pair("two"))
    )
    const span = onlySpan(Otlp.decode(body, "protobuf"))
    expect(span.attributes).toEqual({ k: "two" })
    expect(span.keyValues.map(({ value }) => Otlp.plain(value))).toEqual(["one", "two"])
  })

  it("refuses JSON in its place", () => {
    expect(Either.isLeft(Otlp.decode(utf8(`{"resourceSpans":[]}`), "protobuf"))).toBe(true)
  })
})

describe("json", () => {
  it.each([
    ["no body", ""],
    ["no JSON", "{"],
    ["an array", "[]"],
    ["null", "null"],
    ["a text", `"x"`],
    ["spans that are no array", `{"resourceSpans":{}}`],
    ["a resource that is a text", `{"resourceSpans":[{"resource":"x"}]}`]
  ])("refuses %s", (_, body) => {
    expect(Either.isLeft(Otlp.decode(utf8(body), "json"))).toBe(true)
  })

  it("refuses bytes that are not UTF-8", () => {
    expect(problem(Otlp.decode(new Uint8Array([0x22, 0xff, 0x22]), "json"))).toContain("cannot be parsed")
  })

  it("ignores unknown fields and takes null for absent", () => {
    const span = onlySpan(jsonSpan({ future: { a: [1] }, name: null, attributes: null, status: null, kind: null }))
    expect(span).toMatchObject({ name: "", attributes: {}, kind: 0, status: { code: 0, message: "" } })
  })

  it.each<readonly [string, unknown]>([
    ["base64", "CvdlGRbNQ92ESOshHIAxnA=="],
    ["too short", "0af7"],
    ["empty", ""],
    ["all zeros", "0".repeat(32)],
    ["no text", 7],
    ["no hex", "zz".repeat(16)]
  ])("refuses a trace id that is %s", (_, traceId) => {
    expect(problem(jsonSpan({ traceId }))).toContain("resourceSpans[0].scopeSpans[0].spans[0].traceId must")
  })

  it("reads ids of any case, in lower case", () => {
    expect(onlySpan(jsonSpan({ spanId: "B7AD6B7169203331" })).spanId).toBe("b7ad6b7169203331")
  })

  it("takes a parent of zeros for none, and refuses one in base64", () => {
    expect(onlySpan(jsonSpan({ parentSpanId: "0000000000000000" })).parentSpanId).toBe("")
    expect(problem(jsonSpan({ parentSpanId: "t61rcWkgMzE=" }))).toContain("parentSpanId must be 16 hex digits")
  })

  it.each([
    ["a number", 5, 5],
    ["a text", "5", 5],
    ["a long text", "9223372036854775807", 9223372036854775807n],
    ["a negative text", "-9007199254740993", -9007199254740993n]
  ])("reads an int64 that is %s", (_, intValue, expected) => {
    expect(onlySpan(jsonValue({ intValue })).attributes).toEqual({ k: expected })
  })

  it("reads an int64 that is a number too long for a double", () => {
    const template = JSON.stringify({
      resourceSpans: [{ resource: { attributes: [{ key: 'a "9007199254740993', value: { intValue: 7777 } }] } }]
    })
    const request = right(Otlp.decode(utf8(template.replace("7777", "-9007199254740993")), "json"))
    expect(request.resourceSpans[0]?.resource.attributes).toEqual({ 'a "9007199254740993': -9007199254740993n })
  })

  it.each(["1.5", "abc", "", 1.5, true, "9223372036854775808", "-9223372036854775809", 1e300, {}])(
    "refuses %o as int64",
    (intValue) => {
      expect(problem(jsonValue({ intValue }))).toContain(".intValue must")
    }
  )

  it.each([
    [1, 1],
    ["0.5", 0.5],
    ["-2e3", -2000],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY]
  ])("reads %o as double", (doubleValue, expected) => {
    expect(onlySpan(jsonValue({ doubleValue })).keyValues).toEqual([
      { key: "k", value: { type: "double", value: expected } }
    ])
  })

  it("reads a double with long digits", () => {
    const body = `{"resourceSpans":[{"resource":{"attributes":[
      {"key":"a","value":{"doubleValue":0.12345678901234567890}},
      {"key":"b","value":{"doubleValue":12345678901234567890}},
      {"key":"c","value":{"doubleValue":1234567890123456.5}},
      {"key":"d","value":{"doubleValue":1.0e-1234567890123456789}}]}}]}`
    expect(right(Otlp.decode(utf8(body), "json")).resourceSpans[0]?.resource.attributes).toEqual({
      a: 0.12345678901234568,
      b: 12345678901234567000,
      c: 1234567890123456.5,
      d: 0
    })
  })

  it.each([
    ["stringValue", 5],
    ["boolValue", "true"],
    ["doubleValue", "much"],
    ["doubleValue", ""],
    ["bytesValue", "%%%"],
    ["bytesValue", 5],
    ["arrayValue", []],
    ["arrayValue", { values: 5 }],
    ["kvlistValue", "x"]
  ])("refuses a %s of %o", (name, value) => {
    expect(problem(jsonValue({ [name]: value }))).toContain(`.value.${name}`)
  })

  it("refuses two values in one", () => {
    expect(problem(jsonValue({ stringValue: "a", intValue: 1 }))).toContain("must hold one value, not")
  })

  it("takes enum numbers and refuses enum names", () => {
    expect(onlySpan(jsonSpan({ kind: 3, status: { code: 2 } }))).toMatchObject({ kind: 3, status: { code: 2 } })
    expect(problem(jsonSpan({ kind: "SPAN_KIND_CLIENT" }))).toContain("kind must be the number of an enum value")
    expect(problem(jsonSpan({ status: { code: "2" } }))).toContain("status.code must")
  })

  it("takes times as text or number, and refuses negative ones", () => {
    expect(onlySpan(jsonSpan({ startTimeUnixNano: "1763700000123456789" })).startTimeUnixNano).toBe(
      1763700000123456789n
    )
    expect(onlySpan(jsonSpan({ startTimeUnixNano: 12 })).startTimeUnixNano).toBe(12n)
    expect(problem(jsonSpan({ endTimeUnixNano: "-1" }))).toContain("endTimeUnixNano must lie between 0 and")
    expect(problem(jsonSpan({ flags: 2 ** 32 }))).toContain("flags must lie between 0 and 4294967295")
  })

  it("refuses values nested without end, at any depth", () => {
    for (const depth of [65, 5000, 100_000]) {
      const value = `${`{"arrayValue":{"values":[`.repeat(depth)}{"intValue":1}${"]}}".repeat(depth)}`
      const body = `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${value}}]}}]}`
      expect(Either.isLeft(Otlp.decode(utf8(body), "json"))).toBe(true)
    }
  })

  it.prop("reads or refuses any JSON, and never throws", [fc.jsonValue()], ([value]) => {
    expect(Either.isEither(json({ resourceSpans: value }))).toBe(true)
    expect(Either.isEither(json(value))).toBe(true)
  })
})

describe("answers", () => {
  it("writes an empty success", () => {
    expect(Otlp.encodeResponse("protobuf")).toHaveLength(0)
    expect(new TextDecoder().decode(Otlp.encodeResponse("json"))).toBe("{}")
  })

  it("writes a partial success that the stock client reads", () => {
    const partial = { rejectedSpans: 300, errorMessage: "too late" }
    const stock = ProtobufTraceSerializer.deserializeResponse(Otlp.encodeResponse("protobuf", partial))
    expect(stock).toEqual({ partialSuccess: partial })
    expect(JSON.parse(new TextDecoder().decode(Otlp.encodeResponse("json", partial)))).toEqual({
      partialSuccess: { rejectedSpans: "300", errorMessage: "too late" }
    })
  })

  it("writes a google.rpc.Status", () => {
    const status = { code: 16, message: "nö" }
    const reader = protobuf.Reader.create(Otlp.encodeStatus("protobuf", status))
    expect([reader.uint32(), reader.int32(), reader.uint32(), reader.string()]).toEqual([8, 16, 18, "nö"])
    expect(JSON.parse(new TextDecoder().decode(Otlp.encodeStatus("json", status)))).toEqual(status)
  })

  it.each([
    [400, 3],
    [401, 16],
    [404, 5],
    [429, 8],
    [503, 14],
    [418, 2]
  ])("has a gRPC code for %i", (http, grpc) => {
    expect(Otlp.grpcCode(http)).toBe(grpc)
  })
})
