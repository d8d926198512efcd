/**
 * The payload of a span, one tagged shape per role: plain, readonly data that a helper stores as it is. The schemas
 * decode what comes from a wire, a file or a plug-in; on the request path nothing is decoded (`PayloadReader` reads a
 * payload field by field when it is rendered).
 *
 * Units: durations and times to first chunk in seconds, costs in US dollars, tokens in tokens. What counts something is a whole number, and neither it
 * nor a price is negative: one that is does not fit.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Message, MessagePart, ToolDefinition } from "./Message.js"
import * as Operation from "./Operation.js"

const text = Schema.optional(Schema.String)
/** Finite, since neither JSON nor a back end can take anything else. */
const number = Schema.optional(Schema.Finite)
/** How many there are: whole, and never fewer than none. */
const count = Schema.optional(Schema.NonNegativeInt)
/** What was paid: zero is a price, less is none. */
const price = Schema.optional(Schema.Finite.pipe(Schema.nonNegative()))
const flag = Schema.optional(Schema.Boolean)
const texts = Schema.optional(Schema.Array(Schema.String))

/**
 * Why a span failed, as its back end should read it. `type` is a low-cardinality name (`error.type`).
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanError = Schema.Struct({
  type: Schema.String,
  message: text,
  /** The provider's own code, such as an HTTP status. */
  code: text,
  stackTrace: text,
  /** The model provider that answered with the error. */
  provider: text
})

/**
 * @since 0.1.0
 * @category models
 */
export type SpanError = typeof SpanError.Type

/**
 * Where a call went: host name or address, and port where it is known.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ServerAddress = Schema.Struct({ address: Schema.String, port: number })

/**
 * @since 0.1.0
 * @category models
 */
export type ServerAddress = typeof ServerAddress.Type

/**
 * Parameters of a model request.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RequestParameters = Schema.Struct({
  temperature: number,
  topP: number,
  topK: number,
  maxTokens: number,
  frequencyPenalty: number,
  presencePenalty: number,
  stopSequences: texts,
  seed: number,
  choiceCount: number,
  encodingFormats: texts,
  /** How hard the model was asked to think, in the very word that its provider was sent, such as `low`. */
  reasoningLevel: text
})

/**
 * @since 0.1.0
 * @category models
 */
export type RequestParameters = typeof RequestParameters.Type

const modality = Schema.optional(
  Schema.Struct({ inputTokens: count, outputTokens: count, cacheReadInputTokens: count })
)

/**
 * Tokens used. Cache and reasoning tokens are included in the input and output totals, as the GenAI conventions say, and so are those of each
 * modality, where a provider counts them apart.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Usage = Schema.Struct({
  inputTokens: count,
  outputTokens: count,
  totalTokens: count,
  cacheReadInputTokens: count,
  cacheCreationInputTokens: count,
  reasoningOutputTokens: count,
  text: modality,
  image: modality,
  audio: modality
})

/**
 * @since 0.1.0
 * @category models
 */
export type Usage = typeof Usage.Type

/**
 * What a call cost, in US dollars. Zero is a price; absent is unknown. `discount*` and `margin*` are the operator's
 * business and are hidden from tenants.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Cost = Schema.Struct({
  total: price,
  input: price,
  output: price,
  cacheRead: price,
  cacheCreation: price,
  toolUsage: price,
  original: price,
  discountAmount: number,
  discountPercent: number,
  marginFixedAmount: number,
  marginPercent: number,
  marginTotalAmount: number
})

/**
 * @since 0.1.0
 * @category models
 */
export type Cost = typeof Cost.Type

/**
 * The request that a caller sent to the gateway: the root of its trace.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ProxyRequest = Schema.TaggedStruct("proxy_request", {
  method: Schema.String,
  /** The route's template, such as `/v1/chat/completions`. */
  route: text,
  /** `http` or `https`. */
  scheme: text,
  /** The path without its query. */
  path: text,
  /** HTTP status code. */
  status: number,
  /** The host and port that the caller asked for. */
  server: Schema.optional(ServerAddress),
  /** Of HTTP, such as `1.1` or `2`. */
  networkProtocolVersion: text,
  /** What the caller asked and was answered, whatever was tried in between: back ends show a trace by its root. */
  systemInstructions: Schema.optional(Schema.Array(MessagePart)),
  inputMessages: Schema.optional(Schema.Array(Message)),
  outputMessages: Schema.optional(Schema.Array(Message)),
  error: Schema.optional(SpanError)
})

