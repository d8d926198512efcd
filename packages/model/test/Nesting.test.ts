import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { type Nesting, SpanRegistry, SpanRole } from "@tenant-tracer/model"
import { Effect, pipe } from "effect"

const spanOf =
  <Outer extends SpanRole.SpanRole>(_role: Outer) =>
  <A, E, R>(
    self: Effect.Effect<A, E, R> & Nesting.InRole<Nesting.ChildOf<Outer>>
  ): Effect.Effect<A, E, R> & Nesting.InRole<Outer> => {
    const effect: Effect.Effect<A, E, R> = self
    return effect
  }

const proxyRequest = spanOf("proxy_request")
const llmCall = spanOf("llm_call")
const agent = spanOf("agent")
const toolCall = spanOf("tool_call")
const guardrail = spanOf("guardrail")
const dbCall = spanOf("db_call")
const service = spanOf("service")

const plain: Effect.Effect<number, string> = Effect.succeed(1)

describe("Nesting", () => {
  it("derives the children of a role from the registry", () => {
    expectTypeOf<Nesting.ChildOf<"proxy_request">>().toEqualTypeOf<Exclude<SpanRole.SpanRole, "proxy_request">>()
    expectTypeOf<Nesting.ChildOf<"llm_call">>().toEqualTypeOf<"db_call" | "service">()
    expectTypeOf<Nesting.ChildOf<"service">>().toEqualTypeOf<"db_call" | "service">()
    expectTypeOf<Nesting.ChildOf<"db_call">>().toEqualTypeOf<never>()
    expectTypeOf<Nesting.ChildOf<"mcp_list_tools">>().toEqualTypeOf<never>()
    for (const role of SpanRole.all) {
      expectTypeOf<Nesting.ChildOf<typeof role>>().toExtend<SpanRole.SpanRole>()
      expect(SpanRegistry.childRoles(role)).not.toContain("proxy_request")
    }
  })

  it("accepts effects without a brand and legal nesting, and keeps the effect's types", () => {
    expectTypeOf(llmCall(plain)).toExtend<Effect.Effect<number, string>>()
    expectTypeOf(llmCall(dbCall(plain))).toExtend<Effect.Effect<number, string>>()
    expectTypeOf(pipe(plain, dbCall, service, llmCall, toolCall, agent, proxyRequest)).toExtend<
      Effect.Effect<number, string> & Nesting.InRole<"proxy_request">
    >()
    const generated = Effect.gen(function* () {
      yield* llmCall(plain)
      return yield* guardrail(plain)
    })
    expectTypeOf(dbCall(generated)).toExtend<Effect.Effect<number, string>>()
    expectTypeOf(proxyRequest(generated)).toExtend<Effect.Effect<number, string>>()
    expectTypeOf(agent(agent(plain))).toExtend<Nesting.InRole<"agent">>()
    expectTypeOf(dbCall(Effect.map(llmCall(plain), String))).toExtend<Effect.Effect<string, string>>()
  })

  it("accepts either of two legal children", () => {
    const either = Math.random() < 0.5 ? dbCall(plain) : service(plain)
    expectTypeOf(llmCall(either)).toExtend<Effect.Effect<number, string>>()
  })

  it("keeps what an effect needs", () => {
    const needs: Effect.Effect<number, never, "need"> = Effect.never
    expectTypeOf(llmCall(needs)).toExtend<Effect.Effect<number, never, "need">>()
    expectTypeOf(llmCall(needs)).not.toExtend<Effect.Effect<number>>()
  })

  it("rejects illegal direct nesting", () => {
    // @ts-expect-error nothing sits under a database call
    dbCall(llmCall(plain))
    // @ts-expect-error a guardrail is the sibling of a model call
    llmCall(guardrail(plain))
    // @ts-expect-error nor the other way round
    guardrail(llmCall(plain))
    // @ts-expect-error a request is a root
    proxyRequest(proxyRequest(plain))
    // @ts-expect-error a model call belongs to the request, not to a phase
    service(llmCall(plain))
    const either = Math.random() < 0.5 ? dbCall(plain) : guardrail(plain)
    // @ts-expect-error one of the two may not be there
    llmCall(either)
    expect(dbCall(plain)).toBe(plain)
  })

  it("rejects illegal nesting in a pipe", () => {
    // @ts-expect-error nothing sits under a database call
    pipe(plain, llmCall, dbCall)
    // @ts-expect-error a guardrail is the sibling of a model call
    plain.pipe(guardrail, llmCall)
    // @ts-expect-error the second step is legal, the last is not
    plain.pipe(dbCall, service, agent, llmCall)
    expect(plain.pipe(dbCall, llmCall)).toBe(plain)
  })
})
