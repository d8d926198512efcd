/**
 * Keeps what waits in memory on disk as well: spans are written a moment after they ended, forgotten there when something has become of them, and
 * what has to leave memory (no room, an eviction, the end of the process) stays there until there is room for it again, here or in a later process.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as DestinationId from "../deliver/DestinationId.js"
import type { Ledger } from "../deliver/Ledger.js"
import type { Overflow } from "../deliver/Overflow.js"
import type { Ref, Spool } from "../deliver/Spool.js"
import type { RecordedSpan } from "../record/RecordedSpan.js"
import type { Recorder } from "../record/Recorder.js"
import * as TenantView from "../render/TenantView.js"
import type { Explanations } from "./explanations.js"
import * as fates from "./fates.js"
import * as spanCodec from "./spanCodec.js"

/** A record of the spool; `parked` are the positions of its spans that are nowhere else. */
interface Kept {
  readonly ref: Ref
  readonly parked: Set<number>
  /** Spans that nothing has become of yet. */
  left: number
  isGone: boolean
}

/** What the providers of one destination share. */
interface Share {
  providers: number
  /** Which record a span in memory is in. */
  readonly places: Map<RecordedSpan, { readonly kept: Kept; readonly position: number }>
  /** Not written yet, and what its provider may see of it: the rest is not written. */
  readonly fresh: Map<RecordedSpan, TenantView.View>
  readonly writing: Set<RecordedSpan>
  /** One record after another: who has all written waits for what is being written. */
  readonly turn: Effect.Semaphore
  /** Of which something is parked, oldest first. */
  readonly parked: Set<Kept>
  /** Who reads something back now. */
  reader: Overflow<RecordedSpan> | undefined
  /** Others who would have read meanwhile. */
  readonly askers: Map<Overflow<RecordedSpan>, (isSpent: boolean) => void>
}

export interface Spooling {
  readonly open: (
    id: DestinationId.DestinationId,
    view: TenantView.View,
    adopt: (span: RecordedSpan) => void
  ) => Overflow<RecordedSpan>
  /** Destinations that have something parked, and no provider in use. */
  readonly waiting: () => ReadonlyArray<DestinationId.DestinationId>
  /** What is parked for a destination may not be sent any more. */
  readonly forget: (id: DestinationId.DestinationId, reason: string) => void
}

const maxRecordSpans = 128
const maxRecordBytes = 256 * 1024

/** It is still there, and the disk may be in a better mood. */
const readAgain = Schedule.union(Schedule.exponential("100 millis"), Schedule.spaced("10 seconds"))

