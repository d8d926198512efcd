/**
 * A span of every role, and of every operation of a model call, with every field filled: what vocabularies are compared on before they are
 * layered, and what the golden files show.
 */
import type { Message } from "@tenant-tracer/model/Message"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"

const facts: TraceFacts = {
  team: { id: "t1", alias: "team one", metadata: { tier: "gold" } },
  key: { hash: "hsh", alias: "my-key" },
  user: "u9",
  organization: "o9",
  endUser: "customer-7",
  sessionId: "session-42",
  traceName: "nightly-eval",
  tags: ["nightly", "eval"],
  metadata: { tier: "gold" },
  environment: "production",
  release: "2026.1",
  version: "canary",
  promptName: "weather",
  promptVersion: "3"
}

const error: SpanData.SpanError = {
  type: "RateLimitError",
  message: "Slow down.",
  code: "429",
  stackTrace: "RateLimitError: Slow down.\n    at call (gateway.ts:1:1)",
  provider: "openai"
}

const server: SpanData.ServerAddress = { address: "api.openai.com", port: 443 }

const parameters: SpanData.RequestParameters = {
  temperature: 0.7,
  topP: 1,
  topK: 40,
  maxTokens: 256,
  frequencyPenalty: 0.1,
  presencePenalty: 0.2,
  stopSequences: ["STOP"],
  seed: 42,
  choiceCount: 2,
  reasoningLevel: "low"
}

const usage: SpanData.Usage = {
  inputTokens: 10,
  outputTokens: 5,
  totalTokens: 15,
  cacheReadInputTokens: 3,
  cacheCreationInputTokens: 7,
  reasoningOutputTokens: 2,
  text: { inputTokens: 4, outputTokens: 3, cacheReadInputTokens: 1 },
  image: { inputTokens: 5, outputTokens: 1, cacheReadInputTokens: 2 },
  audio: { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 0 }
}

const cost: SpanData.Cost = {
  total: 0.002,
  input: 0.001,
  output: 0.0005,
  cacheRead: 0.0001,
  cacheCreation: 0.0002,
  toolUsage: 0.0003,
  original: 0.003,
  discountAmount: 0.001,
  discountPercent: 33,
  marginFixedAmount: 0,
  marginPercent: 10,
  marginTotalAmount: 0.0002
}

const question: Message = { role: "user", parts: [{ type: "text", content: "What's the weather in Paris?" }] }

const inputMessages: ReadonlyArray<Message> = [
  question,
  {
    role: "user",
    name: "ada",
    parts: [
      { type: "text", content: "hi " },
      { type: "blob", modality: "image", mimeType: "image/png", content: "iVBORw0KGgo=" },
      { type: "uri", modality: "audio", uri: "https://example.com/question.mp3" },
      { type: "file", modality: "video", fileId: "file-1" },
      { type: "text", content: "there" }
    ]
  },
  {
    role: "assistant",
    parts: [
      { type: "reasoning", content: "I need the weather." },
      { type: "tool_call", id: "call_a", name: "lookup_weather", arguments: '{"city":"Paris"}' }
    ]
  },
  {
    role: "tool",
    name: "lookup_weather",
    parts: [{ type: "tool_call_response", id: "call_a", response: { celsius: 21 } }]
  }
]

const outputMessages: ReadonlyArray<Message> = [
  { role: "assistant", parts: [{ type: "text", content: "Sunny." }], finishReason: "stop" },
  {
    role: "assistant",
    parts: [{ type: "tool_call", id: "call_b", name: "lookup_weather", arguments: { city: "Rome" } }]
  }
]

const llmCall: SpanData.LlmCall = {
  _tag: "llm_call",
  operation: "chat",
  provider: "openai",
  requestModel: "gpt-4o",
  responseModel: "gpt-4o-2024",
  responseId: "resp_1",
  systemFingerprint: "fp_abc",
  parameters,
  usage,
  finishReasons: ["stop", "tool_call"],
  cost,
  server,
  streaming: true,
  timeToFirstChunk: 0.25,
  outputType: "text",
  previousResponseId: "resp_0",
  compacted: true,
  callId: "c1",
  requestRoute: "/v1/chat/completions",
  toolCount: 1,
  callType: "acompletion",
  providerModel: "azure/my-deployment",
  attempt: 1
}

const embeddings: SpanData.LlmCall = {
  _tag: "llm_call",
  operation: "embeddings",
  provider: "mistral_ai",
  requestModel: "mistral-embed",
  responseModel: "mistral-embed",
  parameters: { encodingFormats: ["float"] },
  usage: { inputTokens: 2, totalTokens: 2 },
  cost: { total: 0 },
  embedding: { count: 2, dimensions: 1536 },
  inputMessages: [question, { role: "user", parts: [{ type: "text", content: "hello" }] }]
}

