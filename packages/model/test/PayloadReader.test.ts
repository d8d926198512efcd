import { describe, expect, it } from "@effect/vitest"
import { PayloadReader, SpanData, SpanRole } from "@tenant-tracer/model"
import { Arbitrary, Either, FastCheck as fc, ParseResult, Redacted, Schema } from "effect"

/** What the compiler would not let through, as a plug-in or a cast may hand it on. */
const read = (data: unknown) => PayloadReader.read(data as SpanData.SpanData)

const llm = { _tag: "llm_call", operation: "chat", provider: "openai" } as const

/** The schema of a role whose fields may all be missing, but for the tag. */
const partials = Object.fromEntries(
  SpanRole.all.map((role) => {
    const { _tag, ...fields }: Schema.Struct.Fields = SpanData.schemas[role].fields
    const optional = Schema.partial(Schema.Struct(fields))
    return [role, Schema.is(Schema.extend(optional, Schema.Struct({ _tag: Schema.Literal(role) })))]
  })
)

const fitsPartial = (role: SpanRole.SpanRole, value: unknown): boolean => {
  try {
    return partials[role]?.(value) ?? false
  } catch {
    // Effect makes a text of the `type` of a message's part, and what was spoilt may have none.
    return false
  }
}

const boom = () => {
  throw new Error("boom")
}

