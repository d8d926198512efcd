/** Narrower views of one trace, over real HTTP: model calls alone, roles that are hidden, services that are left out. */
import { describe, expect, it } from "@effect/vitest"
import type { DestinationView } from "@tenant-tracer/model/Destination"
import { SpanTree } from "@tenant-tracer/receiver"
import { Phase, Spans, TenantTracer } from "@tenant-tracer/tracer"
import { Effect } from "effect"
import { backends, routeTo, tracer } from "./support/backends.js"

const chat = (requestModel: string) => Spans.llmCall({ operation: "chat", provider: "openai", requestModel })

/** A request with something of everything; a span in its first model call has the model's name and is none. */
const request = Effect.all([
  Effect.all([
    Effect.void.pipe(Spans.dbCall({ service: "postgres", system: "postgresql", callType: "select" })),
    Effect.void.pipe(Spans.dbCall({ service: "redis_prod", system: "redis", callType: "get" }))
  ]).pipe(Phase.auth),
  Effect.void.pipe(Spans.guardrail({ name: "pii", mode: "pre_call" })),
  Effect.void.pipe(Spans.mcpToolCall({ method: "tools/call", tool: "get_weather" })),
  Effect.void.pipe(
    Effect.withSpan("cost_tracking", { attributes: { "gen_ai.request.model": "gpt-4" } }),
    chat("gpt-4")
  ),
  Effect.void.pipe(chat("claude-haiku"))
])

const whole = [
  "job",
  "├── auth",
  "│   ├── postgres select",
  "│   └── redis_prod get",
  "├── execute_guardrail pii",
  "├── tools/call get_weather",
  "├── chat gpt-4",
  "└── chat claude-haiku"
]

const operators = [...whole.slice(0, 7), "│   └── cost_tracking", ...whole.slice(7)]

const calls = ["chat gpt-4", "chat claude-haiku"]

const print = (spans: Parameters<typeof SpanTree.print>[0]) => SpanTree.print(spans).split("\n")

describe("additive, where the tenant's account is the operator's", () => {
  it.scopedLive.each([
    ["llm_only", "all", operators],
    ["all", "llm_only", operators],
    ["llm_only", "llm_only", calls],
    ["all", "all", operators]
  ] as const)(
    "case 221: the operator sees %s, the tenant %s: the account gets the wider of both, once",
    ([own, theirs, expected]) =>
      Effect.gen(function* () {
        const { spans, to } = yield* backends("shared")
        const vendor = "langfuse_otel"
        const { balanced, flush, run } = yield* tracer({ operator: [to("shared", { vendor, view: { spans: own } })] })
        const destination = to("main", { key: "shared", vendor, view: { spans: theirs } })
        yield* run(request.pipe(TenantTracer.withRoute(routeTo("acme", [destination], { operatorPolicy: "additive" }))))
        yield* flush
        expect(print(yield* spans("shared"))).toEqual(expected)
        expect(yield* balanced).toBe(true)
      })
  )

  it.scopedLive("override: the account gets what the tenant asked for, and the operator nothing beside it", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("shared")
      const { flush, run } = yield* tracer({ operator: [to("shared", { vendor: "langfuse_otel" })] })
      const destination = to("main", { key: "shared", vendor: "langfuse_otel", view: { spans: "llm_only" } })
      yield* run(request.pipe(TenantTracer.withRoute(routeTo("acme", [destination]))))
      yield* flush
      expect(print(yield* spans("shared"))).toEqual(calls)
    })
  )
})

