/** Where a trace went, and why, as an operator asks for a tenant. Over real HTTP. */
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId, Spans, TenantTracer } from "@tenant-tracer/tracer"
import { Effect } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { destination } from "./support/recorded.js"

const id = DestinationId.make({ tenant: "acme", name: "acme" })
const quick = { batch: { maxSpans: 64, maxAge: "1 hour" } } as const

/** The id of the trace that the call is in. */
const traceIdOf = (body: Effect.Effect<unknown>) => (route: TenantRoute) =>
  Effect.zipRight(
    body,
    Effect.map(Effect.orDie(Effect.currentSpan), ({ traceId }) => traceId)
  ).pipe(TenantTracer.withRoute(route))

const chat = Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" }))

/** One call for the tenant in a trace of its own, and what is known of it once everything is sent. */
const asked = (
  { flush, run }: Effect.Effect.Success<ReturnType<typeof tracer>>,
  route: TenantRoute,
  body: Effect.Effect<unknown> = chat
) =>
  Effect.gen(function* () {
    const traceId = yield* run(traceIdOf(body)(route))
    yield* flush
    return yield* run(TenantTracer.explain("acme", traceId))
  })

describe("says of a trace", () => {
  it.scopedLive("that it was delivered, and what of it is not for its destination to see", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("acme")
      const it = yield* tracer(quick)
      const internal = Effect.withSpan(Effect.void, "internal")
      const answer = yield* asked(it, routeTo("acme", [to("acme")]), Effect.zipRight(chat, internal))
      expect(answer.destinations).toMatchObject([{ id, made: 3, hidden: 1, delivered: 2, held: 0 }])
      expect(answer.sentence).toBe("acme/acme: of 2 spans for it 2 delivered.")
      expect(yield* spans("acme")).toHaveLength(2)
    })
  )

  it.scopedLive("nothing of the operator's own copies", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("acme", "operator")
      const it = yield* tracer({ ...quick, operator: [to("operator")] })
      const answer = yield* asked(it, routeTo("acme", [to("acme")]))
      expect(yield* spans("operator")).toHaveLength(2)
      expect(answer.destinations.map((one) => one.id)).toEqual([id])
      expect(answer.sentence).not.toContain("operator")
    })
  )

  it.scopedLive("that the back end refused it, and why", () =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      yield* script("acme", Fault.status(400))
      const answer = yield* asked(yield* tracer(quick), routeTo("acme", [to("acme")]))
      expect(answer.destinations).toMatchObject([{ rejected: { http_400: 2 }, delivered: 0, held: 0 }])
      expect(answer.sentence).toBe("acme/acme: of 2 spans for it 2 refused by the back end (http_400).")
    })
  )

  it.scopedLive("that its back end refused some, without saying which", () =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      yield* script("acme", Fault.partialSuccess(1, "too long"))
      const answer = yield* asked(yield* tracer(quick), routeTo("acme", [to("acme")]))
      expect(answer.destinations).toMatchObject([{ unclear: 2, delivered: 0, rejected: {}, held: 0 }])
      expect(answer.sentence).toContain("2 in a batch that was refused in part")
    })
  )

  it.scopedLive("that it was dropped for want of room", () =>
    Effect.gen(function* () {
      const { to } = yield* backends("acme")
      const answer = yield* asked(yield* tracer({ ...quick, queue: { maxBytes: 1 } }), routeTo("acme", [to("acme")]))
      expect(answer.sentence).toBe("acme/acme: of 2 spans for it 2 dropped (span_too_large).")
    })
  )

  it.scopedLive("that it waits, and later that it has arrived", () =>
    Effect.gen(function* () {
      const { to } = yield* backends("acme")
      const it = yield* tracer(quick)
      yield* it.run(TenantTracer.pause(id))
      const traceId = yield* it.run(traceIdOf(chat)(routeTo("acme", [to("acme")])))
      const sentence = Effect.map(it.run(TenantTracer.explain("acme", traceId)), ({ sentence }) => sentence)
      expect(yield* sentence).toBe("acme/acme: of 2 spans for it 2 on their way.")
      yield* it.run(TenantTracer.resume(id))
      yield* it.flush
      expect(yield* sentence).toBe("acme/acme: of 2 spans for it 2 delivered.")
    })
  )

  it.scopedLive("that a destination is denied, and how the others fared", () =>
    Effect.gen(function* () {
      const { to } = yield* backends("acme")
      const inside = destination({ name: "inside", endpoint: "https://10.0.0.1/v1/traces" })
      const answer = yield* asked(yield* tracer(quick), routeTo("acme", [inside, to("acme")]))
      expect(answer.destinations).toMatchObject([{ id, delivered: 2 }])
      expect(answer.denied).toMatchObject([{ id: "acme/inside", reason: "endpoint_refused" }])
      expect(answer.sentence).toMatch(
        /^acme\/acme: of 2 spans for it 2 delivered\. acme\/inside: nothing, because it is denied: .*10\.0\.0\.1/
      )
    })
  )

  it.scopedLive("that all of its destinations are denied, each of them once", () =>
    Effect.gen(function* () {
      const inside = destination({ name: "inside", endpoint: "https://10.0.0.1/v1/traces" })
      const answer = yield* asked(yield* tracer(quick), routeTo("acme", [inside]), Effect.zipRight(chat, chat))
      expect([answer.known, answer.destinations, answer.denied.length]).toEqual([true, [], 1])
    })
  )

  it.scopedLive("that its credential was revoked", () =>
    Effect.gen(function* () {
      const { to } = yield* backends("acme")
      const it = yield* tracer(quick)
      const route = routeTo("acme", [to("acme")])
      yield* it.run(call(route))
      yield* it.run(TenantTracer.revoke(id))
      expect((yield* asked(it, route)).sentence).toBe("acme/acme: of 2 spans for it 2 dropped (revoked).")
      expect((yield* asked(it, routeTo("acme", [to("acme")]))).sentence).toContain("its credential was revoked")
    })
  )

  it.scopedLive("that nothing is known: it was never bound, or is somebody else's", () =>
    Effect.gen(function* () {
      const { to } = yield* backends("acme")
      const { flush, run } = yield* tracer(quick)
      const own = yield* run(traceIdOf(chat)(routeTo("acme", [to("acme")])))
      const unbound = yield* run(Effect.map(Effect.withSpan(Effect.currentSpan, "plain"), ({ traceId }) => traceId))
      yield* flush
      for (const [tenant, traceId] of [
        ["acme", unbound],
        ["globex", own],
        ["acme", "no id"],
        ["", own]
      ] as const) {
        const answer = yield* run(TenantTracer.explain(tenant, traceId))
        expect(answer).toMatchObject({ known: false, destinations: [], denied: [] })
        expect(answer.sentence).toContain("Nothing is known of this trace")
      }
    })
  )
})

