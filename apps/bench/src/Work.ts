/**
 * The work that every peer is given alike: a request of 6 spans (its root, an authentication with two database calls, a guardrail, a model call with 25
 * attributes), with or without 8 KB of messages. It is told once as attributes and once as the payloads that TenantTracer takes, and arrives as the
 * same spans with the same attributes.
 */
import type { Message, SpanData } from "@tenant-tracer/model"
import { random } from "./Tenants.js"

/** Spans of one request. */
export const spansPerRequest = 6

/** The template of the route, which a router knows once it has matched. */
export const route = "/v1/chat/completions"

/** What the spans are called, in every peer. */
export const names = {
  root: "POST /v1/chat/completions",
  auth: "auth /v1/chat/completions",
  cache: "redis get",
  database: "postgres select",
  guardrail: "execute_guardrail pii",
  call: "chat gpt-4o"
} as const

/** The attributes of the spans that are the same in each request; the root has its route besides. */
export const attributes = {
  root: {
    "http.request.method": "POST",
    "url.path": "/v1/chat/completions",
    "url.scheme": "http",
    "http.response.status_code": 200
  },
  auth: { "gateway.service.name": "auth", "gateway.service.phase": "auth /v1/chat/completions" },
  cache: {
    "db.system.name": "redis",
    "db.operation.name": "get",
    "gateway.service.name": "redis",
    "gateway.service.call_type": "get"
  },
  database: {
    "db.system.name": "postgresql",
    "db.operation.name": "select",
    "gateway.service.name": "postgres",
    "gateway.service.call_type": "select"
  },
  guardrail: { "gateway.guardrail.name": "pii", "gateway.guardrail.mode": "pre_call" }
} as const

const words =
  "the tenant asked how a gateway may trace what it does while others wait and nobody is told too much".split(" ")

/** So many characters of text that compresses as text does. */
const text = (length: number, seed: number): string => {
  const next = random(seed)
  let written = ""
  while (written.length < length) {
    written += `${words[Math.floor(next() * words.length)] ?? ""} ${Math.floor(next() * 100_000).toString(36)} `
  }
  return written.slice(0, length)
}

const said = (role: string, length: number, seed: number): Message.Message => ({
  role,
  parts: [{ type: "text", content: text(length, seed) }]
})

/** A conversation of 8 KB: what was asked, in three messages, and the answer. */
export const conversation = {
  input: [said("user", 2000, 1), said("assistant", 2000, 2), said("user", 2000, 3)],
  output: [{ ...said("assistant", 2000, 4), finishReason: "stop" }]
} as const

/** What a library that knows attributes alone is told: the conventions' JSON. */
const written = ({ finishReason, parts, role }: Message.Message) => ({ role, parts, finish_reason: finishReason })

/** The attributes of the model call of a request. Messages are text by then, since an attribute can be nothing else. */
export const callAttributes = (
  index: number,
  withMessages: boolean
): Record<string, string | number | boolean | Array<string>> => {
  const facts: Record<string, string | number | boolean | Array<string>> = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.output.type": "text",
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.top_p": 0.9,
    "gen_ai.request.max_tokens": 1024,
    "gen_ai.usage.input_tokens": 123 + (index & 1023),
    "gen_ai.usage.output_tokens": 45,
    "gen_ai.usage.cache_read.input_tokens": 12,
    "gen_ai.usage.reasoning.output_tokens": 7,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.request.stream": false,
    "gen_ai.response.id": `chatcmpl-AbCdEf${index}`,
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.time_to_first_chunk": 0.231,
    "server.address": "api.openai.com",
    "server.port": 443,
    "gateway.call_id": `call-${index}`,
    "gateway.call_type": "acompletion",
    "gateway.request.attempt": 1,
    "gateway.request.streaming": false,
    "gateway.cost.total": 0.000757,
    "gateway.cost.input": 0.000307,
    "gateway.cost.output": 0.00045
  }
  if (withMessages) {
    facts["gen_ai.input.messages"] = JSON.stringify(conversation.input.map(written))
    facts["gen_ai.output.messages"] = JSON.stringify(conversation.output.map(written))
  }
  return facts
}

type Payload<Role extends SpanData.SpanData["_tag"]> = Omit<SpanData.Of<Role>, "_tag">

/** The payloads of the spans that are the same in each request. */
export const payloads = {
  cache: { service: "redis", system: "redis", callType: "get" },
  database: { service: "postgres", system: "postgresql", callType: "select" },
  guardrail: { name: "pii", mode: "pre_call" }
} as const

/** A small span, with 2 facts. */
export const small = {
  attributes: () => ({ "db.system.name": "redis", "db.operation.name": "get" }),
  payload: () => ({ service: "redis", callType: "get" })
} as const

/** The payload of the model call of a request. */
export const callPayload = (index: number, withMessages: boolean): Payload<"llm_call"> => ({
  operation: "chat",
  provider: "openai",
  requestModel: "gpt-4o",
  outputType: "text",
  parameters: { temperature: 0.2, topP: 0.9, maxTokens: 1024 },
  usage: {
    inputTokens: 123 + (index & 1023),
    outputTokens: 45,
    cacheReadInputTokens: 12,
    reasoningOutputTokens: 7
  },
  finishReasons: ["stop"],
  streaming: false,
  responseId: `chatcmpl-AbCdEf${index}`,
  responseModel: "gpt-4o-2024-08-06",
  timeToFirstChunk: 0.231,
  server: { address: "api.openai.com", port: 443 },
  callId: `call-${index}`,
  callType: "acompletion",
  attempt: 1,
  cost: { total: 0.000757, input: 0.000307, output: 0.00045 },
  ...(withMessages && { inputMessages: conversation.input, outputMessages: conversation.output })
})
