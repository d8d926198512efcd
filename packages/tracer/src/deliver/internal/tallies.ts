/**
 * Counts by reason, of which there is a bounded number. Most never count anything, and are nothing until they do.
 */

export type Tallies = Map<string, number> | undefined

const overflow = "other"

/** Counts a reason, and gives the tallies from then on; one reason too many is counted as `other`, so that a sum never lies. */
export const add = (self: Tallies, reason: string, count: number, maxReasons: number): Tallies => {
  if (count === 0) return self
  const counts = self ?? new Map<string, number>()
  // One place is kept for `other` itself.
  const key = counts.has(reason) || counts.size < maxReasons - 1 ? reason : overflow
  return counts.set(key, (counts.get(key) ?? 0) + count)
}

/** Adds every count of another. */
export const addAll = (self: Tallies, that: Tallies, maxReasons: number): Tallies => {
  let counts = self
  for (const [reason, count] of that ?? []) counts = add(counts, reason, count, maxReasons)
  return counts
}

/** The counts by reason, as a record. */
export const toRecord = (self: Tallies): Readonly<Record<string, number>> => Object.fromEntries(self ?? [])
