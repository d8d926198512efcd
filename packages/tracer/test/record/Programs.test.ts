/** Random programs of two tenants: whatever happens, a tenant receives whole, closed trees of its own requests, or nothing of them. */

import { HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Deferred, Effect, FastCheck, Fiber, TestClock } from "effect"
import { inProcess } from "../support/http.js"
import { layer } from "../support/tracing.js"

type Step =
  | { readonly do: "span"; readonly kind: (typeof kinds)[number]; readonly inside: ReadonlyArray<Step> }
  | { readonly do: "bind"; readonly tenant: string }
  | { readonly do: "request"; readonly inside: ReadonlyArray<Step> }
  | { readonly do: "job"; readonly tenant: string; readonly inside: ReadonlyArray<Step> }
  | { readonly do: (typeof wrappers)[number]; readonly inside: ReadonlyArray<Step> }
  | { readonly do: "yield" }

const kinds = ["plain", "phase", "llm", "agent", "tool", "db", "guardrail"] as const
const wrappers = ["fork", "daemon", "late", "detached", "untraced", "fail", "interrupted"] as const
const tenants = ["acme", "other"] as const

const { step: steps } = FastCheck.letrec<{ step: Step }>((tie) => {
  const inside = FastCheck.array(tie("step"), { maxLength: 4, depthIdentifier: "program" })
  return {
    step: FastCheck.oneof(
      { depthIdentifier: "program", maxDepth: 5 },
      { weight: 1, arbitrary: FastCheck.constant({ do: "yield" } as const) },
      {
        weight: 3,
        arbitrary: FastCheck.record({
          do: FastCheck.constant("bind" as const),
          tenant: FastCheck.constantFrom(...tenants)
        })
      },
      {
        weight: 8,
        arbitrary: FastCheck.record({
          do: FastCheck.constant("span" as const),
          kind: FastCheck.constantFrom(...kinds),
          inside
        })
      },
      { weight: 2, arbitrary: FastCheck.record({ do: FastCheck.constant("request" as const), inside }) },
      {
        weight: 1,
        arbitrary: FastCheck.record({
          do: FastCheck.constant("job" as const),
          tenant: FastCheck.constantFrom(...tenants),
          inside
        })
      },
      {
        weight: 4,
        arbitrary: FastCheck.record({
          do: FastCheck.constantFrom(...wrappers),
          inside
        })
      }
    )
  }
})

const wrap = (kind: (typeof kinds)[number], self: Effect.Effect<void>): Effect.Effect<void> => {
  switch (kind) {
    case "plain":
      return Effect.withSpan(self, "plain", { captureStackTrace: false })
    case "phase":
      return Phase.auth(self)
    case "llm":
      return Spans.llmCall(self, { operation: "chat", provider: "openai", requestModel: "m" })
    case "agent":
      return Spans.agent(self, { name: "a" })
    case "tool":
      return Spans.toolCall(self, { name: "t" })
    case "db":
      return Spans.dbCall(self, { service: "redis" })
    case "guardrail":
      return Spans.guardrail(self, { name: "g" })
  }
}

/** Where tracing is off no request is opened, and what is bound is the request round it. */
const spansOf = (steps: ReadonlyArray<Step>): ReadonlyArray<Step> =>
  steps.flatMap((step) =>
    step.do === "bind" || step.do === "yield"
      ? step
      : step.do === "request" || step.do === "job"
        ? spansOf(step.inside)
        : { ...step, inside: spansOf(step.inside) }
  )

/** What the model expects of each request: who bound it first, while it could. */
interface Expectation {
  readonly id: number
  tenant: string | undefined
}

