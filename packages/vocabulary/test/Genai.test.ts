import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { Message, MessagePart, ToolDefinition } from "@tenant-tracer/model/Message"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import { Ajv } from "ajv"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as AttributeMap from "../src/AttributeMap.js"
import * as Genai from "../src/Genai.js"
import * as Vocabularies from "../src/Vocabularies.js"

const genai = Vocabularies.all.filter(({ name }) => name === "genai")

const render = (
  data: SpanData.Read | undefined,
  { vocabulary = Genai.v1_41, ...options }: Partial<TypedSpan> & { readonly vocabulary?: Vocabulary } = {}
) => AttributeMap.collect(vocabulary, { name: "x", data, facts: {}, isRoot: false, error: undefined, ...options })

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const ajv = new Ajv({ strict: false, formats: { binary: true } })

const isGeneric = (alternative: unknown): boolean =>
  typeof alternative === "object" &&
  alternative !== null &&
  "$ref" in alternative &&
  String(alternative.$ref).startsWith("#/$defs/GenericPart")

/** A part of any kind with fields of any name passes as a generic one, so that none of those counts. */
const validator = (name: string) =>
  ajv.compile(
    JSON.parse(fs.readFileSync(new URL(`./schemas/${name}.schema.json`, import.meta.url), "utf8"), (_, value) =>
      Array.isArray(value) ? value.filter((each) => !isGeneric(each)) : value
    )
  )

const valid = (validate: ReturnType<typeof validator>, text: unknown) => {
  if (text === undefined) return
  expect(validate(JSON.parse(String(text))), JSON.stringify(validate.errors)).toBe(true)
}

describe("the published JSON schemas", () => {
  const input = validator("input-messages")
  const output = validator("output-messages")
  const instructions = validator("system-instructions")
  const definitions = validator("tool-definitions")
  const retrieved = validator("retrieval-documents")

  it("refuse what is no message, so that the properties below can fail", () => {
    expect(input([{ role: "user" }])).toBe(false)
    expect(input([{ role: "tool", parts: [{ type: "tool_call_response", id: "c" }] }])).toBe(false)
    expect(output([{ role: "assistant", parts: [] }])).toBe(false)
    expect(instructions([{ content: "x" }])).toBe(false)
    expect(definitions([{ name: "x" }])).toBe(false)
    expect(retrieved([{ id: "x" }])).toBe(false)
  })

  const withMessages = genai.filter(({ keys }) => "gen_ai.input.messages" in keys)

  it.each([[new Uint8Array([1])], [() => 1], [Symbol("s")], [undefined], [{ toJSON: () => undefined }]])(
    "accept the answer of a tool, and a memory, of which JSON can say nothing: %s",
    (response) => {
      const messages = [{ role: "tool", parts: [{ type: "tool_call_response", id: "c", response }] }] as const
      for (const vocabulary of withMessages) {
        const attributes = render({ ...chat, inputMessages: messages, outputMessages: messages }, { vocabulary })
        valid(input, attributes["gen_ai.input.messages"])
        valid(output, attributes["gen_ai.output.messages"])
      }
      const flat = render({ ...chat, inputMessages: messages }, { vocabulary: Genai.v1_36 })
      expect(flat["gen_ai.prompt"]).toBe('[{"role":"tool","content":null,"tool_call_id":"c"}]')
      const kept = render(
        { ...chat, operation: "update_memory", records: [{ id: "a", content: response }] },
        { vocabulary: Genai.next }
      )
      expect(kept["gen_ai.memory.records"]).toBe('[{"id":"a","content":null}]')
    }
  )

  it("show what a model called and was offered as it was, where reading its numbers would change them", () => {
    const given = '{"id":1234567890123456789}'
    const bounds = '{"maximum":9223372036854775807}'
    const attributes = render({
      ...chat,
      tools: [{ name: "f", parameters: bounds }],
      outputMessages: [{ role: "assistant", parts: [{ type: "tool_call", name: "f", arguments: given }] }]
    })
    expect(JSON.parse(String(attributes["gen_ai.output.messages"]))[0].parts[0].arguments).toBe(given)
    expect(JSON.parse(String(attributes["gen_ai.tool.definitions"]))[0].parameters).toBe(bounds)
  })

  it.prop(
    "accept every message, instruction, tool and document that fits our schemas, in every version that has them",
    [
      FastCheck.constantFrom(...withMessages),
      Schema.Array(Message),
      Schema.Array(Message),
      Schema.Array(MessagePart),
      Arbitrary.make(Schema.Array(ToolDefinition)),
      Schema.Array(Schema.String),
      Arbitrary.make(SpanData.LlmCall.pick("documents"))
    ],
    ([vocabulary, inputMessages, outputMessages, systemInstructions, tools, finishReasons, { documents }]) => {
      const data = { inputMessages, outputMessages, systemInstructions, tools, finishReasons }
      const attributes = render({ ...chat, ...data }, { vocabulary })
      const found = render({ ...chat, operation: "retrieval", documents }, { vocabulary })
      valid(input, attributes["gen_ai.input.messages"])
      valid(output, attributes["gen_ai.output.messages"])
      valid(instructions, attributes["gen_ai.system_instructions"])
      valid(definitions, attributes["gen_ai.tool.definitions"])
      valid(retrieved, found["gen_ai.retrieval.documents"])
      expect(attributes["gen_ai.input.messages"] === undefined).toBe(inputMessages.length === 0)
    },
    { fastCheck: { numRuns: 600 } }
  )
})

