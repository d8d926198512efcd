import { HttpClient, HttpClientRequest, HttpRouter, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Data, Deferred, Effect, Stream } from "effect"
import { get, hangUp, recording, serve, settled, upstream, wirings } from "./support/http.js"
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
            ├── http.client GET
            └── http.client GET
          `
        )
        const operator = yield* TestTracer.spans(TestTracer.operator)
        expect(textOf(operator)).not.toContain("SECRET")
      }).pipe(Effect.provide(layer()))
    )
  }
})
