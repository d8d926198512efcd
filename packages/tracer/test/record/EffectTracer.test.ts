import { HttpServerResponse } from "@effect/platform"
import { assert, describe, expect, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import * as EffectTracer from "@tenant-tracer/tracer/record/EffectTracer"
import {
  Cause,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  FiberId,
  Layer,
  Logger,
  RcMap,
  Request,
  RequestResolver,
  Schedule,
  Scope,
  Stream,
  TestClock,
  Tracer
} from "effect"
import { inProcess } from "../support/http.js"
import { layer, one, textOf } from "../support/tracing.js"

const chat = { operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const
const db = { service: "postgres", system: "postgresql", callType: "select" } as const
const plain = <A, E, R>(self: Effect.Effect<A, E, R>, name: string) =>
  Effect.withSpan(self, name, { captureStackTrace: false })
const as = (tenant: string) => TenantTracer.withRoute(TestTracer.route(tenant))
const operatorTree = (expected: string) => TestTracer.expectTree(TestTracer.operator, expected)

/** A tracer that is not ours, with ids of its own; `ended` counts. */
const foreign = () => {
  const counts = { made: 0, ended: 0 }
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      counts.made++
      return {
        _tag: "Span",
        name,
        parent,
        context,
        links: [...links],
        kind,
        sampled: true,
        spanId: "1".repeat(16),
        traceId: "2".repeat(32),
        attributes: new Map(),
        status: { _tag: "Started", startTime },
        end: () => {
          counts.ended++
        },
        attribute: () => {},
        event: () => {},
        addLinks: () => {}
      }
    },
    context: (execution) => execution()
  })
  return { tracer, counts }
}

const countsOf = Effect.map(TenantTracer.status, ({ ledger }) => ledger.counters)