describe("versions", () => {
  const newKeys = (older: Vocabulary, newer: Vocabulary) =>
    Object.keys(newer.keys).filter((key) => !(key in older.keys) && !/^(mcp|jsonrpc|rpc|network)\./.test(key))

  it("each adds what the conventions' registry added in that version", () => {
    expect(newKeys(Genai.v1_36, Genai.v1_37).sort()).toEqual([
      "gen_ai.input.messages",
      "gen_ai.output.messages",
      "gen_ai.provider.name",
      "gen_ai.system_instructions",
      "openai.response.system_fingerprint"
    ])
    expect(newKeys(Genai.v1_37, Genai.v1_38).sort()).toEqual([
      "gen_ai.embeddings.dimension.count",
      "gen_ai.tool.call.arguments",
      "gen_ai.tool.call.result",
      "gen_ai.tool.definitions"
    ])
    expect(newKeys(Genai.v1_38, Genai.v1_39)).toEqual(["gen_ai.prompt.name"])
    expect(newKeys(Genai.v1_39, Genai.v1_40).sort()).toEqual([
      "gen_ai.agent.version",
      "gen_ai.retrieval.documents",
      "gen_ai.retrieval.query.text",
      "gen_ai.usage.cache_creation.input_tokens",
      "gen_ai.usage.cache_read.input_tokens"
    ])
    expect(newKeys(Genai.v1_40, Genai.v1_41).sort()).toEqual([
      "gen_ai.request.stream",
      "gen_ai.response.time_to_first_chunk",
      "gen_ai.usage.reasoning.output_tokens",
      "gen_ai.workflow.name"
    ])
    const modalities = ["audio", "image", "text"].flatMap((modality) =>
      ["cache_read.input_tokens", "input_tokens", "output_tokens"].map((kind) => `gen_ai.usage.${modality}.${kind}`)
    )
    expect(newKeys(Genai.v1_41, Genai.next).sort()).toEqual(
      [
        "gen_ai.conversation.compacted",
        "gen_ai.memory.query.text",
        "gen_ai.memory.record.count",
        "gen_ai.memory.record.id",
        "gen_ai.memory.records",
        "gen_ai.memory.store.id",
        "gen_ai.prompt.version",
        "gen_ai.request.previous_response.id",
        "gen_ai.request.reasoning.level",
        "gen_ai.retrieval.top_k",
        "gen_ai.usage.cache_write.input_tokens",
        ...modalities
      ].sort()
    )
  })

  it("what is gone is gone", () => {
    expect(newKeys(Genai.v1_37, Genai.v1_36).sort()).toEqual([
      "gen_ai.completion",
      "gen_ai.openai.response.system_fingerprint",
      "gen_ai.prompt",
      "gen_ai.system"
    ])
    expect(newKeys(Genai.next, Genai.v1_41)).toEqual(["gen_ai.usage.cache_creation.input_tokens"])
  })

  it("MCP has its conventions from 1.39 on", () => {
    const listing = (vocabulary: Vocabulary) =>
      render({ _tag: "mcp_list_tools", method: "tools/list", sessionId: "s", transport: "stdio" }, { vocabulary })
    const expected = { "mcp.method.name": "tools/list", "mcp.session.id": "s", "network.transport": "pipe" }
    expect(genai.map(listing)).toEqual(
      genai.map(({ version }) => (["1.36", "1.37", "1.38"].includes(version) ? {} : expected))
    )
  })

  it("each names its schema, its pages and itself", () => {
    expect(genai.map(({ schemaUrl }) => schemaUrl)).toEqual([
      "https://opentelemetry.io/schemas/1.41.0",
      "https://opentelemetry.io/schemas/1.40.0",
      "https://opentelemetry.io/schemas/1.39.0",
      "https://opentelemetry.io/schemas/1.38.0",
      "https://opentelemetry.io/schemas/1.37.0",
      "https://opentelemetry.io/schemas/1.36.0",
      "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
    ])
    expect(genai.map(({ keys }) => keys["gen_ai.request.model"])).toEqual([
      "semconv 1.41 gen-ai/gen-ai-spans.md#inference",
      ...["1.40", "1.39", "1.38", "1.37", "1.36"].map((version) => `semconv ${version} gen-ai/gen-ai-spans.md`),
      "semconv-genai registry/attributes/gen-ai.md"
    ])
    expect(Genai.v1_36.keys["gen_ai.prompt"]).toBe("semconv 1.36 registry/attributes/gen-ai.md")
    expect(Genai.next.keys["mcp.method.name"]).toBe("semconv-genai gen-ai/mcp.md")
  })

  it("before 1.37 a provider is a system, some by another name", () => {
    const system = (provider: string) => render({ ...chat, provider }, { vocabulary: Genai.v1_36 })["gen_ai.system"]
    expect([system("openai"), system("x_ai"), system(""), system("toString")]).toEqual([
      "openai",
      "xai",
      undefined,
      "toString"
    ])
  })

  it("before 1.37 messages are those of chat APIs: text, parts where there is more, calls and answers", () => {
    const inputMessages = [
      {
        role: "user",
        parts: [
          { type: "text", content: "a" },
          { type: "text", content: "b" }
        ]
      },
      { role: "user", parts: [{ type: "uri", modality: "image", uri: "https://example.com/a.png" }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "c", response: 21 }] }
    ] as const
    const outputMessages = [
      { role: "assistant", parts: [{ type: "tool_call", id: "d", name: "f", arguments: "{}" }] }
    ] as const
    const attributes = render(
      { ...chat, systemInstructions: [{ type: "text", content: "Be brief." }], inputMessages, outputMessages },
      { vocabulary: Genai.v1_36 }
    )
    expect(JSON.parse(String(attributes["gen_ai.prompt"]))).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "ab" },
      { role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] },
      { role: "tool", content: "21", tool_call_id: "c" }
    ])
    expect(JSON.parse(String(attributes["gen_ai.completion"]))).toEqual([
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "d", type: "function", function: { name: "f", arguments: "{}" } }]
      }
    ])
  })

  it("to come: instructions are text, messages still tell why they ended, calls name their prompt", () => {
    const attributes = render(
      {
        ...chat,
        parameters: { topK: 40 },
        systemInstructions: [
          { type: "reasoning", content: "hm" },
          { type: "text", content: "Be brief." }
        ],
        outputMessages: [{ role: "assistant", parts: [], finishReason: "stop" }],
        finishReasons: ["stop"]
      },
      { vocabulary: Genai.next, facts: { promptName: "weather", promptVersion: "3" } }
    )
    expect(attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.request.top_k": 40,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.prompt.name": "weather",
      "gen_ai.prompt.version": "3",
      "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
      "gen_ai.output.messages": '[{"role":"assistant","parts":[],"finish_reason":"stop"}]'
    })
  })

  it("to come: what a request goes on from, how hard the model is to think, and what each modality took", () => {
    const data = {
      ...chat,
      previousResponseId: "resp_0",
      compacted: true,
      parameters: { reasoningLevel: "low" },
      usage: { inputTokens: 300, text: { inputTokens: 100, cacheReadInputTokens: 40 }, image: { inputTokens: 200 } }
    }
    const told = {
      "gen_ai.request.previous_response.id": "resp_0",
      "gen_ai.request.reasoning.level": "low",
      "gen_ai.conversation.compacted": true,
      "gen_ai.usage.text.input_tokens": 100,
      "gen_ai.usage.text.cache_read.input_tokens": 40,
      "gen_ai.usage.image.input_tokens": 200
    }
    expect(render(data, { vocabulary: Genai.next })).toMatchObject(told)
    for (const vocabulary of genai.filter(({ version }) => version !== "next")) {
      const keys = Object.keys(render(data, { vocabulary }))
      expect(keys.filter((key) => key in told)).toEqual([])
    }
  })

  it("to come: that a conversation was compacted is told, and never that it was not", () => {
    const told = (compacted?: boolean) => render({ ...chat, compacted }, { vocabulary: Genai.next })
    expect(told(true)).toHaveProperty(["gen_ai.conversation.compacted"], true)
    expect(told(false)).not.toHaveProperty(["gen_ai.conversation.compacted"])
    expect(told()).not.toHaveProperty(["gen_ai.conversation.compacted"])
  })

  it("to come: a memory is searched by a query and found in records, and has no messages", () => {
    const data = {
      _tag: "llm_call",
      operation: "search_memory",
      memory: { storeId: "s", recordCount: 2 },
      inputMessages: [{ role: "user", parts: [{ type: "text", content: "likes?" }] }],
      records: [{ id: "m", score: 0.5, content: "sun", metadata: { a: 1 } }, { content: undefined }]
    } as const
    expect(render(data, { vocabulary: Genai.next })).toEqual({
      "gen_ai.operation.name": "search_memory",
      "gen_ai.memory.store.id": "s",
      "gen_ai.memory.record.count": 2,
      "gen_ai.memory.query.text": "likes?",
      // The convention asks for content, which may be nothing.
      "gen_ai.memory.records": '[{"id":"m","content":"sun","score":0.5,"metadata":{"a":1}},{"content":null}]'
    })
    expect(render(data, { vocabulary: Genai.v1_41 })).toEqual({ "gen_ai.operation.name": "search_memory" })
  })

  it("to come: an agent at work here tells less of itself than one that is made, or that is elsewhere", () => {
    const server = { address: "agents.example.com" }
    const told = (operation: "create_agent" | "invoke_agent" | undefined, remote?: typeof server) =>
      render(
        {
          _tag: "agent",
          operation,
          id: "a",
          version: "1",
          provider: "openai",
          previousResponseId: "r",
          server: remote
        },
        { vocabulary: Genai.next }
      )
    expect(told("invoke_agent", server)).toEqual({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.id": "a",
      "gen_ai.agent.version": "1",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.previous_response.id": "r",
      "server.address": "agents.example.com"
    })
    expect(told("create_agent")).toMatchObject({ "gen_ai.agent.id": "a", "gen_ai.provider.name": "openai" })
    expect(told("invoke_agent")).toEqual({ "gen_ai.operation.name": "invoke_agent" })
    expect(told(undefined)).toEqual({ "gen_ai.operation.name": "invoke_agent" })
  })
})

