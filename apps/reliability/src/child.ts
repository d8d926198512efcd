/** The process of one set-up: does what it is told over the channel, and ends when that closes. */
import { Cause, Effect, Exit, Scope } from "effect"
import type { Answer, Command, Question } from "./Channel.js"
import type { Footprint, Kind, Options, SetUp } from "./SetUp.js"
import * as EffectOtlp from "./setups/EffectOtlp.js"
import * as Ours from "./setups/Ours.js"
import { turn } from "./setups/requests.js"
import * as Stock from "./setups/Stock.js"

const makers: Record<Kind, (options: Options) => Effect.Effect<SetUp, never, Scope.Scope>> = {
  ours: Ours.make,
  stock: Stock.make,
  effect: EffectOtlp.make
}

const footprint = Effect.gen(function* () {
  yield* turn
  // With --expose-gc, which is how the process is started.
  globalThis.gc?.()
  yield* turn
  globalThis.gc?.()
  const resources = process.getActiveResourcesInfo()
  const count = (name: string) => resources.filter((resource) => resource === name).length
  const { external, heapUsed } = process.memoryUsage()
  return { memory: heapUsed + external, sockets: count("TCPSocketWrap"), timers: count("Timeout") } satisfies Footprint
})

const scope = Effect.runSync(Scope.make())
const open = new Map<number, Effect.Effect<void>>()
let setUp: SetUp | undefined
let requests = 0

const started = Effect.suspend(() =>
  setUp === undefined ? Effect.dieMessage("nothing was started") : Effect.succeed(setUp)
)

const run = (command: Command): Effect.Effect<Answer["value"]> => {
  switch (command._tag) {
    case "start":
      return Effect.map(makers[command.kind](command.options).pipe(Scope.extend(scope)), (made) => {
        setUp = made
        return undefined
      })
    case "emit":
      return Effect.as(
        Effect.flatMap(started, ({ emit }) => emit(command.tenant, command.requests)),
        undefined
      )
    case "open":
      return Effect.map(
        Effect.flatMap(started, ({ open }) => open(command.tenant)),
        (end) => {
          open.set(++requests, end)
          return requests
        }
      )
    case "end":
      return Effect.as(open.get(command.request) ?? Effect.void, undefined)
    case "flush":
      return Effect.as(
        Effect.flatMap(started, ({ flush }) => flush),
        undefined
      )
    case "said":
      return Effect.flatMap(started, ({ said }) => said)
    case "footprint":
      return footprint
    case "shutdown":
      return Effect.as(Scope.close(scope, Exit.void), undefined)
  }
}

process.on("message", (question: Question) => {
  void Effect.runPromiseExit(run(question.command)).then((exit) => {
    const answer: Answer = Exit.isSuccess(exit)
      ? { id: question.id, value: exit.value }
      : { id: question.id, failed: Cause.pretty(exit.cause) }
    if (process.connected) process.send?.(answer)
  })
})
process.on("disconnect", () => process.exit(0))
