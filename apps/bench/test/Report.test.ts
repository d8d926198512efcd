import { assert, describe, expect, it } from "@effect/vitest"
import type { Mark } from "../src/Mark.js"
import * as Report from "../src/Report.js"
import type { Row } from "../src/Suite.js"

const mark = (given: Partial<Mark> = {}): Mark => ({
  mark: 2,
  name: "cost",
  ratio: 0.25,
  limit: 0.5,
  met: true,
  each: [0.2, 0.25, 0.3],
  ...given
})

const row: Row = { mark: 2, what: "CPU", setting: { peer: "ours" }, values: [1, 2] }
const machine = Report.machine({ quick: true, rounds: 3, seconds: 9 })
const results = Report.results(
  [
    {
      marks: [
        mark(),
        mark({ name: "missed", ratio: 0.75, met: false }),
        mark({ name: "reported", limit: null, each: [] }),
        mark({ name: "none", ratio: null, met: false, each: [], why: "not done within 60 s" })
      ],
      rows: [row]
    }
  ],
  machine
)

it("the JSON has marks of exactly five facts, and everything else in rows", () => {
  expect(Object.keys(results)).toEqual(["marks", "rows"])
  for (const mark of results.marks) expect(Object.keys(mark)).toEqual(["mark", "name", "ratio", "limit", "met"])
  expect(JSON.parse(JSON.stringify(results.marks[0]))).toEqual({
    mark: 2,
    name: "cost",
    ratio: 0.25,
    limit: 0.5,
    met: true
  })
  expect(results.rows[0]?.setting).toMatchObject({ node: process.versions.node, quick: true, rounds: 3, seconds: 9 })
  expect(results.rows.at(-1)).toBe(row)
})

describe("what was measured again", () => {
  const again = (given: Parameters<typeof Report.machine>[0], mark_ = 2) =>
    Report.results(
      [{ marks: [mark({ mark: mark_, ratio: 0.1 })], rows: [{ ...row, mark: mark_, values: [9] }] }],
      Report.machine(given)
    )

  it("takes the place of what was found before, and the rest stays", () => {
    const first = again({ quick: false, rounds: 3, seconds: 100 }, 1)
    const both = Report.merged(again({ quick: false, rounds: 3, seconds: 900 }, 3), first)
    assert("marks" in both)
    expect(both.marks.map(({ mark }) => mark)).toEqual([1, 3])
    const renewed = Report.merged({ ...both, marks: both.marks.map((one) => ({ ...one, ratio: 5 })) }, first)
    assert("marks" in renewed)
    expect(renewed.marks.map(({ mark, ratio }) => [mark, ratio])).toEqual([
      [1, 0.1],
      [3, 5]
    ])
    expect(renewed.rows.map(({ mark }) => mark)).toEqual([0, 1, 1, 3, 3])
    expect(renewed.rows[0]?.setting).toMatchObject({ seconds: 1100, inParts: true })
  })

  it("does not stand beside what was measured otherwise", () => {
    const whole = again({ quick: false, rounds: 3, seconds: 900 })
    expect(Report.merged(whole, again({ quick: true, rounds: 3, seconds: 9 }))).toEqual({ differ: "quick" })
    expect(Report.merged(whole, again({ quick: false, rounds: 1, seconds: 9 }))).toEqual({ differ: "rounds" })
  })
})

it("finds the single rounds of a mark, and what was measured for it", () => {
  const [first] = results.marks
  expect(first && Report.roundsOf(results, first)?.values).toEqual([0.2, 0.25, 0.3])
  expect(Report.measured(results, 2)).toEqual([row])
  expect(Report.measured(results, 3)).toEqual([])
})

it("says in a line each how the promises fared", () => {
  expect(Report.text(results).split("\n")).toEqual([
    "met          2  cost: 0.25 (0.2–0.3), limit 0.5",
    "missed       2  missed: 0.75 (0.2–0.3), limit 0.5",
    "reported     2  reported: 0.25",
    "not measured 2  none: not done within 60 s, limit 0.5"
  ])
})

it.each([
  [1234.5, "1,235"],
  [99.94, "99.9"],
  [0.012345, "0.0123"],
  [2, "2"],
  [-150.2, "-150"]
])("%d is written %s", (value, text) => {
  expect(Report.number(value)).toBe(text)
})
