/** The whole room against a receiver that misbehaves: whatever happens, every span is accounted for. */
import { expect, it } from "@effect/vitest"
import { Fault, Receiver } from "@tenant-tracer/receiver"
import { Effect, Either, Exit, Fiber, Redacted, Scope, TestClock } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as OtlpExporter from "../../src/deliver/OtlpExporter.js"
import * as Provider from "../../src/deliver/Provider.js"
import * as ProviderCache from "../../src/deliver/ProviderCache.js"
import { Transport } from "../../src/deliver/Transport.js"
import * as UndiciTransport from "../../src/deliver/UndiciTransport.js"
import type { RenderedSpan } from "../../src/render/RenderedSpan.js"
import * as Writer from "../../src/render/Writer.js"
import { bare, context } from "../render/fakes.js"

const scripts: Readonly<Record<string, ReadonlyArray<Fault.Step>>> = {
  healthy: [],
  busy: [Fault.times(2, Fault.status(503, { retryAfter: 2 }))],
  down: [Fault.forever(Fault.status(503))],
  locked: [Fault.forever(Fault.status(401))],
  poisoned: [Fault.forever(Fault.status(413))],
  reset: [Fault.times(2, Fault.reset)],
  hanging: [Fault.forever(Fault.hang)],
  partial: [Fault.times(2, Fault.partialSuccess(3, "too long, says Bearer secret-0123456789abcdef"))],
  refusing: [Fault.forever(Fault.status(400))],
  elsewhere: [Fault.forever(Fault.redirect("http://127.0.0.1:1/"))],
  flaky: [Fault.fraction(0.5, Fault.status(502), 42)]
}
const tenants = Object.keys(scripts)
const perTenant = 20

const idOf = (tenant: string) => DestinationId.make({ tenant, name: "otlp" })

const spanOf = (tenant: number, index: number): RenderedSpan => ({
  ...bare,
  spanId: (tenant * 1000 + index + 1).toString(16).padStart(16, "0")
})

it.scoped(
  "the ledger balances at every moment while back ends fail, and at the end says what arrived",
  () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({
        accounts: tenants.map((tenant) => ({ id: tenant, headers: { "x-key": tenant } }))
      })
      for (const [tenant, steps] of Object.entries(scripts)) yield* receiver.script(tenant, steps)
      const transport = yield* Transport
      const ledger = Ledger.make()
      const environment = yield* Provider.environment({ ledger })
      const scope = yield* Scope.make()
      const reports: Array<ReadonlyArray<ProviderCache.Unsent>> = []
      const cache = yield* ProviderCache.make<Provider.Provider<RenderedSpan>>({
        onClose: (report) => Effect.sync(() => reports.push(report))
      }).pipe(Scope.extend(scope))
      const endpoint = yield* receiver.endpoint("healthy")

      const check = Effect.sync(() => {
        const snapshot = ledger.snapshot()
        expect([...snapshot.rows, snapshot.total].filter((row) => !Ledger.balances(row))).toEqual([])
        return snapshot
      })
      const providerOf = (tenant: string) =>
        Either.getOrThrow(
          cache
            .slot(tenant, () =>
              Provider.make(environment, {
                id: idOf(tenant),
                sizeOf: () => 200,
                maxBatchSpans: 5,
                exporter: OtlpExporter.make<RenderedSpan>({
                  endpoint,
                  protocol: "http/protobuf",
                  compression: "gzip",
                  auth: { _tag: "Headers", headers: { "x-key": Redacted.make(tenant) } },
                  encode: (spans) =>
                    Effect.succeed({ body: Writer.protobuf.encode(spans, context), count: spans.length }),
                  transport
                })
              })
            )
            .get()
        )

      for (let index = 0; index < perTenant; index++) {
        for (const [number, tenant] of tenants.entries()) {
          ledger.made(idOf(tenant), 1)
          providerOf(tenant).offer(spanOf(number, index))
        }
        yield* check
      }
      const flushing = yield* Effect.fork(
        Effect.forEach(tenants, (tenant) => (tenant === "hanging" ? Effect.void : providerOf(tenant).flush()), {
          concurrency: "unbounded"
        })
      )
      // Real sockets under a turned clock: turn it a little, let the sockets work, until all is said.
      const turn = Effect.gen(function* () {
        yield* Effect.promise(() => new Promise<void>((done) => setImmediate(done)))
        yield* TestClock.adjust("500 millis")
        yield* check
      })
      yield* Effect.repeat(turn, { until: () => Effect.map(Fiber.poll(flushing), (exit) => exit._tag === "Some") })

      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Effect.repeat(turn, { until: () => Effect.map(Fiber.poll(closing), (exit) => exit._tag === "Some") })
      yield* Effect.repeat(turn, { until: () => ledger.snapshot().total.held === 0 })

      const { rows, total } = yield* check
      expect(total).toMatchObject({ made: tenants.length * perTenant, held: 0 })
      const row = (tenant: string) => rows.find(({ id }) => id === idOf(tenant))
      for (const tenant of ["healthy", "busy", "reset"]) expect(row(tenant)).toMatchObject({ delivered: perTenant })
      expect(row("down")).toMatchObject({ delivered: 0, dropped: { shutdown: perTenant } })
      expect(row("locked")).toMatchObject({ delivered: 0, dropped: { shutdown: perTenant } })
      expect(row("poisoned")).toMatchObject({ delivered: 0, rejected: { http_413: perTenant } })
      expect(row("partial")).toMatchObject({ delivered: perTenant - 6, rejected: { partial_success: 6 } })
      expect(row("refusing")).toMatchObject({ delivered: 0, rejected: { http_400: perTenant } })
      expect(row("elsewhere")).toMatchObject({ delivered: 0, rejected: { redirect: perTenant } })
      expect(row("hanging")).toMatchObject({ delivered: 0 })
      expect(row("flaky")).toMatchObject({ delivered: perTenant })
      for (const { lastError } of rows) expect(lastError ?? "").not.toContain("secret")
      for (const tenant of tenants) {
        // What we say was delivered is what they have; a span may be there twice, never too few.
        const spans = new Set((yield* receiver.spans(tenant)).map(({ spanId }) => spanId))
        if (tenant !== "hanging") expect([tenant, spans.size]).toEqual([tenant, row(tenant)?.delivered])
      }
      expect((yield* receiver.refusals("locked")).length).toBeLessThan(10)
      expect(new Set(reports[0]?.map(({ id }) => id))).toEqual(new Set(["down", "locked", "hanging"].map(idOf)))
    }).pipe(Effect.provide(UndiciTransport.layer())),
  30_000
)

