import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as ChatRequest from "../src/chat/ChatRequest.js"
import * as Guardrail from "../src/guardrail/Guardrail.js"

const card = "4111 1111 1111 1111"
const mail = "ann@example.org"
const defaults = Schema.decodeSync(Guardrail.Policy)({})

const requestOf = (...messages: ReadonlyArray<unknown>) => ChatRequest.decode({ model: "m", messages })

const check = (policy: Guardrail.Policy, ...messages: ReadonlyArray<unknown>) =>
  Effect.map(requestOf(...messages), (request) => Guardrail.check(request, policy))

const user = (content: unknown) => ({ role: "user", content })

describe("the guardrail", () => {
  it("by default blocks cards and secrets and masks addresses", () => {
    expect(defaults).toEqual({ CREDIT_CARD: "block", EMAIL: "mask", SECRET: "block" })
  })

  it.effect("lets a harmless prompt pass as it is", () =>
    Effect.gen(function* () {
      const request = yield* requestOf(user("hello"))
      expect(Guardrail.check(request, defaults)).toEqual(Either.right({ request, masked: {} }))
    })
  )

  it.effect("blocks, and says what for but not what", () =>
    Effect.gen(function* () {
      const result = yield* check(defaults, user(`${card} and sk-abcdefghijklmnopqrst`))
      const error = Either.getOrThrow(Either.flip(result))
      expect(error.found).toEqual(["CREDIT_CARD", "SECRET"])
      expect(error.message).toContain("CREDIT_CARD, SECRET")
      expect(error.message).not.toContain("4111")
    })
  )

  it.effect("masks and counts, in every text of a request", () =>
    Effect.gen(function* () {
      const result = yield* check(
        defaults,
        { role: "system", content: `you are ${mail}` },
        user([
          { type: "text", text: `${mail} ${mail}` },
          { type: "image_url", image_url: { url: "data:," } }
        ]),
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: `{"to":"${mail}"}` } }]
        },
        { role: "tool", tool_call_id: "1", content: mail }
      )
      const { request, masked } = Either.getOrThrow(result)
      expect(masked).toEqual({ EMAIL: 5 })
      expect(JSON.stringify(request)).not.toContain("ann@")
      expect(request.messages[1]?.content).toEqual([
        { type: "text", text: "[EMAIL] [EMAIL]" },
        { type: "image_url", image_url: { url: "data:," } }
      ])
      expect(request.messages[2]?.tool_calls?.[0]?.function?.arguments).toBe('{"to":"[EMAIL]"}')
    })
  )

  it.effect("does what the tenant decided", () =>
    Effect.gen(function* () {
      const lenient = { CREDIT_CARD: "allow", EMAIL: "allow", SECRET: "allow" } as const
      const through = Either.getOrThrow(yield* check(lenient, user(`${card} ${mail}`)))
      expect(through.request.messages[0].content).toBe(`${card} ${mail}`)
      const masking = Either.getOrThrow(yield* check({ ...lenient, CREDIT_CARD: "mask" }, user(card)))
      expect(masking.request.messages[0].content).toBe("[CREDIT_CARD]")
      expect(Either.isLeft(yield* check({ ...lenient, EMAIL: "block" }, user(mail)))).toBe(true)
    })
  )

  it("refuses a policy that it does not know", () => {
    const decode = Schema.decodeUnknownEither(Guardrail.Policy)
    expect(Either.isLeft(decode({ EMAIL: "shout" }))).toBe(true)
    expect(Either.isLeft(decode({ EMAIL: null }))).toBe(true)
  })
})
