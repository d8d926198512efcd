/**
 * What a back end of model calls has no words for: HTTP requests, databases, inner services, listings, errors. There the OpenTelemetry conventions
 * and our own `gateway.*` stand in.
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Gateway from "./gateway.js"
import { jsonText, type KeyWriter, type WriterOf } from "./keyTable.js"
import * as Otel from "./otel.js"
import type { RoleWriters } from "./roles.js"

export const keys = {
  ...Otel.errorKeys,
  ...Otel.httpKeys,
  ...Otel.databaseKeys,
  ...Otel.mcpKeys,
  ...Gateway.errorKeys,
  ...Gateway.callKeys,
  ...Gateway.mcpKeys,
  ...Gateway.guardrailKeys,
  ...Gateway.serviceKeys
}

type Out = WriterOf<typeof keys>

/** On every span: what went wrong. */
export const error = (span: TypedSpan, out: Out): void => {
  Otel.error(span, out)
  Gateway.error(span, out)
}

/** Writes what a tool took and answered under keys of these names. */
export const exchangeUnder =
  <const Input extends string, const Output extends string>(input: Input, output: Output) =>
  (data: SpanData.Read<SpanData.ToolCall | SpanData.McpToolCall>, out: KeyWriter<Input | Output>): void => {
    jsonText(input, data.arguments, out)
    jsonText(output, data.result, out)
  }

/** The roles as far as the conventions name them; of a model call how the gateway counts it and where it went, of an agent where it is. */
export const roles = {
  proxy_request: (data, _span, out) => Otel.http(data, out),
  llm_call: (data, _span, out) => {
    Otel.server(data.server, out)
    Gateway.call(data, out)
  },
  agent: (data, _span, out) => Otel.agentServer(data, out),
  mcp_tool_call: (data, span, out) => {
    Otel.mcp(data, Otel.errorOf(span), out)
    Gateway.mcp(data, out)
  },
  mcp_list_tools: (data, span, out) => {
    Otel.mcp(data, Otel.errorOf(span), out)
    Gateway.mcp(data, out)
  },
  guardrail: (data, _span, out) => Gateway.guardrail(data, out),
  db_call: (data, span, out) => {
    Otel.database(data, Otel.errorOf(span), out)
    Gateway.service(data, out)
  },
  service: (data, _span, out) => Gateway.service(data, out)
} as const satisfies Partial<RoleWriters<Out>>
