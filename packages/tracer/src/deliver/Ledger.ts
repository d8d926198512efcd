/**
 * Where every span copy is accounted for: made = hidden + delivered + rejected + dropped + held + spooled, for each destination, at any moment.
 * Plain counters, so that counting costs the request path next to nothing; what is held is not counted but measured, so that the balance is a
 * check of the whole.
 *
 * @since 0.1.0
 */
import type { DestinationId } from "./DestinationId.js"
import * as tallies from "./internal/tallies.js"

/**
 * The account of one destination, in span copies (one span for one destination), since the process began. `held` is what waits or is on its way;
 * `spooled` is on disk. `denied` counts copies that were never made, `orphaned` those whose parent was lost after they had been accepted: they are in
 * one of the other counts, too. `lastError` is words and a status, `lastSuccess` when something was last delivered, in milliseconds since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface LedgerRow {
  /** `others` sums up destinations at rest that were forgotten to keep the ledger small, `total` all of them. */
  readonly id: DestinationId | "others" | "total"
  readonly made: number
  readonly hidden: number
  readonly delivered: number
  readonly rejected: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly held: number
  readonly spooled: number
  readonly orphaned: number
  readonly denied: Readonly<Record<string, number>>
  readonly lastError: string | undefined
  readonly lastSuccess: number | undefined
}

/**
 * All accounts at one moment. `unrouted` counts spans that never had a destination, `counters` whatever else was counted by name.
 *
 * @since 0.1.0
 * @category models
 */
export interface LedgerSnapshot {
  readonly total: LedgerRow
  readonly rows: ReadonlyArray<LedgerRow>
  readonly unrouted: Readonly<Record<string, number>>
  readonly counters: Readonly<Record<string, number>>
}

/**
 * Counts for one destination without looking for its account each time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counter {
  /** As the ledger's own. */
  made(count: number): void
}

/**
 * The counters. Every method is synchronous, total and callable from plain code; counts are whole and not negative, except the deltas.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ledger {
  /** Copies made for a destination: called once it is known that it gets them, before anything else is counted about them. */
  readonly made: (id: DestinationId, count: number) => void
  readonly counter: (id: DestinationId) => Counter
  /** Copies that the destination's view hides. */
  readonly hidden: (id: DestinationId, count: number) => void
  readonly delivered: (id: DestinationId, count: number, now?: number) => void
  readonly rejected: (id: DestinationId, reason: string, count: number) => void
  readonly dropped: (id: DestinationId, reason: string, count: number) => void
  readonly spooled: (id: DestinationId, delta: number) => void
  readonly orphaned: (id: DestinationId, delta: number) => void
  /** Registers something that holds copies for a destination; returns how to take it back, which must happen when it holds none. */
  readonly observe: (id: DestinationId, held: () => number) => () => void
  readonly failed: (id: DestinationId, lastError: string) => void
  readonly denied: (id: DestinationId, reason: string, count?: number) => void
  readonly unrouted: (reason: string, count: number) => void
  readonly count: (name: string, count?: number) => void
  readonly snapshot: () => LedgerSnapshot
}

interface Account {
  made: number
  observed: ReadonlyArray<() => number>
  hidden: number
  delivered: number
  spooled: number
  orphaned: number
  lastError: string | undefined
  lastSuccess: number | undefined
  rejected: tallies.Tallies
  dropped: tallies.Tallies
  denied: tallies.Tallies
}

const unobserved: ReadonlyArray<never> = []

/** Of an account that was folded into the others. */
const folded: ReadonlyArray<never> = []

const heldBy = (account: Account): number => {
  let held = 0
  for (const observe of account.observed) held += observe()
  return held
}

const rowOf = (id: LedgerRow["id"], account: Account, held = heldBy(account)): LedgerRow => ({
  id,
  made: account.made,
  hidden: account.hidden,
  delivered: account.delivered,
  rejected: tallies.toRecord(account.rejected),
  dropped: tallies.toRecord(account.dropped),
  held,
  spooled: account.spooled,
  orphaned: account.orphaned,
  denied: tallies.toRecord(account.denied),
  lastError: account.lastError,
  lastSuccess: account.lastSuccess
})

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

/**
 * Whether every copy of a row is accounted for.
 *
 * @since 0.1.0
 * @category guards
 */
export const balances = (row: LedgerRow): boolean =>
  row.made === row.hidden + row.delivered + sum(row.rejected) + sum(row.dropped) + row.held + row.spooled

/** At so many accounts it looks, where one more is needed, for some that can go. */
const looks = 8

