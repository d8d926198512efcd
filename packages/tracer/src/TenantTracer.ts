/**
 * The service that records each request once and delivers its whole trace to the back ends of the tenant that it belongs to.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as Destination from "@tenant-tracer/model/Destination"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import * as Arr from "effect/Array"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import * as ByteBudget from "./deliver/ByteBudget.js"
import * as CredentialAudit from "./deliver/CredentialAudit.js"
import * as DeadLetters from "./deliver/DeadLetters.js"
import * as DestinationId from "./deliver/DestinationId.js"
import * as DestinationKey from "./deliver/DestinationKey.js"
import * as Ledger from "./deliver/Ledger.js"
import * as LedgerMetrics from "./deliver/LedgerMetrics.js"
import * as Pauses from "./deliver/Pauses.js"
import * as Probe from "./deliver/Probe.js"
import * as Provider from "./deliver/Provider.js"
import * as ProviderCache from "./deliver/ProviderCache.js"
import * as Revocations from "./deliver/Revocations.js"
import { Spool } from "./deliver/Spool.js"
import { Transport } from "./deliver/Transport.js"
import type * as Turns from "./deliver/Turns.js"
import * as Destinations from "./internal/destinations.js"
import * as Explanations from "./internal/explanations.js"
import * as Exporters from "./internal/exporters.js"
import * as Outlets from "./internal/outlets.js"
import * as Reclaim from "./internal/reclaim.js"
import * as Redaction from "./internal/redaction.js"
import * as Rendering from "./internal/rendering.js"
import * as Request from "./internal/request.js"
import * as Spooling from "./internal/spooling.js"
import * as CallMetrics from "./record/CallMetrics.js"
import * as EffectTracer from "./record/EffectTracer.js"
import type { RecordedSpan } from "./record/RecordedSpan.js"
import * as Recorder from "./record/Recorder.js"
import type { IncomingTrace } from "./record/TraceContext.js"
import * as ExceptionEvent from "./render/ExceptionEvent.js"
import { VocabularyResolver } from "./render/VocabularyResolver.js"
import * as EndpointPolicy from "./route/EndpointPolicy.js"
import * as Router from "./route/Router.js"
import * as TracingConfig from "./TracingConfig.js"

/**
 * How tracing stands right now.
 *
 * @since 0.1.0
 * @category models
 */
export interface Status {
  readonly ledger: Ledger.LedgerSnapshot
  readonly recording: ReturnType<Recorder.Recorder["stats"]>
  readonly providers: { readonly size: number } & ReturnType<ProviderCache.ProviderCache<never>["stats"]>
  /** One for each account of the ledger, and for each destination that is paused. */
  readonly destinations: ReadonlyArray<Destinations.DestinationStatus>
  readonly deadLetters: ReturnType<DeadLetters.DeadLetters<never>["stats"]>
  /** Bytes of spans that wait, are held for their owner or are on their way. */
  readonly budget: ReturnType<ByteBudget.ByteBudget["stats"]>
  readonly sending: ReturnType<Turns.Turns["stats"]>
}

/**
 * Where a tenant's trace went, and why.
 *
 * @since 0.1.0
 * @category models
 */
export type Explanation = Explanations.Explanation

/**
 * Which destination: its id, or a tenant and the name that the destination has there.
 *
 * @since 0.1.0
 * @category models
 */
export type DestinationRef = DestinationId.DestinationId | { readonly tenant: string; readonly destination: string }

