/** What was received and refused, in order of arrival and within bounds: what is oldest is forgotten first, and counted. */
import type { ReceivedSpan } from "../Otlp.js"
import type { Delivery, Forgotten, Refusal } from "../Receiver.js"

/** What all accounts have received. */
export interface Inboxes {
  /** A request of the account was authenticated and read. */
  readonly requested: (accountId: string) => void
  readonly requests: (accountId: string) => number
  readonly keep: (delivery: Delivery, spans: ReadonlyArray<ReceivedSpan>) => void
  readonly deliveries: (accountId: string) => ReadonlyArray<Delivery>
  readonly spans: (accountId: string) => ReadonlyArray<ReceivedSpan>
  readonly refuse: (refusal: Refusal) => void
  readonly refusals: () => ReadonlyArray<Refusal>
  /** Forgets what was received and refused, of one account or of all. */
  readonly clear: (accountId: string | undefined) => void
  readonly forgotten: () => Forgotten
}

interface Inbox {
  readonly deliveries: Array<Delivery>
  readonly spans: Array<ReceivedSpan>
  requests: number
}

interface Kept {
  readonly inbox: Inbox
  readonly bytes: number
  readonly spans: number
}

/** Empty inboxes for all accounts there may be. The newest delivery is kept, whatever its size. */
export const make = (limits: { readonly maxBytes: number; readonly maxRefusals: number }): Inboxes => {
  const inboxes = new Map<string, Inbox>()
  const kept = new Set<Kept>()
  let refusals: Array<Refusal> = []
  let bytes = 0
  const forgotten = { deliveries: 0, refusals: 0 }

  const of = (accountId: string): Inbox => {
    const known = inboxes.get(accountId)
    if (known !== undefined) return known
    const fresh: Inbox = { deliveries: [], spans: [], requests: 0 }
    inboxes.set(accountId, fresh)
    return fresh
  }

  const release = (entry: Kept) => {
    kept.delete(entry)
    bytes -= entry.bytes
  }

  const makeRoom = () => {
    for (const oldest of kept) {
      if (bytes <= limits.maxBytes || kept.size === 1) return
      release(oldest)
      oldest.inbox.deliveries.shift()
      oldest.inbox.spans.splice(0, oldest.spans)
      forgotten.deliveries++
    }
  }

  return {
    requested: (accountId) => {
      of(accountId).requests++
    },
    requests: (accountId) => of(accountId).requests,
    keep: (delivery, spans) => {
      const inbox = of(delivery.account)
      inbox.deliveries.push(delivery)
      for (const span of spans) inbox.spans.push(span)
      const size = delivery.body.length + (delivery.raw === delivery.body ? 0 : delivery.raw.length)
      kept.add({ inbox, bytes: size, spans: spans.length })
      bytes += size
      makeRoom()
    },
    deliveries: (accountId) => of(accountId).deliveries,
    spans: (accountId) => of(accountId).spans,
    refuse: (refusal) => {
      refusals.push(refusal)
      if (refusals.length <= limits.maxRefusals) return
      refusals.shift()
      forgotten.refusals++
    },
    refusals: () => refusals,
    clear: (accountId) => {
      for (const entry of kept) {
        if (accountId === undefined || entry.inbox === inboxes.get(accountId)) release(entry)
      }
      if (accountId === undefined) inboxes.clear()
      else inboxes.delete(accountId)
      refusals = refusals.filter((refusal) => accountId !== undefined && refusal.account !== accountId)
    },
    forgotten: () => ({ ...forgotten })
  }
}
