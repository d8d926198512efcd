import { Readable } from "node:stream"
import {
  type HttpApp,
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { TraceFacts } from "@tenant-tracer/model"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Data, Deferred, Effect, Stream } from "effect"
import { get, hangUp, inProcess, recording, serve, settled, upstream, wirings } from "./support/http.js"
import { layer, one, textOf } from "./support/tracing.js"

const acme = TestTracer.route("acme")
const bytes = (text: string) => new TextEncoder().encode(text)
const chat = { operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

const ok = TenantTracer.bind(acme).pipe(Effect.as(HttpServerResponse.text("ok")))

const router = HttpRouter.empty.pipe(
  HttpRouter.get("/ok/:id", ok),
  HttpRouter.get("/secret", ok),
  HttpRouter.get("/denied", Effect.as(TenantTracer.bind(acme), HttpServerResponse.empty({ status: 401 }))),
  HttpRouter.get("/broken", Effect.as(TenantTracer.bind(acme), HttpServerResponse.empty({ status: 503 }))),
  HttpRouter.get("/fails", Effect.zipRight(TenantTracer.bind(acme), new Refused({ message: "db-7.internal refused" }))),
  HttpRouter.get("/dies", Effect.zipRight(TenantTracer.bind(acme), Effect.die(new TypeError("db-7.internal is gone"))))
)

const rootOf = (tenant: string) =>
  Effect.map(TestTracer.spans(tenant), (spans) => one(spans.filter(({ kind }) => kind === "server")))

describe("TenantTracer.middleware", () => {
  it.scopedLive("the route's template is the root's, also where another span is round the router", () =>
    Effect.gen(function* () {
      const port = yield* serve(Effect.withSpan(router, "versioned"), { given: "served", platformSpan: false })
      yield* get(port, "/ok/42")
      yield* settled
      yield* TestTracer.expectTree("acme", "GET /ok/:id")
    }).pipe(Effect.provide(layer()))
  )

  for (const wiring of wirings) {
    const title = `${wiring.given}, platform span ${wiring.platformSpan ? "on" : "off"}`

    it.scopedLive(`one SERVER span per request (${title})`, () =>
      Effect.gen(function* () {
        const port = yield* serve(router, wiring)
        expect(yield* get(port, "/ok/42?key=sk-1")).toEqual({ status: 200, body: "ok" })
        yield* settled
        yield* TestTracer.expectTree("acme", "GET /ok/:id")
        yield* TestTracer.expectTree(TestTracer.operator, "GET /ok/:id")
        const root = yield* rootOf("acme")
        expect(root.attributes["http.response.status_code"]).toBe(200)
        expect(root.attributes["http.route"]).toBe("/ok/:id")
        expect(root.status.code).toBe("unset")
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`statuses and errors (${title})`, () =>
      Effect.gen(function* () {
        const port = yield* serve(router, wiring)
        for (const [path, status, code, type] of [
          ["/denied", 401, "unset", undefined],
          ["/broken", 503, "error", "503"],
          ["/fails", 500, "error", "Refused"],
          ["/dies", 500, "error", "TypeError"]
        ] as const) {
          expect((yield* get(port, path)).status).toBe(status)
          yield* settled
          const root = yield* rootOf("acme")
          expect(root.attributes["http.response.status_code"], path).toBe(status)
          expect(root.status.code, path).toBe(code)
          expect(root.attributes["error.type"], path).toBe(type)
          expect(textOf([root.status, root.events, root.attributes]), path).not.toContain("db-7")
          yield* TestTracer.clear
        }
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`a route that does not exist is a 404 and no error (${title})`, () =>
      Effect.gen(function* () {
        const port = yield* serve(router, wiring)
        expect((yield* get(port, "/nowhere/sk-1")).status).toBe(404)
        yield* settled
        const root = yield* rootOf(TestTracer.operator)
        expect(root.name).toBe("GET")
        expect(root.attributes["http.response.status_code"]).toBe(404)
        expect(root.status.code).toBe("unset")
        expect(yield* TestTracer.tenants).toEqual([])
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`no header and no query in any copy (${title})`, () =>
      Effect.gen(function* () {
        const port = yield* serve(router, wiring)
        yield* get(port, "/secret?api_key=SECRET-1", {
          authorization: "Bearer SECRET-2",
          "api-key": "SECRET-3",
          cookie: "SECRET-4",
          "user-agent": "SECRET-5",
          baggage: "user=SECRET-6"
        })
        yield* settled
        for (const tenant of ["acme", TestTracer.operator]) {
          const spans = yield* TestTracer.spans(tenant)
          expect(spans).toHaveLength(1)
          expect(textOf(spans)).not.toContain("SECRET")
        }
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`the root ends after the last byte, and what the body does belongs to the request (${title})`, () =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        const app = Effect.gen(function* () {
          yield* TenantTracer.bind(acme)
          const body = Stream.make("a", "b").pipe(
            Stream.concat(Stream.execute(Deferred.await(gate))),
            Stream.concat(Stream.fromEffect(Effect.as(Effect.void.pipe(Spans.guardrail({ name: "post" })), "c"))),
            Spans.llmCallStream(chat, {
              onChunk: (text) => (text === "b" ? { usage: { outputTokens: 2 } } : undefined)
            }),
            Stream.map(bytes)
          )
          return HttpServerResponse.stream(body)
        })
        const port = yield* serve(app, wiring)
        const client = yield* Effect.fork(get(port, "/"))
        yield* recording(({ openSpans }) => openSpans === 2)
        expect(yield* TestTracer.spans("acme")).toEqual([])
        yield* Deferred.succeed(gate, undefined)
        expect((yield* client).body).toBe("abc")
        yield* settled
        yield* TestTracer.expectTree(
          "acme",
          `
            GET
            ├── chat gpt-4o
            └── execute_guardrail post
          `
        )
        const spans = yield* TestTracer.spans("acme")
        const call = one(spans.filter(({ name }) => name === "chat gpt-4o"))
        expect(call.attributes["gen_ai.usage.output_tokens"]).toBe(2)
        expect(spans.at(-1)?.kind).toBe("server")
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`a client that hangs up ends every span as cancelled, with the usage so far (${title})`, () =>
      Effect.gen(function* () {
        const app = Effect.gen(function* () {
          yield* TenantTracer.bind(acme)
          return HttpServerResponse.stream(
            Stream.make(1).pipe(
              Stream.concat(Stream.never),
              Spans.llmCallStream(chat, { onChunk: () => ({ usage: { outputTokens: 7 } }) }),
              Stream.map(() => bytes("data: 1\n\n"))
            )
          )
        })
        const port = yield* serve(app, wiring)
        yield* hangUp(port, "/")
        yield* settled
        yield* TestTracer.expectTree(
          "acme",
          `
            GET cancelled unset
            └── chat gpt-4o cancelled unset
          `,
          (span) =>
            `${span.name} ${span.attributes["gateway.cancelled"] === true ? "cancelled" : ""} ${span.status.code}`
        )
        const call = one((yield* TestTracer.spans("acme")).filter(({ kind }) => kind === "client"))
        expect(call.attributes["gen_ai.usage.output_tokens"]).toBe(7)
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`a body that fails half-way is an error of the request (${title})`, () =>
      Effect.gen(function* () {
        const app = Effect.as(
          TenantTracer.bind(acme),
          HttpServerResponse.stream(Stream.concat(Stream.make(bytes("x")), Stream.die(new RangeError("db-7"))))
        )
        const port = yield* serve(app, wiring)
        yield* get(port, "/")
        yield* settled
        const root = yield* rootOf("acme")
        expect(root.status).toEqual({ code: "error", message: "RangeError" })
        expect(root.attributes["http.response.status_code"]).toBe(200)
      }).pipe(Effect.provide(layer()))
    )

    it.scopedLive(`nothing of the trace goes upstream, from the handler or from the body (${title})`, () =>
      Effect.gen(function* () {
        const { port: up, seen } = yield* upstream()
        const call = HttpClient.HttpClient.pipe(
          Effect.flatMap((client) => client.execute(HttpClientRequest.get(`http://127.0.0.1:${up}/v1?key=SECRET`))),
          Effect.flatMap((response) => response.text),
          Effect.scoped,
          Effect.orDie,
          Effect.provide(NodeHttpClient.layerUndici)
        )
        const app = Effect.gen(function* () {
          yield* TenantTracer.bind(acme)
          yield* call
          return HttpServerResponse.stream(Stream.fromEffect(call).pipe(Stream.map(bytes)))
        })
        const port = yield* serve(app, wiring)
        yield* get(port, "/", { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, baggage: "a=b" })
        yield* settled
        expect(seen).toHaveLength(2)
        for (const headers of seen) {
          expect(Object.keys(headers).filter((name) => /trace|b3|baggage/.test(name))).toEqual([])
        }
        yield* TestTracer.expectTree("acme", "GET")
        yield* TestTracer.expectTree(
          TestTracer.operator,
          `
            GET
            ├── GET
            └── GET
          `
        )
        const operator = yield* TestTracer.spans(TestTracer.operator)
        expect(textOf(operator)).not.toContain("SECRET")
      }).pipe(Effect.provide(layer()))
    )
  }
})

describe("TenantTracer.middleware, what the conventions ask of a server's span", () => {
  it.scopedLive("the host and port that the caller asked for, and the version of HTTP, for tenant and operator", () =>
    Effect.gen(function* () {
      const port = yield* serve(router)
      yield* get(port, "/ok/42?key=sk-1", { host: `Gateway.example.com:${port}` })
      yield* settled
      for (const reader of ["acme", TestTracer.operator]) {
        expect((yield* rootOf(reader)).attributes).toMatchObject({
          "http.request.method": "GET",
          "url.path": "/ok/42",
          "url.scheme": "http",
          "http.route": "/ok/:id",
          "http.response.status_code": 200,
          "server.address": "Gateway.example.com",
          "server.port": port,
          "network.protocol.version": "1.1"
        })
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("behind a proxy the host that it tells; without a port the scheme's; nothing that is no host", () =>
    Effect.gen(function* () {
      const server = (headers: Record<string, string>) =>
        Effect.gen(function* () {
          yield* inProcess(ok, "http://localhost/", { headers })
          const { attributes } = yield* rootOf("acme")
          yield* TestTracer.clear
          expect(attributes).not.toHaveProperty(["network.protocol.version"])
          return [attributes["server.address"], attributes["server.port"]]
        })
      expect(yield* server({ host: "a.example" })).toEqual(["a.example", 80])
      expect(yield* server({ host: "a.example", "x-forwarded-proto": "https" })).toEqual(["a.example", 443])
      expect(yield* server({ host: "in", "x-forwarded-host": "a.example:8443, b.example" })).toEqual([
        "a.example",
        8443
      ])
      expect(yield* server({ host: "[::1]:8080" })).toEqual(["::1", 8080])
      const none = [undefined, undefined]
      expect(yield* server({})).toEqual(none)
      for (const host of [
        "",
        "a b",
        "<script>",
        "user:SECRET@host",
        "host?key=SECRET",
        "host/x",
        `${"x".repeat(300)}`
      ]) {
        expect(yield* server({ host }), host).toEqual(none)
      }
    }).pipe(Effect.provide(layer()))
  )
})

describe("TenantTracer.middleware, requests", () => {
  it.scopedLive("two tenants at once under a span round the server, both streaming", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const app = HttpRouter.empty.pipe(
        HttpRouter.get(
          "/:tenant",
          Effect.gen(function* () {
            const { tenant = "" } = yield* HttpRouter.params
            yield* Effect.void.pipe(Spans.dbCall({ service: "redis" }), Phase.auth)
            yield* TenantTracer.bind(TestTracer.route(tenant))
            return HttpServerResponse.stream(
              Stream.make("a").pipe(
                Stream.concat(Stream.execute(Deferred.await(gate))),
                Spans.llmCallStream(chat),
                Stream.map(bytes)
              )
            )
          })
        )
      )
      const port = yield* serve(app).pipe(Effect.withSpan("Server"))
      const clients = yield* Effect.fork(
        Effect.all([get(port, "/acme"), get(port, "/other"), get(port, "/acme")], { concurrency: 3 })
      )
      yield* recording(({ requests }) => requests === 3)
      yield* Deferred.succeed(gate, undefined)
      yield* clients
      yield* settled
      const tree = `
        GET /:tenant
        ├── auth /:tenant
        │   └── redis
        └── chat gpt-4o
      `
      yield* TestTracer.expectTree("other", tree)
      const spans = yield* TestTracer.spans("acme")
      expect(spans).toHaveLength(8)
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2)
      expect(spans.flatMap(({ links }) => links)).toEqual([])
      expect((yield* TestTracer.tenants).toSorted()).toEqual(["acme", "other"])
    }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("a layer that is built by the first request belongs to the operator when it is detached", () =>
    Effect.gen(function* () {
      const pool = yield* Effect.cached(
        Effect.as(Effect.void.pipe(Spans.dbCall({ service: "connect" })), "pool").pipe(TenantTracer.detached)
      )
      const app = HttpRouter.empty.pipe(
        HttpRouter.get(
          "/:tenant",
          Effect.gen(function* () {
            const { tenant = "" } = yield* HttpRouter.params
            yield* TenantTracer.bind(TestTracer.route(tenant))
            return HttpServerResponse.text(yield* pool)
          })
        )
      )
      const port = yield* serve(app)
      yield* Effect.all([get(port, "/acme"), get(port, "/other")], { concurrency: 2 })
      yield* settled
      for (const tenant of ["acme", "other"]) yield* TestTracer.expectTree(tenant, "GET /:tenant")
      const operator = yield* TestTracer.spans(TestTracer.operator)
      expect(one(operator.filter(({ name }) => name === "connect")).parentSpanId).toBeUndefined()
    }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("a client that hangs up before the answer is cancelled and no error", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const app = HttpRouter.empty.pipe(
        HttpRouter.get(
          "/",
          Effect.gen(function* () {
            yield* TenantTracer.bind(acme)
            yield* Deferred.succeed(started, undefined)
            return yield* Effect.never
          }).pipe(Spans.llmCall(chat))
        )
      )
      const port = yield* serve(app)
      const controller = new AbortController()
      yield* Effect.fork(
        Effect.ignore(Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal })))
      )
      yield* Deferred.await(started)
      controller.abort()
      yield* settled
      yield* TestTracer.expectTree(
        "acme",
        `
          GET / true unset
          └── chat gpt-4o true unset
        `,
        (span) => `${span.name} ${span.attributes["gateway.cancelled"]} ${span.status.code}`
      )
    }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("every kind of body ends the root, HEAD too", () =>
    Effect.gen(function* () {
      const bodies = [
        HttpServerResponse.empty(),
        HttpServerResponse.text("x"),
        HttpServerResponse.unsafeJson({ x: 1 }),
        HttpServerResponse.raw(Readable.from(["x"])),
        HttpServerResponse.stream(Stream.make(bytes("x"))),
        HttpServerResponse.stream(Stream.empty)
      ]
      for (const body of bodies) {
        const port = yield* serve(Effect.as(TenantTracer.bind(acme), body))
        yield* get(port, "/")
      }
      const port = yield* serve(Effect.as(TenantTracer.bind(acme), HttpServerResponse.stream(Stream.never)))
      yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`, { method: "HEAD" }))
      yield* settled
      const names = (yield* TestTracer.spans("acme")).map(({ name, status }) => `${name} ${status.code}`)
      expect(names).toEqual([...bodies.map(() => "GET unset"), "HEAD unset"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("hostile requests are answered, and their spans arrive", () =>
    Effect.gen(function* () {
      const app = Effect.as(TenantTracer.bind(acme), HttpServerResponse.text("ok"))
      const requests: ReadonlyArray<readonly [string, RequestInit]> = [
        ["http://localhost/%00%ff/../..//?a=b#c", {}],
        [`http://localhost/${"x".repeat(50_000)}?${"y".repeat(50_000)}`, {}],
        ["http://localhost/", { method: "M-SEARCH" }],
        ["http://localhost/", { headers: { traceparent: "00-xyz", tracestate: "\u00ff", b3: "1-2-3-4-5" } }],
        ["http://localhost/", { headers: { baggage: "x".repeat(60_000) } }]
      ]
      for (const [url, init] of requests) expect((yield* inProcess(app, url, init)).body).toBe("ok")
      const spans = yield* TestTracer.spans("acme")
      expect(spans.map(({ name }) => name)).toEqual(["GET", "GET", "HTTP", "GET", "GET"])
      for (const { attributes } of spans) expect(textOf(attributes).length).toBeLessThan(3000)
      expect(textOf(spans)).not.toContain("yyyy")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("facts come from what the app reads of the request, and from no header by themselves", () =>
    Effect.gen(function* () {
      const app = Effect.as(TenantTracer.bind(acme), HttpServerResponse.empty())
      const door = TenantTracer.middlewareWith({
        facts: ({ headers }) => TraceFacts.fromHeaders(headers, { "x-session": "sessionId" })
      })
      const init = { headers: { "x-session": "s1", "x-user": "SECRET" } }
      yield* inProcess(app, "http://localhost/", init, door)
      yield* inProcess(app, "http://localhost/", init)
      const [withFacts, without] = (yield* TestTracer.spans("acme")).map(textOf)
      expect(withFacts).toContain("s1")
      expect(without).not.toContain("s1")
      expect(`${withFacts}${without}`).not.toContain("SECRET")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("options that throw cost neither the request nor its spans", () =>
    Effect.gen(function* () {
      const door = TenantTracer.middlewareWith({
        facts: () => {
          throw new Error("facts")
        },
        ignore: () => {
          throw new Error("ignore")
        }
      })
      const app = Effect.as(TenantTracer.bind(acme), HttpServerResponse.text("ok"))
      expect(yield* inProcess(app, "http://localhost/", {}, door)).toEqual({ status: 200, body: "ok" })
      yield* TestTracer.expectTree("acme", "GET")
      expect((yield* TenantTracer.status).ledger.counters.bad_payload).toBe(2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an ignored request is not recorded and cannot be bound", () =>
    Effect.gen(function* () {
      const door = TenantTracer.middlewareWith({ ignore: ({ url }) => url.endsWith("/health") })
      const app = Effect.map(TenantTracer.bind(acme), HttpServerResponse.text)
      expect((yield* inProcess(app, "http://localhost/health", {}, door)).body).toBe("NoRequest")
      expect((yield* inProcess(app, "http://localhost/v1", {}, door)).body).toBe("Bound")
      expect(yield* TestTracer.spans("acme")).toHaveLength(1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a request that the app makes to itself is one of its own, with one SERVER span", () =>
    Effect.gen(function* () {
      const inner = Effect.as(TenantTracer.bind(TestTracer.route("other")), HttpServerResponse.text("inner"))
      const outer = Effect.gen(function* () {
        const { body } = yield* inProcess(inner)
        return HttpServerResponse.text(`${body} ${yield* TenantTracer.bind(acme)}`)
      })
      expect((yield* inProcess(outer)).body).toBe("inner Bound")
      for (const tenant of ["acme", "other"]) yield* TestTracer.expectTree(tenant, "GET")
      const operator = yield* TestTracer.spans(TestTracer.operator)
      expect(operator.filter(({ kind }) => kind === "server")).toHaveLength(2)
      expect(operator).toHaveLength(2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an app that is run by hand, without a server, is traced the same", () =>
    Effect.gen(function* () {
      const source = HttpServerRequest.fromWeb(new Request("http://localhost/v1/models?key=SECRET"))
      const run = (app: HttpApp.Default<Refused>) =>
        TenantTracer.middleware(app).pipe(
          Effect.provideService(HttpServerRequest.HttpServerRequest, source),
          Effect.exit
        )
      yield* run(Effect.as(TenantTracer.bind(acme), HttpServerResponse.empty({ status: 202 })))
      yield* run(Effect.zipRight(TenantTracer.bind(acme), new Refused({ message: "no" })))
      const [first, second] = yield* TestTracer.spans("acme")
      expect(first).toMatchObject({ name: "GET", status: { code: "unset" } })
      expect(first?.attributes["http.response.status_code"]).toBe(202)
      expect(first?.attributes["url.path"]).toBe("/v1/models")
      expect(second).toMatchObject({ name: "GET", status: { code: "error", message: "Refused" } })
    }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("without a tracer of ours the app runs as it is", () =>
    Effect.gen(function* () {
      const port = yield* serve(Effect.map(TenantTracer.bind(acme), HttpServerResponse.text))
      expect(yield* get(port, "/")).toEqual({ status: 200, body: "NoRequest" })
    })
  )
})
