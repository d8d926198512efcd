/** `npm run simulate`: plays the histories of many seeds and says what happened in them. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Bugs from "./bugs/Bugs.js"
import * as Arguments from "./cli/Arguments.js"
import * as Commands from "./cli/Commands.js"
import type { StartError } from "./cli/Workers.js"

const exit = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const run = (args: Arguments.Arguments): Effect.Effect<boolean, StartError> => {
  switch (args._tag) {
    case "Help":
      return Effect.as(Console.log(Arguments.usage), true)
    case "ListBugs":
      return Effect.as(Console.log(Bugs.all.map(({ name }) => name).join("\n")), true)
    case "Seeds":
      return Commands.seeds(args)
    case "Seed":
      return Commands.seed(args)
    case "AllBugs":
      return Commands.allBugs(args)
  }
}

const program = Either.match(Arguments.parse(process.argv.slice(2)), {
  onLeft: (problem) => Effect.zipRight(Console.error(`${problem}\n\n${Arguments.usage}`), exit(2)),
  onRight: (args) =>
    run(args).pipe(
      Effect.flatMap((isWell) => exit(isWell ? 0 : 1)),
      Effect.catchTag("StartError", ({ message }) => Effect.zipRight(Console.error(message), exit(1)))
    )
})

NodeRuntime.runMain(program, { disablePrettyLogger: true })
