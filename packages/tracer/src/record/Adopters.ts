/**
 * Spans that libraries make (`@effect/sql`, `@effect/ai`, people's own) adopted into a role: by name where a library always uses the same one, by
 * an attribute of the conventions elsewhere. Only the attributes named here are read; whatever else such a span carries stays with the operator.
 *
 * @since 0.1.0
 */
import * as McpTransport from "@tenant-tracer/model/McpTransport"
import * as ModelProvider from "@tenant-tracer/model/ModelProvider"
import * as Operation from "@tenant-tracer/model/Operation"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import type { AttributeValue } from "./RecordedSpan.js"

/**
 * The role of a span that is known by its name when it begins.
 *
 * @since 0.1.0
 * @category adoption
 */
export const roleOfName = (name: string): SpanRole | undefined => (name === "sql.execute" ? "db_call" : undefined)

/**
 * The role that an attribute gives to the span it is written on. A transaction of `@effect/sql` has the attributes of its statements and is none.
 *
 * @since 0.1.0
 * @category adoption
 */
export const roleOfAttribute = (name: string, key: string, value: unknown): SpanRole | undefined => {
  switch (key) {
    case "db.system.name":
      return name === "sql.transaction" ? undefined : "db_call"
    case "mcp.method.name":
      return typeof value === "string" && value.endsWith("/list") ? "mcp_list_tools" : "mcp_tool_call"
    case "gen_ai.operation.name":
      return value === "execute_tool" ? "tool_call" : Operation.agentOf(value) ? "agent" : "llm_call"
    default:
      return undefined
  }
}

/**
 * Whether an attribute says which database a span is of.
 *
 * @since 0.1.0
 * @category adoption
 */
export const namesSystem = (key: string): boolean => key === "db.system.name" || key === "db.system"

/**
 * The payload of an adopted span.
 *
 * @since 0.1.0
 * @category adoption
 */
export const dataOf = (
  role: SpanRole,
  attributes: ReadonlyMap<string, AttributeValue>
): SpanData.SpanData | undefined => readers[role]?.(reader(attributes))

const statements =
  /^\s*(select|insert|update|delete|merge|replace|with|create|alter|drop|truncate|begin|commit|rollback|savepoint|explain|pragma|copy|call|set|show)\b/i

const readers: { readonly [Role in SpanRole]?: (read: Reader) => SpanData.SpanData } = {
  db_call: (read) => {
    const system = read.text("db.system.name") ?? read.text("db.system")
    const statement = statements.exec(read.text("db.query.text") ?? read.text("db.operation.name") ?? "")?.[1]
    return {
      _tag: "db_call",
      service: system ?? "database",
      system,
      callType: statement?.toLowerCase(),
      summary: read.text("db.query.summary"),
      namespace: read.text("db.namespace"),
      endpoint: server(read)
    }
  },
  llm_call: (read) => ({
    _tag: "llm_call",
    operation: read.text("gen_ai.operation.name") ?? "chat",
    provider: ModelProvider.normalize(read.text("gen_ai.provider.name") ?? read.text("gen_ai.system") ?? ""),
    requestModel: read.text("gen_ai.request.model"),
    responseModel: read.text("gen_ai.response.model"),
    responseId: read.text("gen_ai.response.id"),
    finishReasons: read.texts("gen_ai.response.finish_reasons"),
    parameters: {
      temperature: read.number("gen_ai.request.temperature"),
      topP: read.number("gen_ai.request.top_p"),
      topK: read.number("gen_ai.request.top_k"),
      maxTokens: read.number("gen_ai.request.max_tokens"),
      frequencyPenalty: read.number("gen_ai.request.frequency_penalty"),
      presencePenalty: read.number("gen_ai.request.presence_penalty"),
      seed: read.number("gen_ai.request.seed"),
      reasoningLevel: read.text("gen_ai.request.reasoning.level")
    },
    usage: {
      inputTokens: read.number("gen_ai.usage.input_tokens"),
      outputTokens: read.number("gen_ai.usage.output_tokens"),
      cacheReadInputTokens: read.number("gen_ai.usage.cache_read.input_tokens"),
      cacheCreationInputTokens:
        read.number("gen_ai.usage.cache_write.input_tokens") ?? read.number("gen_ai.usage.cache_creation.input_tokens"),
      reasoningOutputTokens: read.number("gen_ai.usage.reasoning.output_tokens")
    },
    previousResponseId: read.text("gen_ai.request.previous_response.id"),
    compacted: read.flag("gen_ai.conversation.compacted"),
    dataSourceId: read.text("gen_ai.data_source.id"),
    memory: {
      storeId: read.text("gen_ai.memory.store.id"),
      recordId: read.text("gen_ai.memory.record.id"),
      recordCount: read.number("gen_ai.memory.record.count")
    },
    server: server(read)
  }),
  agent: (read) => ({
    _tag: "agent",
    operation: Operation.agentOf(read.text("gen_ai.operation.name")),
    name: read.text("gen_ai.agent.name") ?? read.text("gen_ai.workflow.name"),
    id: read.text("gen_ai.agent.id"),
    requestModel: read.text("gen_ai.request.model"),
    provider: read.text("gen_ai.provider.name"),
    server: server(read)
  }),
  tool_call: (read) => ({
    _tag: "tool_call",
    name: read.text("gen_ai.tool.name") ?? "",
    callId: read.text("gen_ai.tool.call.id"),
    type: read.text("gen_ai.tool.type")
  }),
  mcp_tool_call: (read) => ({
    _tag: "mcp_tool_call",
    method: read.text("mcp.method.name") ?? "tools/call",
    tool: read.text("gen_ai.tool.name"),
    prompt: read.text("gen_ai.prompt.name"),
    resourceUri: read.text("mcp.resource.uri"),
    ...mcp(read)
  }),
  mcp_list_tools: (read) => ({
    _tag: "mcp_list_tools",
    method: read.text("mcp.method.name") ?? "tools/list",
    ...mcp(read)
  })
}

interface Reader {
  readonly text: (key: string) => string | undefined
  readonly number: (key: string) => number | undefined
  readonly flag: (key: string) => boolean | undefined
  readonly texts: (key: string) => ReadonlyArray<string> | undefined
}

const reader = (attributes: ReadonlyMap<string, AttributeValue>): Reader => ({
  text: (key) => {
    const value = attributes.get(key)
    return typeof value === "string" ? value : undefined
  },
  number: (key) => {
    const value = attributes.get(key)
    return typeof value === "number" ? value : undefined
  },
  flag: (key) => {
    const value = attributes.get(key)
    return typeof value === "boolean" ? value : undefined
  },
  texts: (key) => {
    const value = attributes.get(key)
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined
  }
})

const mcp = (read: Reader) => ({
  sessionId: read.text("mcp.session.id"),
  protocolVersion: read.text("mcp.protocol.version"),
  requestId: read.text("jsonrpc.request.id"),
  jsonrpcVersion: read.text("jsonrpc.protocol.version"),
  transport: McpTransport.named(read.text("network.transport"), read.text("network.protocol.name")),
  networkProtocolVersion: read.text("network.protocol.version"),
  server: server(read)
})

const server = (read: Reader): SpanData.ServerAddress | undefined => {
  const address = read.text("server.address")
  return address === undefined ? undefined : { address, port: read.number("server.port") }
}
