/** Plays a script of faults, one request at a time. */
import { validateHeaderValue } from "node:http"
import { Duration, Effect, Either, Option, Utils } from "effect"
import * as Fault from "../Fault.js"
import { ReceiverError } from "../ReceiverError.js"

/** Gives what happens to the next request: `pass` when the script is over. */
export type Script = () => Fault.Fault

const treatment = (fault: Fault.Fault | Fault.Fraction): Script => {
  if (fault._tag !== "Fraction") return () => fault
  const random = new Utils.PCGRandom(fault.seed)
  return () => (random.number() < fault.probability ? fault.fault : Fault.pass)
}

const repeatOf = (step: Fault.Step): Fault.Repeat =>
  step._tag === "Repeat" ? step : step._tag === "Fraction" ? Fault.forever(step) : Fault.times(1, step)

const isHeader = (value: string): boolean => Either.isRight(Either.try(() => validateHeaderValue("x", value)))

const problemOf = (step: Fault.Step): string | undefined => {
  switch (step._tag) {
    case "Repeat":
      return step.requests >= 0 ? problemOf(step.fault) : `${step.requests} requests: give 0 or more`
    case "Fraction":
      if (!(step.probability >= 0 && step.probability <= 1)) return `probability ${step.probability}: give 0 to 1`
      return Number.isSafeInteger(step.seed) ? problemOf(step.fault) : `seed ${step.seed}: give a whole number`
    case "Status": {
      if (!(Number.isInteger(step.status) && step.status >= 200 && step.status <= 599))
        return `status ${step.status}: an answer has 200 to 599`
      return isHeader(String(step.retryAfter ?? "")) ? undefined : "retryAfter: a header cannot carry this text"
    }
    case "Redirect":
      return isHeader(step.location) ? undefined : "location: a header cannot carry this text"
    case "Delay":
      return Option.isSome(Duration.decodeUnknown(step.duration)) ? undefined : "duration: this is none"
    case "PartialSuccess":
      return Number.isSafeInteger(step.rejectedSpans) && step.rejectedSpans >= 0
        ? undefined
        : `${step.rejectedSpans} rejected spans: give a whole number, 0 or more`
    case "Pass":
    case "Hang":
    case "Reset":
    case "Drop":
      return undefined
    default:
      return "there is no such fault: make it with a function of `Fault`"
  }
}

/** A script at its beginning. Fails at the first step that makes no sense. */
export const make = (steps: ReadonlyArray<Fault.Step>): Effect.Effect<Script, ReceiverError> =>
  Effect.suspend(() => {
    for (const [index, step] of steps.entries()) {
      const problem = problemOf(step)
      if (problem !== undefined)
        return new ReceiverError({ reason: "InvalidFault", detail: `step ${index + 1}: ${problem}` })
    }
    const queue = steps.map(repeatOf).map(({ requests, fault }) => ({ left: requests, next: treatment(fault) }))
    return Effect.succeed(() => {
      while (queue[0] !== undefined && queue[0].left < 1) queue.shift()
      const step = queue[0]
      if (step === undefined) return Fault.pass
      step.left -= 1
      return step.next()
    })
  })
