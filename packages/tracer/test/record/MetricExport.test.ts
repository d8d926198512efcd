import { Metrics, OtlpMetrics, OtlpSerialization, Resource } from "@effect/opentelemetry"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  type ResourceMetrics
} from "@opentelemetry/sdk-metrics"
import { CallMetrics, MetricExport } from "@tenant-tracer/tracer"
import { Chunk, Effect, Layer, Metric, MetricBoundaries } from "effect"
import * as Recorder from "../../src/record/Recorder.js"
import { messagesAt, textsAt, valuesAt } from "../support/protobuf.js"
import { route } from "../support/recorded.js"
import { one } from "../support/tracing.js"

/** Metrics are the process's: each test has a provider of its own to know its series by. */
let fresh = 0
const own = () => `exported ${fresh++}`

/** A model call at a port, under a ceiling that leaves room for it and one other. */
const called = (provider: string) => {
  const calls = CallMetrics.make({ maxSeries: 2 }, () => {})
  const recorder = Recorder.make({ sink: () => {}, count: () => {}, calls })
  const parent = recorder.openRequest({ name: "root", startTime: 0n, wallTime: 0, route: route([]) })
  const server = { address: "api.example", port: 8443 }
  for (const by of [provider, `${provider} beyond`]) {
    const data = { _tag: "llm_call", operation: "chat", provider: by, server } as const
    const span = recorder.begin({ name: "chat", startTime: 0n, parent, data })
    if (span === undefined) return expect.fail("too many open spans")
    recorder.end(span, 2_000_000_000n, { _tag: "unset" })
  }
}

const name = "gen_ai.client.operation.duration"

/** Everything that Effect's registry holds, through the SDK's reader. */
const collected = Effect.gen(function* () {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  yield* Metrics.registerProducer(MetricExport.producer(yield* Metrics.makeProducer), () => reader)
  yield* Effect.promise(() => reader.forceFlush())
  return one(exporter.getMetrics())
}).pipe(Effect.scoped, Effect.provide(Resource.layer({ serviceName: "gateway" })))

const metricsOf = ({ scopeMetrics }: ResourceMetrics) => scopeMetrics.flatMap(({ metrics }) => metrics)

/** What a KeyValue of protobuf says, by the number of its kind: 1 is text, 2 a boolean, 3 an integer. */
const keyValue = (attribute: Uint8Array) => {
  const kinds = [1, 2, 3].filter((kind) => valuesAt(attribute, 2, kind).length > 0)
  const [text] = textsAt(attribute, 2, 1)
  return [one(textsAt(attribute, 1)), one(kinds), text ?? valuesAt(attribute, 2, one(kinds))[0]]
}

/** The attributes of each point of that metric in an ExportMetricsServiceRequest. */
const pointsOf = (bytes: Uint8Array) =>
  messagesAt(bytes, 1, 2, 2)
    .filter((metric) => textsAt(metric, 1)[0] === name)
    .flatMap((metric) => messagesAt(metric, 9, 1))
    .map((point) => messagesAt(point, 9).map(keyValue))

/** One operation at one port. */
const expected = (provider: string) => [
  ["gen_ai.operation.name", 1, "chat"],
  ["gen_ai.provider.name", 1, provider],
  ["server.address", 1, "api.example"],
  ["server.port", 3, 8443n]
]

const sorted = (attributes: ReadonlyArray<ReadonlyArray<unknown>>) =>
  [...attributes].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))

const isOf = (provider: string) => (attributes: ReadonlyArray<ReadonlyArray<unknown>>) =>
  attributes.some(([, , value]) => value === provider)

