import { describe, expect, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Effect } from "effect"
import { layer } from "./support/tracing.js"

describe("TestTracer", () => {
  it.effect("prints what a tenant received as trees", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(
        Spans.dbCall({ service: "postgres", system: "postgresql", callType: "select" }),
        Phase.auth,
        Effect.zipRight(Effect.void.pipe(Spans.guardrail({ name: "pii", mode: "pre_call" }))),
        Effect.zipRight(Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" }))),
        TenantTracer.withRoute(TestTracer.route("acme"))
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── auth
          │   └── postgres select
          ├── execute_guardrail pii
          └── chat gpt-4o
        `
      )
      expect(yield* TestTracer.tenants).toEqual(["acme"])
    }).pipe(Effect.provide(layer()))
  )
})
