import { expect, it } from "@effect/vitest"
import { SpanKind, SpanStatusCode } from "@opentelemetry/api"
import { FastCheck } from "effect"
import type { SpanKind as Kind } from "effect/Tracer"
import * as ReadableSpanAdapter from "../../src/render/ReadableSpanAdapter.js"
import { Double } from "../../src/render/RenderedSpan.js"
import { bare, context, rendered } from "./fakes.js"

const fields = [
  "attributes",
  "droppedAttributesCount",
  "droppedEventsCount",
  "droppedLinksCount",
  "duration",
  "ended",
  "endTime",
  "events",
  "instrumentationScope",
  "kind",
  "links",
  "name",
  "parentSpanContext",
  "resource",
  "spanContext",
  "startTime",
  "status"
]

it("has all seventeen fields", () => {
  const span = ReadableSpanAdapter.make(rendered(), context)
  expect(Object.keys(span).sort((a, b) => a.localeCompare(b))).toEqual([...fields].sort((a, b) => a.localeCompare(b)))
  expect(fields).toHaveLength(17)
})

it("of which a root lacks the parent alone", () => {
  const span = ReadableSpanAdapter.make(bare, context)
  expect(Object.keys(span)).toHaveLength(16)
  expect(span.parentSpanContext).toBeUndefined()
  expect([span.events, span.links].every((list) => list.length === 0 && Object.isFrozen(list))).toBe(true)
})

it("says what the rendered span says", () => {
  const span = ReadableSpanAdapter.make(rendered(), context)
  expect(span.spanContext()).toMatchObject({ traceId: rendered().traceId, spanId: rendered().spanId, traceFlags: 1 })
  expect(span.spanContext().traceState?.serialize()).toBe("vendor=1,other=2")
  expect(span.parentSpanContext).toMatchObject({ spanId: "00f067aa0ba902b7", isRemote: true })
  expect(span.startTime).toEqual([1_795_289_780, 570_527_401])
  expect(span.endTime).toEqual([1_795_289_781, 570_527_402])
  expect(span.duration).toEqual([1, 1])
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: "it failed" })
  expect(Object.entries(span.attributes)).toContainEqual(["__proto__", "own"])
  expect(span.attributes.double).toBe(0.25)
  expect(span.resource.attributes).toEqual({ "service.name": "gateway", "host.cpu": 2, flags: ["a", "b"] })
  expect(span.resource.schemaUrl).toBe(context.schemaUrl)
  expect(span.instrumentationScope).toEqual({ ...context.scope, schemaUrl: context.schemaUrl })
  expect(span.droppedAttributesCount).toBe(2)
})

it("an unset status stays unset", () => {
  expect(ReadableSpanAdapter.make(bare, context).status).toEqual({ code: SpanStatusCode.UNSET })
})

it.prop("times are whole seconds and the nanoseconds between", [FastCheck.bigInt(0n, 2n ** 62n)], ([nanos]) => {
  const { startTime } = ReadableSpanAdapter.make(rendered({ startTime: nanos }), context)
  expect(BigInt(startTime[0]) * 1_000_000_000n + BigInt(startTime[1])).toBe(nanos)
  expect(startTime[1]).toBeLessThan(1_000_000_000)
})

it("a clock that went back gives a duration of nothing", () => {
  expect(ReadableSpanAdapter.make(rendered({ endTime: 0n }), context).duration).toEqual([0, 0])
})

it("knows every kind", () => {
  const kinds: ReadonlyArray<readonly [Kind, SpanKind]> = [
    ["internal", SpanKind.INTERNAL],
    ["server", SpanKind.SERVER],
    ["client", SpanKind.CLIENT],
    ["producer", SpanKind.PRODUCER],
    ["consumer", SpanKind.CONSUMER]
  ]
  for (const [kind, expected] of kinds)
    expect(ReadableSpanAdapter.make(rendered({ kind }), context).kind).toBe(expected)
})

it("the spans of one context share resource and scope, because exporters group by identity", () => {
  const [a, b] = [ReadableSpanAdapter.make(rendered(), context), ReadableSpanAdapter.make(bare, context)]
  expect(a.resource).toBe(b.resource)
  expect(a.instrumentationScope).toBe(b.instrumentationScope)
  expect(ReadableSpanAdapter.make(bare, { ...context }).resource).not.toBe(a.resource)
})

it("leaves out numbers that cannot travel, and counts them", () => {
  const attributes = [
    ["nan", Number.NaN],
    ["infinite", new Double(Number.POSITIVE_INFINITY)],
    ["list", [1, Number.NaN]],
    ["beyond 64 bits", new Double(1e20)],
    ["list beyond 64 bits", [1, 2 ** 63]],
    ["fine", 1]
  ] as const
  const span = ReadableSpanAdapter.make(rendered({ attributes }), context)
  expect(span.attributes).toEqual({ fine: 1 })
  expect(span.droppedAttributesCount).toBe(7)
})
