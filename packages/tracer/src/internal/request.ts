/**
 * A request as a scoped effect: its root span, open for as long as the effect runs, and both facts of it (owner and parent) in its context.
 */
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as EffectTracer from "../record/EffectTracer.js"
import * as RecordedSpan from "../record/RecordedSpan.js"
import type { OpenRequestOptions, Recorder } from "../record/Recorder.js"
import { CurrentRequest, type RequestTrace } from "../record/RequestTrace.js"
import * as TraceContext from "../record/TraceContext.js"
import * as Frame from "./frame.js"

/** The recorder of a fiber, unless tracing is off there. */
export const recorderOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Recorder | undefined =>
  fiber.getFiberRef(FiberRef.currentTracerEnabled) ? EffectTracer.recorderOf(fiber.currentTracer) : undefined

/** The request of a fiber with its recorder, also where tracing is off or another tracer is in charge: whose a request is does not depend on that. */
export const requestOf = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): { readonly recorder: Recorder | undefined; readonly request: RequestTrace | undefined } => {
  const request = Option.getOrUndefined(Context.getOption(fiber.currentContext, CurrentRequest))
  return { recorder: request?.recorder ?? recorderOf(fiber), request }
}

/** The span that is active in a fiber, as far as it is one of ours. */
export const activeOf = (context: Context.Context<never>): RecordedSpan.RecordedSpan | undefined =>
  Option.match(Context.getOption(context, Tracer.ParentSpan), {
    onNone: () => undefined,
    onSome: RecordedSpan.fromSpan
  })

const clockOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Clock.Clock =>
  Context.get(fiber.currentDefaultServices, Clock.Clock)

const enter = (
  recorder: Recorder,
  root: RecordedSpan.RecordedSpan
): Context.Context<CurrentRequest | Tracer.ParentSpan> =>
  Context.make(CurrentRequest, root.request).pipe(Context.add(Tracer.ParentSpan, EffectTracer.face(recorder, root)))

/** Runs an effect as a request of its own; without a recorder, as it is. */
export const run = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  open: Pick<OpenRequestOptions, "name" | "kind" | "data" | "facts" | "route">
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const recorder = recorderOf(fiber)
    if (recorder === undefined) return self
    const clock = clockOf(fiber)
    return Frame.run(self, fiber, () => {
      const root = recorder.openRequest({
        ...open,
        startTime: clock.unsafeCurrentTimeNanos(),
        wallTime: clock.unsafeCurrentTimeMillis(),
        active: activeOf(fiber.currentContext)
      })
      return {
        isRequest: true,
        context: Context.merge(fiber.currentContext, enter(recorder, root)),
        leave: (exit) => recorder.end(root, clock.unsafeCurrentTimeNanos(), EffectTracer.outcomeOf(exit))
      }
    })
  })

/** An effect outside the request that calls it. */
export const detached = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(
    self,
    // Both tags are optional facts that no effect requires, so the context is as good without them.
    (context: Context.Context<R>) =>
      Context.omit(
        Tracer.ParentSpan,
        CurrentRequest
      )(context as Context.Context<R | Tracer.ParentSpan | CurrentRequest>) as Context.Context<R>
  )

export interface MiddlewareOptions {
  readonly incoming?: TraceContext.IncomingTrace | undefined
  readonly facts?: ((request: HttpServerRequest.HttpServerRequest) => TraceFacts.TraceFacts) | undefined
  readonly ignore?: ((request: HttpServerRequest.HttpServerRequest) => boolean) | undefined
  readonly content?: ((request: HttpServerRequest.HttpServerRequest) => "none" | "full" | undefined) | undefined
}

/** The root of each request of the platform, so that a middleware which is given twice opens one. */
const roots = new WeakMap<object, RecordedSpan.RecordedSpan>()

/** A request that was modified is still the one that came in. */
const sourceOf = (request: HttpServerRequest.HttpServerRequest): object =>
  typeof request.source === "object" && request.source !== null ? request.source : request

/** What a caller's function says; one that throws is counted, and the request goes on. */
const ask = <A>(recorder: Recorder, question: () => A, otherwise?: A): A | undefined => {
  try {
    return question()
  } catch {
    recorder.count("bad_payload")
    return otherwise
  }
}

/**
 * The root span of an HTTP request. It ends when the request's scope closes, which is after the last byte of the response.
 */
