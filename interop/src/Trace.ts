/** The trace of a tenant that is sent everywhere: what is in it is known here, to be compared with what others read. */
import { HttpApp, HttpServerResponse } from "@effect/platform"
import { Effect, Either, Record, Redacted, Stream } from "effect"
import {
  type Destination,
  EndpointPolicy,
  type Message,
  type SpanData,
  Spans,
  TenantRoute,
  TenantTracer,
  Tracing
} from "../../packages/tenant-tracer/src/index.js"

const text = (role: string, content: string): Message.Message => ({ role, parts: [{ type: "text", content }] })

const asked: ReadonlyArray<Message.Message> = [
  text("system", "Be concise."),
  text("user", "What is the weather in Zürich? 🌦")
]

const call: Message.Message = {
  role: "assistant",
  parts: [{ type: "tool_call", id: "call_1", name: "weather", arguments: '{"city":"Zürich"}' }]
}

const answer: Message.Message = {
  role: "tool",
  parts: [{ type: "tool_call_response", id: "call_1", response: '{"celsius":21.5}' }]
}

type Call = Omit<SpanData.LlmCall, "_tag">

const server = { address: "api.openai.com", port: 443 }

/** The model calls, in the order of their beginning. */
export const calls = {
  first: {
    operation: "chat",
    provider: "openai",
    requestModel: "gpt-4o",
    responseModel: "gpt-4o-2024-08-06",
    responseId: "resp_1",
    server,
    // 1 must arrive as a double, too.
    parameters: { temperature: 1, topP: 0.9, maxTokens: 256, stopSequences: ["END"] },
    usage: { inputTokens: 21, outputTokens: 9, totalTokens: 30, cacheReadInputTokens: 4 },
    cost: { total: 0.0021, input: 0.0012, output: 0.0009 },
    finishReasons: ["tool_calls"],
    tools: [{ name: "weather", parameters: '{"type":"object","properties":{"city":{"type":"string"}}}' }],
    inputMessages: asked,
    outputMessages: [call]
  },
  second: {
    operation: "chat",
    provider: "openai",
    requestModel: "gpt-4o",
    server,
    usage: { inputTokens: 40, outputTokens: 6, totalTokens: 46 },
    finishReasons: ["stop"],
    inputMessages: [...asked, call, answer],
    outputMessages: [text("assistant", "21.5 °C and sunny.")]
  },
  refused: {
    operation: "chat",
    provider: "anthropic",
    requestModel: "claude-sonnet-4",
    inputMessages: asked,
    error: { type: "rate_limit_error", message: "Number of requests has exceeded your limit", code: "429" }
  },
  embeddings: {
    operation: "embeddings",
    provider: "mistral_ai",
    requestModel: "mistral-embed",
    usage: { inputTokens: 3, totalTokens: 3 },
    embedding: { count: 1, dimensions: 1024 },
    inputMessages: [text("user", "sunny")]
  }
} as const satisfies Record<string, Call>

/** What the caller asked and was answered, whatever was tried in between: the root tells it. */
export const root = { inputMessages: asked, outputMessages: calls.second.outputMessages }

/** How many spans it has. */
export const size = 9

const request = Effect.gen(function* () {
  yield* Effect.void.pipe(
    Spans.guardrail({ name: "pii", mode: "pre_call", status: "success", action: "NONE", confidenceScore: 0.5 })
  )
  yield* Effect.gen(function* () {
    yield* Effect.sleep("5 millis").pipe(Spans.llmCall(calls.first))
    yield* Effect.sleep("2 millis").pipe(
      Spans.mcpToolCall({
        method: "tools/call",
        tool: "weather",
        serverName: "forecasts",
        transport: "streamable_http",
        arguments: { city: "Zürich" },
        result: { celsius: 21.5 }
      })
    )
    yield* Stream.make("21.5 °C", " and sunny.").pipe(Spans.llmCallStream(calls.second), Stream.runDrain)
  }).pipe(Spans.agent({ name: "forecaster", id: "agent-1" }))
  // It hangs under the root and links to the span that it began in.
  yield* Effect.gen(function* () {
    yield* Effect.fail("refused").pipe(Spans.llmCall(calls.refused), Effect.ignore)
  }).pipe(Spans.service({ service: "fallbacks", callType: "retry" }))
  yield* Effect.void.pipe(Spans.llmCall(calls.embeddings))
  yield* Spans.annotateProxyRequest(root)
})

/** Handles it as a gateway does, behind the middleware, and waits until its root has ended. */
const handled = (route: TenantRoute.TenantRoute) =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<TenantTracer.TenantTracer>()
    const app = TenantTracer.bind(route).pipe(Effect.zipRight(request), Effect.as(HttpServerResponse.empty()))
    const handler = HttpApp.toWebHandlerRuntime(runtime)(TenantTracer.middleware(app))
    yield* Effect.promise(() => handler(new Request("http://localhost/v1/chat/completions", { method: "POST" })))
    yield* TenantTracer.status.pipe(
      Effect.zipLeft(Effect.sleep("1 millis")),
      Effect.repeat({ until: ({ recording }) => recording.requests === 0 })
    )
  })

/** Sends it to each of these as one tenant's, and waits until all of it is told; fails where not all was delivered. */
export const send = (destinations: ReadonlyArray<Destination.Destination>): Effect.Effect<void, Error> => {
  const route = TenantRoute.make({
    tenant: "acme",
    destinations,
    facts: {
      sessionId: "session-42",
      endUser: "customer-7",
      tags: ["interop", "nightly"],
      metadata: { tier: "gold" },
      team: { id: "t1", alias: "team one" },
      environment: "test"
    }
  })
  return Effect.gen(function* () {
    yield* handled(route)
    yield* TenantTracer.flush
    const { ledger } = yield* TenantTracer.status
    const { delivered, dropped, made, rejected } = ledger.total
    if (delivered !== made || made !== destinations.length * size)
      return yield* Effect.fail(
        new Error(`${delivered} of ${made} copies delivered: ${JSON.stringify({ rejected, dropped })}`)
      )
  }).pipe(
    Effect.provide(
      Tracing.layer({
        content: "full",
        endpoints: EndpointPolicy.permissive,
        resource: { "service.name": "interop", "service.version": "1.0.0" }
      })
    )
  )
}

/** A destination that is known to be well made. */
export const destination = (
  made: Either.Either<Destination.Destination, { readonly message: string }>
): Effect.Effect<Destination.Destination, Error> => Either.mapLeft(made, ({ message }) => new Error(message))

/** Headers as a destination takes them. */
export const secret = (headers: Readonly<Record<string, string>>) =>
  Record.map(headers, (value) => Redacted.make(value))
