import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { Fault, Receiver, SpanTree, VendorRules } from "@tenant-tracer/receiver"
import { Config, ConfigProvider, Context, Effect, Either, Encoding, Layer, Redacted } from "effect"
import * as TenantTracerPackage from "tenant-tracer"
import {
  Destination,
  DiskSpool,
  EndpointPolicy,
  Phase,
  Spans,
  TenantRoute,
  TenantTracer,
  TestTracer,
  Tracing,
  type TracingConfig,
  Vendors
} from "tenant-tracer"

/** The receivers are on the loopback address. */
const endpoints = EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] })

const tenants = ["acme", "globex", "initech"] as const
type Tenant = (typeof tenants)[number]

const vendors = ["langfuse_otel", "arize", "arize_phoenix"] as const
type VendorName = (typeof vendors)[number]

/** What nobody but the back end of this tenant at this vendor may ever read. */
const secretsOf = (tenant: Tenant, vendor: VendorName): ReadonlyArray<string> =>
  vendor === "langfuse_otel"
    ? [Encoding.encodeBase64(`pk-${tenant}:sk-${tenant}`)]
    : vendor === "arize"
      ? [`arize-key-${tenant}`, `arize-space-${tenant}`, `arize-project-${tenant}`]
      : [`phoenix-key-${tenant}`, `phoenix-project-${tenant}`]

/** What all back ends of this tenant may read, and no other's. */
const canariesOf = (tenant: Tenant): ReadonlyArray<string> => [
  `prompt of ${tenant}`,
  `answer to ${tenant}`,
  `team-${tenant}`,
  `user-${tenant}`,
  `model-${tenant}`,
  `guardrail-${tenant}`
]

const accounts: ReadonlyArray<Receiver.Account> = tenants.flatMap((tenant) => [
  {
    id: `${tenant}/langfuse_otel`,
    headers: { authorization: `Basic ${Encoding.encodeBase64(`pk-${tenant}:sk-${tenant}`)}` },
    rules: VendorRules.langfuse
  },
  {
    id: `${tenant}/arize`,
    headers: { authorization: `arize-key-${tenant}`, "arize-space-id": `arize-space-${tenant}` },
    rules: VendorRules.arize
  },
  {
    id: `${tenant}/arize_phoenix`,
    headers: { authorization: `Bearer phoenix-key-${tenant}` },
    rules: VendorRules.phoenix
  }
])

const credentials = (tenant: Tenant, url: string): Readonly<Record<VendorName, unknown>> => ({
  langfuse_otel: { publicKey: `pk-${tenant}`, secretKey: `sk-${tenant}`, host: url },
  arize: {
    apiKey: `arize-key-${tenant}`,
    spaceId: `arize-space-${tenant}`,
    project: `arize-project-${tenant}`,
    endpoint: url
  },
  arize_phoenix: { apiKey: `phoenix-key-${tenant}`, project: `phoenix-project-${tenant}`, endpoint: url }
})

const routeOf = (tenant: Tenant, url: string): TenantRoute.TenantRoute =>
  TenantRoute.make({
    tenant,
    destinations: vendors.map((vendor) =>
      Either.getOrThrow(Vendors.destination(vendor, credentials(tenant, url)[vendor], { content: "full" }))
    ),
    facts: { team: { id: `team-${tenant}` }, endUser: `user-${tenant}` }
  })

const request = (tenant: Tenant, route: TenantRoute.TenantRoute) =>
  Effect.yieldNow().pipe(
    Spans.dbCall({ service: "postgres", system: "postgresql", callType: "select" }),
    Phase.auth,
    Effect.zipRight(Effect.yieldNow().pipe(Spans.guardrail({ name: `guardrail-${tenant}`, mode: "pre_call" }))),
    Effect.zipRight(
      Effect.yieldNow().pipe(
        Spans.llmCall({
          operation: "chat",
          provider: "openai",
          requestModel: `model-${tenant}`,
          usage: { inputTokens: 12, outputTokens: 8 },
          inputMessages: [{ role: "user", parts: [{ type: "text", content: `prompt of ${tenant}` }] }],
          outputMessages: [{ role: "assistant", parts: [{ type: "text", content: `answer to ${tenant}` }] }]
        })
      )
    ),
    TenantTracer.withRoute(route)
  )