const interpret = (program: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const requests: Array<Expectation> = []
    const fibers: Array<Fiber.Fiber<unknown>> = []
    const later = yield* Deferred.make<void>()

    const all = (steps: ReadonlyArray<Step>, current: Expectation | undefined): Effect.Effect<void> =>
      Effect.forEach(steps, (step) => run(step, current), { discard: true })

    const open = (tenant: string | undefined): Expectation => {
      const expectation = { id: requests.length, tenant }
      requests.push(expectation)
      return expectation
    }

    const run = (step: Step, current: Expectation | undefined): Effect.Effect<void> => {
      switch (step.do) {
        case "yield":
          return Effect.yieldNow()
        case "bind":
          return Effect.map(TenantTracer.bind(TestTracer.route(step.tenant)), (result) => {
            if (current !== undefined && result === "Bound") current.tenant = step.tenant
            if (current === undefined) expect(result).toBe("NoRequest")
            else if (result === "AlreadyBound") expect(current.tenant).toBe(step.tenant)
            else if (result === "Conflict") expect(current.tenant).not.toBe(step.tenant)
          })
        case "span":
          return wrap(step.kind, all(step.inside, current))
        case "request":
          return Effect.suspend(() => {
            const mine = open(undefined)
            const app = Effect.as(
              TenantTracer.annotateTrace({ sessionId: `${mine.id}` }).pipe(Effect.zipRight(all(step.inside, mine))),
              HttpServerResponse.empty()
            )
            // A request that is handled in the process of another does not inherit its fiber's context by itself.
            return inProcess(app)
          })
        case "job":
          return Effect.suspend(() => {
            const mine = open(step.tenant)
            return TenantTracer.annotateTrace({ sessionId: `${mine.id}` }).pipe(
              Effect.zipRight(all(step.inside, mine)),
              TenantTracer.withRoute(TestTracer.route(step.tenant))
            )
          })
        case "fork":
          return Effect.flatMap(Effect.fork(all(step.inside, current)), Fiber.join)
        case "daemon":
          return Effect.map(Effect.forkDaemon(all(step.inside, current)), (fiber) => void fibers.push(fiber))
        case "late":
          return Effect.map(
            Effect.forkDaemon(Effect.zipRight(Deferred.await(later), all(step.inside, current))),
            (fiber) => void fibers.push(fiber)
          )
        case "detached":
          return TenantTracer.detached(all(step.inside, undefined))
        case "untraced":
          return Effect.withTracerEnabled(all(spansOf(step.inside), current), false)
        case "fail":
          return Effect.ignore(Effect.zipRight(all(step.inside, current), Effect.fail("no")))
        case "interrupted":
          return Effect.gen(function* () {
            const fiber = yield* Effect.fork(all(step.inside, current))
            yield* Effect.yieldNow()
            yield* Fiber.interrupt(fiber)
          })
      }
    }

    yield* all(program, undefined)
    yield* Deferred.succeed(later, undefined)
    yield* Effect.forEach(fibers, Fiber.await, { discard: true })
    // What is still open is ended by the sweep.
    yield* TestClock.adjust("62 seconds")
    return requests
  })

const holds = (program: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const requests = yield* interpret(program)
    const operator = yield* TestTracer.spans(TestTracer.operator)
    const ids = new Set<string>()
    for (const tenant of tenants) {
      const spans = yield* TestTracer.spans(tenant)
      const mine = new Set(requests.filter((request) => request.tenant === tenant).map(({ id }) => `${id}`))
      const traces = new Map<string, Array<TestTracer.TestSpan>>()
      for (const span of spans) {
        expect(ids.has(span.spanId), "received twice").toBe(false)
        ids.add(span.spanId)
        traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span])
      }
      const sessions: Array<unknown> = []
      for (const trace of traces.values()) {
        const known = new Set(trace.map(({ spanId }) => spanId))
        const roots = trace.filter(({ parentSpanId }) => parentSpanId === undefined)
        expect(roots, "one root a trace").toHaveLength(1)
        for (const { parentSpanId } of trace) {
          expect(parentSpanId === undefined || known.has(parentSpanId), "an orphan").toBe(true)
        }
        for (const { links } of trace) {
          for (const link of links) expect(known.has(link.spanId), "a link to elsewhere").toBe(true)
        }
        const session = roots[0]?.attributes["session.id"] ?? roots[0]?.attributes["gen_ai.conversation.id"]
        expect(mine.has(String(session)), "a request of another tenant").toBe(true)
        sessions.push(session)
        // Whole: of the spans that the operator received of this trace, those with a role are all here.
        const copies = operator.filter(({ traceId }) => traceId === trace[0]?.traceId)
        expect(copies.filter(({ name }) => name !== "plain")).toHaveLength(trace.length)
      }
      expect(sessions.map(String).sort(), "one trace for each request that was bound").toEqual([...mine].sort())
    }
    const received = new Set(operator.map(({ spanId }) => spanId))
    for (const { parentSpanId } of operator) expect(parentSpanId === undefined || received.has(parentSpanId)).toBe(true)
    expect(received.size).toBe(operator.length)
    const { ledger, recording } = yield* TenantTracer.status
    expect(recording).toEqual({ requests: 0, openSpans: 0, heldSpans: 0, heldBytes: 0 })
    expect(ledger.total.made).toBe(ledger.total.hidden + ledger.total.delivered)
  }).pipe(Effect.provide(layer()))

describe("random programs", () => {
  it.effect.prop(
    "every tenant receives whole, closed trees of its own requests and nothing else",
    [FastCheck.array(steps, { minLength: 1, maxLength: 6 })],
    ([program]) => holds(program),
    { fastCheck: { numRuns: 40 }, timeout: 60_000 }
  )
})
