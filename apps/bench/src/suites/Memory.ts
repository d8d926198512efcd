/** Mark 4: what tenants and waiting spans take in memory. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 4

const hours = 20 * 60 * 60 * 1000

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Memory",
  run: (plan) =>
    Effect.gen(function* () {
      const idle = (kind: Kind, tenants: number) =>
        Rounds.cell({
          name: "memory",
          setting: { peer: kind, idle: true, tenants },
          params: {
            kind,
            options: Rounds.options(plan, { tenants, batchAge: 1000 }),
            profile: kind === "ours" ? profile("idle") : undefined
          }
        })
      const queued = (kind: Kind, size: "small" | "large") =>
        Rounds.cell({
          name: "memory",
          setting: { peer: kind, attributes: size === "small" ? 2 : 25 },
          params: {
            kind,
            options: Rounds.options(plan, { tenants: plan.quick ? 40 : 100, batchAge: hours }),
            // Fewer spans than a batch has.
            queued: { size, requests: 80 },
            profile: kind === "ours" ? profile(`queued-${size}`) : undefined
          }
        })
      const profile = (name: string) => {
        const options = Suite.profileOf(plan, name)
        return options && { ...options, of: "heap" as const }
      }
      const outcomes = yield* Rounds.run({ ...plan, rounds: plan.quick ? 1 : Math.min(2, plan.rounds) }, [
        idle("ours", plan.quick ? 2000 : 10_000),
        idle("lru-effect", 2000),
        ...(plan.quick ? [] : [idle("lru-otel", 2000), idle("effect-otlp", 2000)]),
        ...(["small", "large"] as const).flatMap((size) => [queued("lru-effect", size), queued("ours", size)])
      ])
      const find = Suite.finder(outcomes)
      const beside = (attributes: number) =>
        Mark.evaluate(
          mark,
          `bytes of a queued span with ${attributes} attributes, beside peer 3a`,
          0.45,
          [find("bytes", { peer: "ours", attributes }), find("bytes", { peer: "lru-effect", attributes })],
          (one = Number.NaN, other = Number.NaN) => one / other
        )
      return {
        marks: [
          Mark.evaluate(
            mark,
            "KiB of an idle tenant",
            2,
            [find("bytes", { peer: "ours", idle: true })],
            (bytes = Number.NaN) => bytes / 1024
          ),
          beside(2),
          beside(25)
        ],
        rows: Suite.rows(mark, outcomes, { bytes: "bytes of an idle tenant, or a queued span" })
      }
    })
}
