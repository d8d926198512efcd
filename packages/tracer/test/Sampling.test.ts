/** Sampling of whole traces, for each destination by itself, from the request to the back end. */
import { HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import type { DestinationSampling } from "@tenant-tracer/model/Destination"
import { Ledger, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Array as Arr, Deferred, Effect, Fiber, Random, TestClock } from "effect"
import { backends, routeTo, tracer } from "./support/backends.js"
import { inProcess } from "./support/http.js"
import { destination } from "./support/recorded.js"
import { layer } from "./support/tracing.js"

const model = { operation: "chat", provider: "openai", requestModel: "gpt-4o" }

const chat = Spans.llmCall(model)

/** A root with two children: three spans. */
const good = Effect.void.pipe(chat, Effect.zipRight(Effect.void.pipe(Spans.guardrail({ name: "pii" }))))

/** A request that fails in its model call, and goes well otherwise. */
const bad = Effect.fail("no").pipe(
  chat,
  Effect.ignore,
  Effect.zipRight(Effect.void.pipe(Spans.guardrail({ name: "pii" })))
)

const routes = (sampling: Readonly<Record<string, DestinationSampling>>) =>
  routeTo(
    "acme",
    Object.entries(sampling).map(([name, rates]) =>
      destination({ name, endpoint: `https://${name}.example/v1/traces`, sampling: rates })
    )
  )

const balanced = Effect.map(TenantTracer.status, ({ ledger: { rows, total } }) =>
  [...rows, total].every(Ledger.balances)
)

const account = (id: string) =>
  Effect.map(TenantTracer.status, ({ ledger }) => ledger.rows.find((row) => row.id === id))

/** How many spans each destination has received. */
const received = Effect.map(TestTracer.spans("acme"), (spans) => {
  const counts: Record<string, number> = {}
  for (const { destination } of spans) counts[destination] = (counts[destination] ?? 0) + 1
  return counts
})

describe("rates", () => {
  it.scopedLive.each([
    ["override", { tenant: 0, langfuse: 0 }],
    ["additive", { tenant: 0, langfuse: 3 }]
  ] as const)("case 227: both rates are 0, %s", ([operatorPolicy, expected]) =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("tenant", "langfuse")
      const { balanced, flush, row, run } = yield* tracer({ operator: [to("langfuse", { vendor: "langfuse_otel" })] })
      const none = to("main", { key: "tenant", vendor: "langfuse_otel", sampling: { success: 0, error: 0 } })
      yield* run(good.pipe(TenantTracer.withRoute(routeTo("acme", [none], { operatorPolicy }))))
      yield* flush
      const count = (name: string) => Effect.map(spans(name), (spans) => spans.length)
      expect({ tenant: yield* count("tenant"), langfuse: yield* count("langfuse") }).toEqual(expected)
      expect(yield* row("acme/main")).toMatchObject({ made: 3, dropped: { sampled_out: 3 } })
      expect(yield* balanced).toBe(true)
    })
  )

  it.effect(
    "case 229: a failed trace is kept by the rate of errors, another by that of successes, in each destination",
    () =>
      Effect.gen(function* () {
        const route = routes({
          failures: { success: 0 },
          successes: { error: 0 },
          all: {},
          none: { success: 0, error: 0 }
        })
        yield* bad.pipe(TenantTracer.withRoute(route))
        expect(yield* received).toEqual({ failures: 3, all: 3 })
        yield* TestTracer.clear
        yield* good.pipe(TenantTracer.withRoute(route))
        expect(yield* received).toEqual({ successes: 3, all: 3 })
        expect(yield* TestTracer.spans(TestTracer.operator)).toHaveLength(3)
        expect(yield* balanced).toBe(true)
      }).pipe(Effect.provide(layer()))
  )

  it.effect.each([
    ["a span that the tenant does not see", Effect.fail("no").pipe(Effect.withSpan("internal"), Effect.ignore)],
    ["a guardrail that intervened", Effect.void.pipe(Spans.guardrail({ name: "g", status: "guardrail_intervened" }))],
    ["the request itself", Effect.fail("no")]
  ] as const)("case 229: %s makes a trace one that failed", ([, program]) =>
    Effect.gen(function* () {
      yield* program.pipe(
        TenantTracer.withRoute(routes({ failures: { success: 0 }, successes: { error: 0 } })),
        Effect.ignore
      )
      expect(Object.keys(yield* received)).toEqual(["failures"])
    }).pipe(Effect.provide(layer()))
  )
})

