/** Whether the process grows with what it has done: its resident set over many requests, all of which have been sent. */
import { Effect } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Tenants from "../Tenants.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly requests: number
}

/** What came of it. */
export interface Result {
  readonly made: number
  /** The resident set in the last quarter of the requests, beside that in the second. */
  readonly growth: number
  /** Bytes resident in the last quarter. */
  readonly resident: number
}

const samples = 40

/** Requests of one turn, and between two drains. */
const burst = 20
const perDrain = 2000

/** Measures it. */
export const run = ({ kind, options, requests }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const next = Tenants.traffic(options.tenants, "uniform")
      const resident: Array<number> = []
      let made = 0
      for (let sample = 1; sample <= samples; sample++) {
        const end = Math.round((requests * sample) / samples)
        while (made < end) {
          const turn = Math.min(made + burst, end)
          while (made < turn) peer.request(next(), made++)
          yield* made % perDrain < burst ? peer.drain : Clock.turn
        }
        yield* peer.drain
        resident.push(process.memoryUsage.rss())
      }
      const quarter = (index: number) =>
        Stats.median(resident.slice((index * samples) / 4, ((index + 1) * samples) / 4))
      return {
        made: arriving(kind, options, made * spansPerRequest),
        growth: quarter(3) / quarter(1),
        resident: quarter(3)
      }
    })
  )
