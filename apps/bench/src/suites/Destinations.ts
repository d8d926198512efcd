/** Mark 3: what it costs to send the same spans to a second destination. */
import { Effect } from "effect"
import * as Mark from "../Mark.js"
import * as Rounds from "../Rounds.js"
import * as Suite from "../Suite.js"

const mark = 3

const settings = {
  none: [],
  one: ["genai"],
  "two alike": ["genai", "genai"],
  "two vocabularies": ["genai", "openinference"]
} as const

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Destinations",
  seconds: { quick: 7, full: 80 },
  run: (plan) =>
    Effect.gen(function* () {
      const outcomes = yield* Rounds.run(
        plan,
        Object.entries(settings).map(([destinations, vocabularies]) =>
          Rounds.cell({
            name: "deliver",
            setting: { peer: "ours", destinations },
            params: {
              kind: "ours",
              // Room for all of them, as everywhere.
              options: Rounds.options(plan, { vocabularies, capacity: 512 }),
              spread: "uniform",
              rate: 1500,
              seconds: plan.quick ? 0.8 : 4,
              warm: plan.quick ? 800 : 20_000,
              burst: 256
            }
          })
        )
      )
      const find = Suite.finder(outcomes)
      const cpu = (destinations: keyof typeof settings) => find("cpu", { destinations })
      // What the first costs is what one destination adds to none: the same requests, recorded and sent nowhere.
      const second = (two: keyof typeof settings, name: string, limit: number) =>
        Mark.evaluate(
          mark,
          `CPU per span of a second destination ${name}, beside the first`,
          limit,
          [cpu("none"), cpu("one"), cpu(two)],
          (none = Number.NaN, one = Number.NaN, two = Number.NaN) => (two - one) / (one - none)
        )
      return {
        marks: [
          second("two alike", "with the same rendering", 0.3),
          second("two vocabularies", "with another vocabulary", 0.7)
        ],
        rows: Suite.rows(mark, outcomes, { cpu: "CPU, µs per span that was made" })
      }
    })
}
