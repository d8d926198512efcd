/**
 * What each destination receives of a span, and in which words: its view, decided once, and how a batch is rendered for it.
 */
import type * as Destination from "@tenant-tracer/model/Destination"
import * as ServiceCatalog from "@tenant-tracer/model/ServiceCatalog"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import * as Exporter from "../deliver/Exporter.js"
import type { Ledger } from "../deliver/Ledger.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import { maxAttributes } from "../render/AttributeSink.js"
import * as ContentPolicy from "../render/ContentPolicy.js"
import type { BatchContext, RenderedSpan } from "../render/RenderedSpan.js"
import * as Renderer from "../render/Renderer.js"
import type { View } from "../render/TenantView.js"
import type { VocabularyResolver } from "../render/VocabularyResolver.js"
import type { Encoding } from "../render/Writer.js"
import type { TracingConfig } from "../TracingConfig.js"
import * as Redaction from "./redaction.js"
import * as Slices from "./slices.js"
import { version } from "./version.js"

/** A batch as one destination receives it: what was made of its spans, how many they are, and those that could not be rendered. */
export interface Rendered<out Out> {
  readonly out: Out
  readonly count: number
  readonly dropped: ReadonlyArray<Exporter.Tally>
}

/** Renders a batch into what `begin` makes, span by span and in slices. A span of which that fails is dropped alone. */
export type Render = <Out>(
  batch: ReadonlyArray<RecordedSpan>,
  begin: (context: BatchContext) => Encoding<Out>
) => Effect.Effect<Rendered<Out>>

export interface Rendering {
  /** What a destination may see, or why it cannot be told anything. `owner` is the tenant whose it is; the operator has none. */
  readonly view: (
    destination: Pick<
      Destination.Destination,
      "vocabularies" | "content" | "redaction" | "callerTrace" | "limits" | "view"
    >,
    audience: View["audience"],
    owner: string | undefined
  ) => Either.Either<View, string>
  readonly render: (view: View, resource: Destination.Destination["resource"]) => Render
}

