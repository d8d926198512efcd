/**
 * Counts by reason, of which there is a bounded number.
 */

export type Tallies = Map<string, number>

const overflow = "other"

/**
 * Counts a reason; one too many is counted as `other`, so that a sum never lies.
 */
export const add = (self: Tallies, reason: string, count: number, maxReasons: number): void => {
  if (count === 0) return
  // One place is kept for `other` itself.
  const key = self.has(reason) || self.size < maxReasons - 1 ? reason : overflow
  self.set(key, (self.get(key) ?? 0) + count)
}

/**
 * Adds every count of another.
 */
export const addAll = (self: Tallies, that: Tallies, maxReasons: number): void => {
  for (const [reason, count] of that) add(self, reason, count, maxReasons)
}
