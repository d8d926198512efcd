/**
 * How many bytes of spans the process holds, of all tenants together and of each. Where it is full, whoever holds most gives way, so that one
 * tenant's dead back end or flood costs nobody else a span.
 *
 * @since 0.1.0
 */
import { Bag, type Member } from "../internal/bag.js"

/**
 * Why bytes were refused, or something had to go for others: the reasons under which spans are dropped.
 *
 * @since 0.1.0
 * @category models
 */
export type Refusal = "tenant_quota" | "budget_full"

/**
 * Who can give bytes back on demand. `shed` lets go of one span that is worth less than `below`, tells it to the ledger under `reason`, gives its
 * bytes back and says whether there was one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Holder {
  held(): number
  shed(below: number, reason: Refusal): boolean
}

/**
 * One holder's part of the budget.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account {
  /** Takes bytes for something of this worth, for which others may have to go; a reason when they cannot be had. */
  take(bytes: number, worth: number): Refusal | undefined
  give(bytes: number): void
  /** To be called when it holds nothing any more. */
  close(): void
}

/**
 * The budget of a process.
 *
 * @since 0.1.0
 * @category models
 */
export interface ByteBudget {
  /** Opens an account for a holder; holders of one name share its quota. */
  readonly open: (name: string, holder: Holder, quota?: number) => Account
  readonly stats: () => { readonly used: number; readonly names: number; readonly maxBytes: number }
}

interface Group extends Member {
  readonly name: string
  readonly holders: Set<Holder>
  readonly quota: number
  bytes: number
  /** 0 with nothing, 1 with little, then one more with each power of two. */
  rank: number
}

/** One of so many parts of the budget is little: those who hold no more are all alike, so that what comes and goes with a request moves nobody. */
const littleParts = 16_384

/** More than anything is worth. */
const any = 3

/**
 * Makes an empty budget of `maxBytes` (default 256 MiB), of which one name may have `perTenant` (default 64 MiB).
 *
 * At the limit a name's own spans give way to each other by their worth. Where the process is full, the name that holds most (within a factor of
 * two, and more or less 16 KiB of 256 MiB) gives way to all others, whatever its spans are worth.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: {
  readonly maxBytes?: number | undefined
  readonly perTenant?: number | undefined
}): ByteBudget => {
  const maxBytes = options?.maxBytes ?? 256 * 1024 * 1024
  const perTenant = options?.perTenant ?? 64 * 1024 * 1024
  const little = maxBytes / littleParts
  const groups = new Map<string, Group>()
  const ranks: ReadonlyArray<Bag<Group>> = Array.from({ length: 34 }, () => new Bag<Group>())
  let used = 0

  const add = (group: Group, bytes: number) => {
    used += bytes
    group.bytes += bytes
    const rank = group.bytes === 0 ? 0 : 33 - Math.clz32(Math.min(group.bytes / little, 0xffffffff))
    if (rank === group.rank) return
    ranks[group.rank]?.delete(group)
    ranks[rank]?.add(group)
    group.rank = rank
  }

  const shedFrom = (group: Group, below: number, reason: Refusal): boolean => {
    let largest: Holder | undefined
    for (const holder of group.holders) if (holder.held() > (largest?.held() ?? 0)) largest = holder
    if (largest === undefined) return false
    if (largest.shed(below, reason)) return true
    for (const holder of group.holders) if (holder !== largest && holder.shed(below, reason)) return true
    return false
  }

  /** Something of whoever holds most; of equals, what waits there can be on its way, and the next one is asked. */
  const shedElsewhere = (group: Group): boolean => {
    for (let rank = ranks.length - 1; rank >= group.rank; rank--) {
      for (const other of ranks[rank] ?? []) {
        if (other !== group && other.bytes > group.bytes && shedFrom(other, any, "budget_full")) return true
      }
    }
    return false
  }

  class Share implements Account {
    constructor(
      private readonly group: Group,
      private readonly holder: Holder
    ) {
      group.holders.add(holder)
    }

    take(bytes: number, worth: number): Refusal | undefined {
      const { group } = this
      // What never fits costs nobody anything.
      if (bytes > group.quota) return "tenant_quota"
      if (bytes > maxBytes) return "budget_full"
      while (group.bytes + bytes > group.quota) if (!shedFrom(group, worth, "tenant_quota")) return "tenant_quota"
      while (used + bytes > maxBytes)
        if (!shedElsewhere(group) && !shedFrom(group, worth, "budget_full")) return "budget_full"
      add(group, bytes)
      return undefined
    }

    give(bytes: number): void {
      add(this.group, -bytes)
    }

    close(): void {
      const { group, holder } = this
      group.holders.delete(holder)
      if (group.holders.size > 0) return
      groups.delete(group.name)
      ranks[group.rank]?.delete(group)
    }
  }

  return {
    open: (name, holder, quota = perTenant) => {
      const group = groups.get(name) ?? { name, holders: new Set(), quota, bytes: 0, rank: 0, place: -1 }
      groups.set(name, group)
      return new Share(group, holder)
    },
    stats: () => ({ used, names: groups.size, maxBytes })
  }
}