/**
 * Spans that a back end refused for good, without what they say: `data` is there only where it was asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeadLetter extends Omit<DeadLetters.Letter<never>, "spans"> {
  readonly spans: ReadonlyArray<{
    readonly traceId: string
    readonly spanId: string
    readonly role: RecordedSpan["ancestry"]["role"]
    readonly data?: RecordedSpan["data"]
  }>
}

/**
 * `recorder` records from plain code, without a fiber; everything else is used through the functions of this module.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly tracer: Tracer.Tracer
  readonly recorder: Recorder.Recorder
  readonly flush: Effect.Effect<void>
  readonly status: Effect.Effect<Status>
  /** What a route comes to: which of its destinations are denied, and why. */
  readonly plan: (route: TenantRoute) => Router.Plan
  readonly pause: (ref: DestinationRef) => Effect.Effect<boolean>
  readonly resume: (ref: DestinationRef) => Effect.Effect<void>
  readonly deadLetters: (
    tenant?: string,
    options?: { readonly content?: boolean | undefined }
  ) => Effect.Effect<ReadonlyArray<DeadLetter>>
  readonly replay: (ref: DestinationRef) => Effect.Effect<number>
  readonly revoke: (
    ref: DestinationRef,
    options?: { readonly keep?: Destination.Destination | undefined }
  ) => Effect.Effect<boolean>
  readonly explain: (tenant: string, traceId: string) => Effect.Effect<Explanations.Explanation>
  readonly credentialUses: Stream.Stream<CredentialAudit.CredentialUse>
  readonly probe: Probe.Probe
}

/**
 * The running tracer: what `flush` and `status` ask for, and whoever records without a fiber.
 *
 * @since 0.1.0
 * @category tags
 */
export class TenantTracer extends Context.Tag("@tenant-tracer/tracer/TenantTracer")<TenantTracer, Service>() {}

/**
 * Makes the service with a way to make exporters of one's own; `layer` sends over the network.
 *
 * @internal
 */
