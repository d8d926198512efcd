import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace-base"
import type * as Destination from "@tenant-tracer/model/Destination"
import type { VocabularyRef } from "@tenant-tracer/model/Vocabulary"
import { Fault, SpanTree } from "@tenant-tracer/receiver"
import { Phase, Spans, TenantTracer, TestTracer, UndiciTransport, VocabularyResolver } from "@tenant-tracer/tracer"
import { Genai, Vocabularies } from "@tenant-tracer/vocabulary"
import { Cause, Deferred, Duration, Effect, Fiber, Layer, Redacted } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { destination } from "./support/recorded.js"
import { vocabularies as allVocabularies, layer } from "./support/tracing.js"

/** A request with something in every place where a tenant must not look. */
const revealing = Effect.gen(function* () {
  yield* Effect.void.pipe(
    Spans.dbCall({
      service: "postgres",
      system: "postgresql",
      callType: "select",
      namespace: "canary-namespace",
      endpoint: { address: "canary-endpoint", port: 5432 },
      metadata: { shard: "canary-shard" }
    }),
    Phase.auth
  )
  yield* Effect.log("canary-log").pipe(
    Effect.withSpan("canary-internal", {
      attributes: {
        raw: "canary-raw",
        "http.request.header.authorization": "forbidden-header",
        "url.full": "https://x.example/?k=forbidden-query",
        "url.query": "forbidden-query"
      }
    })
  )
  yield* Effect.fail(new TypeError("canary-exception")).pipe(
    Spans.llmCall({
      operation: "chat",
      provider: "openai",
      requestModel: "gpt-4o",
      providerModel: "canary-deployment",
      cost: { total: 0.5, marginTotalAmount: 0.125 },
      inputMessages: [{ role: "user", parts: [{ type: "text", content: "prompt-text" }] }]
    }),
    Effect.ignore
  )
})

/** All vocabularies, and one that cannot say `chat`. */
const pickyVocabularies = Layer.succeed(VocabularyResolver.VocabularyResolver, {
  resolve: (refs) =>
    Vocabularies.layer(refs, [
      ...Vocabularies.all,
      {
        ...Genai.v1_41,
        name: "picky",
        write: ({ data }) => {
          if (data?._tag === "llm_call") throw new Error("no")
        }
      }
    ])
})

const forTheOperatorOnly = [
  "canary-namespace",
  "canary-endpoint",
  "canary-shard",
  "canary-log",
  "canary-raw",
  "canary-internal",
  "canary-exception",
  "canary-deployment",
  "gateway.cost.margin_total_amount",
  "exception.stacktrace"
]

describe("what reaches whom", () => {
  it.scopedLive(
    "a tenant gets its whole trace, the operator all that a tenant must not see, nobody a header or a query",
    () =>
      Effect.gen(function* () {
        const { awaitSpans, bytes, to } = yield* backends("acme", "operator")
        const { balanced, flush, run } = yield* tracer({
          operator: [to("collector", { key: "operator", vendor: "collector" })],
          resource: { "service.name": "gateway", "host.name": "canary-host" }
        })
        yield* run(revealing.pipe(TenantTracer.withRoute(routeTo("acme", [to("acme", { compression: "none" })]))))
        yield* flush
        const tenants = yield* awaitSpans("acme", 4)
        const operators = yield* awaitSpans("operator", 5)
        expect(SpanTree.print(tenants)).toBe(
          ["job", "├── auth", "│   └── postgres select", "└── chat gpt-4o"].join("\n")
        )
        expect(SpanTree.print(operators)).toBe(
          ["job", "├── auth", "│   └── select canary-namespace", "├── canary-internal", "└── chat gpt-4o"].join("\n")
        )
        const [toTenant, toOperator] = [yield* bytes("acme"), yield* bytes("operator")]
        for (const canary of [...forTheOperatorOnly, "canary-host"]) {
          expect(toTenant).not.toContain(canary)
          expect(toOperator).toContain(canary)
        }
        expect(toTenant).not.toContain("canary")
        for (const secret of ["forbidden-header", "forbidden-query", "prompt-text"]) {
          expect(toTenant + toOperator).not.toContain(secret)
        }
        expect(tenants[0]?.resource.attributes).toMatchObject({ "service.name": "gateway" })
        expect(yield* balanced).toBe(true)
      })
  )

  const matrix = (["none", "full", undefined] as const).flatMap((ceiling) =>
    (["none", "full", undefined] as const).map((own) => ({ ceiling, own, seen: ceiling === "full" && own === "full" }))
  )

  it.scopedLive.each(matrix)(
    "content: the operator allows $ceiling, the destination wants $own",
    ({ ceiling, own, seen }) =>
      Effect.gen(function* () {
        const { bytes, to } = yield* backends("acme", "operator")
        const { flush, run } = yield* tracer({
          content: ceiling,
          operator: [to("collector", { key: "operator", vendor: "collector", content: own })]
        })
        yield* run(revealing.pipe(TenantTracer.withRoute(routeTo("acme", [to("acme", { content: own })]))))
        yield* flush
        for (const account of ["acme", "operator"]) {
          expect((yield* bytes(account)).includes("prompt-text")).toBe(seen)
          expect(yield* bytes(account)).toContain("gpt-4o")
        }
      })
  )
})

