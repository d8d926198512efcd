import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import * as Braintrust from "../src/Braintrust.js"
import { samples } from "../src/internal/samples.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Braintrust.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

const json = (value: unknown): unknown => JSON.parse(String(value))

it("each span has a type that Braintrust knows", () => {
  const types = samples.map(({ name, span }) => [
    name,
    json(AttributeMap.collect(Braintrust.v1, span)["braintrust.span_attributes"])
  ])
  expect(Object.fromEntries(types)).toMatchObject({
    proxy_request: { type: "task" },
    "llm_call.chat": { type: "llm" },
    "llm_call.embeddings": { type: "llm" },
    "llm_call.retrieval": { type: "function" },
    agent: { type: "task" },
    tool_call: { type: "tool" },
    mcp_tool_call: { type: "tool" },
    "mcp_tool_call.prompt": { type: "function" },
    mcp_list_tools: { type: "function" },
    guardrail: { type: "function" },
    db_call: { type: "function" },
    none: { type: "function" }
  })
})

describe("metadata and tags", () => {
  const facts = {
    tags: ["a"],
    metadata: { tier: "gold" },
    endUser: "u1",
    sessionId: "s1",
    traceName: "nightly-eval",
    release: "1",
    promptVersion: "3",
    team: { id: "t1" }
  }

  it("are on every span", () => {
    for (const { name, span } of samples) {
      expect(AttributeMap.collect(Braintrust.v1, { ...span, facts }), name).toMatchObject({
        "braintrust.tags": ["a"],
        "braintrust.metadata.tier": "gold",
        "braintrust.metadata.user_id": "u1",
        "braintrust.metadata.session_id": "s1",
        "braintrust.metadata.trace_name": "nightly-eval",
        "braintrust.metadata.release": "1",
        "braintrust.metadata.prompt_version": "3",
        "braintrust.metadata.team_id": "t1"
      })
    }
  })

  it("a span's own win over the trace's under one name, and nobody passes for another team", () => {
    const metadata = { model: "mine", team_id: "t2", other: "kept" }
    const attributes = render(chat, { facts: { metadata } })
    expect(attributes["braintrust.metadata.model"]).toBe("gpt-4o")
    expect(attributes["braintrust.metadata.other"]).toBe("kept")
    expect(attributes).not.toHaveProperty(["braintrust.metadata.team_id"])
  })

  it("metadata named like the tools, which are content, is left out", () => {
    expect(render(chat, { facts: { metadata: { tools: "x" } } })).not.toHaveProperty(["braintrust.metadata.tools"])
  })
})

describe("model calls", () => {
  it("show model, provider and parameters as metadata, under the names of the chat API", () => {
    expect(
      render({
        ...chat,
        responseModel: "gpt-4o-2024",
        parameters: { temperature: 1, maxTokens: 128, stopSequences: ["STOP"] }
      })
    ).toMatchObject({
      "braintrust.metadata.model": "gpt-4o-2024",
      "braintrust.metadata.request_model": "gpt-4o",
      "braintrust.metadata.provider": "openai",
      "braintrust.metadata.temperature": 1,
      "braintrust.metadata.max_tokens": 128,
      "braintrust.metadata.stop": '["STOP"]'
    })
  })

  it("show a conversation as the chat API has it, and full definitions of tools", () => {
    const attributes = render({
      ...chat,
      tools: [{ name: "f", parameters: { type: "object" } }],
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: [said("user", "What's the weather?")],
      outputMessages: [said("assistant", "Sunny.")]
    })
    expect(json(attributes["braintrust.input_json"])).toEqual([
      { role: "system", content: "Be concise." },
      { role: "user", content: "What's the weather?" }
    ])
    expect(json(attributes["braintrust.output_json"])).toEqual([{ role: "assistant", content: "Sunny." }])
    expect(json(attributes["braintrust.metadata.tools"])).toEqual([
      { type: "function", function: { name: "f", parameters: { type: "object" } } }
    ])
  })

  it("measure tokens, the time to the first of them, and cost", () => {
    expect(
      render({
        ...chat,
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 3, reasoningOutputTokens: 2 },
        timeToFirstChunk: 1,
        cost: { total: 0.002 }
      })
    ).toMatchObject({
      "braintrust.metrics.prompt_tokens": 10,
      "braintrust.metrics.completion_tokens": 5,
      "braintrust.metrics.tokens": 15,
      "braintrust.metrics.prompt_cached_tokens": 3,
      "braintrust.metrics.completion_reasoning_tokens": 2,
      "braintrust.metrics.time_to_first_token": 1,
      "braintrust.metrics.estimated_cost": 0.002
    })
  })

  it("numbers that may have fractions are written as such, even where they are whole", () => {
    const types = AttributeMap.attributes(Braintrust.v1, {
      name: "x",
      data: { ...chat, parameters: { temperature: 1 }, timeToFirstChunk: 1, usage: { inputTokens: 1 } },
      facts: {},
      isRoot: false,
      error: undefined
    }).map(({ key, type }) => [key, type])
    expect(Object.fromEntries(types)).toMatchObject({
      "braintrust.metadata.temperature": "double",
      "braintrust.metrics.time_to_first_token": "double",
      "braintrust.metrics.prompt_tokens": "int"
    })
  })

  it("only they are measured in tokens: Braintrust adds them up", () => {
    for (const { name, span } of samples) {
      if (span.data?._tag === "llm_call") continue
      const keys = Object.keys(AttributeMap.collect(Braintrust.v1, span))
      expect(
        keys.filter((key) => /^braintrust\.metrics\..*tokens/.test(key)),
        name
      ).toEqual([])
    }
  })
})

