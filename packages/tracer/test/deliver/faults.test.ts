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
  reset: [Fault.times(2, Fault.reset)],
  hanging: [Fault.forever(Fault.hang)],
  partial: [Fault.times(2, Fault.partialSuccess(3, "secret"))],
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
          cache.get(tenant, () =>
            Provider.make(environment, {
              id: idOf(tenant),
              sizeOf: () => 200,
              maxBatchSpans: 5,
              exporter: OtlpExporter.make<RenderedSpan>({
                endpoint,
                protocol: "http/protobuf",
                compression: "gzip",
                auth: { _tag: "Headers", headers: { "x-key": Redacted.make(tenant) } },
                encode: (spans) => ({ body: Writer.protobuf.encode(spans, context), count: spans.length }),
                transport
              })
            })
          )
        )

      for (let index = 0; index < perTenant; index++) {
        for (const [number, tenant] of tenants.entries()) {
          ledger.made(idOf(tenant), 1)
          providerOf(tenant).offer(spanOf(number, index))
        }
        yield* check
      }
      const flushing = yield* Effect.fork(
        Effect.forEach(tenants, (tenant) => (tenant === "hanging" ? Effect.void : providerOf(tenant).flush), {
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
      expect(row("down")).toMatchObject({ delivered: 0, dropped: { retry_exhausted: perTenant } })
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
      expect(reports[0]?.every(({ id }) => id === idOf("hanging"))).toBe(true)
    }).pipe(Effect.provide(UndiciTransport.layer())),
  30_000
)