describe("the operator's copy", () => {
  const scenario = (operatorPolicy: "override" | "additive", key: string) =>
    Effect.gen(function* () {
      const { bytes, spans, to } = yield* backends("tenant", "langfuse", "arize")
      const { balanced, flush, run } = yield* tracer({
        operator: [to("langfuse", { vendor: "langfuse_otel" }), to("arize", { vendor: "arize" })]
      })
      const own = to("main", { key, vendor: "langfuse_otel" })
      yield* run(call(routeTo("acme", [own], { operatorPolicy })))
      yield* flush
      expect(yield* balanced).toBe(true)
      const count = (account: string) => Effect.map(spans(account), (spans) => spans.length)
      expect(yield* bytes("tenant")).not.toContain('x-key":"langfuse')
      return { tenant: yield* count("tenant"), langfuse: yield* count("langfuse"), arize: yield* count("arize") }
    })

  it.scopedLive.each([
    ["override", "tenant", { tenant: 2, langfuse: 0, arize: 2 }],
    ["additive", "tenant", { tenant: 2, langfuse: 2, arize: 2 }],
    ["override", "langfuse", { tenant: 0, langfuse: 2, arize: 2 }],
    ["additive", "langfuse", { tenant: 0, langfuse: 2, arize: 2 }]
  ] as const)("case 179: %s, the tenant's account is %s", ([operatorPolicy, key, expected]) =>
    Effect.gen(function* () {
      expect(yield* scenario(operatorPolicy, key)).toEqual(expected)
    })
  )

  it.scopedLive("a request that is nobody's reaches the operator alone", () =>
    Effect.gen(function* () {
      const { awaitSpans, received, to } = yield* backends("acme", "operator")
      const { flush, run } = yield* tracer({ operator: [to("collector", { key: "operator", vendor: "arize" })] })
      const route = routeTo("acme", [to("acme", { vendor: "arize" })])
      yield* run(Effect.void.pipe(Effect.withSpan("startup")))
      yield* run(call(route).pipe(Effect.zipRight(TenantTracer.bind(route))))
      yield* flush
      expect((yield* awaitSpans("operator", 1)).map(({ name }) => name)).toEqual(["startup"])
      expect(yield* received("acme")).toHaveLength(1)
    })
  )

  it.scopedLive("any SpanExporter is a destination of the operator's, and its answers are in the ledger", () =>
    Effect.gen(function* () {
      const { spans, to, url } = yield* backends("acme", "stock")
      const memory = new InMemorySpanExporter()
      const { balanced, close, flush, row, run } = yield* tracer({
        operator: [
          { name: "memory", exporter: memory, vendor: "langfuse_otel" },
          {
            name: "stock",
            vendor: "stock",
            exporter: new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { "x-key": "stock" } })
          },
          {
            name: "wrong",
            vendor: "wrong",
            exporter: new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { "x-key": "?" } })
          }
        ]
      })
      yield* run(revealing.pipe(TenantTracer.withRoute(routeTo("acme", [to("acme")]))))
      yield* flush
      const inMemory = memory.getFinishedSpans()
      expect(inMemory.map(({ name }) => name)).toEqual([
        "select canary-namespace",
        "auth",
        "canary-internal",
        "chat gpt-4o",
        "job"
      ])
      expect(SpanTree.print(yield* spans("stock"))).toContain("├── canary-internal")
      expect(yield* row("operator/wrong")).toMatchObject({ dropped: { export_failed: 5 } })
      expect(yield* row("operator/memory")).toMatchObject({ delivered: 5 })
      yield* run(call(routeTo("globex", [to("acme", { vendor: "langfuse_otel" })])))
      yield* flush
      expect(memory.getFinishedSpans()).toHaveLength(5)
      expect(yield* spans("stock")).toHaveLength(7)
      expect(yield* balanced).toBe(true)
      yield* close
      expect(memory.getFinishedSpans()).toEqual([])
    })
  )
})