it("what a tool took and answered is JSON, text too", () => {
  expect(render({ _tag: "tool_call", name: "f", arguments: { a: 1 }, result: "Sunny." })).toMatchObject({
    "braintrust.input_json": '{"a":1}',
    "braintrust.output_json": '"Sunny."',
    "braintrust.metadata.tool_name": "f"
  })
})

it("what a model called a tool with is shown as a tree, and loses nothing on the way", () => {
  const shown = (given: unknown) =>
    ["tool_call", "mcp_tool_call"].map((_tag) => {
      const data = { _tag, name: "f", method: "tools/call", arguments: given, result: given } as SpanData.Read
      const { "braintrust.input_json": input, "braintrust.output_json": output } = render(data)
      return [input, output]
    })
  for (const text of ['{"city":"Paris"}', '{"id":1234567890123456789}', '{"a":1,"a":2}', " [1]"])
    expect(shown(text).flat()).toEqual([text, text, text, text])
  for (const text of ["Paris", "12", "{broken"])
    expect(shown(text).flat()).toEqual(new Array(4).fill(JSON.stringify(text)))
  expect(render({ _tag: "guardrail", response: '{"ok":true}' })).toHaveProperty(
    ["braintrust.output_json"],
    '{"ok":true}'
  )
})

it("of two with one name the span's own word wins, and what it does not say is the trace's", () => {
  const facts = { metadata: { model: "theirs", data_source: "theirs" } }
  const chat = { _tag: "llm_call", operation: "chat", requestModel: "gpt-4o", dataSourceId: "vs_1" } as const
  expect(render(chat, { facts })).toMatchObject({
    "braintrust.metadata.model": "gpt-4o",
    "braintrust.metadata.data_source": "vs_1"
  })
  expect(render({ _tag: "agent", name: "a", dataSourceId: undefined }, { facts })).toMatchObject({
    "braintrust.metadata.agent_name": "a",
    "braintrust.metadata.data_source": "theirs"
  })
})

it("an operation on memories is no model call", () => {
  const call = { _tag: "llm_call", operation: "search_memory", memory: { storeId: "s", recordCount: 2 } } as const
  expect(render({ ...call, records: [{ content: "sun" }] })).toMatchObject({
    "braintrust.span_attributes": '{"type":"function"}',
    "braintrust.metadata.memory_store": "s",
    "braintrust.metadata.memory_record_count": 2,
    "braintrust.output_json": '[{"content":"sun"}]'
  })
})

it("sounds are counted beside the other tokens", () => {
  const usage = { inputTokens: 9, audio: { inputTokens: 4, outputTokens: 1 } }
  expect(render({ _tag: "llm_call", operation: "chat", usage })).toMatchObject({
    "braintrust.metrics.prompt_tokens": 9,
    "braintrust.metrics.prompt_audio_tokens": 4,
    "braintrust.metrics.completion_audio_tokens": 1
  })
})
