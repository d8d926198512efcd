import { describe, expect, it } from "@effect/vitest"
import { Message } from "@tenant-tracer/model"
import { FastCheck as fc, Schema } from "effect"

const { fromOpenAi, fromOpenAiChoices, toolsFromOpenAi } = Message

const areMessages = Schema.is(Schema.Array(Message.Message))
const areTools = Schema.is(Schema.Array(Message.ToolDefinition))

const userParts = (...content: ReadonlyArray<unknown>) => fromOpenAi([{ role: "user", content }])[0]?.parts

describe("Message.fromOpenAi", () => {
  it("converts a conversation with a tool call", () => {
    expect(
      fromOpenAi([
        { role: "system", content: "Be concise." },
        { role: "developer", content: [{ type: "text", text: "No jokes." }] },
        { role: "user", content: "What's the weather?", name: "ann" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } }]
        },
        { role: "tool", tool_call_id: "c1", content: '{"temp":21}' },
        { role: "assistant", content: "Sunny." }
      ])
    ).toStrictEqual([
      { role: "system", parts: [{ type: "text", content: "Be concise." }] },
      { role: "developer", parts: [{ type: "text", content: "No jokes." }] },
      { role: "user", parts: [{ type: "text", content: "What's the weather?" }], name: "ann" },
      { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "weather", arguments: '{"city":"Paris"}' }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: '{"temp":21}' }] },
      { role: "assistant", parts: [{ type: "text", content: "Sunny." }] }
    ])
  })

  it("converts images, audio and files", () => {
    expect(
      userParts(
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,QUJD" } },
        { type: "image_url", image_url: "data:image/svg+xml,<svg/>" },
        { type: "input_audio", input_audio: { data: "QUJD", format: "wav" } },
        { type: "file", file: { file_id: "file-1" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,QUJD" } },
        { type: "file", file: { file_data: "QUJD" } }
      )
    ).toStrictEqual([
      { type: "text", content: "look" },
      { type: "uri", modality: "image", uri: "https://example.com/a.png" },
      { type: "blob", modality: "image", mimeType: "image/png", content: "QUJD" },
      { type: "uri", modality: "image", uri: "data:image/svg+xml,<svg/>" },
      { type: "blob", modality: "audio", mimeType: "audio/wav", content: "QUJD" },
      { type: "file", modality: "document", fileId: "file-1" },
      { type: "blob", modality: "document", mimeType: "application/pdf", content: "QUJD" },
      { type: "blob", modality: "document", content: "QUJD" }
    ])
  })

  it("reads a data URL with parameters or without a type", () => {
    expect(
      userParts(
        { type: "image_url", image_url: { url: "data:text/plain;charset=utf-8;base64,QUJD" } },
        { type: "image_url", image_url: { url: "data:;base64,QUJD" } },
        { type: "image_url", image_url: { url: "data:" } }
      )
    ).toStrictEqual([
      { type: "blob", modality: "image", mimeType: "text/plain", content: "QUJD" },
      { type: "blob", modality: "image", content: "QUJD" },
      { type: "uri", modality: "image", uri: "data:" }
    ])
  })

  it("case 63: keeps the text around a part that it does not know", () => {
    expect(
      userParts({ type: "text", text: "hi " }, { type: "smell" }, { type: "text", text: "there" }, null, 5)
    ).toStrictEqual([
      { type: "text", content: "hi " },
      { type: "text", content: "there" }
    ])
  })

  it("converts refusals, reasoning, custom tools and the function calls of old", () => {
    const [refused, reasoned, custom, old, result] = fromOpenAi([
      { role: "assistant", content: [{ type: "refusal", refusal: "no" }], refusal: "never" },
      { role: "assistant", content: "4", reasoning_content: "2+2" },
      { role: "assistant", tool_calls: [{ id: "c", type: "custom", custom: { name: "shell", input: "ls" } }] },
      { role: "assistant", function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "done" }
    ])
    expect(refused?.parts).toStrictEqual([
      { type: "text", content: "no" },
      { type: "text", content: "never" }
    ])
    expect(reasoned?.parts).toStrictEqual([
      { type: "reasoning", content: "2+2" },
      { type: "text", content: "4" }
    ])
    expect(custom?.parts).toStrictEqual([{ type: "tool_call", id: "c", name: "shell", arguments: "ls" }])
    expect(old?.parts).toStrictEqual([{ type: "tool_call", name: "f", arguments: "{}" }])
    expect(result).toStrictEqual({
      role: "function",
      name: "f",
      parts: [{ type: "tool_call_response", response: "done" }]
    })
  })

  it("takes the transcript of a spoken answer, and reasoning under its other name", () => {
    expect(
      fromOpenAi([{ role: "assistant", content: null, audio: { id: "a", data: "QUJD", transcript: "hello" } }])
    ).toStrictEqual([{ role: "assistant", parts: [{ type: "text", content: "hello" }] }])
    expect(fromOpenAi([{ role: "assistant", content: "4", reasoning: "2+2" }])).toMatchObject([
      { parts: [{ type: "reasoning", content: "2+2" }, { type: "text" }] }
    ])
  })

  it("joins a tool's answer that is given as parts of text", () => {
    const answer = (...content: ReadonlyArray<unknown>) => fromOpenAi([{ role: "tool", tool_call_id: "c1", content }])
    const texts = [
      { type: "text", text: "21 " },
      { type: "text", text: "°C" }
    ]
    expect(answer(...texts)[0]?.parts).toStrictEqual([{ type: "tool_call_response", id: "c1", response: "21 °C" }])
    expect(answer(...texts, { type: "file", file: { file_id: "f" } })[0]?.parts[0]).toMatchObject({
      response: [{ type: "text" }, { type: "text" }, { type: "file" }]
    })
  })

  it("keeps an empty message of a known role, and leaves out what is no message", () => {
    expect(fromOpenAi([{ role: "assistant", content: "" }, null, 5, "x", {}, [], { content: "hi" }])).toStrictEqual([
      { role: "assistant", parts: [] },
      { role: "user", parts: [{ type: "text", content: "hi" }] }
    ])
    for (const input of [null, undefined, "hi", 5, {}, { length: 3 }]) expect(fromOpenAi(input)).toStrictEqual([])
  })
})