describe("environment headers", () => {
  afterEach(() => vi.unstubAllEnvs())

  it.scopedLive("never reach a tenant, though the stock exporter of the operator sends them", () =>
    Effect.gen(function* () {
      vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-environment=canary-env")
      vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-traces=canary-env")
      vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "secret=canary-env")
      const { bytes, to, url } = yield* backends("acme", "stock")
      const { flush, run } = yield* tracer({
        operator: [
          {
            name: "stock",
            vendor: "stock",
            exporter: new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { "x-key": "stock" } })
          }
        ]
      })
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* flush
      expect(yield* bytes("stock")).toContain("canary-env")
      expect(yield* bytes("acme")).toContain("gpt-4o")
      expect(yield* bytes("acme")).not.toContain("canary-env")
    })
  )
})

describe("a destination that cannot be", () => {
  const bad = (
    to: (name: string) => Destination.Destination
  ): ReadonlyArray<readonly [string, Destination.Destination]> => [
    ["invalid_endpoint", { ...to("ftp"), endpoint: "ftp://127.0.0.1/v1/traces" }],
    ["invalid_endpoint", { ...to("text"), endpoint: "not a url" }],
    ["invalid_endpoint", { ...to("userinfo"), endpoint: "http://u:p@127.0.0.1/v1/traces" }],
    ["invalid_headers", { ...to("crlf"), auth: headers({ "x-key": "a\r\nx-key: operator" }) }],
    ["invalid_headers", { ...to("latin"), auth: headers({ "x-key": "日本" }) }],
    ["invalid_headers", { ...to("name"), auth: headers({ "x key": "a" }) }],
    // What a caller without types may hand over.
    ["invalid_headers", { ...to("plain"), auth: { _tag: "Headers", headers: { "x-key": "a" } } as never }],
    ["invalid_resource", { ...to("bigint"), resource: { n: 1n as never } }],
    ["unknown_vocabulary", { ...to("vocabulary"), vocabularies: [{ name: "klingon" }] }],
    ["unknown_vocabulary", { ...to("version"), vocabularies: [{ name: "genai", version: "0.1" }] }],
    [
      "unknown_vocabulary",
      { ...to("conflict"), vocabularies: [{ name: "genai" }, { name: "genai", version: "next" }] }
    ],
    ["duplicate_name", to("acme")]
  ]

  const headers = (values: Readonly<Record<string, string>>): Destination.DestinationAuth => ({
    _tag: "Headers",
    headers: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Redacted.make(value)]))
  })

  it.scopedLive("is denied with its reason; the tenant's others and the operator's copy go on, nobody stands in", () =>
    Effect.gen(function* () {
      const { connections, refusals, spans, to } = yield* backends("acme", "operator")
      const { balanced, flush, plan, row, run, status } = yield* tracer({
        operator: [to("collector", { key: "operator", vendor: "collector" })]
      })
      const denied = bad((name) => to(name, { key: name }))
      const route = routeTo("acme", [to("acme"), ...denied.map(([, destination]) => destination)])
      yield* run(call(route))
      yield* run(call(route))
      yield* flush
      expect(yield* spans("acme")).toHaveLength(4)
      expect(yield* spans("operator")).toHaveLength(4)
      expect(yield* refusals()).toEqual([])
      expect(yield* connections).toBeLessThanOrEqual(8)
      for (const [reason, { name }] of denied) {
        expect(yield* row(`acme/${name}`)).toMatchObject({ denied: { [reason]: 1 } })
      }
      const { denied: told } = plan(route)
      expect(told).toHaveLength(denied.length)
      for (const { detail } of told) expect(detail.length).toBeGreaterThan(20)
      expect(JSON.stringify([told, yield* status])).not.toContain("x-key: operator")
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("of the operator's is not used and said so; the others are", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("acme", "operator")
      const { flush, row, run } = yield* tracer({
        operator: [{ ...to("bad"), endpoint: "nowhere" }, to("collector", { key: "operator", vendor: "collector" })]
      })
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* flush
      expect(yield* row("operator/bad")).toMatchObject({ made: 0, denied: { invalid_endpoint: 1 } })
      expect([yield* spans("operator"), yield* spans("acme")].map((spans) => spans.length)).toEqual([2, 2])
    })
  )

  it.effect.each<{
    readonly problem: string
    readonly vocabularies: ReadonlyArray<VocabularyRef>
    readonly named: ReadonlyArray<string>
  }>([
    { problem: "nobody knows", vocabularies: [{ name: "klingon" }], named: ["klingon"] },
    {
      problem: "claim one key with different values",
      vocabularies: [{ name: "genai" }, { name: "genai", version: "next" }],
      named: ["genai 1.41", "genai next", "gen_ai.request.top_k"]
    }
  ])("vocabularies of the operator's that $problem stop the start and are named", ({ named, vocabularies }) =>
    Effect.gen(function* () {
      const operator = [{ name: "odd", exporter: new InMemorySpanExporter(), vocabularies }]
      const start = Layer.launch(TenantTracer.layer({ operator }))
      const text = yield* Effect.map(Effect.flip(Effect.sandbox(start)), Cause.pretty)
      for (const word of ["operator", "odd", "vocabularies", ...named]) expect(text).toContain(word)
    }).pipe(Effect.provide([UndiciTransport.layer(), allVocabularies]))
  )
})

