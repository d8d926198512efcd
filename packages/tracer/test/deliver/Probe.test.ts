/** What a tenant is told of a destination, against back ends that do everything wrong. */
import type * as Http from "node:http"
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import { Fault, Otlp, Receiver, VendorRules } from "@tenant-tracer/receiver"
import { EndpointPolicy, Probe, TenantTracer, TestTracer, type UndiciTransport } from "@tenant-tracer/tracer"
import { Effect, Either, FastCheck, Fiber, Redacted, Schema, TestClock } from "effect"
import type { Transport } from "../../src/deliver/Transport.js"
import { backends, tracer } from "../support/backends.js"
import { proxy } from "../support/proxy.js"
import { authority, eventually, listening, nowhere, resolver, until } from "../support/servers.js"
import { layer as testLayer } from "../support/tracing.js"

const canary = "s3cret-canary-of-acme"

const destination = (endpoint: string, options: Partial<Destination.Options> = {}) =>
  Either.getOrThrow(
    Destination.make({
      name: "main",
      endpoint,
      headers: { authorization: Redacted.make(`Bearer ${canary}`) },
      ...options
    })
  )

const acme = { tenant: "acme" }

/** A tracer that reaches the loopback address, and finds every name there. */
const probing = (transport: UndiciTransport.Options = {}, endpoints?: EndpointPolicy.EndpointPolicy) =>
  tracer(endpoints === undefined ? {} : { endpoints }, { resolver: resolver(["127.0.0.1"]).resolve, ...transport })

/** What is said of a destination of a tracer of its own, so that nothing is throttled. */
const said = (
  destination: Destination.Destination,
  transport?: UndiciTransport.Options,
  endpoints?: EndpointPolicy.EndpointPolicy
) => Effect.scoped(Effect.flatMap(probing(transport, endpoints), ({ probe }) => probe(destination, acme)))

/** A server that answers with this, and the URL of its endpoint. */
const answering = (answer: (response: Http.ServerResponse, request: Http.IncomingMessage) => void, secure = false) =>
  Effect.map(listening("127.0.0.1", { answer, secure }), (server) => ({
    ...server,
    url: secure ? `https://collector.test:${server.port}/v1/traces` : `http://127.0.0.1:${server.port}/v1/traces`
  }))

