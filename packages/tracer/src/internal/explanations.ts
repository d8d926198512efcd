/**
 * Where the latest traces of each tenant went, and why: kept by tenant and trace, so that nobody learns of another's by its id.
 */
import * as DestinationId from "../deliver/DestinationId.js"
import type { RequestTrace } from "../record/RequestTrace.js"
import type { Denial } from "../route/Router.js"
import type { Fate } from "./fate.js"

/**
 * What became of a trace's spans at one destination. `made` is the sum of `hidden` (not for it to see), `delivered`, `rejected` and `dropped` (by
 * reason), `unclear` (in a batch of which the back end refused some, without saying which), `held` (they wait, or are on their way) and `spooled`.
 * `orphaned` are those whose parent was lost.
 *
 * @since 0.1.0
 */
export interface ExplainedDestination {
  readonly id: DestinationId.DestinationId
  readonly made: number
  readonly hidden: number
  readonly delivered: number
  readonly rejected: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly unclear: number
  readonly held: number
  readonly spooled: number
  readonly orphaned: number
  /** The same in words. */
  readonly sentence: string
}

/**
 * Where a tenant's trace went. It is `known` when it was bound to that tenant, had a span that ended, and is among the latest.
 *
 * @since 0.1.0
 */
export interface Explanation {
  readonly known: boolean
  readonly destinations: ReadonlyArray<ExplainedDestination>
  /** Destinations of the tenant that receive nothing, and why. */
  readonly denied: ReadonlyArray<Denial>
  readonly sentence: string
}

export interface Explanations {
  readonly add: (request: RequestTrace, tenant: string, denied: ReadonlyArray<Denial>) => void
  /** What is known of the trace to which a span of this destination belongs that was away. */
  readonly find: (tenant: string, traceId: string, id: DestinationId.DestinationId) => RequestTrace["fates"] | undefined
  readonly explain: (tenant: string, traceId: string) => Explanation
}

interface Known {
  readonly key: string
  readonly tenant: string
  readonly fates: RequestTrace["fates"]
  readonly denied: ReadonlyArray<Denial>
}

/** Of one id: a caller may send it again and again. */
const maxOfId = 10

export const make = (options?: { readonly maxTraces?: number | undefined }): Explanations => {
  const maxTraces = options?.maxTraces ?? 10_000
  const traces = new Map<string, ReadonlyArray<Known>>()
  /** A ring: `next` is the oldest. Whoever looks for that in a `Map` from which the oldest are taken walks past all that were. */
  const latest: Array<Known> = []
  let next = 0

  const forget = (known: Known): void => {
    const others = traces.get(known.key)
    if (others === undefined || !others.includes(known)) return
    if (others.length === 1) traces.delete(known.key)
    else
      traces.set(
        known.key,
        others.filter((other) => other !== known)
      )
  }

  const remember = (known: Known) => {
    const others = traces.get(known.key)
    // One that has no destination is told with each of its spans.
    if (others?.some(({ fates }) => fates === known.fates)) return
    traces.set(known.key, others === undefined ? [known] : [...others.slice(1 - maxOfId), known])
    const oldest = latest[next]
    if (oldest !== undefined) forget(oldest)
    latest[next] = known
    next = (next + 1) % maxTraces
  }

  const of = (tenant: string, traceId: string): ReadonlyArray<Known> =>
    [traceId, sharedKey(tenant, traceId)].flatMap(
      (key) => traces.get(key)?.filter((one) => one.tenant === tenant) ?? []
    )

  return {
    add: ({ caller, fates, traceId }, tenant, denied) => {
      const isOwn = traceId !== caller?.traceId
      remember({ key: isOwn ? traceId : sharedKey(tenant, traceId), tenant, fates, denied })
      if (caller !== undefined && isOwn) remember({ key: sharedKey(tenant, caller.traceId), tenant, fates, denied })
    },
    find: (tenant, traceId, id) => of(tenant, traceId).find(({ fates }) => (fates.get(id)?.spooled ?? 0) > 0)?.fates,
    explain: (tenant, traceId) => {
      const known = of(tenant, traceId.toLowerCase())
      // The operator's own copies are no business of the tenant's.
      const destinations = known.flatMap(({ fates }) =>
        Array.from(fates).flatMap((fate) => (DestinationId.isOperator(fate.id) ? [] : explained(fate)))
      )
      const denied = known.flatMap((trace) => trace.denied)
      return { known: known.length > 0, destinations, denied, sentence: sentenceOf(destinations, denied, known) }
    }
  }
}

/**
 * The key of an id that a caller made up, under which tenants do not crowd each other out; one of ours is nobody else's. With the length of what the
 * caller chose no two pairs are confused.
 */
const sharedKey = (tenant: string, traceId: string): string => `${traceId.length} ${traceId} ${tenant}`

const sum = (counts: ReadonlyMap<string, number> | undefined): number => {
  let total = 0
  for (const count of counts?.values() ?? []) total += count
  return total
}

const explained = (fate: Fate): ExplainedDestination => {
  const { delivered, dropped, hidden, id, made, orphaned, rejected, spooled, unclear } = fate
  const held = made - hidden - delivered - unclear - spooled - sum(rejected) - sum(dropped)
  const visible = made - hidden
  const parts = [
    [delivered, "delivered"],
    [held, "on their way"],
    [spooled, "on disk"],
    [unclear, "in a batch that was refused in part"],
    ...Array.from(rejected ?? [], ([reason, count]) => [count, `refused by the back end (${reason})`] as const),
    ...Array.from(dropped ?? [], ([reason, count]) => [count, `dropped (${reason})`] as const),
    [orphaned, "without their parent"]
  ] as const
  const said = parts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`)
  return {
    id,
    made,
    hidden,
    delivered,
    rejected: Object.fromEntries(rejected ?? []),
    dropped: Object.fromEntries(dropped ?? []),
    unclear,
    held,
    spooled,
    orphaned,
    sentence: `${id}: of ${visible} spans for it ${said.length === 0 ? "nothing is known" : said.join(", ")}`
  }
}

const sentenceOf = (
  destinations: ReadonlyArray<ExplainedDestination>,
  denied: ReadonlyArray<Denial>,
  known: ReadonlyArray<Known>
): string => {
  if (known.length === 0)
    return "Nothing is known of this trace: it was not bound to this tenant, its caller did not sample it, none of its spans has ended, or it is too long ago."
  const words = [
    ...destinations.map(({ sentence }) => sentence),
    ...denied.map(({ detail, id }) => `${id}: nothing, because it is denied: ${detail}`)
  ]
  return words.length === 0 ? "It belongs to this tenant, which has no destination." : `${words.join(". ")}.`
}