export const make = (options: {
  readonly spool: Spool.Service
  readonly ledger: Ledger
  readonly explanations: Pick<Explanations, "find" | "add">
  readonly recorder: Recorder
  readonly run: (effect: Effect.Effect<void>) => void
  /** How long after a span ended it is written. Default 100 milliseconds. */
  readonly writeAfter?: Duration.DurationInput | undefined
}): Effect.Effect<Spooling, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { explanations, ledger, recorder, run, spool } = options
    const shares = new Map<DestinationId.DestinationId, Share>()
    const records = new Map<string, Kept>()
    /** With something fresh. */
    const dirty = new Map<DestinationId.DestinationId, Share>()

    const shareOf = (id: DestinationId.DestinationId): Share => {
      const known = shares.get(id)
      if (known !== undefined) return known
      const share: Share = {
        providers: 0,
        places: new Map(),
        fresh: new Map(),
        writing: new Set(),
        turn: Effect.unsafeMakeSemaphore(1),
        parked: new Set(),
        reader: undefined,
        askers: new Map()
      }
      shares.set(id, share)
      return share
    }

    const settle = (kept: Kept, count: number) => {
      kept.left -= count
      if (kept.left > 0 || kept.isGone) return
      kept.isGone = true
      records.delete(keyOf(kept.ref))
      spool.settle(kept.ref)
    }

    /** What is parked of a record is not parked any more. */
    const unpark = (share: Share, kept: Kept): ReadonlyArray<number> => {
      const positions = [...kept.parked]
      kept.parked.clear()
      share.parked.delete(kept)
      ledger.spooled(kept.ref.id, -positions.length)
      return positions
    }

    const drop = (share: Share, kept: Kept, reason: string) => {
      const { length } = unpark(share, kept)
      ledger.dropped(kept.ref.id, reason, length)
      settle(kept, length)
      release(kept.ref.id, share)
    }

    const release = (id: DestinationId.DestinationId, { fresh, parked, places, providers, writing }: Share) => {
      if (providers + fresh.size + writing.size + places.size + parked.size === 0) shares.delete(id)
    }

    const found = (ref: Ref) => {
      const parked = new Set(Array.from({ length: ref.count }, (_, position) => position))
      const kept: Kept = { ref, parked, left: ref.count, isGone: false }
      records.set(keyOf(ref), kept)
      shareOf(ref.id).parked.add(kept)
      // They were made in a process whose ledger is gone.
      ledger.made(ref.id, ref.count)
      ledger.spooled(ref.id, ref.count)
    }

    const unwatch = spool.watch((ref, reason) => {
      const kept = records.get(keyOf(ref))
      records.delete(keyOf(ref))
      if (kept === undefined) {
        // It was lost before anyone had read that it is there.
        ledger.made(ref.id, ref.count)
        return ledger.dropped(ref.id, reason, ref.count)
      }
      kept.isGone = true
      drop(shareOf(ref.id), kept, reason)
    })
    yield* Effect.addFinalizer(() => Effect.sync(unwatch))
    for (const ref of yield* spool.recovered) found(ref)

    /** Writes one record of what is fresh; false when there is nothing. */
    const write = (id: DestinationId.DestinationId, share: Share): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const spans: Array<RecordedSpan> = []
        const encoded: Array<Uint8Array> = []
        let bytes = 0
        for (const [span, view] of share.fresh) {
          if (spans.length === maxRecordSpans || bytes >= maxRecordBytes) break
          share.fresh.delete(span)
          const one = spanCodec.encode(span, view)
          if (one === undefined) continue
          share.writing.add(span)
          spans.push(span)
          encoded.push(one)
          bytes += one.length
        }
        if (spans.length === 0) return Effect.succeed(false)
        return spool.append({ id, spans: encoded }).pipe(
          Effect.map((written) => {
            if (Option.isSome(written)) record(share, written.value, spans)
            return true
          }),
          Effect.ensuring(
            Effect.sync(() => {
              for (const span of spans) share.writing.delete(span)
            })
          )
        )
      })

    const record = (share: Share, ref: Ref, spans: ReadonlyArray<RecordedSpan>) => {
      const kept: Kept = { ref, parked: new Set(), left: spans.length, isGone: false }
      records.set(keyOf(ref), kept)
      let settled = 0
      for (const [position, span] of spans.entries()) {
        // Something has become of it while it was written.
        if (share.writing.has(span)) share.places.set(span, { kept, position })
        else settled++
      }
      settle(kept, settled)
    }

    const writeAll = (id: DestinationId.DestinationId, share: Share): Effect.Effect<void> =>
      Effect.flatMap(share.turn.withPermits(1)(write(id, share)), (again) =>
        again ? writeAll(id, share) : Effect.void
      )

    const park = (id: DestinationId.DestinationId, share: Share, span: RecordedSpan): boolean => {
      const place = share.places.get(span)
      if (place === undefined || place.kept.isGone) return false
      share.places.delete(span)
      place.kept.parked.add(place.position)
      share.parked.add(place.kept)
      ledger.spooled(id, 1)
      fates.of(span.request, id).spooled++
      return true
    }

    /** A span is back: its trace goes on with the account that it had, as far as it is remembered. */
    const revive = (id: DestinationId.DestinationId, span: RecordedSpan): void => {
      if (!DestinationId.isOperator(id)) {
        const known = explanations.find(DestinationId.tenant(id), span.traceId, id)
        if (known !== undefined) span.request.fates = known
        else explanations.add(span.request, DestinationId.tenant(id), [])
      }
      const fate = fates.of(span.request, id)
      if (fate.spooled > 0) fate.spooled--
      else fate.made++
    }

    const read = (
      share: Share,
      kept: Kept,
      bringBack: (bytes: Uint8Array | undefined, kept: Kept, position: number) => void
    ): Effect.Effect<void> =>
      spool.read(kept.ref).pipe(
        Effect.retry(readAgain),
        Effect.match({
          onFailure: () => {},
          onSuccess: (bytes) => {
            const isForgotten = !share.parked.has(kept)
            if (isForgotten) return
            if (Option.isNone(bytes)) drop(share, kept, "spool_damaged")
            else for (const position of unpark(share, kept)) bringBack(bytes.value[position], kept, position)
          }
        })
      )

    const open: Spooling["open"] = (id, view, adopt) => {
      const share = shareOf(id)
      share.providers++

      const bringBack = (bytes: Uint8Array | undefined, kept: Kept, position: number): void => {
        const decoded = bytes === undefined ? Option.none() : spanCodec.decode(bytes, recorder)
        if (Option.isNone(decoded)) {
          ledger.dropped(id, "spool_damaged", 1)
          settle(kept, 1)
          return
        }
        const span = decoded.value
        revive(id, span)
        if (TenantView.isVisible(view, span.ancestry)) {
          share.places.set(span, { kept, position })
          adopt(span)
        } else {
          // What may be seen is less now.
          ledger.hidden(id, 1)
          fates.of(span.request, id).hidden++
          settle(kept, 1)
        }
      }

      const own: Overflow<RecordedSpan> = {
        keep: (span) => {
          if (share.places.has(span)) return
          share.fresh.set(span, view)
          dirty.set(id, share)
        },
        isKept: (span) => share.places.get(span)?.kept.isGone === false,
        settled: (spans) => {
          for (const span of spans) {
            share.fresh.delete(span)
            share.writing.delete(span)
            const place = share.places.get(span)
            if (place === undefined) continue
            share.places.delete(span)
            settle(place.kept, 1)
          }
        },
        leave: (spans) =>
          spans.filter((span) => {
            share.fresh.delete(span)
            share.writing.delete(span)
            return !park(id, share, span)
          }),
        hasLeft: () => share.parked.size > 0 || share.reader !== undefined,
        refill: (done) => {
          const [oldest] = share.parked
          if (oldest === undefined || share.reader === own) return
          if (share.reader !== undefined) {
            share.askers.set(own, done)
            return
          }
          share.reader = own
          run(
            read(share, oldest, bringBack).pipe(
              Effect.ensuring(
                Effect.sync(() => {
                  share.reader = undefined
                })
              ),
              Effect.zipRight(
                Effect.sync(() => {
                  done(oldest.isGone)
                  // Whoever has read may have been closed meanwhile.
                  const askers = [...share.askers.values()]
                  share.askers.clear()
                  for (const ask of askers) ask(true)
                })
              )
            )
          )
        },
        flush: writeAll(id, share),
        close: () => {
          share.providers--
          share.askers.delete(own)
          release(id, share)
        }
      }
      return own
    }

    yield* Effect.suspend(() => {
      const all = [...dirty]
      dirty.clear()
      return Effect.forEach(all, ([id, share]) => writeAll(id, share), { concurrency: 16, discard: true })
    }).pipe(Effect.repeat(Schedule.spaced(options.writeAfter ?? "100 millis")), Effect.forkScoped)

    return {
      open,
      waiting: () =>
        [...shares].filter(([, { parked, providers }]) => providers === 0 && parked.size > 0).map(([id]) => id),
      forget: (id, reason) => {
        const share = shares.get(id)
        for (const kept of share?.parked ?? []) if (share !== undefined) drop(share, kept, reason)
      }
    }
  })

const keyOf = ({ offset, segment }: Ref): string => `${segment} ${offset}`
