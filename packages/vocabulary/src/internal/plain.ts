/**
 * What a back end of model calls has no words for: HTTP requests, databases, inner services, listings, errors. There the OpenTelemetry conventions
 * and our own `gateway.*` stand in.
 */
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as Gateway from "./gateway.js"
import type { WriterOf } from "./keyTable.js"
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

/** The roles as far as the conventions name them; of a model call how the gateway counts it and where it went. */
export const roles = {
  proxy_request: (data, _span, out) => Otel.http(data, out),
  llm_call: (data, _span, out) => {
    Otel.server(data.server, out)
    Gateway.call(data, out)
  },
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
