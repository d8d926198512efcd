import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import { samples } from "../src/internal/samples.js"
import * as Traceloop from "../src/Traceloop.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Traceloop.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

const json = (value: unknown): unknown => JSON.parse(String(value))

describe("model calls", () => {
  it("case 59: the keys from before the conventions", () => {
    expect(
      render({
        ...chat,
        streaming: true,
        parameters: {
          temperature: 0.7,
          topP: 0.9,
          topK: 40,
          maxTokens: 256,
          frequencyPenalty: 0.1,
          presencePenalty: 0.2,
          stopSequences: ["STOP"]
        },
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
      })
    ).toMatchObject({
      "llm.request.type": "chat",
      "gen_ai.system": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.request.temperature": 0.7,
      "gen_ai.request.top_p": 0.9,
      "gen_ai.request.max_tokens": 256,
      "llm.top_k": 40,
      "llm.frequency_penalty": 0.1,
      "llm.presence_penalty": 0.2,
      "llm.chat.stop_sequences": ["STOP"],
      "llm.is_streaming": true,
      "gen_ai.usage.prompt_tokens": 10,
      "gen_ai.usage.completion_tokens": 5,
      "gen_ai.usage.total_tokens": 15,
      "llm.usage.total_tokens": 15
    })
  })

  it.each([
    ["chat", "chat"],
    ["text_completion", "completion"],
    ["embeddings", "embedding"],
    ["retrieval", "unknown"],
    ["search_memory", "unknown"],
    ["constructor", "unknown"]
  ])("%s is a request of type %s", (operation, type) => {
    expect(render({ ...chat, operation })["llm.request.type"]).toBe(type)
  })

  it("messages are one attribute per field, with tool calls, answers and reasons to end", () => {
    const messages = Object.entries(
      render({
        ...chat,
        systemInstructions: [{ type: "text", content: "Be concise." }],
        inputMessages: [
          said("user", "What's the weather?"),
          { role: "assistant", parts: [{ type: "tool_call", id: "a", name: "f", arguments: { city: "Paris" } }] },
          { role: "tool", parts: [{ type: "tool_call_response", id: "a", response: { celsius: 21 } }] }
        ],
        outputMessages: [{ ...said("assistant", "Sunny."), finishReason: "stop" }, said("assistant", "Warm.")],
        finishReasons: ["left out", "length"]
      })
    ).filter(([key]) => /^gen_ai\.(prompt|completion)\./.test(key))
    expect(Object.fromEntries(messages)).toEqual({
      "gen_ai.prompt.0.role": "system",
      "gen_ai.prompt.0.content": "Be concise.",
      "gen_ai.prompt.1.role": "user",
      "gen_ai.prompt.1.content": "What's the weather?",
      "gen_ai.prompt.2.role": "assistant",
      "gen_ai.prompt.2.tool_calls.0.id": "a",
      "gen_ai.prompt.2.tool_calls.0.name": "f",
      "gen_ai.prompt.2.tool_calls.0.arguments": '{"city":"Paris"}',
      "gen_ai.prompt.3.role": "tool",
      "gen_ai.prompt.3.tool_call_id": "a",
      "gen_ai.prompt.3.content": '{"celsius":21}',
      "gen_ai.completion.0.role": "assistant",
      "gen_ai.completion.0.content": "Sunny.",
      "gen_ai.completion.0.finish_reason": "stop",
      "gen_ai.completion.1.role": "assistant",
      "gen_ai.completion.1.content": "Warm.",
      "gen_ai.completion.1.finish_reason": "length"
    })
  })

  it("why a choice ended stands with its first message, however many it takes", () => {
    const answered = { type: "tool_call_response", id: "a", response: "21" } as const
    const attributes = render({
      ...chat,
      outputMessages: [
        { role: "assistant", parts: [{ type: "text", content: "Sunny." }, answered], finishReason: "stop" },
        { role: "assistant", parts: [answered] },
        said("assistant", "Warm.")
      ],
      finishReasons: ["left out", "tool_call", "length"]
    })
    const told = [0, 1, 2, 3].map((index) => {
      const at = `gen_ai.completion.${index}`
      return [attributes[`${at}.content`], attributes[`${at}.finish_reason`]]
    })
    expect(told).toEqual([
      ["Sunny.", "stop"],
      ["21", undefined],
      ["21", "tool_call"],
      ["Warm.", "length"]
    ])
  })

  it("documents are told of whatever call brings them", () => {
    const documents = [{ id: "d", score: 1, content: "Sunny." }]
    for (const operation of ["chat", "retrieval"])
      expect(json(render({ ...chat, operation, documents })["traceloop.entity.output"])).toEqual(documents)
  })

  it("why it ended and what it cost is told where content is not", () => {
    const attributes = render({ ...chat, finishReasons: ["length", "stop"], cost: { total: 0.002, input: 0.001 } })
    expect(attributes).toMatchObject({
      "llm.response.finish_reason": "length",
      "gateway.cost.total": 0.002,
      "gateway.cost.input": 0.001
    })
    expect(render({ _tag: "mcp_tool_call", method: "tools/call", cost: 0.01 })["gateway.cost.total"]).toBe(0.01)
  })

  it("a message that is more than text is the list of its parts", () => {
    const parts = [
      { type: "text", content: "hi" },
      { type: "uri", modality: "image", uri: "https://example.com/a.png" }
    ] as const
    expect(json(render({ ...chat, inputMessages: [{ role: "user", parts }] })["gen_ai.prompt.0.content"])).toEqual([
      { type: "text", content: "hi" },
      { type: "uri", modality: "image", uri: "https://example.com/a.png" }
    ])
  })

  it("case 77, case 79: tools have name, description and parameters, and all are told, since what has room is not for a vocabulary to say", () => {
    const tools = Array.from({ length: 127 }, (_, index) => ({ name: `t${index}`, description: "d", parameters: {} }))
    const attributes = render({ ...chat, tools })
    expect(attributes).toMatchObject({
      "llm.request.functions.0.name": "t0",
      "llm.request.functions.2.description": "d",
      "llm.request.functions.2.parameters": "{}"
    })
    expect(attributes).toHaveProperty(["llm.request.functions.126.name"])
  })
})

