import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SpanData } from "tenant-tracer"
import * as ChatRequest from "../src/chat/ChatRequest.js"
import * as ChatSpans from "../src/chat/ChatSpans.js"
import { Chunk, Completion } from "../src/chat/Completion.js"

const decodeCompletion = Schema.decodeUnknownSync(Completion)
const decodeChunk = Schema.decodeUnknownSync(Chunk)
const isLlmCall = Schema.is(SpanData.LlmCall)

const factsOf = (body: object) =>
  Effect.map(
    ChatRequest.decode({ model: "gpt-4o", messages: [{ role: "user", content: "hi" }], ...body }),
    ChatSpans.ofRequest
  )

/** Whether facts are such as the tracing library can render. */
const fits = (facts: ChatSpans.Facts) =>
  isLlmCall({ _tag: "llm_call", operation: "chat", provider: "openai", ...facts })

describe("a request in the words of the tracing library", () => {
  it.effect("has its model, parameters and messages", () =>
    Effect.gen(function* () {
      const facts = yield* factsOf({
        temperature: 0.5,
        top_p: 0.9,
        max_tokens: 10,
        frequency_penalty: 1,
        presence_penalty: -1,
        stop: "END",
        seed: 7,
        n: 2,
        reasoning_effort: "low",
        stream: true
      })
      expect(facts).toEqual({
        requestModel: "gpt-4o",
        streaming: true,
        parameters: {
          temperature: 0.5,
          topP: 0.9,
          maxTokens: 10,
          frequencyPenalty: 1,
          presencePenalty: -1,
          stopSequences: ["END"],
          seed: 7,
          choiceCount: 2,
          reasoningLevel: "low"
        },
        tools: undefined,
        systemInstructions: undefined,
        inputMessages: [{ role: "user", name: undefined, parts: [{ type: "text", content: "hi" }] }]
      })
      expect(fits(facts)).toBe(true)
    })
  )

  it.effect("prefers the newer name of the token limit", () =>
    Effect.gen(function* () {
      expect((yield* factsOf({ max_tokens: 1, max_completion_tokens: 2 })).parameters?.maxTokens).toBe(2)
      expect((yield* factsOf({ max_tokens: 1, max_completion_tokens: null })).parameters?.maxTokens).toBe(1)
      expect((yield* factsOf({ stop: ["a", "b"] })).parameters?.stopSequences).toEqual(["a", "b"])
    })
  )

  it.effect("keeps instructions apart from the conversation", () =>
    Effect.gen(function* () {
      const facts = yield* factsOf({
        messages: [
          { role: "system", content: "be brief" },
          { role: "developer", content: [{ type: "text", text: "be kind" }] },
          { role: "user", content: "hi", name: "ann" }
        ]
      })
      expect(facts.systemInstructions).toEqual([
        { type: "text", content: "be brief" },
        { type: "text", content: "be kind" }
      ])
      expect(facts.inputMessages).toEqual([{ role: "user", name: "ann", parts: [{ type: "text", content: "hi" }] }])
    })
  )

  it.effect("names an image without copying it", () =>
    Effect.gen(function* () {
      const url = `data:image/png;base64,${"A".repeat(1_000)}`
      const facts = yield* factsOf({
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "look" },
              { type: "image_url", image_url: { url } }
            ]
          }
        ]
      })
      expect(facts.inputMessages?.[0]?.parts).toEqual([
        { type: "text", content: "look" },
        { type: "uri", modality: "image_url", uri: "" }
      ])
      expect(JSON.stringify(facts)).not.toContain("AAAA")
      expect(fits(facts)).toBe(true)
    })
  )

  it.effect("has the tools, their calls and their answers", () =>
    Effect.gen(function* () {
      const facts = yield* factsOf({
        tools: [
          { type: "function", function: { name: "weather", description: "Get it", parameters: { type: "object" } } },
          { type: "web_search" }
        ],
        messages: [
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "t1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } }]
          },
          { role: "tool", tool_call_id: "t1", content: "sunny" }
        ]
      })
      expect(facts.tools).toEqual([{ name: "weather", description: "Get it", parameters: { type: "object" } }])
      expect(facts.inputMessages?.map(({ parts }) => parts)).toEqual([
        [{ type: "tool_call", id: "t1", name: "weather", arguments: '{"city":"Paris"}' }],
        [{ type: "tool_call_response", id: "t1", response: "sunny" }]
      ])
      expect(fits(facts)).toBe(true)
    })
  )
})

