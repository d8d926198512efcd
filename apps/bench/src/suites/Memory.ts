/** Mark 4: what tenants and waiting spans take in memory. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 4

/** More requests than ours remembers the traces of; the others remember none. */
const warmOf = (kind: Kind): number => (kind === "ours" ? 12_000 : 3000)

const hours = 20 * 60 * 60 * 1000

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Memory",
  seconds: { quick: 14, full: 250 },
  run: (plan) =>
    Effect.gen(function* () {
      const idle = (kind: Kind, tenants: number) =>
        Rounds.cell({
          name: "memory",
          setting: { peer: kind, idle: true, tenants },
          params: {
            kind,
            options: Rounds.options(plan, {
              tenants,
              batchAge: 1000,
              // In a short run there is no time for what it is by itself.
              ...(plan.quick && { idleTimeToLive: "1 second" })
            }),
            warm: warmOf(kind),
            // Whoever closes connections that are idle, or lets go of tenants that are, has done so by then.
            settle: plan.quick ? 1500 : 14_000,
            profile: kind === "ours" ? profile("idle") : undefined
          }
        })
      const queued = (kind: Kind, size: "small" | "large") =>
        Rounds.cell({
          name: "memory",
          setting: { peer: kind, attributes: size === "small" ? 2 : 25 },
          params: {
            kind,
            options: Rounds.options(plan, { tenants: plan.quick ? 20 : 100, batchAge: hours }),
            // Fewer spans than a batch has.
            queued: { size, requests: 80 },
            warm: warmOf(kind),
            settle: 200,
            profile: kind === "ours" ? profile(`queued-${size}`) : undefined
          }
        })
      const profile = (name: string) => {
        const options = Suite.profileOf(plan, name)
        return options && { ...options, of: "heap" as const }
      }
      const requests = 1_000_000
      const outcomes = yield* Rounds.run({ ...plan, rounds: 1 }, [
        ...(["small", "large"] as const).flatMap((size) => [queued("lru-effect", size), queued("ours", size)]),
        idle("ours", plan.quick ? 2000 : 10_000),
        ...(plan.quick
          ? []
          : [
              idle("lru-effect", 2000),
              idle("lru-otel", 2000),
              idle("effect-otlp", 2000),
              Rounds.cell({
                name: "flat",
                limit: "5 minutes",
                setting: { peer: "ours", requests },
                params: { kind: "ours", options: Rounds.options(plan), requests }
              })
            ])
      ])
      const find = Suite.finder(outcomes)
      const beside = (attributes: number) =>
        Mark.evaluate(
          mark,
          `bytes of a queued span with ${attributes} attributes, beside peer 3a`,
          0.45,
          [find("bytes", { peer: "ours", attributes }), find("bytes", { peer: "lru-effect", attributes })],
          Suite.divide
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
          beside(25),
          // Nothing short tells it.
          ...(plan.quick
            ? []
            : [
                Mark.evaluate(
                  mark,
                  "resident set over a million requests: the last quarter beside the second",
                  1.1,
                  [find("growth", { peer: "ours", requests })],
                  Suite.itself
                )
              ])
        ],
        rows: Suite.rows(mark, outcomes, {
          bytes: "bytes of an idle tenant, or a queued span",
          growth: "resident set in the last quarter of the requests, beside the second",
          resident: "bytes resident in the last quarter"
        })
      }
    })
}