describe("a narrower view", () => {
  const seenBy = (view: DestinationView, options: { readonly traceName?: string } = {}) =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("narrow", "wide", "operator")
      const { balanced, flush, row, run } = yield* tracer({
        operator: [to("collector", { key: "operator", vendor: "collector" })]
      })
      const of = routeTo("acme", [to("narrow", { view }), to("wide")], { facts: options })
      yield* run(request.pipe(TenantTracer.withRoute(of)))
      yield* flush
      expect(yield* balanced).toBe(true)
      const [narrow, wide] = [yield* spans("narrow"), yield* spans("wide")]
      // Whatever one destination sees, the others see what they always do.
      expect(print(wide)).toEqual(whole)
      expect(print(yield* spans("operator"))).toEqual(operators)
      expect(yield* row("acme/narrow")).toMatchObject({ made: 9, hidden: 9 - narrow.length })
      return { narrow, wide }
    })

  it.scopedLive(
    "case 223: model calls alone are roots with the ids that they have elsewhere, and named after themselves",
    () =>
      Effect.gen(function* () {
        const { narrow, wide } = yield* seenBy({ spans: "llm_only" })
        expect(print(narrow)).toEqual(calls)
        const idsOf = (spans: typeof narrow) =>
          spans.filter(({ name }) => calls.includes(name)).map(({ spanId, traceId }) => `${traceId} ${spanId}`)
        expect(idsOf(narrow)).toEqual(idsOf(wide))
        for (const { attributes, name, parentSpanId } of narrow) {
          expect([parentSpanId, attributes["gateway.trace.name"]]).toEqual(["", name])
        }
      })
  )

  it.scopedLive("case 223: a trace that has a name keeps it", () =>
    Effect.gen(function* () {
      const { narrow } = yield* seenBy({ spans: "llm_only" }, { traceName: "nightly" })
      expect(narrow.map(({ attributes }) => attributes["gateway.trace.name"])).toEqual(["nightly", "nightly"])
    })
  )

  it.scopedLive(
    "closes over the roles that it hides, and gives the facts of the trace to whatever comes to be a root",
    () =>
      Effect.gen(function* () {
        const { narrow } = yield* seenBy({ hide: ["service", "guardrail"] }, { traceName: "nightly" })
        // The root is a service of its own, too.
        expect(print(narrow)).toEqual([
          "postgres select",
          "redis_prod get",
          "tools/call get_weather",
          "chat gpt-4",
          "chat claude-haiku"
        ])
        expect(new Set(narrow.map(({ attributes }) => attributes["gateway.trace.name"]))).toEqual(new Set(["nightly"]))
      })
  )

  it.scopedLive.each([
    ["redis", ["├── auth", "│   └── postgres select"]],
    ["redis_prod", ["├── auth", "│   └── postgres select"]],
    ["batch_write_to_db", ["├── auth", "│   └── redis_prod get"]],
    ["auth", ["├── postgres select", "├── redis_prod get"]],
    ["nothing", ["├── auth", "│   ├── postgres select", "│   └── redis_prod get"]]
  ] as const)("case 119: closes over a service that it excludes: %s", ([service, expected]) =>
    Effect.gen(function* () {
      const { narrow } = yield* seenBy({ excludeServices: [service] })
      expect(print(narrow)).toEqual(["job", ...expected, ...whole.slice(4)])
    })
  )
})

describe("views of one account", () => {
  it.scopedLive("case 225: of two requests with different views have a queue each, and each sees its own", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("shared")
      const { flush, run, status } = yield* tracer()
      for (const view of [{ spans: "llm_only" }, { spans: "all" }] as const) {
        yield* run(request.pipe(TenantTracer.withRoute(routeTo("acme", [to("shared", { view })]))))
      }
      yield* flush
      expect((yield* status).providers.size).toBe(2)
      expect(print(yield* spans("shared"))).toEqual([...calls, ...whole])
    })
  )

  it.scopedLive("case 225: two destinations of one request have a view each, whatever their vendors", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("langfuse", "arize")
      const { flush, run } = yield* tracer()
      const route = routeTo("acme", [
        to("langfuse", { vendor: "langfuse_otel", view: { spans: "llm_only" } }),
        to("arize", { vendor: "arize" })
      ])
      yield* run(request.pipe(TenantTracer.withRoute(route)))
      yield* flush
      expect(print(yield* spans("langfuse"))).toEqual(calls)
      expect(print(yield* spans("arize"))).toEqual(whole)
    })
  )

  it.scopedLive("of one request are one copy of the wider view, and the second destination is told so", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("shared")
      const { flush, plan, row, run } = yield* tracer()
      const route = routeTo("acme", [
        to("narrow", { key: "shared", view: { spans: "llm_only" } }),
        to("wide", { key: "shared" })
      ])
      yield* run(request.pipe(TenantTracer.withRoute(route)))
      yield* flush
      expect(print(yield* spans("shared"))).toEqual(whole)
      expect(plan(route).denied).toMatchObject([{ id: "acme/wide", reason: "duplicate_account" }])
      expect(yield* row("acme/narrow")).toMatchObject({ delivered: 8 })
    })
  )
})
