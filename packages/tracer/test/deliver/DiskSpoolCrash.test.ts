/** What is left when a process is killed or may not write any more: real processes, real files. */
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, type Scope } from "effect"
import { acme, directory, globex, list, put, session, takeRecovered, until } from "./spooling.js"

const program = fileURLToPath(new URL("spoolChild.ts", import.meta.url))
const folder = fileURLToPath(new URL("../..", import.meta.url))

interface Child {
  readonly process: ChildProcess
  /** What it has said, the word before each text. */
  readonly said: (word: string) => ReadonlyArray<string>
  readonly ended: Effect.Effect<void>
}

const start = (command: string, args: ReadonlyArray<string>): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] })
      const lines: Array<string> = []
      createInterface({ input: child.stdout })
        .on("line", (line) => lines.push(line))
        .on("close", () => Deferred.unsafeDone(ended, Effect.void))
      const said = (word: string) =>
        lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
      return { process: child, said, ended: Deferred.await(ended) }
    }),
    (child) =>
      Effect.suspend(() => {
        child.process.kill("SIGKILL")
        return child.ended
      })
  )

const node = (path: string, role: string) => start(process.execPath, ["--import", "tsx", program, path, role])

it.scopedLive(
  "gives everything that was taken to whoever comes after a killed process, unless it was settled",
  () =>
    Effect.gen(function* () {
      const path = yield* directory
      const child = yield* node(path, "append")
      const acknowledged = () =>
        list(path).some((name) => name.endsWith(".settled") && fs.statSync(join(path, name)).size > 0)
      yield* until(() => child.said("appended").length > 400 && acknowledged())
      child.process.kill("SIGKILL")
      yield* child.ended
      const appended = child.said("appended")
      const settling = new Set(child.said("settling"))
      yield* session({ directory: path }, (spool) =>
        Effect.gen(function* () {
          const lost: Array<string> = []
          spool.watch((_, reason) => lost.push(reason))
          const found = new Set((yield* takeRecovered(spool)).map((spans) => spans?.[0]))
          for (const text of appended) if (!settling.has(text)) expect(found).toContain(text)
          // Some of what was settled is known to be, and nothing is there that was not asked for.
          expect(Array.from(settling).filter((text) => !found.has(text)).length).toBeGreaterThan(0)
          expect(found.size).toBeLessThanOrEqual(appended.length + 4)
          expect(new Set((yield* spool.recovered).map(({ id }) => id))).toEqual(new Set([acme, globex]))
          // A record may have been cut in the middle, which nobody was promised.
          expect(lost.length).toBeLessThanOrEqual(4)
          yield* put(spool, ["next"])
        })
      )
    }),
  60_000
)

it.scopedLive(
  "is refused to a second process, and is there at once for the next one when the first was killed",
  () =>
    Effect.gen(function* () {
      const path = yield* directory
      const first = yield* node(path, "hold")
      yield* until(() => first.said("holds").length === 1)
      expect(yield* Effect.flip(session({ directory: path }, Effect.succeed))).toMatchObject({
        _tag: "SpoolLocked",
        pid: first.process.pid
      })
      first.process.kill("SIGKILL")
      yield* first.ended
      yield* until(() => first.process.signalCode !== null)
      yield* session({ directory: path }, (spool) => put(spool, ["a"]))
    }),
  60_000
)

// A file may have 20 KiB; what is longer is refused with EFBIG.
it.scopedLive(
  "goes on in the next file when the system takes no more of this one",
  () =>
    Effect.gen(function* () {
      const path = yield* directory
      const shell = `ulimit -f 20; TSX_DISABLE_CACHE=1 exec "$0" --import tsx "$1" "$2" fill`
      const child = yield* start("bash", ["-c", shell, process.execPath, program, path])
      yield* child.ended
      const appended = child.said("appended")
      expect(child.said("refused").length).toBeGreaterThanOrEqual(3)
      expect(appended.length).toBeGreaterThan(30)
      yield* session({ directory: path }, (spool) =>
        Effect.gen(function* () {
          expect((yield* takeRecovered(spool)).map((spans) => spans?.[0])).toEqual(appended)
          expect(yield* spool.stats).toMatchObject({ unreadable: 0, lost: { spool_damaged: 0 } })
        })
      )
    }),
  60_000
)
