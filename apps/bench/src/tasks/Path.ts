/**
 * What a request pays for being traced: CPU of the request path alone. Requests run in short bursts in which nothing else can run; what follows them
 * (rendering, sending) has its turn in between.
 */
import { Effect } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Tenants from "../Tenants.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"
import * as Profile from "./Profile.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly spread: Tenants.Spread
  readonly bursts: number
  /** Requests of one burst. */
  readonly burst: number
  /** Requests before it is measured, at least; every tenant has one. */
  readonly warm: number
  /** Milliseconds between two bursts. */
  readonly pause: number
  readonly profile?: Profile.Options | undefined
}

/** What came of it: nanoseconds per span, the middle of all bursts. */
export interface Result {
  readonly made: number
  readonly lost: number
  readonly cpu: number
  readonly wall: number
}

/** Measures it. */
export const run = ({ burst, bursts, kind, options, pause, profile, spread, warm }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const next = Tenants.traffic(options.tenants, spread)
      const known = Tenants.traffic(options.tenants, "uniform")
      const cpu: Array<number> = []
      const wall: Array<number> = []
      let requests = 0

      const one = (tenants: () => number) => {
        for (let count = 0; count < burst; count++) peer.request(tenants(), requests++)
      }
      // Every tenant is known, and the code is compiled.
      const warmBursts = Math.ceil(Math.max(options.tenants, warm) / burst)
      for (let index = 0; index < warmBursts; index++) {
        one(known)
        yield* Effect.sleep(pause)
      }
      yield* peer.drain
      yield* Clock.collect

      const measured = Effect.gen(function* () {
        for (let index = 0; index < bursts; index++) {
          const [cpuBefore, wallBefore] = [Clock.cpu(), performance.now()]
          one(next)
          cpu.push(((Clock.cpu() - cpuBefore) * 1e3) / (burst * spansPerRequest))
          wall.push(((performance.now() - wallBefore) * 1e6) / (burst * spansPerRequest))
          yield* Effect.sleep(pause)
        }
      })
      yield* Profile.around(profile, measured)
      yield* peer.drain
      return {
        made: arriving(kind, options, requests * spansPerRequest),
        lost: peer.lost(),
        cpu: Stats.median(cpu),
        wall: Stats.median(wall)
      }
    })
  )
