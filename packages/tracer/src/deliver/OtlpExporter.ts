/**
 * Sends batches to a back end over OTLP/HTTP, and says of every span what became of it. It reads no environment: what it sends is what the
 * destination says, and nothing else.
 *
 * @since 0.1.0
 */
import type { Destination, DestinationAuth, DestinationLimits, DestinationTls } from "@tenant-tracer/model/Destination"
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import { breathe } from "../internal/breathe.js"
import type { EndpointPolicy } from "../route/EndpointPolicy.js"
import * as Exporter from "./Exporter.js"
import * as gzip from "./internal/gzip.js"
import * as otlpRequest from "./internal/otlpRequest.js"
import * as otlpResponse from "./internal/otlpResponse.js"
import * as requestAuth from "./internal/requestAuth.js"
import type { RateLimit } from "./RateLimit.js"
import type { Transport, TransportError } from "./Transport.js"

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
 * A back end, how a batch is encoded for it, and how long to wait for it.
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
  /** Which hosts may be reached. Default: any. */
  readonly policy?: EndpointPolicy | undefined
  /** Renders and encodes a batch; called off the request's path, again for each attempt and each half of a batch that is too large. */
  readonly encode: (batch: ReadonlyArray<Span>) => Effect.Effect<Encoded>
  /** Gives what `make` makes of a batch, encoded and compressed, or what was made of the same for somebody else. Default: what `make` makes. */
  readonly share?:
    | ((batch: ReadonlyArray<Span>, make: () => Effect.Effect<Encoded>) => Effect.Effect<Encoded>)
    | undefined
  readonly transport: Transport.Service
  /** How often the back end may be asked. Default: as often as there is something to send. */
  readonly rate?: RateLimit | undefined
  /** Asks for the credential again after it was refused, to be used from then on. */
  readonly renew?: Effect.Effect<Option.Option<DestinationAuth>> | undefined
  /** Told when the credential is sent, and when it was refused. Must not throw. */
  readonly onUse?: ((use: "sent" | "refused") => void) | undefined
  /** Told of each answer that takes every span and has something to say all the same. Must not throw. */
  readonly onWarning?: (() => void) | undefined
  /** For one attempt. Default 10 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
}

type Verdict =
  | { readonly _tag: "Done" | "TooLarge"; readonly outcome: Exporter.ExportOutcome }
  | { readonly _tag: "Retry" | "Unauthorized" | "NoToken"; readonly why: string; readonly afterMillis: number }

const largeBody = 64 * 1024

const retryable = new Set([429, 502, 503, 504])

/**
 * What it calls itself in `user-agent`.
 *
 * @since 0.1.0
 * @category constants
 */
export const userAgent: string = otlpRequest.userAgent

const done = (outcome: Exporter.ExportOutcome): Verdict => ({ _tag: "Done", outcome })

const judgePartial = ({ clean, response }: otlpRequest.Answer, count: number, onWarning: () => void): Verdict => {
  const { message, rejectedSpans } = otlpResponse.partialSuccess(response.body, response.headers["content-type"])
  const refused = Math.min(count, rejectedSpans)
  if (refused === 0 && message === "") return done(Exporter.delivered(count))
  const words = clean(message)
  if (refused === 0) {
    onWarning()
    const lastError = `the back end took a batch and warns${words && `: ${words}`}`
    return done({ ...Exporter.delivered(count), lastError })
  }
  return done({
    delivered: count - refused,
    rejected: [{ reason: "partial_success", count: refused }],
    dropped: [],
    lastError: `the back end refused ${refused} of ${count} spans${words && `: ${words}`}`
  })
}

const judge = (answer: otlpRequest.Answer, count: number, clock: Clock.Clock, onWarning: () => void): Verdict => {
  const { response } = answer
  const { status } = response
  if (status >= 200 && status < 300) return judgePartial(answer, count, onWarning)
  if (status >= 300 && status < 400)
    return done(Exporter.rejected("redirect", count, `HTTP ${status}: redirects are not followed; set the final URL`))
  if (retryable.has(status)) {
    const afterMillis = otlpResponse.retryAfterMillis(response.headers["retry-after"], clock.unsafeCurrentTimeMillis())
    return { _tag: "Retry", why: `HTTP ${status}: the back end could not take a batch`, afterMillis }
  }
  if (status === 401 || status === 403)
    return { _tag: "Unauthorized", why: `HTTP ${status}: the back end refused the credential`, afterMillis: 0 }
  const refused = Exporter.rejected(`http_${status}`, count, `HTTP ${status}: the back end refused a batch`)
  return status === 413 ? { _tag: "TooLarge", outcome: refused } : done(refused)
}

const unread = (status: number): otlpRequest.Answer => ({
  response: { status, headers: {}, body: new Uint8Array() },
  clean: () => ""
})

const withoutAnswer = (
  error: TransportError | requestAuth.AuthUnavailable,
  count: number,
  clock: Clock.Clock
): Verdict => {
  if (error._tag === "AuthUnavailable")
    return { _tag: error.reason === "refused" ? "NoToken" : "Retry", why: error.message, afterMillis: 0 }
  if (error.reason === "refused") return done(Exporter.dropped("endpoint_refused", count, error.message))
  if (error.reason === "other") return done(Exporter.dropped("invalid_request", count, error.message))
  // The status stands, though the rest of the answer was not read.
  if (error.reason === "response_too_large" && error.status !== undefined)
    return judge(unread(error.status), count, clock, () => {})
  return { _tag: "Retry", why: error.message, afterMillis: 0 }
}