/**
 * @since 0.1.0
 * @category models
 */
export type ProxyRequest = typeof ProxyRequest.Type

/**
 * One attempt of a call to a model, or to what models lean on: a retrieval, a memory. A retry or a fall-back is a further `llm_call` beside it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const LlmCall = Schema.TaggedStruct("llm_call", {
  /** A name of the GenAI conventions, such as `chat`: see `Operation`. */
  operation: Schema.String,
  /** A name of the GenAI conventions, such as `openai`: see `ModelProvider`. */
  provider: Schema.String,
  requestModel: text,
  responseModel: text,
  responseId: text,
  systemFingerprint: text,
  parameters: Schema.optional(RequestParameters),
  usage: Schema.optional(Usage),
  finishReasons: texts,
  cost: Schema.optional(Cost),
  server: Schema.optional(ServerAddress),
  streaming: flag,
  /** Seconds from the request to the first chunk of a streamed answer. */
  timeToFirstChunk: number,
  outputType: text,
  conversationId: text,
  /** The answer that this request goes on from, such as `previous_response_id` of the Responses API. */
  previousResponseId: text,
  /** Whether what the model was given stands for a longer conversation. */
  compacted: flag,
  /** The gateway's own id of the call. */
  callId: text,
  callType: text,
  /** The template of the route on which the caller asked for it. */
  requestRoute: text,
  /** The deployment that was chosen behind `requestModel`; the operator's business. */
  providerModel: text,
  /** 1 for the first attempt. */
  attempt: count,
  /** Length and count of an embedding's vectors. */
  embedding: Schema.optional(Schema.Struct({ count, dimensions: count })),
  /** For `retrieval`: where was looked. */
  dataSourceId: text,
  /** For `retrieval`: what was found; content. */
  documents: Schema.optional(Schema.Array(Schema.Struct({ id: Schema.String, score: Schema.Finite, content: text }))),
  /** For operations on memories, such as `search_memory`: where they are kept, which one it was, and how many. */
  memory: Schema.optional(Schema.Struct({ storeId: text, recordId: text, recordCount: count })),
  /** For operations on memories: what was kept or found; content. */
  records: Schema.optional(
    Schema.Array(
      Schema.Struct({
        id: text,
        content: Schema.Unknown,
        score: number,
        metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
      })
    )
  ),
  tools: Schema.optional(Schema.Array(ToolDefinition)),
  /** How many tools were offered, where they themselves are not kept. */
  toolCount: count,
  systemInstructions: Schema.optional(Schema.Array(MessagePart)),
  inputMessages: Schema.optional(Schema.Array(Message)),
  outputMessages: Schema.optional(Schema.Array(Message)),
  error: Schema.optional(SpanError)
})

/**
 * @since 0.1.0
 * @category models
 */
export type LlmCall = typeof LlmCall.Type

/**
 * An agent at work: `invoke_agent {name}`. Its own model and tool calls nest inside.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Agent = Schema.TaggedStruct("agent", {
  /** Default `invoke_agent`; `name` is the agent's or the workflow's. */
  operation: Schema.optional(Operation.AgentOperation),
  name: text,
  id: text,
  description: text,
  version: text,
  provider: text,
  requestModel: text,
  conversationId: text,
  dataSourceId: text,
  outputType: text,
  previousResponseId: text,
  /** Of an agent that is a service of its own: where that is. */
  server: Schema.optional(ServerAddress),
  parameters: Schema.optional(RequestParameters),
  usage: Schema.optional(Usage),
  finishReasons: texts,
  tools: Schema.optional(Schema.Array(ToolDefinition)),
  systemInstructions: Schema.optional(Schema.Array(MessagePart)),
  inputMessages: Schema.optional(Schema.Array(Message)),
  outputMessages: Schema.optional(Schema.Array(Message)),
  error: Schema.optional(SpanError)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Agent = typeof Agent.Type