describe("whose a span is", () => {
  it.effect("two tenants under a span round the server do not share a trace", () =>
    Effect.gen(function* () {
      const handle = (tenant: string) => plain(Effect.void, "work").pipe(as(tenant))
      yield* Effect.all([handle("acme"), handle("other")], { concurrency: 2 }).pipe(
        Layer.effectDiscard,
        Layer.withSpan("Server"),
        Layer.build,
        Effect.scoped
      )
      for (const tenant of ["acme", "other"]) {
        yield* TestTracer.expectTree(tenant, "job")
        expect(one(yield* TestTracer.spans(tenant)).links).toEqual([])
      }
      const operator = yield* TestTracer.spans(TestTracer.operator)
      expect(new Set(operator.map(({ traceId }) => traceId)).size).toBe(3)
      const server = one(operator.filter(({ name }) => name === "Server"))
      for (const root of operator.filter(({ name }) => name === "job")) {
        expect(one(root.links).spanId).toBe(server.spanId)
      }
    }).pipe(Effect.provide(layer()))
  )

  class Pool extends Context.Tag("Pool")<Pool, { readonly query: Effect.Effect<void> }>() {}
  const pool = Layer.scoped(
    Pool,
    Effect.gen(function* () {
      yield* Effect.void.pipe(
        Spans.dbCall(db),
        (self) => plain(self, "maintenance"),
        Effect.repeat(Schedule.spaced("1 second")),
        Effect.forkScoped
      )
      return { query: Effect.void.pipe(Spans.dbCall(db)) }
    })
  )

  it.effect(
    "a layer that is built in a request belongs to nobody when it is detached, and its users keep their own spans",
    () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(pool, scope).pipe(TenantTracer.detached, as("acme"))
        yield* TestClock.adjust("5 seconds")
        yield* Effect.flatMap(Pool, ({ query }) => query).pipe(Effect.provide(context), as("other"))
        yield* Scope.close(scope, Exit.void)
        yield* TestTracer.expectTree("acme", "job")
        yield* TestTracer.expectTree(
          "other",
          `
          job
          └── postgres select
        `
        )
        const ambient = (yield* TestTracer.spans(TestTracer.operator)).filter(({ name }) => name === "maintenance")
        expect(ambient).toHaveLength(6)
        expect(ambient.every(({ links, parentSpanId }) => links.length === 0 && parentSpanId === undefined)).toBe(true)
      }).pipe(Effect.provide(layer()))
  )

  it.effect("one that is not detached stays with its first user for a minute, and never goes to another", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(pool, scope).pipe(as("acme"))
      yield* Effect.flatMap(Pool, ({ query }) => query).pipe(Effect.provide(context), as("other"))
      yield* TestClock.adjust("120 seconds")
      yield* Scope.close(scope, Exit.void)
      const mine = yield* TestTracer.spans("acme")
      expect(mine.filter(({ name }) => name === "postgres select")).toHaveLength(61)
      expect(new Set(mine.map(({ traceId }) => traceId)).size).toBe(1)
      yield* TestTracer.expectTree(
        "other",
        `
          job
          └── postgres select
        `
      )
      expect(yield* TestTracer.tenants).toEqual(["acme", "other"])
      expect((yield* countsOf).late_start).toBe(60)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a shared look-up under Effect.cached: nobody's when detached", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const cached = yield* Deferred.await(gate).pipe(Spans.dbCall(db), TenantTracer.detached, Effect.cached)
      const fiber = yield* Effect.fork(Effect.all([as("acme")(cached), as("other")(cached)], { concurrency: 2 }))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(fiber)
      yield* TestTracer.expectTree("acme", "job")
      yield* TestTracer.expectTree("other", "job")
      yield* operatorTree(
        `
          postgres select
          job
          job
        `
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a shared look-up that is not detached is the first caller's alone, and nobody has an orphan", () =>
    Effect.gen(function* () {
      const cached = yield* Effect.cached(Effect.void.pipe(Spans.dbCall(db)))
      yield* as("acme")(cached)
      yield* as("other")(cached)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── postgres select
        `
      )
      yield* TestTracer.expectTree("other", "job")
    }).pipe(Effect.provide(layer()))
  )

  it.scoped("RcMap look-ups: detached they are nobody's, else the first caller's alone", () =>
    Effect.gen(function* () {
      const lookup = (key: string) => Effect.as(Effect.void.pipe(Spans.dbCall({ ...db, target: key })), key)
      const detached = yield* RcMap.make({ lookup: (key: string) => TenantTracer.detached(lookup(key)) })
      const attached = yield* RcMap.make({ lookup })
      const use = Effect.scoped(Effect.zipRight(RcMap.get(detached, "detached"), RcMap.get(attached, "attached")))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* RcMap.get(detached, "detached").pipe(as("acme"))
          yield* RcMap.get(attached, "attached").pipe(as("acme"))
          yield* use.pipe(as("other"))
        })
      )
      yield* TestTracer.expectTree("other", "job")
      const names = (yield* TestTracer.spans("acme")).map(({ name }) => name)
      expect(names.sort()).toEqual(["job", "job", "select attached"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect(
    "a daemon that lives for ever: late spans are the tenant's for a minute, then ambient trees of their own",
    () =>
      Effect.gen(function* () {
        const tick = plain(Effect.void.pipe(Spans.dbCall(db)), "tick")
        const daemon = yield* tick.pipe(Effect.repeat(Schedule.spaced("30 seconds")), Effect.forkDaemon, as("acme"))
        yield* TestClock.adjust("120 seconds")
        yield* Fiber.interrupt(daemon)
        yield* TestTracer.expectTree(
          "acme",
          `
          job
          ├── postgres select
          ├── postgres select
          └── postgres select
        `
        )
        yield* operatorTree(
          `
          job
          ├── tick
          │   └── postgres select
          ├── tick
          │   └── postgres select
          └── tick
              └── postgres select
          tick
          └── postgres select
          tick
          └── postgres select
        `
        )
        const late = (yield* TestTracer.spans(TestTracer.operator)).filter(({ name }) => name === "tick").slice(-2)
        const root = one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "job"))
        for (const span of late) expect(one(span.links).spanId).toBe(root.spanId)
      }).pipe(Effect.provide(layer()))
  )

  it.effect("requests that are batched together: the batch is one caller's, and nobody has an orphan", () =>
    Effect.gen(function* () {
      class Get extends Request.TaggedClass("Get")<string, never, { readonly id: number }> {}
      const resolver = RequestResolver.makeBatched((requests: ReadonlyArray<Get>) =>
        plain(
          Effect.forEach(requests, (request) => Request.succeed(request, `${request.id}`), { discard: true }),
          "batch"
        )
      )
      const ask = (id: number) => Effect.request(new Get({ id }), resolver)
      yield* Effect.all([as("acme")(ask(1)), as("other")(ask(2))], { batching: true })
      for (const tenant of ["acme", "other"]) yield* TestTracer.expectTree(tenant, "job")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("streams and scoped spans keep their request, also when they are used after it", () =>
    Effect.gen(function* () {
      const stream = yield* Effect.gen(function* () {
        const span = yield* Effect.currentSpan
        return Stream.range(1, 2).pipe(
          Stream.rechunk(1),
          Stream.mapEffect(() => Effect.void.pipe(Spans.dbCall(db))),
          Stream.withSpan("stream", { parent: span })
        )
      }).pipe(Effect.orDie, as("acme"))
      yield* Stream.runDrain(stream)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── postgres select
          └── postgres select
        `
      )
    }).pipe(Effect.provide(layer()))
  )
})

