/** What a tenant costs that does nothing, and what a span costs that waits: bytes in use after a collection, buffers outside the heap among them. */
import { Effect } from "effect"
import type { Kind, Options } from "../Peer.js"
import { peers } from "../Peers.js"
import { spansPerRequest } from "../Work.js"
import * as Clock from "./Clock.js"
import * as Profile from "./Profile.js"

/** What is run: `queued` spans of a size for each tenant, or none, where it is the tenants themselves that are weighed. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly queued?: { readonly size: "small" | "large"; readonly spans: number } | undefined
  readonly profile?: Profile.Options | undefined
}

/** What came of it: bytes of one tenant, or of one span. */
export interface Result {
  readonly made: number
  readonly lost: number
  readonly bytes: number
}

/** What is measured next to nothing: the peer has been at work, and knows a few tenants. */
const before = 16

const inUse = Effect.map(Clock.collect, () => {
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
})

/** Measures it. */
export const run = ({ kind, options, profile, queued }: Params): Effect.Effect<Result> =>
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
        })
      const request = (tenant: number) => {
        peer.request(tenant, tenant)
        return spansPerRequest
      }
      // The code is compiled and everything shared is there.
      for (let time = 0; time < 20; time++) yield* each(0, before, request)
      if (queued !== undefined) {
        for (let time = 0; time < 20; time++) yield* each(0, before, sized(queued.size, 20))
        yield* each(0, options.tenants, request)
      }
      yield* peer.drain
      // Connections that are idle are closed by those who close them.
      yield* Effect.sleep("6 seconds")
      const empty = yield* inUse
      const [units, fill] =
        queued === undefined
          ? [options.tenants - before, Effect.zipRight(each(before, options.tenants, request), peer.drain)]
          : [options.tenants * queued.spans, each(0, options.tenants, sized(queued.size, queued.spans - 1))]
      yield* Profile.around(profile, fill)
      if (queued === undefined) yield* Effect.sleep("6 seconds")
      const bytes = ((yield* inUse) - empty) / units
      yield* peer.drain
      return { made, lost: peer.lost(), bytes }

      function sized(size: "small" | "large", count: number) {
        return (tenant: number) => {
          peer.sized(tenant, size, count)
          return count + 1
        }
      }
    })
  )
