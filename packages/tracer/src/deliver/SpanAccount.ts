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
 * How many spans of a batch came to what.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  readonly delivered: number
  readonly rejected: ReadonlyArray<Tally>
  readonly dropped: ReadonlyArray<Tally>
}

/**
 * The account of one destination's spans. Every method is synchronous and total.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanAccount<in Span> {
  worth(span: Span): Worth
  /** False where its parent is lost: it would be an orphan. */
  admits(span: Span): boolean
  /** It is offered to a provider: the last that is heard of it before its fate. */
  queued(span: Span): void
  delivered(spans: ReadonlyArray<Span>, now: number): void
  rejected(spans: ReadonlyArray<Span>, reason: string): void
  dropped(spans: ReadonlyArray<Span>, reason: string): void
  /** It is known how many came to what, and not which. */
  mixed(spans: ReadonlyArray<Span>, counts: Counts, now: number): void
}

/**
 * An account that tells the ledger and nobody else: each span stands for itself.
 *
 * @since 0.1.0
 * @category models
 */
export class Counted<in Span> implements SpanAccount<Span> {
  constructor(
    protected readonly ledger: Ledger,
    protected readonly id: DestinationId
  ) {}

  worth(_span: Span): Worth {
    return 0
  }

  admits(_span: Span): boolean {
    return true
  }

  queued(_span: Span): void {}

  delivered(spans: ReadonlyArray<Span>, now: number): void {
    this.ledger.delivered(this.id, spans.length, now)
  }

  rejected(spans: ReadonlyArray<Span>, reason: string): void {
    this.ledger.rejected(this.id, reason, spans.length)
  }

  dropped(spans: ReadonlyArray<Span>, reason: string): void {
    this.ledger.dropped(this.id, reason, spans.length)
  }

  mixed(_spans: ReadonlyArray<Span>, { delivered, dropped, rejected }: Counts, now: number): void {
    this.ledger.delivered(this.id, delivered, now)
    for (const { count, reason } of rejected) this.ledger.rejected(this.id, reason, count)
    for (const { count, reason } of dropped) this.ledger.dropped(this.id, reason, count)
  }
}
