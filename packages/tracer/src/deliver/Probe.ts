/**
 * Tries a destination once, with one real span, and says in words what came of it: for a tenant that has just typed an endpoint and a key.
 *
 * It goes the way of every other span (endpoint policy, credential, transport, encoder, vocabulary) and is part of no account: it is never tried again
 * and nothing of it is kept.
 *
 * **What it gives away.** Whoever may configure a destination may ask, so that an answer must not map the operator's network. A host that the policy
 * refuses by its text is told so, which the text alone decides. A name that does not resolve, one that resolves to an address which the policy refuses,
 * a refused or broken connection and an egress proxy that says no are one verdict in one sentence, without a status. What remains is time: the answer
 * comes when the resolver has answered, and some resolvers are quicker with names that exist, or that they have been asked for before. Who needs that
 * closed, too, resolves through a resolver that knows no inner names (`UndiciTransport.Options.resolver`).
 *
 * @since 0.1.0
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Render } from "../internal/rendering.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import * as Recorder from "../record/Recorder.js"
import type { BatchContext } from "../render/RenderedSpan.js"
import * as Writer from "../render/Writer.js"
import type { EndpointPolicy } from "../route/EndpointPolicy.js"
import * as gzip from "./internal/gzip.js"
import * as otlpRequest from "./internal/otlpRequest.js"
import * as otlpResponse from "./internal/otlpResponse.js"
import * as requestAuth from "./internal/requestAuth.js"
import type { Transport, TransportError } from "./Transport.js"

/**
 * What came of a probe: a closed list, to branch on and to translate.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Verdict = Schema.Literal(
  "accepted",
  "partly_refused",
  "invalid_destination",
  "not_allowed",
  "no_credential",
  "unreachable",
  "tls_failed",
  "timeout",
  "redirected",
  "unauthorized",
  "not_found",
  "wrong_format",
  "too_large",
  "rate_limited",
  "refused",
  "server_error",
  "not_otlp",
  "throttled"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Verdict = typeof Verdict.Type

/**
 * For whoever configures the destination. No credential is in it: of what the back end says, only the message of a partial success is shown, cut to 200
 * characters and freed of everything that looks like one.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProbeResult {
  readonly verdict: Verdict
  /** What happened. */
  readonly sentence: string
  /** What to do about it. */
  readonly nextStep: string
  /** What the back end answered, if it did. */
  readonly status?: number | undefined
}

const words: Readonly<Record<Verdict, readonly [sentence: string, nextStep: string]>> = {
  accepted: [
    "The back end took the span.",
    `Look there for the span "tenant-tracer probe"; it may take a minute to show.`
  ],
  partly_refused: [
    "The back end answered, and refused the span.",
    "Check what it asks of a span: a project, a resource."
  ],
  invalid_destination: ["The destination cannot be used.", "Correct the setting that is named."],
  not_allowed: [
    "The endpoint may not be reached.",
    "Use a public host over https, or ask the operator to allow this one."
  ],
  no_credential: [
    "The credential could not be had: a token was not minted, or the request not signed.",
    "Check the account and the service that gives out its tokens."
  ],
  unreachable: [
    "No connection to the endpoint could be made.",
    "Check the host's name and the port, and that the back end can be reached from the internet."
  ],
  tls_failed: [
    "No secure connection to the endpoint could be opened.",
    "Check its certificate, the private authority and the client certificate; over http, use http:// where that is allowed."
  ],
  timeout: ["The endpoint did not answer in time.", "Check the host and the port, and try again later."],
  redirected: ["The endpoint sent the request elsewhere; redirects are not followed.", "Set the final URL."],
  unauthorized: ["The back end refused the credential.", "Check the key, what it may do, and which region it is for."],
  not_found: [
    "There is no OTLP endpoint under this URL.",
    "Check the path: it is the full URL of the traces endpoint, often with /v1/traces at its end."
  ],
  wrong_format: [
    "The back end could not read the request.",
    "Try the other protocol (http/protobuf, http/json) and no compression, and check the resource attributes it asks for."
  ],
  too_large: ["The request is larger than the destination takes.", "Raise the limit of bytes per request."],
  rate_limited: ["The back end takes no more requests for now.", "Try again later, or raise the limit there."],
  refused: ["The back end refused the request.", "Look up the status in the back end's documentation."],
  server_error: ["The back end failed.", "Try again later; if it stays so, ask whoever runs it."],
  not_otlp: [
    "Something answered, and it was no OTLP endpoint.",
    "Check the URL: a web page answers where the API should. It is the full URL of the traces endpoint."
  ],
  throttled: ["Too many probes.", "Try again in a minute."]
}