describe("two tenants in one trace of their caller's", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c"

  /** A request with this trace context, bound to the tenant. */
  const request = (route: TenantRoute) =>
    TenantTracer.middleware(
      Effect.as(Effect.zipRight(TenantTracer.bind(route), chat), HttpServerResponse.empty())
    ).pipe(
      Effect.provideService(
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromWeb(
          new Request("http://gateway.example/", { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } })
        )
      ),
      Effect.scoped
    )

  for (const incoming of ["link", "continue"] as const) {
    it.scopedLive(`see their own, where the door says ${incoming}`, () =>
      Effect.gen(function* () {
        const { script, to } = yield* backends("acme", "globex")
        yield* script("globex", Fault.forever(Fault.status(400)))
        const { flush, run } = yield* tracer({ ...quick, incoming })
        yield* run(request(routeTo("acme", [to("acme")])))
        yield* run(request(routeTo("globex", [to("globex")])))
        yield* flush
        const [acme, globex] = [
          yield* run(TenantTracer.explain("acme", traceId)),
          yield* run(TenantTracer.explain("globex", traceId.toUpperCase()))
        ]
        expect(acme.destinations).toMatchObject([{ id: "acme/acme", delivered: 2, rejected: {} }])
        expect(globex.destinations).toMatchObject([{ id: "globex/globex", delivered: 0, rejected: { http_400: 2 } }])
      })
    )
  }

  it.scopedLive("who sends one again and again learns of the latest, and costs the others nothing", () =>
    Effect.gen(function* () {
      const { to } = yield* backends("acme", "globex")
      const it = yield* tracer({ ...quick, explain: { maxTraces: 50 } })
      const other = yield* it.run(traceIdOf(chat)(routeTo("globex", [to("globex")])))
      for (let index = 0; index < 24; index++) yield* it.run(request(routeTo("acme", [to("acme")])))
      expect((yield* it.run(TenantTracer.explain("acme", traceId))).destinations).toHaveLength(10)
      expect((yield* it.run(TenantTracer.explain("globex", other))).known).toBe(true)
    })
  )
})

it.scopedLive("knows as many traces as it is told to, and forgets the oldest", () =>
  Effect.gen(function* () {
    const { to } = yield* backends("acme")
    const { run } = yield* tracer({ ...quick, explain: { maxTraces: 2 } })
    const route = routeTo("acme", [to("acme")])
    const traces = yield* Effect.replicateEffect(run(traceIdOf(chat)(route)), 4)
    const known = yield* Effect.forEach(traces, (traceId) => run(TenantTracer.explain("acme", traceId)))
    expect(known.map(({ known }) => known)).toEqual([false, false, true, true])
  })
)
