/** Has things measured in turns (A B C A B C …), so that whatever else the machine does meets all of them alike. */
import { Duration, Effect, Either } from "effect"
import * as Launch from "./Launch.js"
import type { Measured } from "./Mark.js"
import type { Options } from "./Peer.js"
import * as Sink from "./Sink.js"
import type { Name, Params, Result } from "./Tasks.js"

/** One thing to measure. `setting` says of it what a table has to know. */
export interface Cell<N extends Name = Name> {
  readonly name: N
  readonly params: Params<N>
  readonly setting: Setting
  /** In how many rounds. Default: in all. */
  readonly rounds?: number | undefined
  /** How long it may take. Default: as long as any. */
  readonly limit?: Duration.DurationInput | undefined
  /** So many seconds of it are a load that lasts as long with more. Default 0. */
  readonly steady?: number | undefined
}

/** In which circumstances something was measured. */
export type Setting = Readonly<Record<string, string | number | boolean>>

/** What came of a cell: each number of its result, and of the sink, by round; or why there is none. */
export interface Outcome {
  readonly setting: Setting
  readonly numbers: Readonly<Record<string, ReadonlyArray<number>>>
  readonly failed?: string | undefined
}

/** One number of an outcome. */
export const number = (outcome: Outcome | undefined, name: string): Measured => {
  if (outcome === undefined) return { values: [], failed: "not run" }
  return { values: outcome.numbers[name] ?? [], failed: outcome.failed }
}

/** Makes cells, with their results' type forgotten. */
export const cell = <N extends Name>(cell: Cell<N>): Cell => cell as unknown as Cell

/** What a run needs to know. */
export interface Environment {
  /** Where the sink is. */
  readonly port: number
  readonly rounds: number
  /** How long a cell may take. */
  readonly limit: Duration.DurationInput
  /** When the time for it is over, by `performance.now`; what has not begun by then is not run. */
  readonly until: number
  readonly measure: Launch.Measure
  readonly log: (line: string) => Effect.Effect<void>
}

/** What the peers are told that are measured over this sink, unless something else is said. */
export const options = ({ port }: Environment, given: Partial<Options> = {}): Options => ({
  endpoint: `http://127.0.0.1:${port}/v1/traces`,
  tenants: 256,
  capacity: Math.max(256, given.tenants ?? 256),
  encoding: "protobuf",
  compression: "none",
  messages: false,
  batchAge: 5000,
  ...given
})

const short = (value: unknown): string =>
  typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value)

/** What has no number because it was not its turn before the end. */
export const tooLate = "not run: the time for this mark was over"

/** Measures each cell in each round; one that gave nothing is not tried again. */
export const run = (environment: Environment, cells: ReadonlyArray<Cell>): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.gen(function* () {
    const found = cells.map(({ setting }) => ({ setting, numbers: {} as Record<string, Array<number>>, failed: "" }))
    for (let round = 0; round < environment.rounds; round++) {
      for (const [index, cell] of cells.entries()) {
        const outcome = found[index]
        if (outcome === undefined || outcome.failed !== "" || round >= (cell.rounds ?? environment.rounds)) continue
        if (performance.now() > environment.until) {
          if (round > 0) continue
          outcome.failed = tooLate
          yield* environment.log(`  ${cell.name} ${titleOf(cell)}: ${tooLate}`)
          continue
        }
        const result = yield* Effect.either(once(environment, cell))
        if (Either.isLeft(result)) {
          outcome.failed = result.left.why
          continue
        }
        for (const [name, value] of Object.entries(result.right)) {
          outcome.numbers[name] = [...(outcome.numbers[name] ?? []), value]
        }
      }
    }
    return found.map(({ failed, ...outcome }) => (failed === "" ? outcome : { ...outcome, failed }))
  })

/** Measures the same with more and more of something, until it is clear that the next step cannot be done in time. */
export const climb = (
  environment: Environment,
  steps: ReadonlyArray<{ readonly count: number; readonly cell: Cell }>
): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.gen(function* () {
    const outcomes: Array<Outcome> = []
    let before: Step | undefined
    for (const { cell, count } of steps) {
      const why = before && hopeless(before, count, Duration.toSeconds(cell.limit ?? environment.limit))
      const began = performance.now()
      const found = why === undefined ? yield* run({ ...environment, rounds: 1 }, [cell]) : []
      const outcome = found[0] ?? { setting: cell.setting, numbers: {}, failed: why }
      outcomes.push(outcome)
      before = {
        count,
        seconds: (performance.now() - began) / 1000,
        steady: cell.steady ?? 0,
        failed: outcome.failed
      }
      if (why !== undefined) yield* environment.log(`  ${cell.name} ${titleOf(cell)}: ${why}`)
    }
    return outcomes
  })

interface Step {
  readonly count: number
  readonly seconds: number
  /** Of these, those that more of it does not change. */
  readonly steady: number
  readonly failed: string | undefined
}

/** Why more of it is not tried; what is wrong with less is wrong with more. */
export const hopeless = (before: Step, count: number, limit: number): string | undefined => {
  const given = `${before.count.toLocaleString("en")}`
  if (before.failed !== undefined)
    return before.failed.startsWith("not run") ? before.failed : `not run: with ${given}, ${before.failed}`
  const { seconds, steady } = before
  // Half of the rest may not grow, either.
  const least = steady + ((seconds - steady) / 2) * (count / before.count)
  return least <= limit
    ? undefined
    : `not run: it took ${before.seconds.toFixed(0)} s with ${given}, which leaves no hope of ${limit} s`
}

const titleOf = ({ setting }: Cell): string => Object.values(setting).map(short).join(" ")

/** Nothing is lost, or there is no number. */
const once = (environment: Environment, cell: Cell): Effect.Effect<Record<string, number>, Launch.NoResult> =>
  Effect.gen(function* () {
    const { name, params } = cell
    const { port } = environment
    yield* Sink.reset(port)
    // The flat records of numbers that all results are.
    const result = (yield* environment.measure(name, params, cell.limit ?? environment.limit)) as Result<Name> &
      Record<string, number>
    const made = result.made ?? 0
    const counts = yield* Sink.settled(port, made, 5000)
    if (counts.spans !== made && made > 0)
      return yield* new Launch.NoResult({
        why: `${counts.spans < made ? "it lost spans" : "spans came twice"}: ${counts.spans} of ${made} arrived`
      })
    return { ...result, requests: counts.requests, sockets: counts.mostConnections, bytesSent: counts.bytes }
  }).pipe(
    Effect.tapBoth({
      onFailure: ({ why }) => environment.log(`  ${cell.name} ${titleOf(cell)}: ${why}`),
      onSuccess: (result) =>
        environment.log(
          `  ${cell.name} ${titleOf(cell)}: ${Object.entries(result)
            .map(([name, value]) => `${name} ${short(value)}`)
            .join(", ")}`
        )
    })
  )
