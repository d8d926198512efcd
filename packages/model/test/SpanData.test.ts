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
