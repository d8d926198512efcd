/**
 * The files of a spool: writes records to the segment of this process, acknowledgements beside any, and makes room. One at a time, in turn: whoever
 * calls sees to it (`read` alone may run beside).
 */
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { breathe } from "../../../internal/breathe.js"
import { type LossReason, type Ref, SpoolError } from "../../Spool.js"
import * as acknowledgement from "./acknowledgement.js"
import type { Catalog, Segment } from "./catalog.js"
import type { File, FileError, Files } from "./files.js"
import type { Keys } from "./keys.js"
import * as record from "./record.js"
import * as segmentFile from "./segmentFile.js"

/** What a store works with; ages in milliseconds. */
export interface Options {
  readonly files: Files
  readonly directory: string
  readonly keys: Keys
  readonly catalog: Catalog
  readonly clock: Clock.Clock
  readonly maxBytes: number
  readonly maxRecords: number
  readonly maxAge: number
  readonly segmentBytes: number
  readonly fsync: "none" | "batch"
}

/** None of it fails for what is on the disk, except where it says so. */
export interface Store {
  /** Writes all of the records at once, or none. The oldest segments go for them. */
  readonly write: (records: ReadonlyArray<record.Plain>) => Effect.Effect<ReadonlyArray<Ref>, FileError>
  readonly read: (ref: Ref) => Effect.Effect<Option.Option<ReadonlyArray<Uint8Array>>, SpoolError>
  /** Lets the oldest segments go where there is too much. */
  readonly makeRoom: Effect.Effect<void>
  /** Removes segments with nothing left, and writes down what is settled of the others. */
  readonly tend: Effect.Effect<void>
  /** Lets segments go that are too old, and does both of the others. */
  readonly tidy: Effect.Effect<void>
  readonly close: Effect.Effect<void>
}

const maxReads = 8
/** So much is encrypted without a turn of the event loop. */
const sliceBytes = 512 * 1024

