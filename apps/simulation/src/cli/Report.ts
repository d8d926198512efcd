/** What is printed: each seed that failed with its shortest history, how often each fault happened, and the sum. */
import type { Result } from "./Result.js"

const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

/** A seed that failed, or nothing. */
export const failure = ({ failed, seed }: Result): ReadonlyArray<string> =>
  failed === undefined
    ? []
    : [
        "",
        `seed ${seed} failed at step ${failed.step + 1} of ${failed.length}: ${failed.check}: ${failed.message}`,
        `the shortest history that shows it (${plural(failed.shortest.length, "step")}); --seed ${seed} plays the whole:`,
        ...failed.shortest.map((step, index) => `  ${String(index + 1).padStart(3)}  ${step}`),
        `       ${failed.shortestCheck}`
      ]

/** How often each fault happened, in all of them. */
export const faults = (results: ReadonlyArray<Result>): ReadonlyArray<string> => {
  const sums = new Map<string, number>()
  for (const { counts } of results) {
    for (const [what, count] of Object.entries(counts)) sums.set(what, (sums.get(what) ?? 0) + count)
  }
  const width = Math.max(0, ...Array.from(sums.keys(), (what) => what.length))
  return [
    "",
    `faults in ${plural(results.length, "seed")}:`,
    ...Array.from(sums)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `  ${what.padEnd(width)}  ${count}`)
  ]
}

/** The last line. */
export const sum = (results: ReadonlyArray<Result>): string => {
  const failed = results.filter((result) => result.failed !== undefined).length
  return `${results.length - failed} passed, ${failed} failed`
}
