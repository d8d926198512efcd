/** What a request pays that is the first of its tenant, where another tenant has to go for it: one that is idle, or one whose back end hangs. */
import { Effect } from "effect"
import { endpointOf, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Sink from "../Sink.js"
import * as Stats from "../Stats.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  /** The port of the sink. */
  readonly port: number
  readonly trials: number
}

/** What came of it: milliseconds of the request, where the other is idle and where it hangs. */
export interface Result {
  readonly idle: number
  readonly hanging: number
  readonly more: number
  /** The longest. */
  readonly longest: number
}

/** Tenants at a time: as many as there are connections to one origin. */
export const capacity = 8

const perTrial = 2 * capacity + 2

/** Measures it. */
export const run = ({ kind, options, port, trials }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const elsewhere: Record<number, string> = {}
      for (let trial = 0; trial < trials; trial++) {
        for (let tenant = 0; tenant < capacity; tenant++)
          elsewhere[trial * perTrial + capacity + tenant] = endpointOf(options, 0).replace("/v1/", "/hang/v1/")
      }
      const peer = yield* peers[kind]({ ...options, elsewhere, tenants: trials * perTrial, capacity })
      const fill = (from: number) => {
        for (let tenant = from; tenant < from + capacity; tenant++) peer.request(tenant, tenant)
      }
      const timed = (tenant: number) => {
        const before = performance.now()
        peer.request(tenant, tenant)
        return performance.now() - before
      }
      const idle: Array<number> = []
      const hanging: Array<number> = []
      for (let trial = 0; trial < trials; trial++) {
        const first = trial * perTrial
        fill(first)
        yield* peer.drain
        idle.push(timed(first + 2 * capacity))
        yield* peer.drain
        yield* Sink.reset(port)
        fill(first + capacity)
        const counts = yield* Sink.until(Sink.counts(port), (counts) => counts.hanging >= capacity, 5000)
        if (counts.hanging < capacity) return yield* Effect.dieMessage(`only ${counts.hanging} requests hang`)
        hanging.push(timed(first + 2 * capacity + 1))
        yield* Sink.release(port)
        yield* peer.drain
      }
      const [one, other] = [Stats.median(idle), Stats.median(hanging)]
      return { idle: one, hanging: other, more: other - one, longest: Math.max(...hanging) }
    })
  )