it("what a memory was asked and what it holds is the entity's, where content is told", () => {
  const records = [{ content: "sun" }]
  const search = {
    _tag: "llm_call",
    operation: "search_memory",
    inputMessages: [said("user", "likes?")],
    records
  } as const
  expect(render(search)).toMatchObject({
    "traceloop.entity.input": "likes?",
    "traceloop.entity.output": '[{"content":"sun"}]'
  })
  expect(render({ _tag: "llm_call", operation: "create_memory", records })).toMatchObject({
    "traceloop.entity.input": '[{"content":"sun"}]'
  })
})

it("what it has no key for of an agent has that of the conventions", () => {
  const server = { address: "agents.example.com" }
  expect(
    render({ _tag: "agent", name: "a", id: "1", conversationId: "c", dataSourceId: "vs", version: "2", server })
  ).toMatchObject({
    "traceloop.entity.name": "a",
    "gen_ai.agent.id": "1",
    "gen_ai.conversation.id": "c",
    "gen_ai.data_source.id": "vs",
    "server.address": "agents.example.com"
  })
})

describe("workflows", () => {
  it("case 65: each span belongs to the workflow of the trace's name, with what it is associated with", () => {
    const facts = {
      traceName: "nightly-eval",
      sessionId: "s1",
      endUser: "u1",
      tags: ["a", "b"],
      metadata: { tier: "gold" }
    }
    for (const { name, span } of samples) {
      expect(AttributeMap.collect(Traceloop.v1, { ...span, facts }), name).toMatchObject({
        "traceloop.workflow.name": "nightly-eval",
        "traceloop.association.properties.session_id": "s1",
        "traceloop.association.properties.user_id": "u1",
        "traceloop.association.properties.tags": "a,b",
        "traceloop.association.properties.tier": "gold"
      })
    }
    expect(render(undefined)).toEqual({})
  })

  it("requests, agents and tools are entities of their kind; model calls and databases are none", () => {
    const kinds = samples.map(({ name, span }) => [
      name,
      AttributeMap.collect(Traceloop.v1, span)["traceloop.span.kind"]
    ])
    expect(Object.fromEntries(kinds)).toMatchObject({
      proxy_request: "workflow",
      "llm_call.chat": undefined,
      agent: "agent",
      "agent.workflow": "workflow",
      tool_call: "tool",
      mcp_tool_call: "tool",
      "mcp_tool_call.prompt": "task",
      mcp_list_tools: "task",
      guardrail: "task",
      db_call: undefined,
      service: "task"
    })
  })

  it("a tool shows what it took and answered", () => {
    expect(render({ _tag: "tool_call", name: "f", arguments: { a: 1 }, result: "Sunny." })).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "f",
      "traceloop.span.kind": "tool",
      "traceloop.entity.name": "f",
      "traceloop.entity.input": '{"a":1}',
      "traceloop.entity.output": "Sunny."
    })
  })
})
