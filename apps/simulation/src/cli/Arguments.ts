/** What the command line asks for. */
import { parseArgs } from "node:util"
import * as Either from "effect/Either"
import * as Bugs from "../bugs/Bugs.js"

/** What to do. */
export type Arguments =
  | { readonly _tag: "Help" }
  | { readonly _tag: "ListBugs" }
  | {
      readonly _tag: "Simulate"
      readonly from: number
      readonly seeds: number
      readonly bug: Bugs.Bug | undefined
      /** Stop at the first seed that fails. */
      readonly bail: boolean
    }

/** How to call it. */
export const usage = `Usage: npm run simulate -- [--seeds N] [--from S] [--seed S] [--with-bug NAME] [--bail]
       npm run simulate -- --list-bugs

  --seeds N        play the histories of N seeds; default 200
  --from S         the first of them; default 1
  --seed S         play the history of this seed alone
  --with-bug NAME  bring back a bug that the library must never have
  --list-bugs      print the names of those bugs, one a line
  --bail           stop at the first seed that fails

The exit code is 0 when every history went well, 1 when one did not, 2 for wrong arguments.`

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
            "with-bug": { type: "string" },
            "list-bugs": { type: "boolean", default: false },
            bail: { type: "boolean", default: false },
            help: { type: "boolean", default: false }
          }
        }).values,
      catch: (error) => (error instanceof Error ? error.message : String(error))
    })
    if (values.help) return { _tag: "Help" }
    if (values["list-bugs"]) return { _tag: "ListBugs" }
    if (values.seed !== undefined && (values.seeds ?? values.from) !== undefined)
      return yield* Either.left("--seed is for one seed: leave out --seeds and --from")
    const from = yield* wholeNumber("from", values.from, 1, 0)
    return {
      _tag: "Simulate",
      from: yield* wholeNumber("seed", values.seed, from, 0),
      seeds: values.seed === undefined ? yield* wholeNumber("seeds", values.seeds, 200, 1) : 1,
      bug: yield* bugOf(values["with-bug"]),
      bail: values.bail
    }
  })
