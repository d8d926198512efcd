/** What a back end received, put together: its traces as pictures, and the bytes themselves. */
import type * as Otlp from "@tenant-tracer/receiver/Otlp"
import type * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as SpanTree from "@tenant-tracer/receiver/SpanTree"
import * as Effect from "effect/Effect"

/** One trace, as it is printed. */
export interface Trace {
  readonly id: string
  readonly picture: string
  readonly spans: ReadonlyArray<Otlp.ReceivedSpan>
}

/** Everything that one back end received. */
export interface Received {
  readonly traces: ReadonlyArray<Trace>
  /** Each span once, however often it came. */
  readonly spans: ReadonlyArray<Otlp.ReceivedSpan>
  readonly orphans: number
  readonly deliveries: ReadonlyArray<Receiver.Delivery>
  readonly refusals: ReadonlyArray<Receiver.Refusal>
}

// The span kind of OTLP.
const server = 2

const label = (span: Otlp.ReceivedSpan): string => {
  const failed = span.status.code === 2 ? ` ✗ ${String(span.attributes["error.type"] ?? span.status.message)}` : ""
  return `${span.name}${failed}${span.attributes["gateway.cancelled"] === true ? " (cancelled)" : ""}`
}

/** The traces of some spans, in the order in which they began. */
export const tracesOf = (spans: ReadonlyArray<Otlp.ReceivedSpan>): ReadonlyArray<Trace> => {
  const byTrace = new Map<string, Map<string, Otlp.ReceivedSpan>>()
  const inOrder = spans.slice().sort((a, b) => (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1))
  for (const span of inOrder) {
    const trace = byTrace.get(span.traceId) ?? new Map<string, Otlp.ReceivedSpan>()
    byTrace.set(span.traceId, trace.set(span.spanId, span))
  }
  return Array.from(byTrace, ([id, trace]) => {
    const own = Array.from(trace.values())
    return { id, spans: own, picture: SpanTree.print(own, { label }) }
  })
}

/** Those of the traces that are a request to the gateway, and not its own work. */
export const requestsOf = (traces: ReadonlyArray<Trace>): ReadonlyArray<Trace> =>
  traces.filter(({ spans }) => spans.some(({ kind, parentSpanId }) => parentSpanId === "" && kind === server))

/** Reads a back end. */
export const read = (backend: Receiver.Receiver.Service, account: string): Effect.Effect<Received> =>
  Effect.gen(function* () {
    const traces = tracesOf(yield* backend.spans(account))
    const spans = traces.flatMap((trace) => trace.spans)
    return {
      traces,
      spans,
      orphans: SpanTree.orphans(spans).length,
      deliveries: yield* backend.received(account),
      refusals: yield* backend.refusals()
    }
  })

/** All bytes of what was received: bodies as they came and decompressed, paths, header names and values. */
export const bytesOf = (deliveries: ReadonlyArray<Receiver.Delivery>): ReadonlyArray<Uint8Array> =>
  deliveries.flatMap(({ body, headers, path, raw }) => [raw, body, Buffer.from(JSON.stringify({ path, headers }))])
