/** How long it takes until a tenant is served that was not known before: from the end of its first span to the arrival of its first request. */
import { Effect } from "effect"
import { arriving, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Sink from "../Sink.js"
import * as Stats from "../Stats.js"
import { spansPerRequest } from "../Work.js"

/** What is run: one request of each tenant, one after the other, each of them sent at once. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  /** The port of the sink. */
  readonly port: number
}

/** What came of it, in milliseconds. */
export interface Result {
  readonly made: number
  /** Of the very first tenant: nothing is connected, and hardly anything is compiled. */
  readonly first: number
  /** Of one of the later half. */
  readonly later: number
}

/** Measures it. */
export const run = ({ kind, options, port }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      yield* Sink.reset(port, true)
      for (let tenant = 0; tenant < options.tenants; tenant++) {
        peer.request(tenant, tenant)
        yield* peer.drain
      }
      const arrivals = yield* Sink.arrivals(port)
      const of = (tenant: number) => Math.max(...(arrivals[String(tenant)] ?? [])) * 1000
      const later = Array.from({ length: options.tenants }, (_, tenant) => tenant).slice(options.tenants / 2)
      return {
        made: arriving(kind, options, options.tenants * spansPerRequest),
        first: of(0),
        later: Stats.median(later.map(of))
      }
    })
  )
