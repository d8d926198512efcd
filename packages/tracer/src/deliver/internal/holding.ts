/**
 * What one provider holds: its queue, its part of the process's budget, and what is kept of its spans beside memory. A class: there is one for each
 * tenant, and a request finds what it needs of it in one place of memory.
 */
import type * as ByteBudget from "../ByteBudget.js"
import * as DestinationId from "../DestinationId.js"
import type { Overflow } from "../Overflow.js"
import type { SpanAccount } from "../SpanAccount.js"
import * as SpanQueue from "../SpanQueue.js"

export type Entries<Span> = ReadonlyArray<SpanQueue.Entry<Span>>

export interface Options<in out Span> {
  readonly id: DestinationId.DestinationId
  readonly budget: ByteBudget.ByteBudget
  readonly account: SpanAccount<Span>
  readonly sizeOf: (span: Span) => number
  readonly maxSpans: number
  readonly maxBytes: number
  readonly overflow: Overflow<Span> | undefined
}

export class Holding<Span> implements ByteBudget.Holder {
  readonly queue: SpanQueue.SpanQueue<Span>
  private readonly share: ByteBudget.Account

  constructor(private readonly options: Options<Span>) {
    const { account, budget, id, maxBytes, maxSpans, sizeOf } = options
    this.queue = SpanQueue.make({ maxSpans, maxBytes, sizeOf, worth: (span) => account.worth(span) })
    const quota = DestinationId.isOperator(id) ? Number.POSITIVE_INFINITY : undefined
    this.share = budget.open(DestinationId.owner(id), this, quota)
  }

  held(): number {
    return this.queue.bytes
  }

  /** Takes a span in; false where it is lost. */
  insert(span: Span, now: number): boolean {
    const reason = this.refusal(span)
    if (reason !== undefined) {
      this.lose([span], reason)
      return false
    }
    this.queue.offer(span, now)
    this.options.overflow?.keep(span)
    return true
  }

  /** Why there is no room for it, after what is worth less has made way. */
  private refusal(span: Span): string | undefined {
    const size = this.options.sizeOf(span)
    if (size > this.options.maxBytes) return "span_too_large"
    const worth = this.options.account.worth(span)
    while (!this.queue.fits(size)) if (!this.shed(worth, "queue_full")) return "queue_full"
    return this.share.take(size, worth)
  }

  shed(below: number, reason: string): boolean {
    // One that is kept elsewhere is not lost, whatever it is worth.
    const entry =
      this.queue.removeFirst((span) => this.options.overflow?.isKept(span) ?? false) ?? this.queue.shed(below)
    if (entry === undefined) return false
    this.lose(this.release([entry]), reason)
    return true
  }

  /** They leave. */
  private release(entries: Entries<Span>): ReadonlyArray<Span> {
    const spans = entries.map(({ span }) => span)
    let bytes = 0
    for (const span of spans) bytes += this.options.sizeOf(span)
    this.share.give(bytes)
    return spans
  }

  /** All that waits leaves. */
  clear(): ReadonlyArray<Span> {
    return this.release(this.queue.clear())
  }

  /** Something has become of these, which were taken: they leave. */
  settle(entries: Entries<Span>): ReadonlyArray<Span> {
    this.queue.settle(entries)
    const spans = this.release(entries)
    this.options.overflow?.settled(spans)
    return spans
  }

  /** Gives these up, which were taken. */
  drop(entries: Entries<Span>, reason: string): void {
    if (entries.length > 0) this.options.account.dropped(this.settle(entries), reason)
  }

  /** Gives up what was queued before this time. */
  expire(before: number, reason: string): void {
    const spans = this.release(this.queue.expire(before))
    if (spans.length === 0) return
    this.options.overflow?.settled(spans)
    this.options.account.dropped(spans, reason)
  }

  /** There is no place for them in memory; says how many are lost. */
  lose(spans: ReadonlyArray<Span>, reason: string): number {
    const lost = this.options.overflow === undefined ? spans : this.options.overflow.leave(spans)
    if (lost.length > 0) this.options.account.dropped(lost, reason)
    return lost.length
  }

  close(): void {
    this.share.close()
  }
}
