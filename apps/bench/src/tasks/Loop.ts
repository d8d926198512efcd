/** How late everything else in the process is: the delay of the event loop under a steady load. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { Effect } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Tenants from "../Tenants.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"
import * as Pace from "./Pace.js"
import * as Profile from "./Profile.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  /** Requests per second. */
  readonly rate: number
  readonly seconds: number
  /** Requests before it is measured. */
  readonly warm: number
  /** So many of them are made at once, and sent before the next. */
  readonly burst: number
  readonly profile?: Profile.Options | undefined
}

/** What came of it: milliseconds between two looks that should be one apart. */
export interface Result {
  readonly made: number
  readonly p50: number
  readonly p999: number
  readonly longest: number
}

/** Measures it. */
export const run = ({ burst, kind, options, profile, rate, seconds, warm }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const next = Tenants.traffic(options.tenants, "uniform")
      let index = 0
      const one = () => peer.request(next(), index++)
      yield* Clock.sent(one, peer.drain, { warm, burst })
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      yield* Profile.around(profile, Pace.run(rate, seconds, one))
      delay.disable()
      yield* peer.drain
      return {
        made: arriving(kind, options, index * spansPerRequest),
        p50: delay.percentile(50) / 1e6,
        p999: delay.percentile(99.9) / 1e6,
        longest: delay.max / 1e6
      }
    })
  )