describe("llm_call", () => {
  it("case 53: cache tokens are there when they are known and only then", () => {
    const usage = { inputTokens: 10, cacheReadInputTokens: 3, cacheCreationInputTokens: 7 }
    expect(render({ ...chat, usage })).toMatchObject({
      "gen_ai.usage.cache_read.input_tokens": 3,
      "gen_ai.usage.cache_creation.input_tokens": 7
    })
    const without = Object.keys(render({ ...chat, usage: { inputTokens: 10 } }))
    expect(without.filter((key) => key.includes("cache"))).toEqual([])
  })

  it("case 55: without messages there is no content", () => {
    const keys = Object.keys(render({ ...chat, finishReasons: ["stop"] }))
    expect(keys.filter((key) => key.endsWith("messages"))).toEqual([])
  })

  it("case 57: without a breakdown only the total is told", () => {
    const keys = Object.keys(render({ ...chat, cost: { total: 0.002 } }))
    expect(keys.filter((key) => key.startsWith("gateway.cost."))).toEqual(["gateway.cost.total"])
  })

  it("zero is a price", () => {
    expect(render({ ...chat, cost: { total: 0, marginFixedAmount: 0 } })).toMatchObject({
      "gateway.cost.total": 0,
      "gateway.cost.margin_fixed_amount": 0
    })
  })

  it("numbers that are floating-point on the wire stay so where they are whole", () => {
    const parameters = { temperature: 1, topP: 1, topK: 40, frequencyPenalty: 0, presencePenalty: 0, maxTokens: 256 }
    const span = { name: "x", facts: {}, isRoot: false, error: undefined }
    const data = { ...chat, parameters, timeToFirstChunk: 2, cost: { total: 1 } }
    const types = AttributeMap.attributes(Genai.v1_41, { ...span, data }).flatMap(({ key, type, value }) =>
      typeof value === "number" ? [[key, type]] : []
    )
    expect(Object.fromEntries(types)).toEqual({
      "gen_ai.request.temperature": "double",
      "gen_ai.request.top_p": "double",
      "gen_ai.request.top_k": "double",
      "gen_ai.request.frequency_penalty": "double",
      "gen_ai.request.presence_penalty": "double",
      "gen_ai.request.max_tokens": "int",
      "gen_ai.response.time_to_first_chunk": "double",
      "gateway.cost.total": "double"
    })
  })

  it("the conversation is the payload's, else the session's, and belongs to model calls and agents only", () => {
    const facts = { sessionId: "session-42" }
    expect(render({ ...chat, conversationId: "conv-1" }, { facts })["gen_ai.conversation.id"]).toBe("conv-1")
    expect(render(chat, { facts })["gen_ai.conversation.id"]).toBe("session-42")
    expect(render({ _tag: "service", service: "auth" }, { facts })).toEqual({
      "session.id": "session-42",
      "gateway.service.name": "auth"
    })
  })

  it("one choice goes without saying, other counts do not", () => {
    expect(render({ ...chat, parameters: { choiceCount: 1 } })).not.toHaveProperty("gen_ai.request.choice.count")
    expect(render({ ...chat, parameters: { choiceCount: 3 } })).toHaveProperty(["gen_ai.request.choice.count"], 3)
  })

  it("an unknown provider or model is left out", () => {
    expect(render({ ...chat, provider: "", requestModel: "" })).toEqual({ "gen_ai.operation.name": "chat" })
  })

  it("arguments that a model wrote as JSON text become an object, other text stays text", () => {
    const call = (args: string) =>
      render({
        ...chat,
        outputMessages: [{ role: "assistant", parts: [{ type: "tool_call", name: "f", arguments: args }] }]
      })["gen_ai.output.messages"]
    expect(call('{"a":1}')).toContain('"arguments":{"a":1}')
    expect(call('{"a":')).toContain('"arguments":"{\\"a\\":"')
    expect(call("Paris")).toContain('"arguments":"Paris"')
  })

  it("what a model answered without a reason has the reason of its choice, else an unknown one", () => {
    const answer = { role: "assistant", parts: [] }
    const reasons = (finishReasons?: ReadonlyArray<string>) =>
      JSON.parse(
        String(render({ ...chat, finishReasons, outputMessages: [answer, answer] })["gen_ai.output.messages"])
      ).map((message: { finish_reason: string }) => message.finish_reason)
    expect(reasons(["stop"])).toEqual(["stop", "unknown"])
    expect(reasons()).toEqual(["unknown", "unknown"])
  })

  it("a hostile value costs itself and nothing else", () => {
    const hostile = {
      good: 1,
      get bad(): string {
        throw new Error("no")
      }
    }
    expect(render({ _tag: "tool_call", name: "f", arguments: hostile })).toMatchObject({
      "gen_ai.tool.name": "f",
      "gen_ai.tool.call.arguments": '{"good":1}'
    })
  })
})

