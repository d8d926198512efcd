/** What the command line asks for. */
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import * as Bugs from "../bugs/Bugs.js"

/** Which seeds, and on how many processes. */
export interface Range {
  readonly from: number
  readonly seeds: number
  readonly workers: number
}

/** What to do. With a bug, `Seeds` ends with the first seed that fails; `Seed` tells what happens. */
export type Arguments =
  | { readonly _tag: "Help" }
  | { readonly _tag: "ListBugs" }
  | (Range & { readonly _tag: "Seeds" | "Seed"; readonly bug: Bugs.Bug | undefined })
  | (Range & { readonly _tag: "AllBugs" })

/** How to call it. */
export const usage = `Usage: npm run simulate -- [--seeds N] [--from S] [--with-bug NAME | --all-bugs] [--workers N]
       npm run simulate -- --seed S [--with-bug NAME]
       npm run simulate -- --list-bugs

  --seeds N        play the histories of N seeds; default 200
  --from S         the first of them; default 1
  --seed S         play the history of this seed alone, and tell what happens in it
  --with-bug NAME  bring back a bug that the library must never have, and stop at the first seed that fails
  --all-bugs       the same for each bug in turn: one that is found has passed
  --list-bugs      print the names of the bugs, one a line
  --workers N      play on so many processes; default one for each core

The exit code is 0 when every history went well (with --all-bugs, when every bug was found), 1 when not, 2 for wrong arguments.`

const wholeNumber = (name: string, text: string | undefined, fallback: number, least: number) => {
  if (text === undefined) return Either.right(fallback)
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  return number >= least
    ? Either.right(number)
    : Either.left(`--${name}: "${text}" is not a whole number from ${least}`)
}

const bugOf = (name: string | undefined) => {
  if (name === undefined) return Either.right(undefined)
  const bug = Bugs.find(name)
  return bug === undefined
    ? Either.left(`--with-bug: there is no bug "${name}"; --list-bugs prints their names`)
    : Either.right(bug)
}

/** What cannot be said together. */
const clashes = [
  ["seed", "seeds"],
  ["seed", "from"],
  ["seed", "all-bugs"],
  ["with-bug", "all-bugs"]
] as const

/** Reads them; what is wrong is said in one line. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Arguments, string> =>
  Either.gen(function* () {
    const values = yield* Either.try({
      try: () =>
        parseArgs({
          args: [...args],
          options: {
            seeds: { type: "string" },
            from: { type: "string" },
            seed: { type: "string" },
            workers: { type: "string" },
            "with-bug": { type: "string" },
            "all-bugs": { type: "boolean" },
            "list-bugs": { type: "boolean" },
            help: { type: "boolean" }
          }
        }).values,
      catch: (error) => (error instanceof Error ? error.message : String(error))
    })
    if (values.help) return { _tag: "Help" }
    if (values["list-bugs"]) return { _tag: "ListBugs" }
    for (const [one, other] of clashes) {
      if (values[one] !== undefined && values[other] !== undefined)
        return yield* Either.left(`--${one} and --${other} do not go together`)
    }
    const bug = yield* bugOf(values["with-bug"])
    const seed = yield* wholeNumber("seed", values.seed, 1, 0)
    const range: Range = {
      from: yield* wholeNumber("from", values.from, seed, 0),
      seeds: yield* wholeNumber("seeds", values.seeds, values.seed === undefined ? 200 : 1, 1),
      workers: yield* wholeNumber("workers", values.workers, availableParallelism(), 1)
    }
    if (values["all-bugs"]) return { _tag: "AllBugs", ...range }
    return { _tag: values.seed === undefined ? "Seeds" : "Seed", ...range, bug }
  })