describe("PayloadReader.read", () => {
  it("hands on what fits, as the same object", () => {
    const data: SpanData.LlmCall = {
      ...llm,
      requestModel: "gpt-4o",
      usage: { inputTokens: 10 },
      finishReasons: ["stop"]
    }
    const reading = PayloadReader.read(data)
    expect(reading.data).toBe(data)
    expect(reading.misfits).toStrictEqual([])
    expect(PayloadReader.read(data).misfits).toBe(reading.misfits)
  })

  it("does not mind a missing field, an undefined one, or one that nobody knows", () => {
    for (const data of [{ _tag: "llm_call" }, { ...llm, usage: undefined }, { ...llm, extra: () => 1 }]) {
      expect(read(data)).toStrictEqual({ data, misfits: [] })
    }
  })

  it("leaves out a field that does not fit and names it", () => {
    expect(read({ ...llm, requestModel: 5, streaming: "yes", finishReasons: "stop", attempt: 1 })).toStrictEqual({
      data: { ...llm, attempt: 1 },
      misfits: ["requestModel", "finishReasons", "streaming"]
    })
    expect(read({ _tag: "guardrail", name: null, mode: "pre_call" })).toStrictEqual({
      data: { _tag: "guardrail", mode: "pre_call" },
      misfits: ["name"]
    })
  })

  it("leaves out a count that is no whole number or less than none, and a price that is less than none", () => {
    expect(
      read({
        ...llm,
        parameters: { seed: -1, topK: -1 },
        usage: { inputTokens: -3, outputTokens: 0, totalTokens: 1.5, audio: { inputTokens: -1, outputTokens: 2 } },
        cost: { total: -1, input: 0, output: 0.5, discountAmount: -2 },
        embedding: { count: -1, dimensions: 0.5 },
        memory: { recordCount: -1 },
        attempt: 0.5,
        toolCount: -1
      })
    ).toStrictEqual({
      data: {
        ...llm,
        parameters: { seed: -1, topK: -1 },
        usage: { outputTokens: 0, audio: { outputTokens: 2 } },
        cost: { input: 0, output: 0.5, discountAmount: -2 },
        embedding: {},
        memory: {}
      },
      misfits: [
        "usage.inputTokens",
        "usage.totalTokens",
        "usage.audio.inputTokens",
        "cost.total",
        "attempt",
        "embedding.count",
        "embedding.dimensions",
        "memory.recordCount",
        "toolCount"
      ]
    })
    expect(read({ _tag: "guardrail", name: "g", cost: -1, maskedEntities: { EMAIL: 1.5, PHONE: 1 } })).toStrictEqual({
      data: { _tag: "guardrail", name: "g", maskedEntities: { PHONE: 1 } },
      misfits: ["maskedEntities.EMAIL", "cost"]
    })
  })

  it("leaves out an optional field of a nested struct by itself", () => {
    expect(read({ ...llm, usage: { inputTokens: "ten", outputTokens: 5 } })).toStrictEqual({
      data: { ...llm, usage: { outputTokens: 5 } },
      misfits: ["usage.inputTokens"]
    })
  })

  it("leaves out a nested struct whose required field does not fit", () => {
    expect(read({ ...llm, server: { address: 1, port: 443 }, error: { message: "boom" } })).toStrictEqual({
      data: llm,
      misfits: ["server.address", "error.type"]
    })
  })

  it("leaves out an element of a list, and says where it was", () => {
    const text = { type: "text", content: "hi" }
    const inputMessages = [
      { role: "user", parts: [text] },
      { role: "user" },
      "what?",
      { role: "user", parts: [{ type: "smell", content: "x" }, text, { type: "text", content: 5 }], name: 7 }
    ]
    expect(read({ ...llm, inputMessages })).toStrictEqual({
      data: {
        ...llm,
        inputMessages: [
          { role: "user", parts: [text] },
          { role: "user", parts: [text] }
        ]
      },
      misfits: [
        "inputMessages[1].parts",
        "inputMessages[2]",
        "inputMessages[3].parts[0]",
        "inputMessages[3].parts[2].content",
        "inputMessages[3].name"
      ]
    })
  })

  it("keeps the optional fields of a part that fit", () => {
    const parts = [{ type: "blob", modality: "image", mimeType: 5, content: "QUJD" }]
    expect(read({ ...llm, systemInstructions: parts })).toStrictEqual({
      data: { ...llm, systemInstructions: [{ type: "blob", modality: "image", content: "QUJD" }] },
      misfits: ["systemInstructions[0].mimeType"]
    })
  })

  it("keeps a required field that may be anything, undefined as well", () => {
    const parts = [{ type: "tool_call_response", id: null, response: undefined }]
    expect(read({ ...llm, systemInstructions: parts })).toStrictEqual({
      data: { ...llm, systemInstructions: [{ type: "tool_call_response", response: undefined }] },
      misfits: ["systemInstructions[0].id"]
    })
  })

  it("leaves out an entry of a record, under a name that is fit to be shown", () => {
    const maskedEntities = { EMAIL: 2, PHONE: "3", [`\n${"k".repeat(500)}`]: null }
    const { data, misfits } = read({ _tag: "guardrail", name: "pii", maskedEntities })
    expect(data).toStrictEqual({ _tag: "guardrail", name: "pii", maskedEntities: { EMAIL: 2 } })
    expect(misfits).toStrictEqual(["maskedEntities.PHONE", `maskedEntities.${"k".repeat(63)}`])
  })

  it("keeps of what a guardrail used the numbers: anything else may be text of the request", () => {
    const usage = { topicPolicyUnits: 1, quoted: "my number is 555-0100", deep: { units: 1 }, list: ["text"] }
    expect(read({ _tag: "guardrail", name: "pii", usage })).toStrictEqual({
      data: { _tag: "guardrail", name: "pii", usage: { topicPolicyUnits: 1 } },
      misfits: ["usage.quoted", "usage.deep", "usage.list"]
    })
    expect(read({ _tag: "guardrail", name: "pii", usage: "text" }).misfits).toStrictEqual(["usage"])
  })

  it("takes finite numbers only", () => {
    const cost = { total: Number.NaN, input: Number.POSITIVE_INFINITY, output: 0 }
    expect(read({ ...llm, cost, attempt: 1n, timeToFirstChunk: -0.5 })).toStrictEqual({
      data: { ...llm, cost: { output: 0 }, timeToFirstChunk: -0.5 },
      misfits: ["cost.total", "cost.input", "attempt"]
    })
  })

  it("hands on unknown fields as they are", () => {
    const cyclic: Record<string, unknown> = { secret: Redacted.make("x"), f: () => 1 }
    cyclic.self = cyclic
    const { data, misfits } = PayloadReader.read({ _tag: "tool_call", name: "t", arguments: cyclic })
    expect(data.arguments).toBe(cyclic)
    expect(misfits).toStrictEqual([])
  })

  it("does not take a live object for text", () => {
    expect(
      read({ ...llm, requestModel: Redacted.make("x"), callId: new String("x"), responseId: () => "x" })
    ).toStrictEqual({ data: llm, misfits: ["requestModel", "responseId", "callId"] })
  })

  it("reads what has no known tag as a service of which nothing is known", () => {
    for (const value of [null, undefined, 5, "llm_call", [llm], {}, { _tag: "nope", service: 1 }, { _tag: {} }]) {
      const { data, misfits } = read(value)
      expect(data).toStrictEqual({ _tag: "service" })
      expect(misfits[0]).toBe("_tag")
    }
  })

  it("survives getters, proxies and revoked proxies that throw", () => {
    const getter = Object.defineProperty({ ...llm, callId: "c" }, "requestModel", { get: boom, enumerable: true })
    expect(read(getter)).toStrictEqual({ data: { ...llm, callId: "c" }, misfits: ["requestModel"] })

    const nested = { ...llm, usage: Object.defineProperty({ outputTokens: 1 }, "inputTokens", { get: boom }) }
    expect(read(nested)).toStrictEqual({ data: { ...llm, usage: { outputTokens: 1 } }, misfits: ["usage.inputTokens"] })

    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(read({ ...llm, usage: proxy, inputMessages: [proxy], tools: proxy })).toStrictEqual({
      data: { ...llm, inputMessages: [] },
      misfits: ["usage", "tools", "inputMessages[0]"]
    })
    expect(read(proxy).data).toStrictEqual({ _tag: "service" })
    expect(read(new Proxy({ _tag: "llm_call" }, { get: boom })).data).toStrictEqual({ _tag: "service" })
    expect(read(new Proxy(llm, { getOwnPropertyDescriptor: boom }))).toStrictEqual({ data: llm, misfits: ["_tag"] })
  })

  it("is done with a list of any claimed length, and names a bounded number of misfits", () => {
    const { data, misfits } = read({ ...llm, finishReasons: new Array(4_000_000_000) })
    expect(data).toStrictEqual({ ...llm, finishReasons: [] })
    expect(misfits).toHaveLength(64)
    const endless = new Proxy([], { get: (_, key) => (key === "length" ? Number.POSITIVE_INFINITY : "x") })
    expect(read({ ...llm, finishReasons: endless }).misfits).toStrictEqual(["finishReasons[65536]"])
  })

  it("reads what is inherited, since a vocabulary will", () => {
    class Payload {
      readonly _tag = "llm_call"
      get requestModel() {
        return "gpt-4o"
      }
      get provider() {
        return 5
      }
    }
    expect(read(new Payload())).toStrictEqual({
      data: { _tag: "llm_call", requestModel: "gpt-4o" },
      misfits: ["provider"]
    })
  })
})