describe("errors", () => {
  it("the span's own error wins over its payload's, and its message is not an attribute", () => {
    const data = { ...chat, error: { type: "inner", message: "secret prompt" } }
    expect(render(data, { error: { type: "outer", message: "secret prompt" } })["error.type"]).toBe("outer")
    expect(render(data)["error.type"]).toBe("inner")
    expect(JSON.stringify(render(data))).not.toContain("secret prompt")
  })

  it("case 51: the error keys are pinned", () => {
    const error = { type: "ProxyException", message: "boom", code: "401", stackTrace: "tb", provider: "anthropic" }
    expect(render(undefined, { error })).toEqual({
      "error.type": "ProxyException",
      "gateway.provider.error.code": "401",
      "gateway.provider.error.stack_trace": "tb",
      "gateway.provider.error.provider": "anthropic"
    })
  })

  it("an error of which nobody knows the kind is one of another kind", () => {
    expect(render(chat, { error: { type: "", message: "boom" } })["error.type"]).toBe("_OTHER")
  })

  it("a request is an error of its status from 500 on", () => {
    const request = (status: number) => render({ _tag: "proxy_request", method: "GET", status })["error.type"]
    expect([request(499), request(500), request(503)]).toEqual([undefined, "500", "503"])
  })
})

it.each(Vocabularies.all.map((one) => [`${one.name} ${one.version}`, one] as const))(
  "%s: where an agent is that is a service of its own is told; a workflow is here",
  (_, vocabulary) => {
    const server = { address: "agents.example.com", port: 8443 }
    const told = (operation: "create_agent" | "invoke_agent" | "invoke_workflow" | undefined) => {
      const data = { _tag: "agent", name: "a", operation, server } as const
      const span = { name: "x", data, facts: {}, isRoot: false, error: undefined }
      return Object.keys(AttributeMap.collect(vocabulary, span)).filter((key) => key.startsWith("server."))
    }
    for (const operation of ["create_agent", "invoke_agent", undefined] as const) {
      expect(told(operation)).toEqual(["server.address", "server.port"])
    }
    expect(told("invoke_workflow")).toEqual([])
  }
)

