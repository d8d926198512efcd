/** Makes a history happen, and looks after each step whether anything is wrong. */
import * as Effect from "effect/Effect"
import * as Books from "./checks/Books.js"
import type { Breach } from "./checks/Breach.js"
import * as Dormancy from "./checks/Dormancy.js"
import * as Leaks from "./checks/Leaks.js"
import type { History } from "./History.js"
import * as Run from "./Run.js"
import * as Steps from "./steps/Steps.js"

/** What a history came to. `failed` is the step at which the first thing went wrong, and what it was. */
export interface Outcome {
  readonly seed: number
  readonly failed: (Breach & { readonly step: number }) | undefined
  /** How often each fault happened, and what else is of interest. */
  readonly counts: ReadonlyMap<string, number>
  /** The same for the same history, always. */
  readonly digest: string
}

/** Gives how many providers have been evicted so far. */
const check = (run: Run.Run): number => {
  const status = Effect.runSync(run.process.service.status)
  run.report(Books.breach(status, run.process.model, run.world.settings))
  Dormancy.watch(run, status)
  if (run.looksFurther) run.report(Leaks.breach(run, undefined))
  return status.providers.evictions
}

/** Does the steps one after another until they are all done, or something is wrong; `onLine` is told what happens. */
export const play = ({ seed, steps, world }: History, onLine?: (line: string) => void): Outcome => {
  const run = Run.begin(world, seed, onLine)
  let failed: Outcome["failed"]
  let process = run.process
  let evicted = 0
  for (const [index, step] of steps.entries()) {
    const kind = Steps.kindOf(step)
    run.note(`${index + 1}. ${kind.show(step)}`)
    try {
      kind.apply(run, step)
      const before = process === run.process ? evicted : 0
      process = run.process
      evicted = check(run)
      run.count("evict", evicted - before)
    } catch (error) {
      run.onBreach("defect", error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    const [first] = run.breaches
    if (first !== undefined) {
      failed = { ...first, step: index }
      break
    }
  }
  run.process.kill()
  return { seed, failed, counts: run.counts, digest: run.digest() }
}
