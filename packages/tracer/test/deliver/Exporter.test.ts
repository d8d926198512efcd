import { expect, it } from "@effect/vitest"
import { Effect, Exit, FastCheck } from "effect"
import * as Exporter from "../../src/deliver/Exporter.js"

const batch = ["a", "b", "c"]

const answering = (outcome: Exporter.ExportOutcome<string>): Exporter.BatchExporter<string> => ({
  export: () => Effect.succeed(outcome)
})

const total = (outcome: Exporter.ExportOutcome<string>) =>
  [...outcome.rejected, ...outcome.dropped].reduce(
    (sum, { count }) => sum + count,
    outcome.delivered + (outcome.retry?.spans.length ?? 0)
  )

const isDefect = (outcome: Exporter.ExportOutcome<string>) =>
  outcome.dropped.some(({ reason }) => reason === "exporter_defect")

const count = FastCheck.oneof(FastCheck.nat(4), FastCheck.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY))
const tally = FastCheck.array(FastCheck.record({ reason: FastCheck.string(), count }), { maxLength: 3 })

it.effect.prop(
  "counts sum to the batch, whatever the exporter says",
  [FastCheck.record({ delivered: count, rejected: tally, dropped: tally })],
  ([claimed]) =>
    Effect.gen(function* () {
      const outcome = yield* Exporter.guard(answering(claimed)).export(batch)
      expect(total(outcome)).toBe(3)
      const counts = [claimed.delivered, ...[...claimed.rejected, ...claimed.dropped].map((one) => one.count)]
      const honest = counts.every((one) => Number.isInteger(one) && one >= 0) && total(claimed) === 3
      expect(isDefect(outcome)).toBe(!honest)
      if (honest) expect(outcome).toEqual(claimed)
    })
)

it.effect.each([
  ["some of its spans, in order", ["a", "c"], 1, true],
  ["all of them", ["a", "b", "c"], 0, true],
  ["spans in another order", ["b", "a"], 1, false],
  ["a span twice", ["a", "a"], 1, false],
  ["a span that it was not given", ["z"], 2, false],
  ["too few", ["a"], 1, false]
] as const)("to send again %s: %s", ([_, spans, delivered, honest]) =>
  Effect.gen(function* () {
    const claimed = { ...Exporter.again<string>(spans, "HTTP 503"), delivered }
    const outcome = yield* Exporter.guard(answering(claimed)).export(batch)
    expect(total(outcome)).toBe(3)
    expect(isDefect(outcome)).toBe(!honest)
  })
)

it.effect.each([
  ["some of its spans", [["a", "c"]], 2, [], true],
  ["spans for two reasons", [["a"], ["c"]], 1, [], true],
  ["some, and others to send again", [["a"]], 1, ["b", "c"], true],
  ["fewer than it counts", [["a"]], 2, [], false],
  ["more than it counts", [["a", "b", "c"]], 2, [], false],
  ["a span that it was not given", [["z"]], 1, [], false],
  ["a span twice", [["a"], ["a"]], 1, [], false],
  ["a span that is to be sent again, too", [["a"]], 1, ["a"], false]
] as const)("refused %s: %s", ([_, named, each, retried, honest]) =>
  Effect.gen(function* () {
    const rejected = named.map((spans) => ({ reason: "http_400", count: each, spans }))
    const delivered = 3 - named.length * each - retried.length
    const claimed: Exporter.ExportOutcome<string> = { ...Exporter.again<string>(retried), rejected, delivered }
    const outcome = yield* Exporter.guard(answering(claimed)).export(batch)
    expect(total(outcome)).toBe(3)
    expect(isDefect(outcome)).toBe(!honest)
  })
)

it.effect("a renewal that dies gives nothing new, and there is none where there was none", () =>
  Effect.gen(function* () {
    const dying = Exporter.guard<string>({ ...answering(Exporter.delivered(3)), renew: Effect.die("secret") })
    expect(yield* dying.renew ?? Effect.succeed("none")).toBe(false)
    expect(Exporter.guard(answering(Exporter.delivered(3))).renew).toBeUndefined()
  })
)

it("adds what should be sent again: the longer wait, and unauthorized if either is", () => {
  const { retry } = Exporter.combine(
    Exporter.again(["a"], "HTTP 503", { afterMillis: 5 }),
    Exporter.again(["b"], "HTTP 401", { afterMillis: 2, unauthorized: true })
  )
  expect(retry).toEqual({ spans: ["a", "b"], afterMillis: 5, unauthorized: true })
  expect(Exporter.combine(Exporter.again(["a"]), Exporter.delivered(1)).retry?.spans).toEqual(["a"])
})

it.effect("an exporter that dies is answered for", () =>
  Effect.gen(function* () {
    const outcome = yield* Exporter.guard<string>({ export: () => Effect.die("secret") }).export(batch)
    expect(outcome.dropped).toEqual([{ reason: "exporter_defect", count: 3 }])
    expect(outcome.lastError).not.toContain("secret")
  })
)

it.effect("an exporter that throws is answered for", () =>
  Effect.gen(function* () {
    const throwing: Exporter.BatchExporter<string> = {
      export: () => {
        throw new Error("boom")
      }
    }
    expect(isDefect(yield* Exporter.guard(throwing).export(batch))).toBe(true)
  })
)

it.effect("interruption passes through", () =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Exporter.guard<string>({ export: () => Effect.interrupt }).export(batch))
    expect(Exit.isInterrupted(exit)).toBe(true)
  })
)

it("adds two outcomes", () => {
  const sum = Exporter.combine(
    Exporter.rejected("http_400", 2, "first"),
    Exporter.dropped("retry_exhausted", 1, "second")
  )
  expect(total(Exporter.combine(sum, Exporter.delivered(4)))).toBe(7)
  expect(Exporter.combine(sum, Exporter.delivered(4)).lastError).toBe("second")
})
