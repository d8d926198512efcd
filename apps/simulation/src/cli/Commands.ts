/** What the command line does. Each command gives whether all went well. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Bugs from "../bugs/Bugs.js"
import type { Range } from "./Arguments.js"
import * as Report from "./Report.js"
import type { Played, Shortest } from "./Task.js"
import * as Workers from "./Workers.js"

/** Of so many seeds that failed the shortest history is looked for; they tend to fail for one reason. */
const maxShrunk = 5

const print = (lines: ReadonlyArray<string>): Effect.Effect<void> => Console.log(lines.join("\n"))

/** Where somebody watches. */
const progress = (text: string): Effect.Effect<void> =>
  Effect.sync(() => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  })

/** A seed without an answer has failed, at no step that is known. */
const playOr = (workers: Workers.Workers, _tag: "Play" | "Show", seed: number) =>
  Effect.catchTag(workers.run({ _tag, seed }), "TaskError", ({ message }) =>
    Effect.succeed<Played>({ seed, counts: {}, failed: { check: "worker", message, step: 0, length: 0 } })
  )

const hasFailed = ({ failed }: Played): boolean => failed !== undefined

/** Plays the seeds and gives what they came to in their order, whoever was first. */
const playAll = (workers: Workers.Workers, { from, seeds, workers: size }: Range) =>
  Stream.range(from, from + seeds - 1).pipe(
    // More than there are workers, so that none has to wait for another's seed that takes long.
    Stream.mapEffect((seed) => playOr(workers, "Play", seed), { concurrency: size === 1 ? 1 : 2 * size })
  )

const shrink = (
  workers: Workers.Workers,
  { failed, seed }: Played
): Effect.Effect<Shortest | undefined, Workers.StartError> =>
  failed?.check === "worker"
    ? Effect.succeed(undefined)
    : Effect.catchTag(workers.run({ _tag: "Shrink", seed }), "TaskError", () => Effect.succeed(undefined))

const tellFailures = (workers: Workers.Workers, all: ReadonlyArray<Played>) =>
  Effect.gen(function* () {
    const failing = all.filter(hasFailed)
    const shortest = yield* Effect.forEach(failing.slice(0, maxShrunk), (played) => shrink(workers, played), {
      concurrency: "unbounded"
    })
    for (const [index, { failed, seed }] of failing.entries())
      if (failed !== undefined) yield* print(Report.failure(seed, failed, shortest[index]))
    yield* print([...Report.faults(all), "", Report.sum(all.length - failing.length, failing.length)])
    return failing.length === 0
  })

/** Plays many seeds. */
export const seeds = (options: Range & { readonly bug: Bugs.Bug | undefined }) =>
  Effect.gen(function* () {
    const { bug } = options
    const workers = yield* Workers.make({ size: Math.min(options.workers, options.seeds), bug })
    const all: Array<Played> = []
    const played = playAll(workers, options)
    yield* Stream.runForEach(bug === undefined ? played : Stream.takeUntil(played, hasFailed), (played) => {
      all.push(played)
      return progress(`${all.length} of ${options.seeds} seeds, ${all.filter(hasFailed).length} failed`)
    })
    yield* progress("")
    return yield* tellFailures(workers, all)
  }).pipe(Effect.scoped)

/** Plays one seed and tells what happens in it. */
export const seed = ({ bug, from }: Range & { readonly bug: Bugs.Bug | undefined }) =>
  Effect.gen(function* () {
    const workers = yield* Workers.make({ size: 1, bug })
    return yield* tellFailures(workers, [yield* playOr(workers, "Show", from)])
  }).pipe(Effect.scoped)

/** The first seed that fails with the bug, and does not without it. */
export const findBug = (bug: Bugs.Bug, range: Range, sound: Workers.Workers) =>
  Effect.gen(function* () {
    const workers = yield* Workers.make({ size: 1, bug })
    return yield* playAll(workers, { ...range, workers: 1 }).pipe(
      Stream.filter(hasFailed),
      Stream.filterEffect(({ seed }) => Effect.map(playOr(sound, "Play", seed), (played) => !hasFailed(played))),
      Stream.runHead
    )
  }).pipe(Effect.scoped)

/** Plays seeds with each of the bugs until it is found. */
export const allBugs = (range: Range) =>
  Effect.gen(function* () {
    const sound = yield* Workers.make({ size: 1 })
    const width = Math.max(...Bugs.all.map(({ name }) => name.length))
    let missed = 0
    yield* Stream.fromIterable(Bugs.all).pipe(
      Stream.mapEffect((bug) => Effect.map(findBug(bug, range, sound), (found) => [bug, found] as const), {
        concurrency: range.workers
      }),
      Stream.runForEach(([{ name }, found]) => {
        if (Option.isNone(found)) missed++
        const what = Option.match(found, {
          onNone: () => `not found in ${Report.plural(range.seeds, "seed")}`,
          onSome: ({ failed, seed }) => `found at seed ${seed}: ${failed?.check}`
        })
        return Console.log(`${name.padEnd(width)}  ${what}`)
      })
    )
    yield* print(["", Report.sum(Bugs.all.length - missed, missed)])
    return missed === 0
  }).pipe(Effect.scoped)
