/** What the command line says. */
import { parseArgs } from "node:util"
import { Either } from "effect"

/** How the benchmark is run. */
export interface Options {
  readonly quick: boolean
  readonly json: string | undefined
  readonly write: boolean
  readonly guard: boolean
  readonly help: boolean
  /** The marks that are looked into. */
  readonly only: ReadonlyArray<number>
  readonly rounds: number | undefined
  readonly profiles: string | undefined
}

/** What it says about itself. */
export const usage = `Usage: npm run bench -- [--quick] [--only 1,4] [--json FILE] [--write] [--guard]

  --quick        in little more than a minute: fewer tenants, one round, numbers to be taken with salt
  --only LIST    these marks alone, such as 1,4
  --rounds N     how often each thing is measured; the middle counts (default 3, quick 1)
  --json FILE    all marks and rows as JSON
  --write        put tables and charts into docs/performance.md and docs/performance/; with --only the other marks stay
  --guard        fail where a ratio is far beyond its limit; with --quick, for continuous integration
  --profile DIR  CPU and heap profiles of what is ours, for the developer tools of a browser`

const positive = (text: string, name: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name} takes whole numbers above zero, not "${text}"`)
  return value
}

/** Reads it; what is wrong in words. `marks` are those that there are. */
export const parse = (args: ReadonlyArray<string>, marks: ReadonlyArray<number>): Either.Either<Options, string> =>
  Either.try({
    try: () => {
      const { values } = parseArgs({
        args: [...args],
        options: {
          quick: { type: "boolean", default: false },
          only: { type: "string" },
          rounds: { type: "string" },
          json: { type: "string" },
          write: { type: "boolean", default: false },
          guard: { type: "boolean", default: false },
          profile: { type: "string" },
          help: { type: "boolean", default: false }
        }
      })
      const only = values.only === undefined ? marks : values.only.split(",").map((text) => positive(text, "--only"))
      const unknown = only.find((mark) => !marks.includes(mark))
      if (unknown !== undefined) throw new Error(`there is no mark ${unknown}, but ${marks.join(", ")}`)
      return {
        quick: values.quick,
        json: values.json,
        write: values.write,
        guard: values.guard,
        help: values.help,
        only,
        rounds: values.rounds === undefined ? undefined : positive(values.rounds, "--rounds"),
        profiles: values.profile
      }
    },
    catch: (error) => (error instanceof Error ? error.message : String(error))
  })
