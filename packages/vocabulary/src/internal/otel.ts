/**
 * The stable OpenTelemetry conventions that every vocabulary may lean on: errors, servers, sessions and users, HTTP servers, databases, MCP.
 */
import * as McpTransport from "@tenant-tracer/model/McpTransport"
import * as ServiceCatalog from "@tenant-tracer/model/ServiceCatalog"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Option from "effect/Option"
import { filled, from, type WriterOf } from "./keyTable.js"

export const errorKeys = from("semconv registry/attributes/error.md", "error.type")

/**
 * The kind of error; `_OTHER` is one of which nobody knows the kind. Its message belongs to the span's status: `error.message` is deprecated on
 * spans. What the caller did wrong is no error of an HTTP server's.
 */
export const error = (span: TypedSpan, out: WriterOf<typeof errorKeys>): void => {
  const failure = errorOf(span)
  const status = span.data?._tag === "proxy_request" ? span.data.status : undefined
  if (failure !== undefined) out.string("error.type", filled(failure.type) ?? "_OTHER")
  else if (status !== undefined && status >= 500) out.string("error.type", String(status))
}

/** The span's error; else the one that its payload tells of. */
export const errorOf = (span: TypedSpan): SpanData.SpanError | undefined => span.error ?? span.data?.error

export const serverKeys = from("semconv registry/attributes/server.md", "server.address", "server.port")

export const server = (address: SpanData.ServerAddress | undefined, out: WriterOf<typeof serverKeys>): void => {
  out.string("server.address", address?.address)
  out.int("server.port", address?.port)
}

/** Creating an agent calls the service that keeps it; one at work is work of this process, and its calls say where they went. */
export const agentServer = (data: SpanData.Read<SpanData.Agent>, out: WriterOf<typeof serverKeys>): void => {
  if (data.operation === "create_agent") server(data.server, out)
}

export const sessionKeys = {
  ...from("semconv registry/attributes/session.md", "session.id"),
  ...from("semconv registry/attributes/user.md", "user.id"),
  ...from("semconv registry/attributes/deployment.md", "deployment.environment.name")
}

/** `user.id` is the end user: the tenant's own identities are `gateway.*`. */
export const session = ({ facts }: TypedSpan, out: WriterOf<typeof sessionKeys>): void => {
  out.string("session.id", facts.sessionId)
  out.string("user.id", facts.endUser)
  out.string("deployment.environment.name", facts.environment)
}

export const httpKeys = {
  ...from(
    "semconv http/http-spans.md#http-server",
    "http.request.method",
    "http.request.method_original",
    "http.route",
    "http.response.status_code",
    "url.path",
    "url.scheme"
  )
}

const httpMethods = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"])

/**
 * A method outside the closed set is `_OTHER`, as the conventions have it. What they recommend beside these are the query, headers and addresses of
 * whoever called, which are not recorded.
 */
export const http = (data: SpanData.Read<SpanData.ProxyRequest>, out: WriterOf<typeof httpKeys>): void => {
  const known = data.method === undefined || httpMethods.has(data.method)
  out.string("http.request.method", known ? data.method : "_OTHER")
  out.string("http.request.method_original", known ? undefined : data.method)
  out.string("http.route", data.route)
  out.string("url.path", data.path)
  out.string("url.scheme", data.scheme)
  out.int("http.response.status_code", data.status)
}

export const databaseKeys = {
  ...serverKeys,
  ...from(
    "semconv db/database-spans.md",
    "db.system.name",
    "db.operation.name",
    "db.namespace",
    "db.collection.name",
    "db.query.summary",
    "db.response.status_code"
  )
}

/** The conventions ask for the system, so where the payload does not name it the service does. */
export const databaseSystem = (data: SpanData.Read<SpanData.DbCall>): string | undefined =>
  data.system ?? Option.getOrUndefined(ServiceCatalog.dbSystem(data.service ?? ""))

/** The text of a query is not recorded. */
export const database = (
  data: SpanData.Read<SpanData.DbCall>,
  error: SpanData.SpanError | undefined,
  out: WriterOf<typeof databaseKeys>
): void => {
  const system = databaseSystem(data)
  out.string("db.system.name", system)
  out.string("db.operation.name", data.callType)
  out.string("db.namespace", data.namespace)
  // Redis has no collections: there, the target is a family of keys.
  out.string("db.collection.name", system === "redis" ? undefined : data.target)
  out.string("db.query.summary", filled([data.callType, data.target].filter((word) => word !== undefined).join(" ")))
  out.string("db.response.status_code", error?.code)
  server(data.endpoint, out)
}

export const mcpKeys = {
  ...serverKeys,
  ...from(
    "semconv gen-ai/mcp.md#client",
    "mcp.method.name",
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
