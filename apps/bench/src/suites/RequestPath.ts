/** Mark 1: what a request pays for being traced. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 1

/** Tenants that are known. */
const counts = [1, 256, 1000, 10_000, 100_000] as const

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Request path",
  run: (plan) =>
    Effect.gen(function* () {
      const cell = (kind: Kind, tenants: number, capacity = Math.max(256, tenants), rounds = plan.rounds) =>
        Rounds.cell({
          name: "path",
          rounds,
          setting: { peer: kind, tenants, capacity },
          params: {
            kind,
            options: Rounds.options(plan, { tenants, capacity }),
            spread: "uniform",
            bursts: plan.quick ? 20 : 80,
            burst: 100,
            warm: plan.quick ? 3000 : 8000,
            pause: 15,
            profile: kind === "ours" && tenants === 256 ? Suite.profileOf(plan, "path") : undefined
          }
        })
      const ops = (kind: Kind) =>
        Rounds.cell({
          name: "ops",
          setting: { peer: kind, tenants: 1, operations: true },
          params: { kind, options: Rounds.options(plan, { tenants: 1 }), rounds: plan.quick ? 5 : 10 }
        })
      const known = plan.quick ? counts.slice(0, 3) : counts
      const outcomes = yield* Rounds.run(plan, [
        cell("native", 1),
        cell("effect-otel", 1),
        ...known.map((tenants) => cell("ours", tenants)),
        cell("ours", 1000, 256),
        ...(plan.quick ? [] : [cell("ours", 10_000, 256), cell("ours", 100_000, 256)]),
        cell("lru-effect", 256),
        cell("lru-otel", 256),
        cell("effect-otlp", 256),
        ...(plan.quick
          ? []
          : (["lru-effect", "lru-otel", "effect-otlp"] as const).flatMap((kind) =>
              [1000, 10_000, 100_000].map((tenants) => cell(kind, tenants, tenants, 1))
            )),
        ops("native"),
        ops("effect-otel"),
        ops("ours")
      ])
      const find = Suite.finder(outcomes)
      const ours = (tenants: number, capacity = Math.max(256, tenants)) =>
        find("cpu", { peer: "ours", tenants, capacity })
      const operation = (peer: Kind) => find("cpu", { peer, operations: true })
      const each = known.map((tenants) => ours(tenants))
      return {
        marks: [
          Mark.evaluate(
            mark,
            "CPU of the request path per span, beside peer 1",
            1.1,
            [ours(256), find("cpu", { peer: "native" })],
            divide
          ),
          Mark.evaluate(
            mark,
            "CPU of the request path per span, beside peer 2",
            0.5,
            [ours(256), find("cpu", { peer: "effect-otel" })],
            divide
          ),
          Mark.evaluate(
            mark,
            `the most it costs with ${known[0]} to ${known.at(-1)?.toLocaleString("en")} known tenants, beside the least`,
            1.1,
            each,
            (...values) => Math.max(...values) / Math.min(...values)
          ),
          Mark.evaluate(
            mark,
            "a request that misses the cache, beside one that hits it",
            3,
            [ours(1000, 256), ours(1000)],
            divide
          ),
          Mark.evaluate(
            mark,
            "an operation inside a span, beside peer 1",
            1.1,
            [operation("ours"), operation("native")],
            divide
          )
        ],
        rows: Suite.rows(mark, outcomes, {
          cpu: "CPU of the request path, ns per span (or operation)",
          wall: "time of the request path, ns per span"
        })
      }
    })
}

const divide = (one = Number.NaN, other = Number.NaN): number => one / other
