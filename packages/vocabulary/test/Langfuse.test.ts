import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import { samples } from "../src/internal/samples.js"
import * as Langfuse from "../src/Langfuse.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Langfuse.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

const json = (value: unknown): unknown => JSON.parse(String(value))

describe("facts of the trace", () => {
  const facts = {
    traceName: "nightly-eval",
    endUser: "u1",
    sessionId: "s1",
    tags: ["a", "b"],
    release: "2026.1",
    version: "canary",
    environment: "production",
    metadata: { tier: "gold" },
    team: { id: "t1", alias: "team one" }
  }
  const expected = {
    "langfuse.trace.name": "nightly-eval",
    "user.id": "u1",
    "session.id": "s1",
    "langfuse.trace.tags": ["a", "b"],
    "langfuse.release": "2026.1",
    "langfuse.version": "canary",
    "langfuse.environment": "production",
    "langfuse.trace.metadata.tier": "gold",
    "langfuse.trace.metadata.team_id": "t1",
    "langfuse.trace.metadata.team_alias": "team one"
  }

  it("case 65: a trace's name is told, and facts that nobody gave are absent", () => {
    expect(render(chat, { facts: { traceName: "nightly-eval" } })["langfuse.trace.name"]).toBe("nightly-eval")
    expect(Object.keys(render(undefined, { facts: { tags: [], metadata: {} } }))).toEqual(["langfuse.observation.type"])
  })

  it("case 67: they are the same on a model call, on its root and on whatever else is in the trace", () => {
    for (const { name, span } of samples) {
      for (const isRoot of [true, false]) {
        expect(AttributeMap.collect(Langfuse.v1, { ...span, facts, isRoot }), name).toMatchObject(expected)
      }
    }
  })

  it("nobody's metadata passes for another team or for the user, session and tags", () => {
    const metadata = { team_id: "t2", langfuse_user_id: "u2", langfuse_session_id: "s2", langfuse_tags: "x", a: "b" }
    const attributes = render(chat, { facts: { metadata } })
    expect(Object.keys(attributes).filter((key) => key.startsWith("langfuse.trace.metadata."))).toEqual([
      "langfuse.trace.metadata.a"
    ])
  })
})

it("each span has a type that Langfuse knows", () => {
  const types = samples.map(({ name, span }) => [
    name,
    AttributeMap.collect(Langfuse.v1, span)["langfuse.observation.type"]
  ])
  expect(Object.fromEntries(types)).toMatchObject({
    proxy_request: "span",
    "llm_call.chat": "generation",
    "llm_call.text_completion": "generation",
    "llm_call.generate_content": "generation",
    "llm_call.embeddings": "embedding",
    "llm_call.retrieval": "retriever",
    "llm_call.search_memory": "retriever",
    "llm_call.update_memory": "span",
    agent: "agent",
    "agent.create": "agent",
    "agent.workflow": "chain",
    tool_call: "tool",
    mcp_tool_call: "tool",
    "mcp_tool_call.prompt": "span",
    mcp_list_tools: "span",
    guardrail: "guardrail",
    db_call: "span",
    service: "span",
    none: "span"
  })
})

