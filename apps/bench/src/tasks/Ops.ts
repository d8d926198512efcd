/** What an operation costs that only happens to run inside a span: nothing is recorded of it, and nothing should be paid for it. */
import { Effect } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Clock from "./Clock.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly rounds: number
}

/** What came of it: nanoseconds of CPU per operation. */
export interface Result {
  readonly made: number
  readonly lost: number
  readonly cpu: number
}

const perRound = 10

/** Operations in one span. */
const operations = 10_000

/** Measures it: what a span with them costs above one without. */
export const run = ({ kind, options, rounds }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const cpu: Array<number> = []
      // No fiber lets others have a turn before it is done.
      const work = Effect.withMaxOpsBeforeYield(loop(operations), Number.MAX_SAFE_INTEGER)
      const spans = (work: Effect.Effect<void>) => {
        const before = Clock.cpu()
        for (let index = 0; index < perRound; index++) peer.inSpan(index % options.tenants, work)
        return (Clock.cpu() - before) * 1e3
      }
      for (let round = -2; round < rounds; round++) {
        const without = spans(Effect.void)
        yield* peer.drain
        const above = spans(work) - without
        yield* peer.drain
        if (round >= 0) cpu.push(above / (perRound * operations))
      }
      const made = arriving(kind, options, 2 * perRound * (rounds + 2))
      return { made, lost: peer.lost(), cpu: Stats.median(cpu) }
    })
  )

/** So many operations, each of which the runtime takes up by itself. */
const loop = (left: number): Effect.Effect<void> =>
  left === 0 ? Effect.void : Effect.flatMap(Effect.succeed(left - 1), loop)
