/** A set-up in a process of its own, as whoever makes the faults sees it: asked over a channel, killed with the scope at the latest. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Data, Deferred, Effect, Exit, type Scope } from "effect"
import type { Answer, Command, Question } from "./Channel.js"
import type { Footprint, Kind, Options, Said, Tenant } from "./SetUp.js"

/** The process ended, or could not do as it was told. */
export class SubjectError extends Data.TaggedError("SubjectError")<{ readonly detail: string }> {
  override get message(): string {
    return `the process of the set-up: ${this.detail}`
  }
}

/** A set-up that was started. */
export interface Subject {
  readonly kind: Kind
  readonly emit: (tenant: Tenant, requests: number) => Effect.Effect<void, SubjectError>
  /** Begins a request; what it gives ends it. */
  readonly open: (tenant: Tenant) => Effect.Effect<Effect.Effect<void, SubjectError>, SubjectError>
  readonly flush: Effect.Effect<void, SubjectError>
  readonly said: Effect.Effect<Said, SubjectError>
  readonly footprint: Effect.Effect<Footprint, SubjectError>
  /** Shuts the set-up down, and waits until it says that it is done. The process goes on, for what it has left undone. */
  readonly shutdown: Effect.Effect<void, SubjectError>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Waits for the end of the process. */
  readonly ended: Effect.Effect<void>
}

const program = fileURLToPath(new URL("child.ts", import.meta.url))

const launch = ({ fileBlocks }: Options, environment: Readonly<Record<string, string>>): ChildProcess => {
  const args = ["--expose-gc", "--import", "tsx", program]
  const [command, ...rest] =
    fileBlocks === undefined
      ? [process.execPath, ...args]
      : // A shell of which blocks are 1 KiB, as those of `sh` need not be.
        ["bash", "-c", `ulimit -f ${fileBlocks}; exec "$0" "$@"`, process.execPath, ...args]
  return spawn(command ?? "", rest, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
}

/** Starts a set-up, with these variables in its environment beside ours. */
export const make = (
  kind: Kind,
  options: Options = {},
  environment: Readonly<Record<string, string>> = {}
): Effect.Effect<Subject, SubjectError, Scope.Scope> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<void>()
    const pending = new Map<number, Deferred.Deferred<Answer["value"], SubjectError>>()
    let asked = 0
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch(options, environment)),
      (child) => {
        child.kill("SIGKILL")
        return Deferred.await(ended)
      }
    )
    const end = (detail: string) => {
      Deferred.unsafeDone(ended, Effect.void)
      for (const waiting of pending.values()) Deferred.unsafeDone(waiting, new SubjectError({ detail }))
      pending.clear()
    }
    child.once("exit", (code, signal) => end(`it ended (${signal ?? code})`))
    child.once("error", ({ message }) => end(message))
    child.on("message", ({ failed, id, value }: Answer) => {
      const waiting = pending.get(id)
      if (waiting === undefined) return
      pending.delete(id)
      Deferred.unsafeDone(
        waiting,
        failed === undefined ? Exit.succeed(value) : Exit.fail(new SubjectError({ detail: failed }))
      )
    })

    const ask = (command: Command): Effect.Effect<Answer["value"], SubjectError> =>
      Effect.gen(function* () {
        const answer = yield* Deferred.make<Answer["value"], SubjectError>()
        const question: Question = { id: ++asked, command }
        pending.set(question.id, answer)
        if (!child.connected || child.exitCode !== null) return yield* new SubjectError({ detail: "it has ended" })
        child.send(question, () => {})
        return yield* Deferred.await(answer)
      })
    // Each command has an answer of its own shape.
    const askFor = <A extends Answer["value"]>(command: Command) => Effect.map(ask(command), (value) => value as A)

    yield* ask({ _tag: "start", kind, options })
    return {
      kind,
      emit: (tenant, requests) => Effect.asVoid(ask({ _tag: "emit", tenant, requests })),
      open: (tenant) =>
        Effect.map(askFor<number>({ _tag: "open", tenant }), (request) => Effect.asVoid(ask({ _tag: "end", request }))),
      flush: Effect.asVoid(ask({ _tag: "flush" })),
      said: askFor<Said>({ _tag: "said" }),
      footprint: askFor<Footprint>({ _tag: "footprint" }),
      shutdown: Effect.asVoid(ask({ _tag: "shutdown" })),
      signal: (signal) => Effect.sync(() => void child.kill(signal)),
      ended: Deferred.await(ended)
    }
  })
