/**
 * The one place where the spool meets the disk: what it needs of a file system, with every failure as a value. None of it can be interrupted, for
 * the system goes on with what it has begun.
 */
import * as fs from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** The system's own code, such as `ENOSPC`. */
export class FileError extends Data.TaggedError("FileError")<{ readonly code: string }> {}

/** An open file. */
export interface File {
  /** Fills as much of the buffer as there are bytes from this position on, and says how many that were. */
  readonly read: (into: Uint8Array, position: number) => Effect.Effect<number, FileError>
  /** Writes all of the bytes; when it fails some may have been written. A file that was opened to append takes no position. */
  readonly write: (bytes: Uint8Array, position?: number) => Effect.Effect<void, FileError>
  /** What was written is on the disk. */
  readonly sync: Effect.Effect<void, FileError>
  readonly truncate: (size: number) => Effect.Effect<void, FileError>
  readonly info: Effect.Effect<{ readonly size: number; readonly touchedAt: number }, FileError>
  readonly close: Effect.Effect<void>
}

/** A file system. What it makes is its owner's alone: 0700 and 0600. */
export interface Files {
  readonly makeDirectory: (path: string) => Effect.Effect<void, FileError>
  /** The names of the plain files in it. */
  readonly list: (directory: string) => Effect.Effect<ReadonlyArray<string>, FileError>
  /** To read, to make one that is not there (`EEXIST`), or to append to one that may be. */
  readonly open: (path: string, how: "read" | "create" | "append") => Effect.Effect<File, FileError>
  /** The entries of the directory are on the disk. */
  readonly syncDirectory: (path: string) => Effect.Effect<void, FileError>
  readonly rename: (from: string, to: string) => Effect.Effect<void, FileError>
  /** Sets when the file was last touched, in milliseconds since the epoch. */
  readonly touch: (path: string, time: number) => Effect.Effect<void, FileError>
  /** One that is not there is no error. */
  readonly remove: (path: string) => Effect.Effect<void, FileError>
}

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : "UNKNOWN"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, FileError> =>
  Effect.uninterruptible(Effect.tryPromise({ try: run, catch: (error) => new FileError({ code: codeOf(error) }) }))

const fail = (code: string): never => {
  throw Object.assign(new Error(code), { code })
}

const file = (handle: fs.FileHandle): File => ({
  read: (into, position) =>
    attempt(async () => {
      let filled = 0
      while (filled < into.length) {
        const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled
    }),
  write: (bytes, position) =>
    attempt(async () => {
      let written = 0
      while (written < bytes.length) {
        const at = position === undefined ? null : position + written
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, at)
        if (bytesWritten === 0) fail("EIO")
        written += bytesWritten
      }
    }),
  sync: attempt(() => handle.datasync()),
  truncate: (size) => attempt(() => handle.truncate(size)),
  info: Effect.map(
    attempt(() => handle.stat()),
    ({ mtimeMs, size }) => ({ size, touchedAt: mtimeMs })
  ),
  close: Effect.ignore(attempt(() => handle.close()))
})

const flags = { read: "r", create: "wx", append: "a" }

/** Node's file system. */
export const node: Files = {
  makeDirectory: (path) => Effect.asVoid(attempt(() => fs.mkdir(path, { recursive: true, mode: 0o700 }))),
  list: (directory) =>
    Effect.map(
      attempt(() => fs.readdir(directory, { withFileTypes: true })),
      (entries) => entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    ),
  open: (path, how) =>
    Effect.map(
      attempt(() => fs.open(path, flags[how], 0o600)),
      file
    ),
  syncDirectory: (path) =>
    attempt(async () => {
      const directory = await fs.open(path, "r")
      await directory.sync().finally(() => directory.close())
    }),
  rename: (from, to) => attempt(() => fs.rename(from, to)),
  touch: (path, time) => attempt(() => fs.utimes(path, new Date(time), new Date(time))),
  remove: (path) => attempt(() => fs.rm(path, { force: true }))
}