export const makeWith = (
  config: TracingConfig.TracingConfig,
  makeExporter: Exporters.MakeExporter,
  transport: Transport["Type"]
): Effect.Effect<Service, never, VocabularyResolver | Scope.Scope> =>
  Effect.gen(function* () {
    yield* Effect.orDie(TracingConfig.validate(config))
    const vocabularies = yield* VocabularyResolver
    const ledger = Ledger.make()
    const pauses = Pauses.make()
    const deadLetters = DeadLetters.make<RecordedSpan>({ ledger, maxBytes: config.deadLetters?.maxBytes })
    const revocations = Revocations.make()
    const destinations = Destinations.make({ deadLetters, ledger, pauses, revocations })
    const audit = yield* CredentialAudit.make
    const explanations = Explanations.make(config.explain)
    const budget = ByteBudget.make(config.budget)
    const environment = yield* Provider.environment({ ledger, isPaused: pauses.has, budget, turns: config.sending })
    const tell = config.metrics && LedgerMetrics.make(config.metrics)
    const measure = Effect.sync(() => tell?.(ledger.snapshot()))
    // Registered before everything that sends, so that it tells what came of the last spans, too.
    yield* Effect.addFinalizer(() => measure)
    const unsent: Array<ProviderCache.Unsent> = []
    let unsentOperator = (): ReadonlyArray<ProviderCache.Unsent> => []
    // Registered first, so that it runs when everything is closed.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        const report = [...unsent, ...unsentOperator()]
        return report.length === 0 ? Effect.void : (config.onUnsent ?? logUnsent)(report)
      })
    )
    const clock = yield* Effect.clock
    const tellException = exceptions(config, () => ledger.count("exception_event_failed"))
    const recorder = Recorder.make({
      // No span ends before everything is there.
      sink: (span, route) => {
        tellException?.(span)
        router.sink(span, route)
      },
      budget: budget.open(unbound, { held: () => 0, shed: () => false }, Number.POSITIVE_INFINITY),
      count: ledger.count,
      content: config.content ?? "none",
      drift: () => clock.unsafeCurrentTimeMillis() - Number(clock.unsafeCurrentTimeNanos()) / 1e6,
      incoming: config.incoming,
      calls: config.callMetrics && CallMetrics.make(config.callMetrics, () => ledger.count("bad_payload")),
      limits: limitsOf(config)
    })
    const spool = yield* Effect.serviceOption(Spool)
    const spooling = Option.isNone(spool)
      ? undefined
      : yield* Spooling.make({
          spool: spool.value,
          ledger,
          explanations,
          recorder,
          run: environment.run,
          writeAfter: config.spool?.writeAfter
        })
    // The operator's back ends and the tenants' are drained at the same time, so that all of them have one deadline.
    const drain = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.parallel)
    const draining = Scope.fork(drain, ExecutionStrategy.sequential)
    const cache = yield* ProviderCache.make<Provider.Provider<RecordedSpan>>({
      capacity: config.cache?.capacity,
      idleTimeToLive: config.cache?.idleTimeToLive,
      shutdownDeadline: config.shutdownDeadline,
      onClose: (reports) => Effect.sync(() => unsent.push(...reports))
    }).pipe(Scope.extend(yield* draining))
    const rendering = Rendering.make({ config, ledger, vocabularies })
    const exporters = Exporters.make({
      audit,
      clock: environment.clock,
      config,
      ledger,
      makeExporter,
      rendering,
      revocations
    })
    const outlets = Outlets.make({
      cache,
      config,
      deadLetters,
      destinations,
      environment,
      exporters,
      ledger,
      rendering,
      revocations,
      spooling,
      transport
    })
    unsentOperator = outlets.unsentOperator
    const operator: Array<Router.OperatorOutlet> = []
    for (const destination of config.operator ?? []) {
      const opened = yield* Scope.extend(outlets.openOperator(destination), yield* draining)
      if ("view" in opened) operator.push(opened)
      else if (opened.reason === "unknown_vocabulary") {
        return yield* Effect.die(ConfigError.InvalidData(["operator", destination.name, "vocabularies"], opened.detail))
      } else {
        ledger.denied(opened.id, opened.reason)
        yield* Effect.logError(`The operator's destination ${opened.id} is not used: ${opened.detail}`)
      }
    }
    const router = Router.make({
      ledger,
      operator,
      budget,
      random: environment.random,
      open: outlets.open,
      onTrace: (request, { tenant }, { denied }) => explanations.add(request, tenant, denied)
    })
    const probe = Probe.make({
      transport,
      policy: config.endpoints ?? EndpointPolicy.publicOnly,
      render: outlets.preview
    })
    // Registered last, so that it runs before the queues are drained.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        recorder.close(clock.unsafeCurrentTimeNanos())
        router.close()
        environment.turns.lift()
      })
    )
    const sweep = Effect.sync(() => {
      const now = clock.unsafeCurrentTimeNanos()
      recorder.sweep(now)
      router.sweep(now)
    })
    yield* sweep.pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.withTracerEnabled(false), Effect.forkScoped)
    if (spooling !== undefined && config.spool?.resolve !== undefined) {
      yield* Reclaim.make({ spooling, outlets, resolve: config.spool.resolve }).pipe(
        Effect.repeat(Schedule.spaced("30 seconds")),
        Effect.forkScoped
      )
    }
    if (config.metrics !== undefined) {
      yield* measure.pipe(
        Effect.repeat(Schedule.spaced("10 seconds")),
        Effect.withTracerEnabled(false),
        Effect.forkScoped
      )
    }
    return {
      tracer: EffectTracer.make(recorder),
      recorder,
      flush: Effect.all([cache.flush, outlets.flushOperator], { concurrency: "unbounded", discard: true }),
      status: Effect.sync(() => {
        const snapshot = ledger.snapshot()
        return {
          ledger: snapshot,
          recording: recorder.stats(),
          providers: { size: cache.size(), ...cache.stats() },
          destinations: destinations.status(snapshot),
          deadLetters: deadLetters.stats(),
          budget: budget.stats(),
          sending: environment.turns.stats()
        }
      }),
      plan: router.plan,
      pause: (ref) => Effect.sync(() => destinations.pause(idOf(ref))),
      resume: (ref) => Effect.sync(() => destinations.resume(idOf(ref))),
      deadLetters: (tenant, options) =>
        Effect.sync(() =>
          deadLetters
            .values()
            .filter(({ id }) => tenant === undefined || isOf(tenant, id))
            .map((letter) => ({ ...letter, spans: letter.spans.map(shown(options?.content ?? false)) }))
        ),
      replay: (ref) => Effect.sync(() => destinations.replay(idOf(ref))),
      revoke: (ref, options) =>
        Effect.suspend(() => {
          const id = idOf(ref)
          const keep = options?.keep && DestinationKey.ofCredential(options.keep)
          const isRemembered = revocations.revoke(id, keep)
          audit.tell({ id, time: environment.clock.wallTime(), use: "revoked", host: undefined })
          return Effect.as(destinations.revoke(id, keep), isRemembered)
        }),
      explain: (tenant, traceId) => Effect.sync(() => explanations.explain(tenant, traceId)),
      credentialUses: audit.stream,
      probe: (destination, options) =>
        Effect.zipRight(
          Effect.sync(() => ledger.count("probes")),
          probe(destination, options)
        )
    }
  })