const bytes = (receiver: Receiver.Receiver.Service, account: string) =>
  Effect.map(receiver.received(account), (deliveries) =>
    deliveries
      .map(({ body, headers }) => `${JSON.stringify(headers)}\n${Buffer.from(body).toString("utf8")}`)
      .join("\n")
  )

const collector = (receiver: Receiver.Receiver.Service, key: string, options: Partial<Destination.Options> = {}) =>
  Either.getOrThrow(
    Destination.make({
      name: key,
      endpoint: `${receiver.url}/v1/traces`,
      headers: { "x-key": Redacted.make(key) },
      ...options
    })
  )

const withKeys = (...keys: ReadonlyArray<string>) =>
  Receiver.make({ accounts: keys.map((key) => ({ id: key, headers: { "x-key": key } })) })

describe("three tenants with three vendors each", () => {
  const everything = Effect.gen(function* () {
    const receiver = yield* Receiver.make({
      accounts: [...accounts, { id: "operator", headers: { "x-key": "operator" } }]
    })
    const config: TracingConfig.TracingConfig = {
      content: "full",
      endpoints,
      resource: { "service.name": "gateway" },
      operator: [collector(receiver, "operator", { vendor: "collector" })]
    }
    yield* Effect.forEach(tenants, (tenant) => request(tenant, routeOf(tenant, receiver.url)), {
      concurrency: "unbounded"
    }).pipe(Effect.provide(Tracing.layer(config)))
    return receiver
  })

  const pairs = tenants.flatMap((tenant) => vendors.map((vendor) => ({ tenant, vendor })))

  it.scopedLive("each account gets its own whole trace, and the rules of its vendor are kept", () =>
    Effect.gen(function* () {
      const receiver = yield* everything
      expect(yield* receiver.refusals()).toEqual([])
      for (const { tenant, vendor } of pairs) {
        const spans = yield* receiver.spans(`${tenant}/${vendor}`)
        expect(SpanTree.print(spans)).toBe(
          [
            "job",
            "├── auth",
            "│   └── postgres select",
            `├── execute_guardrail guardrail-${tenant}`,
            `└── chat model-${tenant}`
          ].join("\n")
        )
        expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
      }
      expect(SpanTree.roots(yield* receiver.spans("operator"))).toHaveLength(3)
    })
  )

  it.scopedLive("each in the words of its vocabulary", () =>
    Effect.gen(function* () {
      const receiver = yield* everything
      for (const { tenant, vendor } of pairs) {
        const spans = yield* receiver.spans(`${tenant}/${vendor}`)
        const call = spans.find(({ name }) => name === `chat model-${tenant}`)
        const keys = spans.flatMap(({ attributes }) => Object.keys(attributes))
        if (vendor === "langfuse_otel") {
          expect(call?.attributes).toMatchObject({
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": `model-${tenant}`,
            "langfuse.observation.usage_details": '{"input":12,"output":8}',
            "langfuse.trace.metadata.team_id": `team-${tenant}`
          })
          expect(keys.filter((key) => /^(gen_ai|llm|openinference|input|output)\./.test(key))).toEqual([])
        } else {
          expect(call?.attributes).toMatchObject({
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": 12,
            "llm.input_messages.0.message.content": `prompt of ${tenant}`,
            "gateway.team.id": `team-${tenant}`
          })
          expect(keys.filter((key) => /^(gen_ai|langfuse)\./.test(key))).toEqual([])
        }
        expect(call?.attributes).toMatchObject({ "user.id": `user-${tenant}` })
      }
    })
  )

  it.scopedLive("and nothing else: no byte of another tenant, nor of its own account at another vendor", () =>
    Effect.gen(function* () {
      const receiver = yield* everything
      for (const { tenant, vendor } of pairs) {
        const sent = yield* bytes(receiver, `${tenant}/${vendor}`)
        for (const own of [...canariesOf(tenant), ...secretsOf(tenant, vendor)]) expect(sent).toContain(own)
        for (const other of pairs) {
          if (other.tenant === tenant && other.vendor === vendor) continue
          for (const secret of secretsOf(other.tenant, other.vendor)) expect(sent).not.toContain(secret)
          if (other.tenant !== tenant) for (const canary of canariesOf(other.tenant)) expect(sent).not.toContain(canary)
        }
        expect(sent).not.toContain('"x-key"')
      }
      const operators = yield* bytes(receiver, "operator")
      for (const { tenant, vendor } of pairs) {
        for (const secret of secretsOf(tenant, vendor)) expect(operators).not.toContain(secret)
        for (const text of [`prompt of ${tenant}`, `answer to ${tenant}`]) expect(operators).not.toContain(text)
      }
    })
  )

  it.scopedLive("no secret of a route is in a status, a plan or a printed destination, and none of its content", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts })
      const shown = yield* Effect.gen(function* () {
        const service = yield* TenantTracer.TenantTracer
        const route = routeOf("acme", receiver.url)
        yield* request("acme", route)
        const status = yield* TenantTracer.status
        expect(status.budget.used).toBeGreaterThan(0)
        return [status, service.plan(route), route]
      }).pipe(
        // They wait, and could be seen.
        Effect.map((values) => [JSON.stringify(values), inspect(values, { depth: 20 })].join("\n")),
        Effect.provide(Tracing.layer({ endpoints, content: "full" }))
      )
      for (const vendor of vendors) {
        expect(shown).toContain(`acme/${vendor}`)
        for (const secret of secretsOf("acme", vendor))
          if (!secret.includes("project")) expect(shown).not.toContain(secret)
      }
      for (const text of ["prompt of acme", "answer to acme"]) expect(shown).not.toContain(text)
    })
  )
})

