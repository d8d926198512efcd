/** All suites over measurements that are made up: what they ask for, and what they make of the answers. */
import { expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as Charts from "../src/Charts.js"
import * as Guard from "../src/Guard.js"
import * as Launch from "../src/Launch.js"
import * as Report from "../src/Report.js"
import * as Sink from "../src/Sink.js"
import type * as Suite from "../src/Suite.js"
import { suites } from "../src/Suites.js"
import type { Name, Params } from "../src/Tasks.js"

interface Asked {
  readonly name: Name
  readonly params: Params<Name>
  readonly seconds: number
}

/** Everything has the number that its peer stands for. */
const cpuOf: Record<string, number> = {
  untraced: 1,
  native: 10,
  "effect-otel": 100,
  "lru-effect": 80,
  "lru-otel": 60,
  ours: 30
}

/** CPU by how many destinations ours sends to. */
const destinations = { none: 10, one: 30, "two alike": 34, "two vocabularies": 42 }

const answerOf = (params: Params<Name>) => {
  if ("settings" in params) return destinations
  const cpu = "kind" in params ? (cpuOf[params.kind] ?? 90) : "writer" in params && params.writer === "ours" ? 1 : 8
  const names =
    "cpu wall bytes growth resident p50 p99 p999 flooded idle hanging longest worst paused more rate perCore dropped late first later hit eviction millis"
  return { ...Object.fromEntries(names.split(" ").map((name) => [name, cpu])), floor: cpuOf.native, one: 20 }
}

const run = (quick: boolean, answer: (params: Params<Name>) => unknown = answerOf, asked: Array<Asked> = []) =>
  Effect.gen(function* () {
    const measure: Launch.Measure = (name, params, limit) =>
      Effect.suspend(() => {
        asked.push({ name, params, seconds: Duration.toSeconds(limit) })
        const said = answer(params)
        // The flat numbers of any task.
        return said instanceof Launch.NoResult ? said : Effect.succeed(said as never)
      })
    const plan: Suite.Plan = {
      port: yield* Sink.make,
      otherPort: 1,
      quick,
      rounds: quick ? 1 : 3,
      limit: "60 seconds",
      until: Number.POSITIVE_INFINITY,
      measure,
      profiles: undefined,
      log: () => Effect.void
    }
    const found = yield* Effect.forEach(suites, (suite) => suite.run(plan))
    return Report.results(found, Report.machine({ quick, rounds: plan.rounds, seconds: 1 }))
  }).pipe(Effect.scoped)

it("nine marks, and time for all of them", () => {
  expect(suites.map(({ mark }) => mark)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  const sum = (of: (suite: Suite.Suite) => number) => suites.map(of).reduce((one, other) => one + other)
  // The last cell may take its minute, and there is a start and an end.
  expect(sum(({ seconds }) => seconds.full)).toBeLessThan(24.5 * 60)
  expect(sum(({ seconds }) => seconds.quick)).toBeLessThanOrEqual(85)
})

it.live.each([true, false])("each mark has a number; quick: %s", (quick) =>
  Effect.gen(function* () {
    const asked: Array<Asked> = []
    const { marks } = yield* run(quick, answerOf, asked)
    expect(marks.filter(({ ratio }) => ratio === null)).toEqual([])
    expect(new Set(marks.map(({ name }) => name)).size).toBe(marks.length)
    expect(asked.length).toBeLessThan(quick ? 50 : 250)
  })
)

it.live("the short run says the same of the same marks", () =>
  Effect.gen(function* () {
    const [short, whole] = [yield* run(true), yield* run(false)]
    const names = ({ marks }: Report.Results) => marks.map(({ limit, mark, name }) => [mark, name, limit])
    const isOnlyWhole = ([, name]: ReadonlyArray<unknown>) => /resident set|peer 3b|settled/.test(String(name))
    expect(names(short)).toEqual(names(whole).filter((name) => !isOnlyWhole(name)))
    // What has a ceiling is a mark.
    const known = new Set(whole.marks.map(({ name }) => name))
    expect(Object.keys(Guard.ceilings).filter((name) => !known.has(name))).toEqual([])
  })
)

it.live("ratios are of ours and the right peer", () =>
  Effect.gen(function* () {
    const { marks } = yield* run(false)
    const ratio = (start: string) => marks.find(({ name }) => name.startsWith(start))?.ratio
    expect(ratio("CPU of the request path per span, beside peer 1")).toBe(3)
    expect(ratio("CPU of the request path per span, beside peer 2")).toBe(0.3)
    expect(ratio("CPU of the request path: the most")).toBe(1.5)
    expect(ratio("an operation inside a span")).toBe(3)
    expect(ratio("CPU per span delivered above peer 1, beside peer 2")).toBeCloseTo(20 / 90)
    expect(ratio("CPU per span delivered in all, beside peer 2")).toBe(0.3)
    expect(ratio("CPU per span delivered above peer 1, beside peer 3a")).toBeCloseTo(20 / 70)
    expect(ratio("CPU per span delivered above peer 1 once the heap has settled, beside peer 2")).toBeCloseTo(20 / 90)
    expect(ratio("CPU per span delivered above peer 1 once the heap has settled, beside peer 3a")).toBeCloseTo(20 / 70)
    expect(ratio("CPU per span delivered in all, beside peer 3b")).toBe(0.5)
    expect(ratio("CPU per span of a second destination with the same")).toBe(0.2)
    expect(ratio("CPU per span of a second destination with another")).toBe(0.6)
    expect(ratio("KiB of an idle tenant")).toBeCloseTo(30 / 1024)
    expect(ratio("bytes of a queued span with 25")).toBeCloseTo(30 / 80)
    expect(ratio("512 spans of 25 attributes in protobuf")).toBe(1 / 8)
    expect(ratio("ms more of event-loop delay")).toBe(29)
    expect(ratio("spans per second that are sustained")).toBe(180)
  })
)

it.live("nothing is left out silently: what has no number says why", () =>
  Effect.gen(function* () {
    const why = "not done within 60 s"
    const { marks, rows } = yield* run(false, () => new Launch.NoResult({ why }))
    expect(marks.filter(({ ratio }) => ratio !== null)).toEqual([])
    expect(marks.every(({ met }) => !met)).toBe(true)
    for (const suite of suites) {
      const failed = rows.filter(({ failed, mark }) => mark === suite.mark && failed !== undefined)
      expect(failed.length, suite.title).toBeGreaterThan(0)
    }
    expect(rows.some(({ failed }) => failed === `not run: with 1,000, ${why}`)).toBe(true)
  })
)

it.live("there is a chart for each mark that is about peers or numbers of tenants", () =>
  Effect.gen(function* () {
    const charts = Charts.make(yield* run(false))
    expect(charts.map(({ file }) => file)).toEqual([
      "marks.svg",
      "request-path.svg",
      "request-path-tenants.svg",
      "delivery.svg",
      "delivery-tenants.svg",
      "idle-tenant.svg",
      "queued-span.svg",
      "sockets.svg",
      "isolation.svg",
      "event-loop.svg",
      "sustained.svg"
    ])
    for (const { svg } of charts) {
      expect(svg).toContain("</svg>")
      expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    }
    // Two promises are told apart by their labels, which have room.
    const labels = Array.from(charts[0]?.svg.matchAll(/text-anchor="end">([^<]*)</g) ?? [], ([, label = ""]) => label)
    expect(labels.length).toBeGreaterThan(15)
    expect(new Set(labels).size).toBe(labels.length)
    for (const label of labels) expect(label.length).toBeLessThanOrEqual(85)
    const path = charts.find(({ file }) => file === "request-path.svg")?.svg
    expect(path).toContain("3a OTel JS per tenant")
    expect(path?.match(/5 TenantTracer/g)).toHaveLength(1)
    const tenants = charts.find(({ file }) => file === "delivery-tenants.svg")?.svg
    expect(tenants).toContain("100,000")
    expect(tenants).toContain("5, keeping 256")
  })
)

it.live("what was not measured has no chart", () =>
  Effect.gen(function* () {
    const results = yield* run(true, () => new Launch.NoResult({ why: "no" }))
    expect(Charts.make(results)).toEqual([])
  })
)

it.live("in the short run each peer has one process, and what is nobody's has one, too", () =>
  Effect.gen(function* () {
    const asked: Array<Asked> = []
    yield* run(true, answerOf, asked)
    const processes = new Set(asked.map(({ name, params }) => Launch.processOf(name, params)))
    expect([...processes].sort()).toEqual(["effect-otel", "encode", "lru-effect", "native", "ours", "untraced"])
  })
)
