import { expect, it } from "@effect/vitest"
import * as Report from "../src/Report.js"
import type { Outcome } from "../src/Scenario.js"

const outcome = (fields: Partial<Outcome>): Outcome => ({
  made: 2000,
  received: 2000,
  again: 0,
  said: { lost: 0, errors: 0, waiting: 0 },
  notes: [],
  ...fields
})

it.each([
  [{}, "2,000 of 2,000 arrived"],
  [{ again: 3, notes: ["no socket open"] }, "2,000 of 2,000 arrived; 3 arrived twice; no socket open"],
  [{ received: 0, said: { lost: 2000, errors: 0, waiting: 0 } }, "0 of 2,000 arrived; 2,000 counted as lost"],
  [
    { received: 500, said: { lost: 1000, errors: 1, waiting: 100 } },
    "500 of 2,000 arrived; 1,000 counted as lost; 100 still wait; 400 lost without a number (a line in the log)"
  ],
  [
    { received: 1999, said: { lost: 0, errors: 2, waiting: 0 } },
    "1,999 of 2,000 arrived; 1 lost without a number (2 lines in the log)"
  ],
  // What was counted as lost and arrived all the same is not lost twice.
  [{ received: 1990, said: { lost: 50, errors: 0, waiting: 50 } }, "1,990 of 2,000 arrived; 10 counted as lost"]
])("%j is said as %s", (fields, said) => {
  expect(Report.cell(outcome(fields))).toBe(said)
})

it("says what failed, and what was not asked for", () => {
  expect(Report.cell("it ended (1)")).toBe("failed: it ended (1)")
  expect(Report.cell(undefined)).toBe("–")
})

it("puts a section between the marks, over the one before, and leaves the rest of the document alone", () => {
  const rows: ReadonlyArray<Report.Row> = [
    {
      scenario: { name: "a", title: "a fault", method: "What is done.", run: () => expect.fail("not run") },
      outcomes: { ours: outcome({}), stock: outcome({ received: 0 }) }
    }
  ]
  const document =
    "# Before\n\n<!-- begin: written by `npm run reliability -- --write` -->\nold\n<!-- end -->\n\n# After\n"
  const placed = Report.placed(document, Report.section(rows)) ?? ""
  expect(placed).toMatch(/^# Before\n[\s\S]+<!-- end -->\n\n# After\n$/)
  expect(placed).toContain(
    "| a fault | 2,000 of 2,000 arrived | 0 of 2,000 arrived; 2,000 lost without a number | – |\n"
  )
  expect(placed).toContain("- **a fault.** What is done.")
  expect(placed).not.toContain("old")
  expect(Report.placed(placed, "new")).toContain("\n\nnew\n\n")
  expect(Report.placed("# No marks", "new")).toBeUndefined()
})