describe("a destination that works", () => {
  const vendors: ReadonlyArray<readonly [VendorRules.VendorRules, Partial<Destination.Options>]> = [
    [VendorRules.otlp, { headers: { "x-key": Redacted.make(canary) } }],
    [VendorRules.otlp, { headers: { "x-key": Redacted.make(canary) }, protocol: "http/json", compression: "none" }],
    [VendorRules.langfuse, { headers: { authorization: Redacted.make("Basic cGs6c2s=") } }],
    [
      VendorRules.arize,
      {
        headers: { authorization: Redacted.make(canary), "arize-space-id": Redacted.make("space") },
        vocabularies: [{ name: "openinference" }],
        resource: { "openinference.project.name": "acme" }
      }
    ],
    [VendorRules.phoenix, { vocabularies: [{ name: "openinference" }] }]
  ]
  for (const [rules, options] of vendors)
    it.scopedLive(
      `${rules.vendor}, ${options.protocol ?? "http/protobuf"}: takes one real span, in its own words`,
      () =>
        Effect.gen(function* () {
          const { headers = { authorization: Redacted.make(`Bearer ${canary}`) } } = options
          const receiver = yield* Receiver.make({
            accounts: [
              {
                id: "acme",
                rules,
                headers: Object.fromEntries(
                  Object.entries(headers).map(([name, value]) => [name, Redacted.value(value)])
                )
              }
            ]
          })
          const result = yield* said(destination(yield* receiver.endpoint("acme"), { ...options, headers }))
          expect(result).toEqual({
            verdict: "accepted",
            sentence: "The back end took the span.",
            nextStep: expect.stringContaining("tenant-tracer probe"),
            status: rules.successStatus
          })
          const deliveries = yield* receiver.received("acme")
          expect(deliveries).toHaveLength(1)
          const spans = yield* receiver.spans("acme")
          expect(spans).toMatchObject([
            {
              name: "tenant-tracer probe",
              attributes: { "gateway.probe": true },
              resource: { attributes: options.resource ?? {} }
            }
          ])
          const age = Date.now() - Number((spans[0]?.startTimeUnixNano ?? 0n) / 1_000_000n)
          expect(age).toBeLessThan(60_000)
        })
    )

  it.scopedLive("is in no account, reaches nobody else, and leaves no socket behind", () =>
    Effect.gen(function* () {
      const { connections, spans, to } = yield* backends("acme", "operator")
      const { balanced, probe, status } = yield* tracer({ operator: [to("operator")] }, { idleTimeToLive: "1 hour" })
      expect((yield* probe(to("acme"), acme)).verdict).toBe("accepted")
      yield* eventually(connections, (open) => open === 0)
      const { deadLetters, destinations, ledger, providers } = yield* status
      expect(ledger).toMatchObject({ total: { made: 0, delivered: 0 }, counters: { probes: 1 } })
      expect(destinations.map(({ id }) => id)).toEqual(["operator/operator"])
      expect([providers.size, deadLetters.letters]).toEqual([0, 0])
      expect([(yield* spans("acme")).length, (yield* spans("operator")).length]).toEqual([1, 0])
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("of a tenant that uses it already keeps the tenant's connections", () =>
    Effect.gen(function* () {
      const server = yield* answering((response) => void response.end())
      const { probe } = yield* probing({ idleTimeToLive: "1 hour" })
      const both = yield* Effect.all([probe(destination(server.url), acme), probe(destination(server.url), acme)], {
        concurrency: "unbounded"
      })
      expect(both.map(({ verdict }) => verdict)).toEqual(["accepted", "accepted"])
      yield* until(() => server.open() === 0)
    })
  )

  it.effect("is not reached by the tracer of tests, which takes everything", () =>
    Effect.gen(function* () {
      const main = destination("http://nowhere.invalid/v1/traces")
      expect((yield* TenantTracer.probe(main, acme)).verdict).toBe("accepted")
      expect(yield* TestTracer.tenants).toEqual([])
    }).pipe(Effect.provide(testLayer()))
  )
})

describe("what a back end answers", () => {
  const statuses: ReadonlyArray<readonly [number, Probe.Verdict]> = [
    [200, "accepted"],
    [202, "accepted"],
    [204, "accepted"],
    [300, "redirected"],
    [301, "redirected"],
    [304, "redirected"],
    [308, "redirected"],
    [400, "wrong_format"],
    [401, "unauthorized"],
    [402, "refused"],
    [403, "unauthorized"],
    [404, "not_found"],
    [405, "not_found"],
    [408, "timeout"],
    [409, "refused"],
    [413, "too_large"],
    [415, "wrong_format"],
    [422, "wrong_format"],
    [429, "rate_limited"],
    [500, "server_error"],
    [502, "server_error"],
    [503, "server_error"],
    [504, "server_error"],
    [599, "server_error"]
  ]
  it.scopedLive("is told by its status, once asked", () =>
    Effect.gen(function* () {
      for (const [status, verdict] of statuses) {
        const echo = (response: Http.ServerResponse, request: Http.IncomingMessage) =>
          void response
            .writeHead(status, canary, { "x-echo": canary, location: `/${canary}`, "retry-after": "0" })
            .end(status === 204 || status === 304 ? undefined : status < 300 ? "" : JSON.stringify(request.headers))
        const server = yield* answering(echo)
        const result = yield* said(destination(server.url))
        expect(result).toMatchObject({ verdict, status })
        expect(inspect(result)).not.toContain(canary)
        expect([status, server.headers.length]).toEqual([status, 1])
      }
    })
  )

  const bodies: ReadonlyArray<readonly [string, string | undefined, string | Uint8Array, Probe.Verdict]> = [
    ["an HTML page", "text/html; charset=utf-8", "<!doctype html>", "not_otlp"],
    ["an empty HTML page", "text/html", "", "not_otlp"],
    ["text", "text/plain", "ok", "not_otlp"],
    ["an image", "image/png", "png", "not_otlp"],
    ["XML", "application/xhtml+xml", "<html/>", "not_otlp"],
    ["text that is empty", "text/plain", "", "accepted"],
    ["nothing, called nothing", undefined, "", "accepted"],
    ["JSON", "application/json;charset=UTF-8", "{}", "accepted"],
    ["JSON of a kind", "application/problem+json", "{}", "accepted"],
    ["protobuf", "application/x-protobuf", Otlp.encodeResponse("protobuf"), "accepted"],
    ["protobuf by another name", "Application/Protobuf", Otlp.encodeResponse("protobuf"), "accepted"],
    ["more than anybody reads", "application/json", "x".repeat(100_000), "not_otlp"],
    ["something that only sounds like it", "application/jsonish", "{}", "not_otlp"]
  ]
  it.scopedLive("with success is told by its content type", () =>
    Effect.gen(function* () {
      for (const [what, type, body, verdict] of bodies) {
        const server = yield* answering(
          (response) => void response.writeHead(200, type === undefined ? {} : { "content-type": type }).end(body)
        )
        const result = yield* said(destination(server.url))
        expect([what, result.verdict, result.status]).toEqual([what, verdict, 200])
      }
    })
  )

  it.scopedLive("in a partial success is shown, freed of credentials", () =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      const { probe } = yield* tracer()
      yield* script(
        "acme",
        Fault.partialSuccess(1, "no project for acme"),
        Fault.partialSuccess(0, "soon gone: key=acme")
      )
      expect(yield* probe(to("acme"), acme)).toMatchObject({
        verdict: "partly_refused",
        sentence: "The back end answered, and refused the span: no project for …",
        status: 200
      })
      expect(yield* probe(to("acme"), acme)).toMatchObject({
        verdict: "accepted",
        sentence: "The back end took the span: soon gone: key=…"
      })
    })
  )

  it.scopedLive("for a vendor's reasons says what to change", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({
        accounts: [
          { id: "phoenix", rules: VendorRules.phoenix, headers: { authorization: `Bearer ${canary}` } },
          {
            id: "arize",
            rules: VendorRules.arize,
            headers: { authorization: canary, "arize-space-id": "s" },
            path: "/arize"
          },
          { id: "langfuse", rules: VendorRules.langfuse, headers: { authorization: "Basic cGs6c2s=" } }
        ]
      })
      const { probe } = yield* tracer()
      const ask = (path: string, options?: Partial<Destination.Options>) =>
        Effect.map(probe(destination(`${receiver.url}${path}`, options), acme), ({ verdict }) => verdict)
      const arize = { authorization: Redacted.make(canary), "arize-space-id": Redacted.make("s") }
      expect(yield* ask("/v1/traces", { protocol: "http/json" })).toBe("wrong_format")
      expect(yield* ask("/arize", { headers: arize })).toBe("wrong_format")
      expect(yield* ask("/api/public/otel/v1/traces")).toBe("unauthorized")
      expect(yield* ask("/api/public/otel")).toBe("not_found")
      expect(yield* ask("/v1/traces")).toBe("accepted")
    })
  )

  it.scopedLive("with a redirect is not followed, and the credential goes nowhere else", () =>
    Effect.gen(function* () {
      const thief = yield* answering((response) => void response.end())
      for (const status of [301, 302, 303, 307, 308]) {
        const server = yield* answering((response) => void response.writeHead(status, { location: thief.url }).end())
        const result = yield* said(destination(server.url))
        expect(result).toMatchObject({ verdict: "redirected", status })
        expect(inspect(result)).not.toContain(String(thief.port))
        expect(server.headers[0]?.authorization).toBe(`Bearer ${canary}`)
      }
      expect([thief.connections(), thief.headers]).toEqual([0, []])
    })
  )
})