/** Once it is known whose span it is: before, nobody knows what the operator may read of it. */
const exceptions = (
  { onException, redaction }: TracingConfig.TracingConfig,
  onFailure: () => void
): ((span: RecordedSpan) => void) | undefined => {
  if (onException === undefined) return undefined
  const { redactor } = Redaction.of(redaction, "operator", undefined)
  return (span) => {
    try {
      const event = ExceptionEvent.make(span, redactor)
      if (event !== undefined) onException(event)
    } catch {
      // A logger of the operator's, or a getter of the caller's.
      onFailure()
    }
  }
}

/** A line for each of the first, and one for all others: there may be ten thousand. */
const logUnsent = (reports: ReadonlyArray<ProviderCache.Unsent>): Effect.Effect<void> => {
  const rest = reports.slice(maxLines)
  const sum = (count: (one: ProviderCache.Unsent) => number) => rest.reduce((sum, one) => sum + count(one), 0)
  const line = (what: string, unsent: number, spooled: number) =>
    Effect.logWarning(
      `${unsent} spans of ${what} could not be sent before the shutdown; ${unsent - spooled} are lost, ${spooled} on disk`
    )
  return Effect.zipRight(
    Effect.forEach(
      reports.slice(0, maxLines),
      ({ id, spooled, unsent, why }) => line(`${id} (${why})`, unsent, spooled),
      { discard: true }
    ),
    rest.length === 0
      ? Effect.void
      : line(
          `${rest.length} more destinations`,
          sum(({ unsent }) => unsent),
          sum(({ spooled }) => spooled)
        )
  )
}

const maxLines = 20

const forever = 2n ** 63n

/** Who holds the spans that have no owner yet: a name that no tenant has. */
const unbound = "/unbound"

const idOf = (ref: DestinationRef): DestinationId.DestinationId =>
  typeof ref === "string" ? ref : DestinationId.make({ tenant: ref.tenant, name: ref.destination })

const isOf = (tenant: string, id: DestinationId.DestinationId): boolean =>
  !DestinationId.isOperator(id) && DestinationId.tenant(id) === tenant

const shown =
  (content: boolean) =>
  ({ ancestry, data, request, spanId, traceId }: RecordedSpan): DeadLetter["spans"][number] => ({
    traceId,
    spanId,
    role: ancestry.role,
    // What a request forbids, it forbids here, too.
    ...(content && request.content === "full" ? { data } : {})
  })

const limitsOf = (config: TracingConfig.TracingConfig): Partial<Recorder.RecorderLimits> => ({
  heldSpans: config.hold?.maxSpans ?? Recorder.defaultLimits.heldSpans,
  heldBytes: config.hold?.maxBytes ?? Recorder.defaultLimits.heldBytes,
  heldTime:
    config.hold?.maxTime === undefined
      ? Recorder.defaultLimits.heldTime
      : Option.getOrElse(Duration.toNanos(config.hold.maxTime), () => forever)
})