describe("a point, through the SDK's readers", () => {
  it.effect(
    "has a port that is a number, its unit in its place alone, and says by a boolean that others share it",
    () =>
      Effect.gen(function* () {
        const provider = own()
        called(provider)
        const metric = metricsOf(yield* collected).find(({ descriptor }) => descriptor.name === name)
        expect(metric?.descriptor.unit).toBe("s")
        const attributes = metric?.dataPoints.map(({ attributes }) => attributes) ?? []
        expect(attributes.find((each) => each["gen_ai.provider.name"] === provider)).toEqual({
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": provider,
          "server.address": "api.example",
          "server.port": 8443
        })
        expect(attributes.filter((each) => "otel.metric.overflow" in each)).toEqual([{ "otel.metric.overflow": true }])
      })
  )

  it.effect("is so in JSON and in protobuf", () =>
    Effect.gen(function* () {
      const provider = own()
      called(provider)
      const resourceMetrics = yield* collected
      const json = new TextDecoder().decode(JsonMetricsSerializer.serializeRequest(resourceMetrics))
      expect(json).toContain('{"key":"server.port","value":{"intValue":8443}}')
      expect(json).not.toContain('{"key":"unit","value":{"stringValue":"s"}}')
      const bytes = ProtobufMetricsSerializer.serializeRequest(resourceMetrics) ?? new Uint8Array()
      expect(sorted(one(pointsOf(bytes).filter(isOf(provider))))).toEqual(expected(provider))
      expect(pointsOf(bytes)).toContainEqual([["otel.metric.overflow", 2, 1n]])
    })
  )

  it.effect("of somebody else's metric is left as it is", () =>
    Effect.gen(function* () {
      const provider = own()
      Metric.histogram("app.duration", MetricBoundaries.fromIterable(Chunk.of(1)))
        .pipe(Metric.tagged("unit", "ms"), Metric.tagged("server.port", "80"), Metric.tagged("by", provider))
        .unsafeUpdate(1, [])
      const metric = metricsOf(yield* collected).find(({ descriptor }) => descriptor.name === "app.duration")
      expect(metric?.dataPoints[0]?.attributes).toEqual({ unit: "ms", "server.port": "80", by: provider })
    })
  )

  it.effect("whose port is no port keeps what was said as text", () =>
    Effect.gen(function* () {
      const provider = own()
      CallMetrics.histograms["gen_ai.client.operation.time_to_first_chunk"]
        .pipe(Metric.tagged("server.port", "8080.5"), Metric.tagged("by", provider))
        .unsafeUpdate(1, [])
      const points = metricsOf(yield* collected).flatMap(({ dataPoints }) =>
        dataPoints.map((point) => point.attributes)
      )
      expect(points.find(({ by }) => by === provider)).toEqual({ "server.port": "8080.5", by: provider })
    })
  )
})

describe("a point, through OtlpMetrics", () => {
  /** What a layer of serialization posts when it is closed. */
  const posted = (serialization: Layer.Layer<OtlpSerialization.OtlpSerialization>) =>
    Effect.gen(function* () {
      const bodies: Array<Uint8Array> = []
      const client = HttpClient.make((request) => {
        if (request.body._tag === "Uint8Array") bodies.push(request.body.body)
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response("{}")))
      })
      yield* OtlpMetrics.layer({
        url: "http://collector.example/v1/metrics",
        resource: { serviceName: "gateway" }
      }).pipe(Layer.provide([serialization, Layer.succeed(HttpClient.HttpClient, client)]), Layer.build, Effect.scoped)
      return one(bodies)
    })

  const typed = Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, (stock) => ({
      ...stock,
      metrics: (data) => stock.metrics(MetricExport.request(data))
    }))
  )

  it.effect("is the same in protobuf", () =>
    Effect.gen(function* () {
      const provider = own()
      called(provider)
      const bytes = yield* posted(Layer.provide(typed, OtlpSerialization.layerProtobuf))
      expect(sorted(one(pointsOf(bytes).filter(isOf(provider))))).toEqual(expected(provider))
      expect(pointsOf(bytes)).toContainEqual([["otel.metric.overflow", 2, 1n]])
    })
  )

  it.effect("is the same in JSON, and other metrics are left as they are", () =>
    Effect.gen(function* () {
      const provider = own()
      called(provider)
      Metric.counter("app.calls").pipe(Metric.tagged("unit", "by"), Metric.tagged("by", provider)).unsafeUpdate(1, [])
      const json = new TextDecoder().decode(yield* posted(Layer.provide(typed, OtlpSerialization.layerJson)))
      expect(json).toContain('{"key":"server.port","value":{"intValue":8443}}')
      expect(json).not.toContain('{"key":"unit","value":{"stringValue":"s"}}')
      expect(json).toContain('{"key":"unit","value":{"stringValue":"by"}}')
      expect(json).toContain('{"key":"otel.metric.overflow","value":{"boolValue":true}}')
    })
  )

  it("of what is no such request is handed on", () => {
    for (const data of [{}, { resourceMetrics: [{}] }, { resourceMetrics: [{ scopeMetrics: [{ metrics: [{}] }] }] }])
      expect(MetricExport.request(data)).toBe(data)
  })
})