const result = (
  verdict: Verdict,
  more: { readonly detail?: string | undefined; readonly status?: number | undefined } = {}
): ProbeResult => {
  const [sentence, nextStep] = words[verdict]
  return {
    verdict,
    sentence: more.detail ? `${sentence.slice(0, -1)}: ${more.detail}` : sentence,
    nextStep,
    ...(more.status !== undefined && { status: more.status })
  }
}

const byStatus: ReadonlyMap<number, Verdict> = new Map([
  [400, "wrong_format"],
  [401, "unauthorized"],
  [403, "unauthorized"],
  [404, "not_found"],
  [405, "not_found"],
  [408, "timeout"],
  [410, "not_found"],
  [413, "too_large"],
  [415, "wrong_format"],
  [422, "wrong_format"],
  [429, "rate_limited"]
])

const verdictOf = (status: number): Verdict =>
  byStatus.get(status) ?? (status >= 500 ? "server_error" : status >= 300 && status < 400 ? "redirected" : "refused")

/** What an OTLP endpoint may call its answer; one that is empty needs no name. */
const otlpTypes = /^application\/(?:[\w.-]*protobuf|octet-stream|(?:[\w.-]+\+)?json)\s*(?:;|$)/i

const isOtlp = (body: Uint8Array, contentType: string | undefined): boolean =>
  contentType === undefined || otlpTypes.test(contentType.trim()) || (body.length === 0 && !/html/i.test(contentType))

const judge = ({ clean, response }: otlpRequest.Answer): ProbeResult => {
  const { body, headers, status } = response
  if (status < 200 || status >= 300) return result(verdictOf(status), { status })
  const contentType = headers["content-type"]
  if (!isOtlp(body, contentType)) return result("not_otlp", { status })
  const { message, rejectedSpans } = otlpResponse.partialSuccess(body, contentType)
  return result(rejectedSpans > 0 ? "partly_refused" : "accepted", { status, detail: clean(message) })
}

/** Whatever else is added to the reasons is as good as unreachable. */
const byReason: Partial<Readonly<Record<TransportError["reason"], Verdict>>> = {
  tls: "tls_failed",
  timeout: "timeout",
  other: "invalid_destination"
}

const withoutAnswer = (error: TransportError | requestAuth.AuthUnavailable): ProbeResult => {
  if (error._tag === "AuthUnavailable") {
    if (error.reason === "invalid_header") return result("invalid_destination", { detail: error.message })
    return result(error.reason === "refused" ? "unauthorized" : "no_credential")
  }
  const { reason, status } = error
  // No OTLP endpoint has so much to say.
  if (reason === "response_too_large" && status !== undefined)
    return result(status >= 200 && status < 300 ? "not_otlp" : verdictOf(status), { status })
  return result(byReason[reason] ?? "unreachable")
}

/**
 * Counts probes by tenant, and lets so many through in a minute; past `maxTenants` who asked within one, or `maxRunning` at once, nobody.
 */
const throttle = (perMinute: number, maxTenants: number) => {
  // A map keeps the order of insertion: who asked last is last.
  const asked = new Map<string, ReadonlyArray<number>>()
  return (tenant: string, now: number): boolean => {
    const isRecent = (time: number | undefined) => time !== undefined && time > now - 60_000
    for (const [other, times] of asked) {
      if (isRecent(times.at(-1))) break
      asked.delete(other)
    }
    const times = (asked.get(tenant) ?? []).filter(isRecent)
    if (times.length >= perMinute || (asked.size >= maxTenants && !asked.has(tenant))) return false
    asked.delete(tenant)
    asked.set(tenant, [...times, now])
    return true
  }
}

const service = "tenant-tracer"

