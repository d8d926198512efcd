/** Starts the processes of the benchmark: each measurement in a fresh one, all with the same flags, and the sink in another. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Data, Deferred, Duration, Effect, type Scope } from "effect"
import type { Name, Params, Result } from "./Tasks.js"

/** What a process is told. */
export interface Question {
  readonly name: Name
  readonly params: unknown
}

/** What it answers. */
export type Answer = { readonly value: unknown } | { readonly failed: string }

/** There is no number, and this is why. */
export class NoResult extends Data.TaggedError("NoResult")<{ readonly why: string }> {
  override get message(): string {
    return this.why
  }
}

const isBuilt = import.meta.url.endsWith(".js")

/** Where it was not built, as in its tests, it runs from its sources; no number of such a run is worth anything. */
const loader = isBuilt ? ["--import", new URL("register.js", import.meta.url).href] : ["--import", "tsx"]

const program = (name: string): string => fileURLToPath(new URL(`${name}.${isBuilt ? "js" : "ts"}`, import.meta.url))

const start = (name: string): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--expose-gc", ...loader, program(name)], {
        stdio: ["ignore", "inherit", "inherit", "ipc"]
      })
    ),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

/** The first thing that a process says. */
const heard = <A>(child: ChildProcess): Effect.Effect<A, NoResult> =>
  Effect.gen(function* () {
    const said = yield* Deferred.make<A, NoResult>()
    child.once("message", (message: A) => Deferred.unsafeDone(said, Effect.succeed(message)))
    child.once("exit", (code, signal) =>
      Deferred.unsafeDone(said, new NoResult({ why: `its process ended (${signal ?? code})` }))
    )
    return yield* Deferred.await(said)
  })

/** Starts a sink; gives its port. */
export const sink: Effect.Effect<number, NoResult, Scope.Scope> = Effect.flatMap(start("sinkProcess"), heard<number>)

/** Has something measured in a process of its own, which may take so long. */
export const measure = <N extends Name>(
  name: N,
  params: Params<N>,
  limit: Duration.DurationInput = "60 seconds"
): Effect.Effect<Result<N>, NoResult> =>
  Effect.scoped(
    Effect.gen(function* () {
      const child = yield* start("childProcess")
      const question: Question = { name, params }
      child.send(question, () => {})
      const answer = yield* heard<Answer>(child)
      if ("failed" in answer) return yield* new NoResult({ why: answer.failed.split("\n")[0] ?? "it failed" })
      // Each name has an answer of its own shape.
      return answer.value as Result<N>
    })
  ).pipe(
    Effect.timeoutFail({
      duration: limit,
      onTimeout: () => new NoResult({ why: `not done within ${Duration.toSeconds(limit)} s` })
    })
  )
