import { describe, expect, it } from "@effect/vitest"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Deferred, Effect, Fiber, TestClock } from "effect"
import * as SpanTree from "../src/internal/spanTree.js"
import { destination } from "./support/recorded.js"
import { layer } from "./support/tracing.js"

const model = Effect.void.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" }))

const request = (tenant: string) =>
  Effect.void.pipe(
    Spans.dbCall({ service: "postgres", system: "postgresql", callType: "select" }),
    Phase.auth,
    Effect.zipRight(Effect.void.pipe(Spans.guardrail({ name: "pii", mode: "pre_call" }))),
    Effect.zipRight(model),
    TenantTracer.withRoute(TestTracer.route(tenant))
  )

const expected = `
  job
  ├── auth
  │   └── postgres select
  ├── execute_guardrail pii
  └── chat gpt-4o
`

describe("TestTracer", () => {
  it.effect("prints what a tenant received as trees", () =>
    Effect.gen(function* () {
      yield* request("acme")
      yield* TestTracer.expectTree("acme", expected)
      expect(yield* TestTracer.tenants).toEqual(["acme"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("keeps tenants apart, and the operator's copy from both", () =>
    Effect.gen(function* () {
      yield* Effect.all([request("acme"), request("globex")], { concurrency: 2 })
      yield* TestTracer.expectTree("acme", expected)
      yield* TestTracer.expectTree("globex", expected)
      expect(yield* TestTracer.tenants).toEqual(["acme", "globex"])
      expect(yield* TestTracer.spans(TestTracer.operator)).toHaveLength(10)
      expect(yield* TestTracer.spans("nobody")).toEqual([])
      yield* TestTracer.expectTree("nobody", "")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a difference is shown line by line, with the tenant's name", () =>
    Effect.gen(function* () {
      yield* request("acme")
      const error = yield* Effect.flip(
        TestTracer.expectTree(
          "acme",
          `
            job
            ├── auth
            ├── execute_guardrail pii
            └── chat gpt-4
          `
        )
      )
      expect(error._tag).toBe("TreeMismatch")
      expect(error.message).toBe(
        [
          'the spans of "acme" differ (- expected, + received):',
          "  job",
          "  ├── auth",
          "+ │   └── postgres select",
          "  ├── execute_guardrail pii",
          "- └── chat gpt-4",
          "+ └── chat gpt-4o"
        ].join("\n")
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("prints what the test wants to see of a span", () =>
    Effect.gen(function* () {
      yield* model.pipe(TenantTracer.withRoute(TestTracer.route("acme", { facts: { team: { id: "t1" } } })))
      yield* TestTracer.expectTree(
        "acme",
        `
          job t1
          └── chat gpt-4o t1
        `,
        (span) => `${span.name} ${span.attributes["gateway.team.id"]}`
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("prints each destination's own tree", () =>
    Effect.gen(function* () {
      const destinations = ["a", "b"].map((name) => destination({ name, endpoint: `https://${name}.example` }))
      yield* model.pipe(TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations })))
      const print = ({ destination, name }: TestTracer.TestSpan) => `${destination}: ${name}`
      yield* TestTracer.expectTree("acme", "a: job\n└── a: chat gpt-4o\nb: job\n└── b: chat gpt-4o", print)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("forgets on request", () =>
    Effect.gen(function* () {
      yield* request("acme")
      yield* TestTracer.clear
      expect(yield* TestTracer.tenants).toEqual([])
      yield* model.pipe(TenantTracer.withRoute(TestTracer.route("acme")))
      yield* TestTracer.expectTree("acme", "job\n└── chat gpt-4o")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("time is the test's own", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(
        Effect.sleep("90 seconds").pipe(
          Spans.llmCall({ operation: "chat", provider: "openai" }),
          TenantTracer.withRoute(TestTracer.route("acme"))
        )
      )
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.join(fiber)
      const [call] = yield* TestTracer.spans("acme")
      expect(call?.endTime).toBe(90_000_000_000n + (call?.startTime ?? 0n))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("shows content unless it is told not to, in the words and from the resource of the destination", () =>
    Effect.gen(function* () {
      const prompt = Effect.void.pipe(
        Spans.llmCall({
          operation: "chat",
          provider: "openai",
          inputMessages: [{ role: "user", parts: [{ type: "text", content: "hello" }] }]
        })
      )
      const main = destination({
        vocabularies: [{ name: "openinference" }],
        resource: { model_id: "p1" },
        content: "full"
      })
      yield* prompt.pipe(TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations: [main] })))
      const [call] = yield* TestTracer.spans("acme")
      expect(call).toMatchObject({
        destination: "main",
        attributes: { "openinference.span.kind": "LLM", "llm.input_messages.0.message.content": "hello" },
        resource: { "service.name": "gateway", model_id: "p1" }
      })
    }).pipe(Effect.provide(layer({ resource: { "service.name": "gateway" } })))
  )

  it.effect("content none hides it", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(
        Spans.toolCall({ name: "search", arguments: "hello" }),
        TenantTracer.withRoute(TestTracer.route("acme"))
      )
      const [call] = yield* TestTracer.spans("acme")
      expect(call?.attributes).not.toHaveProperty("gen_ai.tool.call.arguments")
    }).pipe(Effect.provide(layer({ content: "none" })))
  )

  it.effect("case 187: a destination's resource wins over the operator's, which it sees only the service of", () =>
    Effect.gen(function* () {
      const own = destination({ resource: { "service.name": "team-checkout" } })
      yield* model.pipe(TenantTracer.withRoute(TenantRoute.make({ tenant: "acme", destinations: [own] })))
      const [call] = yield* TestTracer.spans("acme")
      expect(call?.resource).toEqual({ "service.name": "team-checkout", "deployment.environment.name": "prod" })
    }).pipe(
      Effect.provide(
        layer({ resource: { "service.name": "proxy", "deployment.environment.name": "prod", "host.name": "h7" } })
      )
    )
  )

  it.effect("an open span is not there yet, and a child whose parent is still open says so", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        model.pipe(
          Effect.zipRight(Deferred.succeed(ended, undefined)),
          Effect.zipRight(Deferred.await(gate)),
          TenantTracer.withRoute(TestTracer.route("acme"))
        )
      )
      yield* Deferred.await(ended)
      expect(yield* TestTracer.tree("acme")).toBe("chat gpt-4o (orphan)")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(fiber)
      expect(yield* TestTracer.tree("acme")).toBe("job\n└── chat gpt-4o")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("counts like the real one", () =>
    Effect.gen(function* () {
      yield* request("acme")
      yield* TenantTracer.flush
      const { ledger, recording } = yield* TenantTracer.status
      expect(ledger.total).toMatchObject({ made: 10, delivered: 10, held: 0 })
      expect(recording).toMatchObject({ openSpans: 0, heldSpans: 0 })
    }).pipe(Effect.provide(layer()))
  )
})

describe("the printed tree", () => {
  const node = (spanId: string, parentSpanId?: string, startTime = 0n, parentIsRemote = false) => ({
    spanId,
    parentSpanId,
    parentIsRemote,
    startTime,
    name: spanId
  })
  const print = (...nodes: ReadonlyArray<ReturnType<typeof node>>) => SpanTree.print(nodes, ({ name }) => name)

  it("orders by start, then by end; a remote parent makes no orphan, a missing one does", () => {
    expect(print(node("c", "a", 3n), node("b", "a", 2n), node("d", "c", 4n), node("a", undefined, 1n))).toBe(
      ["a", "├── b", "└── c", "    └── d"].join("\n")
    )
    expect(print(node("a", "elsewhere", 0n, true), node("b", "gone"))).toBe("a\nb (orphan)")
    expect(print()).toBe("")
  })

  it("expected text may be indented and have blank lines at both ends", () => {
    expect(SpanTree.dedent("\n\n    a\n    └── b  \n\n  ")).toBe("a\n└── b")
    expect(SpanTree.dedent("a")).toBe("a")
    expect(SpanTree.dedent("")).toBe("")
  })

  it.each([
    ["a\nb", "a\nb", "  a\n  b"],
    ["a\nb", "b\nc", "- a\n  b\n+ c"],
    ["a", "", "- a\n+ "],
    ["a\na\nb", "a\nb", "  a\n- a\n  b"]
  ])("the difference of %j and %j", (expected, received, difference) => {
    expect(SpanTree.difference(expected, received)).toBe(difference)
  })
})
