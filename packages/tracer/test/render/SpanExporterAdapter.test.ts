import { expect, it, vi } from "@effect/vitest"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { OTLPTraceExporter as OTLPProtoTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { ConsoleSpanExporter, InMemorySpanExporter, type SpanExporter } from "@opentelemetry/sdk-trace-base"
import { Receiver } from "@tenant-tracer/receiver"
import { Deferred, Effect, Exit, Fiber, Redacted, Scope, TestClock } from "effect"
import * as OtlpExporter from "../../src/deliver/OtlpExporter.js"
import { Transport } from "../../src/deliver/Transport.js"
import * as UndiciTransport from "../../src/deliver/UndiciTransport.js"
import type { RenderedSpan } from "../../src/render/RenderedSpan.js"
import * as SpanExporterAdapter from "../../src/render/SpanExporterAdapter.js"
import * as Writer from "../../src/render/Writer.js"
import { bare, context, rendered } from "./fakes.js"

const batch = [rendered(), bare]

const adapt = (exporter: SpanExporter) =>
  SpanExporterAdapter.make<RenderedSpan>({ exporter, render: (spans) => Effect.succeed({ spans, context }) })

type Callback = Parameters<SpanExporter["export"]>[1]

/** An exporter that answers as it is told. */
const fake = (answer: (callback: Callback) => void, rest: Partial<SpanExporter> = {}): SpanExporter => ({
  export: (_, callback) => answer(callback),
  shutdown: () => Promise.resolve(),
  ...rest
})

const failed: Callback extends (result: infer R) => void ? R : never = { code: 1, error: new Error("secret body") }

const outcomes: ReadonlyArray<readonly [string, SpanExporter, object]> = [
  ["answers with success", fake((callback) => callback({ code: 0 })), { delivered: 2, dropped: [] }],
  ["answers with an error", fake((callback) => callback(failed)), { dropped: [{ reason: "export_failed", count: 2 }] }],
  [
    "answers twice",
    fake((callback) => {
      callback(failed)
      callback({ code: 0 })
    }),
    { delivered: 0, dropped: [{ reason: "export_failed", count: 2 }] }
  ],
  [
    "throws",
    fake(() => {
      throw new Error("secret body")
    }),
    { dropped: [{ reason: "exporter_threw", count: 2 }] }
  ],
  [
    "answers and then throws",
    fake((callback) => {
      callback({ code: 0 })
      throw new Error("secret body")
    }),
    { delivered: 2, dropped: [] }
  ]
]

for (const [what, exporter, expected] of outcomes) {
  it.scoped(`an exporter that ${what}`, () =>
    Effect.gen(function* () {
      const outcome = yield* (yield* adapt(exporter)).export(batch)
      expect(outcome).toMatchObject(expected)
      expect(outcome.lastError ?? "").not.toContain("secret")
    })
  )
}

it.scoped("an exporter that never answers", () =>
  Effect.gen(function* () {
    const exporting = yield* Effect.fork((yield* adapt(fake(() => {}))).export(batch))
    yield* TestClock.adjust("30 seconds")
    expect((yield* Fiber.join(exporting)).dropped).toEqual([{ reason: "export_timeout", count: 2 }])
  })
)

it.scoped("a rendering that throws, and one that leaves spans out", () =>
  Effect.gen(function* () {
    const exporter = new InMemorySpanExporter()
    const throwing = yield* SpanExporterAdapter.make<string>({
      exporter,
      render: () => {
        throw new Error("secret")
      }
    })
    expect((yield* throwing.export(["a"])).dropped).toEqual([{ reason: "encode_failed", count: 1 }])
    const dropped = [{ reason: "invalid", count: 1 }]
    const partial = yield* SpanExporterAdapter.make<string>({
      exporter,
      render: () => Effect.succeed({ spans: [bare], context, dropped })
    })
    expect(yield* partial.export(["a", "b"])).toMatchObject({ delivered: 1, dropped })
    const none = yield* SpanExporterAdapter.make<string>({
      exporter,
      render: () => Effect.succeed({ spans: [], context, dropped })
    })
    expect(yield* none.export(["a"])).toMatchObject({ delivered: 0, dropped })
  })
)

it.effect("flushes and then shuts down with its scope, though the flush fails", () =>
  Effect.gen(function* () {
    const calls: Array<string> = []
    const scope = yield* Scope.make()
    yield* adapt(
      fake(() => {}, {
        forceFlush: () => {
          calls.push("flush")
          throw new Error("no")
        },
        shutdown: () => {
          calls.push("shutdown")
          return Promise.reject(new Error("no"))
        }
      })
    ).pipe(Scope.extend(scope))
    yield* Scope.close(scope, Exit.void)
    expect(calls).toEqual(["flush", "shutdown"])
  })
)

it.effect("a shutdown that hangs is given up", () =>
  Effect.gen(function* () {
    const called = yield* Deferred.make<void>()
    const scope = yield* Scope.make()
    const hang = () => {
      Deferred.unsafeDone(called, Effect.void)
      return new Promise<void>(() => {})
    }
    yield* adapt(fake(() => {}, { shutdown: hang })).pipe(Scope.extend(scope))
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    yield* Deferred.await(called)
    yield* TestClock.adjust("5 seconds")
    yield* Fiber.join(closing)
  })
)

it.scoped("the stock in-memory exporter gets the spans", () =>
  Effect.gen(function* () {
    const memory = new InMemorySpanExporter()
    expect(yield* (yield* adapt(memory)).export(batch)).toMatchObject({ delivered: 2 })
    expect(memory.getFinishedSpans().map((span) => [span.name, span.spanContext().spanId])).toEqual(
      batch.map((span) => [span.name, span.spanId])
    )
  })
)

it.scoped("the stock console exporter prints the spans", () =>
  Effect.gen(function* () {
    const dir = yield* Effect.acquireRelease(
      Effect.sync(() => vi.spyOn(console, "dir").mockImplementation(() => {})),
      (spy) => Effect.sync(() => spy.mockRestore())
    )
    expect(yield* (yield* adapt(new ConsoleSpanExporter())).export(batch)).toMatchObject({ delivered: 2 })
    expect(dir.mock.calls.map(([printed]) => printed)).toMatchObject(
      batch.map(({ name, spanId }) => ({ id: spanId, name, resource: { attributes: context.resource } }))
    )
  })
)

const environmentHeaders = "OTEL_EXPORTER_OTLP_HEADERS"

const withEnvironment = (name: string, value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => vi.stubEnv(name, value)),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )

