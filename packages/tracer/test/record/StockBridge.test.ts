/** The stock bridge to OpenTelemetry in the same app: its spans are another tracer's, and a request's trace is whole without them. */
import { Tracer as Bridge } from "@effect/opentelemetry"
import { expect, it } from "@effect/vitest"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Effect } from "effect"
import { layer } from "../support/tracing.js"

it.effect("a span of the stock bridge inside a request is closed over, and keeps its own exporter", () =>
  Effect.gen(function* () {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    const stock = yield* Bridge.make.pipe(Effect.provideService(Bridge.OtelTracer, provider.getTracer("stock")))
    const { tracer } = yield* TenantTracer.TenantTracer

    const call = Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" }))
    yield* call.pipe(
      Effect.withTracer(tracer),
      Effect.withSpan("stock"),
      Effect.withTracer(stock),
      TenantTracer.withRoute(TestTracer.route("acme"))
    )

    yield* TestTracer.expectTree(
      "acme",
      `
        job
        └── chat gpt-4o
      `
    )
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["stock"])
  }).pipe(Effect.provide(layer()))
)
