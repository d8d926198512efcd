/** What becomes of spans when there are more than can be sent, with the limits that a peer has by itself. */
import { Effect } from "effect"
import type { Kind, Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Tenants from "../Tenants.js"
import { spansPerRequest } from "../Work.js"
import * as Pace from "./Pace.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  /** Requests per second. */
  readonly rate: number
  readonly seconds: number
}

/** What came of it. */
export interface Result {
  /** The part of the spans that was lost. */
  readonly dropped: number
  /** Milliseconds that a request was late, at most. */
  readonly late: number
  /** Bytes resident in the end. */
  readonly resident: number
}

/** Measures it. */
export const run = ({ kind, options, rate, seconds }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const next = Tenants.traffic(options.tenants, "uniform")
      let index = 0
      const { late, requests } = yield* Pace.run(rate, seconds, () => peer.request(next(), index++))
      const resident = process.memoryUsage.rss()
      yield* peer.drain
      return { dropped: peer.lost() / (requests * spansPerRequest), late, resident }
    })
  )
