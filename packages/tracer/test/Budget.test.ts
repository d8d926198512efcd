/** What a process keeps for its tenants: shared fairly, and given back. */
import { expect, it } from "@effect/vitest"
import { DestinationId, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Effect } from "effect"
import { layer } from "./support/tracing.js"

const call = (tenant: string) =>
  Effect.void.pipe(
    Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" }),
    TenantTracer.withRoute(TestTracer.route(tenant))
  )

const droppedOf = (tenant: string) =>
  Effect.map(
    TenantTracer.status,
    ({ ledger }) => ledger.rows.find(({ id }) => id === DestinationId.make({ tenant, name: "memory" }))?.dropped
  )

it.effect("no tenant has the quota of those who hold what has no owner yet, whatever it is called", () =>
  Effect.gen(function* () {
    for (const tenant of ["acme", "unbound", "/unbound", "operator"]) {
      yield* call(tenant)
      expect(yield* droppedOf(tenant), tenant).toEqual({ tenant_quota: 2 })
    }
    expect(yield* TestTracer.spans("operator").pipe(Effect.map((spans) => spans.length))).toBe(0)
  }).pipe(Effect.provide(layer({ budget: { perTenant: 1 } })))
)

it.effect("what is held for its owner counts, and is given back whoever gets it", () =>
  Effect.gen(function* () {
    const { recorder, status } = yield* TenantTracer.TenantTracer
    const used = Effect.map(status, ({ budget }) => budget.used)
    const holding = (count: number) => {
      const root = recorder.openRequest({ name: "r", startTime: 1n, wallTime: 0 })
      for (let index = 0; index < count; index++) {
        const span = recorder.begin({ name: "s", startTime: 2n, parent: root, role: "service" })
        if (span !== undefined) recorder.end(span, 3n, { _tag: "unset" })
      }
      return root
    }
    const [bound, unbound] = [holding(3), holding(2)]
    const held = (yield* status).recording.heldBytes
    expect(held).toBeGreaterThan(0)
    expect(yield* used).toBe(held)
    recorder.bind(bound.request, TestTracer.route("acme"))
    recorder.end(bound, 4n, { _tag: "unset" })
    recorder.end(unbound, 4n, { _tag: "unset" })
    yield* TenantTracer.flush
    expect(yield* used).toBe(0)
    expect((yield* status).recording).toMatchObject({ heldBytes: 0, heldSpans: 0, requests: 0 })
  }).pipe(Effect.provide(layer()))
)

it.effect("what does not fit goes to the operator with its whole trace, and is counted", () =>
  Effect.gen(function* () {
    const { recorder, status } = yield* TenantTracer.TenantTracer
    const root = recorder.openRequest({ name: "r", startTime: 1n, wallTime: 0 })
    const spans = Array.from({ length: 5 }, () => recorder.begin({ name: "s", startTime: 2n, parent: root }))
    for (const span of spans) if (span !== undefined) recorder.end(span, 3n, { _tag: "unset" })
    expect(recorder.bind(root.request, TestTracer.route("acme"))).toBe("TooLate")
    recorder.end(root, 4n, { _tag: "unset" })
    const { budget, ledger, recording } = yield* status
    expect(ledger.counters).toMatchObject({ hold_process_exceeded: 1 })
    expect([recording.heldSpans, recording.heldBytes]).toEqual([0, 0])
    expect(budget.used).toBeLessThanOrEqual(1000)
    yield* TenantTracer.flush
    expect((yield* status).budget.used).toBe(0)
  }).pipe(Effect.provide(layer({ budget: { maxBytes: 1000 } })))
)