describe("an answer in the words of the tracing library", () => {
  it("has its id, model, choices and usage", () => {
    const facts = ChatSpans.ofCompletion(
      decodeCompletion({
        id: "c1",
        model: "gpt-4o-2024",
        system_fingerprint: "fp",
        choices: [
          { message: { role: "assistant", content: "one" }, finish_reason: "stop" },
          {
            message: { content: null, tool_calls: [{ id: "t", function: { name: "f", arguments: "{}" } }] },
            finish_reason: "tool_calls"
          }
        ],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 5,
          prompt_tokens_details: { cached_tokens: 3, audio_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 1 }
        }
      })
    )
    expect(facts).toEqual({
      responseId: "c1",
      responseModel: "gpt-4o-2024",
      systemFingerprint: "fp",
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 15,
        cacheReadInputTokens: 3,
        reasoningOutputTokens: 2,
        audio: { inputTokens: 4, outputTokens: 1 }
      },
      finishReasons: ["stop", "tool_calls"],
      outputMessages: [
        { role: "assistant", parts: [{ type: "text", content: "one" }], finishReason: "stop" },
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "t", name: "f", arguments: "{}" }],
          finishReason: "tool_calls"
        }
      ]
    })
    expect(fits(facts)).toBe(true)
  })

  it("says nothing of what it has not", () => {
    const facts = ChatSpans.ofCompletion(decodeCompletion({ choices: [] }))
    expect(JSON.stringify(facts)).toBe('{"finishReasons":[],"outputMessages":[]}')
    expect(fits(facts)).toBe(true)
  })
})

describe("a streamed answer in the words of the tracing library", () => {
  const chunk = (delta: object, rest: object = {}) =>
    decodeChunk({ id: "c1", model: "m-1", choices: [{ index: 0, delta, finish_reason: null }], ...rest })

  it("grows with each chunk", () => {
    const read = ChatSpans.chunkReader()
    read(chunk({ role: "assistant", content: "" }))
    const middle = read(chunk({ content: "Hel" }))
    expect(middle.outputMessages?.[0]?.parts).toEqual([{ type: "text", content: "Hel" }])
    read(chunk({ content: "lo" }))
    const last = read(decodeChunk({ choices: [{ delta: {}, finish_reason: "stop" }] }))
    expect(last).toEqual({
      finishReasons: ["stop"],
      outputMessages: [{ role: "assistant", parts: [{ type: "text", content: "Hello" }], finishReason: "stop" }]
    })
    expect(fits({ ...middle, ...last })).toBe(true)
  })

  it("ends with the usage, which has no choice", () => {
    const read = ChatSpans.chunkReader()
    read(chunk({ content: "Hello" }))
    const facts = read(decodeChunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } }))
    expect(facts.usage).toMatchObject({ inputTokens: 1, outputTokens: 2, totalTokens: 3 })
    expect(facts.outputMessages?.[0]?.parts).toEqual([{ type: "text", content: "Hello" }])
  })

  it("does not mix with another", () => {
    const [first, second] = [ChatSpans.chunkReader(), ChatSpans.chunkReader()]
    first(chunk({ content: "mine" }))
    expect(second(chunk({ content: "yours" })).outputMessages?.[0]?.parts).toEqual([{ type: "text", content: "yours" }])
  })
})