/** Makes a store that has no open file. */
export const make = (options: Options): Store => {
  const { catalog, clock, directory, files, fsync, keys, maxAge, maxBytes, maxRecords, segmentBytes } = options
  const writer = randomBytes(8).toString("hex")
  const reads = Effect.unsafeMakeSemaphore(maxReads)
  let sequence = 0
  let current: { readonly segment: Segment; readonly file: File } | undefined

  const pathOf = (segment: Segment) => join(directory, segment.name)

  const close = Effect.suspend(() => {
    const file = current?.file
    current = undefined
    return file?.close ?? Effect.void
  })

  const remove = (segment: Segment): Effect.Effect<void, FileError> =>
    Effect.gen(function* () {
      if (current?.segment === segment) yield* close
      // In this order: without its acknowledgements, what is settled would be given again.
      yield* files.remove(pathOf(segment))
      yield* files.remove(pathOf(segment) + segmentFile.acknowledgements)
      catalog.removeSegment(segment)
    })

  const drop = (segment: Segment, reason: LossReason): Effect.Effect<void, FileError> =>
    Effect.suspend(() => {
      for (const ref of segment.records.values()) catalog.lose(ref, reason)
      segment.kept = false
      return remove(segment)
    })

  const makeRoomFor = (bytes: number, records: number): Effect.Effect<void, FileError> =>
    Effect.gen(function* () {
      while (catalog.bytes() + bytes > maxBytes || catalog.records() + records > maxRecords) {
        const oldest = catalog.oldest()
        if (oldest === undefined) return
        yield* drop(oldest, "spool_full")
      }
    })

  const begin: Effect.Effect<{ readonly segment: Segment; readonly file: File }, FileError> = Effect.gen(function* () {
    const createdAt = clock.unsafeCurrentTimeMillis()
    const name = segmentFile.make({ createdAt, sequence: sequence++, writer })
    const file = yield* files.open(join(directory, name), "create")
    current = { segment: catalog.addSegment({ name, createdAt, recovered: false }), file }
    if (fsync === "batch") yield* files.syncDirectory(directory)
    return current
  })

  const segmentFor = (bytes: number) =>
    Effect.gen(function* () {
      if (current === undefined) return yield* begin
      const { createdAt, size } = current.segment
      // A segment goes as a whole, so it must not span too long a time.
      const isOld = createdAt + maxAge / 10 < clock.unsafeCurrentTimeMillis()
      if (size + bytes <= segmentBytes && !isOld) return current
      yield* close
      return yield* begin
    })

  const seal = (records: ReadonlyArray<record.Plain>, into: Buffer) =>
    Effect.gen(function* () {
      let at = 0
      let slice = 0
      for (const plain of records) {
        record.seal(keys, plain, into.subarray(at, at + plain.length))
        at += plain.length
        slice += plain.length
        if (slice < sliceBytes) continue
        slice = 0
        yield* breathe
      }
    })

  // What was half written is cut off. If that fails, too, it is the end of a file to which nothing is written any more.
  const abandon = Effect.suspend(() => {
    if (current === undefined) return Effect.void
    const { file, segment } = current
    return Effect.ignore(segment.size === 0 ? remove(segment) : Effect.ensuring(file.truncate(segment.size), close))
  })

  const append = (records: ReadonlyArray<record.Plain>, length: number) =>
    Effect.gen(function* () {
      const { file, segment } = yield* segmentFor(length)
      const bytes = Buffer.allocUnsafe(length)
      yield* seal(records, bytes)
      yield* file.write(bytes, segment.size)
      if (fsync === "batch") yield* file.sync
      let offset = segment.size
      catalog.grow(segment, { records: length })
      return records.map(({ header: { count, id, time }, length: size }) => {
        const ref: Ref = { id, count, bytes: size, time, segment: segment.name, offset }
        catalog.add(segment, ref)
        offset += size
        return ref
      })
    }).pipe(Effect.onError(() => abandon))

  const acknowledge = (segment: Segment): Effect.Effect<void, FileError> =>
    Effect.suspend(() => {
      const { settled } = segment
      const bytes = acknowledgement.write(keys, segment.name, settled)
      segment.settled = []
      return Effect.acquireUseRelease(
        files.open(pathOf(segment) + segmentFile.acknowledgements, "append"),
        (file) => file.write(bytes),
        (file) => file.close
      ).pipe(
        Effect.onError(() =>
          Effect.sync(() => {
            segment.settled = [...settled, ...segment.settled]
          })
        ),
        Effect.zipRight(Effect.sync(() => catalog.grow(segment, { acknowledgements: bytes.length })))
      )
    })

  const load = (ref: Ref) =>
    Effect.acquireUseRelease(
      files.open(join(directory, ref.segment), "read"),
      (file) => {
        const bytes = Buffer.allocUnsafe(ref.bytes)
        return Effect.map(file.read(bytes, ref.offset), (read) => bytes.subarray(0, read))
      },
      (file) => file.close
    ).pipe(
      Effect.map((bytes) => record.open(keys, ref.id, bytes)),
      Effect.catchAll(({ code }) =>
        code === "ENOENT"
          ? Effect.succeedNone
          : Effect.fail(new SpoolError({ reason: "read", detail: `${code} in ${join(directory, ref.segment)}` }))
      )
    )

  const tendTo = (segment: Segment): Effect.Effect<void, FileError> => {
    if (segment.records.size === 0 && !segment.kept) return remove(segment)
    return segment.settled.length === 0 ? Effect.void : acknowledge(segment)
  }

  const eachSegment = (visit: (segment: Segment) => Effect.Effect<void, FileError>) =>
    Effect.suspend(() =>
      Effect.forEach(Array.from(catalog.segments()), (segment) => Effect.ignore(visit(segment)), { discard: true })
    )

  const expire = Effect.suspend(() => {
    const before = clock.unsafeCurrentTimeMillis() - maxAge
    return eachSegment((segment) => (segment.newest < before ? drop(segment, "spool_expired") : Effect.void))
  })
  const makeRoom = Effect.suspend(() => Effect.ignore(makeRoomFor(0, 0)))
  const tend = eachSegment(tendTo)

  return {
    write: (records) =>
      Effect.suspend(() => {
        const length = records.reduce((sum, plain) => sum + plain.length, 0)
        return Effect.zipRight(makeRoomFor(length, records.length), append(records, length))
      }),
    read: (ref) =>
      Effect.gen(function* () {
        if (!catalog.has(ref)) return Option.none()
        const spans = yield* load(ref)
        if (!catalog.has(ref)) return Option.none()
        if (Option.isNone(spans)) catalog.lose(ref, "spool_damaged")
        return spans
      }).pipe(reads.withPermits(1)),
    makeRoom,
    tend,
    tidy: expire.pipe(Effect.zipRight(makeRoom), Effect.zipRight(tend)),
    close
  }
}
