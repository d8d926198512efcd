/** Measurements run in processes of their own, in turns; what gives nothing is not tried again. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Launch from "../src/Launch.js"
import * as Rounds from "../src/Rounds.js"
import * as Sink from "../src/Sink.js"

const environment = (measure: Launch.Measure, port: number, lines: Array<string> = []): Rounds.Environment => ({
  port,
  rounds: 2,
  limit: "20 seconds",
  until: Number.POSITIVE_INFINITY,
  measure,
  log: (line) => Effect.sync(() => lines.push(line))
})

const deliver = (given: Rounds.Environment, setting: Rounds.Setting, more: Partial<Rounds.Cell<"deliver">> = {}) =>
  Rounds.cell({
    name: "deliver",
    setting,
    params: {
      kind: "lru-otel",
      options: Rounds.options(given, { tenants: 2, batchAge: 100 }),
      spread: "uniform",
      rate: 100,
      seconds: 0.1,
      warm: 10,
      burst: 5
    },
    ...more
  })

/** Answers at once. */
const fake =
  (answer: () => unknown): Launch.Measure =>
  () =>
    Effect.suspend(() => {
      const said = answer()
      // Whatever a test says.
      return said instanceof Launch.NoResult ? said : Effect.succeed(said as never)
    })

it.scopedLive(
  "measures in turns, counts what arrived, and says why there is no number",
  () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const given = environment(Launch.fresh, yield* Launch.sink, lines)
      const [found, late] = yield* Rounds.run(given, [
        deliver(given, { peer: "lru-otel" }),
        deliver(given, { peer: "late" }, { limit: "1 millis" })
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
  40_000
)

it.scopedLive(
  "one process of each peer does all, and another one what comes after it was ended",
  () =>
    Effect.gen(function* () {
      const measure = yield* Launch.shared
      const given = environment(measure, yield* Launch.sink)
      const twice = [
        yield* measure("cache", { rounds: 1 }, "20 seconds"),
        yield* measure("cache", { rounds: 1 }, "20 seconds")
      ]
      for (const answer of twice) expect(Object.keys(answer)).toEqual(["hit", "eviction"])
      const [found, late, after] = yield* Rounds.run({ ...given, rounds: 1 }, [
        deliver(given, { at: 1 }),
        deliver(given, { at: 2 }, { limit: "1 millis" }),
        Rounds.cell({
          name: "sustain",
          setting: { at: 3 },
          params: { kind: "lru-otel", options: Rounds.options(given, { tenants: 2, batchAge: 100 }), requests: 120 }
        })
      ])
      expect(found?.numbers.made).toEqual([120])
      expect(late?.failed).toBe("not done within 0.001 s")
      // Not the late answer to what was asked before.
      expect(after?.numbers.made).toEqual([720])
    }),
  60_000
)

it.scopedLive("what has lost spans has no number", () =>
  Effect.gen(function* () {
    const given = environment(
      fake(() => ({ made: 6, cpu: 1 })),
      yield* Sink.make
    )
    const [found] = yield* Rounds.run({ ...given, rounds: 1 }, [deliver(given, {})])
    expect(found?.failed).toBe("it lost spans: 0 of 6 arrived")
    expect(found?.numbers).toEqual({})
  })
)

it.scopedLive("after the end nothing new begins, and what has numbers keeps them", () =>
  Effect.gen(function* () {
    let times = 0
    const given = {
      ...environment(
        fake(() => ({ cpu: ++times })),
        yield* Sink.make
      ),
      until: performance.now() - 1
    }
    const [late] = yield* Rounds.run(given, [deliver(given, {})])
    expect(late).toEqual({ setting: {}, numbers: {}, failed: Rounds.tooLate })
    expect(times).toBe(0)
    let calls = 0
    const once = {
      ...given,
      get until() {
        return calls++ === 0 ? Number.POSITIVE_INFINITY : 0
      }
    }
    const [kept] = yield* Rounds.run(once, [deliver(given, {})])
    expect(Rounds.number(kept, "cpu")).toEqual({ values: [1], failed: undefined })
  })
)

it.scopedLive("climbs as far as there is hope, and says where it stops", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const answers: Array<unknown> = [{ cpu: 1 }, new Launch.NoResult({ why: "it lost spans" })]
    const given = environment(
      fake(() => answers.shift()),
      yield* Sink.make,
      lines
    )
    const outcomes = yield* Rounds.climb(
      given,
      [1, 10, 100, 1000].map((count) => ({ count, cell: deliver(given, { count }) }))
    )
    expect(outcomes.map(({ failed }) => failed)).toEqual([
      undefined,
      "it lost spans",
      "not run: with 10, it lost spans",
      "not run: with 10, it lost spans"
    ])
    expect(lines.at(-1)).toContain("not run: with 10, it lost spans")
  })
)

it.each([
  [{ count: 1000, seconds: 5, steady: 0, failed: undefined }, 10_000, undefined],
  [{ count: 1000, seconds: 18, steady: 14, failed: undefined }, 10_000, undefined],
  [
    { count: 1000, seconds: 24, steady: 14, failed: undefined },
    10_000,
    "not run: it took 24 s with 1,000, which leaves no hope of 60 s"
  ],
  [
    { count: 10_000, seconds: 15, steady: 0, failed: undefined },
    100_000,
    "not run: it took 15 s with 10,000, which leaves no hope of 60 s"
  ],
  [{ count: 10, seconds: 1, steady: 0, failed: "not run: whatever" }, 100, "not run: whatever"]
])("%j, %d: %s", (before, count, why) => {
  expect(Rounds.hopeless(before, count, 60)).toBe(why)
})

it("what was not run has no number", () => {
  expect(Rounds.number(undefined, "cpu")).toEqual({ values: [], failed: "not run" })
})
