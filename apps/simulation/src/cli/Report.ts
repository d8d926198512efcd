/** What is printed, in lines: each seed that failed with its shortest history, how often each fault happened, and the sum. */
import type { Played, Shortest } from "./Task.js"

/** So many of something. */
export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

/** A seed that failed; without `shortest` where that was not looked for. */
export const failure = (seed: number, failed: NonNullable<Played["failed"]>, shortest: Shortest | undefined) => {
  const where = failed.length === 0 ? "" : ` at step ${failed.step} of ${failed.length}`
  return [
    "",
    `seed ${seed} failed${where}: ${failed.check}: ${failed.message}`,
    ...(shortest === undefined
      ? []
      : [
          `the shortest history that shows it (${plural(shortest.steps.length, "step")}); --seed ${seed} plays the whole:`,
          ...shortest.steps.map((step, index) => `${String(index + 1).padStart(5)}  ${step}`),
          `       ${shortest.check}: ${shortest.message}`
        ])
  ]
}

/** How often each fault happened, and what else was counted, in all of them. */
export const faults = (all: ReadonlyArray<Played>): ReadonlyArray<string> => {
  const sums = new Map<string, number>()
  for (const { counts } of all) {
    for (const [what, count] of Object.entries(counts)) sums.set(what, (sums.get(what) ?? 0) + count)
  }
  const width = Math.max(0, ...Array.from(sums.keys(), (what) => what.length))
  return [
    "",
    `what happened in ${plural(all.length, "seed")}:`,
    ...Array.from(sums)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `  ${what.padEnd(width)}  ${count}`)
  ]
}

/** The last line. */
export const sum = (passed: number, failed: number): string => `${passed} passed, ${failed} failed`
