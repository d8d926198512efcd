import { describe, expect, it } from "@effect/vitest"
import * as Report from "../../src/cli/Report.js"

const failed = { check: "ledger", message: "it does not balance", step: 3, length: 500 }

describe("Report", () => {
  it("shows a failure with its shortest history", () => {
    const shortest = { check: "ledger", message: "nor does it here", steps: ["wait 3 ms", "close"] }
    expect(Report.failure(7, failed, shortest).join("\n")).toBe(`
seed 7 failed at step 3 of 500: ledger: it does not balance
the shortest history that shows it (2 steps); --seed 7 plays the whole:
    1  wait 3 ms
    2  close
       ledger: nor does it here`)
  })

  it("shows one whose shortest history was not looked for", () => {
    expect(Report.failure(7, failed, undefined)).toEqual([
      "",
      "seed 7 failed at step 3 of 500: ledger: it does not balance"
    ])
  })

  it("names no step where none is known", () => {
    const lost = { check: "worker", message: "its process ended with SIGKILL", step: 0, length: 0 }
    expect(Report.failure(7, lost, undefined)[1]).toBe("seed 7 failed: worker: its process ended with SIGKILL")
  })

  it("sums up what happened, by name", () => {
    const seeds = [{ pause: 2, evict: 1 }, { pause: 40 }].map((counts, seed) => ({ seed, counts, failed: undefined }))
    expect(Report.faults(seeds)).toEqual(["", "what happened in 2 seeds:", "  evict  1", "  pause  42"])
    expect(Report.faults(seeds.slice(1))[1]).toBe("what happened in 1 seed:")
    expect(Report.faults([])).toEqual(["", "what happened in 0 seeds:"])
  })

  it("ends with the sum", () => {
    expect(Report.sum(1999, 1)).toBe("1999 passed, 1 failed")
  })
})