export const make = (options: {
  readonly config: TracingConfig
  readonly vocabularies: VocabularyResolver["Type"]
  readonly ledger: Pick<Ledger, "count">
}): Rendering => {
  const { config, ledger, vocabularies } = options
  const operatorResource = { "service.name": "unknown_service", ...config.resource }
  const tenantResource = Object.fromEntries(Object.entries(operatorResource).filter(([key]) => publicNames.has(key)))

  const slices = Slices.make()

  const failures = (count: number): ReadonlyArray<Exporter.Tally> => {
    if (count === 0) return []
    ledger.count("render_failed", count)
    return [{ reason: "render_failed", count }]
  }

  /** Where the operator has an effect go over payloads, a span takes as long as that does. */
  const redacted = (batch: ReadonlyArray<RecordedSpan>, view: View): Effect.Effect<ReadonlyArray<RenderedSpan>> =>
    Effect.map(
      Effect.forEach(
        batch,
        (span) => Exporter.attempt(() => Renderer.renderEffect(span, view, onMisfit, onRedactionFailed, slices.once)),
        { concurrency: concurrentRedactions }
      ),
      Arr.getSomes
    )

  const renderer =
    (view: View, context: BatchContext): Render =>
    <Out>(batch: ReadonlyArray<RecordedSpan>, begin: (context: BatchContext) => Encoding<Out>) => {
      const write = <A>(spans: ReadonlyArray<A>, render: (span: A) => RenderedSpan) =>
        Effect.suspend(() => {
          let begun: Encoding<Out> | undefined
          // Not before its turn: whoever waits for that needs no memory yet.
          const encoding = () => {
            begun ??= begin(context)
            return begun
          }
          let count = 0
          const work = slices.forEach(spans, (span) => {
            try {
              encoding().add(render(span))
              count++
            } catch {
              // What a vocabulary or a payload throws costs this one span, which is missing from the count.
            }
          })
          return Effect.map(work, () => ({ out: encoding().finish(), count, dropped: failures(batch.length - count) }))
        })
      return view.redact === undefined
        ? write(batch, (span) => Renderer.render(span, view, onMisfit))
        : Effect.flatMap(redacted(batch, view), (spans) => write(spans, identity))
    }

  // Role and field: what lies deeper has indices and keys of the caller's.
  const onMisfit = (path: string): void => ledger.count(`misfit ${path.match(/^\w+\.\w+/)?.[0] ?? path}`)

  const onRedactionFailed = (): void => ledger.count("redaction_failed")

  /** Those that were asked for lately, the last one at the end. */
  const lately: Array<View> = []

  /**
   * Most tenants see the same, and share a view: what each request looks at is then in nobody's own memory. What takes something out is never like
   * another.
   */
  const shared = (view: View): View => {
    if (view.redactor !== undefined || view.redact !== undefined) return view
    const known = lately.find((other) => isAlike(view, other))
    if (known !== undefined) lately.splice(lately.indexOf(known), 1)
    else if (lately.length === maxShared) lately.shift()
    lately.push(known ?? view)
    return known ?? view
  }

  const viewOf: Rendering["view"] = (destination, audience, owner) =>
    Either.mapBoth(vocabularies.resolve(destination.vocabularies, destination.limits.attributes ?? maxAttributes), {
      onLeft: (error) => error.message,
      onRight: (vocabulary) =>
        shared({
          audience,
          vocabulary,
          content: ContentPolicy.strictest(config.content ?? "none", destination.content),
          ...Redaction.of(config.redaction, audience, owner, destination.redaction),
          callerTrace: destination.callerTrace,
          valueLength: destination.limits.valueLength ?? 1024 * 1024,
          keyLength: destination.limits.keyLength ?? Number.POSITIVE_INFINITY,
          lengthUnit: destination.limits.lengthUnit ?? "characters",
          listLength: destination.limits.listLength ?? Number.POSITIVE_INFINITY,
          maxAttributes: destination.limits.attributes ?? maxAttributes,
          spans: destination.view?.spans ?? "all",
          hide: setOf(destination.view?.hide),
          excludeServices: setOf(
            destination.view?.excludeServices?.flatMap((name) => [
              name,
              ...Option.toArray(ServiceCatalog.dbSystem(name))
            ])
          )
        })
    })

  const contextOf = (view: View, resource: Readonly<Record<string, Destination.AttributeValue>>): BatchContext => ({
    resource: { ...(view.audience === "tenant" ? tenantResource : operatorResource), ...resource },
    schemaUrl: view.vocabulary.schemaUrl,
    scope: { name: "tenant-tracer", version }
  })

  return { view: viewOf, render: (view, resource) => renderer(view, contextOf(view, resource)) }
}

/** What tells apart what two destinations of one owner receive of the same spans. */
export const likenessOf = (destination: Destination.Destination, view: View): string =>
  JSON.stringify([
    view.audience,
    view.content,
    view.callerTrace,
    view.valueLength,
    view.maxAttributes,
    destination.vocabularies,
    destination.view,
    destination.resource,
    destination.redaction,
    destination.limits
  ])

/** So many views are kept to be shared. */
const maxShared = 32

/** Whether nothing tells them apart. */
const isAlike = (self: View, that: View): boolean => Struct.keys(self).every((key) => self[key] === that[key])

const nothing: ReadonlySet<never> = new Set()

/** Most views hide nothing, and share that. */
const setOf = <A>(values: ReadonlyArray<A> | undefined): ReadonlySet<A> =>
  values === undefined || values.length === 0 ? nothing : new Set(values)

/** A batch as it is, for whoever does not write it to bytes. */
export interface Collected {
  readonly spans: ReadonlyArray<RenderedSpan>
  readonly context: BatchContext
}

/** Begins to collect. */
export const collect = (context: BatchContext): Encoding<Collected> => {
  const spans: Array<RenderedSpan> = []
  return { add: (span) => spans.push(span), finish: () => ({ spans, context }) }
}

/** Payloads of one batch that are in the hands of the operator's effect at a time. */
const concurrentRedactions = 16

/** Of the operator's resource, what a tenant may read: which service it was, not which machine. */
const publicNames: ReadonlySet<string> = new Set([
  "service.name",
  "service.version",
  "service.namespace",
  "deployment.environment",
  "deployment.environment.name"
])