export const middleware =
  (options: MiddlewareOptions) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.withFiberRuntime((fiber) => {
      const recorder = recorderOf(fiber)
      const request = Context.unsafeGet(fiber.currentContext, HttpServerRequest.HttpServerRequest)
      const source = sourceOf(request)
      if (recorder === undefined || roots.get(source)?.ancestry.state === "open") return app
      if (ask(recorder, () => options.ignore?.(request)) === true) return app
      const clock = clockOf(fiber)
      return Effect.uninterruptibleMask((restore) => {
        const active = activeOf(fiber.currentContext)
        // The server span of the platform: ours stands in for it.
        const isPlatforms =
          active?.kind === "server" &&
          active.ancestry.role === undefined &&
          active.attributes.has("http.request.method")
        if (isPlatforms) active.request.recorder.discard(active)
        const root = recorder.openRequest({
          name: "proxy_request",
          data: dataOf(request, source),
          startTime: clock.unsafeCurrentTimeNanos(),
          wallTime: clock.unsafeCurrentTimeMillis(),
          caller: TraceContext.fromHeaders(request.headers),
          incoming: options.incoming,
          facts: ask(recorder, () => options.facts?.(request)),
          // Who cannot say whether it may leave has not allowed it.
          content: ask(recorder, () => options.content?.(request), "none"),
          active: isPlatforms ? undefined : active
        })
        roots.set(source, root)
        const context = enter(recorder, root)
        let status: number | undefined
        let handled: RecordedSpan.Outcome = RecordedSpan.unset
        let sent: RecordedSpan.Outcome = RecordedSpan.unset
        // The response as it is sent: an error has become its status here, whether the platform or the app turns it into a response.
        const observe: HttpApp.PreResponseHandler = (answered, response) =>
          Effect.sync(() => {
            if (sourceOf(answered) !== source) return response
            status = response.status
            return withinRequest(response, context, (exit) => {
              sent = EffectTracer.outcomeOf(exit)
            })
          })
        const finish = () => {
          if (status !== undefined) recorder.annotate(root, { status })
          recorder.end(root, clock.unsafeCurrentTimeNanos(), sent._tag === "unset" ? outcomeOf(handled, status) : sent)
        }
        const scope = Context.getOption(fiber.currentContext as Context.Context<Scope.Scope>, Scope.Scope)
        const observed = Frame.run(restore(app), fiber, () => ({
          isRequest: true,
          context: Context.merge(fiber.currentContext, context),
          leave: (exit) => {
            status ??= HttpServerError.exitResponse(exit).status
            if (Exit.isFailure(exit)) handled = failureOf(exit.cause)
            if (Option.isNone(scope)) finish()
          }
        }))
        const begun = HttpApp.appendPreResponseHandler(observe)
        return Option.isNone(scope)
          ? Effect.zipRight(begun, observed)
          : Effect.zipRight(begun, Effect.zipRight(Scope.addFinalizer(scope.value, Effect.sync(finish)), observed))
      })
    })

/** The platform puts the response that it sent into the cause. */
const failureOf = (cause: Cause.Cause<unknown>): RecordedSpan.Outcome =>
  Option.match(HttpServerError.causeResponseStripped(cause)[1], {
    onNone: () => RecordedSpan.unset,
    onSome: (cause) => EffectTracer.outcomeOf(Exit.failCause(cause))
  })

/** A client's mistake is no failure of a server's span. */
const outcomeOf = (handled: RecordedSpan.Outcome, status: number | undefined): RecordedSpan.Outcome => {
  if (handled._tag === "cancelled" || status === 499) return { _tag: "cancelled" }
  if (status === undefined || status < 500) return RecordedSpan.unset
  return handled._tag === "error" ? handled : { _tag: "error", error: { type: String(status) } }
}

/** A streamed body may run after its handler is done: it belongs to the request all the same. */
const withinRequest = (
  response: HttpServerResponse.HttpServerResponse,
  context: Context.Context<CurrentRequest | Tracer.ParentSpan>,
  onExit: (exit: Exit.Exit<unknown, unknown>) => void
): HttpServerResponse.HttpServerResponse => {
  const { body } = response
  if (body._tag !== "Stream") return response
  const stream = Stream.unwrapScoped(
    Effect.as(Effect.locallyScoped(HttpClient.currentTracerPropagation, false), body.stream)
  ).pipe(
    Stream.ensuringWith((exit) => Effect.sync(() => onExit(exit))),
    Stream.mapInputContext((outer: Context.Context<never>) => Context.merge(outer, context))
  )
  return HttpServerResponse.setBody(response, HttpBody.stream(stream, body.contentType, body.contentLength))
}

const dataOf = (request: HttpServerRequest.HttpServerRequest, source: object): SpanData.ProxyRequest => {
  const { headers, method, url } = request
  const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http"
  return {
    _tag: "proxy_request",
    method,
    path: pathOf(url),
    scheme,
    server: serverOf(headers["x-forwarded-host"] ?? headers[":authority"] ?? headers.host, scheme),
    // A request of Node says it; of one of the web nobody knows.
    networkProtocolVersion:
      "httpVersion" in source && typeof source.httpVersion === "string" ? source.httpVersion : undefined
  }
}

/** The name that the caller knows us by, if it is one: it types whatever it likes. Of several the first is the caller's, the others are of proxies. */
const serverOf = (host: string | undefined, scheme: "http" | "https"): SpanData.ServerAddress | undefined => {
  const [, name, address = name, port] = host === undefined ? [] : (hosts.exec(host) ?? [])
  if (address === undefined) return undefined
  return { address, port: port === undefined ? defaultPorts[scheme] : Number(port) }
}

const hosts = /^(?:([a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)|\[([0-9a-f:.]{2,45})\])(?::(\d{1,5}))?(?=\s*(?:,|$))/i

const defaultPorts = { http: 80, https: 443 } as const

const pathOf = (url: string): string => {
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").split(/[?#]/, 1)[0] ?? ""
  return path === "" ? "/" : path.slice(0, 1024)
}
