/**
 * What a provider tells about the fate of its spans, and what it asks about them: the ledger hears every number, and where a span belongs to a
 * trace that is watched, the trace hears its own.
 *
 * @since 0.1.0
 */
import type { DestinationId } from "./DestinationId.js"
import type { Tally } from "./Exporter.js"
import type { Ledger } from "./Ledger.js"
import type { Worth } from "./SpanQueue.js"

/**
 * The account of one destination's spans. Every method is synchronous and total.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanAccount<in Span> {
  readonly worth: (span: Span) => Worth
  /** False where its parent is lost: it would be an orphan. */
  readonly admits: (span: Span) => boolean
  /** It is offered to a provider: the last that is heard of it before its fate. */
  readonly queued: (span: Span) => void
  readonly delivered: (spans: ReadonlyArray<Span>, now: number) => void
  readonly rejected: (spans: ReadonlyArray<Span>, reason: string) => void
  readonly dropped: (spans: ReadonlyArray<Span>, reason: string) => void
  /** It is known how many came to what, and not which. */
  readonly mixed: (
    spans: ReadonlyArray<Span>,
    counts: {
      readonly delivered: number
      readonly rejected: ReadonlyArray<Tally>
      readonly dropped: ReadonlyArray<Tally>
    },
    now: number
  ) => void
}

/**
 * An account that tells the ledger and nobody else: each span stands for itself.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (ledger: Ledger, id: DestinationId): SpanAccount<unknown> => ({
  worth: () => 0,
  admits: () => true,
  queued: () => {},
  delivered: (spans, now) => ledger.delivered(id, spans.length, now),
  rejected: (spans, reason) => ledger.rejected(id, reason, spans.length),
  dropped: (spans, reason) => ledger.dropped(id, reason, spans.length),
  mixed: (_, { delivered, dropped, rejected }, now) => {
    ledger.delivered(id, delivered, now)
    for (const { count, reason } of rejected) ledger.rejected(id, reason, count)
    for (const { count, reason } of dropped) ledger.dropped(id, reason, count)
  }
})