/**
 * Makes an empty ledger. It keeps all destinations that are in use; where it has `maxEntries` (default 20,000) or more, each new one has some of
 * those at rest folded into `others`, the oldest first. It keeps `maxReasons` reasons of each kind (default 64) and counts further ones as `other`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: {
  readonly maxEntries?: number | undefined
  readonly maxReasons?: number | undefined
}): Ledger => {
  const maxEntries = options?.maxEntries ?? 20_000
  const maxReasons = options?.maxReasons ?? 64
  const empty = (): Account => ({
    made: 0,
    observed: unobserved,
    hidden: 0,
    delivered: 0,
    spooled: 0,
    orphaned: 0,
    lastError: undefined,
    lastSuccess: undefined,
    rejected: undefined,
    dropped: undefined,
    denied: undefined
  })
  const accounts = new Map<DestinationId, Account>()
  const others = empty()
  let unrouted: tallies.Tallies
  let counters: tallies.Tallies

  const addTo = (into: Account, account: Account) => {
    into.made += account.made
    into.hidden += account.hidden
    into.delivered += account.delivered
    into.spooled += account.spooled
    into.orphaned += account.orphaned
    into.rejected = tallies.addAll(into.rejected, account.rejected, maxReasons)
    into.dropped = tallies.addAll(into.dropped, account.dropped, maxReasons)
    into.denied = tallies.addAll(into.denied, account.denied, maxReasons)
    into.lastError = account.lastError ?? into.lastError
    if (account.lastSuccess !== undefined) into.lastSuccess = Math.max(into.lastSuccess ?? 0, account.lastSuccess)
  }

  // Only an account at rest may go: what is counted about its copies later would find a new, empty one.
  const isAtRest = (id: DestinationId, account: Account) =>
    account.observed.length === 0 && account.spooled === 0 && balances(rowOf(id, account, 0))

  /** Goes round: whoever was looked at in vain is looked at again when all others were, and not those alone that have come since. */
  let round = accounts.entries()
  let left = 0

  const fold = () => {
    for (let looked = 0; looked < looks && accounts.size >= maxEntries; looked++) {
      if (left === 0) {
        round = accounts.entries()
        left = accounts.size
      }
      left--
      const next = round.next()
      if (next.done === true) return
      const [id, account] = next.value
      if (!isAtRest(id, account)) continue
      accounts.delete(id)
      account.observed = folded
      addTo(others, account)
    }
  }

  const of = (id: DestinationId): Account => {
    const known = accounts.get(id)
    if (known !== undefined) return known
    fold()
    const account = empty()
    accounts.set(id, account)
    return account
  }

  class AccountCounter implements Counter {
    private account: Account | undefined = undefined

    constructor(private readonly id: DestinationId) {}

    made(count: number): void {
      if (this.account === undefined || this.account.observed === folded) this.account = of(this.id)
      this.account.made += count
    }
  }

  return {
    made: (id, count) => {
      of(id).made += count
    },
    counter: (id) => new AccountCounter(id),
    hidden: (id, count) => {
      of(id).hidden += count
    },
    delivered: (id, count, now) => {
      const account = of(id)
      account.delivered += count
      if (count > 0) account.lastSuccess = now ?? account.lastSuccess
    },
    rejected: (id, reason, count) => {
      const account = of(id)
      account.rejected = tallies.add(account.rejected, reason, count, maxReasons)
    },
    dropped: (id, reason, count) => {
      const account = of(id)
      account.dropped = tallies.add(account.dropped, reason, count, maxReasons)
    },
    spooled: (id, delta) => {
      of(id).spooled += delta
    },
    orphaned: (id, delta) => {
      of(id).orphaned += delta
    },
    observe: (id, held) => {
      const account = of(id)
      account.observed = [...account.observed, held]
      return () => {
        // It was taken back before, and the account is at rest since.
        if (account.observed === folded) return
        const rest = account.observed.filter((other) => other !== held)
        account.observed = rest.length === 0 ? unobserved : rest
      }
    },
    failed: (id, lastError) => {
      of(id).lastError = lastError
    },
    denied: (id, reason, count = 1) => {
      const account = of(id)
      account.denied = tallies.add(account.denied, reason, count, maxReasons)
    },
    unrouted: (reason, count) => {
      unrouted = tallies.add(unrouted, reason, count, maxReasons)
    },
    count: (name, count = 1) => {
      counters = tallies.add(counters, name, count, 4 * maxReasons)
    },
    snapshot: () => {
      const rows = Array.from(accounts, ([id, account]) => rowOf(id, account))
      const all = empty()
      for (const account of [others, ...accounts.values()]) addTo(all, account)
      const held = rows.reduce((n, row) => n + row.held, 0)
      const wasUsed = others.made > 0 || others.denied !== undefined
      return {
        total: rowOf("total", all, held),
        rows: wasUsed ? [...rows, rowOf("others", others)] : rows,
        unrouted: tallies.toRecord(unrouted),
        counters: tallies.toRecord(counters)
      }
    }
  }
}
