/**
 * What an operation costs that only happens to run inside a span: nothing is recorded of it, and nothing should be paid for it. It is run in turns with
 * peer 1 in one process: in one of its own, the code of Effect's runtime is compiled for what is run there, and differs by more than is measured.
 */
import { Effect } from "effect"
import { arriving, type Kind, type Options, type Peer } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Clock from "./Clock.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly rounds: number
}

/** What came of it: nanoseconds of CPU per operation, in a span of this peer and in one of peer 1. */
export interface Result {
  readonly made: number
  readonly lost: number
  readonly cpu: number
  readonly floor: number
}

const perRound = 10

/** Operations in one span. */
const operations = 10_000

/** Measures it: what a span with them costs above one without. */
export const run = ({ kind, options, rounds }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const native = yield* peers.native(options)
      const cpu: Array<number> = []
      const floor: Array<number> = []
      // No fiber lets others have a turn before it is done.
      const work = Effect.withMaxOpsBeforeYield(loop(operations), Number.MAX_SAFE_INTEGER)
      const spans = (of: Peer, work: Effect.Effect<void>) =>
        Effect.gen(function* () {
          const before = Clock.cpu()
          for (let index = 0; index < perRound; index++) of.inSpan(index % options.tenants, work)
          const used = (Clock.cpu() - before) * 1e3
          yield* of.drain
          return used
        })
      const above = (of: Peer) =>
        Effect.zipWith(
          spans(of, Effect.void),
          spans(of, work),
          (without, withWork) => (withWork - without) / (perRound * operations)
        )
      for (let round = -2; round < rounds; round++) {
        const [own, natives] = yield* Effect.all([above(peer), above(native)])
        if (round < 0) continue
        cpu.push(own)
        floor.push(natives)
      }
      const made = arriving(kind, options, 2 * perRound * (rounds + 2))
      return { made, lost: peer.lost(), cpu: Stats.median(cpu), floor: Stats.median(floor) }
    })
  )

/** So many operations, each of which the runtime takes up by itself. */
const loop = (left: number): Effect.Effect<void> =>
  left === 0 ? Effect.void : Effect.flatMap(Effect.succeed(left - 1), loop)
