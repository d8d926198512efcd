/** What was promised, and what came of it: ratios of medians, with their spread over the rounds. */
import * as Stats from "./Stats.js"

/** One promise, or one part of it. */
export interface Mark {
  /** The number of the promise, 1 to 9. */
  readonly mark: number
  readonly name: string
  /** `null` where there is no number: `why` says why not. */
  readonly ratio: number | null
  /** `null` where it is only reported. */
  readonly limit: number | null
  readonly met: boolean
  /** The ratios of single rounds. */
  readonly each: ReadonlyArray<number>
  /** Why there is none. */
  readonly why?: string | undefined
}

/** What one thing came to in each round, or why it did not. */
export interface Measured {
  readonly values: ReadonlyArray<number>
  readonly failed?: string | undefined
}

const missing = (mark: number, name: string, limit: number | null, why: string): Mark => ({
  mark,
  name,
  ratio: null,
  limit,
  met: false,
  each: [],
  why
})

/** Evaluates a function of several measurements: once of their medians, and once in each round. With `limit: null` nothing can be missed. */
export const evaluate = (
  mark: number,
  name: string,
  limit: number | null,
  parts: ReadonlyArray<Measured>,
  ratio: (...values: ReadonlyArray<number>) => number
): Mark => {
  const failed = parts.find((part) => part.failed !== undefined)?.failed
  if (failed !== undefined) return missing(mark, name, limit, failed)
  const value = ratio(...parts.map(({ values }) => Stats.median(values)))
  if (!Number.isFinite(value)) return missing(mark, name, limit, "nothing was measured")
  const rounds = Math.min(...parts.map(({ values }) => values.length))
  const each = Array.from({ length: rounds }, (_, round) =>
    ratio(...parts.map(({ values }) => values[round] ?? Number.NaN))
  )
  return { mark, name, ratio: value, limit, met: limit === null || value <= limit, each }
}
