/** Peer 5: TenantTracer with its default layer: ledger, budget, breaker, view and content policy, and a request that is bound after its authentication. */
import { Headers, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Either, Layer, Redacted } from "effect"
import { Destination, EndpointPolicy, Phase, Spans, TenantRoute, TenantTracer, Tracing } from "tenant-tracer"
import { batchSpans, type Make, type Options, queueSpans, tenantHeader } from "../Peer.js"
import * as Work from "../Work.js"
import * as Requests from "./requests.js"

/** Room for all that any run makes. */
const manyBytes = 8 * 1024 * 1024 * 1024

/** The layer: what is not said here is at its default. */
export const layer = ({ batchAge, capacity, messages }: Pick<Options, "batchAge" | "capacity" | "messages">) =>
  Tracing.layer({
    resource: { "service.name": "gateway" },
    // The back ends are on the loopback address, which tenants' may not be by default.
    endpoints: EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] }),
    content: messages ? "full" : "none",
    cache: { capacity },
    batch: { maxSpans: batchSpans, maxAge: batchAge },
    queue: { maxSpans: queueSpans, maxBytes: manyBytes },
    budget: { maxBytes: manyBytes, perTenant: manyBytes },
    shutdownDeadline: "1 minute"
  })

/** A tenant's route, as whoever looks up its key would keep it. */
export const routeOf = (
  tenant: number,
  { compression, encoding, endpoint, messages }: Pick<Options, "compression" | "encoding" | "endpoint" | "messages">
): TenantRoute.TenantRoute =>
  TenantRoute.make({
    tenant: `tenant-${tenant}`,
    destinations: [
      Either.getOrThrow(
        Destination.make({
          name: "main",
          endpoint,
          headers: { [tenantHeader]: Redacted.make(String(tenant)) },
          protocol: encoding === "json" ? "http/json" : "http/protobuf",
          compression,
          content: messages ? "full" : "none"
        })
      )
    ]
  })

/** The request of 6 spans: whose it is, is known after its authentication. */
export const request = (route: TenantRoute.TenantRoute, index: number, withMessages: boolean): Effect.Effect<void> =>
  inRequest(
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Spans.dbCall(Work.payloads.cache))
        yield* Effect.void.pipe(Spans.dbCall(Work.payloads.database))
      }).pipe(Phase.auth)
      yield* TenantTracer.bind(route)
      yield* Effect.void.pipe(Spans.guardrail(Work.payloads.guardrail))
      yield* Effect.void.pipe(Spans.llmCall(Work.callPayload(index, withMessages)))
    })
  )

/** A request with so many spans below its root, small or large. */
export const sized = (route: TenantRoute.TenantRoute, size: "small" | "large", count: number): Effect.Effect<void> =>
  inRequest(
    Effect.gen(function* () {
      yield* TenantTracer.bind(route)
      for (let index = 0; index < count; index++) {
        yield* size === "small"
          ? Effect.void.pipe(Spans.dbCall(Work.small.payload()))
          : Effect.void.pipe(Spans.llmCall(Work.callPayload(index, false)))
      }
    })
  )

/** What a server and its router do with a request, as far as it concerns tracing. */
const inRequest = (handler: Effect.Effect<void>): Effect.Effect<void> =>
  TenantTracer.middleware(Effect.as(Effect.zipRight(matched, handler), answer)).pipe(
    Effect.provideService(HttpServerRequest.HttpServerRequest, incoming()),
    Effect.asVoid
  )

const answer = HttpServerResponse.empty({ status: 200 })

/** `HttpRouter` writes the template of the route that matched on the active span. */
const matched = Effect.withFiberRuntime<void>((fiber) => {
  const span = fiber.currentSpan
  if (span?._tag === "Span") span.attribute("http.route", Work.attributes.root["http.route"])
  return Effect.void
})

const headers = Headers.empty

/** What a server hands to the middleware: a request of its own each time, with headers that have been read. */
const incoming = (): HttpServerRequest.HttpServerRequest =>
  // Of the web's request nothing else is looked at.
  HttpServerRequest.fromWeb({ method: "POST", url: "http://gateway/v1/chat/completions" } as Request).modify({
    headers
  })

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
