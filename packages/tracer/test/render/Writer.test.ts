import { describe, expect, it } from "@effect/vitest"
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { Otlp } from "@tenant-tracer/receiver"
import { Either, FastCheck } from "effect"
import * as ReadableSpanAdapter from "../../src/render/ReadableSpanAdapter.js"
import { type BatchContext, Double, type RenderedSpan, type Value } from "../../src/render/RenderedSpan.js"
import * as Writer from "../../src/render/Writer.js"
import * as Arbitrary from "./arbitrarySpans.js"
import { bare, context, rendered } from "./fakes.js"

const formats = [
  ["http/protobuf", "protobuf", ProtobufTraceSerializer],
  ["http/json", "json", JsonTraceSerializer]
] as const

const read = (body: Uint8Array, encoding: Otlp.Encoding): ReadonlyArray<Otlp.ReceivedSpan> =>
  Otlp.flatten(Either.getOrThrow(Otlp.decode(body, encoding)))

const textOf = (body: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(body)

const hexOf = (body: Uint8Array): string => Buffer.from(body).toString("hex")

describe.each(formats)("%s", (protocol, encoding, stock) => {
  const writer = Writer.of(protocol)
  const received = (spans: ReadonlyArray<RenderedSpan>, of: BatchContext = context) =>
    read(writer.encode(spans, of), encoding)
  const expected = (spans: ReadonlyArray<RenderedSpan>, of: BatchContext = context) =>
    spans.map((span) => Arbitrary.expected(span, of))

  it("says what the spans say", () => {
    const request = Either.getOrThrow(Otlp.decode(writer.encode([rendered(), bare], context), encoding))
    expect(request.resourceSpans).toHaveLength(1)
    expect(request.resourceSpans[0]?.scopeSpans).toHaveLength(1)
    const [span, root] = Otlp.flatten(request)
    expect(span).toMatchObject({
      traceId: rendered().traceId,
      spanId: rendered().spanId,
      parentSpanId: "00f067aa0ba902b7",
      traceState: "vendor=1,other=2",
      flags: 0x301,
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
    expect(span?.links).toMatchObject([{ spanId: "c7ad6b7169203331", flags: 0x101, attributes: { why: "caller" } }])
    expect(span?.resource).toMatchObject({ attributes: { "service.name": "gateway" }, schemaUrl: context.schemaUrl })
    expect(span?.scope).toMatchObject({ name: "tenant-tracer", version: "0.1.0", schemaUrl: context.schemaUrl })
    expect(root).toMatchObject({ parentSpanId: "", kind: 2, status: { code: 0, message: "" }, attributes: {} })
    expect(root?.flags).toBe(0x101)
  })

  it.prop(
    "says all that any spans say, and nothing else",
    [FastCheck.array(Arbitrary.span, { maxLength: 4 }), Arbitrary.context],
    ([spans, of]) => {
      expect(received(spans, of)).toEqual(expected(spans, of))
    }
  )

  it.prop(
    "of as many attributes as there are",
    [FastCheck.array(Arbitrary.spanWith(Arbitrary.attributesOf(Arbitrary.value, 200, 100)), { maxLength: 2 })],
    ([spans]) => {
      expect(received(spans)).toEqual(expected(spans))
    },
    { fastCheck: { numRuns: 20 } }
  )

  it.prop(
    "spans that have much in common as well as others",
    [
      FastCheck.tuple(
        FastCheck.array(Arbitrary.attributesOf(Arbitrary.value, 6), { minLength: 1, maxLength: 3 }),
        Arbitrary.text
      ).chain(([shapes, long]) =>
        FastCheck.array(
          FastCheck.tuple(
            FastCheck.constantFrom(...shapes),
            FastCheck.option(FastCheck.tuple(FastCheck.nat(5), Arbitrary.value)),
            // Some so long, or so short, that what is written of them moves.
            FastCheck.constantFrom("", long, "x".repeat(17_000))
          ).map(([attributes, change, name]) =>
            rendered({
              name,
              attributes: attributes.map(([key, value], i) => [key, change?.[0] === i ? change[1] : value])
            })
          ),
          { minLength: 2, maxLength: 12 }
        )
      )
    ],
    ([spans]) => {
      expect(received(spans)).toEqual(expected(spans))
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.each<readonly [string, Value, Value]>([
    ["a whole number and a double", 1, new Double(1)],
    ["a double and a whole number", new Double(1), 1],
    ["the two zeros", new Double(0), new Double(-0)],
    ["a text and the number in it", "1", 1],
    ["what travels and what does not", 1, Number.NaN],
    ["what does not travel and what does", Number.NaN, 1],
    ["lists", ["a"], ["b"]]
  ])("tells apart %s under one key", (_, first, second) => {
    const spans = [first, second, second, first].map((value) =>
      rendered({
        attributes: [
          ["before", "same"],
          ["key", value],
          ["after", "same"]
        ]
      })
    )
    expect(received(spans)).toEqual(expected(spans))
  })

  it.prop(
    "what the stock serializer says, where that says all of it",
    [
      FastCheck.array(
        Arbitrary.spanWith(
          FastCheck.uniqueArray(
            FastCheck.tuple(
              // Objects put keys that are numbers first.
              FastCheck.string({ minLength: 1 }).filter((key) => !/^\d+$/.test(key) && key !== "__proto__"),
              FastCheck.oneof(
                FastCheck.string(),
                FastCheck.maxSafeInteger(),
                FastCheck.boolean(),
                FastCheck.array(FastCheck.string(), { maxLength: 3 }),
                FastCheck.array(FastCheck.maxSafeInteger(), { maxLength: 3 })
              )
            ),
            { maxLength: 8, selector: ([key]) => key }
          )
        ).map((span) => ({
          ...span,
          name: Arbitrary.wellFormed(span.name),
          status: { ...span.status, message: Arbitrary.wellFormed(span.status.message ?? "") },
          events: span.events.map((event) => ({ ...event, name: Arbitrary.wellFormed(event.name) }))
        })),
        { minLength: 1, maxLength: 3 }
      )
    ],
    ([spans]) => {
      const body = stock.serializeRequest(spans.map((span) => ReadableSpanAdapter.make(span, context)))
      expect(received(spans)).toEqual(read(body ?? new Uint8Array(), encoding))
    }
  )

  it.prop(
    "at once or span by span, beside another request or alone: the bytes are the same",
    [FastCheck.array(Arbitrary.span, { maxLength: 5 }), FastCheck.array(Arbitrary.span, { maxLength: 5 })],
    ([spans, others]) => {
      const alone = writer.encode(spans, context)
      const one = writer.begin(context)
      const other = Writer.json.begin(context)
      for (let i = 0; i < 5; i++) {
        const [span, another] = [spans[i], others[i]]
        if (span !== undefined) one.add(span)
        if (another !== undefined) other.add(another)
      }
      const body = other.finish()
      expect(hexOf(one.finish())).toBe(hexOf(alone))
      expect(read(body, "json")).toEqual(others.map((span) => Arbitrary.expected(span, context)))
    }
  )

  it("what was finished is not written to any more, be it small or large", () => {
    const bodies = [10, 100_000, 3_000_000, 20].map((length) =>
      writer.encode([rendered({ name: `${length}`.padEnd(length, "x") }), bare], context)
    )
    const before = bodies.map(hexOf)
    for (const length of [1, 200_000, 3_000_000]) writer.encode([rendered({ name: "y".repeat(length) })], context)
    expect(bodies.map(hexOf).map((hex, i) => hex === before[i])).toEqual([true, true, true, true])
    expect(bodies.map((body) => read(body, encoding)[0]?.name.length)).toEqual([10, 100_000, 3_000_000, 20])
  })

  it("a large request takes its memory with it, and another leaves it to the next", () => {
    const large = writer.encode([rendered({ name: "x".repeat(3_000_000) })], context)
    const small = writer.encode([rendered()], context)
    expect(large.buffer.byteLength).toBeGreaterThan(large.length)
    expect(small.buffer.byteLength).toBe(small.length)
  })

  it.each<readonly [string, Partial<RenderedSpan>]>([
    ["at its start", { traceId: null as never }],
    ["in its attributes", { attributes: [["fine", "x"], null as never] }],
    ["in an event, when its attributes are written", { events: [null as never] }]
  ])("a span that throws %s leaves nothing behind", (_, broken) => {
    const encoding1 = writer.begin(context)
    const spans = [rendered(), rendered({ name: "second" })]
    const attributes: RenderedSpan["attributes"] = [...rendered().attributes.slice(0, -1), ["other", "y"]]
    for (const span of spans) {
      encoding1.add(span)
      expect(() => encoding1.add(rendered({ attributes, ...broken }))).toThrow(TypeError)
    }
    encoding1.add(rendered({ attributes }))
    expect(() => encoding1.add(rendered(broken))).toThrow(TypeError)
    expect(read(encoding1.finish(), encoding)).toEqual(expected([...spans, rendered({ attributes })]))
  })

  it("ends once", () => {
    const ended = writer.begin(context)
    ended.add(bare)
    ended.finish()
    expect(() => ended.add(bare)).toThrow("has ended")
    expect(() => ended.finish()).toThrow("has ended")
  })

  it("leaves out numbers that are not finite, and counts them with what was dropped before", () => {
    const attributes = [
      ["nan", Number.NaN],
      ["infinite", new Double(Number.POSITIVE_INFINITY)],
      ["list", [1, Number.NaN]],
      ["fine", 1]
    ] as const
    const events = [{ name: "event", time: 1n, attributes }]
    const links = [{ traceId: rendered().traceId, spanId: rendered().spanId, attributes }]
    const [span] = received([rendered({ attributes, events, links })])
    expect(span).toMatchObject({ attributes: { fine: 1 }, droppedAttributesCount: 5 })
    expect(span?.events).toMatchObject([{ attributes: { fine: 1 }, droppedAttributesCount: 3 }])
    expect(span?.links).toMatchObject([{ attributes: { fine: 1 }, droppedAttributesCount: 3 }])
  })

  it("a list with one double is one of doubles, and one with a number beyond 64 bits, too", () => {
    const attributes = [
      ["mixed", [1, 0.5]],
      ["large", [1, 2 ** 63]],
      ["whole", [1, -(2 ** 63)]]
    ] as const
    const types = received([rendered({ attributes })])[0]?.keyValues.map(({ value }) =>
      value.type === "array" ? value.value.map(({ type }) => type) : value.type
    )
    expect(types).toEqual([
      ["double", "double"],
      ["double", "double"],
      ["int", "int"]
    ])
  })

  it("a clock that is wrong makes no batch unreadable", () => {
    const [span] = received([rendered({ startTime: -1n, endTime: 2n ** 64n })])
    expect(span).toMatchObject({ startTimeUnixNano: 2n ** 64n - 1n, endTimeUnixNano: 0n })
  })

  it("a megabyte in one attribute arrives", () => {
    const attributes = [["messages", `[{"content":"${"naïve \\\n".repeat(130_000)}"}]`]] as const
    expect(received([rendered({ attributes })])).toEqual(expected([rendered({ attributes })]))
  })
})

it.prop("both formats say the same", [FastCheck.array(Arbitrary.span, { maxLength: 4 })], ([spans]) => {
  expect(read(Writer.json.encode(spans, context), "json")).toEqual(
    read(Writer.protobuf.encode(spans, context), "protobuf")
  )
})

it("names the content type of its bytes", () => {
  expect([Writer.protobuf.contentType, Writer.json.contentType]).toEqual(["application/x-protobuf", "application/json"])
})

it("a batch of nothing is an empty request", () => {
  expect(Writer.protobuf.encode([], context)).toHaveLength(0)
  expect(textOf(Writer.json.encode([], context))).toBe(`{"resourceSpans":[]}`)
})

describe("to the byte", () => {
  const span = rendered({
    spanId: "0102030405060708",
    parentSpanId: undefined,
    parentIsRemote: false,
    traceState: undefined,
    name: "a",
    startTime: 1n,
    endTime: 256n,
    attributes: [
      ["s", "é"],
      ["i", -1],
      ["d", new Double(1)],
      ["l", [true]]
    ],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    status: { code: "unset", message: undefined }
  })
  const plain: BatchContext = { resource: { r: 300 }, schemaUrl: "u", scope: { name: "n", version: "v" } }

  it("protobuf, with every length in as few bytes as it takes", () => {
    const spanHex = [
      "0a10",
      span.traceId,
      "12080102030405060708",
      "2a0161",
      "3003",
      "390100000000000000",
      "410001000000000000",
      "4a09 0a0173 1204 0a02c3a9",
      "4a10 0a0169 120b 18ffffffffffffffffff01",
      "4a0e 0a0164 1209 21000000000000f03f",
      "4a0b 0a016c 1206 2a04 0a02 1001",
      "7a00",
      "850101010000"
    ].join("")
    const bytes = (hex: string) => hex.replaceAll(" ", "")
    const sized = (hex: string) => {
      const size = bytes(hex).length / 2
      return hexOf(size < 128 ? Uint8Array.of(size) : Uint8Array.of((size & 127) | 128, size >> 7)) + hex
    }
    const scopeSpans = `0a06 0a016e 120176 12${sized(spanHex)} 1a0175`
    const resourceSpans = `0a0a 0a08 0a0172 1203 18ac02 12${sized(scopeSpans)} 1a0175`
    expect(hexOf(Writer.protobuf.encode([span], plain))).toBe(bytes(`0a${sized(resourceSpans)}`))
  })

  it("JSON, with the fields that the stock exporters write", () => {
    expect(textOf(Writer.json.encode([span], plain))).toBe(
      `{"resourceSpans":[{"resource":{"attributes":[{"key":"r","value":{"intValue":"300"}}],"droppedAttributesCount":0},` +
        `"scopeSpans":[{"scope":{"name":"n","version":"v"},"spans":[{"traceId":"${span.traceId}",` +
        `"spanId":"0102030405060708","name":"a","kind":3,"startTimeUnixNano":"1","endTimeUnixNano":"256","attributes":[` +
        `{"key":"s","value":{"stringValue":"é"}},{"key":"i","value":{"intValue":"-1"}},` +
        `{"key":"d","value":{"doubleValue":1.0}},{"key":"l","value":{"arrayValue":{"values":[{"boolValue":true}]}}}],` +
        `"droppedAttributesCount":0,"events":[],"droppedEventsCount":0,"links":[],"droppedLinksCount":0,` +
        `"status":{"code":0},"flags":257}],"schemaUrl":"u"}],"schemaUrl":"u"}]}`
    )
  })
})