/**
 * The service, and Effect's tracer with it: every span of the app is recorded from here on. Closing it sends what is queued, under a deadline.
 * Where a `Spool` is provided, what waits is on disk, too. An option that cannot be used is a defect at the start that names it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  config: TracingConfig.TracingConfig = {}
): Layer.Layer<TenantTracer, never, Transport | VocabularyResolver> =>
  layerOf(Effect.flatMap(Transport, (transport) => makeWith(config, Exporters.otlp(transport), transport)))

/**
 * The same from the environment: see `TracingConfig.fromEnvironment` for the variables. Options given here win. A value that cannot be used is an
 * error that names it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  overrides: Config.Config.Wrap<TracingConfig.TracingConfig> = {}
): Layer.Layer<TenantTracer, ConfigError.ConfigError, Transport | VocabularyResolver> =>
  Layer.unwrapEffect(
    Effect.map(
      Config.all([TracingConfig.fromEnvironment, optionsOf(overrides)]).pipe(
        Config.mapOrFail(([environment, options]) =>
          TracingConfig.validate(TracingConfig.override(environment, options))
        )
      ),
      layer
    )
  )

/** `Config.unwrap` throws where there is nothing to unwrap, at the top or in a group. */
const optionsOf = (
  overrides: Config.Config.Wrap<TracingConfig.TracingConfig>
): Config.Config<TracingConfig.TracingConfig> => {
  if (Config.isConfig(overrides)) return overrides
  const isEmpty = (value: unknown) => Predicate.isRecord(value) && Object.keys(value).length === 0
  const [given, empty] = Arr.partition(Object.entries(overrides), ([, value]) => isEmpty(value))
  if (given.length === 0) return Config.succeed(Object.fromEntries(empty))
  // Its empty groups are options as they are.
  return Config.map(Config.unwrap(Object.fromEntries(given) as typeof overrides), (options) => ({
    ...options,
    ...Object.fromEntries(empty)
  }))
}

/**
 * A layer of the service and its tracer from an effect that makes it.
 *
 * @internal
 */
export const layerOf = <E, R>(
  make: Effect.Effect<Service, E, R>
): Layer.Layer<TenantTracer, E, Exclude<R, Scope.Scope>> => {
  // Built where nothing is interrupted, what it forks could not be ended either, and closing would wait for ever.
  const service = Layer.scoped(TenantTracer, Effect.interruptible(make))
  const tracer = Layer.unwrapEffect(Effect.map(TenantTracer, ({ tracer }) => Layer.setTracer(tracer)))
  return Layer.provideMerge(tracer, service)
}

/**
 * The root span of every HTTP request: it stands in for the platform's own server span, covers the body of the response, and reads no header but
 * the trace context, the host that was asked for and whether a proxy in front spoke HTTPS (`server.address`, `server.port`, `url.scheme`). Hand it to
 * `HttpServer.serve`, or pipe an app through it.
 *
 * @since 0.1.0
 * @category middleware
 */
export const middleware: <E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R> = Request.middleware({})

/**
 * `middleware` with options: what becomes of a caller's trace (default: as the layer says), facts of the trace from the request (trusted code
 * decides which headers may say them, see `TraceFacts.fromHeaders`), requests that are not traced, and requests of which nobody may have content
 * (`"none"`, see `limitContent`; a function that throws says so, too).
 *
 * @since 0.1.0
 * @category middleware
 */
export const middlewareWith = (options: {
  readonly incoming?: IncomingTrace | undefined
  readonly facts?: ((request: HttpServerRequest.HttpServerRequest) => TraceFacts) | undefined
  readonly ignore?: ((request: HttpServerRequest.HttpServerRequest) => boolean) | undefined
  readonly content?: ((request: HttpServerRequest.HttpServerRequest) => "none" | "full" | undefined) | undefined
}): (<E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R>) => Request.middleware(options)

/**
 * Says whose request this is: what waited goes along, and what follows goes there. It never fails: the first route stands, and an answer other
 * than `Bound` and `AlreadyBound` is counted, and logged the first time.
 *
 * @since 0.1.0
 * @category routing
 */
export const bind = (route: TenantRoute): Effect.Effect<Recorder.BindResult> =>
  Effect.withFiberRuntime((fiber) => {
    const { recorder, request } = Request.requestOf(fiber)
    if (recorder === undefined) return Effect.succeed("NoRequest")
    const result = recorder.bind(request, route)
    if (result === "Bound" || result === "AlreadyBound" || !recorder.isFirst(result)) return Effect.succeed(result)
    return Effect.as(
      // What is no route has no tenant to name.
      Effect.logWarning(
        `TenantTracer.bind${result === "InvalidRoute" ? "" : ` for tenant "${route.tenant}"`}: ${explanations[result]}`
      ),
      result
    )
  })

