/** What of a request's trace arrives at its tenant's back end, and what does not, over real HTTP from end to end. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, layer } from "@effect/vitest"
import * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as VendorRules from "@tenant-tracer/receiver/VendorRules"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { Destination, EndpointPolicy, TenantTracer, Tracing } from "tenant-tracer"
import * as Database from "../src/database/Database.js"
import * as Received from "../src/demo/Received.js"
import * as Gateway from "../src/Gateway.js"
import { GatewayConfig } from "../src/GatewayConfig.js"
import { VirtualKeys } from "../src/keys/VirtualKeys.js"
import { Tenants } from "../src/tenants/Tenants.js"
import * as Upstream from "../src/upstream/Upstream.js"

class World extends Context.Tag("test/World")<
  World,
  {
    readonly url: string
    readonly receiver: Receiver.Receiver.Service
    readonly keys: { readonly acme: string; readonly globex: string; readonly broken: string }
  }
>() {}

const make = Effect.gen(function* () {
  const receiver = yield* Receiver.Receiver
  const server = yield* HttpServer.HttpServer
  const sql = yield* SqlClient.SqlClient
  const tenants = yield* Tenants
  const keys = yield* VirtualKeys
  const phoenix = (apiKey: string) => ({
    name: "main",
    vendor: "arize_phoenix",
    credentials: { endpoint: receiver.url, apiKey },
    content: "full" as const
  })
  yield* tenants.put({
    id: "acme",
    name: "Acme",
    destinations: [
      phoenix("acme-key"),
      { name: "half", vendor: "langfuse_otel", credentials: { publicKey: "pk", host: receiver.url } },
      { name: "unknown", vendor: "no_such_vendor", credentials: {} },
      { name: "odd-url", vendor: "otlp", credentials: { endpoint: "ftp://example.org" } },
      { name: "garbage", vendor: "otlp", credentials: { endpoint: receiver.url } }
    ]
  })
  yield* sql`UPDATE destinations SET credentials = 'sk-very-secret{' WHERE name = 'garbage'`
  yield* tenants.put({ id: "globex", name: "Globex", destinations: [phoenix("globex-key")] })
  yield* tenants.put({ id: "broken", name: "Broken", destinations: [phoenix("broken-key")] })
  yield* sql`UPDATE tenants SET settings = '{"guardrail":{"EMAIL":"shout"}}' WHERE id = 'broken'`
  const issue = (tenant: string) => Effect.map(keys.issue({ tenant, alias: "test" }), Redacted.value)
  return {
    url: HttpServer.formatAddress(server.address),
    receiver,
    keys: { acme: yield* issue("acme"), globex: yield* issue("globex"), broken: yield* issue("broken") }
  }
})

const account = (id: string) => ({
  id,
  headers: { authorization: `Bearer ${id}-key` },
  rules: VendorRules.phoenix
})

const operator = { id: "operator", headers: { "x-operator": "1" } }

const tracing = Layer.unwrapEffect(
  Effect.gen(function* () {
    const receiver = yield* Receiver.Receiver
    const collector = yield* Destination.make({
      name: "collector",
      endpoint: yield* receiver.endpoint("operator"),
      headers: { "x-operator": Redacted.make("1") }
    })
    return Tracing.layer({
      operator: [collector],
      content: "full",
      endpoints: EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] }),
      batch: { maxAge: "50 millis" }
    })
  })
)

const world = Layer.effect(World, make).pipe(
  Layer.provideMerge(Gateway.layer),
  Layer.provideMerge(
    Layer.mergeAll(
      Layer.succeed(GatewayConfig, { host: "127.0.0.1", port: 0, bodyLimit: 64 * 1024 }),
      Upstream.layerScripted.pipe(Layer.provide(NodeHttpClient.layerUndici)),
      Database.layerEmbedded(":memory:")
    )
  ),
  Layer.provideMerge(tracing),
  Layer.provideMerge(Receiver.layer({ accounts: [account("acme"), account("globex"), account("broken"), operator] }))
)

// Refused destinations are warned of, which is right and is looked at elsewhere.
const quiet = Layer.provide(world, Logger.minimumLogLevel(LogLevel.None))

const hello = { model: "gpt-4o-mini", messages: [{ role: "user", content: "hello" }] }

/** Sends a request, waits for so many spans of its tenant, and prints them. */
const traced = (
  tenant: "acme" | "globex" | "broken",
  spans: number,
  body: unknown,
  options: { readonly headers?: Record<string, string>; readonly path?: string } = {}
) =>
  Effect.gen(function* () {
    const { keys, receiver, url } = yield* World
    yield* receiver.clear(tenant)
    const response = yield* Effect.promise(() =>
      fetch(`${url}${options.path ?? "/v1/chat/completions"}`, {
        method: "POST",
        headers: { authorization: `Bearer ${keys[tenant]}`, "content-type": "application/json", ...options.headers },
        body: typeof body === "string" ? body : JSON.stringify(body)
      })
    )
    const text = yield* Effect.promise(() => response.text())
    yield* receiver.awaitSpans(tenant, spans).pipe(Effect.timeout("5 seconds"))
    yield* TenantTracer.flush
    const received = yield* Received.read(receiver, tenant)
    const bytes = Buffer.concat(Received.bytesOf(received.deliveries)).toString("latin1")
    return {
      status: response.status,
      text,
      bytes,
      pictures: received.traces.map(({ picture }) => picture),
      spans: received.spans
    }
  })

