/**
 * What a destination costs: CPU of the same requests, sent to none, to one and to two of them, by turns in one process. What is looked for is the
 * difference of differences, and two processes differ by more than that.
 */
import { Effect } from "effect"
import { arriving, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Tenants from "../Tenants.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"
import * as Pace from "./Pace.js"

/** What is run. */
export interface Params {
  readonly options: Options
  /** The vocabularies of a tenant's destinations, by the name of the number that comes of them. */
  readonly settings: Readonly<Record<string, ReadonlyArray<string>>>
  /** Requests per second. */
  readonly rate: number
  /** How long each turn is. */
  readonly seconds: number
  readonly turns: number
  /** Seconds after which no turn of all begins, the first two apart: on a slow machine there are fewer. */
  readonly within: number
  /** Requests of each before it is measured. */
  readonly warm: number
  /** Requests of each before each of its turns. */
  readonly again: number
  /** So many of them are made at once, and sent before the next. */
  readonly burst: number
}

/** What came of it: microseconds of CPU per span that was made, by setting, and the spans that should arrive. */
export type Result = Readonly<Record<string, number>> & { readonly made: number }

/** Measures it. */
export const run = ({
  again,
  burst,
  options,
  rate,
  seconds,
  settings,
  turns,
  warm,
  within
}: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const until = performance.now() + within * 1000
      const runners = yield* Effect.forEach(Object.entries(settings), ([name, vocabularies]) => {
        const own = { ...options, vocabularies }
        const next = Tenants.traffic(options.tenants, "uniform")
        return Effect.map(peers.ours(own), (peer) => {
          let requests = 0
          const cpu: Array<number> = []
          return { name, own, peer, cpu, made: () => requests, request: () => peer.request(next(), requests++) }
        })
      })
      for (const { peer, request } of runners) yield* Clock.sent(request, peer.drain, { warm, burst })
      for (let turn = 0; turn < turns && (turn < 2 || performance.now() < until); turn++) {
        // Each has every place in the order, and what the others have left behind is collected as it warms up again.
        const first = turn % runners.length
        for (const { cpu, peer, request } of [...runners.slice(first), ...runners.slice(0, first)]) {
          yield* Clock.sent(request, peer.drain, { warm: again, burst })
          const before = Clock.cpu()
          const { requests } = yield* Pace.run(rate, seconds, request)
          yield* peer.drain
          cpu.push((Clock.cpu() - before) / (requests * spansPerRequest))
        }
      }
      return {
        ...Object.fromEntries(runners.map(({ cpu, name }) => [name, Stats.median(cpu)])),
        made: runners.reduce((sum, { made, own }) => sum + arriving("ours", own, made() * spansPerRequest), 0)
      }
    })
  )
