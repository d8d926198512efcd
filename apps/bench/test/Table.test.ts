import { expect, it } from "@effect/vitest"
import * as Report from "../src/Report.js"
import type { Row } from "../src/Suite.js"
import * as Table from "../src/Table.js"

it("what would end a cell or a row does not", () => {
  expect(Table.markdown(["a", "b"], [["1|2", "3\n4"]])).toBe("| a | b |\n| --- | --- |\n| 1\\|2 | 3 4 |")
})

it("shows losses as plainly as wins", () => {
  const mark = (name: string, ratio: number | null, limit: number | null, met: boolean) => ({
    mark: 1,
    name,
    ratio,
    limit,
    met,
    each: ratio === null ? [] : [ratio, 2 * ratio],
    why: ratio === null ? "not done within 60 s" : undefined
  })
  const results = Report.results(
    [
      {
        marks: [
          mark("won", 0.5, 1, true),
          mark("lost", 2, 1, false),
          mark("said", 3, null, true),
          mark("none", null, 1, false)
        ],
        rows: []
      }
    ],
    Report.machine({ quick: false, rounds: 3, seconds: 1 })
  )
  expect(Table.marks(results).split("\n").slice(2)).toEqual([
    "| 1 | won | 0.5 | 0.5–1 | 1 | met |",
    "| 1 | lost | 2 | 2–4 | 1 | **missed** |",
    "| 1 | said | 3 | 3–6 | none | reported |",
    "| 1 | none | – (not done within 60 s) |  | 1 | **not measured** |"
  ])
})

const row = (given: Partial<Row>): Row => ({
  mark: 1,
  what: "CPU, ns",
  setting: { peer: "ours", tenants: 10_000 },
  values: [3, 1, 2],
  ...given
})

it("has a column for each number of one setting, and another table for other settings", () => {
  const text = Table.rows([
    row({}),
    row({ what: "time, ns", values: [7] }),
    row({ setting: { peer: "native", tenants: 1 } }),
    row({ setting: { peer: "ours", idle: true, large: false }, values: [0.5] })
  ])
  expect(text.split("\n")).toEqual([
    "| peer | tenants | CPU, ns | time, ns |",
    "| --- | --- | --- | --- |",
    "| 5 TenantTracer | 10,000 | 2 (1–3) | 7 |",
    "| 1 Effect's native tracer, no export | 1 | 2 (1–3) |  |",
    "",
    "| peer | large | CPU, ns |",
    "| --- | --- | --- |",
    "| 5 TenantTracer | no | 0.5 |"
  ])
})

it("what has no number says why, once", () => {
  const failed = "it lost spans: 1 of 2 arrived"
  const text = Table.rows([
    row({}),
    row({ what: "time, ns" }),
    row({ setting: { peer: "lru-otel", tenants: 5 }, values: [], failed }),
    row({ setting: { peer: "lru-otel", tenants: 5 }, what: "time, ns", values: [], failed })
  ])
  expect(text.split("\n").at(-1)).toBe(`| 3b the same on the bare OTel API, without Effect | 5 | – (${failed}) |  |`)
  expect(Table.rows([row({ values: [], failed })])).toContain(`– (${failed})`)
})