const answered = `
POST /v1/chat/completions
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii
├── chat gpt-4o-mini
└── sqlite insert`.trim()

const refused = `
POST /v1/chat/completions
└── auth /v1/chat/completions
    └── sqlite select`.trim()

describe("the trace of a request", () => {
  layer(quiet, { excludeTestServices: true, timeout: "20 seconds" })((it) => {
    it.effect("arrives whole at the one destination that is configured well, whatever the others are", () =>
      Effect.gen(function* () {
        const { pictures, status } = yield* traced("acme", 6, hello)
        expect(status).toBe(200)
        expect(pictures).toEqual([answered])
      })
    )

    it.effect("says at its root what was asked and answered, also of a stream", () =>
      Effect.gen(function* () {
        for (const stream of [false, true]) {
          const { spans } = yield* traced("acme", 6, { ...hello, stream })
          expect(spans.find(({ parentSpanId }) => parentSpanId === "")?.attributes).toMatchObject({
            "input.value": JSON.stringify(hello.messages),
            "output.value": JSON.stringify([{ role: "assistant", content: "You said: hello" }])
          })
        }
      })
    )

    it.effect("has its refused destinations explained, by field and without a secret", () =>
      Effect.gen(function* () {
        const { refused, usable } = yield* Effect.flatMap(Tenants, (tenants) => tenants.destinations("acme"))
        expect(usable.map(({ name }) => name)).toEqual(["main"])
        const reasons = Object.fromEntries(refused.map(({ destination, reason }) => [destination, reason]))
        expect(Object.keys(reasons).sort()).toEqual(["garbage", "half", "odd-url", "unknown"])
        expect(reasons.half).toContain("secretKey")
        expect(reasons.unknown).toContain("vendor")
        expect(reasons["odd-url"]).toContain("endpoint")
        expect(reasons.garbage).toContain("credentials")
        expect(JSON.stringify(refused)).not.toContain("very-secret")
      })
    )

    it.effect("arrives when the body is malformed, with what had happened by then", () =>
      Effect.gen(function* () {
        for (const body of ["{", "null", JSON.stringify({ ...hello, messages: [] }), "x".repeat(70_000)]) {
          const { pictures, status } = yield* traced("acme", 3, body)
          expect([400, 413]).toContain(status)
          expect(pictures).toEqual([refused])
        }
      })
    )

    it.effect("arrives when the tenant's settings cannot be read", () =>
      Effect.gen(function* () {
        const { pictures, status } = yield* traced("broken", 3, hello)
        expect(status).toBe(500)
        expect(pictures).toEqual([refused.replace("completions\n└", "completions ✗ 500\n└")])
      })
    )

    it.effect("arrives when the model server stays down, with both attempts", () =>
      Effect.gen(function* () {
        const { pictures, status } = yield* traced("acme", 7, { ...hello, model: "down-model" })
        expect(status).toBe(502)
        expect(pictures).toEqual([
          `
POST /v1/chat/completions ✗ 502
├── auth /v1/chat/completions
│   └── sqlite select
├── execute_guardrail pii
├── chat down-model ✗ UpstreamError
├── chat down-model ✗ UpstreamError
└── sqlite insert`.trim()
        ])
      })
    )

    it.effect("arrives when a stream broke off, with what was said by then", () =>
      Effect.gen(function* () {
        const { bytes, pictures } = yield* traced("acme", 6, { ...hello, model: "cut-model", stream: true })
        expect(pictures).toEqual([answered.replace("chat gpt-4o-mini", "chat cut-model ✗ UpstreamError")])
        expect(bytes).toContain("You said: ")
      })
    )

    it.effect("arrives when the client hung up before it was answered", () =>
      Effect.gen(function* () {
        const { keys, receiver, url } = yield* World
        yield* receiver.clear("acme")
        const messages = [{ role: "user", content: "one two three four five six seven eight nine ten" }]
        const asking = yield* Effect.fork(
          Effect.tryPromise((signal) =>
            fetch(`${url}/v1/chat/completions`, {
              method: "POST",
              headers: { authorization: `Bearer ${keys.acme}` },
              body: JSON.stringify({ model: "slow-model", messages }),
              signal
            })
          )
        )
        // The guardrail's span has arrived, so the model call is under way.
        yield* receiver.awaitSpans("acme", 3).pipe(Effect.timeout("5 seconds"))
        yield* Fiber.interrupt(asking)
        yield* receiver.awaitSpans("acme", 6).pipe(Effect.timeout("5 seconds"))
        const { traces } = yield* Received.read(receiver, "acme")
        expect(traces.map(({ picture }) => picture)).toEqual([
          answered
            .replace("completions\n", "completions (cancelled)\n")
            .replace("chat gpt-4o-mini", "chat slow-model (cancelled)")
        ])
      })
    )

    it.effect("says what was masked, and carries the masked text only", () =>
      Effect.gen(function* () {
        const messages = [{ role: "user", content: "write to ann@example.org" }]
        const { bytes, pictures } = yield* traced("acme", 6, { ...hello, messages })
        expect(pictures).toEqual([answered])
        expect(bytes).toContain("[EMAIL]")
        expect(bytes).not.toContain("ann@")
      })
    )

    it.effect("carries nothing of a prompt that was blocked", () =>
      Effect.gen(function* () {
        const messages = [{ role: "user", content: "canary 4111 1111 1111 1111" }]
        const { bytes, status } = yield* traced("acme", 5, { ...hello, messages })
        expect(status).toBe(400)
        expect(bytes).not.toContain("canary")
        expect(bytes).not.toContain("4111")
      })
    )

    const hostile: ReadonlyArray<Record<string, string>> = [
      { traceparent: "00-zz'<script>canary-b7ad6b7169203331-01" },
      { traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-01` },
      { traceparent: "canary".repeat(800) },
      { b3: "zz'<script>canary-1-1" },
      { tracestate: `canary=${"x".repeat(5_000)}` },
      { baggage: "user=canary" },
      { cookie: "session=canary", "x-api-key": "canary", "x-forwarded-for": "canary" }
    ]
    for (const headers of hostile) {
      it.effect(`arrives whole, under ids of our own, with ${JSON.stringify(headers).slice(0, 40)}`, () =>
        Effect.gen(function* () {
          const { bytes, pictures, spans, status } = yield* traced("acme", 6, hello, { headers })
          expect(status).toBe(200)
          expect(pictures).toEqual([answered])
          expect(bytes).not.toContain("canary")
          expect(spans.flatMap(({ links }) => links)).toEqual([])
        })
      )
    }

    it.effect("is linked to the trace that its caller is in", () =>
      Effect.gen(function* () {
        const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        const { pictures, spans } = yield* traced("acme", 6, hello, { headers: { traceparent } })
        expect(pictures).toEqual([answered])
        const [root] = spans.filter(({ parentSpanId }) => parentSpanId === "")
        expect(root?.links.map(({ spanId, traceId }) => [traceId, spanId])).toEqual([
          ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"]
        ])
        expect(root?.traceId).not.toBe("0af7651916cd43dd8448eb211c80319c")
      })
    )

    it.effect("has no query of the request in it", () =>
      Effect.gen(function* () {
        const { bytes } = yield* traced("acme", 6, hello, { path: "/v1/chat/completions?key=canary&canary=1" })
        expect(bytes).not.toContain("canary")
      })
    )

    it.effect("goes to its own tenant only, when many tenants ask at once", () =>
      Effect.gen(function* () {
        const { keys, receiver, url } = yield* World
        yield* receiver.clear("acme")
        yield* receiver.clear("globex")
        const ask = (tenant: "acme" | "globex", index: number) =>
          Effect.promise(() =>
            fetch(`${url}/v1/chat/completions`, {
              method: "POST",
              headers: { authorization: `Bearer ${keys[tenant]}` },
              body: JSON.stringify({ ...hello, messages: [{ role: "user", content: `${tenant}-${index}-canary` }] })
            }).then((response) => response.text())
          )
        const all = Array.from({ length: 20 }, (_, index) => [ask("acme", index), ask("globex", index)]).flat()
        yield* Effect.all(all, { concurrency: "unbounded" })
        for (const [own, other] of [
          ["acme", "globex"],
          ["globex", "acme"]
        ] as const) {
          yield* receiver.awaitSpans(own, 120).pipe(Effect.timeout("5 seconds"))
          const received = yield* Received.read(receiver, own)
          expect(new Set(received.traces.map(({ picture }) => picture))).toEqual(new Set([answered]))
          expect(received.traces).toHaveLength(20)
          const bytes = Buffer.concat(Received.bytesOf(received.deliveries)).toString("latin1")
          expect(bytes).toContain(`${own}-19-canary`)
          expect(bytes).not.toContain(`${other}-`)
        }
      })
    )

    it.effect("goes to the operator alone when nobody is known to own it", () =>
      Effect.gen(function* () {
        const { receiver, url } = yield* World
        yield* TenantTracer.flush
        yield* receiver.clear()
        const answers = yield* Effect.promise(() =>
          Promise.all([
            fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer sk-gw-wrong" } }),
            fetch(`${url}/v1/no/such/route`, { headers: { authorization: "Bearer sk-gw-wrong" } })
          ])
        )
        expect(answers.map(({ status }) => status)).toEqual([401, 404])
        yield* receiver.awaitSpans("operator", 5).pipe(Effect.timeout("5 seconds"))
        yield* TenantTracer.flush
        const { traces } = yield* Received.read(receiver, "operator")
        expect(traces.map(({ picture }) => picture).sort()).toEqual([
          "GET",
          `
POST /v1/chat/completions
└── auth /v1/chat/completions ✗ KeyError
    └── VirtualKeys.authenticate ✗ KeyError
        └── sqlite select`.trim()
        ])
        for (const tenant of ["acme", "globex", "broken"]) expect(yield* receiver.spans(tenant)).toEqual([])
      })
    )

    it.effect("goes to the operator without what was said, though its tenant asked for it", () =>
      Effect.gen(function* () {
        const { receiver } = yield* World
        yield* receiver.clear("operator")
        const messages = [{ role: "user", content: "canary-prompt" }]
        const { bytes } = yield* traced("acme", 6, { ...hello, messages })
        expect(bytes).toContain("canary-prompt")
        const { deliveries, traces } = yield* Received.read(receiver, "operator")
        expect(traces.length).toBeGreaterThan(0)
        expect(Buffer.concat(Received.bytesOf(deliveries)).toString("latin1")).not.toContain("canary-prompt")
      })
    )

    it.effect("follows its tenant to another back end, from the next request on", () =>
      Effect.gen(function* () {
        const { receiver } = yield* World
        const tenants = yield* Tenants
        yield* traced("globex", 6, hello)
        yield* receiver.addAccount(account("moved"))
        yield* tenants.put({
          id: "globex",
          name: "Globex",
          destinations: [
            { name: "main", vendor: "arize_phoenix", credentials: { endpoint: receiver.url, apiKey: "moved-key" } }
          ]
        })
        yield* receiver.clear("globex")
        yield* traced("globex", 0, hello)
        yield* receiver.awaitSpans("moved", 6).pipe(Effect.timeout("5 seconds"))
        expect(yield* receiver.spans("globex")).toEqual([])
      })
    )

    it.effect("is accounted for to the last span", () =>
      Effect.gen(function* () {
        yield* TenantTracer.flush
        const { ledger } = yield* TenantTracer.status
        for (const row of [ledger.total, ...ledger.rows]) {
          expect([row.id, row.made]).toEqual([row.id, row.hidden + row.delivered])
        }
      })
    )
  })
})
