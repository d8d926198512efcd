/** What a tenant costs that does nothing, and what a span costs that waits: bytes in use after a collection, buffers outside the heap among them. */
import { Effect } from "effect"
import { arriving, type Kind, type Options, type Size } from "../Peer.js"
import { peers } from "../Peers.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"
import * as Profile from "./Profile.js"

/** What is run: so many requests of each tenant that stay `queued`, with spans of one size; or none, where it is the tenants themselves that are weighed. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly queued?: { readonly size: Size; readonly requests: number } | undefined
  /** Requests before anything is weighed, of a few tenants: whatever is kept of the latest requests is kept already. */
  readonly warm: number
  /** Milliseconds before the tenants are weighed, for whoever closes connections that are idle. */
  readonly settle: number
  readonly profile?: Profile.Options | undefined
}

/** What came of it: bytes of one tenant, or of one span. */
export interface Result {
  readonly made: number
  readonly lost: number
  readonly bytes: number
}

/** The tenants of the requests before. */
const before = 16

const inUse = Effect.map(Clock.collect, () => {
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
})

/** Measures it. */
export const run = ({ kind, options, profile, queued, settle, warm }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      let made = 0
      const each = (from: number, to: number, one: (tenant: number) => number) =>
        Effect.gen(function* () {
          for (let tenant = from; tenant < to; tenant++) {
            made += one(tenant)
            if (tenant % 64 === 63) yield* Clock.turn
          }
          yield* Clock.turn
        })
      const request = (tenant: number) => {
        peer.request(tenant, tenant)
        return spansPerRequest
      }
      const wait = (requests: number, size: Size) => (tenant: number) => {
        for (let time = 0; time < requests; time++) peer.sized(tenant, size, spansPerRequest - 1)
        return requests * spansPerRequest
      }
      // The code is compiled and everything shared is there.
      for (let time = 0; time < warm / before; time++) yield* each(0, before, request)
      if (queued !== undefined) {
        yield* each(0, before, wait(queued.requests, queued.size))
        yield* each(0, options.tenants, request)
      }
      yield* peer.drain
      yield* Effect.sleep(settle)
      const empty = yield* inUse
      const [units, fill] =
        queued === undefined
          ? [options.tenants - before, Effect.zipRight(each(before, options.tenants, request), peer.drain)]
          : [
              options.tenants * queued.requests * spansPerRequest,
              each(0, options.tenants, wait(queued.requests, queued.size))
            ]
      yield* Profile.around(profile, fill)
      yield* Effect.sleep(settle)
      const bytes = ((yield* inUse) - empty) / units
      yield* peer.drain
      return { made: arriving(kind, options, made), lost: peer.lost(), bytes }
    })
  )
