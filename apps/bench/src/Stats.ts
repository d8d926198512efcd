/** What is said of several measurements of one thing: the middle, and how far they lie apart. */

/** The middle one, and the least and the greatest beside it; `values` in the order in which they were measured. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly values: ReadonlyArray<number>
}

/** The value below which so much of them lies, from 0 to 1, by the line between the two nearest; `NaN` of none. */
export const quantile = (values: ReadonlyArray<number>, part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low === undefined || high === undefined ? Number.NaN : low + (high - low) * (at - Math.floor(at))
}

/** The middle. */
export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** All of it. */
export const summary = (values: ReadonlyArray<number>): Summary => ({
  median: median(values),
  min: values.length === 0 ? Number.NaN : Math.min(...values),
  max: values.length === 0 ? Number.NaN : Math.max(...values),
  values
})
