import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import { samples } from "../src/internal/samples.js"
import * as Langsmith from "../src/Langsmith.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Langsmith.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

const json = (value: unknown): unknown => JSON.parse(String(value))

describe("runs", () => {
  it("each span is a run of a type that LangSmith knows", () => {
    const kinds = samples.map(({ name, span }) => [
      name,
      AttributeMap.collect(Langsmith.v1, span)["langsmith.span.kind"]
    ])
    expect(Object.fromEntries(kinds)).toMatchObject({
      proxy_request: "chain",
      "llm_call.chat": "llm",
      "llm_call.text_completion": "llm",
      "llm_call.generate_content": "llm",
      "llm_call.embeddings": "embedding",
      "llm_call.retrieval": "retriever",
      agent: "chain",
      "agent.workflow": "chain",
      tool_call: "tool",
      mcp_tool_call: "tool",
      "mcp_tool_call.prompt": "chain",
      mcp_list_tools: "chain",
      guardrail: "chain",
      db_call: "chain",
      service: "chain",
      none: "chain"
    })
  })

  it("the trace's name is the root run's alone: any other would be renamed", () => {
    const facts = { traceName: "nightly-eval" }
    expect(render(chat, { facts })).not.toHaveProperty(["langsmith.trace.name"])
    expect(render(chat, { facts, isRoot: true })["langsmith.trace.name"]).toBe("nightly-eval")
  })
})

describe("facts of the trace", () => {
  it("tags and metadata are on every run", () => {
    const facts = {
      tags: ["a", "b,c"],
      metadata: { tier: "gold" },
      endUser: "u1",
      sessionId: "s1",
      release: "1",
      environment: "production",
      promptName: "weather",
      promptVersion: "v3",
      team: { id: "t1" }
    }
    for (const { name, span } of samples) {
      expect(AttributeMap.collect(Langsmith.v1, { ...span, facts }), name).toMatchObject({
        // Tags are parted at commas.
        "langsmith.span.tags": "a,b c",
        "langsmith.metadata.tier": "gold",
        "langsmith.metadata.user_id": "u1",
        "langsmith.metadata.session_id": "s1",
        "langsmith.metadata.release": "1",
        "langsmith.metadata.environment": "production",
        "langsmith.metadata.prompt_name": "weather",
        "langsmith.metadata.prompt_version": "v3",
        "langsmith.metadata.team_id": "t1"
      })
    }
    expect(Object.keys(render(undefined, { facts: { tags: [] } }))).toEqual(["langsmith.span.kind"])
  })

  it("a session is a thread, never a tracing project of that name", () => {
    const keys = Object.keys(render(chat, { facts: { sessionId: "s1" }, isRoot: true }))
    expect(keys.filter((key) => key.startsWith("langsmith.trace."))).toEqual([])
    expect(render({ ...chat, conversationId: "c1" })["langsmith.metadata.session_id"]).toBe("c1")
  })

  it("nobody's metadata passes for another team", () => {
    expect(render(chat, { facts: { metadata: { team_id: "t2" } } })).not.toHaveProperty(["langsmith.metadata.team_id"])
  })
})

describe("model calls", () => {
  it("name the provider by the key that LangSmith reads", () => {
    const attributes = render({ ...chat, responseModel: "gpt-4o-2024" })
    expect(attributes).toMatchObject({
      "gen_ai.system": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.response.model": "gpt-4o-2024"
    })
    expect(attributes).not.toHaveProperty(["gen_ai.provider.name"])
  })

  it("show a conversation with its tool calls, and the tools that were offered", () => {
    const attributes = render({
      ...chat,
      tools: [{ name: "lookup_weather", description: "Get weather", parameters: '{"type":"object"}' }],
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: [said("user", "What's the weather?")],
      outputMessages: [
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "a", name: "lookup_weather", arguments: { city: "Paris" } }]
        }
      ]
    })
    expect(json(attributes["gen_ai.prompt"])).toEqual({
      messages: [
        { role: "system", content: "Be concise." },
        { role: "user", content: "What's the weather?" }
      ]
    })
    expect(json(attributes["gen_ai.completion"])).toEqual({
      messages: [
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "a", type: "function", function: { name: "lookup_weather", arguments: '{"city":"Paris"}' } }
          ]
        }
      ]
    })
    expect(json(attributes.tools)).toEqual([
      {
        type: "function",
        function: { name: "lookup_weather", description: "Get weather", parameters: { type: "object" } }
      }
    ])
  })

  it("count tokens, with what was cached and thought among them", () => {
    const attributes = render({
      ...chat,
      usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 3, reasoningOutputTokens: 2 }
    })
    expect(attributes).toMatchObject({
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.total_tokens": 15
    })
    expect(json(attributes["gen_ai.usage.input_token_details"])).toEqual({ cache_read: 3 })
    expect(json(attributes["gen_ai.usage.output_token_details"])).toEqual({ reasoning: 2 })
    expect(render({ ...chat, usage: { inputTokens: 1 } })).not.toHaveProperty(["gen_ai.usage.input_token_details"])
  })

  it("a retrieval shows its documents one by one, and its query", () => {
    const attributes = render({
      ...chat,
      operation: "retrieval",
      inputMessages: [said("user", "weather in Paris")],
      documents: [{ id: "doc-1", score: 0.75, content: "Paris is sunny." }]
    })
    expect(attributes["input.value"]).toBe("weather in Paris")
    expect(attributes["retrieval.documents.0.document.content"]).toBe("Paris is sunny.")
    expect(json(attributes["retrieval.documents.0.document.metadata"])).toEqual({ id: "doc-1", score: 0.75 })
    expect(attributes).not.toHaveProperty(["gen_ai.prompt"])
  })

  it("no other run names a model or counts tokens: LangSmith adds them up", () => {
    for (const { name, span } of samples) {
      if (span.data?._tag === "llm_call") continue
      const keys = Object.keys(AttributeMap.collect(Langsmith.v1, span))
      expect(
        keys.filter((key) => /^gen_ai\.(usage|request|response)\./.test(key)),
        name
      ).toEqual([])
    }
  })
})

it("a tool shows what it took and answered", () => {
  expect(render({ _tag: "tool_call", name: "f", arguments: { a: 1 }, result: "Sunny." })).toEqual({
    "langsmith.span.kind": "tool",
    "gen_ai.tool.name": "f",
    "langsmith.metadata.tool_name": "f",
    "input.value": '{"a":1}',
    "output.value": "Sunny."
  })
})

it("an operation on memories is no model call; sounds are counted beside the other tokens", () => {
  const inputMessages = [{ role: "user", parts: [{ type: "text", content: "likes?" }] }] as const
  const call = { _tag: "llm_call", operation: "search_memory", memory: { storeId: "s", recordCount: 1 } } as const
  expect(render({ ...call, inputMessages, records: [{ content: "sun" }] })).toEqual({
    "langsmith.span.kind": "retriever",
    "langsmith.metadata.memory_store": "s",
    "langsmith.metadata.memory_record_count": 1,
    "input.value": "likes?",
    "output.value": '[{"content":"sun"}]',
    "gen_ai.operation.name": "search_memory"
  })
  const usage = { cacheReadInputTokens: 2, audio: { inputTokens: 4, outputTokens: 1 } }
  expect(render({ _tag: "llm_call", operation: "chat", usage })).toMatchObject({
    "gen_ai.usage.input_token_details": '{"cache_read":2,"audio":4}',
    "gen_ai.usage.output_token_details": '{"audio":1}'
  })
})
