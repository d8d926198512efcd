/** Finds the shortest part of a history in which the same thing goes wrong. */
import type { History } from "./History.js"
import * as Simulation from "./Simulation.js"
import type { Step } from "./steps/Step.js"

/** A history that fails, and how. */
export interface Failing {
  readonly history: History
  readonly failed: NonNullable<Simulation.Outcome["failed"]>
}

/** Leaves out steps as long as the same check fails, larger parts first, and plays at most so many histories for it. */
export const shrink = (found: Failing, most = 300): Failing => {
  let plays = 0

  const attempt = (steps: ReadonlyArray<Step>): Failing | undefined => {
    plays++
    const { failed } = Simulation.play({ ...found.history, steps })
    if (failed?.check !== found.failed.check) return undefined
    return { history: { ...found.history, steps: steps.slice(0, failed.step + 1) }, failed }
  }

  const without = (steps: ReadonlyArray<Step>, from: number, count: number) => [
    ...steps.slice(0, from),
    ...steps.slice(from + count)
  ]

  const steps = found.history.steps.slice(0, found.failed.step + 1)
  let best: Failing = { ...found, history: { ...found.history, steps } }
  let size = Math.ceil(best.history.steps.length / 2)
  for (;;) {
    const before = best.history.steps.length
    for (let from = before - size; from > -size && plays < most; from -= size) {
      const start = Math.max(0, Math.min(from, best.history.steps.length - size))
      best = attempt(without(best.history.steps, start, size)) ?? best
    }
    if (plays >= most || (size === 1 && best.history.steps.length === before)) return best
    size = Math.max(1, Math.min(Math.floor(size / 2), best.history.steps.length))
  }
}
