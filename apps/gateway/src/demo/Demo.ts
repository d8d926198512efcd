/** The demo from beginning to end. */
import type * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Capture from "./Capture.js"
import * as Cast from "./Cast.js"
import * as Checks from "./Checks.js"
import * as Expected from "./Expected.js"
import * as Received from "./Received.js"
import * as Report from "./Report.js"
import * as Traffic from "./Traffic.js"
import * as World from "./World.js"

/** How to run it. */
export interface Options {
  readonly exit: boolean
  readonly json: boolean
  readonly capture?: string | undefined
  readonly isTerminal: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

// All waiting together; what has not arrived by then is missing, and the checks say what.
const patience = "12 seconds"

const print = (lines: ReadonlyArray<string>): Effect.Effect<void> => Console.log(lines.join("\n"))

/** Waits until everything that should arrive has arrived, or patience ends. */
const arrival = (world: World.World, results: ReadonlyArray<Traffic.Result>): Effect.Effect<void> => {
  const expected = (tenant: string) =>
    results
      .filter((result) => result.tenant === tenant)
      .reduce((sum, { scene }) => sum + (scene === "wrong key" ? 0 : Expected.spansOf(Expected.trees[scene])), 0)
  const expectedAtOperator = results.reduce(
    (sum, { scene }) => sum + Expected.spansOf(Expected.treesAtOperator[scene]),
    0
  )
  return Effect.all(
    [
      ...world.players.map(({ backend, id }) => backend.awaitSpans(id, expected(id))),
      world.collector.awaitSpans(
        World.operator,
        (spans) =>
          Received.requestsOf(Received.tracesOf(spans)).reduce((sum, trace) => sum + trace.spans.length, 0) >=
          expectedAtOperator
      )
    ],
    { concurrency: "unbounded" }
  ).pipe(
    Effect.timeout(patience),
    Effect.catchTag("TimeoutException", () => Console.log(`\nNot everything arrived within ${patience}.`)),
    // What comes on top of it must not be overlooked.
    Effect.zipRight(world.flush)
  )
}

const evidenceOf = (
  world: World.World,
  results: ReadonlyArray<Traffic.Result>,
  strangers: Checks.Evidence["strangers"]
): Effect.Effect<Checks.Evidence> =>
  Effect.gen(function* () {
    return {
      tenants: yield* Effect.forEach(world.players, (tenant) =>
        Effect.map(Received.read(tenant.backend, tenant.id), (received) => ({ tenant, received }))
      ),
      operator: yield* Received.read(world.collector, World.operator),
      results,
      strangers,
      ledger: (yield* world.status).ledger
    }
  })

/** Prints each further trace shortly after its first spans have arrived. */
const narrate = (name: string, account: string, backend: Receiver.Receiver.Service): Effect.Effect<never> =>
  Effect.gen(function* () {
    const known = (yield* backend.spans(account)).length
    yield* backend.awaitSpans(account, known + 1)
    // A trace may come in two batches.
    yield* Effect.sleep("250 millis")
    const traces = Received.tracesOf((yield* backend.spans(account)).slice(known))
    yield* print(
      traces.flatMap(({ picture }) => [
        "",
        `${name} received:`,
        "",
        ...picture.split("\n").map((line) => `    ${line}`)
      ])
    )
  }).pipe(Effect.forever)

/** Runs the demo. Without `exit` it goes on until it is interrupted. Gives whether every check held. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const paint = options.isTerminal ? Report.coloured : Report.plain
    const world = yield* World.make
    yield* print(Report.opening(paint, world))
    const stranger = Cast.stranger()
    const results = yield* Traffic.send(world, stranger)
    yield* arrival(world, results)
    const evidence = yield* evidenceOf(world, results, stranger.canaries)
    const checks = Checks.verdicts(evidence)
    const summary = Checks.summary(evidence, checks)
    yield* print([
      ...Report.received(paint, evidence),
      ...Report.verdicts(paint, checks),
      ...Report.ledger(paint, evidence.ledger)
    ])
    if (options.capture !== undefined) {
      yield* Capture.write(options.capture, evidence)
      yield* Console.log(`What each back end received is in ${options.capture}.`)
    }
    const seconds = ((yield* Clock.currentTimeMillis) - options.startedAt) / 1000
    yield* print(Report.closing(paint, summary.ok, seconds))
    if (!options.exit) yield* print(Report.nextSteps(paint, world))
    if (options.json) yield* Console.log(JSON.stringify(summary))
    if (!options.exit) {
      yield* Effect.forEach(world.players, ({ backend, id, title }) =>
        Effect.forkScoped(narrate(`${id}'s ${title}`, id, backend))
      )
      return yield* Effect.never
    }
    return summary.ok
  }).pipe(Effect.scoped)