describe("PayloadReader.readAs", () => {
  it("reads under the role it is told, whatever the tag says", () => {
    expect(PayloadReader.readAs("db_call", { service: "redis", callType: 5 })).toStrictEqual({
      data: { _tag: "db_call", service: "redis" },
      misfits: ["_tag", "callType"]
    })
    expect(PayloadReader.readAs("agent", llm)).toStrictEqual({
      data: { _tag: "agent", provider: "openai" },
      misfits: ["_tag", "operation"]
    })
    expect(PayloadReader.readAs("agent", null)).toStrictEqual({ data: { _tag: "agent" }, misfits: ["_tag"] })
  })
})

describe("PayloadReader.readCopy", () => {
  it("reads what is no copy after all as what it is", () => {
    class Payload {
      readonly _tag = "llm_call"
      readonly operation = "chat"
      get provider() {
        return 5
      }
    }
    // What is handed over as a copy and is none.
    const given = new Payload() as unknown as SpanData.LlmCall
    expect(PayloadReader.readCopy(given)).toStrictEqual(PayloadReader.read(given))
    expect(PayloadReader.readCopy(given).misfits).toStrictEqual(["provider"])
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    expect(PayloadReader.readCopy(revoked.proxy as SpanData.SpanData).data).toStrictEqual({ _tag: "service" })
  })
})

