/**
 * What each vendor's destination really sends, through the tracer and over HTTP, to a receiver that refuses what the vendor would refuse. The path, the
 * headers and the body are those that the vendor would see; only the host is another one.
 */
import { describe, expect, it } from "@effect/vitest"
import { Fault, Receiver, SpanTree, VendorRules } from "@tenant-tracer/receiver"
import { Context, Effect, Either, Layer, Option, Redacted } from "effect"
import {
  type Destination,
  Spans,
  TenantRoute,
  TenantTracer,
  Tracing,
  Transport,
  UndiciTransport,
  Vendors
} from "tenant-tracer"

interface Contract {
  readonly vendor: string
  readonly credentials: Readonly<Record<string, unknown>>
  readonly rules: VendorRules.VendorRules
  /** The origin that the vendor's page names. */
  readonly origin: string
}

const contracts: ReadonlyArray<Contract> = [
  {
    vendor: "langfuse_otel",
    credentials: { publicKey: "pk-lf-1", secretKey: "sk-lf-1", region: "eu" },
    rules: VendorRules.langfuse,
    origin: "https://cloud.langfuse.com"
  },
  {
    vendor: "arize",
    credentials: { apiKey: "ak-1", spaceId: "space-1", project: "checkout", region: "us" },
    rules: VendorRules.arize,
    origin: "https://otlp.arize.com"
  },
  {
    vendor: "arize_phoenix",
    credentials: { endpoint: "https://phoenix.example.com", apiKey: "px-1", project: "checkout" },
    rules: VendorRules.phoenix,
    origin: "https://phoenix.example.com"
  },
  {
    vendor: "langsmith",
    credentials: { apiKey: "ls-1", project: "checkout", region: "eu" },
    rules: VendorRules.langsmith,
    origin: "https://eu.api.smith.langchain.com"
  },
  {
    vendor: "braintrust",
    credentials: { apiKey: "bt-1", parent: "project_name:checkout", region: "us" },
    rules: VendorRules.braintrust,
    origin: "https://api.braintrust.dev"
  },
  {
    vendor: "weave_otel",
    credentials: { apiKey: "wb-1", project: "acme/checkout" },
    rules: VendorRules.weave,
    origin: "https://trace.wandb.ai"
  },
  {
    vendor: "datadog",
    credentials: { apiKey: "dd-1", site: "datadoghq.eu" },
    rules: VendorRules.datadog,
    origin: "https://otlp.datadoghq.eu"
  },
  {
    vendor: "honeycomb",
    credentials: { apiKey: "hc-1", region: "us" },
    rules: VendorRules.honeycomb,
    origin: "https://api.honeycomb.io"
  },
  {
    vendor: "newrelic",
    credentials: { licenseKey: "nr-1", region: "eu" },
    rules: VendorRules.newrelic,
    origin: "https://otlp.eu01.nr-data.net"
  },
  {
    vendor: "grafana_cloud",
    credentials: { endpoint: "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp", instanceId: "12", token: "glc" },
    rules: VendorRules.grafanaCloud,
    origin: "https://otlp-gateway-prod-eu-west-2.grafana.net"
  },
  {
    vendor: "tempo",
    credentials: { endpoint: "https://tempo.example.com", tenantId: "acme" },
    rules: VendorRules.tempo,
    origin: "https://tempo.example.com"
  },
  {
    vendor: "dynatrace",
    credentials: { apiToken: "dt0c01.1", environmentId: "abc12345" },
    rules: VendorRules.dynatrace,
    origin: "https://abc12345.live.dynatrace.com"
  },
  {
    vendor: "otlp",
    credentials: { endpoint: "https://collector.example.com", headers: { "x-key": "k-1" } },
    rules: VendorRules.otlp,
    origin: "https://collector.example.com"
  },
  {
    vendor: "otlp",
    credentials: { endpoint: "https://collector.example.com", headers: { "x-key": "k-1" } },
    rules: VendorRules.collector,
    origin: "https://collector.example.com"
  }
]

const made = ({ credentials, vendor }: Pick<Contract, "credentials" | "vendor">): Destination.Destination =>
  Either.getOrThrow(Vendors.destination(vendor, credentials, { content: "full" }))

const headersOf = ({ auth }: Destination.Destination): Readonly<Record<string, string>> =>
  auth._tag === "Headers"
    ? Object.fromEntries(Object.entries(auth.headers).map(([k, v]) => [k, Redacted.value(v)]))
    : {}

const withHeaders = (
  destination: Destination.Destination,
  headers: Readonly<Record<string, string>>
): Destination.Destination => ({
  ...destination,
  auth: {
    _tag: "Headers",
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Redacted.make(value)]))
  }
})

