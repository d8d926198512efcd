import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import { samples } from "../src/internal/samples.js"
import * as OpenInference from "../src/OpenInference.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(OpenInference.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

it("case 61: a chat with instructions, a tool, counts and parameters", () => {
  const attributes = render({
    ...chat,
    responseModel: "gpt-4o-2024",
    parameters: { temperature: 0.5, topP: 0.9, maxTokens: 128 },
    usage: { inputTokens: 12, outputTokens: 8, totalTokens: 20 },
    tools: [{ name: "lookup_weather", description: "Get weather", parameters: '{"type":"object"}' }],
    inputMessages: [said("system", "Be concise."), said("user", "What's the weather?")],
    outputMessages: [said("assistant", "Sunny.")]
  })
  expect(attributes).toMatchObject({
    "openinference.span.kind": "LLM",
    // The conventions want the model that answered; the reference wrote the one that was asked for.
    "llm.model_name": "gpt-4o-2024",
    "llm.request.model_name": "gpt-4o",
    "llm.provider": "openai",
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be concise.",
    "llm.input_messages.1.message.role": "user",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Sunny.",
    "llm.token_count.prompt": 12,
    "llm.token_count.completion": 8,
    "llm.token_count.total": 20,
    "llm.tools.0.tool.json_schema":
      '{"type":"function","function":{"name":"lookup_weather","description":"Get weather","parameters":{"type":"object"}}}'
  })
  expect(JSON.parse(String(attributes["llm.invocation_parameters"]))).toEqual({
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 128
  })
})

it("case 63: text around an image is kept in order, and as one text in the summary", () => {
  const parts = [
    { type: "text", content: "hi " },
    { type: "uri", modality: "image", uri: "https://example.com/a.png" },
    { type: "text", content: "there" }
  ] as const
  const attributes = render({ ...chat, inputMessages: [{ role: "user", parts }] })
  const at = "llm.input_messages.0.message.contents"
  expect(attributes[`${at}.0.message_content.text`]).toBe("hi ")
  expect(attributes[`${at}.1.message_content.image.image.url`]).toBe("https://example.com/a.png")
  expect(attributes[`${at}.2.message_content.text`]).toBe("there")
  expect(attributes["input.value"]).toBe('[{"role":"user","content":"hi there"}]')
})

it("case 81: 4, 8 and 40 messages with two choices are all there", () => {
  for (const count of [4, 8, 40]) {
    const inputMessages = Array.from({ length: count }, (_, index) => said("user", `turn ${index}`))
    const attributes = render({
      ...chat,
      inputMessages,
      outputMessages: [said("assistant", "a"), said("assistant", "b")]
    })
    expect(attributes[`llm.input_messages.${count - 1}.message.content`]).toBe(`turn ${count - 1}`)
    expect(attributes["llm.output_messages.1.message.content"]).toBe("b")
  }
})

describe("kinds", () => {
  it("every span has one", () => {
    const kinds = samples.map(({ name, span }) => [
      name,
      AttributeMap.collect(OpenInference.v1, span)["openinference.span.kind"]
    ])
    expect(Object.fromEntries(kinds)).toEqual({
      proxy_request: "CHAIN",
      "proxy_request.other_method": "CHAIN",
      "llm_call.chat": "LLM",
      "llm_call.chat_failed": "LLM",
      "llm_call.text_completion": "LLM",
      "llm_call.generate_content": "LLM",
      "llm_call.embeddings": "EMBEDDING",
      "llm_call.retrieval": "RETRIEVER",
      "llm_call.search_memory": "RETRIEVER",
      "llm_call.update_memory": "CHAIN",
      agent: "AGENT",
      "agent.remote": "AGENT",
      "agent.create": "AGENT",
      "agent.workflow": "CHAIN",
      tool_call: "TOOL",
      mcp_tool_call: "TOOL",
      "mcp_tool_call.prompt": "PROMPT",
      "mcp_tool_call.refused": "TOOL",
      mcp_list_tools: "CHAIN",
      guardrail: "GUARDRAIL",
      db_call: "CHAIN",
      service: "CHAIN",
      none: "CHAIN"
    })
  })

  it("only model calls name a model or count tokens: a back end would take the others for calls too", () => {
    for (const { name, span } of samples) {
      if (span.data?._tag === "llm_call") continue
      const keys = Object.keys(AttributeMap.collect(OpenInference.v1, span))
      expect(
        keys.filter((key) => key.startsWith("llm.") && !key.startsWith("llm.tools.")),
        name
      ).toEqual([])
    }
  })
})

describe("model names and providers", () => {
  it("request and response stand apart only where they differ", () => {
    expect(render({ ...chat, responseModel: "gpt-4o" })).not.toHaveProperty(["llm.response.model_name"])
    expect(render(chat)["llm.model_name"]).toBe("gpt-4o")
    expect(render({ ...chat, requestModel: "", responseModel: "" })).not.toHaveProperty(["llm.model_name"])
  })

  it.each([
    ["azure.ai.openai", "azure", "openai"],
    ["aws.bedrock", "aws", "amazon"],
    ["gcp.gemini", "google", undefined],
    ["mistral_ai", "mistralai", "mistralai"],
    ["my_custom_llm", "my_custom_llm", undefined],
    ["constructor", "constructor", undefined],
    ["", undefined, undefined]
  ])("%s is of provider %s and system %s", (provider, expected, system) => {
    const attributes = render({ ...chat, provider })
    expect(attributes["llm.provider"]).toBe(expected)
    expect(attributes["llm.system"]).toBe(system)
  })
})