describe("no answer", () => {
  it.scopedLive("for whatever reason, is one verdict in one sentence", () =>
    Effect.gen(function* () {
      const inner = yield* listening("127.0.0.1", { secure: true })
      const broken = yield* answering((_, request) => void request.socket.destroy(), true)
      const { url: gone } = yield* Effect.scoped(answering(() => {}))
      const refusing = yield* proxy({ answer: () => 403 })
      const away = yield* Effect.scoped(proxy())
      const main = destination(`https://collector.test:${inner.port}/v1/traces`, { tls: authority })
      const { publicOnly } = EndpointPolicy
      const at = (...addresses: ReadonlyArray<string>) => ({ resolver: resolver(addresses).resolve })
      const results = [
        yield* said(main, at("127.0.0.1"), publicOnly),
        yield* said(main, at("10.0.0.1"), publicOnly),
        yield* said(main, at("169.254.169.254"), publicOnly),
        yield* said(main, at("fd00::1", "::1"), publicOnly),
        yield* said(main, at(), publicOnly),
        yield* said(main, { resolver: nowhere }, publicOnly),
        yield* said(main, { ...at("93.184.216.34"), proxy: { url: refusing.url } }, publicOnly),
        yield* said(main, { ...at("93.184.216.34"), proxy: { url: away.url } }, publicOnly),
        yield* said(destination(gone)),
        yield* said(destination(broken.url, { tls: authority }))
      ]
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
      expect(results[0]).toEqual({
        verdict: "unreachable",
        sentence: "No connection to the endpoint could be made.",
        nextStep: expect.any(String)
      })
      expect(inner.connections()).toBe(0)
    })
  )

  it.scopedLive("over TLS that fails is told apart only where the address may be reached", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1", { secure: true })
      const plain = yield* listening("127.0.0.1")
      const untrusted = destination(`https://collector.test:${server.port}/v1/traces`)
      expect(yield* said(untrusted)).toMatchObject({ verdict: "tls_failed" })
      expect(yield* said(destination(`https://other.test:${server.port}/`, { tls: authority }))).toMatchObject({
        verdict: "tls_failed"
      })
      expect(yield* said(destination(`https://collector.test:${plain.port}/`))).toMatchObject({ verdict: "tls_failed" })
      expect(yield* said(untrusted, {}, EndpointPolicy.publicOnly)).toMatchObject({ verdict: "unreachable" })
      expect(server.headers).toEqual([])
    })
  )

  it.scoped("within ten seconds is a time-out, whatever hangs", () =>
    Effect.gen(function* () {
      const hanging = yield* answering(() => {})
      const { probe } = yield* probing()
      const asking = yield* Effect.fork(probe(destination(hanging.url), acme))
      yield* until(() => hanging.headers.length === 1)
      yield* TestClock.adjust("9 seconds")
      expect((yield* Fiber.join(asking)).verdict).toBe("timeout")
      yield* until(() => hanging.open() === 0)

      let hasBegun = false
      const begin = () => {
        hasBegun = true
      }
      const mint = Effect.zipRight(Effect.sync(begin), Effect.never)
      const auth = { _tag: "Token", account: Redacted.make("acme"), mint } as const
      const minting = yield* Effect.fork(probe(destination(hanging.url, { auth }), acme))
      yield* until(() => hasBegun)
      yield* TestClock.adjust("9 seconds")
      expect((yield* Fiber.join(minting)).verdict).toBe("no_credential")

      hasBegun = false
      const lost = yield* probing({ resolver: begin })
      const looking = yield* Effect.fork(lost.probe(destination("http://collector.test/v1/traces"), acme))
      yield* until(() => hasBegun)
      yield* TestClock.adjust("9 seconds")
      expect((yield* Fiber.join(looking)).verdict).toBe("timeout")
      expect(hanging.headers).toHaveLength(1)
    })
  )
})

