/** `npm run bench`: TenantTracer and its peers on the same work, and what became of each promise. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Either } from "effect"
import * as Launch from "./Launch.js"
import * as Options from "./Options.js"
import * as Report from "./Report.js"
import type * as Suite from "./Suite.js"
import * as Delivery from "./suites/Delivery.js"
import * as Encoding from "./suites/Encoding.js"
import * as Memory from "./suites/Memory.js"
import * as RequestPath from "./suites/RequestPath.js"

const suites: ReadonlyArray<Suite.Suite> = [RequestPath.suite, Delivery.suite, Memory.suite, Encoding.suite]

const exit = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const bench = (options: Options.Options) =>
  Effect.gen(function* () {
    const began = performance.now()
    const port = yield* Launch.sink
    const plan: Suite.Plan = {
      port,
      quick: options.quick,
      rounds: options.rounds ?? (options.quick ? 1 : 3),
      profiles: options.profiles,
      log: (line) => Console.log(line)
    }
    const found = yield* Effect.forEach(
      suites.filter(({ mark }) => options.only.includes(mark)),
      (suite) =>
        Console.log(`${suite.mark} ${suite.title}`).pipe(
          Effect.zipRight(suite.run(plan)),
          Effect.tap(({ marks }) => Console.log(`${Report.text(marks)}\n`))
        )
    )
    const marks = found.flatMap(({ marks }) => marks)
    const rows = found.flatMap(({ rows }) => rows)
    yield* Console.log(`${Report.text(marks)}\n\n${Math.round((performance.now() - began) / 1000)} s`)
    const files = yield* FileSystem.FileSystem
    if (options.json !== undefined)
      yield* files.writeFileString(
        options.json,
        `${JSON.stringify({ marks, rows, machine: Report.machine() }, null, 2)}\n`
      )
  }).pipe(Effect.scoped)

const program = Either.match(
  Options.parse(
    process.argv.slice(2),
    suites.map(({ mark }) => mark)
  ),
  {
    onLeft: (problem) => Effect.zipRight(Console.error(`${problem}\n\n${Options.usage}`), exit(2)),
    onRight: (options) => (options.help ? Console.log(Options.usage) : bench(options))
  }
)

program.pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain({ disablePrettyLogger: true }))