describe("Message.fromOpenAiChoices", () => {
  it("converts choices with the reason they ended", () => {
    expect(
      fromOpenAiChoices([
        { index: 0, message: { role: "assistant", content: "Sunny." }, finish_reason: "stop" },
        { index: 1, message: { content: "Rainy." }, finish_reason: null },
        { index: 2, message: { role: "assistant", content: null }, finish_reason: "content_filter" },
        { index: 3, text: "a completion", finish_reason: "length" },
        { index: 4 },
        null
      ])
    ).toStrictEqual([
      { role: "assistant", parts: [{ type: "text", content: "Sunny." }], finishReason: "stop" },
      { role: "assistant", parts: [{ type: "text", content: "Rainy." }] },
      { role: "assistant", parts: [], finishReason: "content_filter" },
      { role: "assistant", parts: [{ type: "text", content: "a completion" }], finishReason: "length" }
    ])
  })
})

describe("Message.toolsFromOpenAi", () => {
  it("converts tools, custom tools and the functions of old", () => {
    const parameters = { type: "object" }
    expect(
      toolsFromOpenAi([
        { type: "function", function: { name: "lookup_weather", description: "Get weather", parameters } },
        { type: "custom", custom: { name: "shell" } },
        { name: "old", parameters },
        { type: "function", function: { description: "no name" } },
        { type: "web_search" },
        null
      ])
    ).toStrictEqual([
      { name: "lookup_weather", description: "Get weather", parameters },
      { name: "shell" },
      { name: "old", parameters }
    ])
  })
})

describe("the converters from OpenAI", () => {
  it("survive what throws, and lists of any claimed length", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("boom")
        }
      }
    )
    for (const input of [
      hostile,
      [hostile],
      [
        { role: "user", content: [hostile] },
        { role: "tool", content: hostile }
      ]
    ]) {
      expect(areMessages(fromOpenAi(input))).toBe(true)
      expect(areMessages(fromOpenAiChoices(input))).toBe(true)
      expect(toolsFromOpenAi(input)).toStrictEqual([])
    }
    expect(fromOpenAi(new Array(4_000_000_000))).toStrictEqual([])
  })

  it("give what the schemas ask for, whatever comes in", () => {
    const any = fc.oneof({ weight: 1, arbitrary: fc.anything() }, { weight: 2, arbitrary: fc.string() })
    const part = fc.record(
      {
        type: fc.constantFrom("text", "image_url", "input_audio", "file", "refusal", "x"),
        text: any,
        refusal: any,
        image_url: fc.oneof(any, fc.record({ url: any })),
        input_audio: fc.oneof(any, fc.record({ data: any, format: any })),
        file: fc.oneof(any, fc.record({ file_id: any, file_data: any }, { requiredKeys: [] }))
      },
      { requiredKeys: ["type"] }
    )
    const message = fc.record(
      {
        role: fc.oneof(any, fc.constantFrom("user", "assistant", "tool", "system")),
        content: fc.oneof(any, fc.array(fc.oneof(part, any))),
        name: any,
        refusal: any,
        tool_call_id: any,
        tool_calls: fc.oneof(any, fc.array(fc.record({ id: any, function: fc.record({ name: any, arguments: any }) })))
      },
      { requiredKeys: [] }
    )
    const list = fc.oneof(fc.anything(), fc.array(fc.oneof(message, any)))
    const choices = fc.oneof(fc.anything(), fc.array(fc.record({ message, finish_reason: any, text: any })))
    fc.assert(fc.property(list, (input) => areMessages(fromOpenAi(input))))
    fc.assert(fc.property(choices, (input) => areMessages(fromOpenAiChoices(input))))
    const tool = fc.record({ name: any, description: any, parameters: any })
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(fc.oneof(tool, fc.record({ function: tool })))), (input) =>
        areTools(toolsFromOpenAi(input))
      )
    )
  })
})
