/**
 * Any OpenTelemetry `SpanExporter` as a destination: console, in-memory, OTLP, a user's own. It is somebody else's code, so each call is guarded
 * against throwing, never answering and answering twice.
 *
 * @since 0.1.0
 */
import type { SpanExporter } from "@opentelemetry/sdk-trace-base"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Exporter from "../deliver/Exporter.js"
import * as ReadableSpanAdapter from "./ReadableSpanAdapter.js"
import type { BatchContext, RenderedSpan } from "./RenderedSpan.js"

/**
 * What a batch renders to; `spans` and `dropped` together are as many as the batch has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rendered {
  readonly spans: ReadonlyArray<RenderedSpan>
  readonly context: BatchContext
  readonly dropped?: ReadonlyArray<Exporter.Tally> | undefined
}

/**
 * The exporter, how a batch is rendered for it, and how long it may take.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<in Span> {
  readonly exporter: SpanExporter
  /** Called off the request's path. */
  readonly render: (batch: ReadonlyArray<Span>) => Effect.Effect<Rendered>
  /** How long the exporter may take to answer. Default 30 seconds. */
  readonly exportTimeout?: Duration.DurationInput | undefined
  /** How long its `forceFlush` and its `shutdown` may take, each. Default 5 seconds. */
  readonly closeDeadline?: Duration.DurationInput | undefined
}

const success = 0

// Its own text may quote an answer or a credential; a number cannot.
const describe = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "number"
    ? `the exporter reported an error (HTTP ${error.code})`
    : "the exporter reported an error"

/**
 * Makes an exporter of batches. A synchronous effect; when its scope closes, the span exporter is flushed and then shut down, whether or not the
 * flush went well. Spans are delivered when it says so, else dropped as `export_failed`, `export_timeout`, `exporter_threw` or `encode_failed`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: Options<Span>): Effect.Effect<Exporter.BatchExporter<Span>, never, Scope.Scope> => {
  const { exporter, render } = options
  const deadline = options.closeDeadline ?? "5 seconds"

  const close = (call: () => Promise<void> | undefined): Effect.Effect<void> =>
    Effect.tryPromise(async () => call()).pipe(Effect.interruptible, Effect.timeoutOption(deadline), Effect.ignore)

  const call = (rendered: Rendered): Effect.Effect<Exporter.ExportOutcome> =>
    Effect.async((resume) => {
      const count = rendered.spans.length
      const fail = (reason: string, lastError: string) =>
        resume(Effect.succeed(Exporter.dropped(reason, count, lastError)))
      try {
        const spans = rendered.spans.map((span) => ReadableSpanAdapter.make(span, rendered.context))
        // Only the first answer counts.
        exporter.export(spans, ({ code, error }) =>
          code === success ? resume(Effect.succeed(Exporter.delivered(count))) : fail("export_failed", describe(error))
        )
      } catch {
        fail("exporter_threw", "the exporter threw")
      }
    })

  const send = (batch: ReadonlyArray<Span>): Effect.Effect<Exporter.ExportOutcome> =>
    Effect.gen(function* () {
      const rendered = yield* Exporter.attempt(() => render(batch))
      if (rendered._tag === "None")
        return Exporter.dropped("encode_failed", batch.length, "a batch could not be rendered")
      const { dropped = [], spans } = rendered.value
      const left: Exporter.ExportOutcome = { delivered: 0, rejected: [], dropped }
      if (spans.length === 0) return left
      const outcome = yield* call(rendered.value).pipe(
        Effect.timeoutTo({
          duration: options.exportTimeout ?? "30 seconds",
          onSuccess: (outcome) => outcome,
          onTimeout: () => Exporter.dropped("export_timeout", spans.length, "the exporter did not answer in time")
        })
      )
      return Exporter.combine(left, outcome)
    })

  return Effect.acquireRelease(
    Effect.succeed<Exporter.BatchExporter<Span>>({
      export: (batch) => Effect.withTracerEnabled(send(batch), false)
    }),
    () =>
      Effect.zipRight(
        close(() => exporter.forceFlush?.()),
        close(() => exporter.shutdown())
      )
  )
}
