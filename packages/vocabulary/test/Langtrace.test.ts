import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import { samples } from "../src/internal/samples.js"
import * as Langtrace from "../src/Langtrace.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Langtrace.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

const json = (value: unknown): unknown => JSON.parse(String(value))

describe("model calls", () => {
  it("case 73: what Langtrace shows of a chat", () => {
    expect(
      render({
        ...chat,
        responseModel: "gpt-4o-2024",
        systemFingerprint: "fp_abc",
        parameters: { temperature: 0.5, topP: 0.9, maxTokens: 128 },
        usage: { inputTokens: 12, outputTokens: 8, totalTokens: 20 }
      })
    ).toMatchObject({
      "gen_ai.operation.name": "chat",
      "langtrace.service.name": "openai",
      "langtrace.service.type": "llm",
      "llm.model": "gpt-4o",
      "gen_ai.response.model": "gpt-4o-2024",
      "gen_ai.system_fingerprint": "fp_abc",
      "llm.temperature": 0.5,
      "llm.top_p": 0.9,
      "llm.max_tokens": 128,
      "llm.token.counts.total": 20,
      "gen_ai.usage.prompt_tokens": 12,
      "gen_ai.usage.completion_tokens": 8
    })
  })

  it("the operation is the call's own; where it is not known it is a chat", () => {
    // The reference wrote `chat` whatever it was.
    expect(render({ ...chat, operation: "embeddings" })["gen_ai.operation.name"]).toBe("embeddings")
    expect(render({ ...chat, operation: "" })["gen_ai.operation.name"]).toBe("chat")
  })

  it("count cached tokens once: the server adds them to the others", () => {
    const usage = { inputTokens: 100, outputTokens: 5, cacheReadInputTokens: 60 }
    expect(render({ ...chat, usage })).toMatchObject({
      "gen_ai.usage.prompt_tokens": 40,
      "gen_ai.usage.cached_tokens": 60,
      "llm.token.counts.prompt": 100
    })
    expect(render({ ...chat, usage: { inputTokens: 0 } })["gen_ai.usage.prompt_tokens"]).toBe(0)
  })

  it("show prompts and responses where the server looks for them", () => {
    const attributes = render({
      ...chat,
      tools: [{ name: "f" }],
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: [said("user", "hi")],
      outputMessages: [said("assistant", "Sunny.")]
    })
    expect(json(attributes["llm.prompts"])).toEqual([
      { role: "system", content: "Be concise." },
      { role: "user", content: "hi" }
    ])
    // The reference wrote `llm.completions`, which the server does not read.
    expect(json(attributes["llm.responses"])).toEqual([{ role: "assistant", content: "Sunny." }])
    expect(json(attributes["gen_ai.request.tools"])).toEqual([{ type: "function", function: { name: "f" } }])
  })

  it("embeddings and look-ups have keys of their own", () => {
    const embeddings = render({
      ...chat,
      operation: "embeddings",
      embedding: { count: 2, dimensions: 1536 },
      inputMessages: [said("user", "hello")]
    })
    expect(embeddings).toMatchObject({
      "gen_ai.request.embedding_inputs": '["hello"]',
      "gen_ai.request.dimensions": 1536
    })
    const retrieval = render({ ...chat, operation: "retrieval", documents: [{ id: "d", score: 1 }] })
    expect(retrieval).toMatchObject({
      "langtrace.service.type": "vectordb",
      "gen_ai.request.documents": '[{"id":"d","score":1}]'
    })
  })

  it("only they name a vendor and a model and count tokens: the server adds them up", () => {
    for (const { name, span } of samples) {
      if (span.data?._tag === "llm_call") continue
      const keys = Object.keys(AttributeMap.collect(Langtrace.v1, span))
      expect(
        keys.filter((key) => /^gen_ai\.(usage|request\.model|response)|^llm\.(model|token)|service\.name$/.test(key)),
        name
      ).toEqual(name === "service" || name === "db_call" ? ["gateway.service.name"] : [])
    }
  })
})

it("session, user and prompt are on every span", () => {
  const facts = { sessionId: "s1", endUser: "u1", promptName: "weather", promptVersion: "3" }
  for (const { name, span } of samples) {
    expect(AttributeMap.collect(Langtrace.v1, { ...span, facts }), name).toMatchObject({
      "session.id": "s1",
      user_id: "u1",
      prompt_id: "weather",
      prompt_version: "3"
    })
  }
  expect(render(undefined)).toEqual({})
})

it("tags, release, metadata and the trace's name are told once, on the root", () => {
  const facts = { tags: ["a"], release: "1", traceName: "nightly", metadata: { tier: "gold" } }
  const told = {
    "gateway.trace.tags": ["a"],
    "gateway.trace.release": "1",
    "gateway.trace.name": "nightly",
    "gateway.trace.metadata.tier": "gold"
  }
  expect(render(undefined, { facts, isRoot: true })).toEqual(told)
  expect(render(undefined, { facts })).toEqual({})
})

it("agents and workflows have the names of the conventions, and calls say where they belong", () => {
  expect(
    render({ _tag: "agent", name: "a", id: "1", version: "2", description: "d", conversationId: "c" })
  ).toMatchObject({
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "a",
    "gen_ai.agent.id": "1",
    "gen_ai.agent.version": "2",
    "gen_ai.agent.description": "d",
    "gen_ai.conversation.id": "c"
  })
  const workflow = render({ _tag: "agent", operation: "invoke_workflow", name: "trip" })
  expect(workflow["gen_ai.workflow.name"]).toBe("trip")
  expect(workflow).not.toHaveProperty(["gen_ai.agent.name"])
  expect(render({ ...chat, conversationId: "c", dataSourceId: "vs" })).toMatchObject({
    "gen_ai.conversation.id": "c",
    "gen_ai.data_source.id": "vs"
  })
  expect(render({ ...chat, operation: "create_memory" })["langtrace.service.type"]).toBe("vectordb")
})

it("a tool shows what it took and answered", () => {
  expect(render({ _tag: "tool_call", name: "f", arguments: { a: 1 }, result: "Sunny." })).toEqual({
    "langtrace.service.type": "framework",
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "f",
    "gen_ai.tool.call.arguments": '{"a":1}',
    "gen_ai.tool.call.result": "Sunny."
  })
})
