/** The disk under the library's spool: it outlives processes, takes its time, and can be full, broken or slow. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Spool } from "tenant-tracer"
import type { Dice } from "../virtual/Dice.js"

/** How it works: as it should, taking nothing, losing what it has, or late. */
export type Condition = "well" | "full" | "damaged" | "slow"

interface Entry {
  readonly ref: Spool.Ref
  readonly spans: ReadonlyArray<Uint8Array>
  /** Since when it is settled, which a crash may undo for a moment. */
  settledAt: number | undefined
}

/** What is kept, whichever process runs. */
export interface Disk {
  condition: Condition
  /** What the last process has left. */
  readonly left: () => ReadonlyArray<Spool.Ref>
  /** The spool of the next process. */
  readonly mount: () => Spool.Spool.Service
  /** The process that had it crashed, or has closed. */
  readonly unmount: (hasCrashed: boolean) => void
}

/** A settlement is on the disk after so many milliseconds. */
const settleMillis = 100

/** Makes an empty one. `onWrite` sees what is written to it. */
export const make = (options: {
  readonly dice: Dice
  readonly now: () => number
  readonly onWrite: (id: Spool.Ref["id"], bytes: Uint8Array) => void
}): Disk => {
  const { dice, now, onWrite } = options
  const entries = new Map<number, Entry>()
  let listeners = new Set<(ref: Spool.Ref, reason: Spool.LossReason) => void>()
  let next = 0

  const left = () => Array.from(entries.values()).flatMap(({ ref, settledAt }) => (settledAt === undefined ? ref : []))

  const delay = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => Effect.delay(effect, disk.condition === "slow" ? 3000 : dice.between(1, 5)))

  const service: Spool.Spool.Service = {
    append: ({ id, spans }) =>
      delay(
        Effect.sync(() => {
          if (disk.condition === "full") return Option.none()
          for (const span of spans) onWrite(id, span)
          const bytes = spans.reduce((sum, span) => sum + span.length, 0)
          const ref: Spool.Ref = { id, count: spans.length, bytes, time: now(), segment: "disk", offset: next++ }
          entries.set(ref.offset, { ref, spans, settledAt: undefined })
          return Option.some(ref)
        })
      ),
    settle: ({ offset }) => {
      const entry = entries.get(offset)
      if (entry !== undefined) entry.settledAt ??= now()
    },
    read: (ref) =>
      delay(
        Effect.sync(() => {
          const entry = entries.get(ref.offset)
          if (entry === undefined || entry.settledAt !== undefined) return Option.none()
          if (disk.condition !== "damaged") return Option.some(entry.spans)
          entries.delete(ref.offset)
          for (const listener of listeners) listener(ref, "spool_damaged")
          return Option.none()
        })
      ),
    recovered: Effect.sync(left),
    forget: (id) =>
      Effect.sync(() => {
        const all = Array.from(entries.values()).filter(
          ({ ref, settledAt }) => ref.id === id && settledAt === undefined
        )
        for (const entry of all) entry.settledAt = now()
        return all.reduce((sum, { ref }) => sum + ref.count, 0)
      }),
    watch: (listener) => {
      const mine = listeners
      mine.add(listener)
      return () => mine.delete(listener)
    },
    stats: Effect.succeed({
      segments: 0,
      bytes: 0,
      records: 0,
      spans: 0,
      lost: { spool_full: 0, spool_expired: 0, spool_damaged: 0, spool_key: 0 },
      refused: { spool_disk: 0, spool_too_large: 0, spool_busy: 0, spool_closed: 0 },
      unreadable: 0
    })
  }

  const disk: Disk = {
    condition: "well",
    left,
    mount: () => service,
    unmount: (hasCrashed) => {
      listeners = new Set()
      for (const [offset, entry] of entries) {
        if (entry.settledAt === undefined) continue
        const isUndone = hasCrashed && now() - entry.settledAt < settleMillis && dice.chance(0.5)
        if (isUndone) entry.settledAt = undefined
        else entries.delete(offset)
      }
    }
  }
  return disk
}