const explanations: Record<Exclude<Recorder.BindResult, "Bound" | "AlreadyBound">, string> = {
  Conflict:
    "the request belongs to another tenant already, which keeps it. Open a request of its own with TenantTracer.withRoute.",
  NoRequest: "no request is open here. Wrap the app in TenantTracer.middleware, or the work in TenantTracer.withRoute.",
  TooLate: "the trace went to the operator before its tenant was known. Bind earlier, or raise the hold limits.",
  InvalidRoute: "what was given is no route. Make it with TenantRoute.make or TenantRoute.decode."
}

/**
 * Adds facts to the trace of the current request, until its root has ended: end user, session, tags, …
 *
 * @since 0.1.0
 * @category routing
 */
export const annotateTrace = (facts: TraceFacts): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const { recorder, request } = Request.requestOf(fiber)
    if (request !== undefined) recorder?.addFacts(request, facts)
    return Effect.void
  })

/**
 * Forbids the content of the current request: no destination, the operator's included, receives what was said and answered in it, from now on and as
 * far as it has not left yet. Requests that it opens from here on are forbidden theirs with it. There is no way back: a request may only tighten what
 * operator and destination allow. For every request of a tenant set `content` of its route.
 *
 * @since 0.1.0
 * @category routing
 */
export const limitContent: Effect.Effect<void> = Effect.withFiberRuntime((fiber) => {
  const { recorder, request } = Request.requestOf(fiber)
  if (request !== undefined) recorder?.limitContent(request)
  return Effect.void
})

/**
 * Runs an effect as a request of its own, bound to a tenant from its first span on: a job, a message of a queue. A span that was active becomes a
 * link. `name` is the root span's, from a closed set; default `job`.
 *
 * @since 0.1.0
 * @category routing
 */
export const withRoute: {
  (
    route: TenantRoute,
    options?: { readonly name?: string | undefined }
  ): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    route: TenantRoute,
    options?: { readonly name?: string | undefined }
  ): Effect.Effect<A, E, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(self: Effect.Effect<A, E, R>, route: TenantRoute, options?: { readonly name?: string | undefined }) => {
    const name = options?.name ?? "job"
    return Request.run(self, {
      name,
      kind: "internal",
      data: { _tag: "service", service: name, phase: name },
      facts: route.facts,
      route
    })
  }
)

/**
 * Runs an effect outside the request that calls it: what it opens belongs to no tenant. Shared caches, pools, look-ups and lazily built layers use
 * it, or their spans belong to whoever came first.
 *
 * @since 0.1.0
 * @category routing
 */
export const detached: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Request.detached

/**
 * Sends everything that is queued, of every tenant and the operator, and waits for it; what is for a destination that is paused, or whose breaker
 * is open, stays where it is, and nobody waits for that. A trace that is sampled is queued when it has ended.
 *
 * @since 0.1.0
 * @category operations
 */
export const flush: Effect.Effect<void, never, TenantTracer> = Effect.flatMap(TenantTracer, ({ flush }) => flush)

/**
 * The ledger, what is being recorded, the providers that are kept, and how each destination stands: what waits for it, its breaker, why it is
 * paused, its last error and success. It costs a walk over the destinations: nothing is counted anew.
 *
 * @since 0.1.0
 * @category operations
 */
export const status: Effect.Effect<Status, never, TenantTracer> = Effect.flatMap(TenantTracer, ({ status }) => status)

/**
 * Sends nothing to a destination until `resume`, whether or not it is in use yet; what is on its way arrives, and what comes waits in its queue,
 * which is as bounded as ever. Closing drops what waits there. False when more are paused already than are remembered (100,000): then it is not.
 *
 * @since 0.1.0
 * @category operations
 */
export const pause = (ref: DestinationRef): Effect.Effect<boolean, never, TenantTracer> =>
  Effect.flatMap(TenantTracer, ({ pause }) => pause(ref))

