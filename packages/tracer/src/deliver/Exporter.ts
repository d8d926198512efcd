/**
 * What sends a batch, and what it must say about it: an outcome for every span, whatever happens.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

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
 * What became of a batch; the counts sum to its length. `rejected` is what the back end refused, `dropped` what we gave up on. `lastError` is
 * for people: words and a status, never a response body or a credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExportOutcome {
  readonly delivered: number
  readonly rejected: ReadonlyArray<Tally>
  readonly dropped: ReadonlyArray<Tally>
  readonly lastError?: string | undefined
}

/**
 * Sends batches; it never fails, and when it is interrupted it leaves nothing behind.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchExporter<in Span> {
  readonly export: (batch: ReadonlyArray<Span>) => Effect.Effect<ExportOutcome>
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
 * Adds the outcomes of two parts of one batch; the later error stands.
 *
 * @since 0.1.0
 * @category combining
 */
export const combine = (self: ExportOutcome, that: ExportOutcome): ExportOutcome => ({
  delivered: self.delivered + that.delivered,
  rejected: [...self.rejected, ...that.rejected],
  dropped: [...self.dropped, ...that.dropped],
  lastError: that.lastError ?? self.lastError
})

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isHonest = (outcome: ExportOutcome, size: number): boolean => {
  let sum = outcome.delivered
  if (!isCount(sum)) return false
  for (const { count } of [...outcome.rejected, ...outcome.dropped]) {
    if (!isCount(count)) return false
    sum += count
  }
  return sum === size
}

const defect = (size: number): ExportOutcome =>
  dropped("exporter_defect", size, "the exporter failed without saying what became of its spans")

/**
 * Holds an exporter to its contract: where it dies, throws, or gives counts that do not sum to the batch, the batch counts as dropped
 * (`exporter_defect`). Interruption passes through.
 *
 * @since 0.1.0
 * @category combinators
 */
export const guard = <Span>(exporter: BatchExporter<Span>): BatchExporter<Span> => ({
  export: (batch) =>
    Effect.suspend(() => exporter.export(batch)).pipe(
      Effect.map((outcome) => (isHonest(outcome, batch.length) ? outcome : defect(batch.length))),
      Effect.catchAllDefect(() => Effect.succeed(defect(batch.length)))
    )
})
