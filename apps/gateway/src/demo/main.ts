/** `npm run demo`: starts everything, sends real traffic, shows and checks what each back end received. */
import { parseArgs } from "node:util"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Demo from "./Demo.js"

const usage = `Usage: npm run demo -- [--exit] [--json] [--capture DIR]

  --exit         stop after the checks; without it the gateway goes on serving
  --json         the last line of the output is one JSON object with the results
  --capture DIR  write what each back end received to DIR/<tenant>/NNN.json, and DIR/canaries.json

The exit code is 0 when every check held, 1 when one did not, 2 for wrong arguments.`

const options = Either.try({
  try: () =>
    parseArgs({
      options: {
        exit: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        capture: { type: "string" },
        help: { type: "boolean", default: false }
      }
    }).values,
  catch: (error) => (error instanceof Error ? error.message : String(error))
})

const exit = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const program = Either.match(options, {
  onLeft: (problem) => Effect.zipRight(Console.error(`${problem}\n\n${usage}`), exit(2)),
  onRight: (values) =>
    values.help
      ? Console.log(usage)
      : Effect.gen(function* () {
          const startedAt = yield* Clock.currentTimeMillis
          const ok = yield* Demo.run({ ...values, startedAt, isTerminal: process.stdout.isTTY === true })
          yield* exit(ok ? 0 : 1)
        }).pipe(
          Effect.catchTag("SystemError", ({ message }) =>
            Effect.zipRight(Console.error(`--capture: choose a folder that can be written. ${message}`), exit(1))
          )
        )
})

// Standard output is the report; what the program logs goes beside it.
const logging = Layer.merge(
  Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)),
  Logger.minimumLogLevel(LogLevel.Warning)
)

program.pipe(
  Effect.provide(Layer.merge(NodeContext.layer, logging)),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
