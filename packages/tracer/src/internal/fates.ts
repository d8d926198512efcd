/**
 * What became of a trace at each of its destinations: how many of its spans were made, hidden, delivered, refused or lost there, and which of them
 * are parents whose loss would leave orphans. Kept with the trace, so that it goes when the trace goes.
 */
import type { DestinationId } from "../deliver/DestinationId.js"
import type { Counter, Ledger } from "../deliver/Ledger.js"
import * as SpanAccount from "../deliver/SpanAccount.js"
import type { Worth } from "../deliver/SpanQueue.js"
import * as Failure from "../record/Failure.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import type { RequestTrace } from "../record/RequestTrace.js"
import * as TenantView from "../render/TenantView.js"
import * as ChildCounts from "./childCounts.js"
import type { Fate } from "./fate.js"

/** A trace that never ends must not grow for ever: of one with more parents or losses than this, no more is known. */
const maxTracked = 4096

const add = (fate: Fate, kind: "rejected" | "dropped", reason: string): void => {
  fate[kind] ??= new Map()
  fate[kind].set(reason, (fate[kind].get(reason) ?? 0) + 1)
}

/** What a trace knows of a destination. */
export const of = (request: RequestTrace, id: DestinationId): Fate => request.fates.of(id)

/** It cannot be lost any more, and its children need not be known; most have none. */
const forget = (fate: Fate, { ancestry, spanId }: RecordedSpan): void => {
  if (ancestry.isParent) fate.children = ChildCounts.remove(fate.children, spanId)
}

/** The account of one destination's spans, which tells the ledger and each span's own trace. A class: each tenant has one for as long as its route. */
export class Account extends SpanAccount.Counted<RecordedSpan> {
  private readonly counter: Counter

  constructor(
    ledger: Ledger,
    id: DestinationId,
    private readonly view: TenantView.View
  ) {
    super(ledger, id)
    this.counter = ledger.counter(id)
  }

  made({ request }: RecordedSpan): void {
    this.counter.made(1)
    of(request, this.id).made++
  }

  /** What was lost is made once more. */
  madeAgain(span: RecordedSpan): void {
    this.made(span)
    const fate = of(span.request, this.id)
    if (fate.lost?.delete(span.spanId)) this.orphan(fate, -ChildCounts.get(fate.children, span.spanId))
  }

  hidden({ request }: RecordedSpan): void {
    this.ledger.hidden(this.id, 1)
    of(request, this.id).hidden++
  }

  /** Whether spans of a trace were accepted there. */
  hasTaken(request: RequestTrace): boolean {
    return of(request, this.id).queued > 0
  }

  override worth(span: RecordedSpan): Worth {
    if (span.ancestry.isParent && ChildCounts.get(of(span.request, this.id).children, span.spanId) > 0) return 2
    return span === span.request.root || Failure.isFailed(span) ? 1 : 0
  }

  override admits(span: RecordedSpan): boolean {
    const { lost } = of(span.request, this.id)
    if (lost === undefined) return true
    const parent = TenantView.parentOf(this.view, span)
    return parent === undefined || !lost.has(parent.spanId)
  }

  override queued(span: RecordedSpan): void {
    const fate = of(span.request, this.id)
    fate.queued++
    const parent = TenantView.parentOf(this.view, span)
    if (parent !== undefined) this.accepted(fate, parent.spanId, 1)
  }

  override delivered(spans: ReadonlyArray<RecordedSpan>, now: number): void {
    super.delivered(spans, now)
    for (const span of spans) {
      const fate = of(span.request, this.id)
      fate.delivered++
      forget(fate, span)
    }
  }

  override rejected(spans: ReadonlyArray<RecordedSpan>, reason: string): void {
    super.rejected(spans, reason)
    for (const { request } of spans) add(of(request, this.id), "rejected", reason)
    this.lose(spans)
  }

  override dropped(spans: ReadonlyArray<RecordedSpan>, reason: string): void {
    super.dropped(spans, reason)
    for (const { request } of spans) add(of(request, this.id), "dropped", reason)
    this.lose(spans)
  }

  override mixed(spans: ReadonlyArray<RecordedSpan>, counts: SpanAccount.Counts, now: number): void {
    super.mixed(spans, counts, now)
    const [only, ...more] = [
      ...counts.rejected.map(({ reason }) => ["rejected", reason] as const),
      ...counts.dropped.map(({ reason }) => ["dropped", reason] as const)
    ]
    const isClear = counts.delivered === 0 && only !== undefined && more.length === 0
    for (const span of spans) {
      const fate = of(span.request, this.id)
      if (isClear) add(fate, only[0], only[1])
      else {
        fate.unclear++
        forget(fate, span)
      }
    }
    if (isClear) this.lose(spans)
  }

  private accepted(fate: Fate, parentId: string, delta: number): void {
    const { children } = fate
    const count = ChildCounts.get(children, parentId)
    if (count > 0 || ChildCounts.size(children) < maxTracked)
      fate.children = ChildCounts.set(children, parentId, count + delta)
    if (fate.lost?.has(parentId)) this.orphan(fate, delta)
  }

  private orphan(fate: Fate, delta: number): void {
    fate.orphaned += delta
    this.ledger.orphaned(this.id, delta)
  }

  private lose(spans: ReadonlyArray<RecordedSpan>): void {
    for (const span of spans) {
      const parent = TenantView.parentOf(this.view, span)
      if (parent !== undefined) this.accepted(of(span.request, this.id), parent.spanId, -1)
    }
    for (const { request, spanId } of spans) {
      const fate = of(request, this.id)
      fate.queued--
      fate.lost ??= new Set()
      if (fate.lost.size >= maxTracked || fate.lost.has(spanId)) continue
      fate.lost.add(spanId)
      const children = ChildCounts.get(fate.children, spanId)
      if (children > 0) this.orphan(fate, children)
    }
  }
}
