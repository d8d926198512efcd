/** What was tried of other people's programs, and how it went. */
import { Effect } from "effect"

export interface Check {
  readonly program: string
  readonly what: string
  readonly result: "passed" | "failed" | "skipped"
  /** Why, where it did not pass. */
  readonly why: string
}

/** A check that passes where nothing differs. */
export const compared = (program: string, what: string, differences: ReadonlyArray<string>): Check => ({
  program,
  what,
  result: differences.length === 0 ? "passed" : "failed",
  why: differences.slice(0, 5).join("; ")
})

/** What could not be had here is skipped and says why; what was had and then failed is a failure. */
export class NotHere {
  readonly _tag = "NotHere"
  constructor(readonly why: string) {}
}

export const part = (
  program: string,
  checks: Effect.Effect<ReadonlyArray<Check>, NotHere | Error>
): Effect.Effect<ReadonlyArray<Check>> =>
  Effect.catchAll(checks, (problem) => {
    const result = problem instanceof NotHere ? "skipped" : "failed"
    return Effect.succeed([
      { program, what: "all of it", result, why: problem instanceof NotHere ? problem.why : problem.message } as const
    ])
  })

/** A line each, and how many there were. */
export const table = (checks: ReadonlyArray<Check>): string => {
  const width = (of: (check: Check) => string) => Math.max(0, ...checks.map((check) => of(check).length))
  const [program, what] = [width((check) => check.program), width((check) => check.what)]
  const lines = checks.map(
    (check) => `${check.result.padEnd(7)}  ${check.program.padEnd(program)}  ${check.what.padEnd(what)}  ${check.why}`
  )
  const count = (result: Check["result"]) => checks.filter((check) => check.result === result).length
  return [
    ...lines.map((line) => line.trimEnd()),
    "",
    `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`
  ].join("\n")
}

/** Whatever went wrong, as what a part fails with. */
export const problem = (cause: unknown): NotHere | Error =>
  cause instanceof NotHere || cause instanceof Error ? cause : new Error(String(cause))
