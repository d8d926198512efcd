/**
 * How a destination becomes an outlet of the router: judged once, and a provider found or built for it whenever a span ends.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as CredentialResolver from "../deliver/CredentialResolver.js"
import type { DeadLetters } from "../deliver/DeadLetters.js"
import * as DestinationId from "../deliver/DestinationId.js"
import * as DestinationKey from "../deliver/DestinationKey.js"
import * as Exporter from "../deliver/Exporter.js"
import type { Ledger } from "../deliver/Ledger.js"
import * as OtlpExporter from "../deliver/OtlpExporter.js"
import * as Provider from "../deliver/Provider.js"
import type * as ProviderCache from "../deliver/ProviderCache.js"
import type { Transport } from "../deliver/Transport.js"
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
import type { OperatorExporter, TracingConfig } from "../TracingConfig.js"
import type { Destinations } from "./destinations.js"
import * as Redaction from "./redaction.js"
import { version } from "./version.js"

/** Makes the exporter of a destination, judged by a policy if it is a tenant's; tests put one that keeps what it is given in its place. */
export type MakeExporter = (
  id: DestinationId.DestinationId,
  destination: Destination.Destination,
  render: (batch: ReadonlyArray<RecordedSpan.RecordedSpan>) => Effect.Effect<Rendered>,
  policy: EndpointPolicy.EndpointPolicy | undefined,
  renew: Effect.Effect<Option.Option<Destination.DestinationAuth>> | undefined
) => Exporter.BatchExporter<RecordedSpan.RecordedSpan>

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
}

export const make = (options: {
  readonly config: TracingConfig
  readonly environment: Provider.Environment
  readonly destinations: Destinations
  readonly deadLetters: DeadLetters<RecordedSpan.RecordedSpan>
  readonly ledger: Ledger
  readonly cache: ProviderCache.ProviderCache<Provider.Provider<RecordedSpan.RecordedSpan>>
  readonly vocabularies: VocabularyResolver["Type"]
  readonly makeExporter: MakeExporter
}): Outlets => {
  const { cache, config, deadLetters, destinations, environment, ledger, makeExporter, vocabularies } = options
  const credential = config.credentials && CredentialResolver.make(config.credentials)
  const policy = config.endpoints ?? EndpointPolicy.publicOnly
  const operators: Array<Provider.Provider<RecordedSpan.RecordedSpan>> = []
  const operatorResource = { "service.name": "unknown_service", ...config.resource }
  const tenantResource = Object.fromEntries(Object.entries(operatorResource).filter(([key]) => shared.has(key)))

  const providerOf = (
    id: DestinationId.DestinationId,
    view: View,
    exporter: Exporter.BatchExporter<RecordedSpan.RecordedSpan>
  ): Effect.Effect<Provider.Provider<RecordedSpan.RecordedSpan>, never, Scope.Scope> =>
    Provider.make(environment, {
      id,
      exporter,
      sizeOf: RecordedSpan.sizeOf,
      maxBatchSpans: config.batch?.maxSpans,
      maxBatchBytes: config.batch?.maxBytes,
      maxBatchAge: config.batch?.maxAge,
      maxQueueSpans: config.queue?.maxSpans,
      maxQueueBytes: config.queue?.maxBytes,
      breaker: config.breaker,
      maxElapsed: config.maxElapsed,
      closeDeadline: config.shutdownDeadline,
      onRefusal: ({ reason, spans = [] }) => {
        const bytes = spans.reduce((sum, span) => sum + RecordedSpan.sizeOf(span), 0)
        if (spans.length > 0) deadLetters.add({ id, reason, time: environment.clock.now(), spans, bytes })
      }
    }).pipe(
      Effect.tap((provider) =>
        Effect.acquireRelease(
          Effect.sync(() => destinations.add({ provider, view })),
          (remove) => Effect.sync(remove)
        )
      )
    )

  // What was judged for an account that is the operator's, too, does not hold for another one.
  const renewal = (id: DestinationId.DestinationId, destination: Destination.Destination, view: View) =>
    credential === undefined || view.audience === "merged"
      ? undefined
      : Effect.map(
          credential(id),
          Option.filter((auth) => Either.isRight(Destination.validate({ ...destination, auth })))
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
    destination: Pick<Destination.Destination, "vocabularies" | "content" | "redaction" | "callerTrace" | "limits">,
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
        valueLength: destination.limits.valueLength ?? 1024 * 1024
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
      const key = cacheKey(id, destination, view.right)
      const build = () =>
        providerOf(
          id,
          view.right,
          makeExporter(
            id,
            destination,
            renderer(view.right, contextOf(view.right, destination.resource)),
            policy,
            renewal(id, destination, view.right)
          )
        )
      return {
        id,
        view: view.right,
        provider: () => Either.mapLeft(cache.get(key, build), ({ reason }) => `provider_${reason}`)
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
        const render = renderer(view.right, contextOf(view.right, isOtlp ? operator.resource : {}))
        const exporter = isOtlp
          ? makeExporter(id, operator, render, undefined, renewal(id, operator, view.right))
          : yield* SpanExporterAdapter.make({ exporter: operator.exporter, render })
        const provider = yield* providerOf(id, view.right, exporter)
        operators.push(provider)
        const found = Either.right(provider)
        return {
          id,
          view: view.right,
          vendor: operator.vendor ?? "otlp",
          destination: isOtlp ? operator : undefined,
          provider: () => found
        }
      }),

    flushOperator: Effect.suspend(() =>
      Effect.forEach(operators, (provider) => provider.flush, { concurrency: "unbounded", discard: true })
    )
  }
}

/** The exporter of real life: our own OTLP over the transport. */
export const otlp =
  (transport: Transport["Type"]): MakeExporter =>
  (_, destination, render, policy, renew) => {
    const writer = Writer.of(destination.protocol)
    return OtlpExporter.make({
      endpoint: destination.endpoint,
      protocol: destination.protocol,
      compression: destination.compression,
      auth: destination.auth,
      tls: destination.tls,
      limits: destination.limits,
      policy,
      renew,
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
      destination.resource,
      destination.redaction,
      destination.limits
    ])
  ].join(" ")
