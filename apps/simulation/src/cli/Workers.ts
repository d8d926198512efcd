/** Processes that play seeds, because a history is played in one go; the library in them may be one with a bug. */
import { type ChildProcess, fork } from "node:child_process"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pool from "effect/Pool"
import type * as Scope from "effect/Scope"
import type * as Bugs from "../bugs/Bugs.js"
import * as Program from "./Program.js"
import type { Answers, Task } from "./Task.js"

/** Workers cannot be had: whatever is asked of them, it would be the same. */
export class StartError extends Data.TaggedError("StartError")<{ readonly message: string }> {}

/** No answer came: the worker ended, or took too long and was ended. */
export class TaskError extends Data.TaggedError("TaskError")<{ readonly message: string }> {}

/** Does each task as soon as a worker is free. */
export interface Workers {
  readonly run: <Tag extends Task["_tag"]>(
    task: Task & { readonly _tag: Tag }
  ) => Effect.Effect<Answers[Tag], StartError | TaskError>
}

const flags = [
  // Most of what a history makes is gone with its next step; collecting it takes turns with the other workers.
  "--max-semi-space-size=64",
  "--single-threaded-gc",
  "--stack-trace-limit=5",
  "--enable-source-maps"
]

/** The next message of a worker, or how it ended. */
const hear = (child: ChildProcess): Effect.Effect<unknown, TaskError> =>
  Effect.async<unknown, TaskError>((resume) => {
    const onExit = (code: number | null, signal: string | null) => {
      forget()
      resume(new TaskError({ message: `its process ended with ${signal ?? `code ${code}`}` }))
    }
    const onMessage = (message: unknown) => {
      forget()
      resume(Effect.succeed(message))
    }
    const forget = () => {
      child.off("exit", onExit)
      child.off("message", onMessage)
    }
    child.on("exit", onExit)
    child.on("message", onMessage)
    return Effect.sync(forget)
  })

const start = (program: string): Effect.Effect<ChildProcess, StartError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => fork(program, [], { execArgv: flags, stdio: ["ignore", "inherit", "inherit", "ipc"] })),
    // It may be in a circle, and hear nothing.
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  ).pipe(
    Effect.tap((child) =>
      Effect.mapError(hear(child), ({ message }) => new StartError({ message: `a worker did not start: ${message}` }))
    )
  )

/** Starts so many workers. A task that takes longer than `patience` (default 1 minute) fails, and its worker makes room for another one. */
export const make = (options: {
  readonly size: number
  readonly bug?: Bugs.Bug | undefined
  readonly patience?: Duration.DurationInput | undefined
}): Effect.Effect<Workers, StartError, Scope.Scope> =>
  Effect.gen(function* () {
    const { bug, patience = "1 minute", size } = options
    const program = yield* Effect.mapError(Program.build(bug), ({ message }) => new StartError({ message }))
    const pool = yield* Pool.make({ acquire: start(program), size })
    const ask = (child: ChildProcess, task: Task) =>
      Effect.zipRight(
        Effect.sync(() => child.send(task)),
        hear(child)
      ).pipe(
        Effect.timeoutFail({ duration: patience, onTimeout: () => new TaskError({ message: "it goes on and on" }) }),
        // Also where nobody waits for the answer any more: the next one must not hear it.
        Effect.onError(() => Pool.invalidate(pool, child))
      )
    return {
      run: <Tag extends Task["_tag"]>(task: Task & { readonly _tag: Tag }) =>
        Effect.scoped(Effect.flatMap(Pool.get(pool), (child) => ask(child, task))).pipe(
          // A worker answers what it was asked, and nothing else.
          Effect.map((answer) => answer as Answers[Tag])
        )
    }
  })
