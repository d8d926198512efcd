/** Other people's programs: run to their end, or as long as a scope. Each is ended by its own id. */
import { spawn } from "node:child_process"
import * as Net from "node:net"
import { Effect, Schedule, type Scope } from "effect"

interface Options {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

const environment = (own: Options["env"]) => ({ ...process.env, ...own })

/** What it printed; fails with the last of what it said. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: Options = {}
): Effect.Effect<string, Error> =>
  Effect.async((resume) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: environment(options.env),
      stdio: ["ignore", "pipe", "pipe"]
    })
    const out: Array<Buffer> = []
    const err: Array<Buffer> = []
    child.stdout.on("data", (bytes: Buffer) => out.push(bytes))
    child.stderr.on("data", (bytes: Buffer) => err.push(bytes))
    child.on("error", (error) => resume(Effect.fail(error)))
    child.on("close", (code) => {
      const said = Buffer.concat(out).toString()
      const complaint = Buffer.concat(err).toString().trim().slice(-600)
      resume(
        code === 0
          ? Effect.succeed(said)
          : Effect.fail(new Error(`${command} ${args.join(" ")} ended with ${code}: ${complaint}`))
      )
    })
    return Effect.sync(() => child.kill())
  })

interface Server {
  /** The end of what it has printed. */
  readonly said: () => string
  /** Waits for what shows that it is up; fails with what it said where it ends before. */
  readonly up: <A>(sign: Effect.Effect<A, Error>) => Effect.Effect<A, Error>
}

/** Runs in the background until the scope closes, which waits for its end. */
export const serve = (
  command: string,
  args: ReadonlyArray<string>,
  options: Options = {}
): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(command, args, {
          cwd: options.cwd,
          env: environment(options.env),
          stdio: ["ignore", "pipe", "pipe"]
        })
        let said = ""
        const hear = (bytes: Buffer) => {
          said = (said + bytes.toString()).slice(-4000)
        }
        child.stdout.on("data", hear)
        child.stderr.on("data", hear)
        const ended = new Promise<void>((resolve) => {
          child.on("close", () => resolve())
          child.on("error", (error) => {
            said += error.message
            resolve()
          })
        })
        return { child, ended, said: () => said }
      }),
      ({ child, ended }) =>
        Effect.suspend(() => {
          child.kill("SIGTERM")
          return Effect.promise(() => ended).pipe(
            Effect.timeoutTo({ duration: "10 seconds", onTimeout: () => child.kill("SIGKILL"), onSuccess: () => true }),
            Effect.zipRight(Effect.promise(() => ended))
          )
        })
    ),
    ({ ended, said }) => ({
      said,
      up: (sign) =>
        Effect.raceFirst(
          sign,
          Effect.flatMap(
            Effect.promise(() => ended),
            () => Effect.fail(new Error(`${command} ended: ${said().trim().slice(-600)}`))
          )
        )
    })
  )

/** Ports of the loopback address that nobody had a moment ago. */
export const freePorts = (count: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.scoped(Effect.all(Array.from({ length: count }, () => heldPort)))

const heldPort = Effect.map(
  Effect.acquireRelease(
    Effect.async<Net.Server>((resume) => {
      const server = Net.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
  ),
  (server) => {
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  }
)

/** The answer of a URL as JSON, or as text where it is none. */
export const ask = (url: string, body?: unknown): Effect.Effect<unknown, Error> =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, {
        signal,
        ...(body !== undefined && {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body)
        })
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 300)}`)
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
    },
    catch: (error) => (error instanceof Error ? error : new Error(String(error)))
  })

/** Asks again, four times a second, until it answers as wanted. */
export const until = <A>(
  effect: Effect.Effect<A, Error>,
  isThere: (value: A) => boolean,
  what: string
): Effect.Effect<A, Error> =>
  effect.pipe(
    Effect.filterOrFail(isThere, () => new Error(`${what}: not there`)),
    Effect.retry(Schedule.spaced("250 millis")),
    Effect.timeoutFail({ duration: "2 minutes", onTimeout: () => new Error(`${what}: not within two minutes`) })
  )
