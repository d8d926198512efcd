/** Peer 5: TenantTracer with its default layer: ledger, budget, breaker, view and content policy, and a request that is bound after its authentication. */
import { Effect, Either, Layer, Redacted } from "effect"
import { Destination, EndpointPolicy, Phase, Spans, TenantRoute, TenantTracer, Tracing } from "tenant-tracer"
import * as Handler from "../Handler.js"
import { batchSpans, endpointOf, type Make, type Options, queueSpans, type Size, tenantHeader } from "../Peer.js"
import * as Work from "../Work.js"
import * as Requests from "./requests.js"

/** Room for all that any run makes. */
const manyBytes = 8 * 1024 * 1024 * 1024

/** What may wait, and for how much of it there is room. */
const room = (of: Options["room"]) =>
  of === "default"
    ? {}
    : {
        queue: { maxSpans: queueSpans, maxBytes: manyBytes },
        budget: { maxBytes: manyBytes, perTenant: of ?? manyBytes }
      }

/** The layer: what is not said here is at its default. */
export const layer = (options: Pick<Options, "batchAge" | "capacity" | "idleTimeToLive" | "messages" | "room">) =>
  Tracing.layer({
    resource: { "service.name": "gateway" },
    // The back ends are on the loopback address, which tenants' may not be by default.
    endpoints: EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] }),
    content: options.messages ? "full" : "none",
    cache: { capacity: options.capacity, idleTimeToLive: options.idleTimeToLive },
    batch: { maxSpans: batchSpans, maxAge: options.batchAge },
    ...room(options.room),
    shutdownDeadline: "1 minute"
  })

/** A tenant's route, as whoever looks up its key would keep it. */
export const routeOf = (tenant: number, options: Options): TenantRoute.TenantRoute =>
  TenantRoute.make({
    tenant: `tenant-${tenant}`,
    destinations: (options.vocabularies ?? ["genai"]).map((vocabulary, index) =>
      Either.getOrThrow(
        Destination.make({
          name: `destination-${index}`,
          // One account is one destination, however often it is named.
          endpoint: endpointOf(options, tenant).replace("/v1/", index === 0 ? "/v1/" : `/${index}/v1/`),
          headers: { [tenantHeader]: Redacted.make(String(tenant)) },
          protocol: options.encoding === "json" ? "http/json" : "http/protobuf",
          compression: options.compression,
          content: options.messages ? "full" : "none",
          vocabularies: [{ name: vocabulary }]
        })
      )
    )
  })

/** The request of 6 spans: whose it is, is known after its authentication. */
export const request = (route: TenantRoute.TenantRoute, index: number, withMessages: boolean): Effect.Effect<void> =>
  Handler.serve(
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Spans.dbCall(Work.payloads.cache))
        yield* Effect.void.pipe(Spans.dbCall(Work.payloads.database))
      }).pipe(Phase.auth)
      yield* TenantTracer.bind(route)
      yield* Effect.void.pipe(Spans.guardrail(Work.payloads.guardrail))
      yield* Effect.void.pipe(Spans.llmCall(Work.callPayload(index, withMessages)))
    }),
    TenantTracer.middleware
  )

/** A request with so many spans of one size below its root. */
export const sized = (route: TenantRoute.TenantRoute, size: Size, count: number): Effect.Effect<void> =>
  Handler.serve(
    Effect.gen(function* () {
      yield* TenantTracer.bind(route)
      for (let index = 0; index < count; index++) {
        yield* size === "small"
          ? Effect.void.pipe(Spans.dbCall(Work.small.payload()))
          : Effect.void.pipe(Spans.llmCall(Work.callPayload(index, size === "messages")))
      }
    }),
    TenantTracer.middleware
  )

/** Starts it. */
export const make: Make = (options) =>
  Effect.gen(function* () {
    const runtime = yield* Layer.toRuntime(layer(options))
    const { status } = yield* Effect.provide(TenantTracer.TenantTracer, runtime)
    const routes = Array.from({ length: options.tenants }, (_, tenant) => routeOf(tenant, options))
    const run = Requests.runner(runtime)
    return {
      request: (tenant, index) => {
        const route = routes[tenant]
        if (route !== undefined) run(request(route, index, options.messages))
      },
      sized: (tenant, size, count) => {
        const route = routes[tenant]
        if (route !== undefined) run(sized(route, size, count))
      },
      inSpan: (tenant, work) => {
        const route = routes[tenant]
        if (route !== undefined) run(TenantTracer.withRoute(work, route))
      },
      drain: Effect.provide(TenantTracer.flush, runtime),
      lost: () => {
        const { total, unrouted } = Effect.runSync(status).ledger
        return [total.rejected, total.dropped, unrouted].flatMap((counts) => Object.values(counts)).reduce(sum, 0)
      }
    }
  })

const sum = (one: number, other: number): number => one + other
