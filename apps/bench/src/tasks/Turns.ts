/** For how long sending holds the event loop at a time: the longest turn while a batch of large spans is rendered, written, compressed and sent. */
import { type PerformanceEntry, PerformanceObserver } from "node:perf_hooks"
import { Effect } from "effect"
import { arriving, batchSpans, type Kind, type Options, type Peer } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Clock from "./Clock.js"
import * as Profile from "./Profile.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly batches: number
  /** Batches of each half of what is sent before it is measured. */
  readonly warm: number
  readonly profile?: Profile.Options | undefined
}

/**
 * What came of it: milliseconds of the longest turn of a batch, in the middle and at worst. Pauses of the garbage collector, which may come in any
 * turn, are in `paused` alone, the middle of the longest turns with them.
 */
export interface Result {
  readonly made: number
  readonly longest: number
  readonly worst: number
  readonly paused: number
}

/** Spans of one request, of which a batch has a whole number. */
const requestSpans = 8

/** Measures it. */
export const run = ({ batches, kind, options, profile, warm }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const longest: Array<number> = []
      const paused: Array<number> = []
      const send = watched(() => requests(peer), peer.drain)
      yield* Clock.warm(Effect.repeatN(send, warm - 1), Effect.void)
      const measured = Effect.gen(function* () {
        for (let batch = 0; batch < batches; batch++) {
          const turns = yield* send
          longest.push(Math.max(...turns.map(({ end, pauses, start }) => end - start - pauses)))
          paused.push(Math.max(...turns.map(({ end, start }) => end - start)))
        }
      })
      yield* Profile.around(profile, measured)
      return {
        made: arriving(kind, options, (2 * warm + batches) * batchSpans),
        longest: Stats.median(longest),
        worst: Math.max(...longest),
        paused: Stats.median(paused)
      }
    })
  )

/** A batch in requests that are each over when the call returns: a longer one would yield, and go on in turns that are watched. */
const requests = (peer: Peer): void => {
  for (let spans = 0; spans < batchSpans; spans += requestSpans) peer.sized(0, "messages", requestSpans - 1)
}

interface Turn {
  readonly start: number
  readonly end: number
  /** How long nothing ran in it because garbage was collected. */
  pauses: number
}

/** The turns from the end of the first part, which is not counted, to the end of the second. */
const watched = (first: () => void, second: Effect.Effect<void>): Effect.Effect<ReadonlyArray<Turn>> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const observer = new PerformanceObserver((list) => pauses.push(...list.getEntries()))
      const pauses: Array<PerformanceEntry> = []
      observer.observe({ entryTypes: ["gc"] })
      return { observer, pauses }
    }),
    ({ observer, pauses }) =>
      Effect.gen(function* () {
        const turns: Array<Turn> = []
        let isOver = false
        first()
        // From here on, and not from the next turn on: what is sent may begin before that.
        let start = performance.now()
        const look = () => {
          const end = performance.now()
          turns.push({ start, end, pauses: 0 })
          start = end
          if (!isOver) setImmediate(look)
        }
        setImmediate(look)
        yield* second
        isOver = true
        // The last look, and what is told of pauses only afterwards.
        yield* Clock.turn
        yield* Clock.turn
        for (const { duration, startTime } of [...pauses, ...observer.takeRecords()]) {
          const turn = turns.find(({ end, start }) => startTime >= start && startTime < end)
          if (turn !== undefined) turn.pauses += duration
        }
        return turns
      }),
    ({ observer }) => Effect.sync(() => observer.disconnect())
  )
