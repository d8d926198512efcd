/** Talks to any server that speaks OpenAI's chat completions. No trace context, no header and no query of a caller goes there. */
import * as Sse from "@effect/experimental/Sse"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Chunk, Completion, ModelList } from "../chat/Completion.js"
import * as JsonDepth from "../http/JsonDepth.js"
import { UpstreamError } from "./UpstreamError.js"

/** Where the server is: `url` ends in its version (`https://api.openai.com/v1`). */
export interface Options {
  readonly url: URL
  readonly apiKey?: Redacted.Redacted<string> | undefined
  /** How long the server may take to begin its answer, and to finish one that is not streamed. Default 5 minutes. */
  readonly timeout?: Duration.DurationInput | undefined
}

const unreachable = (cause: unknown) => new UpstreamError({ reason: "Unreachable", cause })
const timedOut = () => new UpstreamError({ reason: "TimedOut" })
const malformed = (cause: unknown) => new UpstreamError({ reason: "Malformed", cause })
const broken = (cause: unknown) => new UpstreamError({ reason: "Broken", cause })

const said = Schema.optional(Schema.Unknown)
const decodeRefusal = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ error: Schema.Struct({ param: said, code: said }) }))
)

/** The field and the code in a refusal. Its message is not handed on: it may quote the prompt or name the server's own machines. */
const readRefusal = (body: string): Pick<UpstreamError, "param" | "code"> => {
  const { error = {} } = Option.getOrElse(decodeRefusal(body), () => ({ error: undefined }))
  const word = (text: unknown) => (typeof text === "string" && /^[\w.[\]-]{1,100}$/.test(text) ? text : undefined)
  return { param: word(error.param), code: word(error.code) }
}

const refused = (response: HttpClientResponse.HttpClientResponse) =>
  response.text.pipe(
    Effect.orElseSucceed(() => ""),
    Effect.flatMap((body) =>
      Effect.fail(
        new UpstreamError({
          reason: "Status",
          status: response.status,
          ...readRefusal(body),
          ...(response.headers["retry-after"] === undefined ? {} : { retryAfter: response.headers["retry-after"] })
        })
      )
    )
  )

const accepted = (response: HttpClientResponse.HttpClientResponse) =>
  response.status >= 200 && response.status < 300 ? Effect.succeed(response) : refused(response)

const decode = <A, I>(schema: Schema.Schema<A, I>) => {
  const decodeUnknown = Schema.decodeUnknown(schema)
  return (response: HttpClientResponse.HttpClientResponse) =>
    response.json.pipe(
      Effect.filterOrFail(isShallow, tooDeep),
      Effect.flatMap(decodeUnknown),
      Effect.mapError(malformed)
    )
}

// It is written again for the caller.
const isShallow = (value: unknown): boolean => !JsonDepth.exceeds(value)
const tooDeep = () => "it is nested too deeply"

const decodeCompletion = decode(Completion)
const decodeModels = decode(ModelList)
const decodeEvent = Schema.decode(
  Schema.parseJson(Schema.Union(Chunk, Schema.Struct({ error: Schema.Union(Schema.String, Schema.Object) })))
)

/** The data of each server-sent event. A wish to reconnect (`retry:`) is not ours to follow. */
const eventData = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<string, E | UpstreamError> =>
  Stream.suspend(() => {
    const data: Array<string> = []
    const parser = Sse.makeParser((event) => {
      if (event._tag === "Event") data.push(event.data)
    })
    return bytes.pipe(
      Stream.decodeText(),
      Stream.mapConcatEffect((text) => {
        const error = parser.feed(text)
        return error === undefined ? Effect.succeed(data.splice(0)) : Effect.fail(malformed(error))
      })
    )
  })

/** The chunks of an answer up to `[DONE]`; a stream that ends without it was broken off. */
const chunksOf = (response: HttpClientResponse.HttpClientResponse): Stream.Stream<Chunk, UpstreamError> =>
  eventData(Stream.mapError(response.stream, broken)).pipe(
    Stream.concat(Stream.fail(broken("the stream ended without [DONE]"))),
    Stream.takeWhile((data) => data !== "[DONE]"),
    Stream.mapEffect((data) =>
      Effect.flatMap(Effect.mapError(Effect.filterOrFail(decodeEvent(data), isShallow, tooDeep), malformed), (event) =>
        "choices" in event ? Effect.succeed(event) : Effect.fail(broken(data))
      )
    )
  )

/** Calls the model server. Bodies are JSON text that has been built already. */
export class OpenAiUpstream extends Effect.Service<OpenAiUpstream>()("gateway/OpenAiUpstream", {
  effect: (options: Options) =>
    Effect.gen(function* () {
      const client = (yield* HttpClient.HttpClient).pipe(
        HttpClient.withTracerPropagation(false),
        HttpClient.mapRequest((request) =>
          request.pipe(
            HttpClientRequest.prependUrl(options.url.href.replace(/\/+$/, "")),
            options.apiKey === undefined ? (self) => self : HttpClientRequest.bearerToken(options.apiKey)
          )
        )
      )
      const inTime = Effect.timeoutFail({ duration: options.timeout ?? "5 minutes", onTimeout: timedOut })
      const send = (request: HttpClientRequest.HttpClientRequest) =>
        Effect.flatMap(inTime(Effect.mapError(client.execute(request), unreachable)), accepted)
      const ask = (body: string, accept: string) =>
        send(
          HttpClientRequest.post("/chat/completions", { accept }).pipe(
            HttpClientRequest.bodyText(body, "application/json")
          )
        )

      /** The whole answer at once. */
      const complete = (body: string): Effect.Effect<Completion, UpstreamError> =>
        inTime(Effect.flatMap(ask(body, "application/json"), decodeCompletion))

      /** The answer as it comes. Whoever stops reading closes the connection. */
      const stream = (body: string): Stream.Stream<Chunk, UpstreamError> =>
        Stream.unwrap(Effect.map(ask(body, "text/event-stream"), chunksOf))

      /** What the server offers. */
      const models: Effect.Effect<ModelList, UpstreamError> = Effect.flatMap(
        send(HttpClientRequest.get("/models")),
        decodeModels
      )

      /** Host and port, for spans. */
      const server = {
        address: options.url.hostname,
        port: Number(options.url.port) || (options.url.protocol === "https:" ? 443 : 80)
      }

      return { complete, stream, models, server } as const
    })
}) {}