describe("spans of others", () => {
  it.effect("a foreign tracer inside a request: the owner stays, and the nearest span of ours is the parent", () =>
    Effect.gen(function* () {
      const { tracer } = yield* TenantTracer.TenantTracer
      const { counts, tracer: theirs } = foreign()
      yield* Effect.void.pipe(
        Spans.dbCall(db),
        Effect.withTracer(tracer),
        (self) => plain(self, "theirs"),
        Effect.withTracer(theirs),
        Phase.auth,
        as("acme")
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── auth
              └── postgres select
        `
      )
      expect(counts).toEqual({ made: 1, ended: 1 })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("another layer inside a request: the request goes on as it was, also when that layer closes", () =>
    Effect.gen(function* () {
      const app = Effect.gen(function* () {
        const inner = yield* Effect.gen(function* () {
          yield* Effect.void.pipe(Spans.llmCall(chat))
          yield* Effect.void.pipe(Spans.toolCall({ name: "search" }), as("other"))
          return [yield* TestTracer.tree("other"), yield* TestTracer.tree(TestTracer.operator)]
        }).pipe(Effect.provide(layer()))
        yield* Effect.void.pipe(Spans.dbCall(db))
        const result = yield* TenantTracer.bind(TestTracer.route("acme"))
        return HttpServerResponse.unsafeJson([result, ...inner])
      })
      expect(JSON.parse((yield* inProcess(app)).body)).toEqual([
        "Bound",
        "job\n└── execute_tool search",
        "job\n└── execute_tool search"
      ])
      yield* TestTracer.expectTree(
        "acme",
        `
          GET
          ├── chat gpt-4o
          └── postgres select
        `
      )
      const { ledger, recording } = yield* TenantTracer.status
      expect(recording).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
      expect(ledger.counters).toEqual({})
    }).pipe(Effect.provide(layer()))
  )

  it.effect("another layer inside a span that is no request's has spans of its own", () =>
    Effect.gen(function* () {
      const inner = Effect.gen(function* () {
        yield* plain(Effect.void, "theirs")
        return yield* TestTracer.tree(TestTracer.operator)
      }).pipe(Effect.provide(layer()))
      expect(yield* plain(inner, "ours")).toBe("theirs")
      yield* operatorTree("ours")
      expect((yield* TenantTracer.status).recording.openSpans).toBe(0)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("bind under a foreign tracer or with tracing off still binds the request", () =>
    Effect.gen(function* () {
      const apps = {
        acme: Effect.withTracer(TenantTracer.bind(TestTracer.route("acme")), foreign().tracer),
        other: Effect.withTracerEnabled(TenantTracer.bind(TestTracer.route("other")), false)
      }
      for (const [tenant, bind] of Object.entries(apps)) {
        const app = Effect.map(bind, HttpServerResponse.text)
        expect((yield* inProcess(app)).body).toBe("Bound")
        yield* TestTracer.expectTree(tenant, "GET")
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an external parent inside a request changes neither owner nor trace", () =>
    Effect.gen(function* () {
      const external = Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: false })
      yield* Effect.void.pipe(Spans.dbCall(db), Effect.withParentSpan(external), as("acme"))
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── postgres select
        `
      )
      expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("a".repeat(32))
    }).pipe(Effect.provide(layer()))
  )

  it.effect(
    "an external parent outside of any request is continued where its ids are ids, and its decision respected",
    () =>
      Effect.gen(function* () {
        const under = (traceId: string, spanId: string, sampled = true, kind: Tracer.SpanKind = "internal") =>
          Effect.withSpan(Effect.void, "span", { kind, parent: Tracer.externalSpan({ traceId, spanId, sampled }) })
        yield* under("a".repeat(32), "b".repeat(16))
        yield* under("a".repeat(32), "b".repeat(16), false)
        yield* under("zz'<script>", "x".repeat(5000))
        yield* under("0".repeat(32), "0".repeat(16))
        yield* under("c".repeat(32), "d".repeat(16), true, "server")
        const spans = yield* TestTracer.spans(TestTracer.operator)
        expect(spans).toHaveLength(4)
        expect(spans[0]).toMatchObject({ traceId: "a".repeat(32), parentSpanId: "b".repeat(16), parentIsRemote: true })
        for (const span of spans.slice(1)) {
          expect(span.traceId).toMatch(/^[0-9a-f]{32}$/)
          expect(span.traceId).not.toMatch(/^(0+|c+)$/)
          expect(span.parentSpanId).toBeUndefined()
        }
        expect((yield* countsOf).unsampled).toBe(1)
      }).pipe(Effect.provide(layer()))
  )

  it.effect("a parent that belongs to another tenant's request: the owner stays, no tenant sees the link", () =>
    Effect.gen(function* () {
      const theirs = yield* Deferred.make<Tracer.Span>()
      const done = yield* Deferred.make<void>()
      yield* Effect.currentSpan.pipe(
        Effect.orDie,
        Effect.flatMap((span) => Deferred.succeed(theirs, span)),
        Effect.zipRight(Deferred.await(done)),
        as("other"),
        Effect.fork
      )
      const parent = yield* Deferred.await(theirs)
      yield* Effect.void.pipe(Spans.dbCall(db), Effect.withParentSpan(parent), as("acme"))
      yield* Deferred.succeed(done, undefined)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── postgres select
        `
      )
      const query = one((yield* TestTracer.spans("acme")).filter(({ kind }) => kind === "client"))
      expect(query.links).toEqual([])
      const operators = one((yield* TestTracer.spans(TestTracer.operator)).filter(({ kind }) => kind === "client"))
      expect(one(operators.links).spanId).toBe(parent.spanId)
      expect((yield* countsOf).foreign_parent).toBe(1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("links: a tenant sees those to what it sees of its own request, the operator all whose ids are ids", () =>
    Effect.gen(function* () {
      const outside = yield* Effect.makeSpan("outside")
      const garbage = Tracer.externalSpan({ traceId: "zz'<script>", spanId: "1" })
      const elsewhere = Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16) })
      yield* Effect.gen(function* () {
        const root = yield* Effect.orDie(Effect.currentSpan)
        yield* Effect.void.pipe(
          Spans.dbCall(db),
          Effect.linkSpans(root, { secret: "sk-1" }),
          Effect.linkSpans(outside),
          Effect.linkSpans(garbage),
          Effect.linkSpans(elsewhere)
        )
        yield* Effect.linkSpanCurrent(garbage)
      }).pipe(as("acme"))
      const linksOf = (tenant: string) =>
        Effect.map(TestTracer.spans(tenant), (spans) => one(spans.filter(({ kind }) => kind === "client")).links)
      expect(yield* linksOf("acme")).toMatchObject([{ attributes: [] }])
      expect(yield* linksOf(TestTracer.operator)).toHaveLength(3)
      expect(textOf(yield* TestTracer.spans(TestTracer.operator))).not.toContain("script")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("regions with tracing off leave no span and break no tree", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(
        Spans.dbCall(db),
        Effect.withTracerEnabled(true),
        Spans.toolCall({ name: "hidden" }),
        (self) => plain(self, "hidden"),
        Effect.withTracerEnabled(false),
        Phase.auth,
        as("acme")
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── auth
              └── postgres select
        `
      )
      yield* Effect.void.pipe(Spans.dbCall(db), as("off"), Effect.withTracerEnabled(false))
      expect(yield* TestTracer.tenants).toEqual(["acme"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("spans without a role are the operator's: hidden from tenants and closed over", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(
        Spans.dbCall(db),
        (self) => plain(self, "c"),
        Phase.auth,
        (self) => plain(self, "b"),
        (self) => plain(self, "a"),
        as("acme")
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── auth
              └── postgres select
        `
      )
      yield* operatorTree(
        `
          job
          └── a
              └── b
                  └── auth
                      └── c
                          └── postgres select
        `
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a span with `root: true` inside a request is still part of it", () =>
    Effect.gen(function* () {
      yield* Effect.withSpan(Effect.void.pipe(Spans.dbCall(db)), "job", { root: true }).pipe(Phase.auth, as("acme"))
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── postgres select
          └── auth
        `
      )
    }).pipe(Effect.provide(layer()))
  )
})

describe("what a span must not carry", () => {
  it.effect("log lines and library attributes with secrets reach no tenant", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Effect.logInfo("SECRET-1")
        yield* Effect.annotateCurrentSpan({
          "http.request.header.authorization": "SECRET-2",
          "http.response.header.set_cookie": "SECRET-3",
          "url.query": "SECRET-4",
          "url.full": "https://host/path?key=SECRET-5",
          "db.query.text": "SECRET-6",
          custom: "SECRET-7"
        })
      }).pipe(
        Effect.annotateLogs("key", "SECRET-8"),
        Spans.dbCall(db),
        Effect.provide(Logger.replace(Logger.defaultLogger, Logger.tracerLogger)),
        as("acme")
      )
      expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("SECRET")
      const operators = textOf(yield* TestTracer.spans(TestTracer.operator))
      expect(operators).toContain("SECRET-1")
      expect(operators).toContain("https://host/path")
      for (const n of [2, 3, 4, 5]) expect(operators).not.toContain(`SECRET-${n}`)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("the message of an exception never reaches a tenant, and no copy has a URL's credentials", () =>
    Effect.gen(function* () {
      const url = "https://user:SECRET@up.internal:8443/v1/x?key=SECRET"
      class UpstreamError extends Error {
        override readonly name = "UpstreamError"
      }
      yield* Effect.fail(new UpstreamError(`GET ${url} failed: ECONNREFUSED`)).pipe(
        Spans.llmCall(chat),
        as("acme"),
        Effect.ignore
      )
      const call = one((yield* TestTracer.spans("acme")).filter(({ kind }) => kind === "client"))
      expect(call.status).toEqual({ code: "error", message: "UpstreamError" })
      expect(call.attributes["error.type"]).toBe("UpstreamError")
      expect(textOf(yield* TestTracer.spans("acme"))).not.toMatch(/up\.internal|ECONN|SECRET/)
      yield* Effect.fail(new UpstreamError("connect postgres://app:SECRET@db/keys")).pipe(
        Spans.dbCall(db),
        as("acme"),
        Effect.ignore
      )
      const operators = textOf(yield* TestTracer.spans(TestTracer.operator))
      expect(operators).toContain("GET https://up.internal:8443/v1/x failed: ECONNREFUSED")
      expect(operators).toContain("connect postgres://db/keys")
      expect(operators).not.toContain("SECRET")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an ended span keeps neither its exit nor what came out", () =>
    Effect.gen(function* () {
      const span = yield* Effect.currentSpan.pipe(
        Effect.map((span) => ({ span })),
        (self) => plain(self, "span"),
        Effect.orDie
      )
      assert(span.span.status._tag === "Ended")
      expect(span.span.status.exit).toBe(Exit.void)
    }).pipe(Effect.provide(layer()))
  )
})

describe("outcomes", () => {
  const interrupted = Cause.interrupt(FiberId.none)
  const tag = (exit: Exit.Exit<unknown, unknown>) => EffectTracer.outcomeOf(exit)

  it("success is unset, an interruption is no error, everything else is", () => {
    expect(tag(Exit.succeed(1))).toEqual({ _tag: "unset" })
    expect(tag(Exit.failCause(interrupted))).toEqual({ _tag: "cancelled" })
    expect(tag(Exit.failCause(Cause.parallel(interrupted, interrupted)))).toEqual({ _tag: "cancelled" })
    expect(tag(Exit.failCause(Cause.sequential(interrupted, Cause.fail({ _tag: "Boom" }))))).toMatchObject({
      _tag: "error",
      error: { type: "Boom" }
    })
  })

  it("`error.type` is a name: the tag, the name, the class, or _OTHER", () => {
    class Odd extends Error {}
    const type = (error: unknown) => {
      const outcome = tag(Exit.fail(error))
      assert(outcome._tag === "error")
      return outcome.error.type
    }
    expect(type({ _tag: "Tagged", name: "Name" })).toBe("Tagged")
    expect(type(new TypeError("x"))).toBe("TypeError")
    expect(type(new Odd())).toBe("Error")
    for (const other of [
      "text",
      1,
      null,
      undefined,
      {},
      { _tag: "connect to 10.0.0.1 failed" },
      { name: "x".repeat(999) }
    ]) {
      expect(type(other)).toBe("_OTHER")
    }
    const throwing = new Proxy(new Error("x"), {
      get: () => {
        throw new Error("get")
      }
    })
    expect(type(throwing)).toBe("_OTHER")
  })

  it("messages are bounded", () => {
    const outcome = tag(Exit.die(new Error("x".repeat(1_000_000))))
    assert(outcome._tag === "error")
    expect(outcome.error.message).toHaveLength(32 * 1024)
  })
})

describe("interruption", () => {
  const base = Effect.succeed(1)
  const programs: Record<string, Effect.Effect<unknown>> = {
    llmCall: base.pipe(Spans.llmCall(chat, { onSuccess: () => ({ finishReasons: ["stop"] }) })),
    phase: base.pipe(Phase.auth),
    withRoute: base.pipe(as("acme")),
    stream: Stream.make(1).pipe(Spans.llmCallStream(chat), Stream.runDrain),
    nested: base.pipe(Spans.llmCall(chat), Spans.toolCall({ name: "t" }), Spans.agent({ name: "a" }), as("acme"))
  }

  for (const [name, program] of Object.entries(programs)) {
    it.effect(`at every operation of ${name} leaves nothing open`, () =>
      Effect.gen(function* () {
        const { recorder, tracer } = yield* TenantTracer.TenantTracer
        let completed = 0
        for (let operation = 1; completed === 0 && operation < 5000; operation++) {
          const tasks: Array<() => void> = []
          let steps = 0
          let stopped = false
          const fiber = Effect.runFork(Effect.withTracer(program, tracer), {
            scheduler: {
              scheduleTask: (task) => {
                tasks.push(task)
              },
              shouldYield: () => {
                if (stopped || ++steps !== operation) return false
                stopped = true
                return 0
              }
            }
          })
          while (tasks.length > 0 && !stopped) tasks.shift()?.()
          fiber.unsafeInterruptAsFork(fiber.id())
          while (tasks.length > 0) tasks.shift()?.()
          const exit = fiber.unsafePoll()
          if (exit !== null && Exit.isSuccess(exit)) completed++
          expect(recorder.stats().openSpans, `interrupted at operation ${operation}`).toBe(0)
        }
        // Every operation had its turn: the last round was not interrupted before the program's end.
        expect(completed).toBe(1)
        expect((yield* countsOf).unfinished).toBeUndefined()
      }).pipe(Effect.provide(layer()))
    )
  }
})
