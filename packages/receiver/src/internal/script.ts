/** Plays a script of faults, one request at a time. */
import { Utils } from "effect"
import * as Fault from "../Fault.js"

/** Gives what happens to the next request: `pass` when the script is over. */
export type Script = () => Fault.Fault

const treatment = (fault: Fault.Fault | Fault.Fraction): Script => {
  if (fault._tag !== "Fraction") return () => fault
  const random = new Utils.PCGRandom(fault.seed)
  return () => (random.number() < fault.probability ? fault.fault : Fault.pass)
}

const repeatOf = (step: Fault.Step): Fault.Repeat =>
  step._tag === "Repeat" ? step : step._tag === "Fraction" ? Fault.forever(step) : Fault.times(1, step)

/** A script at its beginning. */
export const make = (steps: ReadonlyArray<Fault.Step>): Script => {
  const queue = steps.map(repeatOf).map(({ requests, fault }) => ({ left: requests, next: treatment(fault) }))
  return () => {
    while (queue[0] !== undefined && queue[0].left < 1) queue.shift()
    const step = queue[0]
    if (step === undefined) return Fault.pass
    step.left -= 1
    return step.next()
  }
}
