/** The sink keeps some waiting, and tells when spans came. */
import { expect, it } from "@effect/vitest"
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, Fiber } from "effect"
import { tenantHeader } from "../src/Peer.js"
import * as Sink from "../src/Sink.js"

const oneSpan = (endedMillisAgo: number): Uint8Array<ArrayBuffer> => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const end = Date.now() - endedMillisAgo
  provider
    .getTracer("test")
    .startSpan("one", { startTime: end - 1 })
    .end(end)
  return new Uint8Array(ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans()) ?? [])
}

const post = (port: number, path: string, body: Uint8Array<ArrayBuffer>, tenant = "0") =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, headers: { [tenantHeader]: tenant } })
  )

it.scopedLive("says when spans came, by tenant, where it is asked to", () =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    yield* post(port, "/v1/traces", oneSpan(0))
    expect(yield* Sink.arrivals(port)).toEqual({})
    yield* Sink.reset(port, true)
    yield* post(port, "/v1/traces", oneSpan(2000), "7")
    const arrivals = yield* Sink.arrivals(port)
    expect(Object.keys(arrivals)).toEqual(["7"])
    expect(arrivals["7"]?.[0]).toBeGreaterThan(1.9)
    expect(arrivals["7"]?.[0]).toBeLessThan(12)
    expect((yield* Sink.counts(port)).spans).toBe(1)
  })
)

it.scopedLive("what hangs is answered when it is told to", () =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    const hanging = yield* Effect.fork(post(port, "/hang/v1/traces", oneSpan(0)))
    const counts = yield* Sink.until(Sink.counts(port), ({ hanging }) => hanging === 1, 5000)
    expect(counts.hanging).toBe(1)
    expect(hanging.unsafePoll()).toBe(null)
    expect((yield* Sink.release(port)).hanging).toBe(0)
    expect((yield* Fiber.join(hanging)).status).toBe(200)
    // From then on nothing hangs, until it begins anew.
    expect((yield* post(port, "/hang/v1/traces", oneSpan(0))).status).toBe(200)
    yield* Sink.reset(port)
    yield* Effect.fork(post(port, "/hang/v1/traces", oneSpan(0)))
    expect((yield* Sink.until(Sink.counts(port), ({ hanging }) => hanging === 1, 5000)).hanging).toBe(1)
  })
)

it.scopedLive("counts connections that were used since it began anew", () =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    yield* post(port, "/v1/traces", oneSpan(0))
    expect((yield* Sink.counts(port)).mostConnections).toBe(1)
    expect(yield* Sink.reset(port)).toMatchObject({ connections: 0, mostConnections: 0, requests: 0, spans: 0 })
    yield* post(port, "/v1/traces", oneSpan(0))
    expect((yield* Sink.counts(port)).mostConnections).toBe(1)
  })
)

it.effect("looks until it is enough, or the time is over", () =>
  Effect.gen(function* () {
    let looks = 0
    const look = Effect.sync(() => ++looks)
    expect(yield* Sink.until(look, (seen) => seen === 1, 1000)).toBe(1)
    expect(yield* Sink.until(look, () => false, -1)).toBe(2)
  })
)