describe("what is wrong with the destination itself", () => {
  const { publicOnly } = EndpointPolicy

  it.scopedLive("is said before anything is sent, and is not limited", () =>
    Effect.gen(function* () {
      const server = yield* answering((response) => void response.end())
      const { probe, status } = yield* probing({}, publicOnly)
      const asked = (destination: Destination.Destination) => probe(destination, acme)
      const main = destination(server.url)
      for (let n = 0; n < 10; n++)
        expect(yield* asked(main)).toMatchObject({
          verdict: "not_allowed",
          sentence: expect.stringContaining(`the endpoint's host "127.0.0.1" is not a public address`)
        })
      for (const [change, field] of [
        [{ endpoint: "nowhere" }, "endpoint"],
        [
          { auth: { _tag: "Headers", headers: { authorization: Redacted.make(`${canary}\n`) } } },
          "headers.authorization"
        ],
        [{ tls: { key: canary } }, "tls.key"],
        [{ name: canary.repeat(10) }, "name"],
        [{ vocabularies: [{ name: "none-such" }] }, "none-such"]
      ] as const) {
        // What the compiler would not let through.
        const result = yield* asked({ ...destination("https://x.example/"), ...change } as Destination.Destination)
        expect(result).toMatchObject({ verdict: "invalid_destination", sentence: expect.stringContaining(field) })
        expect(inspect(result)).not.toContain(canary)
      }
      expect(server.connections()).toBe(0)
      expect((yield* status).ledger.counters.probes).toBe(15)
    })
  )

  it.scopedLive("a credential that cannot be had, or cannot be sent, is told", () =>
    Effect.gen(function* () {
      const server = yield* answering((response) => void response.end())
      const account = Redacted.make(canary)
      const failing = [Effect.fail(new Error(canary)), Effect.die(canary)].flatMap(
        (effect): ReadonlyArray<Destination.DestinationAuth> => [
          { _tag: "Token", account, mint: effect },
          { _tag: "Signer", account, sign: () => effect }
        ]
      )
      for (const auth of failing) {
        const result = yield* said(destination(server.url, { auth }))
        expect(result.verdict).toBe("no_credential")
        expect(inspect(result)).not.toContain(canary)
      }
      const mint = Effect.succeed({ authorization: Redacted.make(`Bearer ${canary}\n`) })
      const result = yield* said(destination(server.url, { auth: { _tag: "Token", account, mint } }))
      expect(result).toMatchObject({
        verdict: "invalid_destination",
        sentence: expect.stringContaining(`header "authorization"`)
      })
      expect(inspect(result)).not.toContain(canary)
      expect(server.connections()).toBe(0)
    })
  )

  it.scopedLive("an account that is refused a token is told as a key that is refused", () =>
    Effect.gen(function* () {
      const server = yield* answering((response) => void response.writeHead(401).end(canary))
      const mint = { url: server.url, body: Redacted.make(`{"api_key":"${canary}"}`), field: "token" }
      const auth = { _tag: "Token", account: Redacted.make(canary), mint } as const
      const result = yield* said(destination("https://collector.test/v1/traces", { auth }))
      expect(result).toMatchObject({ verdict: "unauthorized", sentence: "The back end refused the credential." })
      expect(inspect(result)).not.toContain(canary)
    })
  )

  it.scopedLive("a limit below one span is told without a request", () =>
    Effect.gen(function* () {
      const server = yield* answering((response) => void response.end())
      const result = yield* said(destination(server.url, { limits: { bytesPerRequest: 10 } }))
      expect(result.verdict).toBe("too_large")
      expect(result.status).toBeUndefined()
      expect(server.connections()).toBe(0)
    })
  )
})