/** The headers by which the vendor tells one account from another. */
const proofOf = ({ rules }: Contract, headers: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  rules.requiredHeaders.length === 0 ? Object.keys(headers) : rules.requiredHeaders.map(({ name }) => name)

/** A transport for which every host is the receiver; it keeps the URLs that were asked for. */
const to = (receiver: Receiver.Receiver.Service, asked: Array<string>) =>
  Layer.map(UndiciTransport.layer(), (services) => {
    const real = Context.get(services, Transport.Transport)
    // Its own address is one that a policy for tenants does not allow.
    const there = <Target extends Transport.TransportTarget>(target: Target): Target => {
      const { pathname, search } = new URL(target.url)
      return { ...target, url: receiver.url + pathname + search, policy: undefined }
    }
    return Context.make(Transport.Transport, {
      ...real,
      hold: (target) => real.hold(there(target)),
      send: (request) => {
        asked.push(request.url)
        return real.send(there(request))
      }
    })
  })

/** A receiver that plays the vendor and knows this account alone, and a tracer that takes it for the vendor. */
const playing = (contract: Contract) =>
  Effect.gen(function* () {
    const destination = made(contract)
    const headers = headersOf(destination)
    const proof = proofOf(contract, headers)
    const path = new URL(destination.endpoint).pathname
    const known = Object.fromEntries(proof.map((name) => [name, headers[name] ?? ""]))
    const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: known, rules: contract.rules, path }] })
    const asked: Array<string> = []
    const tracing = Layer.provide(TenantTracer.layer({ content: "full" }), [Tracing.vocabularies, to(receiver, asked)])
    return { asked, destination, headers, proof, receiver, tracing }
  })

const long = "x".repeat(10_000)

const request = (destination: Destination.Destination) =>
  Effect.void.pipe(
    Spans.llmCall({
      operation: "chat",
      provider: "openai",
      requestModel: "gpt-4o",
      inputMessages: [{ role: "user", parts: [{ type: "text", content: long }] }]
    }),
    TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations: [destination] }), { name: "request" })
  )

const probed = (destination: Destination.Destination) => TenantTracer.probe(destination, { tenant: "acme" })

describe.each(contracts.map((contract) => [`${contract.vendor}, ${contract.rules.vendor}`, contract] as const))(
  "%s",
  (_, contract) => {
    const { rules } = contract

    it.scopedLive("takes a trace, whole, at the address of its page, and answers as it does", () =>
      Effect.gen(function* () {
        const { asked, destination, receiver, tracing } = yield* playing(contract)
        expect(rules.paths).toContain(new URL(destination.endpoint).pathname)
        yield* request(destination).pipe(Effect.provide(tracing))
        expect(yield* receiver.refusals()).toEqual([])
        expect(asked).toEqual([destination.endpoint])
        expect(new URL(destination.endpoint).origin).toBe(contract.origin)
        const spans = yield* receiver.spans("acme")
        expect(SpanTree.print(spans)).toBe("request\n└── chat gpt-4o")
        for (const { resource } of spans) expect(resource.attributes).toMatchObject(destination.resource)
        const [delivery] = yield* receiver.received("acme")
        expect(`http/${delivery?.encoding}`).toBe(destination.protocol)
      })
    )

    it.scopedLive("is believed to have taken it, whatever it calls success", () =>
      Effect.gen(function* () {
        const { destination, tracing } = yield* playing(contract)
        const status = yield* Effect.gen(function* () {
          yield* request(destination)
          yield* TenantTracer.flush
          return yield* TenantTracer.status
        }).pipe(Effect.provide(tracing))
        const row = status.destinations.find(({ id }) => id === `acme/${contract.vendor}`)
        expect(row?.counts).toMatchObject({ made: 2, delivered: 2 })
        expect(row?.lastError).toBeUndefined()
      })
    )

    it.scopedLive("refuses a wrong credential, and each of its headers that is missing, as it does", () =>
      Effect.gen(function* () {
        const { destination, headers, proof, receiver, tracing } = yield* playing(contract)
        expect(proof.length).toBeGreaterThan(0)
        const verdicts = yield* Effect.forEach(proof, (name) => {
          const { [name]: value, ...rest } = headers
          return Effect.all([
            probed(withHeaders(destination, { ...headers, [name]: `${value}x` })),
            probed(withHeaders(destination, rest))
          ])
          // A tenant may ask five times a minute.
        }).pipe(Effect.provide(tracing))
        for (const { status, verdict } of verdicts.flat()) {
          expect(verdict).toBe("unauthorized")
          expect(status).toBe(rules.unauthorizedStatus)
        }
        expect(yield* receiver.spans("acme")).toEqual([])
        // No credential is in what the receiver had to say.
        const shown = JSON.stringify(verdicts)
        for (const name of proof) expect(shown).not.toContain(`${headers[name]}x`)
      })
    )

    it.scopedLive("is sent no encoding that it refuses", () =>
      Effect.gen(function* () {
        const { destination, tracing } = yield* playing(contract)
        const { protocols } = Option.getOrThrow(Vendors.find(contract.vendor))
        const found = yield* Effect.forEach(["http/protobuf", "http/json"] as const, (protocol) =>
          Effect.map(probed({ ...destination, protocol }), ({ verdict }) => ({ protocol, verdict }))
        ).pipe(Effect.provide(tracing))
        for (const { protocol, verdict } of found)
          expect(verdict, protocol).toBe(protocols.includes(protocol) ? "accepted" : "wrong_format")
      })
    )

    it("is never sent more than it takes", () => {
      const { limits } = made(contract)
      const under = (limit: number | undefined, rule: number) => {
        if (Number.isFinite(rule) && rules !== VendorRules.collector) expect(limit).toBe(rule)
        else expect(limit ?? 0).toBeLessThanOrEqual(rule)
      }
      under(limits.bytesPerRequest, rules.maxBytes)
      under(limits.requestsPerMinute, rules.requestsPerMinute)
      under(limits.valueLength, rules.valueLength)
      under(limits.oldestSpan, rules.oldestSpan)
    })
  }
)

