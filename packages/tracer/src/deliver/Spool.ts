/**
 * Where spans wait that must survive the process: records of rendered spans, each of one destination, kept until something has become of them.
 * A span is opaque bytes here.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DestinationId } from "./DestinationId.js"

/**
 * A record in the spool: a plain value, of this process alone. `count` is its spans, `bytes` what it takes of the spool, `time` when it was
 * appended, in milliseconds since the epoch; `segment` and `offset` are where it lies.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ref {
  readonly id: DestinationId
  readonly count: number
  readonly bytes: number
  readonly time: number
  readonly segment: string
  readonly offset: number
}

/**
 * Why a record is gone that was not settled: `spool_full` (the oldest went for newer ones), `spool_expired` (too old), `spool_damaged` (torn, altered
 * or missing on the disk), `spool_key` (nobody knows the key it was encrypted with; it stays on the disk until it is too old, for a later process
 * that does).
 *
 * @since 0.1.0
 * @category models
 */
export type LossReason = "spool_full" | "spool_expired" | "spool_damaged" | "spool_key"

/**
 * Why a record was not taken: `spool_disk` (it could not be written), `spool_too_large` (for any spool, or for this one), `spool_busy` (too much waits
 * for the disk), `spool_closed`.
 *
 * @since 0.1.0
 * @category models
 */
export type RefusalReason = "spool_disk" | "spool_too_large" | "spool_busy" | "spool_closed"

/**
 * What is in the spool, and what has been lost or refused since it was opened, in spans by reason. `unreadable` counts stretches of the files of
 * earlier processes in which nothing can be made out, not even whose it was.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly segments: number
  readonly bytes: number
  readonly records: number
  readonly spans: number
  readonly lost: Readonly<Record<LossReason, number>>
  readonly refused: Readonly<Record<RefusalReason, number>>
  readonly unreadable: number
}

/**
 * The spool cannot be opened (`key`, `directory`), or a record cannot be read just now (`read`). No message shows a key or a span.
 *
 * @since 0.1.0
 * @category errors
 */
export class SpoolError extends Schema.TaggedError<SpoolError>()("SpoolError", {
  reason: Schema.Literal("key", "directory", "read"),
  detail: Schema.String
}) {
  override get message(): string {
    return `${sentences[this.reason]}: ${this.detail}`
  }
}

const sentences: Record<SpoolError["reason"], string> = {
  key: "the spool's key cannot be used",
  directory: "the spool's directory cannot be used",
  read: "a record of the spool could not be read and stays there, to be tried again"
}

/**
 * Another process has the directory. `host` and `pid` are what it has told of itself.
 *
 * @since 0.1.0
 * @category errors
 */
export class SpoolLocked extends Schema.TaggedError<SpoolLocked>()("SpoolLocked", {
  directory: Schema.String,
  host: Schema.optional(Schema.String),
  pid: Schema.optional(Schema.Number)
}) {
  override get message(): string {
    const holder = this.pid === undefined ? "another process" : `process ${this.pid} on ${this.host}`
    return `the spool's directory ${this.directory} is in use by ${holder}: give each process a directory of its own, or stop that one`
  }
}

/**
 * The spool as a service.
 *
 * @since 0.1.0
 * @category services
 */
export class Spool extends Context.Tag("@tenant-tracer/tracer/Spool")<Spool, Spool.Service>() {}

/**
 * What belongs to the service.
 *
 * @since 0.1.0
 * @category services
 */
export declare namespace Spool {
  /**
   * Keeps records.
   *
   * @since 0.1.0
   * @category services
   */
  export interface Service {
    /**
     * Takes spans of one destination as one record. `None`: it was not taken, which is counted; the caller keeps its copy. Interrupted, it is not
     * kept. The bytes must not change until it returns.
     */
    readonly append: (record: {
      readonly id: DestinationId
      readonly spans: ReadonlyArray<Uint8Array>
    }) => Effect.Effect<Option.Option<Ref>>
    /**
     * Something has become of all of the record: it is not given again, except after a crash within the next moment. A second time it does nothing.
     */
    readonly settle: (ref: Ref) => void
    /** `None`: it is not there any more; if that is a loss, the listeners have been told. After an error it is still there. */
    readonly read: (ref: Ref) => Effect.Effect<Option.Option<ReadonlyArray<Uint8Array>>, SpoolError>
    /** What earlier processes left and is still there, oldest first. */
    readonly recovered: Effect.Effect<ReadonlyArray<Ref>>
    /** Settles all records of a destination that were appended before; returns how many spans that were. */
    readonly forget: (id: DestinationId) => Effect.Effect<number>
    /**
     * Tells of each record that is gone and was not settled. The listener must not throw. The first one is told at once what was lost when the spool
     * was opened, up to 10,000 records of it. Returns how to end it.
     */
    readonly watch: (listener: (ref: Ref, reason: LossReason) => void) => () => void
    readonly stats: Effect.Effect<Stats>
  }
}

/**
 * A spool in memory, for tests: the oldest records go when it holds more than `maxBytes` (default 1 MiB).
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options?: { readonly maxBytes?: number | undefined }): Layer.Layer<Spool> =>
  Layer.effect(
    Spool,
    Effect.map(Effect.clock, (clock) => {
      const maxBytes = options?.maxBytes ?? 1024 * 1024
      const records = new Map<number, { readonly ref: Ref; readonly spans: ReadonlyArray<Uint8Array> }>()
      const listeners = new Set<(ref: Ref, reason: LossReason) => void>()
      const lost = { spool_full: 0, spool_expired: 0, spool_damaged: 0, spool_key: 0 }
      const refused = { spool_disk: 0, spool_too_large: 0, spool_busy: 0, spool_closed: 0 }
      let next = 0
      let bytes = 0
      let spans = 0

      const remove = (ref: Ref): boolean => {
        if (!records.delete(ref.offset)) return false
        bytes -= ref.bytes
        spans -= ref.count
        return true
      }

      return {
        append: (record) =>
          Effect.sync(() => {
            const size = record.spans.reduce((sum, span) => sum + span.length, 0)
            const count = record.spans.length
            if (size > maxBytes) {
              refused.spool_too_large += count
              return Option.none()
            }
            for (const { ref } of records.values()) {
              if (bytes + size <= maxBytes) break
              remove(ref)
              lost.spool_full += ref.count
              for (const listener of listeners) listener(ref, "spool_full")
            }
            const time = clock.unsafeCurrentTimeMillis()
            const ref: Ref = { id: record.id, count, bytes: size, time, segment: "memory", offset: next++ }
            records.set(ref.offset, { ref, spans: record.spans })
            bytes += size
            spans += count
            return Option.some(ref)
          }),
        settle: remove,
        read: (ref) => Effect.sync(() => Option.fromNullable(records.get(ref.offset)?.spans)),
        recovered: Effect.succeed([]),
        forget: (id) =>
          Effect.sync(() => {
            const before = spans
            for (const { ref } of records.values()) if (ref.id === id) remove(ref)
            return before - spans
          }),
        watch: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        stats: Effect.sync(() => ({
          segments: 0,
          bytes,
          records: records.size,
          spans,
          lost: { ...lost },
          refused: { ...refused },
          unreadable: 0
        }))
      }
    })
  )