describe("guardrail", () => {
  it("case 27: what is not told is not written", () => {
    const guardrail = { _tag: "guardrail", name: "pii" } as const
    expect(render({ ...guardrail, costInSpend: false })["gateway.guardrail.cost_in_spend"]).toBe(false)
    expect(render(guardrail)).toEqual({ "gateway.guardrail.name": "pii" })
    expect(render({ ...guardrail, maskedEntities: { EMAIL: 0 } })).toEqual({ "gateway.guardrail.name": "pii" })
    expect(render({ ...guardrail, usage: {} })).toEqual({ "gateway.guardrail.name": "pii" })
  })
})

describe("trace facts", () => {
  it("identity is on every span, the trace's own facts on its root", () => {
    const facts = {
      team: { id: "t1" },
      endUser: "u",
      user: "staff",
      traceName: "nightly",
      tags: ["a"],
      version: "canary"
    }
    expect(render(undefined, { facts })).toEqual({
      "gateway.team.id": "t1",
      "user.id": "u",
      "gateway.user.id": "staff"
    })
    expect(render(undefined, { facts, isRoot: true })).toMatchObject({
      "gateway.trace.name": "nightly",
      "gateway.trace.tags": ["a"],
      "gateway.trace.version": "canary"
    })
  })
})

describe("services", () => {
  it("metadata is sanitised", () => {
    const metadata = { table_name: "combined_view", count: 3, api_key: "sk-secret", nested: { x: 1 } }
    expect(render({ _tag: "service", service: "auth", metadata })).toEqual({
      "gateway.service.name": "auth",
      "gateway.metadata.table_name": "combined_view",
      "gateway.metadata.count": "3"
    })
  })

  it("a query has the summary that is known of it, else its operation with its one collection", () => {
    const summary = (data: { callType?: string; target?: string; summary?: string }) =>
      render({ _tag: "db_call", service: "postgres", ...data })["db.query.summary"]
    const asked = { callType: "select", target: "keys" }
    expect(summary({ ...asked, summary: "SELECT keys teams" })).toBe("SELECT keys teams")
    expect([summary(asked), summary({ callType: "select" }), summary({})]).toEqual([
      "select keys",
      undefined,
      undefined
    ])
  })

  it("a database names its system, by its service where nothing else does", () => {
    const system = (data: { service: string; system?: string }) =>
      render({ _tag: "db_call", ...data })["db.system.name"]
    expect([
      system({ service: "postgres", system: "cockroachdb" }),
      system({ service: "postgres" }),
      system({ service: "redis_daily_spend" }),
      system({ service: "ledger" })
    ]).toEqual(["cockroachdb", "postgresql", "redis", undefined])
  })

  it("what Redis is asked about is no collection", () => {
    const rendered = render({ _tag: "db_call", service: "redis", callType: "get", target: "llm_response" })
    expect(rendered).toMatchObject({ "db.operation.name": "get", "gateway.service.target": "llm_response" })
    expect(rendered).not.toHaveProperty(["db.collection.name"])
    expect(rendered).not.toHaveProperty(["db.query.summary"])
  })

  it("MCP's transports are the network's", () => {
    const transport = (name: string) => render({ _tag: "mcp_list_tools", method: "tools/list", transport: name })
    expect(transport("stdio")).toEqual({ "mcp.method.name": "tools/list", "network.transport": "pipe" })
    expect(transport("quic")["network.transport"]).toBe("quic")
    expect(transport("toString")["network.transport"]).toBe("toString")
  })
})
