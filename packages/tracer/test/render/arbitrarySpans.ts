/** Any rendered span, and what whoever decodes it must find: said here once more, and not with what writes it. */
import { Otlp } from "@tenant-tracer/receiver"
import { FastCheck } from "effect"
import {
  type BatchContext,
  Double,
  type RenderedEvent,
  type RenderedLink,
  type RenderedSpan,
  type Value
} from "../../src/render/RenderedSpan.js"

type Attributes = RenderedSpan["attributes"]

/** As UTF-8 has it. */
export const wellFormed = (text: string): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text))

/** Characters of JavaScript's own: any of them may be half of a surrogate pair. */
const anyText = FastCheck.array(
  FastCheck.oneof(
    FastCheck.integer({ min: 0, max: 0xffff }),
    FastCheck.integer({ min: 0, max: 0x7f }),
    FastCheck.integer({ min: 0xd800, max: 0xdfff })
  ),
  { maxLength: 40 }
).map((codes) => String.fromCharCode(...codes))

/** Also as long as what takes another way: a length of one byte more, a text that is written in parts. */
export const text: FastCheck.Arbitrary<string> = FastCheck.oneof(
  { weight: 4, arbitrary: anyText },
  { weight: 4, arbitrary: FastCheck.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: FastCheck.constantFrom("", "__proto__", "toString", "\u007f😀\u007f", "\ufeff") },
  {
    weight: 1,
    arbitrary: FastCheck.tuple(
      FastCheck.constantFrom(1, 31, 32, 33, 93, 120, 125, 126, 127, 128, 4094, 4095, 4096, 8191, 16_380, 16_384),
      FastCheck.constantFrom("x", "ß", '"', "\n", "\u0001"),
      anyText
    ).map(([length, character, end]) => character.repeat(length) + end)
  }
)

export const wholeNumber: FastCheck.Arbitrary<number> = FastCheck.oneof(
  FastCheck.integer({ min: -200, max: 200 }),
  FastCheck.integer(),
  FastCheck.maxSafeInteger(),
  FastCheck.bigInt(-(2n ** 64n), 2n ** 64n).map(Number),
  FastCheck.integer({ min: 0, max: 70 }).chain((exponent) =>
    FastCheck.constantFrom(2 ** exponent, 2 ** exponent - 1, -(2 ** exponent), -(2 ** exponent) - 1)
  )
)