describe("PayloadReader and the schemas", () => {
  for (const role of SpanRole.all) {
    const schema: Schema.Schema<SpanData.SpanData> = Schema.asSchema(SpanData.schemas[role])
    const valid = Arbitrary.make(schema)

    it(`${role}: every valid payload passes as it is`, () => {
      fc.assert(
        fc.property(valid, (data) => {
          const reading = PayloadReader.read(data)
          expect(reading.data).toBe(data)
          expect(reading.misfits).toStrictEqual([])
          expect(PayloadReader.fits(role, data)).toBe(true)
        }),
        { numRuns: 50 }
      )
    })

    const names = Object.keys(SpanData.schemas[role].fields)
    const garbage = fc.oneof(fc.anything(), fc.jsonValue(), fc.constantFrom(null, Number.NaN, {}, []))
    // A valid payload with some fields, at whatever depth, replaced by something else.
    const spoilt = fc.tuple(valid, fc.dictionary(fc.constantFrom(...names), garbage)).map(([data, fields]) => ({
      ...data,
      ...fields
    }))
    const nested = fc
      .tuple(valid, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), garbage)
      .map(([data, dice, bad]) => {
        const spoil = (value: unknown): unknown => {
          if (dice.next().value === 0) return bad
          if (Array.isArray(value)) return value.map(spoil)
          return typeof value === "object" && value !== null
            ? Object.fromEntries(
                Object.entries(value).map(([key, inner]) => [key, key === "_tag" ? inner : spoil(inner)])
              )
            : value
        }
        return spoil(data)
      })

    it(`${role}: of anything else what fits is kept, and the misfits say whether all did`, () => {
      fc.assert(
        fc.property(fc.oneof(spoilt, nested, garbage), (value) => {
          const { data, misfits } = PayloadReader.readAs(role, value)
          expect(fitsPartial(role, data)).toBe(true)
          expect(misfits.length === 0).toBe(fitsPartial(role, value))
          if (misfits.length === 0) expect(data).toBe(value)
          // Reading again what was read finds nothing more to leave out.
          expect(PayloadReader.readAs(role, data)).toStrictEqual({ data, misfits: [] })
        }),
        { numRuns: 200 }
      )
    })

    it(`${role}: a copy reads as the payload does`, () => {
      fc.assert(
        fc.property(fc.oneof(valid, spoilt, nested), (value) => {
          const copy = { ...(value as SpanData.SpanData) }
          const reading = PayloadReader.readCopy(copy)
          expect(reading).toStrictEqual(PayloadReader.read(copy))
          if (reading.misfits.length === 0 && SpanRole.is(copy._tag)) expect(reading.data).toBe(copy)
        }),
        { numRuns: 200 }
      )
    })
  }
})

describe("PayloadReader.decode", () => {
  it("refuses what has more parts than anybody looks at, wherever they are", () => {
    const holes: Array<unknown> = []
    holes.length = 2 ** 32 - 1
    for (const large of [
      { ...llm, inputMessages: holes },
      { ...llm, inputMessages: [{ role: "user", parts: holes }] }
    ]) {
      const error = Either.getOrThrow(Either.flip(PayloadReader.decode(large)))
      expect(error.message).toContain("has more than 100,000 parts")
      expect(error.message.length).toBeLessThan(200)
    }
  })

  it("decodes what is valid", () => {
    expect(PayloadReader.decode({ ...llm, usage: { inputTokens: 1 } })).toStrictEqual(
      Either.right({ ...llm, usage: { inputTokens: 1 } })
    )
  })

  it("names every field that is not", () => {
    const error = Either.getOrThrow(Either.flip(PayloadReader.decode({ ...llm, requestModel: 5, attempt: "x" })))
    expect(ParseResult.isParseError(error)).toBe(true)
    expect(ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path }) => path.join("."))).toEqual(
      expect.arrayContaining(["requestModel", "attempt"])
    )
  })

  it("gives a typed error for a value that throws when it is looked at", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const getter = Object.defineProperty({ ...llm }, "requestModel", { get: boom, enumerable: true })
    for (const hostile of [proxy, getter, new Proxy(llm, { get: boom })]) {
      const error = Either.getOrThrow(Either.flip(PayloadReader.decode(hostile)))
      expect(error.message).toContain("is not plain data")
    }
  })

  it("never throws, and agrees with the schema", () => {
    const is = Schema.is(SpanData.SpanData)
    const value = fc.oneof(
      fc.anything(),
      fc.jsonValue(),
      fc.record({ _tag: fc.constantFrom(...SpanRole.all), service: fc.anything(), name: fc.anything() })
    )
    fc.assert(
      fc.property(value, (input) => {
        expect(Either.isRight(PayloadReader.decode(input))).toBe(is(input))
      })
    )
  })
})
