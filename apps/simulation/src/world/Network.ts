/** The network between one process and all back ends, as the library's transport: it judges what is sent, and then does what was scripted. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Transport } from "tenant-tracer"
import type { Arrival } from "../checks/Arrivals.js"
import type { Row } from "../model/Model.js"
import type { Dice } from "../virtual/Dice.js"
import * as Answers from "./Answers.js"

/** What the network asks of the simulation. */
export interface Options {
  readonly dice: Dice
  readonly now: () => number
  /** Judges a request; `undefined` where it is so wrong that nothing must come of it. */
  readonly judge: (request: Transport.TransportRequest) => Arrival | undefined
  /** How the back end is scripted to answer. */
  readonly script: (arrival: Arrival) => Answers.Name
  readonly rowOf: (arrival: Arrival) => Row
  /** Told what became of a request. */
  readonly onAnswer: (arrival: Arrival, name: string) => void
  readonly onTaken: (arrival: Arrival, index: number) => void
  /** Told that a target is in use; gives how to take that back. */
  readonly onHold: () => () => void
}

/** Never answers, and unlike `Effect.never` keeps no timer that would keep the program alive. */
export const silence: Effect.Effect<never> = Effect.async(() => {})

const quick = 50

const answerTo = (
  options: Options,
  arrival: Arrival,
  request: Transport.TransportRequest
): Effect.Effect<Transport.TransportResponse, Transport.TransportError> => {
  const { account, copies, credential } = arrival
  const isRefused = credential.hasExpired || credential.version < account.oldestAccepted
  const name = isRefused ? "401" : options.script(arrival)
  options.onAnswer(arrival, name)
  const answer = Answers.answers[name]({
    spans: copies.length,
    isJson: account.plan.protocol === "http/json",
    now: options.now(),
    dice: options.dice
  })
  const row = options.rowOf(arrival)
  if (name !== "ok" || answer.millis > quick) row.isDisturbed = true
  const kept = copies.length - answer.refused
  const take = Effect.sync(() => {
    for (let index = 0; index < kept; index++) options.onTaken(arrival, index)
  })
  // Whoever is interrupted from here on has not heard of it.
  const hear = (isSuccess: boolean) => {
    row.refused += answer.refused
    if (!isSuccess) return
    row.acknowledged += kept
    for (let index = 0; index < kept; index++) {
      const copy = copies[index]
      if (copy !== undefined) copy.isAcknowledged = true
    }
  }
  const half = Effect.sleep(answer.millis / 2)
  const failure = (reason: Transport.TransportError["reason"], status?: number) =>
    new Transport.TransportError({ reason, host: new URL(request.url).host, ...(status !== undefined && { status }) })
  const timeout = Duration.toMillis(request.timeout)
  return half.pipe(
    Effect.zipRight(answer.isTaken ? take : Effect.void),
    Effect.zipRight(half),
    Effect.zipRight(
      Effect.suspend(() => {
        const { reply } = answer
        if (reply === undefined) return Effect.zipRight(Effect.sleep(timeout), Effect.fail(failure("timeout")))
        const isSuccess = reply.status !== undefined && reply.status >= 200 && reply.status < 300
        hear(isSuccess)
        return "reason" in reply ? Effect.fail(failure(reply.reason, reply.status)) : Effect.succeed(reply)
      })
    )
  )
}

/** The transport of one process. */
export const make = (options: Options): Transport.Transport.Service => ({
  send: (request) =>
    Effect.suspend(() => {
      const arrival = options.judge(request)
      return arrival === undefined ? silence : answerTo(options, arrival, request)
    }),
  hold: options.onHold,
  stats: Effect.succeed({ pools: 0, connections: 0 })
})
