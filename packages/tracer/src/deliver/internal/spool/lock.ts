/**
 * One process for each directory. Whoever holds the file `lock.<n>` of the highest number has it: it says who that is, is touched every 10 seconds,
 * and is renamed when it is let go. To take over from one that is gone is to make the next number, which only one can do. Numbers never come again, so
 * nobody acts on a file that is not the one that he has judged.
 */
import { hostname } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { SpoolLocked } from "../../Spool.js"
import { FileError, type Files } from "./files.js"

/** A lock that was taken. */
export interface Lock {
  /**
   * Whether it is still ours; if it is time to, tells the others that we live. It is not, where this process stood still for so long that another one
   * took it for dead.
   */
  readonly check: Effect.Effect<boolean>
}

const beatEvery = 10_000
const staleAfter = 30_000

const Holder = Schema.parseJson(Schema.Struct({ host: Schema.String, pid: Schema.Int.pipe(Schema.positive()) }))

const entriesOf = (names: ReadonlyArray<string>) =>
  names.flatMap((name) => {
    const [, number, released] = /^lock\.(\d{1,12})(\.released)?$/.exec(name) ?? []
    return number === undefined ? [] : [{ name, number: Number(number), released: released !== undefined }]
  })

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It may belong to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const isHeld = (holder: typeof Holder.Type | undefined, touchedAt: number, now: number): boolean => {
  if (now - touchedAt > staleAfter) return false
  if (holder === undefined || holder.host !== hostname()) return true
  // Every container's first process may have our number; what was touched before we began is an earlier one's.
  if (holder.pid === process.pid) return touchedAt >= now - process.uptime() * 1000
  return isAlive(holder.pid)
}

/**
 * Takes the directory until the scope closes, or says who has it. `wallClock` is the time of the file system, in milliseconds since the epoch.
 */
export const acquire = (
  files: Files,
  directory: string,
  wallClock: () => number
): Effect.Effect<Lock, SpoolLocked | FileError, Scope.Scope> => {
  const list = Effect.map(files.list(directory), entriesOf)

  const judge = (name: string): Effect.Effect<void, SpoolLocked | FileError> =>
    Effect.acquireUseRelease(
      files.open(join(directory, name), "read"),
      (file) =>
        Effect.gen(function* () {
          const { touchedAt } = yield* file.info
          const bytes = Buffer.alloc(1024)
          const text = bytes.toString("utf8", 0, yield* file.read(bytes, 0))
          const holder = Option.getOrUndefined(Schema.decodeUnknownOption(Holder)(text))
          if (isHeld(holder, touchedAt, wallClock()))
            yield* new SpoolLocked({ directory, host: holder?.host, pid: holder?.pid })
        }),
      (file) => file.close
    )

  const create = (path: string) =>
    Effect.acquireUseRelease(
      files.open(path, "create"),
      // A full disk has room for no word in it; then whoever comes after a crash has to wait until it looks abandoned.
      (file) => Effect.ignore(file.write(Buffer.from(JSON.stringify({ host: hostname(), pid: process.pid })))),
      (file) => file.close
    )

  const tryOnce = Effect.gen(function* () {
    const before = yield* list
    const highest = before.reduce((number, entry) => Math.max(number, entry.number), 0)
    for (const { name, number, released } of before) if (number === highest && !released) yield* judge(name)
    const number = highest + 1
    const path = join(directory, `lock.${number}`)
    yield* create(path)
    // What we saw may be long past: others may have come and gone since, whose number was free for us only because they were.
    const after = (yield* list).filter(({ name }) => name !== `lock.${number}`)
    if (after.some((entry) => entry.number >= number)) {
      yield* files.remove(path)
      return yield* new FileError({ code: "EEXIST" })
    }
    yield* Effect.forEach(after, ({ name }) => Effect.ignore(files.remove(join(directory, name))), { discard: true })
    return path
  })

  const hold = (path: string): Lock => {
    let beatAt = wallClock()
    let held = true
    return {
      check: Effect.suspend(() => {
        const now = wallClock()
        if (!held || now - beatAt < beatEvery) return Effect.succeed(held)
        beatAt = now
        return Effect.match(files.touch(path, now), {
          onFailure: ({ code }) => {
            held = code !== "ENOENT"
            return held
          },
          onSuccess: () => true
        })
      })
    }
  }

  return Effect.acquireRelease(
    // Each time that it starts again somebody else has got further, and soon there is one who holds it.
    Effect.retry(tryOnce, {
      times: 10,
      while: (error) => error._tag === "FileError" && (error.code === "EEXIST" || error.code === "ENOENT")
    }),
    (path) => Effect.ignore(files.rename(path, `${path}.released`))
  ).pipe(Effect.map(hold))
}
