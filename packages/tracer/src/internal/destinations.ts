/**
 * The destinations in use, as the operator sees and steers them: how each of them stands, to pause one, to send its dead letters again, to revoke
 * its credential.
 */
import * as Effect from "effect/Effect"
import type * as Breaker from "../deliver/Breaker.js"
import type { DeadLetters } from "../deliver/DeadLetters.js"
import type { DestinationId } from "../deliver/DestinationId.js"
import type { PauseReason } from "../deliver/Gate.js"
import type { Ledger, LedgerRow, LedgerSnapshot } from "../deliver/Ledger.js"
import type { Pauses } from "../deliver/Pauses.js"
import type { Provider } from "../deliver/Provider.js"
import type { Revocations } from "../deliver/Revocations.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import * as TenantView from "../render/TenantView.js"
import type { Account } from "./fates.js"

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

/** A provider in use, what its destination may see, and what stands for its credential. */
export interface Member {
  readonly provider: Pick<
    Provider<RecordedSpan>,
    "id" | "offer" | "adopt" | "look" | "hasten" | "revoke" | "state" | "held" | "queued"
  >
  readonly view: TenantView.View
  readonly account: Account
  readonly credential: () => string
  /** Closes it, and waits until it is closed. */
  readonly close: Effect.Effect<void>
}

export interface Destinations {
  /** Whether others of its destination wait for a newer credential: then `look`, once they may. */
  readonly add: (member: Member) => boolean
  /** All of a destination look again whether something may go, or be taken over. */
  readonly look: (id: DestinationId) => void
  /** It is being closed: it still sends what it has, and takes over nothing. */
  readonly retire: (member: Member) => void
  readonly remove: (member: Member) => void
  /** Who takes over what a member cannot send: of those that work on, nobody whose credential was refused, too. */
  readonly successorOf: (member: Member) => ((span: RecordedSpan) => void) | undefined
  /** Whether others with an older credential still have spans, which it may have to take over. */
  readonly isSuccessor: (member: Member) => boolean
  readonly pause: (id: DestinationId) => boolean
  readonly resume: (id: DestinationId) => void
  /** Stops every provider of it but those with the credential to `keep`. */
  readonly revoke: (id: DestinationId, keep?: string) => Effect.Effect<void>
  /** How many spans were made again; none, and the letters stay, where the destination is not in use. */
  readonly replay: (id: DestinationId) => number
  readonly status: (snapshot: LedgerSnapshot) => ReadonlyArray<DestinationStatus>
}

export const make = (options: {
  readonly ledger: Ledger
  readonly pauses: Pauses
  readonly deadLetters: DeadLetters<RecordedSpan>
  readonly revocations: Pick<Revocations, "isNewer">
}): Destinations => {
  const { deadLetters, ledger, pauses, revocations } = options
  // A rotated credential, or another view, is a second provider of one destination.
  const members = new Map<DestinationId, ReadonlyArray<Member>>()
  const retired = new Map<DestinationId, ReadonlyArray<Member>>()
  /** Revoked: whoever is left may take over, of whatever age. */
  const stopped = new WeakSet<Member>()
  const of = (id: DestinationId) => members.get(id) ?? []
  const all = (id: DestinationId) => [...(retired.get(id) ?? []), ...of(id)]

  const put = (into: typeof members, member: Member) => {
    const { id } = member.provider
    into.set(id, [...(into.get(id) ?? []), member])
  }

  const takeFrom = (from: typeof members, member: Member) => {
    const { id } = member.provider
    const all = from.get(id) ?? []
    const rest = all.filter((other) => other !== member)
    if (rest.length === 0) from.delete(id)
    else from.set(id, rest)
    return rest.length < all.length
  }

  const retire: Destinations["retire"] = (member) => {
    if (takeFrom(members, member)) put(retired, member)
  }

  const isNewer = ({ credential, provider }: Member, than: Member) =>
    revocations.isNewer(provider.id, credential(), than.credential())

  const isRefused = ({ provider }: Member): boolean => provider.state().paused === "unauthorized"

  /** Of one credential, the last. A late span of an older route may have had an older credential's provider built after it. */
  const newestOf = (members: ReadonlyArray<Member>): Member | undefined =>
    members.reduce<Member | undefined>((best, member) => (best && isNewer(best, member) ? best : member), undefined)

  const statusOf = (id: DestinationId, counts: LedgerRow | undefined): DestinationStatus => {
    const state = newestOf(of(id))?.provider.state()
    return {
      id,
      queued: all(id).reduce((sum, { provider }) => sum + provider.queued(), 0),
      breaker: state?.breaker,
      paused: pauses.has(id) ? "operator" : state?.paused,
      lastError: counts?.lastError,
      lastSuccess: counts?.lastSuccess,
      counts
    }
  }

  const look = (id: DestinationId) => {
    for (const { provider } of all(id)) provider.look()
  }

  return {
    add: (member) => {
      put(members, member)
      return all(member.provider.id).some((other) => other !== member && isRefused(other))
    },
    look,
    retire,
    remove: (member) => {
      takeFrom(retired, member)
    },
    successorOf: (member) => {
      const all = of(member.provider.id)
      // Two that are both refused would hand their spans to and fro.
      const mayTake = (other: Member) => !(all.includes(member) && isRefused(other))
      const isNext = (other: Member) => (stopped.has(member) || isNewer(other, member)) && mayTake(other)
      const next = newestOf(all.filter(isNext))
      if (next === undefined) return undefined
      return (span) => {
        // What may be seen can be less there.
        if (TenantView.isVisible(next.view, span.ancestry)) next.provider.adopt(span)
        else next.account.hidden(span)
      }
    },
    isSuccessor: (member) =>
      all(member.provider.id).some((other) => isNewer(member, other) && other.provider.held() > 0),
    pause: (id) => {
      const isPaused = pauses.add(id)
      look(id)
      return isPaused
    },
    resume: (id) => {
      pauses.remove(id)
      for (const { provider } of all(id)) provider.hasten()
    },
    revoke: (id, keep) =>
      Effect.suspend(() => {
        const revoked = all(id).filter(({ credential }) => credential() !== keep)
        // Before any of them stops: none is to take over what another one cannot send.
        for (const member of revoked) {
          stopped.add(member)
          retire(member)
        }
        return Effect.forEach(revoked, ({ close, provider }) => Effect.zipRight(provider.revoke, close), {
          concurrency: "unbounded",
          discard: true
        })
      }),
    replay: (id) => {
      const newest = newestOf(of(id))
      if (newest === undefined) return 0
      const spans = deadLetters.take(id).flatMap((letter) => letter.spans)
      ledger.count("replayed", spans.length)
      // Parents among them are back before their children are offered.
      for (const span of spans) newest.account.madeAgain(span)
      for (const span of spans) {
        // What it may see can have changed since.
        if (TenantView.isVisible(newest.view, span.ancestry)) newest.provider.offer(span)
        else newest.account.hidden(span)
      }
      return spans.length
    },
    status: ({ rows }) => {
      const known = new Set<string>()
      const statuses: Array<DestinationStatus> = []
      for (const row of rows) {
        if (row.id === "others" || row.id === "total") continue
        known.add(row.id)
        statuses.push(statusOf(row.id, row))
      }
      for (const id of pauses.values()) if (!known.has(id)) statuses.push(statusOf(id, undefined))
      return statuses
    }
  }
}
