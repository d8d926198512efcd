/**
 * What waits for one destination: a bounded queue in the order of arrival, measured in spans and bytes. What is taken from it goes on counting
 * until it is settled, so that all of it can come back and the bounds still hold.
 *
 * @since 0.1.0
 */

/**
 * A span in the queue. `position` counts up from 0 with every span that was ever queued.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry<out Span> {
  readonly span: Span
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly queuedAt: number
  readonly position: number
}

/**
 * A bounded queue. What does not fit is refused: the caller counts it. (Which span should go when something must is decided here and nowhere
 * else.) `length` and `bytes` are of what waits; what was taken is not in them, but in the bounds.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanQueue<in out Span> {
  readonly length: () => number
  readonly bytes: () => number
  /** The position of the span at the front; where the queue is empty, of the next one to come. */
  readonly front: () => number
  /** The position of the next span to come. */
  readonly end: () => number
  /** False when the queue is full. */
  readonly offer: (span: Span, bytes: number, now: number) => boolean
  /** Takes from the front: at least one span if there is one, and no more than the limits allow. Settle or put back each of them. */
  readonly take: (maxSpans: number, maxBytes: number) => ReadonlyArray<Entry<Span>>
  /** Something has become of these, which were taken. */
  readonly settle: (entries: ReadonlyArray<Entry<Span>>) => void
  /** These, of one `take`, wait again in the place that they had. */
  readonly putBack: (entries: ReadonlyArray<Entry<Span>>) => void
  /** Forgets what waits since before this time and says how many spans that were. */
  readonly expire: (before: number) => number
  /** Forgets everything that waits and says how many spans that were. */
  readonly clear: () => number
}

/**
 * Makes an empty queue with these limits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(limits: { readonly maxSpans: number; readonly maxBytes: number }): SpanQueue<Span> => {
  let waiting: Array<Entry<Span>> = []
  let bytes = 0
  let end = 0
  let spansOut = 0
  let bytesOut = 0

  const settle = (entries: ReadonlyArray<Entry<Span>>) => {
    spansOut -= entries.length
    for (const entry of entries) bytesOut -= entry.bytes
  }

  const remove = (count: number): ReadonlyArray<Entry<Span>> => {
    const removed = waiting.splice(0, count)
    for (const entry of removed) bytes -= entry.bytes
    return removed
  }

  return {
    length: () => waiting.length,
    bytes: () => bytes,
    front: () => waiting[0]?.position ?? end,
    end: () => end,
    offer: (span, size, now) => {
      if (waiting.length + spansOut >= limits.maxSpans || bytes + bytesOut + size > limits.maxBytes) return false
      waiting.push({ span, bytes: size, queuedAt: now, position: end++ })
      bytes += size
      return true
    },
    take: (maxSpans, maxBytes) => {
      let count = 0
      let size = 0
      for (const entry of waiting) {
        if (count === maxSpans || (count > 0 && size + entry.bytes > maxBytes)) break
        size += entry.bytes
        count++
      }
      spansOut += count
      bytesOut += size
      return remove(count)
    },
    settle,
    putBack: (entries) => {
      const first = entries[0]
      if (first === undefined) return
      settle(entries)
      for (const entry of entries) bytes += entry.bytes
      // Two takes never overlap, so those of one go back side by side.
      const at = waiting.findIndex(({ position }) => position > first.position)
      waiting.splice(at === -1 ? waiting.length : at, 0, ...entries)
    },
    expire: (before) => {
      const kept = waiting.findIndex(({ queuedAt }) => queuedAt >= before)
      return remove(kept === -1 ? waiting.length : kept).length
    },
    clear: () => {
      const count = waiting.length
      waiting = []
      bytes = 0
      return count
    }
  }
}
