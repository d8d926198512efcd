import { describe, expect, it } from "@effect/vitest"
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base"
import { Fault, Receiver, SpanTree } from "@tenant-tracer/receiver"
import { Effect } from "effect"
import { readableSpans } from "./support/spans.js"

const exporters = [
  { name: "exporter-trace-otlp-http", encoding: "json", Exporter: HttpExporter },
  { name: "exporter-trace-otlp-proto", encoding: "protobuf", Exporter: ProtoExporter }
]

const exportSpans = (exporter: SpanExporter, count: number): Effect.Effect<{ code: number; error?: Error }> =>
  Effect.async((resume) => exporter.export(readableSpans(count), (result) => resume(Effect.succeed(result))))

describe.each(exporters)("$name", ({ encoding, Exporter }) => {
  const setUp = (key: string, compression?: "gzip") =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: { "x-key": "a" } }] })
      const url = yield* receiver.endpoint("acme")
      const exporter = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new Exporter({
              url,
              headers: { "x-key": key },
              // The enum of the exporters' base package, which this package does not depend on.
              ...(compression && { compression: compression as never })
            })
        ),
        (exporter) => Effect.promise(() => exporter.shutdown())
      )
      return { receiver, exporter }
    })

  it.scoped("delivers", () =>
    Effect.gen(function* () {
      const { exporter, receiver } = yield* setUp("a")
      expect((yield* exportSpans(exporter, 3)).code).toBe(0)
      const [delivery] = yield* receiver.received("acme")
      expect(delivery).toMatchObject({ encoding, compression: "identity" })
      expect(yield* receiver.awaitSpans("acme", 3)).toHaveLength(3)
    })
  )

  it.scoped("delivers with gzip", () =>
    Effect.gen(function* () {
      const { exporter, receiver } = yield* setUp("a", "gzip")
      expect((yield* exportSpans(exporter, 100)).code).toBe(0)
      expect((yield* receiver.received("acme"))[0]).toMatchObject({ encoding, compression: "gzip" })
      expect(yield* receiver.spans("acme")).toHaveLength(100)
    })
  )

  it.scoped("fails with a wrong key, and delivers nothing", () =>
    Effect.gen(function* () {
      const { exporter, receiver } = yield* setUp("b")
      const result = yield* exportSpans(exporter, 1)
      expect([result.code, result.error?.message]).toEqual([1, "Unauthorized"])
      expect((yield* receiver.refusals()).map((refusal) => refusal.status)).toEqual([401])
    })
  )

  it.scoped("retries 503 after the time it is told", () =>
    Effect.gen(function* () {
      const { exporter, receiver } = yield* setUp("a")
      yield* receiver.script("acme", [Fault.status(503, { retryAfter: 1 })])
      expect((yield* exportSpans(exporter, 1)).code).toBe(0)
      expect((yield* receiver.refusals("acme")).map((refusal) => refusal.status)).toEqual([503])
      expect(yield* receiver.spans("acme")).toHaveLength(1)
    })
  )

  it.scoped("takes a partial success and a lie for success", () =>
    Effect.gen(function* () {
      const { exporter, receiver } = yield* setUp("a")
      yield* receiver.script("acme", [Fault.partialSuccess(2, "full"), Fault.drop])
      expect((yield* exportSpans(exporter, 3)).code).toBe(0)
      expect((yield* exportSpans(exporter, 3)).code).toBe(0)
      expect(yield* receiver.spans("acme")).toHaveLength(1)
    })
  )

  it.scoped("delivers what a tracer made, as a tree", () =>
    Effect.gen(function* () {
      const { exporter, receiver } = yield* setUp("a")
      const provider = yield* Effect.acquireRelease(
        Effect.sync(() => new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })),
        (provider) => Effect.promise(() => provider.shutdown())
      )
      const tracer = provider.getTracer("shop", "2.0.0")
      tracer
        .startSpan("buy", { startTime: new Date(1_000) })
        .setAttribute("items", 2)
        .setAttribute("price", 9.5)
        .end(new Date(2_000))
      yield* Effect.promise(() => provider.forceFlush())
      const spans = yield* receiver.awaitSpans("acme", 1)
      expect(spans[0]).toMatchObject({
        name: "buy",
        kind: 1,
        startTimeUnixNano: 1_000_000_000n,
        endTimeUnixNano: 2_000_000_000n,
        attributes: { items: 2, price: 9.5 },
        scope: { name: "shop", version: "2.0.0" }
      })
      expect(SpanTree.orphans(spans)).toEqual([])
      expect(SpanTree.print(spans)).toBe("buy")
    })
  )
})