it.scoped(
  "fifteen thousand batches in an hour, to a back end that refuses the credential, are a handful of requests",
  () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: { "x-key": "new" } }] })
      const transport = yield* Transport
      const ledger = Ledger.make()
      const environment = yield* Provider.environment({ ledger })
      const endpoint = yield* receiver.endpoint("acme")
      const id = idOf("acme")
      const provider = yield* Provider.make(environment, {
        id,
        sizeOf: () => 200,
        maxBatchSpans: 1,
        maxQueueSpans: 1000,
        exporter: OtlpExporter.make<RenderedSpan>({
          endpoint,
          protocol: "http/protobuf",
          compression: "none",
          auth: { _tag: "Headers", headers: { "x-key": Redacted.make("old") } },
          encode: (spans) => Effect.succeed({ body: Writer.protobuf.encode(spans, context), count: spans.length }),
          transport
        })
      })
      const answered = Effect.promise(() => new Promise<void>((done) => setImmediate(done)))
      for (let minute = 0; minute < 60; minute++) {
        for (let index = 0; index < 250; index++) {
          ledger.made(id, 1)
          provider.offer(spanOf(minute, index))
        }
        yield* TestClock.adjust("1 minute")
        // What is on its way has real sockets to pass.
        yield* Effect.repeat(answered, { until: () => provider.held() === provider.queued() })
        expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
      }
      const refusals = yield* receiver.refusals()
      expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([401]))
      expect(refusals.length).toBeGreaterThan(5)
      expect(refusals.length).toBeLessThan(40)
      expect(provider.state()).toMatchObject({ paused: "unauthorized", breaker: { state: "open" } })
      expect(ledger.snapshot().total).toMatchObject({ made: 15_000, held: 1000, dropped: { queue_full: 14_000 } })

      yield* receiver.addAccount({ id: "acme", headers: { "x-key": "old" } })
      provider.hasten()
      yield* Effect.repeat(answered, { until: () => provider.held() === 0 })
      expect(yield* receiver.spans("acme")).toHaveLength(1000)
      expect(ledger.snapshot().total).toMatchObject({ delivered: 1000, held: 0 })
    }).pipe(Effect.provide(UndiciTransport.layer())),
  60_000
)
