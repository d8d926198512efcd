/** What it costs where a span ends to find its destination at work, and to make room for one that is not: the cache by itself. */
import * as DestinationId from "@tenant-tracer/tracer/deliver/DestinationId"
import * as Exporter from "@tenant-tracer/tracer/deliver/Exporter"
import * as Ledger from "@tenant-tracer/tracer/deliver/Ledger"
import * as Provider from "@tenant-tracer/tracer/deliver/Provider"
import * as ProviderCache from "@tenant-tracer/tracer/deliver/ProviderCache"
import { Effect } from "effect"
import * as Stats from "../Stats.js"
import * as Clock from "./Clock.js"

/** What is run: so many rounds, each of some evictions and of more hits. */
export interface Params {
  readonly rounds: number
}

/** What came of it, in nanoseconds: to find one of them, and to make one for which another one goes. */
export interface Result {
  readonly hit: number
  readonly eviction: number
}

const capacity = 1000

const evictions = 100

/** Measures it. */
export const run = ({ rounds }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const environment = yield* Provider.environment({ ledger: Ledger.make() })
      const cache = yield* ProviderCache.make<Provider.Provider<number>>({ capacity })
      // As a route that is known keeps it.
      const slots = Array.from({ length: capacity + (rounds + 2) * evictions }, (_, tenant) =>
        cache.slot(`tenant-${tenant}`, () =>
          Provider.make(environment, {
            id: DestinationId.make({ tenant: `tenant-${tenant}`, name: "main" }),
            exporter: { export: (batch) => Effect.succeed(Exporter.delivered(batch.length)) },
            sizeOf: () => 1
          })
        )
      )
      const nanos = (times: number, next: () => number) => {
        const before = performance.now()
        for (let time = 0; time < times; time++)
          if (slots[next()]?.get()._tag !== "Right") throw new Error("there is none")
        return ((performance.now() - before) * 1e6) / times
      }
      let newest = 0
      const another = () => newest++
      nanos(capacity, another)
      const eviction: Array<number> = []
      const hit: Array<number> = []
      // The first ones compile.
      for (let round = -2; round < rounds; round++) {
        const evicting = nanos(evictions, another)
        yield* Clock.turn
        // In the order in which they were made, so that it is the oldest that go.
        let tenant = newest - capacity
        const hitting = nanos(capacity, () => tenant++)
        yield* Clock.turn
        if (round >= 0) {
          eviction.push(evicting)
          hit.push(hitting)
        }
      }
      const { misses } = cache.stats()
      if (misses !== newest) return yield* Effect.dieMessage(`${misses - newest} hits were none`)
      return { hit: Stats.median(hit), eviction: Stats.median(eviction) }
    })
  )
