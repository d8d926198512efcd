/** What it costs to write 512 spans of 25 attributes: the stock serializers from the SDK's own spans, and our writers from what they are given. */
import { SpanKind } from "@opentelemetry/api"
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { type BatchContext, Double, type RenderedSpan } from "@tenant-tracer/tracer/render/RenderedSpan"
import * as Writer from "@tenant-tracer/tracer/render/Writer"
import { Effect } from "effect"
import type { Encoding } from "../Peer.js"
import * as Stats from "../Stats.js"
import * as Work from "../Work.js"
import * as Clock from "./Clock.js"
import * as Profile from "./Profile.js"

/** What is run. */
export interface Params {
  readonly writer: "ours" | "stock"
  readonly encoding: Encoding
  /** Rounds that are measured. */
  readonly rounds: number
  readonly profile?: Profile.Options | undefined
}

/** What came of it: nanoseconds of CPU per span, and bytes. */
export interface Result {
  readonly cpu: number
  readonly bytes: number
}

/** Spans of a batch. */
export const count = 512

/** Spans as the SDK hands them to an exporter. */
export const stockSpans = () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": "gateway" }),
    spanProcessors: [new SimpleSpanProcessor(exporter)]
  })
  const tracer = provider.getTracer(context.scope.name, context.scope.version)
  for (let index = 0; index < count; index++) {
    tracer.startSpan(Work.names.call, { kind: SpanKind.CLIENT, attributes: Work.callAttributes(index, false) }).end()
  }
  return exporter.getFinishedSpans()
}

/** What the spans of a batch have in common. */
export const context: BatchContext = {
  resource: { "service.name": "gateway" },
  schemaUrl: undefined,
  scope: { name: "bench", version: "0.1.0" }
}

/** The same spans as our renderer hands them to a writer. */
export const ourSpans = (): ReadonlyArray<RenderedSpan> =>
  stockSpans().map((span, index) => ({
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: undefined,
    parentIsRemote: false,
    traceState: undefined,
    name: span.name,
    kind: "client",
    startTime: nanos(span.startTime),
    endTime: nanos(span.endTime),
    attributes: Object.entries(Work.callAttributes(index, false)).map(([key, value]) => [
      key,
      typeof value === "number" && !Number.isInteger(value) ? new Double(value) : value
    ]),
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    status: { code: "unset", message: undefined }
  }))

const nanos = ([seconds, nanos]: readonly [number, number]): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos)

/** Writes the batch once. */
export const encoder = ({ encoding, writer }: Pick<Params, "encoding" | "writer">): (() => Uint8Array) => {
  if (writer === "stock") {
    const serializer = encoding === "json" ? JsonTraceSerializer : ProtobufTraceSerializer
    const spans = stockSpans()
    return () => serializer.serializeRequest(spans) ?? new Uint8Array()
  }
  const own = Writer.of(encoding === "json" ? "http/json" : "http/protobuf")
  const spans = ourSpans()
  return () => own.encode(spans, context)
}

const perRound = 10

/** Measures it. */
export const run = ({ profile, rounds, ...params }: Params): Effect.Effect<Result> =>
  Effect.gen(function* () {
    const encode = encoder(params)
    for (let time = 0; time < 60; time++) encode()
    yield* Clock.collect
    const cpu: Array<number> = []
    const measured = Effect.gen(function* () {
      for (let round = 0; round < rounds; round++) {
        const before = Clock.cpu()
        for (let time = 0; time < perRound; time++) encode()
        cpu.push(((Clock.cpu() - before) * 1e3) / (perRound * count))
        yield* Clock.turn
      }
    })
    yield* Profile.around(profile, measured)
    return { cpu: Stats.median(cpu), bytes: encode().length }
  })