const own = (endpoint: string, protocol: "http/protobuf" | "http/json", compression: "gzip" | "none") =>
  Effect.map(Transport, (transport) =>
    OtlpExporter.make<RenderedSpan>({
      endpoint,
      protocol,
      compression,
      auth: { _tag: "Headers", headers: { "x-key": Redacted.make("k") } },
      encode: (spans) => Effect.succeed({ body: Writer.of(protocol).encode(spans, context), count: spans.length }),
      transport
    })
  )

it.scoped("case 131: the stock OTLP exporters and our own transport deliver the same spans", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: { "x-key": "k" } }] })
    const url = yield* receiver.endpoint("acme")
    const stock = { url, headers: { "x-key": "k" } }
    const exporters = [
      yield* adapt(new OTLPTraceExporter(stock)),
      yield* adapt(new OTLPProtoTraceExporter(stock)),
      yield* own(url, "http/protobuf", "gzip"),
      yield* own(url, "http/protobuf", "none"),
      yield* own(url, "http/json", "gzip"),
      yield* own(url, "http/json", "none")
    ]
    for (const exporter of exporters) expect(yield* exporter.export(batch)).toMatchObject({ delivered: 2 })
    const received = yield* receiver.awaitSpans("acme", 12)
    const [first, ...others] = exporters.map((_, index) => received.slice(2 * index, 2 * index + 2))
    expect(first?.map(({ spanId }) => spanId)).toEqual(batch.map(({ spanId }) => spanId))
    for (const other of others) expect(other).toEqual(first)
    expect((yield* receiver.received("acme")).map(({ compression, encoding }) => `${encoding} ${compression}`)).toEqual(
      ["json identity", "protobuf identity", "protobuf gzip", "protobuf identity", "json gzip", "json identity"]
    )
  }).pipe(Effect.provide(UndiciTransport.layer()))
)

it.scoped("headers from the environment are in what a stock exporter sends, and never in what ours sends", () =>
  Effect.gen(function* () {
    yield* withEnvironment(environmentHeaders, "x-operator=secret")
    yield* withEnvironment("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-operator-traces=secret")
    const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: { "x-key": "k" } }] })
    const url = yield* receiver.endpoint("acme")
    yield* (yield* adapt(new OTLPTraceExporter({ url, headers: { "x-key": "k" } }))).export(batch)
    yield* (yield* own(url, "http/protobuf", "gzip")).export(batch)
    const [stock, ours] = yield* receiver.received("acme")
    expect(stock?.headers).toMatchObject({ "x-operator": "secret" })
    expect(Object.keys(ours?.headers ?? {}).sort()).toEqual([
      "connection",
      "content-encoding",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-key"
    ])
  }).pipe(Effect.provide(UndiciTransport.layer()))
)