describe("a generation", () => {
  it("has the model that answered, its parameters and its provider", () => {
    const attributes = render({
      ...chat,
      responseModel: "gpt-4o-2024",
      parameters: { temperature: 0.5, topP: 0.9, maxTokens: 128, seed: 42 }
    })
    expect(attributes["langfuse.observation.model.name"]).toBe("gpt-4o-2024")
    expect(attributes["langfuse.observation.metadata.request_model"]).toBe("gpt-4o")
    expect(json(attributes["langfuse.observation.model.parameters"])).toEqual({
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 128,
      seed: 42
    })
    expect(attributes["langfuse.observation.metadata.provider"]).toBe("openai")
    expect(render(chat)["langfuse.observation.model.name"]).toBe("gpt-4o")
    expect(render(chat)).not.toHaveProperty(["langfuse.observation.metadata.request_model"])
    expect(render({ ...chat, requestModel: "", responseModel: "" })).not.toHaveProperty([
      "langfuse.observation.model.name"
    ])
  })

  it("counts no token twice: what was cached or thought is taken from the totals", () => {
    const usage = (used: SpanData.Usage) => json(render({ ...chat, usage: used })["langfuse.observation.usage_details"])
    expect(usage({ inputTokens: 12, outputTokens: 8, totalTokens: 20 })).toEqual({ input: 12, output: 8, total: 20 })
    expect(
      usage({
        inputTokens: 100,
        outputTokens: 50,
        totalTokens: 150,
        cacheReadInputTokens: 60,
        cacheCreationInputTokens: 10,
        reasoningOutputTokens: 20
      })
    ).toEqual({
      input: 30,
      output: 30,
      input_cache_read: 60,
      input_cache_creation: 10,
      output_reasoning: 20,
      total: 150
    })
    expect(usage({ inputTokens: 5, cacheReadInputTokens: 9 })).toEqual({ input: 0, input_cache_read: 9 })
    expect(render({ ...chat, usage: {} })).not.toHaveProperty(["langfuse.observation.usage_details"])
  })

  it("costs what the gateway says, zero too", () => {
    const cost = (given: SpanData.Cost) => render({ ...chat, cost: given })["langfuse.observation.cost_details"]
    expect(json(cost({ total: 0.001 }))).toEqual({ total: 0.001 })
    expect(json(cost({ total: 0 }))).toEqual({ total: 0 })
    expect(cost({})).toBeUndefined()
  })

  it("tells when its answer began, as a point in time", () => {
    const began = (timeToFirstChunk?: number, startTime?: number) =>
      render({ ...chat, timeToFirstChunk }, { startTime })["langfuse.observation.completion_start_time"]
    expect(began(0.25, Date.UTC(2026, 0, 1))).toBe("2026-01-01T00:00:00.250Z")
    expect(began(0.25, undefined)).toBeUndefined()
    expect(began(undefined, 0)).toBeUndefined()
    expect(began(1e300, 0)).toBeUndefined()
  })

  it("is linked to a prompt by the number of its version; another version is metadata", () => {
    const linked = (promptName?: string, promptVersion?: string) =>
      Object.fromEntries(
        Object.entries(
          render(chat, {
            facts: { ...(promptName && { promptName }), ...(promptVersion && { promptVersion }) }
          })
        ).flatMap(([key, value]) => (key.includes("prompt") ? [[key.replace("langfuse.observation.", ""), value]] : []))
      )
    expect(linked("weather", "3")).toEqual({ "prompt.name": "weather", "prompt.version": 3 })
    expect(linked("weather", "v3")).toEqual({ "metadata.prompt_name": "weather", "metadata.prompt_version": "v3" })
    expect(linked("weather", "9".repeat(20))).not.toHaveProperty(["prompt.version"])
    expect(linked("weather")).toEqual({ "metadata.prompt_name": "weather" })
    expect(linked(undefined, "3")).toEqual({ "metadata.prompt_version": "3" })
  })

  it("shows a conversation in the chat API's shape: instructions first, one answer as it is, several as a list", () => {
    const attributes = render({
      ...chat,
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: [said("user", "What's the weather?")],
      outputMessages: [said("assistant", "Sunny.")]
    })
    expect(json(attributes["langfuse.observation.input"])).toEqual([
      { role: "system", content: "Be concise." },
      { role: "user", content: "What's the weather?" }
    ])
    expect(json(attributes["langfuse.observation.output"])).toEqual({ role: "assistant", content: "Sunny." })
    const two = render({ ...chat, outputMessages: [said("assistant", "a"), said("assistant", "b")] })
    expect(json(two["langfuse.observation.output"])).toHaveLength(2)
  })

  it("case 77: offered tools stand beside the messages, each with its name, description and parameters", () => {
    const tools = ["one", "two", "three"].map((name) => ({ name, description: `does ${name}`, parameters: "{}" }))
    const input = json(render({ ...chat, tools, inputMessages: [said("user", "hi")] })["langfuse.observation.input"])
    expect(input).toEqual({
      tools: tools.map(({ description, name }) => ({
        type: "function",
        function: { name, description, parameters: {} }
      })),
      messages: [{ role: "user", content: "hi" }]
    })
  })

  it("case 71: pages that were read stand in the answer as they are", () => {
    const content = "# Invoice\n\nTotal: 42"
    const attributes = render({ ...chat, operation: "generate_content", outputMessages: [said("assistant", content)] })
    expect(json(attributes["langfuse.observation.output"])).toEqual({ role: "assistant", content })
  })
})

