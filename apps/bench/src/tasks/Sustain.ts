/** How much it can do: requests as fast as they go, until the last of their spans has arrived. */
import { Effect } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
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
  /** Requests of a second. */
  readonly rate: number
  /** Spans of a second of CPU. */
  readonly perCore: number
}

/** Requests of one turn. */
const burst = 20

/** Measures it. The first third is for warming up. */
export const run = ({ kind, options, requests }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const next = Tenants.traffic(options.tenants, "uniform")
      let made = 0
      const more = (requests: number) =>
        Effect.gen(function* () {
          for (const end = made + requests; made < end; ) {
            for (let index = 0; index < burst; index++) peer.request(next(), made++)
            yield* Clock.turn
          }
          yield* peer.drain
        })
      yield* Clock.warm(more(requests / 6), Effect.void)
      const [cpu, began, before] = [Clock.cpu(), performance.now(), made]
      yield* more((requests * 2) / 3)
      const seconds = (performance.now() - began) / 1000
      const spans = (made - before) * spansPerRequest
      return {
        made: arriving(kind, options, made * spansPerRequest),
        rate: (made - before) / seconds,
        perCore: spans / ((Clock.cpu() - cpu) / 1e6)
      }
    })
  )
