/**
 * What waits for one destination: a bounded queue in the order of arrival, measured in spans and bytes.
 *
 * @since 0.1.0
 */

/**
 * A bounded queue. What does not fit is refused: the caller counts it. (Which span should go when something must is decided here and nowhere
 * else.)
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanQueue<in out Span> {
  readonly length: () => number
  readonly bytes: () => number
  /** False when the queue is full. */
  readonly offer: (span: Span, bytes: number) => boolean
  /** Takes from the front: at least one span if there is one, and no more than the limits allow. */
  readonly take: (maxSpans: number, maxBytes: number) => ReadonlyArray<Span>
  /** Forgets everything and says how many spans that were. */
  readonly clear: () => number
}

/**
 * Makes an empty queue with these limits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(limits: { readonly maxSpans: number; readonly maxBytes: number }): SpanQueue<Span> => {
  let spans: Array<Span> = []
  let sizes: Array<number> = []
  let bytes = 0
  return {
    length: () => spans.length,
    bytes: () => bytes,
    offer: (span, size) => {
      if (spans.length >= limits.maxSpans || bytes + size > limits.maxBytes) return false
      spans.push(span)
      sizes.push(size)
      bytes += size
      return true
    },
    take: (maxSpans, maxBytes) => {
      let count = 0
      let taken = 0
      for (const size of sizes) {
        if (count === maxSpans || (count > 0 && taken + size > maxBytes)) break
        taken += size
        count++
      }
      bytes -= taken
      sizes.splice(0, count)
      return spans.splice(0, count)
    },
    clear: () => {
      const count = spans.length
      spans = []
      sizes = []
      bytes = 0
      return count
    }
  }
}
