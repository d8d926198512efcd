/**
 * The destinations in use, as the operator sees and steers them: how each of them stands, to pause one, to send its dead letters again.
 */
import type * as Breaker from "../deliver/Breaker.js"
import type { DeadLetters } from "../deliver/DeadLetters.js"
import type { DestinationId } from "../deliver/DestinationId.js"
import type { PauseReason } from "../deliver/Gate.js"
import type { Ledger, LedgerRow, LedgerSnapshot } from "../deliver/Ledger.js"
import type { Pauses } from "../deliver/Pauses.js"
import type { Provider } from "../deliver/Provider.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import * as TenantView from "../render/TenantView.js"

/**
 * How a destination stands: what waits for it, whether its breaker lets anything through (`undefined` while no provider of it is in use), whether
 * and why it is paused, and its account.
 *
 * @since 0.1.0
 * @category models
 */
export interface DestinationStatus {
  readonly id: DestinationId
  readonly queued: number
  readonly breaker: Breaker.State | undefined
  readonly paused: PauseReason | undefined
  /** Words and a status; of an answer's body nothing but the message of a partial success, freed of credentials. */
  readonly lastError: string | undefined
  /** Milliseconds since the epoch. */
  readonly lastSuccess: number | undefined
  /** `undefined` for a destination that was paused before anything was made for it. */
  readonly counts: LedgerRow | undefined
}

/** A provider in use, and what its destination may see. */
export interface Member {
  readonly provider: Pick<Provider<RecordedSpan>, "id" | "offer" | "look" | "hasten" | "state" | "queued">
  readonly view: TenantView.View
}

export interface Destinations {
  /** Returns how to take it back. */
  readonly add: (member: Member) => () => void
  readonly pause: (id: DestinationId) => boolean
  readonly resume: (id: DestinationId) => void
  /** How many spans were made again; none, and the letters stay, where the destination is not in use. */
  readonly replay: (id: DestinationId) => number
  readonly status: (snapshot: LedgerSnapshot) => ReadonlyArray<DestinationStatus>
}

export const make = (options: {
  readonly ledger: Ledger
  readonly pauses: Pauses
  readonly deadLetters: DeadLetters<RecordedSpan>
}): Destinations => {
  const { deadLetters, ledger, pauses } = options
  // A rotated credential, or another view, is a second provider of one destination: the newest is the last.
  const members = new Map<DestinationId, ReadonlyArray<Member>>()
  const of = (id: DestinationId) => members.get(id) ?? []

  const statusOf = (id: DestinationId, counts: LedgerRow | undefined): DestinationStatus => {
    const own = of(id)
    const state = own.at(-1)?.provider.state()
    return {
      id,
      queued: own.reduce((sum, { provider }) => sum + provider.queued, 0),
      breaker: state?.breaker,
      paused: pauses.has(id) ? "operator" : state?.paused,
      lastError: counts?.lastError,
      lastSuccess: counts?.lastSuccess,
      counts
    }
  }

  return {
    add: (member) => {
      const { id } = member.provider
      members.set(id, [...of(id), member])
      return () => {
        const rest = of(id).filter((other) => other !== member)
        if (rest.length === 0) members.delete(id)
        else members.set(id, rest)
      }
    },
    pause: (id) => {
      const isPaused = pauses.add(id)
      for (const { provider } of of(id)) provider.look()
      return isPaused
    },
    resume: (id) => {
      pauses.remove(id)
      for (const { provider } of of(id)) provider.hasten()
    },
    replay: (id) => {
      const newest = of(id).at(-1)
      if (newest === undefined) return 0
      const spans = deadLetters.take(id).flatMap((letter) => letter.spans)
      ledger.made(id, spans.length)
      ledger.count("replayed", spans.length)
      for (const span of spans) {
        // What it may see can have changed since.
        if (TenantView.isVisible(newest.view, span.ancestry)) newest.provider.offer(span)
        else ledger.hidden(id, 1)
      }
      return spans.length
    },
    status: ({ rows }) => {
      const known = new Set<string>()
      const all: Array<DestinationStatus> = []
      for (const row of rows) {
        if (row.id === "others" || row.id === "total") continue
        known.add(row.id)
        all.push(statusOf(row.id, row))
      }
      for (const id of pauses.values()) if (!known.has(id)) all.push(statusOf(id, undefined))
      return all
    }
  }
}