it.effect("what was sampled out is told to who asks where a trace is", () =>
  Effect.gen(function* () {
    const { explain } = yield* TenantTracer.TenantTracer
    yield* good.pipe(TenantTracer.withRoute(routes({ failures: { success: 0 }, successes: { error: 0 } })))
    const [span] = yield* TestTracer.spans("acme")
    const { destinations } = yield* explain("acme", span?.traceId ?? "")
    expect(destinations.map(({ sentence }) => sentence)).toEqual([
      "acme/failures: of 3 spans for it 3 dropped (sampled_out)",
      "acme/successes: of 3 spans for it 3 delivered"
    ])
    expect(destinations.map(({ orphaned }) => orphaned)).toEqual([0, 0])
  }).pipe(Effect.provide(layer()))
)

describe("a trace that is not over", () => {
  it.effect("case 229: waits for the last of its spans, and that one decides, too", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const slow = yield* Effect.forkDaemon(Deferred.await(gate).pipe(Effect.zipRight(Effect.fail("no")), chat)).pipe(
        Effect.zipLeft(Effect.yieldNow()),
        TenantTracer.withRoute(routes({ failures: { success: 0 }, successes: { error: 0 } }))
      )
      expect(yield* received).toEqual({})
      expect(yield* account("acme/failures")).toMatchObject({ made: 1, held: 1, delivered: 0 })
      expect(yield* balanced).toBe(true)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(slow)
      expect(yield* received).toEqual({ failures: 2 })
      expect(yield* account("acme/successes")).toMatchObject({ made: 2, held: 0, dropped: { sampled_out: 2 } })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("is held before its tenant is known, and then until its end, and nothing of it is lost in between", () =>
    Effect.gen(function* () {
      const { status } = yield* TenantTracer.TenantTracer
      const answer = yield* inProcess(
        Effect.void.pipe(
          chat,
          Effect.zipRight(TenantTracer.bind(routes({ main: { success: 1, error: 0 } }))),
          Effect.zipRight(status),
          Effect.map(({ ledger }) =>
            HttpServerResponse.text(String(ledger.rows.find(({ id }) => id === "acme/main")?.held))
          ),
          Effect.zipLeft(good)
        )
      )
      expect(answer.body).toBe("1")
      expect(yield* received).toEqual({ main: 4 })
    }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("case 233: is decided when tracing is closed, and sent before that is over", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("kept", "dropped")
      const { close, run, status } = yield* tracer()
      const route = routeTo("acme", [
        to("kept", { sampling: { success: 1, error: 0 } }),
        to("dropped", { sampling: { success: 0, error: 1 } })
      ])
      const ready = yield* Deferred.make<void>()
      const open = yield* Effect.fork(
        run(
          good.pipe(
            Effect.zipRight(Deferred.succeed(ready, undefined)),
            Effect.zipRight(Effect.never),
            TenantTracer.withRoute(route)
          )
        )
      )
      yield* Deferred.await(ready)
      expect((yield* status).ledger.total).toMatchObject({ made: 4, held: 4 })
      yield* close
      expect((yield* spans("kept")).map(({ name }) => name).sort()).toEqual([
        "chat gpt-4o",
        "execute_guardrail pii",
        "job"
      ])
      expect(yield* spans("dropped")).toEqual([])
      const { total } = (yield* status).ledger
      expect(total).toMatchObject({ made: 6, held: 0, delivered: 3, dropped: { sampled_out: 3 } })
      yield* Fiber.interrupt(open)
      yield* run(good.pipe(Effect.zipRight(status), TenantTracer.withRoute(route))).pipe(
        Effect.map(({ ledger }) => expect(ledger.total).toMatchObject({ made: 10, held: 0 }))
      )
    })
  )

  it.effect("whose last open span is withdrawn is decided within a second", () =>
    Effect.gen(function* () {
      const { recorder } = yield* TenantTracer.TenantTracer
      yield* TestClock.adjust("1 second")
      const route = routes({ main: { error: 0 } })
      const root = recorder.openRequest({
        name: "root",
        startTime: 0n,
        wallTime: 0,
        data: { _tag: "llm_call", ...model },
        route
      })
      const withdrawn = recorder.begin({ name: "withdrawn", startTime: 0n, parent: root })
      recorder.end(root, 1n, { _tag: "unset" })
      if (withdrawn !== undefined) recorder.discard(withdrawn)
      expect(yield* account("acme/main")).toMatchObject({ made: 1, held: 1 })
      yield* TestClock.adjust("1 second")
      expect(yield* received).toEqual({ main: 1 })
    }).pipe(Effect.provide(layer()))
  )
})

describe("chance", () => {
  const many = Effect.forEach(
    Arr.range(1, 64),
    (index) =>
      good.pipe(TenantTracer.withRoute(routes({ a: { success: 0.5 }, b: { success: 0.5 } }), { name: `job-${index}` })),
    { concurrency: 8, discard: true }
  )

  /** The names of the roots that a destination has received. */
  const kept = (destination: string) =>
    Effect.map(TestTracer.spans("acme"), (spans) =>
      spans
        .filter((span) => span.destination === destination && span.parentSpanId === undefined)
        .map(({ name }) => name)
        .sort()
    )

  const sample = (seed: string) =>
    Effect.gen(function* () {
      yield* many
      const spans = yield* TestTracer.spans("acme")
      for (const of of Object.values(Arr.groupBy(spans, ({ destination, traceId }) => `${destination} ${traceId}`))) {
        expect(of).toHaveLength(3)
      }
      expect(yield* balanced).toBe(true)
      return { a: yield* kept("a"), b: yield* kept("b") }
    }).pipe(Effect.provide(layer()), Effect.withRandom(Random.make(seed)))

  it.effect(
    "case 231: of 64 traces at a half some are whole and the others absent, for each destination on its own",
    () =>
      Effect.gen(function* () {
        const { a, b } = yield* sample("one")
        for (const { length } of [a, b]) {
          expect(length).toBeGreaterThan(10)
          expect(length).toBeLessThan(54)
        }
        expect(a).not.toEqual(b)
      })
  )

  it.effect("is Effect's own: a seed repeats it", () =>
    Effect.gen(function* () {
      const one = yield* sample("one")
      expect(yield* sample("one")).toEqual(one)
      expect(yield* sample("two")).not.toEqual(one)
    })
  )

  it.effect("case 231: a caller's trace, continued, is sampled as any, whatever its id", () =>
    Effect.gen(function* () {
      const route = routes({ main: { success: 0.5 } })
      const app = TenantTracer.bind(route).pipe(Effect.zipRight(good), Effect.as(HttpServerResponse.empty()))
      const headers = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }
      for (let i = 0; i < 64; i++) yield* inProcess(app, undefined, { headers })
      const spans = yield* TestTracer.spans("acme")
      expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(["a".repeat(32)]))
      const requests = spans.filter(({ kind }) => kind === "server").length
      expect(spans).toHaveLength(3 * requests)
      expect(requests).toBeGreaterThan(10)
      expect(requests).toBeLessThan(54)
      expect(yield* account("acme/main")).toMatchObject({ made: 192, held: 0 })
    }).pipe(Effect.provide(layer({ incoming: "continue" })), Effect.withRandom(Random.make("one")))
  )
})
