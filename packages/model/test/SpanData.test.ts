import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { PayloadReader, SpanData, SpanRole } from "@tenant-tracer/model"
import { FastCheck as fc, Schema } from "effect"

describe("SpanRole", () => {
  it("knows its roles and nothing else", () => {
    expect(SpanRole.all.every(SpanRole.is)).toBe(true)
    for (const other of ["", "llm", "toString", null, undefined, 5, {}]) expect(SpanRole.is(other)).toBe(false)
    fc.assert(fc.property(fc.anything(), (value) => SpanRole.is(value) === SpanRole.all.some((role) => role === value)))
  })
})

describe("SpanData", () => {
  it("has one payload per role, tagged with it", () => {
    expect(Object.keys(SpanData.schemas)).toStrictEqual([...SpanRole.all])
    for (const role of SpanRole.all) {
      for (const tag of SpanRole.all) expect(PayloadReader.fits(role, { _tag: tag })).toBe(role === tag)
    }
    expect(SpanData.SpanData.members).toStrictEqual(expect.arrayContaining(Object.values(SpanData.schemas)))
    expectTypeOf<SpanData.SpanData["_tag"]>().toEqualTypeOf<SpanRole.SpanRole>()
    expectTypeOf<SpanData.Of<"db_call">>().toEqualTypeOf<SpanData.DbCall>()
  })

  it("reads any payload as one of which fields may be missing", () => {
    expectTypeOf<SpanData.LlmCall>().toExtend<SpanData.Read<SpanData.LlmCall>>()
    expectTypeOf<SpanData.SpanData>().toExtend<SpanData.Read>()
    expectTypeOf<SpanData.Read<SpanData.Guardrail>["name"]>().toEqualTypeOf<string | undefined>()
    expectTypeOf<SpanData.Read<SpanData.Guardrail>["_tag"]>().toEqualTypeOf<"guardrail">()
  })

  it("an agent is a service of its own where it is made, or where its server is told", () => {
    const server = { address: "agents.example.com" }
    const isRemote = (fields: Partial<SpanData.Agent>) => SpanData.isRemote({ _tag: "agent", ...fields })
    expect([isRemote({ operation: "create_agent" }), isRemote({ operation: "invoke_agent", server })]).toEqual([
      true,
      true
    ])
    expect(isRemote({ server })).toBe(true)
    expect([isRemote({}), isRemote({ operation: "invoke_agent" })]).toEqual([false, false])
    expect(isRemote({ operation: "invoke_workflow", server })).toBe(false)
  })

  it("of what is asked of an MCP server only `tools/call` calls a tool", () => {
    const methods = ["tools/call", "prompts/get", "resources/read", undefined]
    expect(methods.map((method) => SpanData.callsTool({ _tag: "mcp_tool_call", method }))).toEqual([
      true,
      false,
      false,
      false
    ])
  })

  it("has no number that JSON cannot carry", () => {
    const is = Schema.is(SpanData.SpanData)
    const llm = { _tag: "llm_call", operation: "chat", provider: "openai" }
    expect(is({ ...llm, attempt: 1 })).toBe(true)
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(is({ ...llm, attempt: number })).toBe(false)
      expect(is({ ...llm, usage: { inputTokens: number } })).toBe(false)
      expect(is({ _tag: "guardrail", name: "pii", maskedEntities: { EMAIL: number } })).toBe(false)
    }
  })
})
