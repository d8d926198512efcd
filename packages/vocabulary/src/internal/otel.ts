/**
 * The stable OpenTelemetry conventions that every vocabulary may lean on: errors, servers, sessions and users, HTTP servers, databases, MCP.
 */
import * as DatabaseCall from "@tenant-tracer/model/DatabaseCall"
import * as HttpMethod from "@tenant-tracer/model/HttpMethod"
import * as McpTransport from "@tenant-tracer/model/McpTransport"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import { filled, from, type WriterOf } from "./keyTable.js"

/** The version of the conventions that are cited here: what is stable in it is so in every later one. */
const semconv = "semconv 1.44"

export const errorKeys = from(`${semconv} registry/attributes/error.md#error-attributes`, "error.type")

/**
 * The kind of error; `_OTHER` is one of which nobody knows the kind. Its message belongs to the span's status: `error.message` is deprecated on
 * spans. What the caller did wrong is no error of an HTTP server's. A JSON-RPC error of an MCP server's is known by its code; `tool_error` is an answer
 * that says itself that the tool failed, and has none.
 */
export const error = (span: TypedSpan, out: WriterOf<typeof errorKeys>): void => {
  const failure = errorOf(span)
  const status = span.data?._tag === "proxy_request" ? span.data.status : undefined
  const isMcp = span.data?._tag === "mcp_tool_call" || span.data?._tag === "mcp_list_tools"
  if (failure !== undefined)
    out.string("error.type", (isMcp ? filled(failure.code) : undefined) ?? filled(failure.type) ?? "_OTHER")
  else if (status !== undefined && status >= 500) out.string("error.type", String(status))
}

/** The span's error; else the one that its payload tells of. */
export const errorOf = (span: TypedSpan): SpanData.SpanError | undefined => span.error ?? span.data?.error

export const serverKeys = from(
  `${semconv} registry/attributes/server.md#server-attributes`,
  "server.address",
  "server.port"
)

export const server = (address: SpanData.ServerAddress | undefined, out: WriterOf<typeof serverKeys>): void => {
  out.string("server.address", address?.address)
  out.int("server.port", address?.port)
}

/** An agent that is a service of its own says where that is; one at work in this process makes calls that say where they went. */
export const agentServer = (data: SpanData.Read<SpanData.Agent>, out: WriterOf<typeof serverKeys>): void => {
  if (SpanData.isRemote(data)) server(data.server, out)
}

export const sessionKeys = {
  ...from(`${semconv} registry/attributes/session.md#session-attributes`, "session.id"),
  ...from(`${semconv} registry/attributes/user.md#user-attributes`, "user.id"),
  ...from(`${semconv} registry/attributes/deployment.md#deployment-attributes`, "deployment.environment.name")
}

/** `user.id` is the end user: the tenant's own identities are `gateway.*`. */
export const session = ({ facts }: TypedSpan, out: WriterOf<typeof sessionKeys>): void => {
  out.string("session.id", facts.sessionId)
  out.string("user.id", facts.endUser)
  out.string("deployment.environment.name", facts.environment)
}

export const httpKeys = {
  ...serverKeys,
  ...from(
    `${semconv} http/http-spans.md#http-server-span`,
    "http.request.method",
    "http.request.method_original",
    "http.route",
    "http.response.status_code",
    "network.protocol.version",
    "url.path",
    "url.scheme"
  )
}

/**
 * A method outside the closed set is `_OTHER`, as the conventions have it; that the protocol is HTTP goes without saying. What they recommend beside
 * these are the query, headers (such as who the agent says that it is) and addresses of whoever called, which are not recorded.
 */
export const http = (data: SpanData.Read<SpanData.ProxyRequest>, out: WriterOf<typeof httpKeys>): void => {
  const known = data.method === undefined || HttpMethod.isKnown(data.method)
  out.string("http.request.method", known ? data.method : "_OTHER")
  out.string("http.request.method_original", known ? undefined : data.method)
  out.string("http.route", data.route)
  out.string("url.path", data.path)
  out.string("url.scheme", data.scheme)
  out.int("http.response.status_code", data.status)
  out.string("network.protocol.version", data.networkProtocolVersion)
  server(data.server, out)
}

export const databaseKeys = {
  ...serverKeys,
  ...from(
    `${semconv} db/database-spans.md#span-definition`,
    "db.system.name",
    "db.operation.name",
    "db.namespace",
    "db.collection.name",
    "db.query.summary",
    "db.response.status_code"
  )
}

/** The text of a query is not recorded, nor a port that goes without saying. */
export const database = (
  data: SpanData.Read<SpanData.DbCall>,
  error: SpanData.SpanError | undefined,
  out: WriterOf<typeof databaseKeys>
): void => {
  const call = DatabaseCall.of(data)
  out.string("db.system.name", call.system)
  out.string("db.operation.name", call.operation)
  out.string("db.namespace", call.namespace)
  out.string("db.collection.name", call.collection)
  out.string("db.query.summary", call.summary)
  out.string("db.response.status_code", error?.code)
  out.string("server.address", call.address)
  out.int("server.port", call.port)
}

export const mcpKeys = {
  ...serverKeys,
  ...from(
    "semconv 1.41 gen-ai/mcp.md#client",
    "mcp.method.name",
    "gen_ai.prompt.name",
    "mcp.session.id",
    "mcp.protocol.version",
    "mcp.resource.uri",
    "jsonrpc.request.id",
    "jsonrpc.protocol.version",
    "rpc.response.status_code",
    "network.transport",
    "network.protocol.name",
    "network.protocol.version"
  )
}

export const mcp = (
  data: SpanData.Read<SpanData.McpToolCall | SpanData.McpListTools>,
  error: SpanData.SpanError | undefined,
  out: WriterOf<typeof mcpKeys>
): void => {
  const network = McpTransport.network(data.transport)
  out.string("mcp.method.name", data.method)
  out.string("gen_ai.prompt.name", data._tag === "mcp_tool_call" ? data.prompt : undefined)
  out.string("mcp.session.id", data.sessionId)
  out.string("mcp.protocol.version", data.protocolVersion)
  out.string("mcp.resource.uri", data._tag === "mcp_tool_call" ? data.resourceUri : undefined)
  out.string("jsonrpc.request.id", data.requestId)
  out.string("jsonrpc.protocol.version", data.jsonrpcVersion === "2.0" ? undefined : data.jsonrpcVersion)
  out.string("rpc.response.status_code", error?.code)
  out.string("network.transport", network?.transport)
  out.string("network.protocol.name", network?.protocol)
  out.string("network.protocol.version", data.networkProtocolVersion)
  server(data.server, out)
}
