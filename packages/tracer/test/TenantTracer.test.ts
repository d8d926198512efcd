import { HttpServerResponse } from "@effect/platform"
import { assert, describe, expect, it } from "@effect/vitest"
import { Destination, type TenantRoute } from "@tenant-tracer/model"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import {
  Context,
  Deferred,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  HashMap,
  Layer,
  Logger,
  Scope,
  TestClock
} from "effect"
import { inProcess } from "./support/http.js"
import { layer, one, textOf } from "./support/tracing.js"

const db = { service: "postgres", system: "postgresql", callType: "select" } as const
const query = Effect.void.pipe(Spans.dbCall(db))
const acme = TestTracer.route("acme")
const other = TestTracer.route("other")
const counters = Effect.map(TenantTracer.status, ({ ledger }) => ledger.counters)

/** Runs an effect as a request that nobody has bound yet. */
const request = <A>(self: Effect.Effect<A>) =>
  inProcess(Effect.map(self, (value) => HttpServerResponse.unsafeJson(value ?? null)))

/** What is logged while an effect runs. */
const logged = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.make(({ annotations, message }) => {
      lines.push([message, ...HashMap.values(annotations)].flat().join(" "))
    })
    return Effect.as(Effect.provide(self, Logger.replace(Logger.defaultLogger, logger)), lines)
  })

