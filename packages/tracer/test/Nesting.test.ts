/** What the compiler says of the helpers: each `@ts-expect-error` is a test that the type check runs. */
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Context, Data, Effect, Stream } from "effect"
import { layer } from "./support/tracing.js"

class Failed extends Data.TaggedError("Failed")<{ readonly code: number }> {}
class Model extends Context.Tag("Model")<Model, { readonly tokens: number }>() {}

const chat = { operation: "chat", provider: "openai" } as const
const call: Effect.Effect<{ readonly id: string }, Failed, Model> = Effect.map(Model, ({ tokens }) => ({
  id: `${tokens}`
}))
const chunks: Stream.Stream<{ readonly tokens: number }, Failed, Model> = Stream.fromEffect(Model)
const query = Effect.void.pipe(Spans.dbCall({ service: "redis" }))
const guarded = Effect.void.pipe(Spans.guardrail({ name: "pii" }))
const model = Effect.void.pipe(Spans.llmCall(chat))
const tool = Effect.void.pipe(Spans.toolCall({ name: "t" }))

describe("illegal nesting does not compile", () => {
  it("in direct nesting", () => {
    const programs = [
      // @ts-expect-error a model call is no child of a guardrail
      Spans.guardrail(model, { name: "pii" }),
      // @ts-expect-error a guardrail is a sibling of the model call
      Spans.llmCall(guarded, chat),
      // @ts-expect-error an attempt is a sibling of another
      Spans.llmCall(model, chat),
      // @ts-expect-error a database calls nobody
      Spans.dbCall(query, { service: "redis" }),
      // @ts-expect-error a model call belongs to the request and not to a phase
      Phase.auth(model),
      // @ts-expect-error an MCP server's listing calls no tool
      Spans.mcpListTools(tool, { method: "tools/list" })
    ]
    expect(programs.every(Effect.isEffect)).toBe(true)
  })

  it("in a pipe, also with a completion", () => {
    const programs = [
      // @ts-expect-error a model call is no child of a guardrail
      model.pipe(Spans.guardrail({ name: "pii" })),
      // @ts-expect-error nor with a completion
      model.pipe(Spans.guardrail({ name: "pii" }, { onSuccess: () => ({ action: "none" }) })),
      // @ts-expect-error a guardrail is a sibling of the model call
      guarded.pipe(Spans.llmCall(chat)),
      // @ts-expect-error a tool call is no child of a model call
      tool.pipe(Spans.llmCall(chat)),
      // @ts-expect-error a model call belongs to the request and not to a phase
      model.pipe(Phase.make("budget"))
    ]
    expect(programs.every(Effect.isEffect)).toBe(true)
  })
})

describe("legal nesting compiles and keeps its types", () => {
  it("A, E and R come through every form", () => {
    type Expected = Effect.Effect<{ readonly id: string }, Failed, Model>
    const forms = [
      call.pipe(Spans.llmCall(chat)),
      call.pipe(Spans.llmCall(chat, { onSuccess: ({ id }) => ({ responseId: id }) })),
      call.pipe(Spans.llmCall(chat, { onFailure: ({ code }) => ({ error: { type: "Failed", code: `${code}` } }) })),
      Spans.llmCall(call, chat),
      Spans.llmCall(call, chat, { onSuccess: ({ id }) => ({ responseId: id }) })
    ] as const
    expectTypeOf(forms[0]).toExtend<Expected>()
    expectTypeOf(forms[1]).toExtend<Expected>()
    expectTypeOf(forms[2]).toExtend<Expected>()
    expectTypeOf(forms[3]).toExtend<Expected>()
    expectTypeOf(forms[4]).toExtend<Expected>()
    for (const form of forms) {
      expectTypeOf<Effect.Effect.Success<typeof form>>().toEqualTypeOf<{ readonly id: string }>()
      expectTypeOf<Effect.Effect.Error<typeof form>>().toEqualTypeOf<Failed>()
      expectTypeOf<Effect.Effect.Context<typeof form>>().toEqualTypeOf<Model>()
    }
    expect(forms.every(Effect.isEffect)).toBe(true)
  })

  it("streams too", () => {
    const forms = [
      chunks.pipe(Spans.llmCallStream(chat)),
      chunks.pipe(Spans.llmCallStream(chat, { onChunk: ({ tokens }) => ({ usage: { outputTokens: tokens } }) })),
      Spans.llmCallStream(chunks, chat, { onFailure: ({ code }) => ({ error: { type: `${code}` } }) })
    ] as const
    for (const form of forms) {
      expectTypeOf(form).toEqualTypeOf<Stream.Stream<{ readonly tokens: number }, Failed, Model>>()
    }
    expect(forms).toHaveLength(3)
  })

  it("phases, requests and detached work too", () => {
    const form = call.pipe(Phase.auth, TenantTracer.withRoute(TestTracer.route("acme")), TenantTracer.detached)
    expectTypeOf<Effect.Effect.Context<typeof form>>().toEqualTypeOf<Model>()
    expectTypeOf<Effect.Effect.Error<typeof form>>().toEqualTypeOf<Failed>()
    expect(Effect.isEffect(form)).toBe(true)
  })

  it("payloads and completions are checked", () => {
    const programs = () => [
      // @ts-expect-error a payload has the fields of its role
      Spans.llmCall({ operation: "chat" }),
      // @ts-expect-error and no others
      Spans.dbCall({ service: "redis", requestModel: "gpt-4o" }),
      // @ts-expect-error facts are the role's own
      Spans.annotateLlmCall({ mode: "pre_call" }),
      // @ts-expect-error the value is what comes out
      call.pipe(Spans.llmCall(chat, { onSuccess: ({ tokens }) => ({ responseId: tokens }) }))
    ]
    expect(programs).not.toThrow()
  })

  it.effect("what the compiler cannot see, the recorder puts right", () =>
    Effect.gen(function* () {
      // Through `gen` the brand is lost, by design.
      const guardrail = Effect.gen(function* () {
        yield* model
        yield* query.pipe(Spans.service({ service: "router" }))
      }).pipe(Spans.guardrail({ name: "pii" }))
      const inQuery = Effect.gen(function* () {
        yield* Effect.void.pipe(Spans.service({ service: "lost" }))
      }).pipe(Spans.dbCall({ service: "redis" }))
      yield* Effect.zipRight(guardrail, inQuery).pipe(TenantTracer.withRoute(TestTracer.route("acme")))
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── chat
          ├── execute_guardrail pii
          │   └── router
          │       └── redis
          ├── lost
          └── redis
        `
      )
      expect((yield* TenantTracer.status).ledger.counters.reanchored).toBe(1)
    }).pipe(Effect.provide(layer()))
  )
})