/**
 * Makes an exporter. It holds no resource. Any 2xx is success, less what a partial success refuses, with its message; 429, 502, 503, 504, broken
 * connections and time-outs are to be tried again, and so is what could not be signed or had no header that can be sent, 401 and 403 with another
 * credential; a batch that is too large (413, or over the destination's limit) is halved; anything else is rejected as `http_<status>` or `redirect`.
 * A minted token that is refused is minted again once; an account that is refused a token is a refused credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: Options<Span>): Exporter.BatchExporter<Span> => {
  const timeout = options.requestTimeout ?? "10 seconds"
  const maxBytes = options.limits?.bytesPerRequest ?? Number.POSITIVE_INFINITY
  let auth = requestAuth.make(options.auth, timeout, options)
  const post = otlpRequest.make(options, options.transport, timeout, () => options.onUse?.("sent"))
  const onWarning = options.onWarning ?? (() => {})

  const told = (verdict: Verdict): Verdict => {
    if (verdict._tag === "Unauthorized" || verdict._tag === "NoToken") options.onUse?.("refused")
    return verdict
  }

  const attempt = (using: requestAuth.RequestAuth, body: Uint8Array, count: number): Effect.Effect<Verdict> => {
    const posted = Effect.clockWith((clock) =>
      Effect.match(post(using, body), {
        onSuccess: (answer) => told(judge(answer, count, clock, onWarning)),
        onFailure: (error) => told(withoutAnswer(error, count, clock))
      })
    )
    return options.rate === undefined ? posted : Effect.zipRight(options.rate.take, posted)
  }

  const deliver = (body: Uint8Array, count: number): Effect.Effect<Verdict> => {
    const using = auth
    const generation = using.generation()
    const first = attempt(using, body, count)
    if (!using.canRenew) return first
    return Effect.flatMap(first, (verdict) => {
      if (verdict._tag !== "Unauthorized") return Effect.succeed(verdict)
      using.renew(generation)
      return attempt(using, body, count)
    })
  }

  const halves = (batch: ReadonlyArray<Span>): Effect.Effect<Exporter.ExportOutcome<Span>> => {
    const middle = Math.ceil(batch.length / 2)
    const rest = batch.slice(middle)
    return Effect.flatMap(send(batch.slice(0, middle)), (first) =>
      // A back end that could not take the first half is left alone with the second.
      first.retry === undefined
        ? Effect.map(send(rest), (second) => Exporter.combine(first, second))
        : Effect.succeed(Exporter.combine(first, Exporter.again(rest)))
    )
  }

  const encode = (batch: ReadonlyArray<Span>): Effect.Effect<Encoded> =>
    options.compression === "gzip"
      ? Effect.flatMap(options.encode(batch), (encoded) =>
          encoded.count === 0
            ? Effect.succeed(encoded)
            : Effect.map(gzip.compress(encoded.body), (body) => ({ ...encoded, body }))
        )
      : options.encode(batch)

  // Few steps: there is a batch for each tenant, and most are small.
  const send = (batch: ReadonlyArray<Span>): Effect.Effect<Exporter.ExportOutcome<Span>> =>
    Effect.flatMap(
      Exporter.attempt(() => (options.share === undefined ? encode(batch) : options.share(batch, () => encode(batch)))),
      (encoded) => {
        if (encoded._tag === "None")
          return Effect.succeed(Exporter.dropped("encode_failed", batch.length, "a batch could not be encoded"))
        const { body, count, dropped = [] } = encoded.value
        const left: Exporter.ExportOutcome = { delivered: 0, rejected: [], dropped }
        return count === 0 ? Effect.succeed(left) : sendBody(batch, body, count, left)
      }
    )

  const sendBody = (
    batch: ReadonlyArray<Span>,
    body: Uint8Array,
    count: number,
    left: Exporter.ExportOutcome
  ): Effect.Effect<Exporter.ExportOutcome<Span>> => {
    if (body.length > maxBytes) {
      if (batch.length > 1) return halves(batch)
      return Effect.succeed(
        withSpans(Exporter.rejected("too_large", count, "a span is larger than the back end takes"), batch)
      )
    }
    // To write it to the socket takes long enough: not in the turn in which it was rendered.
    const isLarge = body.length > largeBody
    const delivered = isLarge ? Effect.flatMap(breathe, () => deliver(body, count)) : deliver(body, count)
    return Effect.flatMap(delivered, (verdict) => {
      if ("why" in verdict) {
        const { afterMillis, why } = verdict
        // All of it: what could not be rendered will be told again.
        return Effect.succeed(Exporter.again(batch, why, { afterMillis, unauthorized: verdict._tag !== "Retry" }))
      }
      if (verdict._tag === "TooLarge" && batch.length > 1) return halves(batch)
      const outcome = withSpans(verdict.outcome, batch)
      return Effect.succeed(left.dropped.length === 0 ? outcome : Exporter.combine(left, outcome))
    })
  }

  const { renew } = options
  return {
    export: (batch) => untraced(send(batch)),
    renew:
      renew &&
      Effect.map(renew, (renewed) => {
        if (Option.isSome(renewed)) auth = requestAuth.make(renewed.value, timeout, options)
        return Option.isSome(renewed)
      }).pipe(untraced)
  }
}

/** Most of those who send are so already, which is found out in one step. */
const untraced = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.withFiberRuntime((fiber) =>
    fiber.getFiberRef(FiberRef.currentTracerEnabled) ? Effect.withTracerEnabled(effect, false) : effect
  )

/** Where all of a batch was refused, it is known what was. */
const withSpans = <Span>(
  outcome: Exporter.ExportOutcome,
  spans: ReadonlyArray<Span>
): Exporter.ExportOutcome<Span> => ({
  ...outcome,
  rejected: outcome.rejected.map((refusal) => (refusal.count === spans.length ? { ...refusal, spans } : refusal))
})
