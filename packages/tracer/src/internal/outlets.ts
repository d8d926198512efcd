/**
 * How a destination becomes an outlet of the router: judged once, and a provider found or built for it whenever a span ends.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as ServiceCatalog from "@tenant-tracer/model/ServiceCatalog"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { CredentialAudit, CredentialUse } from "../deliver/CredentialAudit.js"
import * as CredentialResolver from "../deliver/CredentialResolver.js"
import type { DeadLetters } from "../deliver/DeadLetters.js"
import * as DestinationId from "../deliver/DestinationId.js"
import * as DestinationKey from "../deliver/DestinationKey.js"
import * as Exporter from "../deliver/Exporter.js"
import type { Ledger } from "../deliver/Ledger.js"
import * as OtlpExporter from "../deliver/OtlpExporter.js"
import * as Provider from "../deliver/Provider.js"
import * as ProviderCache from "../deliver/ProviderCache.js"
import * as RateLimit from "../deliver/RateLimit.js"
import type { Revocations } from "../deliver/Revocations.js"
import type { Transport, TransportTarget } from "../deliver/Transport.js"
import * as RecordedSpan from "../record/RecordedSpan.js"
import * as ContentPolicy from "../render/ContentPolicy.js"
import type { BatchContext, RenderedSpan } from "../render/RenderedSpan.js"
import * as Renderer from "../render/Renderer.js"
import * as SpanExporterAdapter from "../render/SpanExporterAdapter.js"
import type { View } from "../render/TenantView.js"
import type { VocabularyResolver } from "../render/VocabularyResolver.js"
import * as Writer from "../render/Writer.js"
import * as EndpointPolicy from "../route/EndpointPolicy.js"
import type { Denial, OperatorOutlet, Outlet } from "../route/Router.js"
import * as Router from "../route/Router.js"
import * as Sampler from "../route/Sampler.js"
import type { OperatorExporter, TracingConfig } from "../TracingConfig.js"
import type { Destinations, Member } from "./destinations.js"
import * as fates from "./fates.js"
import * as Redaction from "./redaction.js"
import type { Spooling } from "./spooling.js"
import * as Url from "./url.js"
import { version } from "./version.js"

/** Makes the exporter of a destination; tests put one that keeps what it is given in its place. */
export type MakeExporter = (options: {
  readonly id: DestinationId.DestinationId
  readonly destination: Destination.Destination
  readonly render: (batch: ReadonlyArray<RecordedSpan.RecordedSpan>) => Effect.Effect<Rendered>
  /** By which a tenant's is judged. */
  readonly policy: EndpointPolicy.EndpointPolicy | undefined
  readonly rate: RateLimit.RateLimit | undefined
  readonly renew: Effect.Effect<Option.Option<Destination.DestinationAuth>> | undefined
  readonly onUse: (use: "sent" | "refused") => void
  readonly onWarning: () => void
}) => Exporter.BatchExporter<RecordedSpan.RecordedSpan>

/** A batch as one destination receives it; what could not be rendered is told apart. */
export interface Rendered {
  readonly spans: ReadonlyArray<RenderedSpan>
  readonly context: BatchContext
  readonly dropped: ReadonlyArray<Exporter.Tally>
}

export interface Outlets {
  readonly open: (
    id: DestinationId.DestinationId,
    destination: Destination.Destination,
    audience: "tenant" | "merged"
  ) => Outlet | Denial
  /** An operator's outlet has a provider of its own, outside the cache, for as long as the scope lives. */
  readonly openOperator: (
    operator: Destination.Destination | OperatorExporter
  ) => Effect.Effect<OperatorOutlet | Denial, never, Scope.Scope>
  readonly flushOperator: Effect.Effect<void>
  readonly unsentOperator: () => ReadonlyArray<ProviderCache.Unsent>
  /** How a tenant's destination receives spans, without an outlet. */
  readonly preview: (
    destination: Destination.Destination,
    tenant: string
  ) => Either.Either<(batch: ReadonlyArray<RecordedSpan.RecordedSpan>) => Effect.Effect<Rendered>, string>
}