describe("layerConfig", () => {
  afterEach(() => vi.unstubAllEnvs())

  const call = (receiver: Receiver.Receiver.Service) =>
    Effect.void.pipe(
      Spans.llmCall({
        operation: "chat",
        provider: "openai",
        inputMessages: [{ role: "user", parts: [{ type: "text", content: "prompt-text" }] }]
      }),
      TenantTracer.withRoute(
        TenantRoute.make({
          tenant: "acme",
          operatorPolicy: "additive",
          destinations: [collector(receiver, "acme", { content: "full" })]
        })
      )
    )

  const environmentOf = (receiver: Receiver.Receiver.Service) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=operator,x-canary=canary%20env",
    OTEL_SERVICE_NAME: "gateway",
    OTEL_RESOURCE_ATTRIBUTES: "host.name=canary-host",
    TENANT_TRACER_CONTENT: "full",
    TENANT_TRACER_ENDPOINT_ALLOW: "127.0.0.0/8"
  })

  const provider = (environment: Readonly<Record<string, string>>) =>
    Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))

  it.scopedLive("the environment's exporter, headers and resource are the operator's alone", () =>
    Effect.gen(function* () {
      const receiver = yield* withKeys("acme", "operator")
      for (const [name, value] of Object.entries(environmentOf(receiver))) vi.stubEnv(name, value)
      yield* call(receiver).pipe(Effect.provide(Tracing.layerConfig()))
      const [tenants, operators] = [yield* bytes(receiver, "acme"), yield* bytes(receiver, "operator")]
      expect(operators).toContain("canary env")
      expect(operators).toContain("canary-host")
      expect(tenants).not.toContain("canary")
      expect(tenants).toContain("gateway")
      expect(tenants).toContain("prompt-text")
      expect(operators).not.toContain("prompt-text")
      const [received] = yield* receiver.received("operator")
      expect(received).toMatchObject({ path: "/v1/traces", encoding: "protobuf", compression: "identity" })
    })
  )

  it.scopedLive("options given in code win over the environment", () =>
    Effect.gen(function* () {
      const receiver = yield* withKeys("acme", "operator")
      const layer = Tracing.layerConfig({ content: Config.succeed("none"), operator: Config.succeed([]) })
      yield* call(receiver).pipe(Effect.provide(Layer.provide(layer, provider(environmentOf(receiver)))))
      expect(yield* receiver.spans("acme")).toHaveLength(2)
      expect(yield* bytes(receiver, "acme")).not.toContain("prompt-text")
      expect(yield* receiver.received("operator")).toEqual([])
    })
  )

  it.scopedLive("options given as one piece win, too", () =>
    Effect.gen(function* () {
      const receiver = yield* withKeys("acme", "operator")
      const layer = Tracing.layerConfig(Config.succeed({ content: "none" }))
      yield* call(receiver).pipe(Effect.provide(Layer.provide(layer, provider(environmentOf(receiver)))))
      expect(yield* bytes(receiver, "acme")).not.toContain("prompt-text")
      expect(yield* receiver.spans("operator")).toHaveLength(2)
    })
  )

  it.scopedLive(
    "vendors that are named get the operator's copies, by their own variables, beside the standard exporter",
    () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make({
          accounts: [
            { id: "acme", headers: { "x-key": "acme" } },
            { id: "operator", headers: { "x-key": "operator" } },
            ...accounts.filter(({ id }) => id === "initech/langfuse_otel" || id === "initech/arize_phoenix")
          ]
        })
        const environment = {
          ...environmentOf(receiver),
          TENANT_TRACER_OPERATOR_VENDORS: "langfuse_otel, arize_phoenix",
          LANGFUSE_PUBLIC_KEY: "pk-initech",
          LANGFUSE_SECRET_KEY: "sk-initech",
          LANGFUSE_HOST: receiver.url,
          PHOENIX_API_KEY: "phoenix-key-initech",
          PHOENIX_COLLECTOR_ENDPOINT: receiver.url,
          // Nobody has asked for it.
          NEW_RELIC_LICENSE_KEY: "nr"
        }
        yield* call(receiver).pipe(Effect.provide(Layer.provide(Tracing.layerConfig(), provider(environment))))
        for (const account of ["acme", "operator", "initech/langfuse_otel", "initech/arize_phoenix"])
          expect(yield* receiver.spans(account), account).toHaveLength(2)
        expect(yield* bytes(receiver, "initech/langfuse_otel")).not.toContain("prompt-text")
        const half = { ...environment, LANGFUSE_SECRET_KEY: "" }
        const failed = yield* call(receiver).pipe(
          Effect.provide(Layer.provide(Tracing.layerConfig(), provider(half))),
          Effect.flip
        )
        expect(String(failed)).toContain("LANGFUSE_SECRET_KEY")
      })
  )

  it.scopedLive("OTEL_TRACES_EXPORTER=none leaves the operator without a copy, and the tenants with theirs", () =>
    Effect.gen(function* () {
      const receiver = yield* withKeys("acme", "operator")
      const layer = Layer.provide(
        Tracing.layerConfig(),
        provider({ ...environmentOf(receiver), OTEL_TRACES_EXPORTER: "none" })
      )
      yield* call(receiver).pipe(Effect.provide(layer))
      expect(yield* receiver.spans("acme")).toHaveLength(2)
      expect(yield* receiver.received("operator")).toEqual([])
    })
  )

  it.scopedLive("a value that does not fit stops the start, and says which", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(Tracing.layerConfig(), provider({ TENANT_TRACER_CONTENT: "some" }))
      const error = yield* Effect.flip(Layer.build(layer))
      expect(String(error)).toContain("TENANT_TRACER_CONTENT")
    })
  )
})