/**
 * Whether an agent is a service of its own, which its span calls: to create one always is such a call, and one at work is elsewhere where its server is
 * told. Any other is at work in this process.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isRemote = ({ operation, server }: Read<Agent>): boolean =>
  operation === "create_agent" || (operation !== "invoke_workflow" && server !== undefined)

/**
 * A tool run by the gateway itself: `execute_tool {name}`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ToolCall = Schema.TaggedStruct("tool_call", {
  name: Schema.String,
  callId: text,
  description: text,
  /** `function`, `extension` or `datastore`. */
  type: text,
  arguments: Schema.optional(Schema.Unknown),
  result: Schema.optional(Schema.Unknown),
  error: Schema.optional(SpanError)
})

/**
 * @since 0.1.0
 * @category models
 */
export type ToolCall = typeof ToolCall.Type

const mcp = {
  /** Of JSON-RPC; `2.0` goes without saying. */
  jsonrpcVersion: text,
  /** Of the protocol below MCP, such as `1.1` or `2` for HTTP. */
  networkProtocolVersion: text,
  /** The name of the MCP server as the gateway knows it. */
  serverName: text,
  sessionId: text,
  protocolVersion: text,
  requestId: text,
  transport: text,
  server: Schema.optional(ServerAddress),
  callId: text,
  error: Schema.optional(SpanError)
}

/**
 * A tool called on an MCP server: `tools/call {tool}`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const McpToolCall = Schema.TaggedStruct("mcp_tool_call", {
  /** `tools/call`, `prompts/get`, … */
  method: Schema.String,
  tool: text,
  prompt: text,
  resourceUri: text,
  arguments: Schema.optional(Schema.Unknown),
  result: Schema.optional(Schema.Unknown),
  cost: price,
  ...mcp
})

/**
 * @since 0.1.0
 * @category models
 */
export type McpToolCall = typeof McpToolCall.Type

/**
 * Whether a tool is called: what is asked of an MCP server may be a prompt or a resource too, which the conventions call no execution of a tool.
 *
 * @since 0.1.0
 * @category predicates
 */
export const callsTool = ({ method }: Read<McpToolCall>): boolean => method === "tools/call"

/**
 * A listing asked of an MCP server: `tools/list`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const McpListTools = Schema.TaggedStruct("mcp_list_tools", { method: Schema.String, ...mcp })

/**
 * @since 0.1.0
 * @category models
 */
export type McpListTools = typeof McpListTools.Type

/**
 * A check of what goes to a model or comes from it: `execute_guardrail {name}`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Guardrail = Schema.TaggedStruct("guardrail", {
  name: Schema.String,
  /** `pre_call`, `during_call`, `post_call`; several joined with a comma. */
  mode: text,
  /** `success`, `guardrail_intervened`, `guardrail_failed_to_respond`, … */
  status: text,
  /** `NONE`, `BLOCKED`, `MASKED`, … */
  action: text,
  provider: text,
  /** How many entities of each kind were masked, such as `{ EMAIL: 2 }`. */
  maskedEntities: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.NonNegativeInt })),
  categories: texts,
  confidenceScore: number,
  riskScore: number,
  /** Seconds. */
  duration: number,
  policy: text,
  id: text,
  transactionId: text,
  detectionMethod: text,
  cost: price,
  costInSpend: flag,
  /** What the check itself consumed, such as `{ topicPolicyUnits: 1 }`: numbers alone, since it leaves where content does not. */
  usage: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Finite })),
  /** What the guardrail's provider answered; content. */
  response: Schema.optional(Schema.Unknown),
  error: Schema.optional(SpanError)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Guardrail = typeof Guardrail.Type

const service = {
  /** The service as the catalogue knows it: `redis`, `postgres`, `auth`, … */
  service: Schema.String,
  /** What was asked of it: `get`, `select`, … */
  callType: text,
  /** What it was asked about, from a closed set: a table, a cache family. */
  target: text,
  /** What asked for it, from a closed set: a part of the gateway. */
  caller: text,
  /** Of a cache that was asked about several keys at once: their families, from a closed set. */
  families: texts,
  endpoint: Schema.optional(ServerAddress),
  /** Extra facts; sanitised when rendered (see `Metadata`). */
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  error: Schema.optional(SpanError)
}

