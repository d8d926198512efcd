/**
 * Sends batches to a back end over OTLP/HTTP, and says of every span what became of it. It reads no environment: what it sends is what the
 * destination says, and nothing else.
 *
 * @since 0.1.0
 */
import type { Destination, DestinationAuth, DestinationLimits, DestinationTls } from "@tenant-tracer/model/Destination"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import { version } from "../internal/version.js"
import * as Exporter from "./Exporter.js"
import * as gzip from "./internal/gzip.js"
import * as otlpResponse from "./internal/otlpResponse.js"
import * as requestAuth from "./internal/requestAuth.js"
import type { Transport, TransportError, TransportResponse } from "./Transport.js"

/**
 * A request's body and what it holds: `count` spans; with those of `dropped` as many as the batch has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Encoded {
  readonly body: Uint8Array
  readonly count: number
  readonly dropped?: ReadonlyArray<Exporter.Tally> | undefined
}

/**
 * Retries go on while `maxElapsed` has not passed; the wait doubles from `base` up to `maxDelay`, half of it drawn at random. A `Retry-After`
 * that is longer than the wait is kept, up to `maxRetryAfter`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** Default 500 ms. */
  readonly base?: Duration.DurationInput | undefined
  /** Default 10 seconds. */
  readonly maxDelay?: Duration.DurationInput | undefined
  /** Default 30 seconds. */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
  /** Default 60 seconds. */
  readonly maxElapsed?: Duration.DurationInput | undefined
}

/**
 * A back end, how a batch is encoded for it, and how long to try.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<in Span> {
  /** The full URL of the traces endpoint, used as it is. */
  readonly endpoint: string
  readonly protocol: Destination["protocol"]
  readonly compression: Destination["compression"]
  readonly auth: DestinationAuth
  readonly tls?: DestinationTls | undefined
  readonly limits?: DestinationLimits | undefined
  /** Renders and encodes a batch; called off the request's path, again for each half when a batch is too large. */
  readonly encode: (batch: ReadonlyArray<Span>) => Encoded
  readonly transport: Transport.Service
  readonly retry?: RetryOptions | undefined
  /** For one attempt. Default 10 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
}

type Verdict =
  | { readonly _tag: "Done" | "Unauthorized" | "TooLarge"; readonly outcome: Exporter.ExportOutcome }
  | { readonly _tag: "Retry"; readonly why: string; readonly afterMillis: number }

const retryable = new Set([429, 502, 503, 504])

const contentTypes = { "http/protobuf": "application/x-protobuf", "http/json": "application/json" } as const

/**
 * What it calls itself in `user-agent`.
 *
 * @since 0.1.0
 * @category constants
 */
export const userAgent: string = `tenant-tracer/${version}`

const done = (outcome: Exporter.ExportOutcome): Verdict => ({ _tag: "Done", outcome })

const judge = (response: TransportResponse, count: number, now: number, maxRetryAfter: number): Verdict => {
  const { status } = response
  if (status >= 200 && status < 300) {
    const refused = Math.min(count, otlpResponse.rejectedSpans(response.body, response.headers["content-type"]))
    return refused === 0
      ? done(Exporter.delivered(count))
      : done({
          delivered: count - refused,
          rejected: [{ reason: "partial_success", count: refused }],
          dropped: [],
          lastError: `HTTP ${status}: the back end kept only part of a batch`
        })
  }
  if (status >= 300 && status < 400)
    return done(Exporter.rejected("redirect", count, `HTTP ${status}: redirects are not followed; set the final URL`))
  if (retryable.has(status)) {
    const asked = otlpResponse.retryAfterMillis(response.headers["retry-after"], now)
    return { _tag: "Retry", why: `HTTP ${status}`, afterMillis: Math.min(asked, maxRetryAfter) }
  }
  const refused = Exporter.rejected(`http_${status}`, count, `HTTP ${status}: the back end refused a batch`)
  if (status === 401 || status === 403) return { _tag: "Unauthorized", outcome: refused }
  return status === 413 ? { _tag: "TooLarge", outcome: refused } : done(refused)
}

const withoutAnswer = (error: TransportError, count: number, now: number, maxRetryAfter: number): Verdict => {
  if (error.reason === "other") return done(Exporter.dropped("invalid_request", count, error.message))
  // The status stands, though the rest of the answer was not read.
  if (error.reason === "response_too_large" && error.status !== undefined)
    return judge({ status: error.status, headers: {}, body: new Uint8Array() }, count, now, maxRetryAfter)
  return { _tag: "Retry", why: error.message, afterMillis: 0 }
}