const contractOf = (vendor: string): Contract => {
  const found = contracts.find((contract) => contract.vendor === vendor)
  if (found === undefined) throw new Error(`there is no contract of ${vendor}`)
  return found
}

it("every vendor that is said to have a contract has one", () => {
  const promised = Vendors.all.filter(({ tier }) => tier === "contract").map(({ name }) => name)
  expect(new Set(contracts.map(({ vendor }) => vendor))).toEqual(new Set(promised))
})

it.scopedLive("new relic gets no value that it would cut", () =>
  Effect.gen(function* () {
    const { destination, receiver, tracing } = yield* playing(contractOf("newrelic"))
    yield* request(destination).pipe(Effect.provide(tracing))
    const values = (yield* receiver.spans("acme")).flatMap(({ attributes }) => Object.values(attributes))
    const lengths = values.map((value) => (typeof value === "string" ? value.length : 0))
    expect(Math.max(...lengths)).toBeGreaterThan(0)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4095)
  })
)

it.scopedLive("weave discards what names no project, which is why its destination always does", () =>
  Effect.gen(function* () {
    const { destination, receiver, tracing } = yield* playing(contractOf("weave_otel"))
    yield* request({ ...destination, resource: {} }).pipe(Effect.provide(tracing))
    expect(yield* receiver.spans("acme")).toEqual([])
    expect((yield* receiver.refusals("acme")).map(({ status }) => status)).toEqual([200])
  })
)

it.scopedLive("arize refuses what names no project, which is why its destination always does", () =>
  Effect.gen(function* () {
    const { destination, receiver, tracing } = yield* playing(contractOf("arize"))
    yield* request({ ...destination, resource: {} }).pipe(Effect.provide(tracing))
    expect((yield* receiver.refusals("acme")).map(({ status }) => status)).toEqual([400])
  })
)

it.scopedLive("agentops has its token posted for when the first batch goes, and kept", () =>
  Effect.gen(function* () {
    const destination = made({ vendor: "agentops", credentials: { apiKey: "ao-1" } })
    const receiver = yield* Receiver.make({
      accounts: [
        { id: "acme", headers: { authorization: "Bearer jwt-1" } },
        { id: "tokens", headers: {}, path: "/v3/auth/token" }
      ]
    })
    yield* receiver.script("tokens", [Fault.forever(Fault.status(200, { body: '{"token":"jwt-1"}' }))])
    const asked: Array<string> = []
    const tracing = Layer.provide(TenantTracer.layer(), [Tracing.vocabularies, to(receiver, asked)])
    yield* Effect.gen(function* () {
      yield* request(destination)
      yield* TenantTracer.flush
      yield* request(destination)
    }).pipe(Effect.provide(tracing))
    expect(asked).toEqual([
      "https://api.agentops.ai/v3/auth/token",
      "https://otlp.agentops.ai/v1/traces",
      "https://otlp.agentops.ai/v1/traces"
    ])
    const spans = yield* receiver.spans("acme")
    expect(spans).toHaveLength(4)
    expect(spans[0]?.resource.attributes).toMatchObject({ "telemetry.sdk.name": "agentops" })
  })
)

it.scopedLive(
  "a route that allows the EU alone sends nothing to a host in the US, nor to one that is nowhere known",
  () =>
    Effect.gen(function* () {
      const langfuse = (credentials: object, name: string) =>
        Either.getOrThrow(
          Vendors.destination("langfuse_otel", { publicKey: "pk", secretKey: "sk", ...credentials }, { name })
        )
      const destinations = [
        langfuse({ region: "eu" }, "eu"),
        langfuse({ region: "us" }, "us"),
        langfuse({ host: "https://langfuse.example.com" }, "own")
      ]
      const receiver = yield* Receiver.make({
        accounts: [{ id: "acme", headers: {}, path: "/api/public/otel/v1/traces" }]
      })
      const asked: Array<string> = []
      const tracing = Layer.provide(TenantTracer.layer(), [Tracing.vocabularies, to(receiver, asked)])
      yield* Effect.void.pipe(
        Spans.llmCall({ operation: "chat", provider: "openai" }),
        TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations, regions: ["eu"] })),
        Effect.provide(tracing)
      )
      expect(asked).toEqual(["https://cloud.langfuse.com/api/public/otel/v1/traces"])
    })
)
