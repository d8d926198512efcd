/** What one tenant's trouble costs the other tenants and the process. */
import { Fault } from "@tenant-tracer/receiver"
import { Duration, Effect } from "effect"
import type { Scenario } from "../Scenario.js"
import { spansPerRequest } from "../SetUp.js"
import { outcome, stage } from "./Arrival.js"

const grown = (before: number, after: number): string =>
  `${Math.max(0, Math.round((after - before) / 1024 / 1024))} MiB`

/** Faults that reach beyond one back end. */
export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "hung",
    title: "a back end that never answers, under 200,000 spans",
    method:
      "One tenant's back end takes requests and never answers, while 200,000 spans end for it. In the middle another tenant, whose back end is well, makes a request: how long until its trace has arrived (each set-up sends what does not fill a batch after 5 s at the latest). Memory is the heap after a collection, and buffers outside it. What the set-up says of the spans that it dropped is asked for after 12 s, when the first requests have been given up, and one more request of the tenant's. The spans in the count are the other tenant's.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind)
        const globex = yield* it.tenant("globex")
        yield* it.script(it.acme, Fault.forever(Fault.hang))
        yield* it.subject.emit(globex, 1)
        yield* it.await(globex, spansPerRequest, 10_000)
        const before = yield* it.subject.footprint
        yield* it.subject.emit(it.acme, 50_000)
        yield* it.subject.emit(globex, 1)
        const [waited, arrived] = yield* Effect.timed(it.await(globex, 2 * spansPerRequest, 20_000))
        yield* it.subject.emit(it.acme, 50_000)
        const after = yield* it.subject.footprint
        // The stock SDK says how many it has dropped when the next span finds room.
        yield* Effect.sleep("12 seconds")
        yield* it.subject.emit(it.acme, 1)
        const { again, spans } = yield* it.arrived(globex)
        const { lost } = yield* it.subject.said
        return {
          made: 2 * spansPerRequest,
          received: spans,
          again,
          said: { lost: 0, errors: 0, waiting: 0 },
          notes: [
            `memory + ${grown(before.memory, after.memory)}`,
            arrived
              ? `the other tenant waited ${Duration.toSeconds(waited).toFixed(1)} s`
              : "the other tenant waited in vain",
            lost === 0
              ? "says nothing of what it dropped"
              : `says that it dropped ${lost.toLocaleString("en")} of the hung one's`
          ]
        }
      })
  },
  {
    name: "tenants",
    title: "1,000 tenants come and go",
    method:
      "A set-up that keeps 50 tenants is given one request of each of 1,000, one after the other. When all have arrived (or after 20 s) and it had 7 s to come to rest: open sockets, seen from the back ends; timers and memory of the process above what it had after the first tenant.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind, { capacity: 50 })
        yield* it.subject.emit(it.acme, 1)
        yield* it.await(it.acme, spansPerRequest, 10_000)
        const before = yield* it.subject.footprint
        const tenants = yield* Effect.forEach(
          Array.from({ length: 999 }, (_, index) => `tenant-${index}`),
          (id) => it.tenant(id)
        )
        yield* Effect.forEach(tenants, (tenant) => it.subject.emit(tenant, 1), { discard: true })
        const everyone = Effect.forEach(tenants, (tenant) => it.await(tenant, spansPerRequest, 20_000), {
          discard: true
        })
        yield* Effect.timeoutOption(everyone, "20 seconds")
        yield* Effect.sleep("7 seconds")
        const after = yield* it.subject.footprint
        const open = yield* it.receiver.connections
        const all = yield* Effect.forEach([it.acme, ...tenants], it.arrived)
        return {
          made: all.length * spansPerRequest,
          received: all.reduce((sum, { spans }) => sum + spans, 0),
          again: all.reduce((sum, { again }) => sum + again, 0),
          said: yield* it.subject.said,
          notes: [
            `${open} sockets open`,
            `${Math.max(0, after.timers - before.timers)} more timers`,
            `memory + ${grown(before.memory, after.memory)}`
          ]
        }
      })
  },
  {
    name: "evicted",
    title: "a tenant is evicted while its span is open",
    method:
      "A set-up that keeps one tenant has a request of one open, serves a request of another (which evicts the first), and then the first request ends.",
    run: (kind) =>
      Effect.gen(function* () {
        const it = yield* stage(kind, { capacity: 1 })
        const globex = yield* it.tenant("globex")
        const end = yield* it.subject.open(it.acme)
        yield* it.subject.emit(globex, 1)
        yield* it.await(globex, spansPerRequest, 10_000)
        yield* end
        yield* it.subject.flush
        return yield* outcome(it, 1, 6000)
      })
  }
]
