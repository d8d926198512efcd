/** Mark 7: what everything else in the process notices of tracing. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Stats from "../Stats.js"
import * as Suite from "../Suite.js"

const mark = 7

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Event loop",
  seconds: { quick: 7, full: 120 },
  run: (plan) =>
    Effect.gen(function* () {
      const options = Rounds.options(plan, { messages: true, compression: "gzip" })
      const [sustained] = yield* Rounds.run({ ...plan, rounds: 1 }, [
        Rounds.cell({
          name: "sustain",
          setting: { peer: "ours", messages: true },
          params: { kind: "ours", options, requests: plan.quick ? 1000 : 4500 }
        })
      ])
      const rate = Math.round(Stats.median(Rounds.number(sustained, "rate").values) / 2)
      const loop = (kind: Kind) =>
        Rounds.cell({
          name: "loop",
          setting: { peer: kind, messages: true, load: "half of what is sustained" },
          params: {
            kind,
            options,
            rate,
            seconds: plan.quick ? 1.5 : 6,
            warm: plan.quick ? 1000 : 10_000,
            burst: 128,
            profile: kind === "ours" ? Suite.profileOf(plan, "loop") : undefined
          }
        })
      const turns = (compression: "gzip" | "none") =>
        Rounds.cell({
          name: "turns",
          setting: { peer: "ours", messages: true, compression },
          params: {
            kind: "ours",
            options: { ...options, tenants: 1, compression },
            batches: plan.quick ? 5 : 15,
            warm: plan.quick ? 10 : 40,
            profile: Suite.profileOf(plan, `turns-${compression}`)
          }
        })
      const cells = [loop("untraced"), loop("ours"), turns("gzip"), ...(plan.quick ? [] : [turns("none")])]
      const outcomes = yield* Rounds.run(plan, Number.isFinite(rate) ? cells : cells.slice(2))
      const find = Suite.finder(outcomes)
      return {
        marks: [
          Mark.evaluate(
            mark,
            "ms more of event-loop delay (99.9th percentile) than untraced, at half of the sustained rate with 8 KB messages",
            5,
            [find("p999", { peer: "ours" }), find("p999", { peer: "untraced" })],
            (one = Number.NaN, other = Number.NaN) => one - other
          ),
          Mark.evaluate(
            mark,
            "ms of the longest turn while a batch with 8 KB messages is rendered, written, compressed and sent",
            2,
            [find("longest", { compression: "gzip" })],
            Suite.itself
          )
        ],
        rows: Suite.rows(mark, sustained === undefined ? outcomes : [sustained, ...outcomes], {
          rate: "requests per second that are sustained",
          p50: "delay of the event loop, median, ms",
          p999: "delay of the event loop, 99.9th percentile, ms",
          longest: "longest turn, ms",
          worst: "longest turn of the worst batch, ms",
          paused: "longest turn with the pauses of the garbage collector, ms"
        })
      }
    })
}