it("the root shows what was asked and answered, which Langfuse shows the trace by", () => {
  const request = { _tag: "proxy_request", method: "POST", route: "/v1/chat/completions" } as const
  const attributes = render({
    ...request,
    systemInstructions: [{ type: "text", content: "Be concise." }],
    inputMessages: [said("user", "hi")],
    outputMessages: [said("assistant", "Hello.")]
  })
  expect(json(attributes["langfuse.observation.input"])).toEqual([
    { role: "system", content: "Be concise." },
    { role: "user", content: "hi" }
  ])
  expect(json(attributes["langfuse.observation.output"])).toEqual({ role: "assistant", content: "Hello." })
  expect(Object.keys(render(request)).filter((key) => /put$/.test(key))).toEqual([])
})

it("case 69: embeddings show what was embedded, and of the vectors their count and length", () => {
  const embeddings = {
    ...chat,
    operation: "embeddings",
    embedding: { count: 2, dimensions: 1536 },
    inputMessages: [said("user", "hello")]
  }
  const attributes = render(embeddings)
  expect(json(attributes["langfuse.observation.output"])).toEqual({ count: 2, dimensions: 1536 })
  expect(json(attributes["langfuse.observation.input"])).toEqual([{ role: "user", content: "hello" }])
  // They are no content, and are still told where content is not.
  expect(render({ ...embeddings, inputMessages: undefined })).toMatchObject({
    "langfuse.observation.metadata.embedding_count": 2,
    "langfuse.observation.metadata.embedding_dimensions": 1536
  })
})

describe("tools and guardrails", () => {
  it("a tool shows what it took and answered, text as it is", () => {
    expect(render({ _tag: "tool_call", name: "f", arguments: { a: 1 }, result: "Sunny." })).toMatchObject({
      "langfuse.observation.input": '{"a":1}',
      "langfuse.observation.output": "Sunny.",
      "langfuse.observation.metadata.tool_name": "f"
    })
  })

  it("a call on an MCP server and a check of a guardrail cost what they cost", () => {
    const cost = (data: SpanData.Read) => json(render(data)["langfuse.observation.cost_details"])
    expect(cost({ _tag: "mcp_tool_call", method: "tools/call", cost: 0.01 })).toEqual({ total: 0.01 })
    expect(cost({ _tag: "guardrail", name: "g", cost: 0.0001 })).toEqual({ total: 0.0001 })
  })

  it("only what calls a model names a model and counts tokens: Langfuse adds them up", () => {
    for (const { name, span } of samples) {
      if (span.data?._tag === "llm_call") continue
      const keys = Object.keys(AttributeMap.collect(Langfuse.v1, span))
      expect(
        keys.filter((key) => /\.(model\.|usage_details)/.test(key)),
        name
      ).toEqual([])
    }
  })
})

it("an operation on memories is no generation", () => {
  const call = { _tag: "llm_call", memory: { storeId: "s", recordId: "m" }, records: [{ content: "sun" }] } as const
  const search = render({ ...call, operation: "search_memory" })
  expect(search).toMatchObject({
    "langfuse.observation.type": "retriever",
    "langfuse.observation.output": '[{"content":"sun"}]',
    "langfuse.observation.metadata.memory_store": "s",
    "langfuse.observation.metadata.memory_record": "m"
  })
  expect(render({ ...call, operation: "update_memory" })).toMatchObject({
    "langfuse.observation.type": "span",
    "langfuse.observation.input": '[{"content":"sun"}]'
  })
  expect(search).not.toHaveProperty(["langfuse.observation.input"])
})