describe("a route that changes", () => {
  it.scopedLive(
    "a rotated credential: what waited goes with the old key, what follows with the new one, in one account",
    () =>
      Effect.gen(function* () {
        const { spans, to } = yield* backends("old", "new")
        const { balanced, flush, row, run, status } = yield* tracer()
        yield* run(call(routeTo("acme", [to("main", { key: "old" })]), "before"))
        yield* run(call(routeTo("acme", [to("main", { key: "new" })]), "after"))
        yield* flush
        const names = (account: string) => Effect.map(spans(account), (spans) => spans.map(({ name }) => name))
        expect(yield* names("old")).toEqual(["chat before", "job"])
        expect(yield* names("new")).toEqual(["chat after", "job"])
        expect(yield* row("acme/main")).toMatchObject({ made: 4, delivered: 4 })
        expect((yield* status).providers.size).toBe(2)
        expect(yield* balanced).toBe(true)
      })
  )

  it.scopedLive("a destination whose content policy changes does not share a queue with what it was", () =>
    Effect.gen(function* () {
      const { received, to } = yield* backends("acme")
      const { flush, run } = yield* tracer({ content: "full" })
      for (const content of ["none", "full", "none"] as const) {
        yield* run(revealing.pipe(TenantTracer.withRoute(routeTo("acme", [to("acme", { content })]))))
      }
      yield* flush
      const deliveries = yield* received("acme")
      const shown = deliveries.map(({ body, request }) => [
        Buffer.from(body).includes("prompt-text"),
        request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).length
      ])
      expect(shown.sort()).toEqual([
        [false, 8],
        [true, 4]
      ])
    })
  )
})

