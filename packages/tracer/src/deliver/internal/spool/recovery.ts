/**
 * Finds what earlier processes left: reads each segment once, piece by piece, and keeps one entry for each record that is not settled. Nothing in
 * a file is believed that is not checked, and nothing in it stops the rest.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DestinationId } from "../../DestinationId.js"
import type { Ref } from "../../Spool.js"
import * as acknowledgement from "./acknowledgement.js"
import type { Catalog, Segment } from "./catalog.js"
import type { FileError, Files } from "./files.js"
import * as frame from "./frame.js"
import type { Keys } from "./keys.js"
import * as record from "./record.js"
import * as segmentFile from "./segmentFile.js"

/** What recovery works with. `maxBytes` is how much of a file is read; `afterEach` runs when a segment is in the catalog. */
export interface Options {
  readonly files: Files
  readonly directory: string
  readonly keys: Keys
  readonly catalog: Catalog
  readonly now: number
  readonly maxBytes: number
  readonly afterEach: Effect.Effect<void>
}

// Between two pieces the event loop turns.
const pieceBytes = 128 * 1024

const scan = (
  { files, maxBytes }: Options,
  path: string,
  visit: (found: frame.Found) => Effect.Effect<void>
): Effect.Effect<void, FileError> =>
  Effect.acquireUseRelease(
    files.open(path, "read"),
    (file) =>
      Effect.gen(function* () {
        const scanner = frame.scanner()
        const piece = Buffer.allocUnsafe(pieceBytes)
        for (let position = 0; position < maxBytes; position += pieceBytes) {
          const read = yield* file.read(piece, position)
          yield* Effect.forEach(scanner.push(piece.subarray(0, read)), visit, { discard: true })
          if (read < pieceBytes) break
        }
        yield* Effect.forEach(scanner.end(), visit, { discard: true })
      }),
    (file) => file.close
  )

const sizeOf = ({ files }: Options, path: string): Effect.Effect<number, FileError> =>
  Effect.acquireUseRelease(
    files.open(path, "read"),
    (file) => Effect.map(file.info, ({ size }) => size),
    (file) => file.close
  )

/** The offsets that are settled in a segment. */
const settledOf = (options: Options, segment: Segment): Effect.Effect<ReadonlySet<number>, FileError> => {
  const { catalog, directory, keys } = options
  const settled = new Set<number>()
  const path = join(directory, segment.name + segmentFile.acknowledgements)
  const visit = (found: frame.Found) =>
    Effect.gen(function* () {
      const header =
        found._tag === "Frame" && found.kind === "acknowledgement"
          ? acknowledgement.decodeHeader(found.header.toString())
          : Option.none()
      if (Option.isSome(header)) yield* keys.knows(header.value.key)
      const offsets = Option.flatMap(header, (known) => acknowledgement.verify(keys, segment.name, known))
      if (Option.isNone(offsets)) return catalog.unreadable()
      for (const offset of offsets.value) settled.add(offset)
    })
  return Effect.gen(function* () {
    catalog.grow(segment, { acknowledgements: yield* sizeOf(options, path) })
    yield* scan(options, path, visit)
    return settled
  })
}

/** Adds everything that earlier processes left to the catalog, oldest first. Fails only where the directory cannot be read. */
export const recover = (options: Options): Effect.Effect<void, FileError> => {
  const { afterEach, catalog, directory, files, keys, maxBytes, now } = options
  // Records of one destination share one text.
  const ids = new Map<string, DestinationId>()

  const visitor = (segment: Segment, settled: ReadonlySet<number>) => (found: frame.Found) =>
    Effect.gen(function* () {
      if (settled.has(found.offset)) return
      const decoded =
        found._tag === "Frame" && found.kind === "record"
          ? Option.filter(record.decodeHeader(found.header.toString()), ({ count }) => count <= found.length)
          : Option.none()
      if (found._tag === "Gap" || Option.isNone(decoded)) return catalog.unreadable()
      const header = decoded.value
      const id = ids.get(header.id) ?? header.id
      ids.set(id, id)
      const ref: Ref = {
        id,
        count: header.count,
        bytes: found.length,
        time: Math.min(header.time, now),
        segment: segment.name,
        offset: found.offset
      }
      if (!found.intact) {
        segment.settled.push(found.offset)
        return catalog.lost(ref, "spool_damaged")
      }
      if (yield* keys.knows(header.key)) return catalog.add(segment, ref)
      segment.newest = Math.max(segment.newest, ref.time)
      segment.kept = true
      catalog.lost(ref, "spool_key")
    })

  const recoverSegment = (name: string, createdAt: number, hasSettled: boolean) =>
    Effect.gen(function* () {
      const segment = catalog.addSegment({ name, createdAt: Math.min(createdAt, now), recovered: true })
      const path = join(directory, name)
      yield* Effect.gen(function* () {
        const size = yield* sizeOf(options, path)
        catalog.grow(segment, { records: size })
        if (size > maxBytes) catalog.unreadable()
        const settled = hasSettled ? yield* settledOf(options, segment) : new Set<number>()
        yield* scan(options, path, visitor(segment, settled))
      }).pipe(
        // The disk may be in a better mood next time.
        Effect.catchAll(() =>
          Effect.sync(() => {
            segment.kept = true
            catalog.unreadable()
          })
        )
      )
      yield* afterEach
    })

  return Effect.gen(function* () {
    const names = new Set(yield* files.list(directory))
    const segments = Array.from(names).flatMap((name) => {
      const parts = segmentFile.parse(name)
      return parts === undefined ? [] : [{ ...parts, name }]
    })
    segments.sort((a, b) => a.createdAt - b.createdAt || a.sequence - b.sequence)
    for (const { createdAt, name } of segments)
      yield* recoverSegment(name, createdAt, names.has(name + segmentFile.acknowledgements))
    for (const name of names) {
      const segment = segmentFile.segmentOf(name)
      if (segment !== undefined && !names.has(segment)) yield* Effect.ignore(files.remove(join(directory, name)))
    }
  })
}
