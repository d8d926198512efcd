/** `npm run bench`: TenantTracer and its peers on the same work, and what became of each promise. */
import { fileURLToPath } from "node:url"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Either } from "effect"
import * as Charts from "./Charts.js"
import * as Guard from "./Guard.js"
import * as Launch from "./Launch.js"
import * as Options from "./Options.js"
import * as Page from "./Page.js"
import * as Report from "./Report.js"
import type * as Suite from "./Suite.js"
import { suites } from "./Suites.js"

const page = fileURLToPath(new URL("../../../docs/performance.md", import.meta.url))
const folder = fileURLToPath(new URL("../../../docs/performance", import.meta.url))

const exit = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

const json = (results: Report.Results): string => `${JSON.stringify(results, null, 2)}\n`

/** The marks that were not measured this time stay what they were. */
const whole = (results: Report.Results) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const before = JSON.parse(yield* files.readFileString(`${folder}/results.json`)) as Report.Results
    const merged = Report.merged(before, results)
    if (!("differ" in merged)) return merged
    const why = `docs/performance was measured with another "${merged.differ}": leave --only out to write all of it`
    return yield* Effect.fail(new Error(why))
  })

const write = (measured: Report.Results, isWhole: boolean) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const results = isWhole ? measured : yield* whole(measured)
    const charts = Charts.make(results)
    const placed = Page.placed(yield* files.readFileString(page), Page.sections(results, charts))
    if ("missing" in placed) return yield* Effect.fail(new Error(`${page} has no place for "${placed.missing}"`))
    yield* files.makeDirectory(folder, { recursive: true })
    yield* files.writeFileString(`${folder}/results.json`, json(results))
    for (const { file, svg } of charts) yield* files.writeFileString(`${folder}/${file}`, svg)
    yield* files.writeFileString(page, placed.document)
    yield* Console.log(`docs/performance.md is written, with ${charts.length} charts`)
  })

const guard = (results: Report.Results) => {
  const problems = Guard.problems(results.marks)
  return problems.length === 0
    ? Console.log("no ratio is far beyond its limit")
    : Effect.zipRight(Console.error(`far beyond their limits:\n${problems.join("\n")}`), exit(1))
}

/** A short run may take longer than it should on a machine that is busy, rather than leave out what comes last; the whole run may not. */
const secondsOf = ({ seconds }: Suite.Suite, quick: boolean): number => (quick ? seconds.quick * 4 : seconds.full)

/** Mark 1 ends with what takes minutes: it comes last, and has what the others leave of their time. */
const inTurn = [...suites].sort((one, other) => Number(one.mark === 1) - Number(other.mark === 1))

const bench = (options: Options.Options) =>
  Effect.gen(function* () {
    const began = performance.now()
    const { quick } = options
    const rounds = options.rounds ?? (quick ? 1 : 3)
    const [port, otherPort] = yield* Effect.all([Launch.sink, Launch.sink], { concurrency: 2 })
    const measure = quick ? yield* Launch.shared : Launch.fresh
    // Some of the marks alone have twice the time of all of them: enough for all that the whole run leaves out.
    const isWhole = options.only.length === suites.length
    const spare = isWhole ? 0 : 2 * suites.reduce((sum, suite) => sum + secondsOf(suite, quick), 0)
    let until = began + spare * 1000
    const found = yield* Effect.forEach(
      inTurn.filter(({ mark }) => options.only.includes(mark)),
      (suite) => {
        until += secondsOf(suite, quick) * 1000
        const plan: Suite.Plan = {
          port,
          otherPort,
          quick,
          rounds,
          limit: quick ? "30 seconds" : "60 seconds",
          until,
          measure,
          profiles: options.profiles,
          log: (line) => Console.log(line)
        }
        const started = performance.now()
        return Console.log(`${suite.mark} ${suite.title}`).pipe(
          Effect.zipRight(suite.run(plan)),
          Effect.tap(() => Console.log(`  ${Math.round((performance.now() - started) / 1000)} s\n`))
        )
      }
    )
    const seconds = Math.round((performance.now() - began) / 1000)
    const results = Report.results(found, Report.machine({ quick, rounds, seconds }))
    yield* Console.log(`${Report.text(results)}\n\n${seconds} s`)
    const files = yield* FileSystem.FileSystem
    if (options.json !== undefined) yield* files.writeFileString(options.json, json(results))
    if (options.write) yield* write(results, isWhole)
    if (options.guard) yield* guard(results)
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
