import { assert, describe, expect, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Cause, Chunk, Clock, Data, Deferred, Effect, Exit, Fiber, Stream, TestClock } from "effect"
import { layer, one, textOf } from "./support/tracing.js"

const acme = TenantTracer.withRoute(TestTracer.route("acme"))
const chat = { operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const
const counters = Effect.map(TenantTracer.status, ({ ledger }) => ledger.counters)

class Boom extends Data.TaggedError("Boom")<{ readonly code: string }> {}

/** The only span of the tenant besides the root. */
const only = Effect.map(TestTracer.spans("acme"), (spans) => one(spans.filter(({ name }) => name !== "job")))

describe("Spans", () => {
  const helpers = [
    ["chat gpt-4o", "client", Spans.llmCall(chat), (self: Effect.Effect<number>) => Spans.llmCall(self, chat)],
    [
      "invoke_agent planner",
      "internal",
      Spans.agent({ name: "planner" }),
      (self: Effect.Effect<number>) => Spans.agent(self, { name: "planner" })
    ],
    [
      "execute_tool search",
      "internal",
      Spans.toolCall({ name: "search" }),
      (self: Effect.Effect<number>) => Spans.toolCall(self, { name: "search" })
    ],
    [
      "tools/call weather",
      "client",
      Spans.mcpToolCall({ method: "tools/call", tool: "weather" }),
      (self: Effect.Effect<number>) => Spans.mcpToolCall(self, { method: "tools/call", tool: "weather" })
    ],
    [
      "tools/list",
      "client",
      Spans.mcpListTools({ method: "tools/list" }),
      (self: Effect.Effect<number>) => Spans.mcpListTools(self, { method: "tools/list" })
    ],
    [
      "execute_guardrail pii",
      "internal",
      Spans.guardrail({ name: "pii", mode: "pre_call" }),
      (self: Effect.Effect<number>) => Spans.guardrail(self, { name: "pii", mode: "pre_call" })
    ],
    [
      "redis set",
      "client",
      Spans.dbCall({ service: "redis", system: "redis", callType: "set" }),
      (self: Effect.Effect<number>) => Spans.dbCall(self, { service: "redis", system: "redis", callType: "set" })
    ],
    [
      "router acompletion",
      "internal",
      Spans.service({ service: "router", callType: "acompletion" }),
      (self: Effect.Effect<number>) => Spans.service(self, { service: "router", callType: "acompletion" })
    ]
  ] as const

  for (const [name, kind, last, first] of helpers) {
    it.effect(`case 101: "${name}", data-last and data-first, is a child of the root`, () =>
      Effect.gen(function* () {
        for (const apply of [last, first]) {
          expect(yield* apply(Effect.succeed(1)).pipe(acme)).toBe(1)
          yield* TestTracer.expectTree(
            "acme",
            `
              job internal
              └── ${name} ${kind}
            `,
            (span) => `${span.name} ${span.kind}`
          )
          expect((yield* only).status).toEqual({ code: "unset", message: undefined })
          yield* TestTracer.clear
        }
      }).pipe(Effect.provide(layer()))
    )
  }

  it.effect("completes the payload from the value, later fields win", () =>
    Effect.gen(function* () {
      const call = Effect.gen(function* () {
        yield* Spans.annotateLlmCall({ usage: { inputTokens: 1, outputTokens: 1 }, responseId: "resp_1" })
        return { tokens: 5 }
      })
      yield* call.pipe(Spans.llmCall(chat, { onSuccess: ({ tokens }) => ({ usage: { outputTokens: tokens } }) }), acme)
      const span = yield* only
      expect(span.attributes).toMatchObject({ "gen_ai.response.id": "resp_1", "gen_ai.usage.output_tokens": 5 })
      expect(span.attributes).not.toHaveProperty("gen_ai.usage.input_tokens")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 91: a whole model call", () =>
    Effect.gen(function* () {
      yield* Effect.succeed("resp_1").pipe(
        Spans.llmCall(
          {
            ...chat,
            callId: "call_1",
            parameters: { temperature: 0.7, maxTokens: 256, topK: 40 },
            server: { address: "api.openai.com", port: 443 }
          },
          {
            onSuccess: (responseId) => ({
              responseId,
              responseModel: "gpt-4o-2024",
              usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
              finishReasons: ["stop"],
              cost: { total: 0.002 }
            })
          }
        ),
        acme
      )
      const span = yield* only
      expect(span).toMatchObject({ name: "chat gpt-4o", kind: "client", status: { code: "unset" } })
      expect(span.attributes).toMatchObject({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.id": "resp_1",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.request.temperature": 0.7,
        "server.address": "api.openai.com",
        "server.port": 443
      })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a failure is an error with a type; onFailure says more, in words that the tenant may read", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.fail(new Boom({ code: "rate_limit" })).pipe(
        Spans.llmCall(chat, {
          onFailure: ({ code }) => ({ error: { type: "ProxyException", message: "slow down", code } })
        }),
        acme,
        Effect.exit
      )
      assert(Exit.isFailure(exit))
      expect(Cause.squash(exit.cause)).toBeInstanceOf(Boom)
      const span = yield* only
      expect(span.status).toEqual({ code: "error", message: "slow down" })
      expect(span.attributes["error.type"]).toBe("ProxyException")
      expect(one(span.events).name).toBe("exception")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("case 103: a database call that fails has the error's type", () =>
    Effect.gen(function* () {
      class DBError extends Error {
        override readonly name = "DBError"
      }
      yield* Effect.fail(new DBError("boom")).pipe(
        Spans.dbCall({ service: "postgres", system: "postgresql", callType: "query" }),
        acme,
        Effect.ignore
      )
      const span = yield* only
      expect(span).toMatchObject({ name: "postgres query", status: { code: "error", message: "DBError" } })
      expect(span.attributes["error.type"]).toBe("DBError")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an interruption is no error; a defect is", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
          Spans.llmCall(chat, { onSuccess: () => ({ responseId: "no" }), onFailure: () => ({ responseId: "no" }) }),
          acme
        )
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      yield* Effect.die("boom").pipe(Spans.toolCall({ name: "t" }), acme, Effect.exit)
      yield* TestTracer.expectTree(
        "acme",
        `
          job true unset
          └── chat gpt-4o true unset
          job undefined error
          └── execute_tool t undefined error
        `,
        (span) => `${span.name} ${span.attributes["gateway.cancelled"]} ${span.status.code}`
      )
      expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("boom")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("facts as they arrive go to the nearest open span of their role, from wherever they come", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Spans.annotateToolCall({ callId: "call_7" })
        yield* Spans.annotateAgent({ id: "agent_7" })
        yield* Spans.annotateLlmCall({ responseId: "nobody's" })
        yield* Spans.annotateGuardrail({ action: "nobody's" })
      }).pipe(
        Effect.withSpan("plain"),
        Spans.toolCall({ name: "inner" }),
        Spans.toolCall({ name: "outer" }),
        Spans.agent({ name: "a" }),
        acme
      )
      const byName = new Map((yield* TestTracer.spans("acme")).map(({ attributes, name }) => [name, attributes]))
      expect(byName.get("execute_tool inner")?.["gen_ai.tool.call.id"]).toBe("call_7")
      expect(byName.get("execute_tool outer")).not.toHaveProperty("gen_ai.tool.call.id")
      expect(byName.get("invoke_agent a")?.["gen_ai.agent.id"]).toBe("agent_7")
      expect(textOf([...byName])).not.toContain("nobody's")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("every annotation has its role", () =>
    Effect.gen(function* () {
      yield* Effect.all([
        Spans.annotateMcpToolCall({ sessionId: "s1" }).pipe(Spans.mcpToolCall({ method: "tools/call" })),
        Spans.annotateMcpListTools({ sessionId: "s2" }).pipe(Spans.mcpListTools({ method: "tools/list" })),
        Spans.annotateGuardrail({ action: "BLOCKED" }).pipe(Spans.guardrail({ name: "g" })),
        Spans.annotateDbCall({ target: "keys" }).pipe(Spans.dbCall({ service: "redis" })),
        Spans.annotateService({ callType: "pick" }).pipe(Spans.service({ service: "router" }))
      ]).pipe(acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── tools/call
          ├── tools/list
          ├── execute_guardrail g
          ├── keys
          └── router pick
        `
      )
      expect(textOf(yield* TestTracer.spans("acme"))).toMatch(/s1.*s2.*BLOCKED/)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a conversation that goes on says in each span what was so when it was told", () =>
    Effect.gen(function* () {
      const say = (text: string) => ({ role: "user" as const, parts: [{ type: "text" as const, content: text }] })
      const inputMessages = [say("first")]
      const outputMessages = [say("one")]
      yield* Effect.gen(function* () {
        yield* Spans.annotateLlmCall({ outputMessages }).pipe(Spans.llmCall({ ...chat, inputMessages }))
        inputMessages.push(say("second"))
        outputMessages.push(say("two"))
        yield* Effect.void.pipe(Spans.llmCall({ ...chat, inputMessages }))
      }).pipe(acme)
      const calls = (yield* TestTracer.spans("acme")).filter(({ kind }) => kind === "client")
      expect(calls.map((span) => /first/.test(textOf(span)))).toEqual([true, true])
      expect(calls.map((span) => /second|two/.test(textOf(span)))).toEqual([false, true])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("without a tracer of ours they are plain spans, and change nothing", () =>
    Effect.gen(function* () {
      const span = yield* Effect.currentSpan.pipe(Spans.llmCall(chat, { onSuccess: () => ({ responseId: "x" }) }))
      expect(span.name).toBe("chat gpt-4o")
      expect(yield* Stream.make(1, 2).pipe(Spans.llmCallStream(chat), Stream.runSum)).toBe(3)
      yield* Spans.annotateLlmCall({ responseId: "x" })
      expect(yield* TenantTracer.bind(TestTracer.route("acme"))).toBe("NoRequest")
    })
  )
})

describe("Spans, what they are given", () => {
  const throwing = (name: string) => () => {
    throw new Error(name)
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const hostile: Readonly<Record<string, unknown>> = {
    "a getter that throws": {
      get name(): string {
        throw new Error("get")
      }
    },
    "a proxy that throws": new Proxy({}, { get: throwing("get"), has: throwing("has"), ownKeys: throwing("ownKeys") }),
    "a revoked proxy": revoked.proxy,
    "a nested proxy": { name: "n", arguments: revoked.proxy, usage: revoked.proxy, metadata: revoked.proxy },
    "a cycle": { name: "n", arguments: cyclic, usage: cyclic },
    "a lie about its role": { _tag: "proxy_request", name: "n", method: "POST" },
    "an unknown role": { _tag: "__proto__" },
    "fields of other types": {
      name: 5,
      operation: [],
      provider: {},
      usage: "lots",
      service: null,
      method: Symbol("s")
    },
    "numbers that are none": { usage: { inputTokens: Number.NaN, outputTokens: -1 }, timeToFirstChunk: 1n },
    "very much": { name: "x".repeat(200_000), requestModel: "y".repeat(200_000) },
    nothing: undefined,
    null: null,
    text: "text"
  }
  const roles = [
    "llmCall",
    "agent",
    "toolCall",
    "mcpToolCall",
    "mcpListTools",
    "guardrail",
    "dbCall",
    "service"
  ] as const

  for (const [title, payload] of Object.entries(hostile)) {
    it.effect(`${title}: no helper fails, and every span of the request arrives`, () =>
      Effect.gen(function* () {
        yield* Effect.gen(function* () {
          for (const role of roles) {
            // What a gateway passes on has not been seen by the compiler.
            const helper: (payload: never) => (self: Effect.Effect<string>) => Effect.Effect<string> = Spans[role]
            expect(yield* Effect.succeed("value").pipe(helper(payload as never))).toBe("value")
          }
          expect(yield* Stream.make(1).pipe(Spans.llmCallStream(payload as never), Stream.runSum)).toBe(1)
          yield* Spans.annotateLlmCall(payload as never).pipe(Spans.llmCall(chat))
        }).pipe(TenantTracer.withRoute(TestTracer.route("acme"), { name: "job" }))
        const spans = yield* TestTracer.spans("acme")
        expect(spans).toHaveLength(roles.length + 3)
        const root = one(spans.filter(({ parentSpanId }) => parentSpanId === undefined))
        expect(spans.filter(({ parentSpanId }) => parentSpanId === root.spanId)).toHaveLength(roles.length + 2)
        for (const span of spans) expect(span.name.length).toBeLessThanOrEqual(128)
      }).pipe(Effect.provide(layer()))
    )
  }

  it.effect("a completion that throws is counted and changes nothing", () =>
    Effect.gen(function* () {
      const bad = {
        onSuccess: throwing("onSuccess"),
        onFailure: throwing("onFailure"),
        onChunk: throwing("onChunk")
      }
      const program = Effect.gen(function* () {
        expect(yield* Effect.succeed(1).pipe(Spans.llmCall(chat, bad))).toBe(1)
        expect(yield* Effect.fail("no").pipe(Spans.llmCall(chat, bad), Effect.flip)).toBe("no")
        expect(yield* Stream.make(1, 2).pipe(Spans.llmCallStream(chat, bad), Stream.runSum)).toBe(3)
        expect(yield* Stream.fail("no").pipe(Spans.llmCallStream(chat, bad), Stream.runDrain, Effect.flip)).toBe("no")
      })
      yield* acme(program)
      expect(yield* TestTracer.spans("acme")).toHaveLength(5)
      expect((yield* counters).bad_payload).toBe(5)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("facts that cannot be read are counted and leave the others", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Spans.annotateLlmCall({ responseId: "resp_1" })
        yield* Spans.annotateLlmCall(hostile["a proxy that throws"] as never)
        yield* Spans.annotateLlmCall({ _tag: "guardrail" } as never)
      }).pipe(Spans.llmCall(chat), acme)
      expect((yield* only).attributes["gen_ai.response.id"]).toBe("resp_1")
      expect((yield* counters).bad_payload).toBe(1)
    }).pipe(Effect.provide(layer()))
  )
})

describe("Spans.llmCallStream", () => {
  const onChunk = (chunk: { readonly tokens?: number }) =>
    chunk.tokens === undefined ? undefined : { usage: { outputTokens: chunk.tokens } }

  it.effect("is open from the start to the end, with the time to the first chunk and the usage that arrived last", () =>
    Effect.gen(function* () {
      const answer = Stream.make({}, { tokens: 3 }, { tokens: 9 }).pipe(
        Stream.rechunk(1),
        Stream.mapEffect((chunk) => Effect.delay(Effect.succeed(chunk), "2 seconds"))
      )
      const fiber = yield* answer.pipe(Spans.llmCallStream(chat, { onChunk }), Stream.runCollect, acme, Effect.fork)
      yield* TestClock.adjust("6 seconds")
      expect(Chunk.size(yield* Fiber.join(fiber))).toBe(3)
      const span = yield* only
      expect(span.endTime - span.startTime).toBe(6_000_000_000n)
      expect(span.attributes).toMatchObject({
        "gen_ai.response.time_to_first_chunk": 2,
        "gen_ai.usage.output_tokens": 9
      })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("data-first, with the requirements and the span of its own inside", () =>
    Effect.gen(function* () {
      const stream = Spans.llmCallStream(
        Stream.fromEffect(Effect.zipRight(Spans.annotateLlmCall({ responseId: "resp_1" }), Clock.currentTimeMillis)),
        chat,
        { onChunk: (now) => ({ finishReasons: [`at ${now}`] }) }
      )
      yield* Stream.runDrain(stream).pipe(acme)
      expect((yield* only).attributes).toMatchObject({
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.finish_reasons": ["at 0"]
      })
    }).pipe(Effect.provide(layer()))
  )

  it.effect(
    "a consumer that has enough ends it as it is; one that is interrupted, as cancelled, with what was known",
    () =>
      Effect.gen(function* () {
        const endless = Stream.make({ tokens: 4 }).pipe(
          Stream.concat(Stream.never),
          Spans.llmCallStream(chat, { onChunk })
        )
        yield* endless.pipe(Stream.take(1), Stream.runDrain, acme)
        expect((yield* only).attributes).not.toHaveProperty("gateway.cancelled")
        yield* TestTracer.clear

        const seen = yield* Deferred.make<void>()
        const fiber = yield* endless.pipe(
          Stream.runForEach(() => Deferred.succeed(seen, undefined)),
          acme,
          Effect.fork
        )
        yield* Deferred.await(seen)
        yield* Fiber.interrupt(fiber)
        const span = yield* only
        expect(span.attributes).toMatchObject({ "gateway.cancelled": true, "gen_ai.usage.output_tokens": 4 })
        expect(span.status.code).toBe("unset")
      }).pipe(Effect.provide(layer()))
  )

  it.effect("a stream that fails is an error, completed by onFailure", () =>
    Effect.gen(function* () {
      yield* Stream.make({ tokens: 1 }).pipe(
        Stream.concat(Stream.fail(new Boom({ code: "overloaded" }))),
        Spans.llmCallStream(chat, {
          onChunk,
          onFailure: ({ code }) => ({ error: { type: "Overloaded", code }, finishReasons: ["error"] })
        }),
        Stream.runDrain,
        acme,
        Effect.ignore
      )
      const span = yield* only
      expect(span.status.code).toBe("error")
      expect(span.attributes).toMatchObject({
        "error.type": "Overloaded",
        "gen_ai.usage.output_tokens": 1,
        "gen_ai.response.finish_reasons": ["error"]
      })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("each run of a stream is a call of its own; one that never runs is none", () =>
    Effect.gen(function* () {
      const stream = Stream.make(1).pipe(Spans.llmCallStream(chat))
      yield* acme(Effect.void)
      yield* acme(Effect.zipRight(Stream.runDrain(stream), Stream.runDrain(stream)))
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          job
          ├── chat gpt-4o
          └── chat gpt-4o
        `
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a model call in a phase hangs under the root, also when it streams", () =>
    Effect.gen(function* () {
      yield* Stream.make(1).pipe(Spans.llmCallStream(chat), Stream.runDrain, Phase.auth, acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── chat gpt-4o
          └── auth
        `
      )
    }).pipe(Effect.provide(layer()))
  )
})
