/** Mark 6: what tenants notice of one that is dead, one that is slow and one that floods. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"
import * as Evict from "../tasks/Evict.js"

const mark = 6

/** What one tenant may have waiting, in bytes: eight requests of 6 spans, or so. */
const quota = 32 * 1024
const batchAge = 500

/** Requests of a second: ten times as many in one age of a batch as the quota lets through. */
const flood = 10 * 8 * (1000 / batchAge)

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Isolation",
  seconds: { quick: 9, full: 95 },
  run: (plan) =>
    Effect.gen(function* () {
      const tenants = plan.quick ? 300 : 1000
      const isolate = (kind: Kind, three: "absent" | "at their own origins" | "at the same origin") =>
        Rounds.cell({
          name: "isolate",
          rounds: kind === "ours" && three !== "at the same origin" ? undefined : 1,
          setting: { peer: kind, tenants, three },
          params: {
            kind,
            options: Rounds.options(plan, { tenants, batchAge, room: quota }),
            port: plan.port,
            sickPort: three === "at their own origins" ? plan.otherPort : plan.port,
            rate: plan.quick ? 500 : 300,
            flood: three === "absent" ? 0 : flood,
            seconds: plan.quick ? 1.5 : 6
          }
        })
      const evict = (kind: Kind) =>
        Rounds.cell({
          name: "evict",
          rounds: kind === "ours" ? undefined : 1,
          setting: { peer: kind, evicts: true },
          params: {
            kind,
            options: Rounds.options(plan, { tenants: 1, capacity: Evict.capacity, batchAge: 20 }),
            port: plan.port,
            trials: plan.quick ? 8 : 40
          }
        })
      const outcomes = yield* Rounds.run(plan, [
        isolate("ours", "absent"),
        isolate("ours", "at their own origins"),
        evict("ours"),
        ...(plan.quick
          ? []
          : [
              isolate("ours", "at the same origin"),
              isolate("lru-effect", "absent"),
              isolate("lru-effect", "at their own origins")
            ])
      ])
      const find = Suite.finder(outcomes)
      const p99 = (three: string) => find("p99", { peer: "ours", three })
      return {
        marks: [
          Mark.evaluate(
            mark,
            "healthy tenants' p99 from a span's end to its arrival, beside the run without the three",
            1.1,
            [p99("at their own origins"), p99("absent")],
            Suite.divide
          ),
          Mark.evaluate(
            mark,
            "ms more that a request takes where it evicts a hanging tenant",
            5,
            [find("more", { peer: "ours", evicts: true })],
            Suite.itself
          )
        ],
        rows: Suite.rows(mark, outcomes, {
          p50: "half of the healthy tenants' spans have arrived after, ms",
          p99: "99 % of the healthy tenants' spans have arrived after, ms",
          flooded: "part of the three tenants' spans that was refused",
          idle: "a request that evicts an idle tenant, ms",
          hanging: "a request that evicts a hanging tenant, ms",
          longest: "the longest of those, ms"
        })
      }
    })
}