describe("faults", () => {
  const quiet = { maxSpans: 2, maxAge: "1 hour" } as const

  it.scopedLive.each([
    ["nothing", [], { delivered: 2 }],
    ["503 once", [Fault.status(503)], { delivered: 2 }],
    ["a reset once", [Fault.reset], { delivered: 2 }],
    ["400", [Fault.status(400)], { delivered: 0, rejected: { http_400: 2 } }],
    ["401", [Fault.status(401)], { delivered: 0, rejected: {}, held: 2 }],
    ["a redirect", [Fault.redirect("http://127.0.0.1:1/")], { delivered: 0, rejected: { redirect: 2 } }],
    ["a partial success", [Fault.partialSuccess(1, "full")], { delivered: 1, rejected: { partial_success: 1 } }],
    ["a lie", [Fault.drop], { delivered: 2 }]
  ] as const)("the ledger balances after %s", ([_, steps, expected]) =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      yield* script("acme", ...steps)
      const { balanced, flush, row, run } = yield* tracer({ batch: quiet })
      yield* run(call(routeTo("acme", [to("acme")])))
      expect(yield* balanced).toBe(true)
      yield* flush
      expect(yield* row("acme/acme")).toMatchObject({ made: 2, hidden: 0, held: 0, dropped: {}, ...expected })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive.each([
    [1, "evicted"],
    [100, "shutdown"]
  ] as const)(
    "a back end that hangs holds up nobody else, with room for %i providers, and at the deadline its spans are lost as %s",
    ([capacity, reason]) =>
      Effect.gen(function* () {
        const { awaitRequests, awaitSpans, script, to } = yield* backends("acme", "globex", "operator")
        yield* script("globex", Fault.forever(Fault.hang))
        const { balanced, close, row, run } = yield* tracer({
          operator: [to("collector", { key: "operator", vendor: "collector" })],
          batch: quiet,
          cache: { capacity },
          shutdownDeadline: "300 millis"
        })
        yield* run(call(routeTo("globex", [to("globex")])))
        yield* awaitRequests("globex", 1)
        yield* run(call(routeTo("acme", [to("acme")])))
        yield* awaitSpans("acme", 2)
        yield* awaitSpans("operator", 4)
        expect(yield* row("globex/globex")).toMatchObject({ made: 2, delivered: 0 })
        expect(yield* balanced).toBe(true)
        const [elapsed] = yield* Effect.timed(close)
        expect(Duration.toMillis(elapsed)).toBeLessThan(3000)
        expect(yield* row("globex/globex")).toMatchObject({ held: 0, delivered: 0, dropped: { [reason]: 2 } })
        expect(yield* row("acme/acme")).toMatchObject({ delivered: 2 })
        expect(yield* balanced).toBe(true)
      })
  )

  it.scopedLive("all back ends that hang are given up at one deadline", () =>
    Effect.gen(function* () {
      const { awaitRequests, script, to } = yield* backends("acme", "one", "two", "three")
      for (const account of ["acme", "one", "two", "three"]) yield* script(account, Fault.forever(Fault.hang))
      const { close, run } = yield* tracer({
        operator: ["one", "two", "three"].map((name) => to(name, { vendor: name })),
        batch: quiet,
        shutdownDeadline: "700 millis"
      })
      yield* run(call(routeTo("acme", [to("acme")])))
      for (const account of ["acme", "one", "two", "three"]) yield* awaitRequests(account, 1)
      const [elapsed] = yield* Effect.timed(close)
      expect(Duration.toMillis(elapsed)).toBeLessThan(1400)
    })
  )
})

describe("somebody else's code", () => {
  it.scopedLive(
    "case 181: an operator's exporter that throws, and one that never answers, cost nobody else anything",
    () =>
      Effect.gen(function* () {
        const { spans, to } = yield* backends("acme", "operator")
        const nothing = () => Promise.resolve()
        const { balanced, close, row, run } = yield* tracer({
          operator: [
            {
              name: "throws",
              exporter: {
                export: () => {
                  throw new Error("no")
                },
                shutdown: nothing
              }
            },
            { name: "silent", vendor: "silent", exporter: { export: () => {}, shutdown: nothing } },
            to("collector", { key: "operator", vendor: "collector" })
          ],
          shutdownDeadline: "200 millis"
        })
        yield* run(call(routeTo("acme", [to("acme", { vendor: "arize" })])))
        yield* close
        expect([yield* spans("acme"), yield* spans("operator")].map((spans) => spans.length)).toEqual([2, 2])
        expect(yield* row("operator/throws")).toMatchObject({ made: 2, dropped: { exporter_threw: 2 } })
        expect(yield* row("operator/silent")).toMatchObject({ made: 2, dropped: { shutdown: 2 } })
        expect(yield* balanced).toBe(true)
      })
  )

  it.effect("a vocabulary that throws costs the spans it throws on, counted, and no other destination", () =>
    Effect.gen(function* () {
      const to = (name: string, vocabulary: string) =>
        destination({ name, endpoint: `https://${name}.example`, vocabularies: [{ name: vocabulary }] })
      yield* call(routeTo("acme", [to("a", "genai"), to("b", "picky")]))
      yield* TestTracer.expectTree("acme", "job\n└── chat gpt-4o\njob", (span) => span.name)
      const { ledger } = yield* TenantTracer.status
      expect(ledger.counters).toMatchObject({ render_failed: 1 })
    }).pipe(Effect.provide(Layer.provide(TestTracer.layer(), pickyVocabularies)))
  )

  it.effect("what does not fit is counted by role and field, without the caller's own keys", () =>
    Effect.gen(function* () {
      // What a caller without types may hand over.
      const odd = { name: "pii", maskedEntities: { "a canary": "two" }, duration: "long" } as never
      yield* Effect.void.pipe(Spans.guardrail(odd), TenantTracer.withRoute(routeTo("acme", [destination()])))
      yield* TenantTracer.flush
      const { ledger } = yield* TenantTracer.status
      // Once for the tenant, once for the operator.
      expect(ledger.counters).toEqual({ "misfit guardrail.maskedEntities": 2, "misfit guardrail.duration": 2 })
    }).pipe(Effect.provide(layer()))
  )
})

describe("providers", () => {
  it.scopedLive(
    "case 195: one is built for a destination, however many spans it gets; an evicted one is built again",
    () =>
      Effect.gen(function* () {
        const { spans, to } = yield* backends("a", "b", "c")
        const { balanced, flush, run, status } = yield* tracer({ cache: { capacity: 2 } })
        const routes = ["a", "b", "c"].map((tenant) => routeTo(tenant, [to(tenant)]))
        yield* Effect.forEach([...routes, ...routes], (route) => run(call(route)), { discard: true })
        yield* flush
        for (const account of ["a", "b", "c"]) expect(yield* spans(account)).toHaveLength(4)
        expect((yield* status).providers).toMatchObject({ size: 2, hits: 6, misses: 6, evictions: 4 })
        expect(yield* balanced).toBe(true)
      })
  )
})

describe("closing", () => {
  it.scopedLive("sends what is queued, and what is open as unfinished", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("acme", "operator")
      const { balanced, close, run } = yield* tracer({ operator: [to("collector", { key: "operator", vendor: "c" })] })
      yield* run(call(routeTo("acme", [to("acme")])))
      const started = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        run(
          Deferred.succeed(started, undefined).pipe(
            Effect.zipRight(Effect.never),
            Spans.agent({ name: "sleepy" }),
            TenantTracer.withRoute(routeTo("acme", [to("acme")]))
          )
        )
      )
      yield* Deferred.await(started)
      yield* close
      yield* Fiber.interrupt(fiber)
      for (const account of ["acme", "operator"]) {
        const received = yield* spans(account)
        expect(SpanTree.orphans(received)).toEqual([])
        expect(received.map(({ attributes, name }) => [name, attributes["gateway.unfinished"]])).toEqual([
          ["chat gpt-4o", undefined],
          ["job", undefined],
          ["invoke_agent sleepy", true],
          ["job", true]
        ])
      }
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("what ends afterwards is counted and reaches nobody", () =>
    Effect.gen(function* () {
      const { received, to } = yield* backends("acme")
      const { balanced, close, row, run } = yield* tracer()
      yield* close
      yield* run(call(routeTo("acme", [to("acme")])))
      expect(yield* received("acme")).toEqual([])
      expect(yield* row("acme/acme")).toMatchObject({ made: 2, dropped: { provider_closed: 2 } })
      expect(yield* balanced).toBe(true)
    })
  )
})