describe("how often", () => {
  const engine = (options: Partial<Probe.Options> = {}) => {
    let requests = 0
    const transport: Transport["Type"] = {
      send: () =>
        Effect.sync(() => {
          requests++
          return { status: 200, headers: {}, body: new Uint8Array() }
        }),
      hold: () => () => {},
      stats: Effect.succeed({ pools: 0, connections: 0 })
    }
    const probe = Probe.make({
      transport,
      policy: EndpointPolicy.publicOnly,
      render: () =>
        Either.right((_, begin) =>
          Effect.sync(() => ({
            out: begin({ resource: {}, schemaUrl: undefined, scope: { name: "test", version: "1" } }).finish(),
            count: 0,
            dropped: []
          }))
        ),
      ...options
    })
    const main = destination("https://x.example/v1/traces")
    const ask = (tenant: string) => Effect.map(probe(main, { tenant }), ({ verdict }) => verdict)
    return { ask, requests: () => requests }
  }

  it.effect("five times a minute, each tenant for itself", () =>
    Effect.gen(function* () {
      const { ask, requests } = engine()
      for (let n = 0; n < 5; n++) {
        expect(yield* ask("acme")).toBe("accepted")
        yield* TestClock.adjust("5 seconds")
      }
      expect(yield* ask("acme")).toBe("throttled")
      expect(yield* ask("zenith")).toBe("accepted")
      expect(requests()).toBe(6)
      // The first was a minute ago by then, the second was not.
      yield* TestClock.adjust("35 seconds")
      expect(yield* ask("acme")).toBe("accepted")
      expect(yield* ask("acme")).toBe("throttled")
    })
  )

  it.effect("remembers only so many tenants, and lets nobody past it", () =>
    Effect.gen(function* () {
      const { ask, requests } = engine({ maxTenants: 100 })
      for (let n = 0; n < 100; n++) expect(yield* ask(`t${n}`)).toBe("accepted")
      for (let n = 100; n < 1000; n++) expect(yield* ask(`t${n}`)).toBe("throttled")
      expect(yield* ask("t0")).toBe("accepted")
      yield* TestClock.adjust("1 minute")
      for (let n = 1000; n < 1100; n++) expect(yield* ask(`t${n}`)).toBe("accepted")
      expect(requests()).toBe(201)
    })
  )

  it.effect("so many at once, of all tenants together, also after they were interrupted", () =>
    Effect.gen(function* () {
      let isHanging = true
      const transport: Transport["Type"] = {
        send: () => (isHanging ? Effect.never : Effect.succeed({ status: 200, headers: {}, body: new Uint8Array() })),
        hold: () => () => {},
        stats: Effect.succeed({ pools: 0, connections: 0 })
      }
      const { ask } = engine({ maxRunning: 3, transport })
      const running = yield* Effect.forEach(["a", "b", "c"], (tenant) => Effect.fork(ask(tenant)))
      yield* Effect.yieldNow()
      expect(yield* ask("d")).toBe("throttled")
      yield* Effect.forEach(running, Fiber.interrupt)
      isHanging = false
      expect(yield* ask("d")).toBe("accepted")
    })
  )
})

