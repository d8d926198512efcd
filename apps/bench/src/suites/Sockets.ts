/** Mark 5: connections to one origin, however many tenants have their back end there. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import type { Kind } from "../Peer.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 5

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Sockets",
  seconds: { quick: 3, full: 45 },
  run: (plan) =>
    Effect.gen(function* () {
      const tenants = plan.quick ? 1000 : 10_000
      // Each of them has one request in one age of a batch.
      const cell = (kind: Kind, tenants: number) =>
        Rounds.cell({
          name: "deliver",
          setting: { peer: kind, tenants },
          params: {
            kind,
            options: Rounds.options(plan, { tenants }),
            spread: "uniform",
            rate: plan.quick ? 2000 : 2500,
            seconds: tenants / (plan.quick ? 2000 : 2500),
            warm: 100,
            burst: 50
          }
        })
      const climb = (kind: Kind) =>
        Rounds.climb(
          plan,
          [1000, tenants].map((count) => ({ count, cell: cell(kind, count) }))
        )
      const outcomes = [
        ...(yield* Rounds.run({ ...plan, rounds: 1 }, [cell("ours", tenants)])),
        ...(plan.quick
          ? []
          : [
              ...(yield* climb("lru-effect")),
              ...(yield* climb("lru-otel")),
              ...(yield* climb("effect-otlp")),
              ...(yield* Rounds.run({ ...plan, rounds: 1 }, [cell("ours", 1000)]))
            ])
      ]
      return {
        marks: [
          Mark.evaluate(
            mark,
            "sockets at a time to one origin, however many tenants are there",
            8,
            [Suite.finder(outcomes)("sockets", { peer: "ours", tenants })],
            Suite.itself
          )
        ],
        rows: Suite.rows(mark, outcomes, { sockets: "sockets at a time, at most" })
      }
    })
}
