/**
 * What each vendor's destination really sends, through the tracer and over HTTP, to a receiver that refuses what the vendor would refuse. The path, the
 * headers and the body are those that the vendor would see; only the host is another one.
 */
import { describe, expect, it } from "@effect/vitest"
import { Fault, Receiver, SpanTree } from "@tenant-tracer/receiver"
import { Effect, Either, Layer, Option, Redacted } from "effect"
import { type Destination, Spans, TenantRoute, TenantTracer, Tracing, Vendors } from "tenant-tracer"
import { contractOf, contracts, made, named, playing, to } from "./support/contracts.js"

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

const request = (destination: Destination.Destination) =>
  Effect.void.pipe(
    Spans.llmCall({
      operation: "chat",
      provider: "openai",
      requestModel: "gpt-4o",
      inputMessages: [{ role: "user", parts: [{ type: "text", content: "hello" }] }]
    }),
    TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations: [destination] }), { name: "request" })
  )

const probed = (destination: Destination.Destination) => TenantTracer.probe(destination, { tenant: "acme" })

describe.each(named)("%s", (_, contract) => {
  const { rules } = contract

  it.scopedLive("takes a trace, whole, at the address of its page, and answers as it does", () =>
    Effect.gen(function* () {
      const { asked, destination, receiver, tracing } = yield* playing(contract)
      expect(rules.paths).toContain(new URL(destination.endpoint).pathname)
      yield* request(destination).pipe(Effect.provide(tracing))
      expect(yield* receiver.refusals()).toEqual([])
      expect(asked).toEqual([destination.endpoint])
      expect(destination.endpoint).toBe(contract.endpoint)
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
      expect(rules.encodings.map((encoding) => `http/${encoding}`)).toEqual(protocols)
      const found = yield* Effect.forEach(["http/protobuf", "http/json"] as const, (protocol) =>
        Effect.map(probed({ ...destination, protocol }), ({ verdict }) => ({ protocol, verdict }))
      ).pipe(Effect.provide(tracing))
      for (const { protocol, verdict } of found)
        expect(verdict, protocol).toBe(protocols.includes(protocol) ? "accepted" : "wrong_format")
    })
  )

  it.scopedLive("is sent no compression that it refuses, and takes what is not compressed", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      const { compressions } = Option.getOrThrow(Vendors.find(contract.vendor))
      for (const compression of rules.compressions) expect(compressions).toContain(compression)
      yield* Effect.forEach(["gzip", "none"] as const, (compression) => probed({ ...destination, compression })).pipe(
        Effect.provide(tracing)
      )
      expect(destination.compression).toBe("gzip")
      expect((yield* receiver.received("acme")).map(({ compression }) => compression)).toEqual(["gzip", "identity"])
    })
  )

  it.scopedLive("tells a key that may not write from no one's, as it does, and both pause it", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(
        contract,
        { onUnsent: () => Effect.void },
        { mayWrite: false }
      )
      const { destinations } = yield* Effect.gen(function* () {
        yield* request(destination)
        yield* TenantTracer.flush
        return yield* TenantTracer.status
      }).pipe(Effect.provide(tracing))
      expect(new Set((yield* receiver.refusals("acme")).map(({ status }) => status))).toEqual(
        new Set([rules.forbiddenStatus])
      )
      expect(destinations[0]).toMatchObject({ id: `acme/${contract.vendor}`, paused: "unauthorized" })
      expect(yield* receiver.spans("acme")).toEqual([])
    })
  )

  it("is never sent more than it takes", () => {
    const { limits } = made(contract)
    const under = (limit: number | undefined, rule: number) => {
      if (Number.isFinite(rule)) expect(limit).toBe(rule)
    }
    under(limits.bytesPerRequest, rules.maxBytes)
    under(limits.requestsPerMinute, rules.requestsPerMinute)
    under(limits.valueLength, rules.valueLength)
    under(limits.keyLength, rules.keyLength)
    expect(limits.lengthUnit ?? "characters").toBe(rules.lengthUnit)
    under(limits.listLength, rules.listLength)
    under(limits.oldestSpan, rules.oldestSpan)
  })
})

it("every vendor that is said to have a contract has one", () => {
  const promised = Vendors.all.filter(({ tier }) => tier === "contract").map(({ name }) => name)
  expect(new Set(contracts.map(({ vendor }) => vendor))).toEqual(new Set(promised))
})

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

