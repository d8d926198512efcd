/** What a worker is asked to do with a seed, and what it answers: plain data, so that it can be sent. */
import type { Breach } from "../checks/Breach.js"
import * as History from "../History.js"
import * as Shrink from "../Shrink.js"
import * as Simulation from "../Simulation.js"
import * as Steps from "../steps/Steps.js"

/** To play its history; to tell it as it happens, too; to find the shortest part of it that fails in the same way. */
export interface Task {
  readonly _tag: "Play" | "Show" | "Shrink"
  readonly seed: number
}

/** What a seed came to. `step` is the number of the step that failed, of `length` steps. */
export interface Played {
  readonly seed: number
  readonly counts: Readonly<Record<string, number>>
  readonly failed: (Breach & { readonly step: number; readonly length: number }) | undefined
}

/** The shortest history of a seed that was found, step by step in words, and what fails in it. */
export interface Shortest extends Breach {
  readonly steps: ReadonlyArray<string>
}

/** Answers to the tasks. */
export interface Answers {
  readonly Play: Played
  readonly Show: Played
  readonly Shrink: Shortest
}

/** Of a processor, in milliseconds, for one seed: whatever else runs on the machine, the same history is found. */
const patience = 20_000

const playedOf = ({ counts, failed, seed }: Simulation.Outcome, length: number): Played => ({
  seed,
  counts: Object.fromEntries(counts),
  failed: failed && { ...failed, step: failed.step + 1, length }
})

const shrink = (seed: number): Shortest => {
  const history = History.draw(seed)
  const attempt = (steps: History.History["steps"], check?: string) => {
    const { failed } = Simulation.play({ ...history, steps })
    if (failed === undefined || (check !== undefined && failed.check !== check)) return undefined
    return { items: steps.slice(0, failed.step + 1), why: failed }
  }
  const found = attempt(history.steps)
  if (found === undefined) throw new Error(`seed ${seed} failed, and when it was played again it did not`)
  const began = process.cpuUsage()
  const { items, why } = Shrink.shrink(
    found,
    (steps) => attempt(steps, found.why.check),
    () => process.cpuUsage(began).user < patience * 1000
  )
  return { check: why.check, message: why.message, steps: items.map((step) => Steps.kindOf(step).show(step)) }
}

/** Does a task; `onLine` is told what happens, where it is to be told. */
export const run = ({ _tag, seed }: Task, onLine: (line: string) => void): Answers[Task["_tag"]] => {
  if (_tag === "Shrink") return shrink(seed)
  const history = History.draw(seed)
  return playedOf(Simulation.play(history, _tag === "Show" ? onLine : undefined), history.steps.length)
}