/**
 * Ends a pause. Where the breaker is open, or the credential was refused, the next probe goes at once, unless the back end asked for a later one.
 *
 * @since 0.1.0
 * @category operations
 */
export const resume = (ref: DestinationRef): Effect.Effect<void, never, TenantTracer> =>
  Effect.flatMap(TenantTracer, ({ resume }) => resume(ref))

/**
 * What back ends have refused for good and is still kept, oldest first: of one tenant, or of all and the operator. What the spans say (prompts among
 * it) is shown only with `content`.
 *
 * @since 0.1.0
 * @category operations
 */
export const deadLetters = (
  tenant?: string,
  options?: { readonly content?: boolean | undefined }
): Effect.Effect<ReadonlyArray<DeadLetter>, never, TenantTracer> =>
  Effect.flatMap(TenantTracer, ({ deadLetters }) => deadLetters(tenant, options))

/**
 * Sends a destination's dead letters again, as it is configured now, and says how many spans that were. In the ledger they are made anew. Where no
 * provider of it is in use it does nothing, so that nothing goes to a destination that was removed: the tenant's next span brings one.
 *
 * @since 0.1.0
 * @category operations
 */
export const replay = (ref: DestinationRef): Effect.Effect<number, never, TenantTracer> =>
  Effect.flatMap(TenantTracer, ({ replay }) => replay(ref))

/**
 * Takes a destination's credential out of use: when it returns, no further byte carries it, in queue, retry, flight (aborted) or pooled connection.
 * It holds for every credential with which the destination has been used so far but that of `keep`, also in routes that are still kept somewhere;
 * with another credential the destination works on. What waits goes to the provider with that one, if it is in use already, and is dropped as
 * `revoked` otherwise; what was on its way may have arrived. False when more credentials have been revoked than are remembered (100,000).
 *
 * @since 0.1.0
 * @category operations
 */
export const revoke = (
  ref: DestinationRef,
  options?: { readonly keep?: Destination.Destination | undefined }
): Effect.Effect<boolean, never, TenantTracer> => Effect.flatMap(TenantTracer, ({ revoke }) => revoke(ref, options))

/**
 * Where a tenant's trace went, and why, by the id that the tracer gave it or the one that its caller sent. It knows the latest 10,000 traces (see
 * `TracingConfig.explain`), and of each only what concerns this tenant.
 *
 * @since 0.1.0
 * @category operations
 */
export const explain = (tenant: string, traceId: string): Effect.Effect<Explanation, never, TenantTracer> =>
  Effect.flatMap(TenantTracer, ({ explain }) => explain(tenant, traceId))

/**
 * Each use of a credential from now on: which destination's, when, and where it was sent. Never its value.
 *
 * @since 0.1.0
 * @category operations
 */
export const credentialUses: Stream.Stream<CredentialAudit.CredentialUse, never, TenantTracer> = Stream.unwrap(
  Effect.map(TenantTracer, ({ credentialUses }) => credentialUses)
)
/**
 * Sends one real span, `tenant-tracer probe`, to a destination and says in words what came of it: before a tenant's settings are stored, or when
 * somebody asks why nothing arrives. It goes through the endpoint policy and the transport as every span does, whether or not the tenant is known
 * here, needs at most 10 seconds, never tries again, and is in no account but the counter `probes`. A tenant may ask five times a minute.
 *
 * @example
 * ```ts
 * import type { Destination } from "@tenant-tracer/model"
 * import { TenantTracer } from "@tenant-tracer/tracer"
 * import { Effect } from "effect"
 *
 * export const check = (destination: Destination.Destination) =>
 *   Effect.map(TenantTracer.probe(destination, { tenant: "acme" }), ({ nextStep, sentence, verdict }) =>
 *     verdict === "accepted" ? "It works." : `${sentence} ${nextStep}`
 *   )
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const probe = (
  destination: Destination.Destination,
  options: { readonly tenant: string }
): Effect.Effect<Probe.ProbeResult, never, TenantTracer> =>
  Effect.flatMap(TenantTracer, ({ probe }) => probe(destination, options))
