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
  next: Fate | undefined = undefined

  constructor(readonly id: DestinationId) {}
}

/** By destination, in a chain: most traces have one or two. */
export class Fates {
  private first: Fate | undefined = undefined

  get isEmpty(): boolean {
    return this.first === undefined
  }

  get(id: DestinationId): Fate | undefined {
    for (const fate of this) if (fate.id === id) return fate
    return undefined
  }

  /** The fate there, which begins with nothing. */
  of(id: DestinationId): Fate {
    let last: Fate | undefined
    for (let fate = this.first; fate !== undefined; fate = fate.next) {
      if (fate.id === id) return fate
      last = fate
    }
    const fate = new Fate(id)
    if (last === undefined) this.first = fate
    else last.next = fate
    return fate
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<Fate> {
    for (let fate = this.first; fate !== undefined; fate = fate.next) yield fate
  }
}