describe("messages", () => {
  it("instructions come first, each tool's answer is a message of its own", () => {
    const attributes = render({
      ...chat,
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: [
        {
          role: "tool",
          parts: [
            { type: "tool_call_response", id: "a", response: "rainy" },
            { type: "tool_call_response", id: "b", response: { celsius: 21 } }
          ]
        }
      ]
    })
    const messages = Object.entries(attributes).filter(([key]) => key.startsWith("llm.input_messages."))
    expect(Object.fromEntries(messages)).toEqual({
      "llm.input_messages.0.message.role": "system",
      "llm.input_messages.0.message.content": "Be concise.",
      "llm.input_messages.1.message.role": "tool",
      "llm.input_messages.1.message.tool_call_id": "a",
      "llm.input_messages.1.message.content": "rainy",
      "llm.input_messages.2.message.role": "tool",
      "llm.input_messages.2.message.tool_call_id": "b",
      "llm.input_messages.2.message.content": '{"celsius":21}'
    })
  })

  it("what the conventions have no part for is told in text, and no part leaves a gap", () => {
    const parts = [
      { type: "file", modality: "image", fileId: "file-1" },
      { type: "uri", modality: "document", uri: "https://example.com/a.pdf" },
      { type: "blob", modality: "document", content: "AA==" },
      { type: "blob", modality: "audio", mimeType: "audio/wav", content: "AA==" }
    ] as const
    const attributes = render({ ...chat, inputMessages: [{ role: "user", parts }] })
    const shown = Object.entries(attributes).flatMap(([key, value]) => {
      const [, rest] = key.split("llm.input_messages.0.message.contents.")
      return rest === undefined ? [] : [[rest.replace("message_content.", ""), value]]
    })
    expect(Object.fromEntries(shown)).toEqual({
      "0.type": "text",
      "0.text": "[image file-1]",
      "1.type": "text",
      "1.text": "[document https://example.com/a.pdf]",
      "2.type": "text",
      "2.text": "[document data:;base64,AA==]",
      "3.type": "audio",
      "3.audio.audio.url": "data:audio/wav;base64,AA==",
      "3.audio.audio.mime_type": "audio/wav"
    })
  })

  it("a tool's answer with an image in it is spelled part by part", () => {
    const response = [
      { type: "text", content: "a chart" },
      { type: "blob", modality: "image", mimeType: "image/png", content: "AA==" }
    ] as const
    const attributes = render({
      ...chat,
      inputMessages: [{ role: "tool", parts: [{ type: "tool_call_response", id: "a", response }] }]
    })
    const at = "llm.input_messages.0.message"
    expect(attributes).toMatchObject({
      [`${at}.tool_call_id`]: "a",
      [`${at}.contents.0.message_content.text`]: "a chart",
      [`${at}.contents.1.message_content.image.image.url`]: "data:image/png;base64,AA==",
      "input.value": '[{"role":"tool","content":"a chart","tool_call_id":"a"}]'
    })
    expect(JSON.stringify(attributes)).not.toContain("mimeType")
  })

  it("tool calls carry their arguments as JSON text, once", () => {
    const call = (args: unknown) =>
      render({
        ...chat,
        outputMessages: [{ role: "assistant", parts: [{ type: "tool_call", id: "c", name: "f", arguments: args }] }]
      })["llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments"]
    expect(call({ a: 1 })).toBe('{"a":1}')
    expect(call('{"a":1}')).toBe('{"a":1}')
  })

  it("what went in and came out of a tool says what kind of text it is", () => {
    const tool = (result: unknown) => {
      const { "output.mime_type": type, "output.value": value } = render({ _tag: "tool_call", name: "f", result })
      return [value, type]
    }
    expect(tool("Sunny.")).toEqual(["Sunny.", "text/plain"])
    expect(tool('{"a":1}')).toEqual(['{"a":1}', "application/json"])
    expect(tool([1])).toEqual(["[1]", "application/json"])
    expect(tool(undefined)).toEqual([undefined, undefined])
  })
})

it("session, user, tags and metadata are on every span", () => {
  const facts = { sessionId: "s", endUser: "u", tags: ["a"], metadata: { tier: "gold" } }
  expect(render({ _tag: "service", service: "auth" }, { facts })).toMatchObject({
    "session.id": "s",
    "user.id": "u",
    "tag.tags": ["a"],
    metadata: '{"tier":"gold"}'
  })
  expect(render(undefined, { facts: { metadata: {} } })).toEqual({ "openinference.span.kind": "CHAIN" })
})

describe("what else a span says of itself", () => {
  it("sounds are counted beside the other tokens", () => {
    const usage = { inputTokens: 9, audio: { inputTokens: 4, outputTokens: 1 } }
    expect(render({ ...chat, usage })).toMatchObject({
      "llm.token_count.prompt_details.audio": 4,
      "llm.token_count.completion_details.audio": 1
    })
  })

  it("is in its metadata where the conventions have no key for it, and only there", () => {
    const metadata = (data: SpanData.Read, facts = {}) => JSON.parse(String(render(data, { facts }).metadata ?? "{}"))
    expect(metadata({ ...chat, responseId: "r", conversationId: "c" })).toEqual({
      operation: "chat",
      response_id: "r",
      conversation_id: "c"
    })
    expect(metadata({ _tag: "agent", name: "a", id: "1", provider: "openai" })).toEqual({
      provider: "openai",
      agent_id: "1"
    })
    expect(metadata({ _tag: "tool_call", name: "f", callId: "c", description: "d", type: "function" })).toEqual({
      tool_type: "function"
    })
    expect(metadata({ _tag: "agent", id: "1" }, { metadata: { agent_id: "theirs", agent_version: "2" } })).toEqual({
      agent_id: "1",
      agent_version: "2"
    })
  })
})
