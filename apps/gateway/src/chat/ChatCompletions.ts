/** `POST /v1/chat/completions`: who asks, may the prompt pass, what does the model say, what did it use. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Spans } from "tenant-tracer"
import { GatewayConfig } from "../GatewayConfig.js"
import * as Guardrail from "../guardrail/Guardrail.js"
import { refusalOf } from "../http/OpenAiError.js"
import * as RequestBody from "../http/RequestBody.js"
import type { Caller } from "../keys/VirtualKeys.js"
import { authenticated, mayUse } from "../tenants/Access.js"
import { OpenAiUpstream } from "../upstream/OpenAiUpstream.js"
import type { UpstreamError } from "../upstream/UpstreamError.js"
import * as ChatRequest from "./ChatRequest.js"
import * as ChatSpans from "./ChatSpans.js"
import type * as Completion from "./Completion.js"
import { type Entry, SpendLog } from "./SpendLog.js"

const attempts = 2
const backoff = "50 millis"

/** Runs a call again when it failed in a way that may pass; each attempt is a span of its own, beside the others. */
const retrying = <A, R>(
  call: (attempt: number) => Effect.Effect<A, UpstreamError, R>,
  attempt = 1
): Effect.Effect<A, UpstreamError, R> =>
  Effect.catchIf(
    call(attempt),
    (error) => error.retryable && attempt < attempts,
    () => Effect.delay(retrying(call, attempt + 1), backoff)
  )

const guarded = (request: ChatRequest.ChatRequest, policy: Guardrail.Policy) =>
  Effect.suspend(() => Guardrail.check(request, policy)).pipe(
    Spans.guardrail(
      { name: "pii", mode: "pre_call", provider: "gateway" },
      {
        onSuccess: ({ masked }) => ({
          status: "success",
          action: Object.keys(masked).length === 0 ? "NONE" : "MASKED",
          maskedEntities: masked
        }),
        onFailure: ({ found }) => ({ status: "guardrail_intervened", action: "BLOCKED", categories: found })
      }
    )
  )

/** The request as it goes to the model server. Of a stream the usage is always asked for. */
const encode = (request: ChatRequest.ChatRequest): string =>
  JSON.stringify(
    request.stream ? { ...request, stream_options: { ...request.stream_options, include_usage: true } } : request
  )

const entryOf = (
  caller: Caller,
  model: string,
  outcome: Entry["outcome"],
  usage: Completion.Usage | null | undefined
): Entry => ({
  tenant: caller.tenant.id,
  keyHash: caller.key.hash,
  model,
  outcome,
  inputTokens: usage?.prompt_tokens ?? 0,
  outputTokens: usage?.completion_tokens ?? 0
})

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Entry["outcome"] =>
  Exit.isSuccess(exit) ? "answered" : Exit.isInterrupted(exit) ? "cancelled" : "failed"

/** Opens a stream and waits for its first chunk: what fails before it can still be tried again, or be answered with a status. */
const begun = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const pull = yield* Scope.extend(Stream.toPull(stream), scope)
    const first = yield* pull.pipe(
      Effect.catchAll(Option.match({ onNone: () => Effect.succeed(Chunk.empty<A>()), onSome: Effect.fail })),
      Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void))
    )
    return Stream.fromChunk(first).pipe(
      Stream.concat(Stream.fromPull(Effect.succeed(pull))),
      Stream.ensuringWith((exit) => Scope.close(scope, exit))
    )
  })

const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`

/** Handles the route. */
export const handler = Effect.gen(function* () {
  const { bodyLimit } = yield* GatewayConfig
  const upstream = yield* OpenAiUpstream
  const spendLog = yield* SpendLog
  const incoming = yield* HttpServerRequest.HttpServerRequest

  const { caller, settings } = yield* authenticated
  const asked = yield* Effect.flatMap(RequestBody.json(incoming, bodyLimit), ChatRequest.decode)
  yield* mayUse(settings, asked.model)
  const { request } = yield* Effect.tapError(guarded(asked, settings.guardrail), () =>
    spendLog.record(entryOf(caller, asked.model, "blocked", undefined))
  )
  const body = encode(request)

  const said = ChatSpans.ofRequest(request)
  // What back ends show beside the trace.
  yield* Spans.annotateProxyRequest({
    systemInstructions: said.systemInstructions,
    inputMessages: said.inputMessages
  })
  const span = (attempt: number) => ({
    ...said,
    operation: "chat",
    provider: "openai",
    server: upstream.server,
    attempt
  })

  if (!request.stream) {
    const answer = yield* retrying((attempt) =>
      upstream.complete(body).pipe(Spans.llmCall(span(attempt), { onSuccess: ChatSpans.ofCompletion }))
    ).pipe(
      Effect.onExit((exit) =>
        spendLog.record(
          entryOf(caller, request.model, outcomeOf(exit), Exit.isSuccess(exit) ? exit.value.usage : undefined)
        )
      )
    )
    yield* Spans.annotateProxyRequest({ outputMessages: ChatSpans.ofCompletion(answer).outputMessages })
    return HttpServerResponse.unsafeJson(answer)
  }

  const usage = yield* Ref.make<Completion.Usage | null | undefined>(undefined)
  const read = ChatSpans.chunkReader()
  const told = yield* Ref.make<ChatSpans.Facts>({})
  const written = Effect.fnUntraced(function* (exit: Exit.Exit<unknown, unknown>) {
    yield* Spans.annotateProxyRequest({ outputMessages: (yield* Ref.get(told)).outputMessages })
    yield* spendLog.record(entryOf(caller, request.model, outcomeOf(exit), yield* Ref.get(usage)))
  })
  const chunks = yield* retrying((attempt) =>
    begun(upstream.stream(body).pipe(Spans.llmCallStream(span(attempt), { onChunk: ChatSpans.chunkReader() })))
  ).pipe(Effect.tapErrorCause((cause) => written(Exit.failCause(cause))))

  const wanted = request.stream_options?.include_usage === true
  const lines = chunks.pipe(
    Stream.tap((chunk) => Ref.set(told, read(chunk))),
    Stream.tap((chunk) => (chunk.usage ? Ref.set(usage, chunk.usage) : Effect.void)),
    // Nobody but us asked for the chunk that carries nothing but the usage.
    Stream.filter((chunk) => wanted || chunk.choices.length > 0),
    Stream.map(event),
    Stream.ensuringWith((exit) => written(exit)),
    Stream.concat(Stream.make("data: [DONE]\n\n")),
    Stream.catchAll((error) => Stream.make(event({ error: refusalOf(error).error })))
  )
  return HttpServerResponse.stream(Stream.encodeText(lines), {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-cache" }
  })
})
