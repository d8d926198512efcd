/**
 * What sends a batch, and what it must say about it: an outcome for every span, whatever happens.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/**
 * So many spans, for this reason. Reasons are short words from a closed set, such as `http_413`: they become names of counters.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tally {
  readonly reason: string
  readonly count: number
}

/**
 * What a back end refused for good; `spans` where it is known which ones, so that they can be kept as dead letters.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal<out Span> extends Tally {
  readonly spans?: ReadonlyArray<Span> | undefined
}

/**
 * Spans that should be sent again, in the order that they had in their batch: not before so many milliseconds, as the back end asked (0 when it did
 * not), and where it was `unauthorized`, not with this credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retry<out Span> {
  readonly spans: ReadonlyArray<Span>
  readonly afterMillis: number
  readonly unauthorized: boolean
}

/**
 * What became of a batch; the counts and the spans of `retry` sum to its length. `rejected` is what the back end refused, `dropped` what we gave up
 * on. `lastError` is for people: words and a status; of an answer's body nothing but the message of a partial success, freed of credentials.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExportOutcome<out Span = never> {
  readonly delivered: number
  readonly rejected: ReadonlyArray<Refusal<Span>>
  readonly dropped: ReadonlyArray<Tally>
  readonly retry?: Retry<Span> | undefined
  readonly lastError?: string | undefined
}

/**
 * Sends batches; it never fails, and when it is interrupted it leaves nothing behind. Each call is one attempt: when there is another, and with
 * what wait, is decided by whoever calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchExporter<in out Span> {
  readonly export: (batch: ReadonlyArray<Span>) => Effect.Effect<ExportOutcome<Span>>
  /** Asks for the credential again after an `unauthorized`, and says whether the next batch will have a new one. */
  readonly renew?: Effect.Effect<boolean> | undefined
}

/**
 * Every span arrived.
 *
 * @since 0.1.0
 * @category constructors
 */
export const delivered = (count: number): ExportOutcome => ({ delivered: count, rejected: [], dropped: [] })

/**
 * The back end refused so many spans.
 *
 * @since 0.1.0
 * @category constructors
 */
export const rejected = (reason: string, count: number, lastError?: string): ExportOutcome => ({
  delivered: 0,
  rejected: [{ reason, count }],
  dropped: [],
  lastError
})

/**
 * We gave up on so many spans.
 *
 * @since 0.1.0
 * @category constructors
 */
export const dropped = (reason: string, count: number, lastError?: string): ExportOutcome => ({
  delivered: 0,
  rejected: [],
  dropped: [{ reason, count }],
  lastError
})

/**
 * These spans should be sent again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const again = <Span>(
  spans: ReadonlyArray<Span>,
  lastError?: string,
  options?: { readonly afterMillis?: number | undefined; readonly unauthorized?: boolean | undefined }
): ExportOutcome<Span> => ({
  delivered: 0,
  rejected: [],
  dropped: [],
  retry: { spans, afterMillis: options?.afterMillis ?? 0, unauthorized: options?.unauthorized ?? false },
  lastError
})

const combineRetries = <Span>(self: Retry<Span> | undefined, that: Retry<Span> | undefined): Retry<Span> | undefined =>
  self === undefined || that === undefined
    ? (self ?? that)
    : {
        spans: [...self.spans, ...that.spans],
        afterMillis: Math.max(self.afterMillis, that.afterMillis),
        unauthorized: self.unauthorized || that.unauthorized
      }

/**
 * Adds the outcomes of two parts of one batch; the later error stands.
 *
 * @since 0.1.0
 * @category combining
 */
export const combine = <Span>(self: ExportOutcome<Span>, that: ExportOutcome<Span>): ExportOutcome<Span> => ({
  delivered: self.delivered + that.delivered,
  rejected: [...self.rejected, ...that.rejected],
  dropped: [...self.dropped, ...that.dropped],
  retry: combineRetries(self.retry, that.retry),
  lastError: that.lastError ?? self.lastError
})

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isPartOf = <Span>(batch: ReadonlyArray<Span>, spans: ReadonlyArray<Span>): boolean => {
  if (spans.length === 0) return true
  let found = 0
  for (const span of batch) if (found < spans.length && span === spans[found]) found++
  return found === spans.length
}

const isHonest = <Span>(outcome: ExportOutcome<Span>, batch: ReadonlyArray<Span>): boolean => {
  const retry = outcome.retry?.spans ?? []
  let sum = outcome.delivered
  if (!isCount(sum) || !isPartOf(batch, retry)) return false
  for (const { count } of [...outcome.rejected, ...outcome.dropped]) {
    if (!isCount(count)) return false
    sum += count
  }
  const named = outcome.rejected.flatMap(({ spans = [] }) => spans)
  if (named.length > 0 && new Set([...named, ...retry]).size < named.length + retry.length) return false
  for (const { count, spans } of outcome.rejected)
    if (spans !== undefined && (spans.length !== count || !isPartOf(batch, spans))) return false
  return sum + retry.length === batch.length
}

const defect = (size: number): ExportOutcome =>
  dropped("exporter_defect", size, "the exporter failed without saying what became of its spans")

/**
 * What somebody else's code makes of a batch, nothing where it throws or dies. Interruption passes through.
 *
 * @since 0.1.0
 * @category combinators
 */
export const attempt = <A>(make: () => Effect.Effect<A>): Effect.Effect<Option.Option<A>> =>
  Effect.suspend(make).pipe(
    Effect.asSome,
    Effect.catchAllDefect(() => Effect.succeedNone)
  )

/**
 * Holds an exporter to its contract: where it dies, throws, gives counts that do not sum to the batch, or names spans that were not in it,
 * the batch counts as dropped (`exporter_defect`). A renewal that dies gives nothing new. Interruption passes through.
 *
 * @since 0.1.0
 * @category combinators
 */
export const guard = <Span>(exporter: BatchExporter<Span>): BatchExporter<Span> => ({
  export: (batch) =>
    Effect.suspend(() => exporter.export(batch)).pipe(
      Effect.map((outcome) => (isHonest(outcome, batch) ? outcome : defect(batch.length))),
      Effect.catchAllDefect(() => Effect.succeed(defect(batch.length)))
    ),
  renew: exporter.renew && Effect.catchAllDefect(exporter.renew, () => Effect.succeed(false))
})