/**
 * A call to a database or cache.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DbCall = Schema.TaggedStruct("db_call", {
  /** `db.system.name`, such as `postgresql`. */
  system: text,
  namespace: text,
  /** A short word for what was asked, of few different values (`db.query.summary`), such as `SELECT teams`; never the query. */
  summary: text,
  ...service
})

/**
 * @since 0.1.0
 * @category models
 */
export type DbCall = typeof DbCall.Type

/**
 * Work of an inner service, or a live phase of the request such as `auth`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Service = Schema.TaggedStruct("service", {
  /** For a phase: its name and the route, such as `auth /v1/chat/completions`. */
  phase: text,
  ...service
})

/**
 * @since 0.1.0
 * @category models
 */
export type Service = typeof Service.Type

/**
 * Every payload.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanData = Schema.Union(
  ProxyRequest,
  LlmCall,
  Agent,
  ToolCall,
  McpToolCall,
  McpListTools,
  Guardrail,
  DbCall,
  Service
)

/**
 * @since 0.1.0
 * @category models
 */
export type SpanData = typeof SpanData.Type

/**
 * The payload of one role.
 *
 * @since 0.1.0
 * @category models
 */
export type Of<Role extends SpanData["_tag"]> = Extract<SpanData, { readonly _tag: Role }>

/**
 * A payload as a reader hands it on: the tag is certain, and any other field may have been left out because it did not
 * fit.
 *
 * @since 0.1.0
 * @category models
 */
export type Read<Data extends SpanData = SpanData> = Data extends SpanData
  ? { readonly _tag: Data["_tag"] } & { readonly [K in Exclude<keyof Data, "_tag">]?: Data[K] | undefined }
  : never

/**
 * The schema of each role, by role.
 *
 * @since 0.1.0
 * @category schemas
 */
export const schemas = {
  proxy_request: ProxyRequest,
  llm_call: LlmCall,
  agent: Agent,
  tool_call: ToolCall,
  mcp_tool_call: McpToolCall,
  mcp_list_tools: McpListTools,
  guardrail: Guardrail,
  db_call: DbCall,
  service: Service
} as const

/**
 * The fields that carry what people wrote or models and tools answered, in whatever payload they stand.
 *
 * @since 0.1.0
 * @category constants
 */
export const contentFields = [
  "systemInstructions",
  "inputMessages",
  "outputMessages",
  "tools",
  "documents",
  "records",
  "arguments",
  "result",
  "response"
] as const

/**
 * Whether there is any content in a payload.
 *
 * @since 0.1.0
 * @category predicates
 */
export const hasContent = (data: Read): boolean => {
  const fields = data as { readonly [_ in (typeof contentFields)[number]]?: unknown }
  return (contentOf[data._tag] ?? contentFields).some((field) => fields[field] !== undefined)
}

const isContent = (field: string): boolean => (contentFields as ReadonlyArray<string>).includes(field)

/** By role, the fields that are not always absent. */
const contentOf: { readonly [_ in keyof typeof schemas]?: ReadonlyArray<(typeof contentFields)[number]> } =
  Object.fromEntries(
    Object.entries(schemas).map(([role, { fields }]) => [role, contentFields.filter((field) => field in fields)])
  )

/**
 * A payload without its content. Sizes, counts and names stay.
 *
 * @since 0.1.0
 * @category narrowing
 */
export const withoutContent = <Data extends Read>(data: Data): Data => {
  if (!hasContent(data)) return data
  const fields = data as Readonly<Record<string, unknown>>
  const kept: Record<string, unknown> = {}
  // Not a copy from which they are deleted: whoever reads such an object is slow.
  for (const field of Object.keys(data)) if (!isContent(field)) kept[field] = fields[field]
  if (data._tag === "llm_call" && data.tools !== undefined) kept.toolCount = data.toolCount ?? data.tools.length
  // The tag and all that is required stay: every content field is optional.
  return kept as unknown as Data
}