/** The root of a trace of its own, recorded as every span is. */
const recordSpan: Effect.Effect<RecordedSpan> = Effect.clockWith((clock) =>
  Effect.sync(() => {
    const recorder = Recorder.make({ sink: () => {}, count: () => {} })
    const startTime = clock.unsafeCurrentTimeNanos()
    const span = recorder.openRequest({
      name: "probe",
      kind: "internal",
      data: { _tag: "service", service, phase: `${service} probe` },
      startTime,
      wallTime: clock.unsafeCurrentTimeMillis(),
      route: TenantRoute.make({ tenant: service, destinations: [] })
    })
    recorder.end(span, startTime + 1_000_000n, { _tag: "unset" })
    return span
  })
)

/** Says of what is written that it is a probe. */
const begin =
  (writer: Writer.Writer) =>
  (context: BatchContext): Writer.Encoding => {
    const { add, finish } = writer.begin(context)
    return {
      add: (span) => add({ ...span, attributes: [...span.attributes, ["gateway.probe", true]] }),
      finish
    }
  }

/**
 * What probing needs: the tracer's own transport, policy and rendering.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly transport: Transport.Service
  readonly policy: EndpointPolicy
  /** How a tenant's destination receives spans, or why it cannot. */
  readonly render: (destination: Destination.Destination, tenant: string) => Either.Either<Render, string>
  /** Of one tenant. Default 5. */
  readonly perMinute?: number | undefined
  /** Tenants that may probe within a minute. Default 10,000. */
  readonly maxTenants?: number | undefined
  /** Probes on their way at once. Default 32. */
  readonly maxRunning?: number | undefined
}

/**
 * Tries a destination for a tenant. It never fails, whatever it is given, and takes at most 10 seconds.
 *
 * @since 0.1.0
 * @category models
 */
export type Probe = (
  destination: Destination.Destination,
  options: { readonly tenant: string }
) => Effect.Effect<ProbeResult>

const deadline = "10 seconds"

/** Less than the whole, so that it is the transport that says what it waited for. */
const requestTimeout = "9 seconds"

/**
 * Makes the door. It holds the times of the last minute's probes and nothing else. What is wrong with the destination's text is said without a
 * request, and is not limited.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Probe => {
  const { policy, render, transport } = options
  const admit = throttle(options.perMinute ?? 5, options.maxTenants ?? 10_000)
  const maxRunning = options.maxRunning ?? 32
  let running = 0

  const attempt = (destination: Destination.Destination, render: Render): Effect.Effect<ProbeResult> =>
    Effect.gen(function* () {
      const span = yield* recordSpan
      const { out: plain } = yield* render([span], begin(Writer.of(destination.protocol)))
      const body = destination.compression === "gzip" ? yield* gzip.compress(plain) : plain
      if (body.length > (destination.limits.bytesPerRequest ?? Number.POSITIVE_INFINITY)) return result("too_large")
      // Where nobody else uses the target, its connection is closed with the probe.
      yield* Effect.acquireRelease(
        Effect.sync(() => transport.hold({ url: destination.endpoint, tls: destination.tls, policy })),
        (release) => Effect.sync(release)
      )
      const auth = requestAuth.make(destination.auth, requestTimeout, { transport, policy })
      const post = otlpRequest.make({ ...destination, policy }, transport, requestTimeout)
      return yield* Effect.match(post(auth, body), { onFailure: withoutAnswer, onSuccess: judge })
    }).pipe(
      Effect.scoped,
      Effect.timeoutTo({ duration: deadline, onSuccess: (result) => result, onTimeout: () => result("timeout") })
    )

  return (destination, { tenant }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const checked = Destination.validate(destination)
      if (Either.isLeft(checked)) return Effect.succeed(result("invalid_destination", { detail: checked.left.message }))
      const judged = policy.judge(destination.endpoint)
      if (Either.isLeft(judged)) return Effect.succeed(result("not_allowed", { detail: judged.left.message }))
      const rendered = render(destination, tenant)
      if (Either.isLeft(rendered)) return Effect.succeed(result("invalid_destination", { detail: rendered.left }))
      if (running >= maxRunning || !admit(String(tenant).slice(0, 128), now)) return Effect.succeed(result("throttled"))
      return Effect.acquireUseRelease(
        Effect.sync(() => running++),
        () => attempt(destination, rendered.right),
        () => Effect.sync(() => running--)
      )
    }).pipe(
      // What was made without types may do anything when it is read.
      Effect.catchAllDefect(() => Effect.succeed(result("invalid_destination"))),
      Effect.withTracerEnabled(false)
    )
}