describe("anything at all as a destination", () => {
  const isVerdict = Schema.is(Probe.Verdict)
  const transport: Transport["Type"] = {
    send: () => Effect.die(canary),
    hold: () => () => {},
    stats: Effect.succeed({ pools: 0, connections: 0 })
  }
  const probe = Probe.make({
    transport,
    policy: EndpointPolicy.permissive,
    render: () => Either.left("no vocabulary"),
    maxTenants: 10
  })
  const ask = (value: unknown, tenant: unknown) =>
    // What a caller without types may do.
    Effect.exit(probe(value as Destination.Destination, { tenant: tenant as string }))

  it.effect.prop(
    "is answered, and nothing is thrown",
    [FastCheck.anything({ withBigInt: true, withNullPrototype: true }), FastCheck.anything()],
    ([value, tenant]) =>
      Effect.map(ask(value, tenant), (exit) => {
        expect(exit).toMatchObject({ _tag: "Success", value: { sentence: expect.any(String) } })
        expect(exit._tag === "Success" && isVerdict(exit.value.verdict)).toBe(true)
      })
  )

  it.effect.prop(
    "and so is a good one with anything in one of its fields",
    [
      FastCheck.constantFrom("name", "endpoint", "protocol", "compression", "auth", "tls", "resource", "limits"),
      FastCheck.anything()
    ],
    ([field, value]) =>
      Effect.map(ask({ ...destination("https://x.example/"), [field]: value }, "acme"), (exit) => {
        expect(exit._tag).toBe("Success")
      })
  )

  it.effect("and one that throws when it is read", () =>
    Effect.gen(function* () {
      const hostile = new Proxy(destination("https://x.example/"), {
        get: (target, key) => {
          if (key === "limits") throw new Error(canary)
          return Reflect.get(target, key)
        }
      })
      const exit = yield* ask(hostile, "acme")
      expect(exit).toMatchObject({ _tag: "Success", value: { verdict: "invalid_destination" } })
      expect(inspect(exit)).not.toContain(canary)
    })
  )
})