describe("with a spool", () => {
  const directory = Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "tracing-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )

  const call = (receiver: Receiver.Receiver.Service) =>
    Effect.void.pipe(
      Spans.toolCall({ name: "search" }),
      TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations: [collector(receiver, "acme")] }))
    )

  /** One process, whose back end is down, and a second one. */
  const twice = <E>(layer: Layer.Layer<TenantTracer.TenantTracer, E>) =>
    Effect.gen(function* () {
      const receiver = yield* withKeys("acme")
      yield* receiver.script("acme", [Fault.forever(Fault.status(503))])
      yield* call(receiver).pipe(Effect.provide(layer))
      expect(yield* receiver.spans("acme")).toEqual([])
      yield* receiver.script("acme", [])
      yield* Effect.gen(function* () {
        yield* call(receiver)
        yield* Effect.repeat(Effect.zipRight(TenantTracer.flush, TenantTracer.status), {
          until: ({ ledger }) => ledger.total.delivered === 4
        })
      }).pipe(Effect.provide(layer))
      expect(yield* receiver.spans("acme")).toHaveLength(4)
    })

  const config = { endpoints, shutdownDeadline: "200 millis", spool: { writeAfter: "5 millis" } } as const

  it.scopedLive("what one process could not send, the next one sends", () =>
    Effect.flatMap(directory, (path) =>
      twice(
        Layer.provide(Tracing.layer(config), DiskSpool.layer({ directory: path, key: Redacted.make("k".repeat(32)) }))
      )
    )
  )

  it.scopedLive("the same from the environment", () =>
    Effect.flatMap(directory, (path) => {
      const environment = ConfigProvider.fromMap(
        new Map([
          ["TENANT_TRACER_ENDPOINT_ALLOW", "127.0.0.0/8"],
          ["TENANT_TRACER_SHUTDOWN_DEADLINE", "200 millis"],
          ["TENANT_TRACER_SPOOL_DIRECTORY", path],
          ["TENANT_TRACER_SPOOL_KEY", "k".repeat(32)]
        ])
      )
      return twice(Layer.provide(Tracing.layerConfig(), Layer.setConfigProvider(environment)))
    })
  )

  it.scopedLive("a directory without a key, or with one that is too short, stops the start and says why", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const start = (environment: Readonly<Record<string, string>>) =>
        Layer.build(
          Layer.provide(
            Tracing.layerConfig(),
            Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
          )
        ).pipe(Effect.scoped, Effect.flip, Effect.map(String))
      expect(yield* start({ TENANT_TRACER_SPOOL_DIRECTORY: path })).toContain("TENANT_TRACER_SPOOL_KEY")
      const short = yield* start({ TENANT_TRACER_SPOOL_DIRECTORY: path, TENANT_TRACER_SPOOL_KEY: "SHORT-SECRET" })
      expect(short).toContain("at least 32")
      expect(short).not.toContain("SHORT-SECRET")
    })
  )
})

