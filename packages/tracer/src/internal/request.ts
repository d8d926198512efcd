/**
 * A request as a scoped effect: its root span, open for as long as the effect runs, and both facts of it (owner and parent) in its context.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
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
import { CurrentRequest } from "../record/RequestTrace.js"
import * as TraceContext from "../record/TraceContext.js"

/** The recorder of a fiber, unless tracing is off there. */
export const recorderOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Recorder | undefined =>
  fiber.getFiberRef(FiberRef.currentTracerEnabled)
    ? EffectTracer.recorderOf(Context.get(fiber.getFiberRef(DefaultServices.currentServices), Tracer.Tracer))
    : undefined

/** The span that is active in a fiber, as far as it is one of ours. */
export const activeOf = (context: Context.Context<never>): RecordedSpan.RecordedSpan | undefined =>
  Option.match(Context.getOption(context, Tracer.ParentSpan), {
    onNone: () => undefined,
    onSome: RecordedSpan.fromSpan
  })

const clockOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Clock.Clock =>
  Context.get(fiber.getFiberRef(DefaultServices.currentServices), Clock.Clock)

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
    return Effect.uninterruptibleMask((restore) => {
      const root = recorder.openRequest({
        ...open,
        startTime: clock.unsafeCurrentTimeNanos(),
        wallTime: clock.unsafeCurrentTimeMillis(),
        active: activeOf(fiber.currentContext)
      })
      return restore(self).pipe(
        Effect.mapInputContext((context: Context.Context<R>) => Context.merge(context, enter(recorder, root))),
        Effect.onExit((exit) =>
          Effect.sync(() => recorder.end(root, clock.unsafeCurrentTimeNanos(), EffectTracer.outcomeOf(exit)))
        )
      )
    })
  })

export interface MiddlewareOptions {
  readonly incoming?: TraceContext.IncomingTrace | undefined
  readonly facts?: ((request: HttpServerRequest.HttpServerRequest) => TraceFacts.TraceFacts) | undefined
  readonly ignore?: ((request: HttpServerRequest.HttpServerRequest) => boolean) | undefined
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
      if (recorder === undefined || options.ignore?.(request) === true) return app
      const clock = clockOf(fiber)
      return Effect.uninterruptibleMask((restore) => {
        const active = activeOf(fiber.currentContext)
        // The server span of the platform: ours stands in for it.
        const isPlatforms =
          active?.kind === "server" && active.request.isAmbient && active.attributes.has("http.request.method")
        if (isPlatforms) recorder.discard(active)
        const data = { _tag: "proxy_request", method: request.method, path: pathOf(request.url) } as const
        const root = recorder.openRequest({
          name: "proxy_request",
          data,
          startTime: clock.unsafeCurrentTimeNanos(),
          wallTime: clock.unsafeCurrentTimeMillis(),
          caller: TraceContext.fromHeaders(request.headers),
          incoming: options.incoming,
          facts: options.facts?.(request),
          active: isPlatforms ? undefined : active
        })
        const context = enter(recorder, root)
        let outcome: RecordedSpan.Outcome = { _tag: "unset" }
        const finish = Effect.sync(() => recorder.end(root, clock.unsafeCurrentTimeNanos(), outcome))
        const scope = Context.getOption(fiber.currentContext as Context.Context<Scope.Scope>, Scope.Scope)
        const observed = restore(app).pipe(
          Effect.mapInputContext((context_: Context.Context<R | HttpServerRequest.HttpServerRequest>) =>
            Context.merge(context_, context)
          ),
          // Nothing of our trace goes to whom the handler calls, unless it says so itself.
          Effect.locally(HttpClient.currentTracerPropagation, false),
          Effect.onExit((exit) =>
            Effect.sync(() => {
              const { status } = HttpServerError.exitResponse(exit)
              recorder.annotate(root, { status })
              if (Exit.isFailure(exit) || status >= 500) outcome = outcomeOf(exit, status)
            })
          ),
          Effect.map((response) =>
            withinRequest(response, context, (exit) => {
              if (Exit.isFailure(exit)) outcome = EffectTracer.outcomeOf(exit)
            })
          )
        )
        return Option.match(scope, {
          onNone: () => Effect.ensuring(observed, finish),
          onSome: (scope) => Effect.zipRight(Scope.addFinalizer(scope, finish), observed)
        })
      })
    })

/** A client's mistake is no failure of a server's span. */
const outcomeOf = (exit: Exit.Exit<unknown, unknown>, status: number): RecordedSpan.Outcome => {
  const outcome = EffectTracer.outcomeOf(exit)
  if (outcome._tag === "cancelled" || status === 499) return { _tag: "cancelled" }
  if (status < 500) return { _tag: "unset" }
  return outcome._tag === "error" ? outcome : { _tag: "error", error: { type: String(status) } }
}

/** A streamed body runs after its handler is done: it belongs to the request all the same. */
const withinRequest = (
  response: HttpServerResponse.HttpServerResponse,
  context: Context.Context<CurrentRequest | Tracer.ParentSpan>,
  onExit: (exit: Exit.Exit<unknown, unknown>) => void
): HttpServerResponse.HttpServerResponse => {
  const { body } = response
  if (body._tag !== "Stream") return response
  const stream = body.stream.pipe(
    Stream.ensuringWith((exit) => Effect.sync(() => onExit(exit))),
    Stream.mapInputContext((outer: Context.Context<never>) => Context.merge(outer, context))
  )
  return HttpServerResponse.setBody(response, HttpBody.stream(stream, body.contentType, body.contentLength))
}

const pathOf = (url: string): string => {
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").split(/[?#]/, 1)[0] ?? ""
  return path === "" ? "/" : path.slice(0, 1024)
}