const retrieval: SpanData.LlmCall = {
  _tag: "llm_call",
  operation: "retrieval",
  provider: "openai",
  dataSourceId: "vs_1",
  parameters: { topK: 5 },
  inputMessages: [question, { role: "user", parts: [{ type: "text", content: "And in Rome?" }] }],
  documents: [{ id: "doc-1", score: 0.75, content: "Paris is sunny." }]
}

const memory: SpanData.LlmCall = {
  _tag: "llm_call",
  operation: "search_memory",
  provider: "",
  memory: { storeId: "preferences", recordCount: 1 },
  server: { address: "memory.example.com", port: 443 },
  inputMessages: [question],
  records: [{ id: "mem-1", score: 0.5, content: "Ada likes the sun.", metadata: { topic: "weather" } }]
}

const tool = { name: "lookup_weather", description: "Get weather", parameters: '{"type":"object"}' }

const agent: SpanData.Agent = {
  _tag: "agent",
  operation: "invoke_agent",
  name: "forecaster",
  id: "agent-1",
  description: "Tells the weather.",
  version: "1.2",
  provider: "openai",
  requestModel: "gpt-4o",
  conversationId: "conv-1",
  dataSourceId: "vs_1",
  outputType: "text",
  previousResponseId: "resp_0",
  parameters,
  usage,
  finishReasons: ["stop"],
  tools: [tool],
  systemInstructions: [{ type: "text", content: "Be concise." }],
  inputMessages: [question],
  outputMessages: [{ role: "assistant", parts: [{ type: "text", content: "Sunny." }] }]
}

const mcp = {
  serverName: "weather-mcp",
  sessionId: "sess-abc123",
  protocolVersion: "2025-06-18",
  requestId: "7",
  transport: "http",
  jsonrpcVersion: "1.0",
  networkProtocolVersion: "1.1",
  server: { address: "mcp.example.com", port: 8443 },
  callId: "mcp_call_1"
} as const

const guardrail: SpanData.Guardrail = {
  _tag: "guardrail",
  name: "presidio",
  mode: "pre_call",
  status: "guardrail_intervened",
  action: "MASKED",
  provider: "presidio",
  maskedEntities: { EMAIL: 2, PHONE: 1 },
  categories: ["pii"],
  confidenceScore: 1,
  riskScore: 0.5,
  duration: 0.05,
  policy: "EU AI Act Article 5",
  id: "gd-eu-pii-001",
  transactionId: "tx-123",
  detectionMethod: "presidio",
  cost: 0.0001,
  costInSpend: false,
  usage: { characters: 42 },
  response: { violated_categories: ["pii"] }
}

const service = {
  service: "postgres",
  callType: "select",
  target: "teams",
  caller: "auth",
  families: ["team"],
  endpoint: { address: "db.internal", port: 5432 },
  metadata: { table_name: "combined_view", count: 3, api_key: "left out" }
} as const

const span = (name: string, data: SpanData.Read | undefined, options?: Partial<TypedSpan>): TypedSpan => ({
  name,
  data,
  facts,
  isRoot: false,
  error: undefined,
  startTime: Date.UTC(2026, 0, 1),
  ...options
})

