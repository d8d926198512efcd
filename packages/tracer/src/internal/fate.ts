/**
 * What became of a trace at each of its destinations, as it is kept with the trace.
 */
import type { DestinationId } from "../deliver/DestinationId.js"
import type { ChildCounts } from "./childCounts.js"

/** Counts, in spans. `queued` were offered to a provider and not lost; `unclear` were answered for together with others, some of which were refused. */
export class Fate {
  made = 0
  hidden = 0
  queued = 0
  delivered = 0
  unclear = 0
  spooled = 0
  orphaned = 0
  rejected: Map<string, number> | undefined = undefined
  dropped: Map<string, number> | undefined = undefined
  /** How many children of a span were accepted, by its id: what is lost must not be kept alive. */
  children: ChildCounts = undefined
  /** Ids of spans. */
  lost: Set<string> | undefined = undefined
}

/** By destination. Most traces have one, for which there need be no map. */
export class Fates {
  private firstId: DestinationId | undefined = undefined
  private first: Fate | undefined = undefined
  private others: Map<DestinationId, Fate> | undefined = undefined

  get isEmpty(): boolean {
    return this.first === undefined
  }

  get(id: DestinationId): Fate | undefined {
    return id === this.firstId ? this.first : this.others?.get(id)
  }

  /** The fate there, which begins with nothing. */
  of(id: DestinationId): Fate {
    const known = this.get(id)
    if (known !== undefined) return known
    const fate = new Fate()
    if (this.first === undefined) {
      this.firstId = id
      this.first = fate
    } else {
      this.others ??= new Map()
      this.others.set(id, fate)
    }
    return fate
  }

  entries(): ReadonlyArray<readonly [DestinationId, Fate]> {
    if (this.firstId === undefined || this.first === undefined) return []
    return [[this.firstId, this.first], ...(this.others ?? [])]
  }
}
