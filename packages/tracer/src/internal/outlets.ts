/**
 * How a destination becomes an outlet of the router: judged once, and a provider found or built for it whenever a span ends.
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as DestinationId from "../deliver/DestinationId.js"
import * as DestinationKey from "../deliver/DestinationKey.js"
import type { BatchExporter, Tally } from "../deliver/Exporter.js"
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
import type { Denial, OperatorOutlet, Outlet } from "../route/Router.js"
import type { OperatorExporter, TracingConfig } from "../TracingConfig.js"
import { version } from "./version.js"

/** Makes the exporter of a destination; tests put one that keeps what it is given in its place. */
export type MakeExporter = (
  id: DestinationId.DestinationId,
  destination: Destination.Destination,
  render: (batch: ReadonlyArray<RecordedSpan.RecordedSpan>) => Rendered
) => BatchExporter<RecordedSpan.RecordedSpan>

/** A batch as one destination receives it; what could not be rendered is told apart. */
export interface Rendered {
  readonly spans: ReadonlyArray<RenderedSpan>
  readonly context: BatchContext
  readonly dropped: ReadonlyArray<Tally>
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
  readonly ledger: Ledger
  readonly cache: ProviderCache.ProviderCache<Provider.Provider<RecordedSpan.RecordedSpan>>
  readonly vocabularies: VocabularyResolver["Type"]
  readonly makeExporter: MakeExporter
}): Outlets => {
  const { cache, config, environment, ledger, makeExporter, vocabularies } = options
  const operators: Array<Provider.Provider<RecordedSpan.RecordedSpan>> = []
  const operatorResource = { "service.name": "unknown_service", ...config.resource }
  const tenantResource = Object.fromEntries(Object.entries(operatorResource).filter(([key]) => shared.has(key)))

  const providerOf = (id: DestinationId.DestinationId, exporter: BatchExporter<RecordedSpan.RecordedSpan>) =>
    Provider.make(environment, {
      id,
      exporter,
      sizeOf: RecordedSpan.sizeOf,
      maxBatchSpans: config.batch?.maxSpans,
      maxBatchBytes: config.batch?.maxBytes,
      maxBatchAge: config.batch?.maxAge,
      maxQueueSpans: config.queue?.maxSpans,
      maxQueueBytes: config.queue?.maxBytes,
      closeDeadline: config.shutdownDeadline
    })

  const renderer =
    (view: View, context: BatchContext) =>
    (batch: ReadonlyArray<RecordedSpan.RecordedSpan>): Rendered => {
      const spans: Array<RenderedSpan> = []
      for (const span of batch) {
        try {
          spans.push(Renderer.render(span, view, onMisfit))
        } catch {
          // A vocabulary that throws costs this one span.
          ledger.count("render_failed")
        }
      }
      const failed = batch.length - spans.length
      return { spans, context, dropped: failed === 0 ? [] : [{ reason: "render_failed", count: failed }] }
    }

  // Role and field: what lies deeper has indices and keys of the caller's.
  const onMisfit = (path: string): void => ledger.count(`misfit ${path.match(/^\w+\.\w+/)?.[0] ?? path}`)

  const viewOf = (
    destination: Pick<Destination.Destination, "vocabularies" | "content" | "callerTrace" | "limits">,
    audience: View["audience"]
  ): Either.Either<View, string> =>
    Either.mapBoth(vocabularies.resolve(destination.vocabularies), {
      onLeft: (error) => error.message,
      onRight: (vocabulary) => ({
        audience,
        vocabulary,
        content: ContentPolicy.strictest(config.content ?? "none", destination.content),
        callerTrace: destination.callerTrace,
        valueLength: destination.limits.valueLength ?? 1024 * 1024
      })
    })

  const contextOf = (view: View, resource: Readonly<Record<string, Destination.AttributeValue>>): BatchContext => ({
    resource: { ...(view.audience === "tenant" ? tenantResource : operatorResource), ...resource },
    schemaUrl: view.vocabulary.schemaUrl,
    scope: { name: "tenant-tracer", version }
  })

  return {
    open: (id, destination, audience) => {
      const problem = problemOf(destination)
      if (problem !== undefined) return { id, ...problem }
      const view = viewOf(destination, audience)
      if (Either.isLeft(view)) return { id, reason: "unknown_vocabulary", detail: view.left }
      const key = cacheKey(id, destination, view.right)
      const build = () =>
        providerOf(id, makeExporter(id, destination, renderer(view.right, contextOf(view.right, destination.resource))))
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
        const problem = isOtlp ? problemOf(operator) : undefined
        if (problem !== undefined) return { id, ...problem }
        const view = viewOf(
          isOtlp
            ? operator
            : {
                vocabularies: operator.vocabularies ?? [{ name: "genai" }],
                content: operator.content ?? "none",
                callerTrace: config.incoming ?? "link",
                limits: {}
              },
          "operator"
        )
        if (Either.isLeft(view)) return { id, reason: "unknown_vocabulary", detail: view.left }
        const render = renderer(view.right, contextOf(view.right, isOtlp ? operator.resource : {}))
        const exporter = isOtlp
          ? makeExporter(id, operator, render)
          : yield* SpanExporterAdapter.make({ exporter: operator.exporter, render })
        const provider = yield* providerOf(id, exporter)
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
  (_, destination, render) => {
    const writer = Writer.of(destination.protocol)
    return OtlpExporter.make({
      endpoint: destination.endpoint,
      protocol: destination.protocol,
      compression: destination.compression,
      auth: destination.auth,
      tls: destination.tls,
      limits: destination.limits,
      transport,
      encode: (batch: ReadonlyArray<RecordedSpan.RecordedSpan>) => {
        const { context, dropped, spans } = render(batch)
        return { body: writer.encode(spans, context), count: spans.length, dropped }
      }
    })
  }

/** Of the operator's resource, what a tenant may read: which service it was, not which machine. */
const shared: ReadonlySet<string> = new Set([
  "service.name",
  "service.version",
  "service.namespace",
  "deployment.environment",
  "deployment.environment.name"
])

/** A destination made by hand is judged here; one made by a vendor or `Destination.make` passes. */
const problemOf = (destination: Destination.Destination): Omit<Denial, "id"> | undefined => {
  const checked = Destination.validate(destination)
  if (Either.isRight(checked)) return undefined
  return { reason: `invalid_${checked.left.field.replace(/\..*$/s, "")}`, detail: checked.left.message }
}

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
      destination.limits
    ])
  ].join(" ")
