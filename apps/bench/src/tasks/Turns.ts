/** For how long sending holds the event loop at a time: the longest turn while a batch of large spans is rendered, written, compressed and sent. */
import { Effect } from "effect"
import { arriving, batchSpans, type Kind, type Options } from "../Peer.js"
import { peers } from "../Peers.js"
import * as Stats from "../Stats.js"
import * as Clock from "./Clock.js"
import * as Profile from "./Profile.js"

/** What is run. */
export interface Params {
  readonly kind: Kind
  readonly options: Options
  readonly batches: number
  readonly profile?: Profile.Options | undefined
}

/** What came of it: milliseconds of the longest turn of a batch, in the middle and at worst. */
export interface Result {
  readonly made: number
  readonly longest: number
  readonly worst: number
}

/** Batches before it is measured. */
const warm = 3

/** Measures it. */
export const run = ({ batches, kind, options, profile }: Params): Effect.Effect<Result> =>
  Effect.scoped(
    Effect.gen(function* () {
      const peer = yield* peers[kind](options)
      const longest: Array<number> = []
      const measured = Effect.gen(function* () {
        for (let batch = 0; batch < warm + batches; batch++) {
          yield* Clock.collect
          const turns = yield* watched(() => peer.sized(0, "messages", batchSpans - 1), peer.drain)
          if (batch >= warm) longest.push(turns)
        }
      })
      yield* Profile.around(profile, measured)
      return {
        made: arriving(kind, options, (warm + batches) * batchSpans),
        longest: Stats.median(longest),
        worst: Math.max(...longest)
      }
    })
  )

/** The longest turn from the end of the first part, which is not counted, to the end of the second. */
const watched = (first: () => void, second: Effect.Effect<void>): Effect.Effect<number> =>
  Effect.suspend(() => {
    let longest = 0
    let isOver = false
    first()
    // From here on, and not from the next turn on: what is sent may begin before that.
    let last = performance.now()
    const look = () => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      if (!isOver) setImmediate(look)
    }
    setImmediate(look)
    return Effect.map(second, () => {
      isOver = true
      return longest
    })
  })