describe("the package", () => {
  it.effect("brings every vocabulary to whoever brings their own transport", () =>
    Effect.gen(function* () {
      const route = TestTracer.route("acme")
      yield* Effect.void.pipe(Spans.toolCall({ name: "search" }), TenantTracer.withRoute(route))
      yield* TestTracer.expectTree("acme", "job\n└── execute_tool search")
    }).pipe(Effect.provide(Layer.provide(TestTracer.layer(), Tracing.vocabularies)))
  )

  it.scopedLive("two tracers in one process know nothing of each other", () =>
    Effect.gen(function* () {
      const receiver = yield* withKeys("one", "two")
      const build = (key: string) =>
        Effect.map(Layer.build(Tracing.layer({ operator: [collector(receiver, key)] })), (context) =>
          Context.get(context, TenantTracer.TenantTracer)
        )
      const [one, two] = [yield* build("one"), yield* build("two")]
      yield* Effect.withTracer(Effect.withSpan(Effect.void, "first"), one.tracer)
      yield* Effect.withTracer(Effect.withSpan(Effect.void, "second"), two.tracer)
      yield* Effect.all([one.flush, two.flush])
      const names = (key: string) => Effect.map(receiver.spans(key), (spans) => spans.map(({ name }) => name))
      expect([yield* names("one"), yield* names("two")]).toEqual([["first"], ["second"]])
    })
  )

  it("has the names that others build on", () => {
    expect(Object.keys(TenantTracerPackage).sort()).toEqual(
      expect.arrayContaining([
        "Destination",
        "Phase",
        "Spans",
        "TenantRoute",
        "TenantTracer",
        "TestTracer",
        "Tracing",
        "Vendors",
        "Vocabularies"
      ])
    )
  })
})
