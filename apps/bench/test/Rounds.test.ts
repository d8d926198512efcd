/** Measurements run in processes of their own, in turns; what gives nothing is not tried again. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Launch from "../src/Launch.js"
import * as Rounds from "../src/Rounds.js"

it.scopedLive(
  "measures in turns, counts what arrived, and says why there is no number",
  () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const log = (line: string) => Effect.sync(() => lines.push(line))
      const environment = { port: yield* Launch.sink, rounds: 2, log }
      const params = (batchAge: number) => ({
        kind: "lru-otel" as const,
        options: Rounds.options(environment, { tenants: 2, batchAge }),
        spread: "uniform" as const,
        rate: 100,
        seconds: 0.1,
        warm: 10
      })
      const [found, late] = yield* Rounds.run(environment, [
        Rounds.cell({ name: "deliver", setting: { peer: "lru-otel" }, params: params(100) }),
        Rounds.cell({ name: "deliver", setting: { peer: "late" }, params: params(100), limit: "1 millis" })
      ])
      expect(found?.numbers).toMatchObject({ made: [120, 120], lost: [0, 0], sockets: [2, 2] })
      expect(found?.failed).toBeUndefined()
      expect(Rounds.number(found, "cpu").values.every((value) => value > 0)).toBe(true)
      expect(Rounds.number(late, "cpu")).toEqual({ values: [], failed: "not done within 0.001 s" })
      expect(lines.map((line) => line.split(":")[0])).toEqual([
        "  deliver lru-otel",
        "  deliver late",
        "  deliver lru-otel"
      ])
    }),
  30_000
)

it("what was not run has no number", () => {
  expect(Rounds.number(undefined, "cpu")).toEqual({ values: [], failed: "not run" })
})
