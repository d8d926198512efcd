import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import * as Genai from "../src/Genai.js"
import { samples } from "../src/internal/samples.js"
import * as Vocabularies from "../src/Vocabularies.js"
import * as Weave from "../src/Weave.js"

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Weave.v1, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

const json = (value: unknown): unknown => JSON.parse(String(value))

it("the agents view finds what it reads of the GenAI conventions, and its own count of thoughts", () => {
  const data = {
    ...chat,
    usage: { inputTokens: 10, outputTokens: 5, reasoningOutputTokens: 2 },
    inputMessages: [said("user", "hi")]
  }
  expect(render(data)).toMatchObject({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "weave.usage.reasoning_tokens": 2
  })
  expect(json(render(data)["gen_ai.input.messages"])).toEqual([
    { role: "user", parts: [{ type: "text", content: "hi" }] }
  ])
})

it("it stands on the conventions: both on one destination write each key once and disagree nowhere", () => {
  const layered = Vocabularies.layer([{ name: "genai" }, { name: "weave" }])
  expect(layered._tag).toBe("Right")
  for (const { name, span } of samples) {
    expect(AttributeMap.collect(Weave.v1, span), name).toMatchObject(AttributeMap.collect(Genai.v1_41, span))
  }
})

describe("threads and turns", () => {
  it("a session is a thread on every span, and its request a turn with the trace's name", () => {
    const facts = { sessionId: "s1", traceName: "nightly-eval" }
    for (const { name, span } of samples) {
      for (const isRoot of [true, false]) {
        const attributes = AttributeMap.collect(Weave.v1, { ...span, facts, isRoot })
        expect(attributes["wandb.thread_id"], name).toBe("s1")
        expect(attributes["wandb.is_turn"], name).toBe(isRoot ? true : undefined)
        expect(attributes["wandb.display_name"], name).toBe(isRoot ? "nightly-eval" : undefined)
      }
    }
    expect(render(undefined, { isRoot: true })).toEqual({})
  })

  it("a conversation that the call itself names wins", () => {
    const facts = { sessionId: "s1" }
    expect(render({ ...chat, conversationId: "c1" }, { facts })["weave.conversation.id"]).toBe("c1")
    expect(render(chat, { facts })["weave.conversation.id"]).toBe("s1")
  })
})

it("user, tags and metadata are attributes of every call", () => {
  const facts = {
    endUser: "u1",
    tags: ["a"],
    metadata: { tier: "gold", tags: "x", team_id: "t2" },
    release: "1",
    promptVersion: "3",
    team: { id: "t1" }
  }
  for (const { name, span } of samples) {
    expect(AttributeMap.collect(Weave.v1, { ...span, facts }), name).toMatchObject({
      "wandb.attributes.user_id": "u1",
      "wandb.attributes.tags": ["a"],
      "wandb.attributes.tier": "gold",
      "wandb.attributes.release": "1",
      "wandb.attributes.prompt_version": "3",
      "wandb.attributes.team_id": "t1"
    })
  }
})

it("each span with a role has a kind", () => {
  const kinds = samples.map(({ name, span }) => [name, AttributeMap.collect(Weave.v1, span)["weave.span.kind"]])
  expect(Object.fromEntries(kinds)).toMatchObject({
    proxy_request: "chain",
    "llm_call.chat": "llm",
    "llm_call.embeddings": "embedding",
    "llm_call.retrieval": "retriever",
    agent: "agent",
    tool_call: "tool",
    mcp_tool_call: "tool",
    "mcp_tool_call.prompt": "chain",
    guardrail: "guardrail",
    none: undefined
  })
})

it("the traces view shows what tools, guardrails and look-ups took and answered", () => {
  const shown = (data: SpanData.Read) => {
    const { "input.value": input, "output.value": output } = render(data)
    return [input, output]
  }
  expect(shown({ _tag: "tool_call", name: "f", arguments: { a: 1 }, result: "Sunny." })).toEqual(['{"a":1}', "Sunny."])
  expect(shown({ _tag: "guardrail", name: "g", response: { ok: true } })).toEqual([undefined, '{"ok":true}'])
  expect(
    shown({ ...chat, operation: "retrieval", inputMessages: [said("user", "q")], documents: [{ id: "d", score: 1 }] })
  ).toEqual(["q", '[{"id":"d","score":1}]'])
  // Those of a conversation are read where the conventions have them, and not sent twice.
  expect(shown({ ...chat, inputMessages: [said("user", "hi")] })).toEqual([undefined, undefined])
})

it("a request's conversation stands in the traces view alone, so that all of it does", () => {
  const inputMessages = [
    { role: "user", parts: [{ type: "blob", modality: "image", mimeType: "image/png", content: "AA==" }] },
    { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "a chart" }] }
  ] as const
  expect(json(render({ _tag: "proxy_request", inputMessages })["input.value"])).toEqual([
    { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] },
    { role: "tool", content: "a chart", tool_call_id: "c1" }
  ])
})

it("an operation on memories is told by the traces view, and what it is about on the span", () => {
  const call = { _tag: "llm_call", memory: { storeId: "s", recordCount: 1 }, records: [{ content: "sun" }] } as const
  expect(render({ ...call, operation: "search_memory" })).toMatchObject({
    "weave.span.kind": "retriever",
    "output.value": '[{"content":"sun"}]',
    "wandb.attributes.memory_store": "s",
    "wandb.attributes.memory_record_count": 1
  })
  expect(render({ ...call, operation: "create_memory", previousResponseId: "r" })).toMatchObject({
    "weave.span.kind": "chain",
    "input.value": '[{"content":"sun"}]',
    "wandb.attributes.previous_response_id": "r"
  })
})
