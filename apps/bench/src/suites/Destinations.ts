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

type Name = keyof typeof settings

const seconds = { quick: 8, full: 175 }

/** Measures it. */
export const suite: Suite.Suite = {
  mark,
  title: "Destinations",
  seconds,
  run: (plan) =>
    Effect.gen(function* () {
      const [measured] = yield* Rounds.run(plan, [
        Rounds.cell({
          name: "destinations",
          // Its turns are what rounds are elsewhere.
          rounds: 1,
          limit: "5 minutes",
          setting: { peer: "ours" },
          params: {
            // Room for all of them, as everywhere, who stay while it is the others' turn.
            options: Rounds.options(plan, { capacity: 512, idleTimeToLive: "1 minute" }),
            settings,
            rate: 3000,
            // Short turns, and many: how fast the machine is changes by the minute.
            seconds: plan.quick ? 0.3 : 2.5,
            turns: plan.quick ? 2 : 10,
            // The last turn of all ends later than that.
            within: 0.9 * (plan.quick ? seconds.quick : seconds.full),
            warm: plan.quick ? 256 : 6000,
            again: plan.quick ? 256 : 4096,
            burst: 256
          }
        })
      ])
      const cpu = (destinations: Name) => Rounds.number(measured, destinations)
      // What the first costs is what one destination adds to none: the same requests, recorded and sent nowhere.
      const second = (two: Name, name: string, limit: number) =>
        Mark.evaluate(
          mark,
          `CPU per span of a second destination ${name}, beside the first`,
          limit,
          [cpu("none"), cpu("one"), cpu(two)],
          (none = Number.NaN, one = Number.NaN, two = Number.NaN) => (two - one) / (one - none)
        )
      // Each is a row of its own.
      const outcomes = Object.keys(settings).map((destinations) => {
        const { failed, values } = Rounds.number(measured, destinations)
        return { setting: { peer: "ours", destinations }, numbers: { cpu: values }, failed }
      })
      return {
        marks: [
          second("two alike", "with the same rendering", 0.3),
          second("two vocabularies", "with another vocabulary", 0.7)
        ],
        rows: Suite.rows(mark, outcomes, { cpu: "CPU, µs per span that was made" })
      }
    })
}
