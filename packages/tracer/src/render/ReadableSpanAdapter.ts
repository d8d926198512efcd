/**
 * A rendered span as the OpenTelemetry SDK knows one, for whatever takes a `ReadableSpan`: complete in all its fields, because a missing scope,
 * resource or list throws for a whole batch, and a time that is no `HrTime` is written as garbage.
 *
 * @since 0.1.0
 */
import { type Attributes, createTraceState, type HrTime, type Link, SpanKind, SpanStatusCode } from "@opentelemetry/api"
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources"
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base"
import * as Otlp from "./internal/otlp.js"
import { type BatchContext, Double, type RenderedSpan, type Value } from "./RenderedSpan.js"

const nanosPerSecond = 1_000_000_000n

const hrTime = (nanos: bigint): HrTime => [Number(nanos / nanosPerSecond), Number(nanos % nanosPerSecond)]

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER
} as const

const sampled = 1

// Shared by all spans, so frozen; the SDK's types know no readonly arrays.
const noEvents = Object.freeze([]) as unknown as Array<TimedEvent>
const noLinks = Object.freeze([]) as unknown as Array<Link>

type Pairs = ReadonlyArray<readonly [key: string, value: Value]>

// JSON has no word for what is not finite, and the stock serializers take what is whole for a 64-bit integer: one of these would make a whole batch
// unreadable.
const cannotTravel = (value: unknown): boolean =>
  typeof value === "number" && (!Number.isFinite(value) || (Number.isInteger(value) && !Otlp.isInteger(value)))

const attributesOf = (pairs: Pairs): { readonly attributes: Attributes; readonly lost: number } => {
  const attributes: Array<readonly [string, Attributes[string]]> = []
  for (const [key, value] of pairs) {
    const plain = value instanceof Double ? value.value : value
    // The SDK's arrays are mutable in type only: nothing writes to them.
    if (!(Array.isArray(plain) ? plain.some(cannotTravel) : cannotTravel(plain)))
      attributes.push([key, plain as Attributes[string]])
  }
  return { attributes: Object.fromEntries(attributes), lost: pairs.length - attributes.length }
}

interface Shared {
  readonly resource: Resource
  readonly scope: ReadableSpan["instrumentationScope"]
}

const shared = new WeakMap<BatchContext, Shared>()

// The stock serializers group by identity, so the spans of one context must have one resource and one scope.
const sharedOf = (context: BatchContext): Shared => {
  const known = shared.get(context)
  if (known !== undefined) return known
  const schema = context.schemaUrl === undefined ? {} : { schemaUrl: context.schemaUrl }
  const fresh = {
    // Our arrays are readonly; it copies them.
    resource: resourceFromAttributes(context.resource as Attributes, schema),
    scope: { ...context.scope, ...schema }
  }
  shared.set(context, fresh)
  return fresh
}

/**
 * Makes a `ReadableSpan`. Pass one `context` object for all spans of a destination. Two things it cannot say: that a whole number is a double
 * (`Double` is unwrapped, and `1.0` arrives as the integer 1), and that a number is not finite or is whole and beyond 64 bits (left out and counted
 * as a dropped attribute).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (span: RenderedSpan, context: BatchContext): ReadableSpan => {
  const { resource, scope } = sharedOf(context)
  const { attributes, lost } = attributesOf(span.attributes)
  const spanContext = {
    traceId: span.traceId,
    spanId: span.spanId,
    traceFlags: sampled,
    ...(span.traceState !== undefined && { traceState: createTraceState(span.traceState) })
  }
  return {
    name: span.name,
    kind: kinds[span.kind],
    spanContext: () => spanContext,
    ...(span.parentSpanId !== undefined && {
      parentSpanContext: {
        traceId: span.traceId,
        spanId: span.parentSpanId,
        traceFlags: sampled,
        isRemote: span.parentIsRemote
      }
    }),
    startTime: hrTime(span.startTime),
    endTime: hrTime(span.endTime),
    duration: hrTime(span.endTime > span.startTime ? span.endTime - span.startTime : 0n),
    status: {
      code: span.status.code === "error" ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
      ...(span.status.message !== undefined && { message: span.status.message })
    },
    attributes,
    events:
      span.events.length === 0
        ? noEvents
        : span.events.map((event) => {
            const own = attributesOf(event.attributes)
            return {
              name: event.name,
              time: hrTime(event.time),
              attributes: own.attributes,
              droppedAttributesCount: own.lost
            }
          }),
    links:
      span.links.length === 0
        ? noLinks
        : span.links.map((link) => {
            const own = attributesOf(link.attributes)
            return {
              context: { traceId: link.traceId, spanId: link.spanId, traceFlags: sampled },
              attributes: own.attributes,
              droppedAttributesCount: own.lost
            }
          }),
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: span.droppedAttributes + lost,
    droppedEventsCount: span.droppedEvents,
    droppedLinksCount: 0
  }
}