export const anyNumber: FastCheck.Arbitrary<number> = FastCheck.oneof(
  wholeNumber,
  FastCheck.double(),
  FastCheck.tuple(FastCheck.integer(), FastCheck.integer({ min: 0, max: 12 })).map(
    ([n, decimals]) => n / 10 ** decimals
  ),
  FastCheck.constantFrom(0, -0, 0.1 + 0.2, 1e21, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
)

export const value: FastCheck.Arbitrary<Value> = FastCheck.oneof(
  { weight: 4, arbitrary: text },
  { weight: 4, arbitrary: anyNumber },
  { weight: 2, arbitrary: anyNumber.map((number) => new Double(number)) },
  { weight: 1, arbitrary: FastCheck.boolean() },
  FastCheck.array(text, { maxLength: 5 }),
  FastCheck.array(anyNumber, { maxLength: 5 }),
  FastCheck.array(wholeNumber, { maxLength: 40 }),
  FastCheck.array(FastCheck.boolean(), { maxLength: 5 })
)

export const attributesOf = (
  values: FastCheck.Arbitrary<Value>,
  maxLength = 12,
  minLength = 0
): FastCheck.Arbitrary<Attributes> =>
  FastCheck.uniqueArray(FastCheck.tuple(text, values), { minLength, maxLength, selector: ([key]) => wellFormed(key) })

const hex = (digits: number) =>
  FastCheck.array(FastCheck.constantFrom(..."0123456789abcdef"), { minLength: digits, maxLength: digits }).map(
    (characters) => `${characters.slice(1).join("")}1`
  )

const traceId = hex(32)
const spanId = hex(16)
const time = FastCheck.oneof(FastCheck.bigUintN(64), FastCheck.constantFrom(0n, 2n ** 64n - 1n))
const count = FastCheck.oneof(FastCheck.constant(0), FastCheck.integer({ min: 0, max: 2 ** 31 - 1 }))

const eventsOf = (attributes: FastCheck.Arbitrary<Attributes>): FastCheck.Arbitrary<ReadonlyArray<RenderedEvent>> =>
  FastCheck.array(FastCheck.record({ name: text, time, attributes }), { maxLength: 3 })

const linksOf = (attributes: FastCheck.Arbitrary<Attributes>): FastCheck.Arbitrary<ReadonlyArray<RenderedLink>> =>
  FastCheck.array(FastCheck.record({ traceId, spanId, attributes }), { maxLength: 3 })

/** Spans with these attributes, and anything else. */
export const spanWith = (attributes: FastCheck.Arbitrary<Attributes>): FastCheck.Arbitrary<RenderedSpan> =>
  FastCheck.record({
    traceId,
    spanId,
    parentSpanId: FastCheck.option(spanId, { nil: undefined }),
    parentIsRemote: FastCheck.boolean(),
    traceState: FastCheck.option(FastCheck.constantFrom("vendor=1", "vendor=1,other=2"), { nil: undefined }),
    name: text,
    kind: FastCheck.constantFrom("internal", "server", "client", "producer", "consumer"),
    startTime: time,
    endTime: time,
    attributes,
    droppedAttributes: FastCheck.integer({ min: 0, max: 1000 }),
    events: eventsOf(attributes),
    droppedEvents: count,
    links: linksOf(attributes),
    status: FastCheck.record({
      code: FastCheck.constantFrom("unset", "error"),
      message: FastCheck.option(text, { nil: undefined })
    })
  })

export const span: FastCheck.Arbitrary<RenderedSpan> = spanWith(attributesOf(value))

export const context: FastCheck.Arbitrary<BatchContext> = FastCheck.record({
  resource: FastCheck.dictionary(
    text.map(wellFormed).filter((key) => key !== "__proto__"),
    FastCheck.oneof(text, FastCheck.double({ noNaN: true, noDefaultInfinity: true }), FastCheck.boolean()),
    { maxKeys: 5 }
  ),
  schemaUrl: FastCheck.option(FastCheck.webUrl(), { nil: undefined }),
  scope: FastCheck.record({ name: text, version: text })
})

const isInt64 = (number: number): boolean =>
  Number.isInteger(number) && BigInt(number) >= -(2n ** 63n) && BigInt(number) < 2n ** 63n

const numberAs = (number: number, isDouble: boolean): Otlp.AnyValue =>
  isDouble ? { type: "double", value: number } : { type: "int", value: BigInt(number) }

const decoded = (value: Value): Otlp.AnyValue => {
  if (typeof value === "string") return { type: "string", value: wellFormed(value) }
  if (typeof value === "boolean") return { type: "bool", value }
  if (typeof value === "number") return numberAs(value, !isInt64(value))
  if (value instanceof Double) return numberAs(value.value, true)
  const items: ReadonlyArray<string | number | boolean> = value
  const areDoubles = items.some((item) => typeof item === "number" && !isInt64(item))
  return {
    type: "array",
    value: items.map((item) => (typeof item === "number" ? numberAs(item, areDoubles) : decoded(item)))
  }
}

const travels = (value: Value): boolean =>
  [value instanceof Double ? value.value : value]
    .flat()
    .every((item) => typeof item !== "number" || Number.isFinite(item))

const decodedAttributes = (attributes: Attributes, dropped: number) => {
  const keyValues = attributes
    .filter(([, value]) => travels(value))
    .map(([key, value]) => ({ key: wellFormed(key), value: decoded(value) }))
  return {
    keyValues,
    attributes: Object.fromEntries(keyValues.map(({ key, value }) => [key, Otlp.plain(value)])),
    droppedAttributesCount: dropped + attributes.length - keyValues.length
  }
}

const kindNumbers = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }

/** What is found of a span. */
export const expected = (span: RenderedSpan, { resource, schemaUrl = "", scope }: BatchContext): Otlp.ReceivedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? "",
  traceState: span.traceState ?? "",
  flags: span.parentIsRemote && span.parentSpanId !== undefined ? 0x301 : 0x101,
  name: wellFormed(span.name),
  kind: kindNumbers[span.kind],
  startTimeUnixNano: span.startTime,
  endTimeUnixNano: span.endTime,
  ...decodedAttributes(span.attributes, span.droppedAttributes),
  events: span.events.map((event) => ({
    name: wellFormed(event.name),
    timeUnixNano: event.time,
    ...decodedAttributes(event.attributes, 0)
  })),
  droppedEventsCount: span.droppedEvents,
  links: span.links.map((link) => ({
    traceId: link.traceId,
    spanId: link.spanId,
    traceState: "",
    flags: 0x101,
    ...decodedAttributes(link.attributes, 0)
  })),
  droppedLinksCount: 0,
  status: { code: span.status.code === "error" ? 2 : 0, message: wellFormed(span.status.message ?? "") },
  resource: { ...decodedAttributes(Object.entries(resource), 0), schemaUrl },
  scope: {
    name: wellFormed(scope.name),
    version: wellFormed(scope.version),
    ...decodedAttributes([], 0),
    schemaUrl
  }
})
