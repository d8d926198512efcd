import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as ChatRequest from "../src/chat/ChatRequest.js"

const good = { model: "m", messages: [{ role: "user", content: "hello" }] }
const decode = (body: unknown) => Effect.runSync(Effect.either(ChatRequest.decode(body)))
const problem = (body: unknown) => Either.getOrThrow(Either.flip(decode(body)))

describe("the body of a chat completion", () => {
  it("is kept as it came, with all that the gateway does not know", () => {
    const body = {
      ...good,
      messages: [{ role: "user", content: "hello", cache_control: { type: "ephemeral" } }],
      response_format: { type: "json_object" },
      logit_bias: { "50256": -100 },
      metadata: { a: [1, { b: null }] }
    }
    expect(decode(body)).toEqual(Either.right(body))
  })

  it("is refused with the path to what is wrong", () => {
    expect(
      problem({ ...good, messages: [good.messages[0], { role: "user", content: [{ type: "text", text: 1 }] }] }).field
    ).toBe("messages[1].content[0].text")
    expect(problem({ ...good, tools: [{ type: "function", function: { name: 1 } }] }).field).toBe(
      "tools[0].function.name"
    )
    expect(problem({ ...good, stream_options: { include_usage: "yes" } }).field).toBe("stream_options.include_usage")
    expect(problem({ messages: good.messages }).field).toBe("model")
    expect(problem(null).field).toBe("")
  })

  it("is refused in words that name the field", () => {
    expect(problem({ ...good, temperature: 9 }).message).toMatch(/^Invalid 'temperature': /)
    expect(problem("hello").message).toMatch(/^Invalid request body: /)
    const { message } = problem({ ...good, messages: [{ role: "king", content: "x" }] })
    for (const role of ["system", "developer", "user", "assistant", "tool"]) expect(message).toContain(role)
  })

  it("is refused in few words, however much is wrong", () => {
    const long = "x".repeat(100_000)
    expect(problem({ ...good, model: long }).message.length).toBeLessThan(600)
    expect(problem({ ...good, messages: [{ role: long, content: long }] }).message.length).toBeLessThan(600)
  })

  it("may be nested a hundred levels deep, and no deeper", () => {
    const nested = (levels: number): unknown => (levels === 0 ? [] : [nested(levels - 1)])
    expect(Either.isRight(decode({ ...good, x: nested(99) }))).toBe(true)
    expect(problem({ ...good, x: nested(100) })).toMatchObject({
      field: "x",
      detail: expect.stringContaining("nested")
    })
    expect(problem({ ...good, x: { a: [1, { b: nested(98) }] } }).field).toBe("x")
  })

  it("holds its limits at both ends", () => {
    for (const [field, low, high] of [
      ["temperature", 0, 2],
      ["top_p", 0, 1],
      ["frequency_penalty", -2, 2],
      ["presence_penalty", -2, 2],
      ["n", 1, 128]
    ] as const) {
      expect(Either.isRight(decode({ ...good, [field]: low }))).toBe(true)
      expect(Either.isRight(decode({ ...good, [field]: high }))).toBe(true)
      expect(problem({ ...good, [field]: low - 1 }).field).toBe(field)
      expect(problem({ ...good, [field]: high + 1 }).field).toBe(field)
    }
    for (const field of ["max_tokens", "max_completion_tokens", "seed", "n"]) {
      expect(problem({ ...good, [field]: 1.5 }).field).toBe(field)
      expect(problem({ ...good, [field]: "1" }).field).toBe(field)
    }
  })

  it("is read or refused, whatever it is, and never throws (property)", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.anything(), (body) => {
        const result = decode(body)
        return Either.isRight(result) || result.left._tag === "InvalidRequest"
      })
    )
  })
})
