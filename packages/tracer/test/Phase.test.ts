import { HttpRouter, HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Effect, Fiber } from "effect"
import { inProcess } from "./support/http.js"
import { layer, one } from "./support/tracing.js"

const db = { service: "postgres", system: "postgresql", callType: "select" } as const
const query = Effect.void.pipe(Spans.dbCall(db))
const bind = TenantTracer.bind(TestTracer.route("acme"))

describe("Phase", () => {
  it.effect("is named after the route, and what runs in it nests, in forks too", () =>
    Effect.gen(function* () {
      const app = HttpRouter.empty.pipe(
        HttpRouter.post(
          "/v1/keys/:key/chat",
          Effect.gen(function* () {
            const key = yield* Effect.zipRight(query, Effect.flatMap(Effect.fork(query), Fiber.join)).pipe(
              Effect.as("key"),
              Phase.auth
            )
            yield* Effect.void.pipe(Phase.make("budget"))
            yield* bind
            return HttpServerResponse.text(key)
          })
        )
      )
      expect((yield* inProcess(app, "http://localhost/v1/keys/sk-1/chat", { method: "POST" })).body).toBe("key")
      yield* TestTracer.expectTree(
        "acme",
        `
          POST /v1/keys/:key/chat
          ├── auth /v1/keys/:key/chat
          │   ├── postgres select
          │   └── postgres select
          └── budget /v1/keys/:key/chat
        `
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("without a route it has its own name; without a request it is the operator's", () =>
    Effect.gen(function* () {
      yield* query.pipe(Phase.auth, TenantTracer.withRoute(TestTracer.route("acme")))
      yield* query.pipe(Phase.auth)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── auth
              └── postgres select
        `
      )
      expect(yield* TestTracer.spans(TestTracer.operator)).toHaveLength(5)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("phases nest, and what fails in one is its error and passes through", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.fail("no key").pipe(
        Phase.make("inner"),
        Phase.make("outer"),
        TenantTracer.withRoute(TestTracer.route("acme")),
        Effect.flip
      )
      expect(failed).toBe("no key")
      yield* TestTracer.expectTree(
        "acme",
        `
          job error
          └── outer error
              └── inner error
        `,
        (span) => `${span.name} ${span.status.code}`
      )
      const inner = one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "inner"))
      expect(inner.status.message).toBe("_OTHER")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 257: model calls and guardrails are siblings of the phase in which they run", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Spans.guardrail({ name: "pii" }))
        yield* Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "m" }))
        yield* query
      }).pipe(Phase.auth, TenantTracer.withRoute(TestTracer.route("acme")))
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── execute_guardrail pii
          ├── chat m
          └── auth
              └── postgres select
        `
      )
    }).pipe(Effect.provide(layer()))
  )
})
