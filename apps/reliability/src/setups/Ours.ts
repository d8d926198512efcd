/** TenantTracer, as its README sets it up. */
import { DiskSpool } from "@tenant-tracer/tracer"
import { Effect, Either, Layer, Redacted, type Scope } from "effect"
import { Destination, EndpointPolicy, Spans, TenantRoute, TenantTracer, Tracing } from "tenant-tracer"
import type { Options, SetUp, Tenant } from "../SetUp.js"
import { inTurns } from "./requests.js"

const name = "main"

const destinationOf = ({ endpoint, key }: Tenant) =>
  Either.getOrThrow(Destination.make({ name, endpoint, headers: { "x-key": Redacted.make(key) } }))

/** A route as whoever looks up a key would keep it: one object for as long as the settings are the same. */
const routes = () => {
  const known = new Map<string, TenantRoute.TenantRoute>()
  return (tenant: Tenant): TenantRoute.TenantRoute => {
    const key = JSON.stringify(tenant)
    const route = known.get(key) ?? TenantRoute.make({ tenant: tenant.id, destinations: [destinationOf(tenant)] })
    known.set(key, route)
    return route
  }
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

const tracing = ({ batchSpans, capacity, probes, queueSpans, spool }: Options) => {
  const layer = Tracing.layer({
    // The back ends are on the loopback address, which tenants' may not be by default.
    endpoints: EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] }),
    ...(capacity !== undefined && { cache: { capacity } }),
    ...(batchSpans !== undefined && { batch: { maxSpans: batchSpans } }),
    ...(queueSpans !== undefined && { queue: { maxSpans: queueSpans, maxBytes: 256 * 1024 * 1024 } }),
    ...(probes !== undefined && { breaker: { minWait: probes[0], maxWait: probes[1] } })
  })
  return spool === undefined
    ? layer
    : Layer.provide(layer, Layer.orDie(DiskSpool.layer({ directory: spool, key: Redacted.make("k".repeat(32)) })))
}

/** Starts it. */
export const make = (options: Options): Effect.Effect<SetUp, never, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Layer.toRuntime(tracing(options))
    const routeOf = routes()
    const { status } = yield* Effect.provide(TenantTracer.TenantTracer, runtime)
    const call = Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" })
    const request = (tenant: Tenant, work: Effect.Effect<void>) =>
      work.pipe(call, TenantTracer.withRoute(routeOf(tenant)), Effect.provide(runtime))
    return {
      emit: (tenant, requests) => inTurns(requests, request(tenant, Effect.void)),
      open: (tenant) =>
        Effect.gen(function* () {
          const began = Effect.unsafeMakeLatch()
          const end = Effect.unsafeMakeLatch()
          const fiber = yield* Effect.forkDaemon(request(tenant, Effect.zipRight(began.open, end.await)))
          yield* began.await
          return Effect.zipRight(end.open, Effect.asVoid(fiber.await))
        }),
      flush: Effect.provide(TenantTracer.flush, runtime),
      said: Effect.map(status, ({ ledger: { total, unrouted } }) => ({
        lost: sum(total.rejected) + sum(total.dropped) + sum(unrouted),
        errors: 0,
        waiting: total.held + total.spooled
      }))
    }
  })
