/** What becomes of one seed, as plain data that a worker can send. */
import * as History from "../History.js"
import * as Shrink from "../Shrink.js"
import * as Simulation from "../Simulation.js"
import * as Steps from "../steps/Steps.js"

/** `failed`: which check failed at which step of how many, and the shortest history that shows it. */
export interface Result {
  readonly seed: number
  readonly counts: Readonly<Record<string, number>>
  readonly failed:
    | {
        readonly step: number
        readonly length: number
        readonly check: string
        readonly message: string
        readonly shortest: ReadonlyArray<string>
        readonly shortestCheck: string
      }
    | undefined
}

/** Plays a seed; one that fails is played again until its shortest history is found. */
export const of = (seed: number): Result => {
  const history = History.draw(seed)
  const { counts, failed } = Simulation.play(history)
  const base = { seed, counts: Object.fromEntries(counts) }
  if (failed === undefined) return { ...base, failed: undefined }
  const shortest = Shrink.shrink({ history, failed })
  return {
    ...base,
    failed: {
      step: failed.step,
      length: history.steps.length,
      check: failed.check,
      message: failed.message,
      shortest: shortest.history.steps.map((step) => Steps.kindOf(step).show(step)),
      shortestCheck: `${shortest.failed.check}: ${shortest.failed.message}`
    }
  }
}
