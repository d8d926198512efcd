/**
 * A model server for when there is none: a real HTTP server that speaks OpenAI's chat completions. Its answers follow from the prompt, and the
 * name of the model decides how it behaves (see `behaviours`).
 */
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { ChatRequest } from "../chat/ChatRequest.js"
import * as Listener from "../http/Listener.js"

/** What each model does. Any other name is not found. */
export const behaviours = {
  "gpt-4o-mini": "answers",
  "gpt-4o": "answers",
  "flaky-model": "answers 500 to the first request of each prompt, then well",
  "slow-model": "says one word every 50 ms",
  "cut-model": "breaks its stream off after two words",
  "down-model": "always answers 503",
  "busy-model": "always answers 429 with Retry-After",
  "odd-model": "answers with something that is no completion"
} as const

/** What arrived: for those who check that nothing of a caller travels along. */
export interface Arrived {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly url: string
  readonly model: string
}

/** Where the server listens, and what it was asked so far. */
export class ScriptedUpstream extends Context.Tag("gateway/ScriptedUpstream")<
  ScriptedUpstream,
  {
    readonly url: URL
    readonly arrived: ReadonlyArray<Arrived>
    /** Waits until so many requests have arrived. */
    readonly awaitArrived: (count: number) => Effect.Effect<void>
  }
>() {}

const created = 1_700_000_000
const pace = Duration.millis(50)

const textOf = (content: ChatRequest["messages"][number]["content"]): string =>
  typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join(" ")

const answerTo = (request: ChatRequest): string => `You said: ${textOf(request.messages.at(-1)?.content).slice(0, 60)}`

const wordsOf = (text: string): ReadonlyArray<string> => text.match(/\S+\s*/g) ?? []

const usageOf = (request: ChatRequest, words: ReadonlyArray<string>) => {
  const prompt = request.messages.reduce((sum, message) => sum + wordsOf(textOf(message.content)).length, 0)
  return { prompt_tokens: prompt, completion_tokens: words.length, total_tokens: prompt + words.length }
}

const refusal = (status: number, message: string, headers: Record<string, string> = {}) =>
  HttpServerResponse.unsafeJson({ error: { message, type: "scripted" } }, { status, headers })

const whole = (request: ChatRequest) => {
  const words = wordsOf(answerTo(request))
  return HttpServerResponse.unsafeJson({
    id: "chatcmpl-scripted",
    object: "chat.completion",
    created,
    model: `${request.model}-2024-07-18`,
    choices: [{ index: 0, message: { role: "assistant", content: words.join("") }, finish_reason: "stop" }],
    usage: usageOf(request, words)
  })
}

const streamed = (request: ChatRequest) => {
  const words = wordsOf(answerTo(request))
  const event = (fields: object) =>
    `data: ${JSON.stringify({ id: "chatcmpl-scripted", object: "chat.completion.chunk", created, model: `${request.model}-2024-07-18`, ...fields })}\n\n`
  const said = words.map((content, index) =>
    event({
      choices: [{ index: 0, delta: { ...(index === 0 ? { role: "assistant" } : {}), content }, finish_reason: null }]
    })
  )
  const end = [
    event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    ...(request.stream_options?.include_usage ? [event({ choices: [], usage: usageOf(request, words) })] : []),
    "data: [DONE]\n\n"
  ]
  const lines = request.model === "cut-model" ? said.slice(0, 2) : [...said, ...end]
  const all = Stream.fromIterable(lines)
  return HttpServerResponse.stream(
    Stream.encodeText(
      request.model === "slow-model" ? Stream.schedule(all, Schedule.spaced(pace)) : Stream.rechunk(all, 1)
    ),
    { contentType: "text/event-stream" }
  )
}

const make = Effect.gen(function* () {
  const arrived: Array<Arrived> = []
  const count = yield* SubscriptionRef.make(0)
  const failedOnce = new Set<string>()

  const chat = Effect.gen(function* () {
    const incoming = yield* HttpServerRequest.HttpServerRequest
    const request = yield* HttpServerRequest.schemaBodyJson(ChatRequest)
    arrived.push({ headers: { ...incoming.headers }, url: incoming.url, model: request.model })
    yield* SubscriptionRef.set(count, arrived.length)
    switch (request.model) {
      case "down-model":
        return refusal(503, "The model is down")
      case "busy-model":
        return refusal(429, "Too many requests", { "retry-after": "7" })
      case "odd-model":
        return HttpServerResponse.unsafeJson({ hello: "world" })
      case "flaky-model": {
        const prompt = JSON.stringify(request.messages)
        if (!failedOnce.delete(prompt)) {
          failedOnce.add(prompt)
          return refusal(500, "The model stumbled")
        }
      }
    }
    if (!Object.hasOwn(behaviours, request.model)) return refusal(404, `The model '${request.model}' does not exist`)
    if (request.stream) return streamed(request)
    if (request.model === "slow-model") yield* Effect.sleep(Duration.times(pace, wordsOf(answerTo(request)).length))
    return whole(request)
  }).pipe(Effect.catchTags({ ParseError: (error) => Effect.succeed(refusal(400, error.message)) }))

  const models = HttpServerResponse.unsafeJson({
    object: "list",
    data: Object.keys(behaviours).map((id) => ({ id, object: "model", created, owned_by: "scripted" }))
  })

  const server = yield* HttpServer.HttpServer
  yield* server.serve(
    HttpRouter.empty.pipe(
      HttpRouter.post("/v1/chat/completions", chat),
      HttpRouter.get("/v1/models", models),
      HttpRouter.catchAll(() => Effect.succeed(refusal(404, "Not found")))
    )
  )
  const port = server.address._tag === "TcpAddress" ? server.address.port : 0
  return {
    url: new URL(`http://127.0.0.1:${port}/v1`),
    arrived,
    awaitArrived: (wanted: number) =>
      count.changes.pipe(
        Stream.takeUntil((arrived) => arrived >= wanted),
        Stream.runDrain
      )
  }
})

/** The server on a free port of the loopback interface. It stands for somebody else's, so the gateway's tracer is none of its business. */
export const layer = Layer.scoped(ScriptedUpstream, make).pipe(
  HttpMiddleware.withTracerDisabledWhen(() => true),
  Layer.provide(Listener.layer({ host: "127.0.0.1", port: 0 }))
)
