/** `npm run simulate`: plays the histories of many seeds and says what happened in them. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Bugs from "./bugs/Bugs.js"
import * as Arguments from "./cli/Arguments.js"
import * as Report from "./cli/Report.js"
import type { Result } from "./cli/Result.js"
import * as Workers from "./cli/Workers.js"

const exit = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const print = (lines: ReadonlyArray<string>): Effect.Effect<void> =>
  lines.length === 0 ? Effect.void : Console.log(lines.join("\n"))

const simulate = (options: Extract<Arguments.Arguments, { readonly _tag: "Simulate" }>) =>
  Effect.gen(function* () {
    const results: Array<Result> = []
    yield* Workers.play({
      ...options,
      onResult: (result) => {
        results.push(result)
        return Effect.as(print(Report.failure(result)), !(options.bail && result.failed !== undefined))
      }
    })
    yield* print([...Report.faults(results), "", Report.sum(results)])
    yield* exit(results.every(({ failed }) => failed === undefined) ? 0 : 1)
  }).pipe(Effect.catchTag("WorkerError", ({ message }) => Effect.zipRight(Console.error(message), exit(1))))

const program = Either.match(Arguments.parse(process.argv.slice(2)), {
  onLeft: (problem) => Effect.zipRight(Console.error(`${problem}\n\n${Arguments.usage}`), exit(2)),
  onRight: (args) => {
    switch (args._tag) {
      case "Help":
        return Console.log(Arguments.usage)
      case "ListBugs":
        return print(Bugs.all.map(({ name }) => name))
      case "Simulate":
        return simulate(args)
    }
  }
})

NodeRuntime.runMain(program, { disablePrettyLogger: true })
