/** Starts the processes of the benchmark: those that measure, all with the same flags, and the sink in another. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Data, Duration, Effect, ExecutionStrategy, Exit, Scope } from "effect"
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

/** The next thing that a process says. */
const heard = <A>(child: ChildProcess): Effect.Effect<A, NoResult> =>
  Effect.async((resume) => {
    const leave = () => child.off("message", said).off("exit", ended)
    const end = (effect: Effect.Effect<A, NoResult>) => {
      leave()
      resume(effect)
    }
    const said = (message: A) => end(Effect.succeed(message))
    const ended = (code: number | null, signal: string | null) =>
      end(new NoResult({ why: `its process ended (${signal ?? code})` }))
    if (child.exitCode !== null || child.signalCode !== null) return ended(child.exitCode, child.signalCode)
    child.on("message", said)
    child.on("exit", ended)
    return Effect.sync(leave)
  })

/** Starts a sink; gives its port. */
export const sink: Effect.Effect<number, NoResult, Scope.Scope> = Effect.flatMap(start("sinkProcess"), heard<number>)

/** Has something measured, which may take so long. */
export type Measure = <N extends Name>(
  name: N,
  params: Params<N>,
  limit: Duration.DurationInput
) => Effect.Effect<Result<N>, NoResult>

const ask = <N extends Name>(
  child: ChildProcess,
  name: N,
  params: Params<N>,
  limit: Duration.DurationInput
): Effect.Effect<Result<N>, NoResult> =>
  Effect.gen(function* () {
    const question: Question = { name, params }
    child.send(question, () => {})
    const answer = yield* heard<Answer>(child)
    if ("failed" in answer) return yield* new NoResult({ why: answer.failed.split("\n")[0] ?? "it failed" })
    // Each name has an answer of its own shape.
    return answer.value as Result<N>
  }).pipe(
    Effect.timeoutFail({
      duration: limit,
      onTimeout: () => new NoResult({ why: `not done within ${Number(Duration.toSeconds(limit).toPrecision(2))} s` })
    })
  )

/** Each in a process of its own. */
export const fresh: Measure = (name, params, limit) =>
  Effect.scoped(Effect.flatMap(start("childProcess"), (child) => ask(child, name, params, limit)))

/** What is measured of ours alone, and needs not say whose it is. */
const ofOurs: ReadonlySet<Name> = new Set<Name>(["cache", "destinations"])

/** Whose process it is measured in, where each peer has one. */
export const processOf = <N extends Name>(name: N, params: Params<N>): string =>
  "kind" in params ? params.kind : ofOurs.has(name) ? "ours" : name

/**
 * All of one peer in one process, which saves the time to start and to compile, and costs them their independence. What fails takes its process with it.
 */
export const shared: Effect.Effect<Measure, never, Scope.Scope> = Effect.map(Effect.scope, (scope): Measure => {
  const started = new Map<string, { readonly child: ChildProcess; readonly scope: Scope.CloseableScope }>()
  const processFor = (key: string) =>
    Effect.gen(function* () {
      const known = started.get(key)
      if (known !== undefined) return known.child
      const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      const child = yield* Scope.extend(start("childProcess"), own)
      started.set(key, { child, scope: own })
      return child
    })
  const end = (key: string) =>
    Effect.suspend(() => {
      const known = started.get(key)
      started.delete(key)
      return known === undefined ? Effect.void : Scope.close(known.scope, Exit.void)
    })
  return (name, params, limit) => {
    const key = processOf(name, params)
    return Effect.flatMap(processFor(key), (child) => ask(child, name, params, limit)).pipe(
      Effect.tapError(() => end(key))
    )
  }
})
