/** Has things measured in turns (A B C A B C …), so that whatever else the machine does meets all of them alike. */
import { type Duration, Effect, Either } from "effect"
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
  /** Default: 60 seconds. */
  readonly limit?: Duration.DurationInput | undefined
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

/** Measures each cell in each round; one that gave nothing is not tried again. */
export const run = (environment: Environment, cells: ReadonlyArray<Cell>): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.gen(function* () {
    const found = cells.map(({ setting }) => ({ setting, numbers: {} as Record<string, Array<number>>, failed: "" }))
    for (let round = 0; round < environment.rounds; round++) {
      for (const [index, cell] of cells.entries()) {
        const outcome = found[index]
        if (outcome === undefined || outcome.failed !== "" || round >= (cell.rounds ?? environment.rounds)) continue
        const result = yield* Effect.either(once(environment, cell))
        const what = Object.values(cell.setting).map(short).join(" ")
        if (Either.isLeft(result)) {
          outcome.failed = result.left.why
          yield* environment.log(`  ${cell.name} ${what}: ${result.left.why}`)
          continue
        }
        for (const [name, value] of Object.entries(result.right)) {
          outcome.numbers[name] = [...(outcome.numbers[name] ?? []), value]
        }
        const numbers = Object.entries(result.right).map(([name, value]) => `${name} ${short(value)}`)
        yield* environment.log(`  ${cell.name} ${what}: ${numbers.join(", ")}`)
      }
    }
    return found.map(({ failed, ...outcome }) => (failed === "" ? outcome : { ...outcome, failed }))
  })

/** Nothing is lost, or there is no number. */
const once = (
  { port }: Environment,
  { limit, name, params }: Cell
): Effect.Effect<Record<string, number>, Launch.NoResult> =>
  Effect.gen(function* () {
    yield* Sink.reset(port)
    // The flat records of numbers that all results are.
    const result = (yield* Launch.measure(name, params, limit)) as Result<Name> & Record<string, number>
    const made = "made" in result && !("kind" in params && params.kind === "native") ? result.made : 0
    const counts = yield* Sink.settled(port, made, 5000)
    if (counts.spans !== made && made > 0)
      return yield* new Launch.NoResult({ why: `it lost spans: ${counts.spans} of ${made} arrived` })
    return { ...result, requests: counts.requests, sockets: counts.mostConnections, bytesSent: counts.bytes }
  })
