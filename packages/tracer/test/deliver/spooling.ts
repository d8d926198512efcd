/** Directories, keys and records for the tests of the spool. Files are real ones. */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Option, Redacted, type Scope, TestClock } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as DiskSpool from "../../src/deliver/DiskSpool.js"
import * as engine from "../../src/deliver/internal/spool/engine.js"
import * as files from "../../src/deliver/internal/spool/files.js"
import * as keys from "../../src/deliver/internal/spool/keys.js"
import type * as Spool from "../../src/deliver/Spool.js"

export const secret = "this is a secret of 32 bytes or more"
export const key: DiskSpool.Secret = Redacted.make(secret)

export const acme = DestinationId.make({ tenant: "acme", name: "langfuse" })
export const globex = DestinationId.make({ tenant: "globex", name: "langfuse" })

/** A directory that is removed when the scope closes. */
export const directory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "spool-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true }))
)

/** What a process does between opening a spool and closing it. */
export const session = <A, E>(
  options: Partial<DiskSpool.Options> & Pick<DiskSpool.Options, "directory">,
  use: (spool: Spool.Spool.Service) => Effect.Effect<A, E>
): Effect.Effect<A, E | Spool.SpoolError | Spool.SpoolLocked> =>
  Effect.scoped(Effect.flatMap(DiskSpool.make({ key, ...options }), use))

/** A spool with a file system of one's own. */
export const engineWith = (options: Partial<engine.Options> & Pick<engine.Options, "directory">) =>
  Effect.flatMap(keys.make(key), (made) =>
    engine.make({
      files: files.node,
      keys: made,
      maxBytes: 1024 ** 3,
      maxRecords: 1_000_000,
      maxAge: 86_400_000,
      segmentBytes: 16 * 1024 ** 2,
      fsync: "none",
      closeDeadline: "10 seconds",
      wallClock: Date.now,
      ...options
    })
  )

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const texts = (spans: ReadonlyArray<Uint8Array>): ReadonlyArray<string> =>
  spans.map((span) => new TextDecoder().decode(span))

export const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size))

/** "0", "1", … */
export const numbers = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, index) => `${index}`)

/** Appends texts as the spans of one record, which must be taken. */
export const put = (
  spool: Spool.Spool.Service,
  spans: ReadonlyArray<string>,
  id: DestinationId.DestinationId = acme
): Effect.Effect<Spool.Ref> =>
  Effect.flatMap(spool.append({ id, spans: spans.map(bytesOf) }), (ref) =>
    Option.isSome(ref) ? Effect.succeed(ref.value) : Effect.dieMessage("the record was not taken")
  )

/** The texts of a record; `undefined` if it is gone. */
export const take = (spool: Spool.Spool.Service, ref: Spool.Ref) =>
  Effect.map(spool.read(ref), (spans) => Option.getOrUndefined(Option.map(spans, texts)))

/** The texts of all records that earlier processes left. */
export const takeRecovered = (spool: Spool.Spool.Service) =>
  Effect.flatMap(spool.recovered, (refs) => Effect.forEach(refs, (ref) => take(spool, ref)))

/** The names of the files in a directory that are no locks, in order. */
export const list = (path: string): ReadonlyArray<string> =>
  fs
    .readdirSync(path)
    .filter((name) => !name.startsWith("lock."))
    .sort()

export const segments = (path: string): ReadonlyArray<string> => list(path).filter((name) => name.endsWith(".spool"))

/** Waits until something holds that the disk makes come true. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.async((resume) => {
    const look = () => setTimeout(() => (holds() ? resume(Effect.void) : look()), 2)
    look()
  })

/** Lets time pass until something holds that the spool does a moment later. */
export const inAMoment = (holds: () => boolean): Effect.Effect<void> =>
  TestClock.adjust("100 millis").pipe(Effect.zipRight(until(() => true)), Effect.repeat({ until: () => holds() }))

/** What a crash leaves: all files as they are now, in a directory of its own, and no process that has it. */
export const crashed = (from: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.tap(directory, (to) =>
    Effect.sync(() => {
      for (const name of list(from)) fs.copyFileSync(join(from, name), join(to, name))
    })
  )
