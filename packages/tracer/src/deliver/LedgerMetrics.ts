/**
 * The ledger as metrics of Effect's, so that whatever exports those tells the operator what becomes of spans. How many series there are does not
 * depend on how many tenants there are.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import type { LedgerRow, LedgerSnapshot } from "./Ledger.js"

/**
 * Span copies by `destination`, `state` (made, hidden, delivered, rejected, dropped, denied) and, where there is one, `reason`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const copies: Metric.Metric.Counter<number> = Metric.counter("tenant_tracer.span.copies", {
  description: "Copies of spans by what became of them",
  incremental: true
})

/**
 * Span copies that wait or are on their way (`held`) or on disk (`spooled`), by `destination` and `state`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const pending: Metric.Metric.Gauge<number> = Metric.gauge("tenant_tracer.span.pending", {
  description: "Copies of spans that are not settled yet"
})

/**
 * Span copies whose parent was lost, by `destination`. No counter: a parent that is sent again has its children back.
 *
 * @since 0.1.0
 * @category metrics
 */
export const orphaned: Metric.Metric.Gauge<number> = Metric.gauge("tenant_tracer.span.orphaned", {
  description: "Copies of spans without their parent"
})

/**
 * Spans that never had a destination, and whatever else is counted, by `name`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const events: Metric.Metric.Counter<number> = Metric.counter("tenant_tracer.events", {
  description: "What was out of the ordinary, by name",
  incremental: true
})

/**
 * Brings the metrics up to a snapshot. Totals are always told, as destination `total`; the first `destinations` ids (default 20) that had something
 * are told by name as well.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: {
  readonly destinations?: number | undefined
}): ((snapshot: LedgerSnapshot) => void) => {
  const max = options?.destinations ?? 20
  const named = new Set<string>()
  const series = new Map<string, { readonly metric: Metric.Metric.Counter<number>; told: number }>()

  const raise = (base: Metric.Metric.Counter<number>, labels: Readonly<Record<string, string>>, total: number) => {
    const key = JSON.stringify(labels)
    const known = series.get(key) ?? { metric: tagged(base, labels), told: 0 }
    series.set(key, known)
    // An account that was folded into the others begins anew.
    const delta = total < known.told ? total : total - known.told
    known.told = total
    if (delta > 0) known.metric.unsafeUpdate(delta, [])
  }

  const tell = (row: LedgerRow, destination: string) => {
    for (const state of ["made", "hidden", "delivered"] as const) raise(copies, { destination, state }, row[state])
    for (const state of ["rejected", "dropped", "denied"] as const)
      for (const [reason, count] of Object.entries(row[state])) raise(copies, { destination, state, reason }, count)
    for (const state of ["held", "spooled"] as const)
      tagged(pending, { destination, state }).unsafeUpdate(row[state], [])
    tagged(orphaned, { destination }).unsafeUpdate(row.orphaned, [])
  }

  return ({ counters, rows, total, unrouted }) => {
    tell(total, "total")
    for (const row of rows) {
      if (named.size < max && row.id !== "others") named.add(row.id)
      if (named.has(row.id)) tell(row, row.id)
    }
    for (const [name, count] of Object.entries(counters)) raise(events, { name }, count)
    for (const [reason, count] of Object.entries(unrouted)) raise(events, { name: `unrouted ${reason}` }, count)
  }
}

const tagged = <Type, In, Out>(
  metric: Metric.Metric<Type, In, Out>,
  labels: Readonly<Record<string, string>>
): Metric.Metric<Type, In, Out> =>
  Object.entries(labels).reduce((self, [key, value]) => Metric.tagged(self, key, value), metric)