/** `name` is the role, and for a model call the operation. */
export const samples: ReadonlyArray<{ readonly name: string; readonly span: TypedSpan }> = [
  {
    name: "proxy_request",
    span: span(
      "POST /v1/chat/completions",
      {
        _tag: "proxy_request",
        method: "POST",
        route: "/v1/chat/completions",
        path: "/v1/chat/completions",
        scheme: "https",
        status: 502,
        server: { address: "gateway.example.com", port: 8443 },
        networkProtocolVersion: "1.1",
        systemInstructions: [{ type: "text", content: "Be concise." }],
        inputMessages: [question],
        outputMessages: [{ role: "assistant", parts: [{ type: "text", content: "Sunny." }] }]
      },
      { isRoot: true }
    )
  },
  {
    name: "proxy_request.other_method",
    span: span("HTTP /v1/models", { _tag: "proxy_request", method: "BREW", route: "/v1/models", status: 405 })
  },
  {
    name: "llm_call.chat",
    span: span("chat gpt-4o", {
      ...llmCall,
      conversationId: "conv-1",
      tools: [tool],
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages,
      outputMessages
    })
  },
  { name: "llm_call.chat_failed", span: span("chat gpt-4o", llmCall, { error }) },
  {
    name: "llm_call.text_completion",
    span: span("text_completion grok-4", {
      _tag: "llm_call",
      operation: "text_completion",
      provider: "x_ai",
      requestModel: "grok-4",
      inputMessages: [question],
      outputMessages: [{ role: "assistant", parts: [{ type: "text", content: "Sunny." }], finishReason: "length" }]
    })
  },
  {
    name: "llm_call.generate_content",
    span: span("generate_content gemini-2.5-flash", {
      _tag: "llm_call",
      operation: "generate_content",
      provider: "gcp.vertex_ai",
      requestModel: "gemini-2.5-flash",
      outputType: "image",
      systemFingerprint: "left out",
      inputMessages: [question],
      outputMessages: [
        {
          role: "assistant",
          parts: [{ type: "blob", modality: "image", mimeType: "image/png", content: "iVBORw0KGgo=" }]
        }
      ]
    })
  },
  { name: "llm_call.embeddings", span: span("embeddings mistral-embed", embeddings) },
  { name: "llm_call.retrieval", span: span("retrieval vs_1", retrieval) },
  { name: "llm_call.search_memory", span: span("search_memory", memory) },
  {
    name: "llm_call.update_memory",
    span: span("update_memory", {
      _tag: "llm_call",
      operation: "update_memory",
      provider: "openai",
      memory: { storeId: "preferences", recordId: "mem-1", recordCount: 1 },
      records: [{ id: "mem-1", content: { likes: ["sun"] } }]
    })
  },
  { name: "agent", span: span("invoke_agent forecaster", agent) },
  { name: "agent.remote", span: span("invoke_agent forecaster", { ...agent, server }) },
  {
    name: "agent.create",
    span: span("create_agent forecaster", {
      _tag: "agent",
      operation: "create_agent",
      name: "forecaster",
      id: "agent-1",
      version: "1.2",
      provider: "openai",
      requestModel: "gpt-4o",
      server
    })
  },
  {
    name: "agent.workflow",
    span: span("invoke_workflow trip", { _tag: "agent", operation: "invoke_workflow", name: "trip" })
  },
  {
    name: "tool_call",
    span: span("execute_tool lookup_weather", {
      _tag: "tool_call",
      name: "lookup_weather",
      callId: "call_a",
      description: "Get weather",
      type: "function",
      arguments: { city: "Paris" },
      result: "Sunny."
    })
  },
  {
    name: "mcp_tool_call",
    span: span("tools/call get_weather", {
      _tag: "mcp_tool_call",
      method: "tools/call",
      tool: "get_weather",
      arguments: { city: "Paris" },
      result: { temp_c: 21 },
      cost: 0.01,
      ...mcp,
      error: { type: "tool_error" }
    })
  },
  {
    name: "mcp_tool_call.refused",
    span: span("tools/call get_weather", {
      _tag: "mcp_tool_call",
      method: "tools/call",
      tool: "get_weather",
      ...mcp,
      error: { type: "McpError", message: "Invalid params", code: "-32602" }
    })
  },
  {
    name: "mcp_tool_call.prompt",
    span: span("prompts/get analyze", {
      _tag: "mcp_tool_call",
      method: "prompts/get",
      prompt: "analyze",
      resourceUri: "file:///report.pdf",
      transport: "stdio"
    })
  },
  { name: "mcp_list_tools", span: span("tools/list", { _tag: "mcp_list_tools", method: "tools/list", ...mcp }) },
  { name: "guardrail", span: span("execute_guardrail presidio", guardrail) },
  {
    name: "db_call",
    span: span("SELECT teams", {
      _tag: "db_call",
      system: "postgresql",
      namespace: "gateway",
      summary: "SELECT teams",
      ...service,
      error: { type: "DBError", message: "could not serialize access", code: "40001" }
    })
  },
  {
    name: "service",
    span: span("auth /v1/chat/completions", {
      _tag: "service",
      phase: "auth /v1/chat/completions",
      ...service,
      service: "auth"
    })
  },
  { name: "none", span: span("cron", undefined) }
]

/** Payloads of one role, one over the other, are a payload of that role. */
const everything = (data: SpanData.Read): SpanData.Read =>
  Object.assign({}, ...samples.flatMap(({ span }) => (span.data?._tag === data._tag ? [span.data] : [])), data)

/**
 * Each sample with every field that any of its role has and an error, as the root: the most that there is to say of a span at once. Of two values the
 * sample's own stays.
 */
export const fullest: typeof samples = samples.map(({ name, span }) => ({
  name,
  span: { ...span, data: span.data && everything(span.data), error, isRoot: true }
}))