/**
 * Makes an exporter. It holds no resource. Any 2xx is success, less what a partial success refuses; 429, 502, 503, 504, broken connections and
 * time-outs are tried again and then dropped as `retry_exhausted`; a batch that is too large (413, or over the destination's limit) is halved;
 * anything else is rejected as `http_<status>` or `redirect`. A minted token that is refused is minted again once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: Options<Span>): Exporter.BatchExporter<Span> => {
  const base = Duration.toMillis(options.retry?.base ?? "500 millis")
  const maxDelay = Duration.toMillis(options.retry?.maxDelay ?? "10 seconds")
  const maxRetryAfter = Duration.toMillis(options.retry?.maxRetryAfter ?? "30 seconds")
  const maxElapsed = Duration.toMillis(options.retry?.maxElapsed ?? "60 seconds")
  const timeout = options.requestTimeout ?? "10 seconds"
  const maxBytes = options.limits?.bytesPerRequest ?? Number.POSITIVE_INFINITY
  const auth = requestAuth.make(options.auth, timeout)
  const ownHeaders = {
    "content-type": contentTypes[options.protocol],
    "user-agent": userAgent,
    ...(options.compression === "gzip" && { "content-encoding": "gzip" })
  }

  const attempt = (body: Uint8Array, count: number): Effect.Effect<Verdict> =>
    auth.headers({ url: options.endpoint, headers: ownHeaders, body }).pipe(
      Effect.flatMap((headers) =>
        options.transport.send({
          method: "POST",
          url: options.endpoint,
          headers: { ...headers, ...ownHeaders },
          body,
          tls: options.tls,
          timeout
        })
      ),
      Effect.either,
      Effect.zipWith(Clock.currentTimeMillis, (result, now): Verdict => {
        if (Either.isRight(result)) return judge(result.right, count, now, maxRetryAfter)
        return result.left._tag === "AuthUnavailable"
          ? { _tag: "Retry", why: result.left.message, afterMillis: 0 }
          : withoutAnswer(result.left, count, now, maxRetryAfter)
      })
    )

  const deliver = (body: Uint8Array, count: number): Effect.Effect<Exclude<Verdict, { readonly _tag: "Retry" }>> =>
    Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      let renewed = false
      for (let tries = 0; ; tries++) {
        const generation = auth.generation()
        const verdict = yield* attempt(body, count)
        if (verdict._tag === "Unauthorized" && auth.canRenew && !renewed) {
          renewed = true
          auth.renew(generation)
          continue
        }
        if (verdict._tag !== "Retry") return verdict
        const full = Math.min(maxDelay, base * 2 ** Math.min(tries, 30))
        const jittered = full * (0.5 + 0.5 * (yield* Random.next))
        const wait = Math.max(jittered, verdict.afterMillis)
        const elapsed = (yield* Clock.currentTimeMillis) - start
        if (elapsed + wait > maxElapsed) {
          const outcome = Exporter.dropped("retry_exhausted", count, `${verdict.why}; tried for ${elapsed} ms`)
          return { _tag: "Done" as const, outcome }
        }
        yield* Effect.sleep(wait)
      }
    })

  const halves = (batch: ReadonlyArray<Span>): Effect.Effect<Exporter.ExportOutcome> => {
    const middle = Math.ceil(batch.length / 2)
    return Effect.zipWith(send(batch.slice(0, middle)), send(batch.slice(middle)), Exporter.combine)
  }

  const send = (batch: ReadonlyArray<Span>): Effect.Effect<Exporter.ExportOutcome> =>
    Effect.gen(function* () {
      const encoded = yield* Effect.option(Effect.try(() => options.encode(batch)))
      if (encoded._tag === "None")
        return Exporter.dropped("encode_failed", batch.length, "a batch could not be encoded")
      const { body: plain, count, dropped = [] } = encoded.value
      const left: Exporter.ExportOutcome = { delivered: 0, rejected: [], dropped }
      if (count === 0) return left
      const body = options.compression === "gzip" ? yield* gzip.compress(plain) : plain
      if (body.length > maxBytes) {
        return batch.length > 1
          ? yield* halves(batch)
          : Exporter.combine(left, Exporter.rejected("too_large", count, "a span is larger than the back end takes"))
      }
      const verdict = yield* deliver(body, count)
      if (verdict._tag === "TooLarge" && batch.length > 1) return yield* halves(batch)
      return Exporter.combine(left, verdict.outcome)
    })

  return { export: (batch) => Effect.withTracerEnabled(send(batch), false) }
}
