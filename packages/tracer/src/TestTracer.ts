/**
 * Tracing for tests: the whole path from recording to rendering, with exporters that keep what they are given. Destinations are never reached; a
 * tenant whose route names none receives its trace all the same. Time is the test's own: it works under `TestClock`.
 *
 * @since 0.1.0
 */
import * as Destination from "@tenant-tracer/model/Destination"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as DestinationId from "./deliver/DestinationId.js"
import * as Exporter from "./deliver/Exporter.js"
import type { Transport } from "./deliver/Transport.js"
import * as Rendering from "./internal/rendering.js"
import * as SpanTree from "./internal/spanTree.js"
import type { RenderedSpan } from "./render/RenderedSpan.js"
import type { VocabularyResolver } from "./render/VocabularyResolver.js"
import * as EndpointPolicy from "./route/EndpointPolicy.js"
import * as TenantTracer from "./TenantTracer.js"
import type { TracingConfig } from "./TracingConfig.js"

/**
 * A span as a test sees it: rendered for the destination, its attributes as a plain record.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestSpan extends Omit<RenderedSpan, "attributes"> {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
  /** The name of the destination. */
  readonly destination: string
}

/**
 * What was received so far. Each reading flushes first.
 *
 * @since 0.1.0
 * @category tags
 */
export class TestTracer extends Context.Tag("@tenant-tracer/tracer/TestTracer")<
  TestTracer,
  {
    readonly spans: (tenant: string) => Effect.Effect<ReadonlyArray<TestSpan>>
    readonly tenants: Effect.Effect<ReadonlyArray<string>>
    readonly clear: Effect.Effect<void>
  }
>() {}

/**
 * The operator's name among the tenants.
 *
 * @since 0.1.0
 * @category constants
 */
export const operator = "(operator)"

/**
 * Received trees are not the expected ones. The message shows both, line by line.
 *
 * @since 0.1.0
 * @category errors
 */
export class TreeMismatch extends Data.TaggedError("TreeMismatch")<{
  readonly tenant: string
  readonly expected: string
  readonly received: string
}> {
  override get message(): string {
    return `the spans of "${this.tenant}" differ (- expected, + received):\n${SpanTree.difference(this.expected, this.received)}`
  }
}

/**
 * The in-memory layer. The operator has one destination of its own; configured ones are left out. `content` is `full` unless said otherwise, since
 * a test wants to see.
 *
 * @example
 * ```ts
 * import { Phase, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
 * import { Effect } from "effect"
 *
 * export const test = Effect.gen(function* () {
 *   yield* Phase.auth(Effect.void).pipe(TenantTracer.withRoute(TestTracer.route("acme")))
 *   yield* TestTracer.expectTree("acme", `
 *     job
 *     └── auth
 *   `)
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  config: Omit<TracingConfig, "operator"> = {}
): Layer.Layer<TenantTracer.TenantTracer | TestTracer, never, VocabularyResolver> =>
  Layer.unwrapScoped(
    Effect.sync(() => {
      const received = new Map<string, Array<TestSpan>>()
      const keep = (id: DestinationId.DestinationId, batch: Rendering.Collected): void => {
        const tenant = DestinationId.isOperator(id) ? operator : DestinationId.tenant(id)
        const spans = received.get(tenant) ?? []
        received.set(tenant, spans)
        for (const span of batch.spans) {
          spans.push({
            ...span,
            attributes: Object.fromEntries(span.attributes.map(([key, value]) => [key, SpanTree.plain(value)])),
            resource: batch.context.resource,
            destination: DestinationId.name(id)
          })
        }
      }
      const service = TenantTracer.layerOf(
        TenantTracer.makeWith(
          {
            content: "full",
            endpoints: EndpointPolicy.permissive,
            ...config,
            operator: [memory(operator, "operator")]
          },
          ({ id, render }) => ({
            export: (batch) =>
              Effect.map(render(batch, Rendering.collect), ({ out }) => {
                keep(id, out)
                return Exporter.delivered(batch.length)
              })
          }),
          nowhere
        )
      )
      const test = Layer.effect(
        TestTracer,
        Effect.map(TenantTracer.TenantTracer, ({ flush }) => ({
          spans: (tenant) => Effect.map(flush, () => received.get(tenant) ?? []),
          tenants: Effect.map(flush, () => [...received.keys()].filter((tenant) => tenant !== operator)),
          clear: Effect.map(flush, () => received.clear())
        }))
      )
      return Layer.provideMerge(test, service)
    })
  )

/** Takes whatever a probe sends. */
const nowhere: Transport["Type"] = {
  send: () => Effect.succeed({ status: 200, headers: {}, body: new Uint8Array() }),
  hold: () => () => {},
  stats: Effect.succeed({ pools: 0, connections: 0 })
}

const memory = (name: string, vendor = "memory"): Destination.Destination =>
  Either.getOrThrow(
    Destination.make({
      name: name.replaceAll(/[^A-Za-z0-9._-]/g, ""),
      vendor,
      endpoint: `http://${vendor}.invalid/v1/traces`,
      content: "full"
    })
  )

/**
 * A route to a destination in memory, for tests that do not care which.
 *
 * @since 0.1.0
 * @category constructors
 */
export const route = (
  tenant: string,
  options: Omit<Parameters<typeof TenantRoute.make>[0], "tenant" | "destinations"> = {}
): TenantRoute.TenantRoute => TenantRoute.make({ tenant, destinations: [memory("memory")], ...options })

/**
 * The spans that a tenant has received, in the order of their ends.
 *
 * @since 0.1.0
 * @category accessors
 */
export const spans = (tenant: string): Effect.Effect<ReadonlyArray<TestSpan>, never, TestTracer> =>
  Effect.flatMap(TestTracer, (test) => test.spans(tenant))

/**
 * The tenants that have received anything.
 *
 * @since 0.1.0
 * @category accessors
 */
export const tenants: Effect.Effect<ReadonlyArray<string>, never, TestTracer> = Effect.flatMap(
  TestTracer,
  (test) => test.tenants
)

/**
 * Forgets what was received.
 *
 * @since 0.1.0
 * @category accessors
 */
export const clear: Effect.Effect<void, never, TestTracer> = Effect.flatMap(TestTracer, (test) => test.clear)

/**
 * The received trees as text, those of one destination after those of another: a line a span, children by their start;
 * an orphan says so. `print` says what a line shows of a span.
 *
 * @since 0.1.0
 * @category accessors
 */
export const tree = (
  tenant: string,
  print: (span: TestSpan) => string = (span) => span.name
): Effect.Effect<string, never, TestTracer> =>
  Effect.map(spans(tenant), (spans) =>
    Object.values(Arr.groupBy(spans, ({ destination }) => destination))
      .map((spans) => SpanTree.print(spans, print))
      .join("\n")
  )

/**
 * Fails unless a tenant has received just these trees. Common indentation and blank lines at both ends do not count.
 *
 * @since 0.1.0
 * @category assertions
 */
export const expectTree = (
  tenant: string,
  expected: string,
  print?: (span: TestSpan) => string
): Effect.Effect<void, TreeMismatch, TestTracer> =>
  Effect.flatMap(tree(tenant, print), (received) => {
    const wanted = SpanTree.dedent(expected)
    return wanted === received ? Effect.void : new TreeMismatch({ tenant, expected: wanted, received })
  })
