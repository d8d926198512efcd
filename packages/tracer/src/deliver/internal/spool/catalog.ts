/**
 * What is in a spool, in memory: one entry of about a hundred bytes for each record, by segment, and the accounts.
 */
import type { LossReason, Ref, RefusalReason, Stats } from "../../Spool.js"

/** A file of records; the oldest of them come first. */
export interface Segment {
  readonly name: string
  /** In milliseconds since the epoch, as is `newest`, the time of its last record. */
  readonly createdAt: number
  newest: number
  /** Bytes of the file, and of the one beside it with what is settled. */
  size: number
  acknowledgedSize: number
  /** What is not settled, by offset. */
  readonly records: Map<number, Ref>
  /** Offsets that are settled and not yet written down. */
  settled: Array<number>
  /** Was there when the spool was opened. */
  readonly recovered: boolean
  /** Holds something that we cannot read, and a later process perhaps can: it stays until it is too old. */
  kept: boolean
}

/** The entries of one spool. All of it is synchronous. */
export interface Catalog {
  /** Oldest first. */
  readonly segments: () => IterableIterator<Segment>
  readonly oldest: () => Segment | undefined
  readonly addSegment: (segment: Pick<Segment, "name" | "createdAt" | "recovered">) => Segment
  /** Forgets a segment whose files are gone. */
  readonly removeSegment: (segment: Segment) => void
  readonly grow: (segment: Segment, by: { readonly records?: number; readonly acknowledgements?: number }) => void
  readonly add: (segment: Segment, ref: Ref) => void
  /** Whether the record is there. */
  readonly has: (ref: Ref) => boolean
  /** Takes a record out; false if it is not there. */
  readonly settle: (ref: Ref) => boolean
  /** Takes a record out, if it is there, and tells the listeners. */
  readonly lose: (ref: Ref, reason: LossReason) => void
  /** Tells the listeners of a record that never came in. */
  readonly lost: (ref: Ref, reason: LossReason) => void
  readonly refuse: (reason: RefusalReason, spans: number) => void
  readonly unreadable: () => void
  readonly watch: (listener: (ref: Ref, reason: LossReason) => void) => () => void
  readonly bytes: () => number
  readonly records: () => number
  readonly stats: () => Stats
}

const maxEarly = 10_000

/** Makes an empty catalog. */
export const make = (): Catalog => {
  const segments = new Map<string, Segment>()
  const listeners = new Set<(ref: Ref, reason: LossReason) => void>()
  const lostSpans = { spool_full: 0, spool_expired: 0, spool_damaged: 0, spool_key: 0 }
  const refused = { spool_disk: 0, spool_too_large: 0, spool_busy: 0, spool_closed: 0 }
  /** What was lost before anybody could listen. */
  let early: Array<readonly [Ref, LossReason]> | undefined = []
  let bytes = 0
  let records = 0
  let spans = 0
  let unreadable = 0

  const settle = (ref: Ref): boolean => {
    const segment = segments.get(ref.segment)
    if (segment?.records.delete(ref.offset) !== true) return false
    segment.settled.push(ref.offset)
    records--
    spans -= ref.count
    return true
  }

  const lost = (ref: Ref, reason: LossReason) => {
    lostSpans[reason] += ref.count
    if (early !== undefined && early.length < maxEarly) early.push([ref, reason])
    for (const listener of listeners) listener(ref, reason)
  }

  return {
    segments: () => segments.values(),
    oldest: () => {
      for (const segment of segments.values()) return segment
      return undefined
    },
    addSegment: (about) => {
      const segment: Segment = {
        ...about,
        newest: about.createdAt,
        size: 0,
        acknowledgedSize: 0,
        records: new Map(),
        settled: [],
        kept: false
      }
      segments.set(segment.name, segment)
      return segment
    },
    removeSegment: (segment) => {
      if (segments.delete(segment.name)) bytes -= segment.size + segment.acknowledgedSize
    },
    grow: (segment, by) => {
      segment.size += by.records ?? 0
      segment.acknowledgedSize += by.acknowledgements ?? 0
      bytes += (by.records ?? 0) + (by.acknowledgements ?? 0)
    },
    add: (segment, ref) => {
      segment.records.set(ref.offset, ref)
      segment.newest = Math.max(segment.newest, ref.time)
      records++
      spans += ref.count
    },
    has: (ref) => segments.get(ref.segment)?.records.has(ref.offset) === true,
    settle,
    lose: (ref, reason) => {
      if (settle(ref)) lost(ref, reason)
    },
    lost,
    refuse: (reason, count) => {
      refused[reason] += count
    },
    unreadable: () => {
      unreadable++
    },
    watch: (listener) => {
      listeners.add(listener)
      for (const [ref, reason] of early ?? []) listener(ref, reason)
      early = undefined
      return () => listeners.delete(listener)
    },
    bytes: () => bytes,
    records: () => records,
    stats: () => ({
      segments: segments.size,
      bytes,
      records,
      spans,
      lost: { ...lostSpans },
      refused: { ...refused },
      unreadable
    })
  }
}