export const make = (options: {
  readonly config: TracingConfig
  readonly environment: Provider.Environment
  readonly destinations: Destinations
  readonly deadLetters: DeadLetters<RecordedSpan.RecordedSpan>
  readonly ledger: Ledger
  readonly cache: ProviderCache.ProviderCache<Provider.Provider<RecordedSpan.RecordedSpan>>
  readonly vocabularies: VocabularyResolver["Type"]
  readonly revocations: Revocations
  readonly audit: Pick<CredentialAudit, "tell">
  readonly spooling: Spooling | undefined
  readonly makeExporter: MakeExporter
  readonly transport: Transport["Type"]
}): Outlets => {
  const {
    audit,
    cache,
    config,
    deadLetters,
    destinations,
    environment,
    ledger,
    makeExporter,
    revocations,
    spooling,
    transport,
    vocabularies
  } = options
  const credential = config.credentials && CredentialResolver.make(config.credentials)
  const policy = config.endpoints ?? EndpointPolicy.publicOnly
  const operators: Array<Provider.Provider<RecordedSpan.RecordedSpan>> = []
  const operatorResource = { "service.name": "unknown_service", ...config.resource }
  const tenantResource = Object.fromEntries(Object.entries(operatorResource).filter(([key]) => shared.has(key)))

  const providerOf = (
    id: DestinationId.DestinationId,
    view: View,
    use: {
      readonly exporter: Exporter.BatchExporter<RecordedSpan.RecordedSpan>
      readonly destination: Destination.Destination | undefined
      readonly account: fates.Account
      readonly rate: RateLimit.RateLimit | undefined
      /** What stands for the credential that it uses now. */
      readonly credential: () => string
      readonly close: Effect.Effect<void>
    }
  ): Effect.Effect<Provider.Provider<RecordedSpan.RecordedSpan>, never, Scope.Scope> =>
    Effect.gen(function* () {
      const { account, close, credential, destination, exporter, rate } = use
      const oldest = destination?.limits.oldestSpan
      let member: Member | undefined
      // Finalizers run in the reverse order: it is retired while it sends what is left, and then removed.
      yield* Effect.addFinalizer(() => Effect.sync(() => member && destinations.remove(member)))
      const provider = yield* Provider.make(environment, {
        id,
        exporter,
        account,
        rate,
        lane: destination && laneOf(destination),
        sizeOf: RecordedSpan.sizeOf,
        maxBatchSpans: config.batch?.maxSpans,
        maxBatchBytes: config.batch?.maxBytes,
        maxBatchAge: config.batch?.maxAge,
        maxQueueSpans: config.queue?.maxSpans,
        maxQueueBytes: config.queue?.maxBytes,
        breaker: config.breaker,
        maxElapsed: config.maxElapsed,
        closeDeadline: config.shutdownDeadline,
        tooOld:
          oldest === undefined
            ? undefined
            : (span) => environment.clock.wallTime() - RecordedSpan.endedAt(span) > oldest * 1000,
        overflow: spooling && ((adopt) => spooling.open(id, view, adopt)),
        successor: () => member && destinations.successorOf(member),
        onRefusal: ({ reason, spans = [] }) => {
          const bytes = spans.reduce((sum, span) => sum + RecordedSpan.sizeOf(span), 0)
          if (spans.length > 0) deadLetters.add({ id, reason, time: environment.clock.wallTime(), spans, bytes })
        }
      })
      const added: Member = {
        provider,
        view,
        account,
        close,
        get credential() {
          return credential()
        }
      }
      member = added
      yield* Effect.acquireRelease(
        Effect.sync(() => destinations.add(added)),
        () => Effect.sync(() => destinations.retire(added))
      )
      return provider
    })

  const exporterOf = (
    id: DestinationId.DestinationId,
    destination: Destination.Destination,
    view: View,
    policy: EndpointPolicy.EndpointPolicy | undefined
  ) => {
    const { requestsPerMinute: perMinute } = destination.limits
    const rate = perMinute === undefined ? undefined : RateLimit.make({ perMinute, now: environment.clock.now })
    const host = Url.parse(destination.endpoint)?.host
    const tell = (use: CredentialUse["use"]) => audit.tell({ id, time: environment.clock.wallTime(), use, host })
    let credential = DestinationKey.ofCredential(destination)
    const onRenewal = (renewed: string) => {
      credential = renewed
      revocations.see(id, renewed)
      tell("renewed")
    }
    const exporter = makeExporter({
      id,
      destination,
      render: renderer(view, contextOf(view, destination.resource)),
      policy,
      rate,
      renew: renewal(id, destination, view, onRenewal),
      onUse: tell,
      onWarning: () => ledger.count("partial_success_warning")
    })
    return { exporter, rate, credential: () => credential }
  }

  /** Keeps the target in use until the provider is closed. A closing that takes too long is cut short, with what would have run after it. */
  const holding = (
    target: TransportTarget,
    provider: Effect.Effect<Provider.Provider<RecordedSpan.RecordedSpan>, never, Scope.Scope>
  ) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const release = transport.hold(target)
      // `Effect.addFinalizer` would close it where nothing is interrupted, if that is where the layer was built.
      yield* Scope.addFinalizerExit(yield* Effect.scope, (exit) =>
        Effect.ensuring(Scope.close(scope, exit), Effect.sync(release))
      )
      return yield* Scope.extend(provider, scope)
    })

  // What was judged for an account that is the operator's, too, does not hold for another one.
  const renewal = (
    id: DestinationId.DestinationId,
    destination: Destination.Destination,
    view: View,
    onRenewal: (credential: string) => void
  ) =>
    credential === undefined || view.audience === "merged"
      ? undefined
      : credential(id).pipe(
          Effect.map(
            Option.filter((auth) => {
              if (Either.isLeft(Destination.validate({ ...destination, auth }))) return false
              const renewed = DestinationKey.ofCredential({ ...destination, auth })
              if (revocations.isRevoked(id, renewed)) return false
              onRenewal(renewed)
              return true
            })
          )
        )

  const renderer =
    (view: View, context: BatchContext) =>
    (batch: ReadonlyArray<RecordedSpan.RecordedSpan>): Effect.Effect<Rendered> =>
      Effect.forEach(
        batch,
        // A vocabulary that throws costs this one span.
        (span) => Exporter.attempt(() => Renderer.renderEffect(span, view, onMisfit, onRedactionFailed)),
        { concurrency: view.redact === undefined ? 1 : concurrentRedactions }
      ).pipe(
        Effect.map((rendered) => {
          const spans = Arr.getSomes(rendered)
          const failed = batch.length - spans.length
          for (let i = 0; i < failed; i++) ledger.count("render_failed")
          return { spans, context, dropped: failed === 0 ? [] : [{ reason: "render_failed", count: failed }] }
        })
      )

  // Role and field: what lies deeper has indices and keys of the caller's.
  const onMisfit = (path: string): void => ledger.count(`misfit ${path.match(/^\w+\.\w+/)?.[0] ?? path}`)

  const onRedactionFailed = (): void => ledger.count("redaction_failed")

  const viewOf = (
    destination: Pick<
      Destination.Destination,
      "vocabularies" | "content" | "redaction" | "callerTrace" | "limits" | "view"
    >,
    audience: View["audience"],
    owner: string | undefined
  ): Either.Either<View, string> =>
    Either.mapBoth(vocabularies.resolve(destination.vocabularies), {
      onLeft: (error) => error.message,
      onRight: (vocabulary) => ({
        audience,
        vocabulary,
        content: ContentPolicy.strictest(config.content ?? "none", destination.content),
        ...Redaction.of(config.redaction, audience, owner, destination.redaction),
        callerTrace: destination.callerTrace,
        valueLength: destination.limits.valueLength ?? 1024 * 1024,
        spans: destination.view?.spans ?? "all",
        hide: new Set(destination.view?.hide),
        excludeServices: new Set(
          destination.view?.excludeServices?.flatMap((name) => [name, ...Option.toArray(ServiceCatalog.dbSystem(name))])
        )
      })
    })

  const contextOf = (view: View, resource: Readonly<Record<string, Destination.AttributeValue>>): BatchContext => ({
    resource: { ...(view.audience === "tenant" ? tenantResource : operatorResource), ...resource },
    schemaUrl: view.vocabulary.schemaUrl,
    scope: { name: "tenant-tracer", version }
  })

  const warned = new Set<string>()
  const warnOnce = (id: DestinationId.DestinationId, { host, message }: EndpointPolicy.EndpointRejected): void => {
    // A tenant can think of any number of hosts.
    if (warned.has(host) || warned.size >= maxWarned) return
    warned.add(host)
    environment.run(Effect.logWarning(`The destination ${id} is denied: ${message}`))
  }

  return {
    open: (id, destination, audience) => {
      const judged = policy.judge(destination.endpoint)
      if (Either.isLeft(judged)) {
        warnOnce(id, judged.left)
        return { id, reason: "endpoint_refused", detail: judged.left.message }
      }
      const view = viewOf(destination, audience, DestinationId.tenant(id))
      if (Either.isLeft(view)) return { id, reason: "unknown_vocabulary", detail: view.left }
      const credential = DestinationKey.ofCredential(destination)
      if (revocations.isRevoked(id, credential)) {
        return { id, reason: "revoked", detail: "its credential was revoked; give it a new one" }
      }
      revocations.see(id, credential)
      const key = cacheKey(id, destination, view.right)
      const account = fates.account(ledger, id, view.right)
      const build = () =>
        holding(
          { url: destination.endpoint, tls: destination.tls, policy },
          providerOf(id, view.right, {
            ...exporterOf(id, destination, view.right, policy),
            destination,
            account,
            close: cache.close(key)
          })
        )
      return {
        id,
        view: view.right,
        account,
        sampling: Sampler.ratesOf(destination.sampling),
        // The route may be older than a revocation.
        provider: (isNeeded) =>
          revocations.isRevoked(id, credential)
            ? Either.left("revoked")
            : Either.mapLeft(cache.get(key, build, isNeeded), ({ reason }) => `provider_${reason}`)
      }
    },

    openOperator: (operator) =>
      Effect.gen(function* () {
        const id = DestinationId.operator(operator.name)
        const isOtlp = "endpoint" in operator
        const invalid = isOtlp ? Router.invalidity(operator) : undefined
        if (invalid !== undefined) return { id, ...invalid }
        const view = viewOf(
          isOtlp
            ? operator
            : {
                vocabularies: operator.vocabularies ?? [{ name: "genai" }],
                content: operator.content ?? "none",
                callerTrace: config.incoming ?? "link",
                limits: {}
              },
          "operator",
          undefined
        )
        if (Either.isLeft(view)) return { id, reason: "unknown_vocabulary", detail: view.left }
        const account = fates.account(ledger, id, view.right)
        const render = renderer(view.right, contextOf(view.right, {}))
        const destination = isOtlp ? operator : undefined
        const made = isOtlp
          ? exporterOf(id, operator, view.right, undefined)
          : {
              exporter: yield* SpanExporterAdapter.make({ exporter: operator.exporter, render }),
              rate: undefined,
              credential: () => ""
            }
        const provider = yield* providerOf(id, view.right, { ...made, destination, account, close: Effect.void })
        operators.push(provider)
        const found = Either.right(provider)
        return {
          id,
          view: view.right,
          account,
          vendor: operator.vendor ?? "otlp",
          destination,
          sampling: Sampler.ratesOf(destination?.sampling),
          provider: () => found
        }
      }),

    flushOperator: Effect.suspend(() =>
      Effect.forEach(operators, (provider) => provider.flush, { concurrency: "unbounded", discard: true })
    ),

    unsentOperator: () => ProviderCache.unsentOf(operators),

    preview: (destination, tenant) =>
      Either.map(viewOf(destination, "tenant", tenant), (view) => renderer(view, contextOf(view, destination.resource)))
  }
}

