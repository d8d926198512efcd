/**
 * What a request pays for being traced: CPU of the request path alone. Requests run in short bursts in which nothing else can run; what follows them
 * (rendering, sending) has its turn in between. What the number of known tenants costs is told by turns with one that knows a single tenant, in one
 * process: two processes differ by more than is measured.
 */
import { Effect } from "effect"
import { arriving, type Kind, type Options, type Peer } from "../Peer.js"
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
  /** Whether it takes turns with one that knows a single tenant. */
  readonly besideOne?: boolean | undefined
  readonly profile?: Profile.Options | undefined
}

/** What came of it: nanoseconds per span, the middle of all bursts. */
export interface Result {
  readonly made: number
  readonly lost: number
  readonly cpu: number
  readonly wall: number
  /** CPU of the one that knows a single tenant. */
  readonly one?: number
}

/** One of those that take turns, and the tenants of its requests. */
interface Runner {
  readonly peer: Peer
  readonly next: () => number
  readonly cpu: Array<number>
  readonly wall: Array<number>
}

/** Measures it. */
export const run = ({
  besideOne = false,
  burst,
  bursts,
  kind,
  options,
  pause,
  profile,
  spread,
  warm
}: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const runner = (options: Options) =>
        Effect.map(
          peers[kind](options),
          (peer): Runner => ({ peer, next: Tenants.traffic(options.tenants, spread), cpu: [], wall: [] })
        )
      const many = yield* runner(options)
      const one = yield* besideOne ? runner({ ...options, tenants: 1, capacity: 256 }) : Effect.succeed(undefined)
      const runners = one === undefined ? [many] : [many, one]
      const known = Tenants.traffic(options.tenants, "uniform")
      let requests = 0

      const oneBurst = ({ next, peer }: Pick<Runner, "next" | "peer">) => {
        for (let count = 0; count < burst; count++) peer.request(next(), requests++)
      }
      const bursting = (requests: number, runners: ReadonlyArray<Pick<Runner, "next" | "peer">>) =>
        Effect.gen(function* () {
          for (let index = 0; index < requests / burst; index++) {
            for (const runner of runners) {
              oneBurst(runner)
              yield* Effect.sleep(pause)
            }
          }
        })
      const drain = Effect.forEach(runners, ({ peer }) => peer.drain, { discard: true })
      const knowing = runners.map(({ next, peer }) => ({ peer, next: peer === many.peer ? known : next }))
      yield* Clock.warm(bursting(warm / 2, knowing), drain)
      // Every tenant is known.
      yield* bursting(options.tenants, knowing.slice(0, 1))

      const measured = Effect.gen(function* () {
        for (let index = 0; index < bursts; index++) {
          // Each as often before the other as after it.
          for (const runner of index % 2 === 0 ? runners : runners.toReversed()) {
            const [cpuBefore, wallBefore] = [Clock.cpu(), performance.now()]
            oneBurst(runner)
            runner.cpu.push(((Clock.cpu() - cpuBefore) * 1e3) / (burst * spansPerRequest))
            runner.wall.push(((performance.now() - wallBefore) * 1e6) / (burst * spansPerRequest))
            yield* Effect.sleep(pause)
          }
        }
      })
      yield* Profile.around(profile, measured)
      yield* drain
      return {
        made: arriving(kind, options, requests * spansPerRequest),
        lost: runners.reduce((sum, { peer }) => sum + peer.lost(), 0),
        cpu: Stats.median(many.cpu),
        wall: Stats.median(many.wall),
        ...(one && { one: Stats.median(one.cpu) })
      }
    })
  )
