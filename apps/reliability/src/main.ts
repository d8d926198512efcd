/** `npm run reliability`: the same faults against every set-up, each in a process of its own, and the table of what came of them. */
import { parseArgs } from "node:util"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Either, Exit } from "effect"
import * as Report from "./Report.js"
import type { Scenario } from "./Scenario.js"
import { type Kind, kinds } from "./SetUp.js"
import * as Arrival from "./scenarios/Arrival.js"
import * as Credentials from "./scenarios/Credentials.js"
import * as Neighbours from "./scenarios/Neighbours.js"

const scenarios: ReadonlyArray<Scenario> = [...Arrival.scenarios, ...Neighbours.scenarios, ...Credentials.scenarios]

const usage = `Usage: npm run reliability -- [--write] [--only NAME]… [--set-up NAME]…

  --write        put the table into docs/reliability.md
  --only NAME    one fault: ${scenarios.map(({ name }) => name).join(", ")}
  --set-up NAME  one set-up: ${kinds.join(", ")}`

const document = new URL("../../../docs/reliability.md", import.meta.url).pathname

/** No fault takes longer, whatever a set-up makes of it. */
const limit = "3 minutes"

const options = Either.try({
  try: () =>
    parseArgs({
      options: {
        write: { type: "boolean", default: false },
        only: { type: "string", multiple: true },
        "set-up": { type: "string", multiple: true },
        help: { type: "boolean", default: false }
      }
    }).values,
  catch: (error) => (error instanceof Error ? error.message : String(error))
})

const outcomeOf = (scenario: Scenario, kind: Kind) =>
  Effect.scoped(scenario.run(kind)).pipe(
    Effect.timeoutFail({ duration: limit, onTimeout: () => new Error(`not over after ${limit}`) }),
    Effect.exit,
    Effect.map((exit) => [kind, Exit.isSuccess(exit) ? exit.value : Cause.pretty(exit.cause).split("\n")[0]] as const)
  )

const rowOf = (scenario: Scenario, chosen: ReadonlyArray<Kind>) =>
  Effect.forEach(
    (scenario.kinds ?? kinds).filter((kind) => chosen.includes(kind)),
    (kind) => outcomeOf(scenario, kind),
    { concurrency: "unbounded" }
  ).pipe(
    Effect.map((outcomes): Report.Row => ({ scenario, outcomes: Object.fromEntries(outcomes) })),
    Effect.tap((row) => Console.log(`${Report.text(row)}\n`))
  )

const exit = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const write = (rows: ReadonlyArray<Report.Row>) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const placed = Report.placed(yield* files.readFileString(document), Report.section(rows))
    if (placed === undefined) return yield* Effect.fail(new Error(`${document} has no marks to write between`))
    yield* files.writeFileString(document, placed)
    yield* Console.log("docs/reliability.md is written")
  })

const program = Either.match(options, {
  onLeft: (problem) => Effect.zipRight(Console.error(`${problem}\n\n${usage}`), exit(2)),
  onRight: (values) =>
    values.help
      ? Console.log(usage)
      : Effect.gen(function* () {
          const rows = yield* Effect.forEach(
            scenarios.filter(({ name }) => values.only?.includes(name) ?? true),
            (scenario) =>
              rowOf(
                scenario,
                kinds.filter((kind) => values["set-up"]?.includes(kind) ?? true)
              ),
            { concurrency: 2 }
          )
          if (values.write) yield* write(rows)
          const failed = rows.some(({ outcomes }) =>
            Object.values(outcomes).some((outcome) => typeof outcome === "string")
          )
          yield* exit(failed || rows.length === 0 ? 1 : 0)
        })
})

program.pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain({ disablePrettyLogger: true }))