/** The exporter of real life: our own OTLP over the transport. */
export const otlp =
  (transport: Transport["Type"]): MakeExporter =>
  ({ destination, onUse, onWarning, policy, rate, render, renew }) => {
    const writer = Writer.of(destination.protocol)
    return OtlpExporter.make({
      endpoint: destination.endpoint,
      protocol: destination.protocol,
      compression: destination.compression,
      auth: destination.auth,
      tls: destination.tls,
      limits: destination.limits,
      policy,
      rate,
      renew,
      onUse,
      onWarning,
      transport,
      encode: (batch: ReadonlyArray<RecordedSpan.RecordedSpan>) =>
        Effect.map(render(batch), ({ context, dropped, spans }) => ({
          body: writer.encode(spans, context),
          count: spans.length,
          dropped
        }))
    })
  }

/** Payloads of one batch that are in the hands of the operator's effect at a time. */
const concurrentRedactions = 16

/** Hosts that are warned of; every denial is counted. */
const maxWarned = 1000

/** Of the operator's resource, what a tenant may read: which service it was, not which machine. */
const shared: ReadonlySet<string> = new Set([
  "service.name",
  "service.version",
  "service.namespace",
  "deployment.environment",
  "deployment.environment.name"
])

/** Who shares connections. */
const laneOf = ({ endpoint }: Destination.Destination): string => Url.parse(endpoint)?.origin ?? endpoint

/** Two views of one account are two providers: what one of them sees must not reach the other's queue. */
const cacheKey = (id: DestinationId.DestinationId, destination: Destination.Destination, view: View): string =>
  [
    DestinationKey.forId(id, destination),
    JSON.stringify([
      view.audience,
      view.content,
      view.callerTrace,
      view.valueLength,
      destination.vocabularies,
      destination.view,
      destination.resource,
      destination.redaction,
      destination.limits
    ])
  ].join(" ")
