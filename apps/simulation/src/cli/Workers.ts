/** Processes that play seeds, one for each core, because a history is played in one go. */
import { fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Bugs from "../bugs/Bugs.js"
import type { Result } from "./Result.js"

/** A worker that ended before it had answered. */
export class WorkerError extends Data.TaggedError("WorkerError")<{ readonly message: string }> {}

interface Worker {
  readonly play: (seed: number) => Effect.Effect<Result, WorkerError>
}

/** The address of the hook that brings a bug back, with the files and their texts in it. */
const hookOf = (bug: Bugs.Bug | undefined): string => {
  const hook = new URL("../bugs/hook.mjs", import.meta.url)
  if (bug !== undefined) hook.searchParams.set("patch", JSON.stringify(Bugs.patch(bug)))
  return hook.href
}

const flags = (bug: Bugs.Bug | undefined): Array<string> => [
  // The first comes to see a file before the others do.
  ...["--import", hookOf(bug), "--import", import.meta.resolve("tsx")],
  // Most of what a history makes is gone with its next step.
  "--max-semi-space-size=64",
  "--stack-trace-limit=5"
]

const start = (bug: Bugs.Bug | undefined): Effect.Effect<Worker, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      fork(fileURLToPath(new URL("worker.ts", import.meta.url)), [], {
        execArgv: flags(bug),
        stdio: ["ignore", "inherit", "inherit", "ipc"]
      })
    ),
    (child) => Effect.sync(() => child.kill())
  ).pipe(
    Effect.map((child) => ({
      play: (seed) =>
        Effect.async<Result, WorkerError>((resume) => {
          const onExit = (code: number | null) =>
            resume(new WorkerError({ message: `the process that played seed ${seed} ended with code ${code}` }))
          const onMessage = (result: unknown) => {
            child.off("exit", onExit)
            // The worker sends nothing else.
            resume(Effect.succeed(result as Result))
          }
          child.once("exit", onExit)
          child.once("message", onMessage)
          child.send(seed)
          return Effect.sync(() => {
            child.off("exit", onExit)
            child.off("message", onMessage)
          })
        })
    }))
  )

/** Plays the seeds, each as soon as a worker is free, and tells of each as soon as it is known; false from `onResult` ends it. */
export const play = (options: {
  readonly from: number
  readonly seeds: number
  readonly bug: Bugs.Bug | undefined
  readonly onResult: (result: Result) => Effect.Effect<boolean>
}): Effect.Effect<void, WorkerError> => {
  const { bug, from, onResult, seeds } = options
  let next = from
  const work = (worker: Worker): Effect.Effect<void, WorkerError> =>
    Effect.suspend(() => {
      if (next >= from + seeds) return Effect.void
      return Effect.flatMap(worker.play(next++), (result) =>
        Effect.flatMap(onResult(result), (goesOn) => {
          if (!goesOn) next = Number.POSITIVE_INFINITY
          return work(worker)
        })
      )
    })
  const one = Effect.scoped(Effect.flatMap(start(bug), work))
  return Effect.all(
    Array.from({ length: Math.min(seeds, availableParallelism()) }, () => one),
    { concurrency: "unbounded", discard: true }
  )
}
