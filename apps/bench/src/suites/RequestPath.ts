/** Mark 1: what a request pays for being traced. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 1

/** Tenants that are known. */
const counts = [1, 256, 1000, 10_000, 100_000] as const

/** Not those that are set beside peers, which are alone in their process, too. */
const isBesideOne = (kind: Kind, tenants: number, capacity: number): boolean =>
  kind === "ours" && tenants > 256 && capacity >= tenants

/** Each number of known tenants beside one in the same process; and so the most of all beside the least, one among them. */
const flatness = (...pairs: ReadonlyArray<number>): number => {
  const beside = pairs.flatMap((many, index) => (index % 2 === 0 ? [many / (pairs[index + 1] ?? Number.NaN)] : []))
  return Math.max(1, ...beside) / Math.min(1, ...beside)
}

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Request path",
  seconds: { quick: 10, full: 260 },
  run: (plan) =>
    Effect.gen(function* () {
      const cell = (kind: Kind, tenants: number, capacity = Math.max(256, tenants)) => {
        const isBeside = isBesideOne(kind, tenants, capacity)
        return Rounds.cell({
          name: "path",
          // As many tenants as that are known, and gone again, after minutes.
          ...(tenants === 100_000 && { rounds: 1, limit: "4 minutes" }),
          setting: { peer: kind, tenants, capacity },
          params: {
            kind,
            options: Rounds.options(plan, {
              tenants,
              capacity,
              // Until all of them are known nobody is let go of for being idle.
              ...(tenants >= 10_000 && { batchAge: 60_000 })
            }),
            spread: "uniform",
            bursts: plan.quick ? 15 : isBeside ? 200 : 60,
            burst: plan.quick ? 50 : 100,
            warm: plan.quick ? 1000 : 12_000,
            // What is evicted must have been sent, or what comes next is refused.
            pause: tenants >= 10_000 ? 2 : capacity < tenants ? 45 : 15,
            besideOne: isBeside,
            profile: kind === "ours" && tenants === 256 ? Suite.profileOf(plan, "path") : undefined
          }
        })
      }
      const ops = (kind: Kind) =>
        Rounds.cell({
          name: "ops",
          setting: { peer: kind, tenants: 1, operations: true },
          params: { kind, options: Rounds.options(plan, { tenants: 1 }), rounds: plan.quick ? 4 : 10 }
        })
      const known = plan.quick ? counts.slice(0, 3) : counts
      const core = yield* Rounds.run(plan, [
        cell("native", 1),
        cell("effect-otel", 1),
        ...known.filter((tenants) => tenants < 100_000).map((tenants) => cell("ours", tenants)),
        cell("ours", 1000, 256),
        ops("ours"),
        ...(plan.quick ? [] : [ops("effect-otel"), cell("untraced", 1)])
      ])
      const others = plan.quick
        ? []
        : yield* Effect.forEach(["lru-effect", "lru-otel", "effect-otlp"] as const, (kind) =>
            Rounds.climb(
              plan,
              [256, 1000, 10_000].map((count) => ({ count, cell: cell(kind, count, count) }))
            )
          )
      // What takes minutes comes last, so that nothing else is left out for it.
      const last = plan.quick ? [] : yield* Rounds.run(plan, [cell("ours", 100_000)])
      const outcomes = [...core, ...others.flat(), ...last]
      const find = Suite.finder(outcomes)
      const ours = (tenants: number, capacity = Math.max(256, tenants)) =>
        find("cpu", { peer: "ours", tenants, capacity })
      const one = (tenants: number) => find("one", { peer: "ours", tenants, capacity: Math.max(256, tenants) })
      const operation = (name: "cpu" | "floor") => find(name, { peer: "ours", operations: true })
      const evaluate = (
        name: string,
        limit: number,
        parts: ReadonlyArray<Mark.Measured>,
        ratio: (...values: ReadonlyArray<number>) => number = Suite.divide
      ) => Mark.evaluate(mark, name, limit, parts, ratio)
      return {
        marks: [
          evaluate("CPU of the request path per span, beside peer 1", 1.1, [
            ours(256),
            find("cpu", { peer: "native", tenants: 1, capacity: 256 })
          ]),
          evaluate("CPU of the request path per span, beside peer 2", 0.5, [
            ours(256),
            find("cpu", { peer: "effect-otel", tenants: 1, capacity: 256 })
          ]),
          evaluate(
            "CPU of the request path: the most of all numbers of known tenants, beside the least",
            1.1,
            known.flatMap((tenants) => (isBesideOne("ours", tenants, tenants) ? [ours(tenants), one(tenants)] : [])),
            flatness
          ),
          evaluate("a request that misses the cache, beside one that hits it", 3, [ours(1000, 256), ours(1000)]),
          evaluate("an operation inside a span, beside peer 1", 1.1, [operation("cpu"), operation("floor")])
        ],
        rows: Suite.rows(mark, outcomes, {
          cpu: "CPU of the request path, ns per span (or operation)",
          one: "the same with one known tenant, in the same process, ns",
          wall: "time of the request path, ns per span",
          floor: "the same operation in peer 1, in the same process, ns"
        })
      }
    })
}
