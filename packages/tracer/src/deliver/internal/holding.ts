/**
 * What one provider holds: its queue, its part of the process's budget, and what is kept of its spans beside memory. A class: there is one for each
 * destination in use, and a request finds what it needs of it in one place of memory.
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
  private readonly account: SpanAccount<Span>
  private readonly sizeOf: (span: Span) => number
  private readonly maxBytes: number
  private readonly overflow: Overflow<Span> | undefined

  constructor({ account, budget, id, maxBytes, maxSpans, overflow, sizeOf }: Options<Span>) {
    const quota = DestinationId.isOperator(id) ? Number.POSITIVE_INFINITY : undefined
    this.queue = SpanQueue.make({ maxSpans, maxBytes, sizeOf, worth: (span) => account.worth(span) })
    this.share = budget.open(DestinationId.owner(id), this, quota)
    this.account = account
    this.sizeOf = sizeOf
    this.maxBytes = maxBytes
    this.overflow = overflow
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
    this.overflow?.keep(span)
    return true
  }

  /** Why there is no room for it, after what is worth less has made way. */
  private refusal(span: Span): string | undefined {
    const size = this.sizeOf(span)
    if (size > this.maxBytes) return "span_too_large"
    const worth = this.account.worth(span)
    while (!this.queue.fits(size)) if (!this.shed(worth, "queue_full")) return "queue_full"
    return this.share.take(size, worth)
  }

  shed(below: number, reason: string): boolean {
    // One that is kept elsewhere is not lost, whatever it is worth.
    const entry = this.queue.removeFirst((span) => this.overflow?.isKept(span) ?? false) ?? this.queue.shed(below)
    if (entry === undefined) return false
    this.lose(this.release([entry]), reason)
    return true
  }

  /** They leave. */
  private release(entries: Entries<Span>): ReadonlyArray<Span> {
    const spans = entries.map(({ span }) => span)
    let bytes = 0
    for (const span of spans) bytes += this.sizeOf(span)
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
    this.overflow?.settled(spans)
    return spans
  }

  /** Gives these up, which were taken. */
  drop(entries: Entries<Span>, reason: string): void {
    if (entries.length > 0) this.account.dropped(this.settle(entries), reason)
  }

  /** Gives up what was queued before this time. */
  expire(before: number, reason: string): void {
    const spans = this.release(this.queue.expire(before))
    if (spans.length === 0) return
    this.overflow?.settled(spans)
    this.account.dropped(spans, reason)
  }

  /** There is no place for them in memory; says how many are lost. */
  lose(spans: ReadonlyArray<Span>, reason: string): number {
    const lost = this.overflow === undefined ? spans : this.overflow.leave(spans)
    if (lost.length > 0) this.account.dropped(lost, reason)
    return lost.length
  }

  close(): void {
    this.share.close()
  }
}