it.scopedLive("agentops has its token posted for anew when it is refused, and nothing is lost", () =>
  Effect.gen(function* () {
    const destination = made({ vendor: "agentops", credentials: { apiKey: "ao-1" } })
    const account = (token: string) => ({ id: "acme", headers: { authorization: `Bearer ${token}` } })
    const receiver = yield* Receiver.make({
      accounts: [account("jwt-1"), { id: "tokens", headers: {}, path: "/v3/auth/token" }]
    })
    yield* receiver.script(
      "tokens",
      ["jwt-1", "jwt-2"].map((token) => Fault.status(200, { body: JSON.stringify({ token }) }))
    )
    const asked: Array<string> = []
    const tracing = Layer.provide(TenantTracer.layer(), [Tracing.vocabularies, to(receiver, asked)])
    const row = yield* Effect.gen(function* () {
      yield* request(destination)
      yield* TenantTracer.flush
      // Its hour is over.
      yield* receiver.addAccount(account("jwt-2"))
      yield* request(destination)
      yield* TenantTracer.flush
      return (yield* TenantTracer.status).destinations[0]
    }).pipe(Effect.provide(tracing))
    const [token, traces] = ["https://api.agentops.ai/v3/auth/token", "https://otlp.agentops.ai/v1/traces"]
    expect(asked).toEqual([token, traces, traces, token, traces])
    expect((yield* receiver.refusals()).filter(({ path }) => path === "/v1/traces")).toMatchObject([{ status: 401 }])
    expect(yield* receiver.spans("acme")).toHaveLength(4)
    expect(row).toMatchObject({ counts: { made: 4, delivered: 4 } })
    expect(row?.paused).toBeUndefined()
  })
)

it.scopedLive("grafana cloud takes no traces under /tempo, which is why its destination cannot be made there", () =>
  Effect.gen(function* () {
    const contract = contractOf("grafana_cloud")
    const stack = "https://checkout.grafana.net/tempo"
    const there = Vendors.destination(contract.vendor, { ...contract.credentials, endpoint: stack })
    expect(Either.getOrThrow(Either.flip(there))).toMatchObject({ reason: "invalid", field: "endpoint" })
    const { destination, tracing } = yield* playing(contract)
    const found = yield* probed({ ...destination, endpoint: `${stack}/v1/traces` }).pipe(Effect.provide(tracing))
    expect(found.verdict).toBe("not_found")
  })
)

it.scopedLive("agentops refuses a wrong key where it gives out tokens, which pauses as any refused key does", () =>
  Effect.gen(function* () {
    const destination = made({ vendor: "agentops", credentials: { apiKey: "ao-wr0ng" } })
    const receiver = yield* Receiver.make({ accounts: [{ id: "tokens", headers: {}, path: "/v3/auth/token" }] })
    yield* receiver.script("tokens", [Fault.forever(Fault.status(401, { body: '{"error":"ao-wr0ng"}' }))])
    const asked: Array<string> = []
    const tracing = Layer.provide(TenantTracer.layer({ onUnsent: () => Effect.void }), [
      Tracing.vocabularies,
      to(receiver, asked)
    ])
    const { destinations } = yield* Effect.gen(function* () {
      yield* request(destination)
      yield* TenantTracer.flush
      return yield* TenantTracer.status
    }).pipe(Effect.provide(tracing))
    expect(new Set(asked)).toEqual(new Set(["https://api.agentops.ai/v3/auth/token"]))
    const [row] = destinations
    expect(row).toMatchObject({ id: "acme/agentops", paused: "unauthorized" })
    expect(row?.lastError).toBe("HTTP 401: the account was refused a token")
    expect(JSON.stringify(destinations)).not.toContain("ao-wr0ng")
  })
)

it.scopedLive(
  "a route that allows the EU alone sends nothing to a host elsewhere, nor to one that is nowhere known",
  () =>
    Effect.gen(function* () {
      const keys = { publicKey: "pk", secretKey: "sk" }
      const settings: ReadonlyArray<readonly [name: string, vendor: string, credentials: object]> = [
        ["eu", "langfuse_otel", { ...keys, region: "eu" }],
        ["us", "langfuse_otel", { ...keys, region: "us" }],
        ["own", "langfuse_otel", { ...keys, host: "https://langfuse.example.com" }],
        ["de", "sentry", { dsn: "https://k1@o1.ingest.de.sentry.io/2" }],
        ["apex", "sentry", { dsn: "https://k1@o1.ingest.sentry.io/2" }],
        ["grafana", "grafana_cloud", contractOf("grafana_cloud").credentials],
        ["elastic", "elastic", { endpoint: "p1.ingest.eu-west-2.aws.elastic.cloud", apiKey: "el-1" }]
      ]
      const destinations = settings.map(([name, vendor, credentials]) =>
        Either.getOrThrow(Vendors.destination(vendor, credentials, { name }))
      )
      const receiver = yield* Receiver.make()
      const asked: Array<string> = []
      const tracing = Layer.provide(TenantTracer.layer(), [Tracing.vocabularies, to(receiver, asked)])
      const route = TenantRoute.make({ tenant: "acme", destinations, regions: ["eu"] })
      const denied = yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai" }), TenantTracer.withRoute(route))
        return (yield* TenantTracer.TenantTracer).plan(route).denied
      }).pipe(Effect.provide(tracing))
      expect(new Set(asked)).toEqual(
        new Set([
          "https://cloud.langfuse.com/api/public/otel/v1/traces",
          "https://o1.ingest.de.sentry.io/api/2/integration/otlp/v1/traces"
        ])
      )
      expect(denied.map(({ id }) => id)).toEqual(
        ["us", "own", "apex", "grafana", "elastic"].map((name) => `acme/${name}`)
      )
    })
)
