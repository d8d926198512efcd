/** What it costs to have the spans where they belong: CPU under a steady load. */
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
  readonly spread: Tenants.Spread
  /** Requests per second. */
  readonly rate: number
  /**
   * Of the load before it is measured: from the age of a batch on, as much arrives as is made, and the measurement ends with the load. Without it, it
   * goes from the first request to the last answer.
   */
  readonly lead?: number | undefined
  readonly seconds: number
  /** Requests before it is measured, of each tenant in turn. */
  readonly warm: number
  /** So many of them are made at once, and sent before the next: what is done once for a batch is warm, too. */
  readonly burst: number
  readonly profile?: Profile.Options | undefined
}

/** What came of it. */
export interface Result {
  /** Spans that should arrive. */
  readonly made: number
  readonly lost: number
  /** Microseconds of CPU per span that was made. */
  readonly cpu: number
  /** Milliseconds that a request was late, at most. */
  readonly late: number
}

/** Measures it. */
export const run = (params: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { burst, kind, lead = 0, options, profile, rate, seconds, spread, warm } = params
      const peer = yield* peers[kind](options)
      const known = Tenants.traffic(options.tenants, "uniform")
      const next = Tenants.traffic(options.tenants, spread)
      let index = 0
      const one = (tenants: () => number) => () => peer.request(tenants(), index++)
      yield* Clock.sent(one(known), peer.drain, { warm, burst })

      yield* Pace.run(rate, lead, one(next))
      const measured = Effect.gen(function* () {
        const before = Clock.cpu()
        const paced = yield* Pace.run(rate, seconds, one(next))
        if (lead === 0) yield* peer.drain
        return { ...paced, cpu: Clock.cpu() - before }
      })
      const { cpu, late, requests } = yield* Profile.around(profile, measured)
      yield* peer.drain
      return {
        made: arriving(kind, options, index * spansPerRequest),
        lost: peer.lost(),
        cpu: cpu / (requests * spansPerRequest),
        late
      }
    })
  )
