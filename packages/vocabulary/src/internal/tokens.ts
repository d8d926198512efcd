/**
 * Counts of tokens for back ends that price each kind of token by itself, where ours include one another.
 */

/** A total without some of its parts; never less than nothing. */
export const without = (total: number | undefined, ...parts: ReadonlyArray<number | undefined>): number | undefined =>
  total && parts.reduce<number>((left, part) => Math.max(0, left - (part ?? 0)), total)
