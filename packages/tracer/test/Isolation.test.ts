import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import { Fault } from "@tenant-tracer/receiver"
import { Phase, Spans, TenantTracer } from "@tenant-tracer/tracer"
import { Array as Arr, Effect, FastCheck } from "effect"
import { backends, routeTo, tracer } from "./support/backends.js"

const tenants = ["acme", "globex", "initech", "umbrella"] as const

/** What a request does, one step after another, with other requests in between. */
type Step =
  | { readonly _tag: "call" | "internal" | "phase" | "detached" | "late" | "yield" }
  | { readonly _tag: "bind"; readonly to: number }
  | { readonly _tag: "nested"; readonly to: number }

interface Plan {
  /** Its owner is known from the first span on, only after a few, or never. */
  readonly boundBy: "route" | "bind" | "nobody"
  readonly to: number
  readonly steps: ReadonlyArray<Step>
}

const tenant = FastCheck.nat(tenants.length - 1)

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  {
    weight: 6,
    arbitrary: FastCheck.constantFrom<Step>(
      ...(["call", "internal", "phase", "detached", "late", "yield"] as const).map((_tag) => ({ _tag }))
    )
  },
  {
    weight: 2,
    arbitrary: FastCheck.record({ _tag: FastCheck.constantFrom("bind" as const, "nested" as const), to: tenant })
  }
)

const request: FastCheck.Arbitrary<Plan> = FastCheck.record({
  boundBy: FastCheck.constantFrom("route" as const, "bind" as const, "nobody" as const),
  to: tenant,
  steps: FastCheck.array(step, { maxLength: 6 })
})

const fault = FastCheck.constantFrom(
  Fault.pass,
  Fault.status(400),
  Fault.status(413),
  Fault.partialSuccess(1, "full"),
  Fault.drop,
  Fault.redirect("http://127.0.0.1:1/")
)

const scenario = FastCheck.record({
  requests: FastCheck.array(request, { minLength: 1, maxLength: 12 }),
  faults: FastCheck.array(fault, { maxLength: 4 }),
  capacity: FastCheck.constantFrom(1, 2, 100),
  policy: FastCheck.constantFrom("override" as const, "additive" as const),
  /** After how many requests a tenant's key is changed. */
  rotation: FastCheck.integer({ min: 1, max: 4 })
})

type Scenario = typeof scenario extends FastCheck.Arbitrary<infer A> ? A : never

/** Whom a span belongs to is in its model's name, its phase's or its own: `owner.` before the rest. */
const mark = (owner: string): string => `${owner}.`

/** A request whose owner is not known when it begins. */
const asHttp =
  (path: string) =>
  <A>(body: Effect.Effect<A>): Effect.Effect<void> =>
    TenantTracer.middleware(Effect.as(body, HttpServerResponse.empty())).pipe(
      Effect.provideService(
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromWeb(new Request(`http://gateway.example/${path}`))
      ),
      Effect.scoped,
      Effect.asVoid
    )

const runStep =
  (owner: string, routeOf: (to: number) => TenantRoute) =>
  (step: Step): Effect.Effect<void> => {
    const call = Effect.yieldNow().pipe(
      Spans.llmCall({ operation: "chat", provider: "openai", requestModel: mark(owner) })
    )
    switch (step._tag) {
      case "call":
        return call
      case "internal":
        return call.pipe(Effect.withSpan(mark("hidden")))
      case "phase":
        return Effect.asVoid(call).pipe(Phase.make(mark(owner)))
      case "detached":
        return TenantTracer.detached(Effect.yieldNow().pipe(Effect.withSpan(mark("nobody"))))
      case "late":
        return Effect.asVoid(Effect.forkDaemon(Effect.zipRight(Effect.yieldNow(), call)))
      case "yield":
        return Effect.yieldNow()
      case "bind":
        return Effect.asVoid(TenantTracer.bind(routeOf(step.to)))
      case "nested": {
        const inner = tenants[step.to] ?? "acme"
        return Effect.yieldNow().pipe(
          Spans.llmCall({ operation: "chat", provider: "openai", requestModel: mark(inner) }),
          TenantTracer.withRoute(routeOf(step.to), { name: mark(inner) })
        )
      }
    }
  }

describe("isolation", () => {
  it.scopedLive(
    "no account ever holds a span of another tenant's request, under any interleaving of binds, conflicts, evictions, rotations and faults",
    () =>
      Effect.gen(function* () {
        const keys = tenants.flatMap((tenant) => [0, 1].map((version) => `${tenant}-${version}`))
        const { clear, script, spans, to } = yield* backends(...keys, "operator")
        const check = ({ capacity, faults, policy, requests, rotation }: Scenario) =>
          Effect.gen(function* () {
            yield* clear()
            for (const key of keys) yield* script(key, ...faults)
            const { balanced, close, flush, run, status } = yield* tracer({
              cache: { capacity },
              operator: [to("collector", { key: "operator", vendor: "collector" })],
              batch: { maxSpans: 3 }
            })
            let asked = 0
            // A new object each time, as a store gives one: same tenant and name, and every so often another key.
            const routeOf = (index: number): TenantRoute => {
              const tenant = tenants[index] ?? "acme"
              const key = `${tenant}-${Math.floor(asked++ / rotation) % 2}`
              return routeTo(tenant, [to("main", { key })], { facts: { team: { id: tenant } }, operatorPolicy: policy })
            }
            const runRequest = ({ boundBy, steps, to: index }: Plan): Effect.Effect<void> => {
              const owner = tenants[index] ?? "acme"
              const perform = runStep(owner, routeOf)
              if (boundBy === "route") {
                return Effect.forEach(steps, perform, { discard: true }).pipe(
                  TenantTracer.withRoute(routeOf(index), { name: mark(owner) })
                )
              }
              const own = boundBy === "nobody" ? steps.filter(({ _tag }) => _tag !== "bind") : steps
              const bind = boundBy === "nobody" ? Effect.void : TenantTracer.bind(routeOf(index))
              return perform({ _tag: "phase" }).pipe(
                Effect.zipRight(bind),
                Effect.zipRight(
                  Effect.forEach(own, boundBy === "nobody" ? runStep("nobody", routeOf) : perform, { discard: true })
                ),
                asHttp(mark(owner))
              )
            }
            yield* run(Effect.forEach(requests, runRequest, { concurrency: "unbounded", discard: true }))
            yield* flush
            yield* close
            expect(yield* balanced).toBe(true)
            const owners = new Map<string, string>()
            for (const key of keys) {
              const owner = key.slice(0, key.indexOf("-"))
              for (const span of yield* spans(key)) {
                const { "gen_ai.request.model": model, "url.path": path } = span.attributes
                expect(
                  String(model ?? path ?? span.name)
                    .replace("/", "")
                    .startsWith(mark(owner))
                ).toBe(true)
                expect(span.attributes["gateway.team.id"]).toBe(owner)
                expect(owners.get(span.traceId) ?? owner).toBe(owner)
                owners.set(span.traceId, owner)
              }
            }
            const { ledger } = yield* status
            expect(ledger.total.held).toBe(0)
            return owners.size
          })
        const scenarios = FastCheck.sample(scenario, { numRuns: 40, seed: 20 })
        const seen = yield* Effect.forEach(scenarios, (each) => Effect.scoped(check(each)))
        expect(Arr.filter(seen, (traces) => traces > 2).length).toBeGreaterThan(12)
      }),
    60_000
  )
})
