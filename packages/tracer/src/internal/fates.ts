/**
 * What became of a trace at each of its destinations: how many of its spans were made, hidden, delivered, refused or lost there, and which of them
 * are parents whose loss would leave orphans. Kept with the trace, so that it goes when the trace goes.
 */
import type { DestinationId } from "../deliver/DestinationId.js"
import type { Ledger } from "../deliver/Ledger.js"
import * as SpanAccount from "../deliver/SpanAccount.js"
import * as Failure from "../record/Failure.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import type { RequestTrace } from "../record/RequestTrace.js"
import * as TenantView from "../render/TenantView.js"
import type { Fate } from "./fate.js"

/** A trace that never ends must not grow for ever: of one with more parents or losses than this, no more is known. */
const maxTracked = 4096

const add = (fate: Fate, kind: "rejected" | "dropped", reason: string): void => {
  fate[kind] ??= new Map()
  fate[kind].set(reason, (fate[kind].get(reason) ?? 0) + 1)
}

/** The account of one destination's spans, which tells the ledger and each span's own trace. */
export interface Account extends SpanAccount.SpanAccount<RecordedSpan> {
  readonly made: (span: RecordedSpan) => void
  readonly hidden: (span: RecordedSpan) => void
  /** Whether spans of a trace were accepted there. */
  readonly hasTaken: (request: RequestTrace) => boolean
  /** What was lost is made once more. */
  readonly madeAgain: (span: RecordedSpan) => void
}

/** What a trace knows of a destination. */
export const of = (request: RequestTrace, id: DestinationId): Fate => request.fates.of(id)

export const account = (ledger: Ledger, id: DestinationId, view: TenantView.View): Account => {
  const counted = SpanAccount.make(ledger, id)

  const accepted = (fate: Fate, parentId: string, delta: number): void => {
    const count = (fate.children?.get(parentId) ?? 0) + delta
    if (count <= 0) forget(fate, parentId)
    else {
      fate.children ??= new Map()
      if (fate.children.size < maxTracked || fate.children.has(parentId)) fate.children.set(parentId, count)
    }
    if (fate.lost?.has(parentId)) orphan(fate, delta)
  }

  /** It has no children there, or cannot be lost any more, and they need not be known. */
  const forget = (fate: Fate, spanId: string): void => {
    if (fate.children?.delete(spanId) && fate.children.size === 0) fate.children = undefined
  }

  const orphan = (fate: Fate, delta: number): void => {
    fate.orphaned += delta
    ledger.orphaned(id, delta)
  }

  const lose = (spans: ReadonlyArray<RecordedSpan>): void => {
    for (const span of spans) {
      const parent = TenantView.parentOf(view, span)
      if (parent !== undefined) accepted(of(span.request, id), parent.spanId, -1)
    }
    for (const { request, spanId } of spans) {
      const fate = of(request, id)
      fate.queued--
      fate.lost ??= new Set()
      if (fate.lost.size >= maxTracked || fate.lost.has(spanId)) continue
      fate.lost.add(spanId)
      const children = fate.children?.get(spanId)
      if (children !== undefined) orphan(fate, children)
    }
  }

  const made = ({ request }: RecordedSpan): void => {
    ledger.made(id, 1)
    of(request, id).made++
  }

  return {
    made,
    madeAgain: (span) => {
      made(span)
      const fate = of(span.request, id)
      if (fate.lost?.delete(span.spanId)) orphan(fate, -(fate.children?.get(span.spanId) ?? 0))
    },
    hidden: ({ request }) => {
      ledger.hidden(id, 1)
      of(request, id).hidden++
    },
    worth: (span) => {
      if (of(span.request, id).children?.has(span.spanId)) return 2
      return span === span.request.root || Failure.isFailed(span) ? 1 : 0
    },
    admits: (span) => {
      const { lost } = of(span.request, id)
      if (lost === undefined) return true
      const parent = TenantView.parentOf(view, span)
      return parent === undefined || !lost.has(parent.spanId)
    },
    hasTaken: (request) => of(request, id).queued > 0,
    queued: (span) => {
      of(span.request, id).queued++
      const parent = TenantView.parentOf(view, span)
      if (parent !== undefined) accepted(of(span.request, id), parent.spanId, 1)
    },
    delivered: (spans, now) => {
      counted.delivered(spans, now)
      for (const { request, spanId } of spans) {
        const fate = of(request, id)
        fate.delivered++
        forget(fate, spanId)
      }
    },
    rejected: (spans, reason) => {
      counted.rejected(spans, reason)
      for (const { request } of spans) add(of(request, id), "rejected", reason)
      lose(spans)
    },
    dropped: (spans, reason) => {
      counted.dropped(spans, reason)
      for (const { request } of spans) add(of(request, id), "dropped", reason)
      lose(spans)
    },
    mixed: (spans, counts, now) => {
      counted.mixed(spans, counts, now)
      const [only, ...more] = [
        ...counts.rejected.map(({ reason }) => ["rejected", reason] as const),
        ...counts.dropped.map(({ reason }) => ["dropped", reason] as const)
      ]
      const isClear = counts.delivered === 0 && only !== undefined && more.length === 0
      for (const { request, spanId } of spans) {
        const fate = of(request, id)
        if (isClear) add(fate, only[0], only[1])
        else {
          fate.unclear++
          forget(fate, spanId)
        }
      }
      if (isClear) lose(spans)
    }
  }
}