describe("TenantTracer.bind", () => {
  it.effect("what waited goes along, what follows goes there, and the operator has a copy", () =>
    Effect.gen(function* () {
      const results = yield* request(
        Effect.gen(function* () {
          yield* Phase.auth(query)
          const first = yield* TenantTracer.bind(acme)
          yield* query
          return [first, yield* TenantTracer.bind({ ...acme })]
        })
      )
      expect(results.body).toBe('["Bound","AlreadyBound"]')
      const tree = `
        GET
        ├── auth
        │   └── postgres select
        └── postgres select
      `
      yield* TestTracer.expectTree("acme", tree)
      yield* TestTracer.expectTree(TestTracer.operator, tree)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a conflict keeps the first tenant; it is counted each time and logged once, without a secret", () =>
    Effect.gen(function* () {
      const conflict = request(Effect.zipRight(TenantTracer.bind(acme), TenantTracer.bind(other)))
      const lines = yield* logged(Effect.zipRight(conflict, conflict))
      expect(one(lines)).toContain('"other": the request belongs to another tenant already')
      expect((yield* counters).bind_conflict).toBe(2)
      expect(yield* TestTracer.tenants).toEqual(["acme"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("outside of a request there is nothing to bind, also in an ambient span", () =>
    Effect.gen(function* () {
      const lines = yield* logged(
        Effect.gen(function* () {
          expect(yield* TenantTracer.bind(acme)).toBe("NoRequest")
          expect(yield* TenantTracer.bind(acme).pipe(Effect.withSpan("ambient"))).toBe("NoRequest")
          expect(yield* TenantTracer.bind(acme).pipe(TenantTracer.detached, TenantTracer.withRoute(other))).toBe(
            "NoRequest"
          )
        })
      )
      expect(one(lines)).toContain("no request is open here")
      expect((yield* counters).bind_no_request).toBe(3)
      expect(yield* TestTracer.tenants).toEqual(["other"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("too late is told apart: the root has ended, or it waited more than 30 seconds", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const late = Effect.zipRight(Deferred.await(gate), TenantTracer.bind(acme))
      const daemon = yield* Deferred.make<Fiber.Fiber<string>>()
      yield* request(Effect.flatMap(Effect.forkDaemon(late), (fiber) => Deferred.succeed(daemon, fiber)))
      const slow = yield* Effect.fork(request(Effect.zipRight(query, late)))
      yield* TestClock.adjust("30 seconds")
      expect(yield* TestTracer.spans(TestTracer.operator)).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      expect(yield* TestTracer.spans(TestTracer.operator)).toHaveLength(2)
      const lines = yield* logged(
        Effect.gen(function* () {
          yield* Deferred.succeed(gate, undefined)
          expect(yield* Fiber.join(yield* Deferred.await(daemon))).toBe("TooLate")
          expect((yield* Fiber.join(slow)).body).toBe('"TooLate"')
        })
      )
      expect(lines.length).toBeLessThanOrEqual(1)
      expect(yield* counters).toMatchObject({ bind_too_late: 2, unbound: 1, hold_time_exceeded: 1 })
      expect(yield* TestTracer.tenants).toEqual([])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("the limits of holding can be set", () =>
    Effect.gen(function* () {
      const requestOf = (spans: number) =>
        request(Effect.zipRight(Effect.replicateEffect(query, spans), TenantTracer.bind(acme)))
      expect((yield* requestOf(2)).body).toBe('"Bound"')
      expect((yield* requestOf(3)).body).toBe('"TooLate"')
      expect(yield* TestTracer.spans("acme")).toHaveLength(3)
    }).pipe(Effect.provide(layer({ hold: { maxSpans: 2 } })))
  )

  it.effect("holding may last for ever", () =>
    Effect.gen(function* () {
      const waited = Effect.zipRight(TestClock.adjust("5 minutes"), TenantTracer.bind(acme))
      expect((yield* request(Effect.zipRight(query, waited))).body).toBe('"Bound"')
    }).pipe(Effect.provide(layer({ hold: { maxTime: Duration.infinity } })))
  )

  it.effect("an option that cannot be used stops the start, by name", () =>
    Effect.gen(function* () {
      const started = Effect.provide(TenantTracer.status, layer({ batch: { maxSpans: 0 } }))
      expect(String(yield* Effect.flip(Effect.sandbox(started)))).toContain("batch.maxSpans")
    })
  )

  it.effect("a request that nobody binds is the operator's alone", () =>
    Effect.gen(function* () {
      yield* request(Phase.auth(query))
      yield* TestTracer.expectTree(
        TestTracer.operator,
        `
          GET
          └── auth
              └── postgres select
        `
      )
      expect(yield* TestTracer.tenants).toEqual([])
    }).pipe(Effect.provide(layer()))
  )
})

describe("TenantTracer.withRoute and detached", () => {
  it.effect("a job is a request of its own, data-first and data-last, with a name and its route's facts", () =>
    Effect.gen(function* () {
      const named = TestTracer.route("acme", { facts: { team: { id: "t1" }, sessionId: "s1" } })
      yield* TenantTracer.withRoute(query, named, { name: "nightly" })
      yield* query.pipe(TenantTracer.withRoute(other))
      yield* TestTracer.expectTree(
        "acme",
        `
          nightly
          └── postgres select
        `
      )
      yield* TestTracer.expectTree(
        "other",
        `
          job
          └── postgres select
        `
      )
      const root = one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "nightly"))
      expect(Object.values(root.attributes)).toEqual(expect.arrayContaining(["t1", "s1"]))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("inside a request it opens another, linked for the operator and bound to itself", () =>
    Effect.gen(function* () {
      yield* request(
        Effect.gen(function* () {
          yield* query.pipe(TenantTracer.withRoute(other))
          yield* query
          yield* TenantTracer.bind(acme)
        })
      )
      yield* TestTracer.expectTree(
        "other",
        `
          job
          └── postgres select
        `
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          GET
          └── postgres select
        `
      )
      expect((yield* TestTracer.spans("other")).flatMap(({ links }) => links)).toEqual([])
      const operator = yield* TestTracer.spans(TestTracer.operator)
      const outer = one(operator.filter(({ name }) => name === "GET"))
      expect(one(one(operator.filter(({ name }) => name === "job")).links).spanId).toBe(outer.spanId)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("detached work is nobody's; its own spans still hang together", () =>
    Effect.gen(function* () {
      yield* query.pipe(Phase.make("refresh"), TenantTracer.detached, TenantTracer.withRoute(acme))
      yield* TestTracer.expectTree("acme", "job")
      yield* TestTracer.expectTree(
        TestTracer.operator,
        `
          refresh
          └── postgres select
          job
        `
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("detached keeps what the effect needs", () =>
    Effect.gen(function* () {
      class Name extends Context.Tag("Name")<Name, string>() {}
      expect(yield* Name.pipe(TenantTracer.detached, Effect.provideService(Name, "n"))).toBe("n")
    }).pipe(Effect.provide(layer()))
  )
})

describe("TenantTracer.annotateTrace", () => {
  it.effect("facts reach every span of the trace, until the root has ended", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        yield* query
        yield* TenantTracer.annotateTrace({ sessionId: "s1" })
        yield* Effect.forkDaemon(
          Deferred.await(gate).pipe(
            Effect.zipRight(TenantTracer.annotateTrace({ sessionId: "late" })),
            Effect.zipRight(query)
          )
        )
      }).pipe(TenantTracer.withRoute(acme))
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.yieldNow()
      yield* TenantTracer.annotateTrace({ sessionId: "nobody's" })
      const spans = yield* TestTracer.spans("acme")
      expect(spans).toHaveLength(3)
      for (const span of spans)
        expect(span.attributes["session.id"] ?? span.attributes["gen_ai.conversation.id"]).toBe("s1")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("facts that are no facts cost no span", () =>
    Effect.gen(function* () {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      for (const facts of [{ tags: 5 }, { metadata: proxy }, proxy, { team: 1 }, { sessionId: { deep: true } }]) {
        // Plain code is not held to the types.
        yield* query.pipe(Effect.zipRight(TenantTracer.annotateTrace(facts as never)), TenantTracer.withRoute(acme))
      }
      expect(yield* TestTracer.spans("acme")).toHaveLength(10)
    }).pipe(Effect.provide(layer()))
  )
})

describe("late and unfinished spans", () => {
  it.effect("a span that is still open 60 seconds after its root is ended by us", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.never.pipe(
        Spans.toolCall({ name: "slow" }),
        Effect.forkDaemon,
        TenantTracer.withRoute(acme)
      )
      yield* TestClock.adjust("60 seconds")
      yield* TestTracer.expectTree("acme", "job")
      yield* TestClock.adjust("1 second")
      yield* TestTracer.expectTree(
        "acme",
        `
          job undefined unset
          └── execute_tool slow true unset
        `,
        (span) => `${span.name} ${span.attributes["gateway.unfinished"]} ${span.status.code}`
      )
      yield* Fiber.interrupt(fiber)
      expect(yield* TestTracer.spans("acme")).toHaveLength(2)
      expect(yield* counters).toMatchObject({ unfinished: 1, late_end: 1 })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("closing the layer ends what is open, and it still arrives", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer(), scope)
      const { tracer } = Context.get(context, TenantTracer.TenantTracer)
      const fiber = yield* Effect.never.pipe(
        Spans.toolCall({ name: "slow" }),
        TenantTracer.withRoute(acme),
        Effect.withTracer(tracer),
        Effect.fork
      )
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      yield* TestTracer.expectTree(
        "acme",
        `
          job true
          └── execute_tool slow true
        `,
        (span) => `${span.name} ${span.attributes["gateway.unfinished"]}`
      ).pipe(Effect.provide(context))
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("a layer that is built where nothing is interrupted can be closed", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(TenantTracer.withRoute(acme), Effect.provide(layer()), Effect.uninterruptible)
    })
  )

  it.effect("status says what is being recorded", () =>
    Effect.gen(function* () {
      const inside = yield* query.pipe(Effect.zipRight(TenantTracer.status), TenantTracer.withRoute(acme))
      expect(inside.recording).toEqual({ requests: 1, openSpans: 1, heldSpans: 0, heldBytes: 0 })
      expect((yield* TenantTracer.status).recording).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
      yield* TenantTracer.flush
      expect((yield* TenantTracer.status).ledger.total).toMatchObject({ made: 4, delivered: 4, held: 0 })
    }).pipe(Effect.provide(layer()))
  )
})

describe("a caller's trace", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
  const spanId = "00f067aa0ba902b7"
  const policies = ["continue", "link", "ignore"] as const
  const route = (callerTrace: (typeof policies)[number]): TenantRoute.TenantRoute => ({
    ...acme,
    destinations: [
      Either.getOrThrow(Destination.make({ name: "main", endpoint: "http://acme.invalid/v1/traces", callerTrace }))
    ]
  })

  const received = (options: {
    readonly incoming: (typeof policies)[number]
    readonly callerTrace: (typeof policies)[number]
    readonly headers: Readonly<Record<string, string>>
  }) =>
    Effect.gen(function* () {
      const app = Effect.gen(function* () {
        yield* query
        yield* TenantTracer.bind(route(options.callerTrace))
        return HttpServerResponse.empty()
      })
      const door = TenantTracer.middlewareWith({ incoming: options.incoming })
      yield* inProcess(app, "http://localhost/", { headers: options.headers }, door)
      const spans = yield* TestTracer.spans("acme")
      const root = spans.find(({ kind }) => kind === "server")
      const child = spans.find(({ kind }) => kind === "client")
      return { spans, root, child }
    }).pipe(Effect.provide(layer()))

  for (const incoming of policies) {
    for (const callerTrace of policies) {
      it.effect(`at the door ${incoming}, for the destination ${callerTrace}`, () =>
        Effect.gen(function* () {
          const headers = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: "vendor=1" }
          const { child, root } = yield* received({ incoming, callerTrace, headers })
          assert(root !== undefined && child !== undefined)
          const isKnown = incoming !== "ignore"
          const joins = isKnown && (incoming === "continue" || callerTrace === "continue")
          expect(root.traceId === traceId).toBe(joins)
          expect(child.traceId).toBe(root.traceId)
          expect(child.parentSpanId).toBe(root.spanId)
          // Only a destination that asked for it receives a parent that it may not have.
          const continues = isKnown && callerTrace === "continue"
          expect(root.parentSpanId).toBe(continues ? spanId : undefined)
          expect(root.parentIsRemote).toBe(continues)
          expect([root.traceState, child.traceState]).toEqual(
            continues ? ["vendor=1", "vendor=1"] : [undefined, undefined]
          )
          expect(root.links.map((link) => [link.traceId, link.spanId])).toEqual(
            isKnown && callerTrace === "link" ? [[traceId, spanId]] : []
          )
          expect(child.links).toEqual([])
        })
      )
    }
  }

  it.effect("a caller who does not sample is respected where the door continues, and where it does not we record", () =>
    Effect.gen(function* () {
      const headers = { traceparent: `00-${traceId}-${spanId}-00` }
      expect((yield* received({ incoming: "continue", callerTrace: "link", headers })).spans).toEqual([])
      expect((yield* received({ incoming: "link", callerTrace: "link", headers })).spans).toHaveLength(2)
      expect((yield* received({ incoming: "ignore", callerTrace: "continue", headers })).spans).toHaveLength(2)
    })
  )

  it.effect("hostile headers are as good as none", () =>
    Effect.gen(function* () {
      for (const headers of [
        { traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-01` },
        { traceparent: "x".repeat(60_000) },
        { b3: "zz'<script>-yy-1" },
        { "x-b3-traceid": "x".repeat(5000), "x-b3-spanid": "q" }
      ]) {
        const { child, root } = yield* received({ incoming: "continue", callerTrace: "continue", headers })
        assert(root !== undefined && child !== undefined)
        expect(root.traceId).toMatch(/^[0-9a-f]{32}$/)
        expect(root).toMatchObject({ parentSpanId: undefined, links: [], traceState: undefined })
        expect(child.parentSpanId).toBe(root.spanId)
      }
      const state = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: "<script>" }
      const { root } = yield* received({ incoming: "link", callerTrace: "continue", headers: state })
      expect(root).toMatchObject({ traceId, parentSpanId: spanId, traceState: undefined })
    })
  )

  it.effect("the door's default is the layer's", () =>
    Effect.gen(function* () {
      const app = Effect.as(TenantTracer.bind(acme), HttpServerResponse.empty())
      yield* inProcess(app, "http://localhost/", { headers: { b3: `${traceId}-${spanId}` } })
      expect(one(yield* TestTracer.spans("acme")).traceId).toBe(traceId)
    }).pipe(Effect.provide(layer({ incoming: "continue" })))
  )

  it.effect("two tenants' requests in one caller's trace do not meet", () =>
    Effect.gen(function* () {
      for (const tenant of [acme, other]) {
        const app = Effect.zipRight(query, Effect.as(TenantTracer.bind(tenant), HttpServerResponse.empty()))
        yield* inProcess(app, "http://localhost/", { headers: { b3: `${traceId}-${spanId}` } })
      }
      for (const tenant of ["acme", "other"]) {
        yield* TestTracer.expectTree(
          tenant,
          `
            GET
            └── postgres select
          `
        )
      }
    }).pipe(Effect.provide(layer({ incoming: "continue" })))
  )
})

describe("from a request to its destinations", () => {
  const destination = (name: string, options: Partial<Parameters<typeof Destination.make>[0]> = {}) =>
    Either.getOrThrow(Destination.make({ name, endpoint: `http://${name}.invalid/v1/traces`, ...options }))
  const t3 = Effect.zipRight(
    Phase.auth(Effect.void),
    Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4" }))
  )
  const run = (destinations: TenantRoute.TenantRoute["destinations"], rest: Partial<TenantRoute.TenantRoute> = {}) =>
    request(Effect.zipRight(t3, TenantTracer.bind({ ...acme, ...rest, destinations })))
  const counts = Effect.gen(function* () {
    return [(yield* TestTracer.spans("acme")).length, (yield* TestTracer.spans(TestTracer.operator)).length]
  })

  it.effect("case 141: a request that no tenant claims is the operator's, and no provider is built", () =>
    Effect.gen(function* () {
      yield* request(t3)
      expect(yield* counts).toEqual([0, 3])
      expect((yield* TenantTracer.status).providers.size).toBe(0)
    }).pipe(Effect.provide(layer()))
  )

  it.effect(
    "case 175: without a destination the operator alone; the operator's exporter of that vendor stands down",
    () =>
      Effect.gen(function* () {
        yield* run([])
        expect(yield* counts).toEqual([0, 3])
        yield* TestTracer.clear
        yield* run([destination("main", { vendor: "operator" })])
        expect(yield* counts).toEqual([3, 0])
      }).pipe(Effect.provide(layer()))
  )

  it.effect("case 177: the whole trace, one trace id, parents preserved", () =>
    Effect.gen(function* () {
      yield* run([destination("main")])
      yield* TestTracer.expectTree(
        "acme",
        `
          GET
          ├── auth
          └── chat gpt-4
        `
      )
      expect(new Set((yield* TestTracer.spans("acme")).map(({ traceId }) => traceId)).size).toBe(1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 179: an account that is the operator's too has each span once", () =>
    Effect.gen(function* () {
      for (const operatorPolicy of ["additive", "override"] as const) {
        yield* run([destination("operator", { endpoint: "http://operator.invalid" })], { operatorPolicy })
        expect(yield* counts).toEqual([3, 0])
        yield* TestTracer.clear
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 185: two back ends receive one copy each", () =>
    Effect.gen(function* () {
      yield* run([destination("one"), destination("two")])
      const names = (yield* TestTracer.spans("acme")).map((span) => span.destination)
      expect(names.toSorted()).toEqual(["one", "one", "one", "two", "two", "two"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 187: the destination's resource over the operator's, and nothing of the machine", () =>
    Effect.gen(function* () {
      yield* run([destination("main", { resource: { "service.name": "team-checkout" } })])
      const [span] = yield* TestTracer.spans("acme")
      expect(span?.resource).toEqual({ "service.name": "team-checkout", "deployment.environment.name": "prod" })
    }).pipe(
      Effect.provide(
        layer({
          resource: { "service.name": "proxy", "deployment.environment.name": "prod", "host.name": "ip-10-0-0-1" }
        })
      )
    )
  )

  it.effect("case 189: what a guardrail says of its own failure stays with the operator, its verdict does not", () =>
    Effect.gen(function* () {
      for (const [status, isKept] of [
        ["guardrail_failed_to_respond", false],
        ["failure", false],
        ["guardrail_intervened", true]
      ] as const) {
        yield* Effect.void.pipe(
          Spans.guardrail({ name: "pii", status, response: { detail: "VERDICT" } }),
          TenantTracer.withRoute(acme)
        )
        expect(textOf(yield* TestTracer.spans("acme")).includes("VERDICT"), status).toBe(isKept)
        yield* TestTracer.clear
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 193: a destination that cannot be built is denied with a reason; the operator keeps the spans", () =>
    Effect.gen(function* () {
      const broken = { ...destination("main"), endpoint: "ftp://main.invalid" }
      yield* run([broken])
      expect(yield* counts).toEqual([0, 3])
      const { plan } = yield* TenantTracer.TenantTracer
      expect(plan({ ...acme, destinations: [broken] })).toMatchObject({ denied: [{ reason: "invalid_endpoint" }] })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 95, 99, 107: an error as the tenant and as the operator see it", () =>
    Effect.gen(function* () {
      const message = `${"x".repeat(1020)} sk-proj-abcdefghijklmnop1234567890`.padEnd(5007, "x")
      const error = { type: "ProxyException", message, code: "401", stackTrace: "at db-7", provider: "anthropic" }
      yield* Effect.fail("no").pipe(
        Spans.llmCall({ operation: "chat", provider: "anthropic" }, { onFailure: () => ({ error }) }),
        TenantTracer.withRoute(acme),
        Effect.ignore
      )
      for (const tenant of ["acme", TestTracer.operator]) {
        const call = one((yield* TestTracer.spans(tenant)).filter(({ kind }) => kind === "client"))
        // The operator reads all of it, a tenant 1 KB, and no key that a provider quotes.
        const seen = tenant === TestTracer.operator ? message : call.status.message
        expect(seen?.length).toBe(tenant === TestTracer.operator ? 5007 : 1024)
        expect(textOf(call).includes("sk-proj")).toBe(tenant === TestTracer.operator)
        expect(call.status).toEqual({ code: "error", message: seen })
        expect(call.attributes["error.type"]).toBe("ProxyException")
        expect(call.attributes).not.toHaveProperty("exception.message")
        const event = one(call.events)
        expect(event.name).toBe("exception")
        expect(event.attributes).toContainEqual(["exception.message", seen])
        expect(textOf(call).includes("at db-7")).toBe(tenant === TestTracer.operator)
      }
    }).pipe(Effect.provide(layer()))
  )
})
