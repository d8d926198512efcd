/**
 * What waits for one destination: a bounded queue in the order of arrival, measured in spans and bytes. What is taken from it goes on counting
 * until it is settled, so that all of it can come back and the bounds still hold. Where something must go, it is what is worth least.
 *
 * @since 0.1.0
 */

/**
 * What a span's loss would cost its trace. 0: a leaf without an error; 1: a root, or an error; 2: a span whose children were accepted, which would
 * be orphans.
 *
 * @since 0.1.0
 * @category models
 */
export type Worth = 0 | 1 | 2

/**
 * A span in the queue. `position` counts up from 0 with every span that was ever queued.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry<out Span> {
  readonly span: Span
  readonly bytes: number
  /** Milliseconds of the clock that `offer` was told. */
  readonly queuedAt: number
  readonly position: number
}

/**
 * A bounded queue. `length` and `bytes` are of what waits; what was taken is not in them, but in the bounds.
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
  /** When the span at the front was queued; `undefined` where the queue is empty. */
  readonly since: () => number | undefined
  /** Whether so many bytes more fit. */
  readonly fits: (bytes: number) => boolean
  /** False when the queue is full. */
  readonly offer: (span: Span, now: number) => boolean
  /**
   * Takes from the front what is before a position (default: all): at least one span if there is one, and no more than the limits allow. Settle or put
   * back each of them.
   */
  readonly take: (maxSpans: number, maxBytes: number, before?: number) => ReadonlyArray<Entry<Span>>
  /** Something has become of these, which were taken. */
  readonly settle: (entries: ReadonlyArray<Entry<Span>>) => void
  /** Puts some of what was taken in one go back to its place, in its order. */
  readonly putBack: (entries: ReadonlyArray<Entry<Span>>) => void
  /**
   * Removes a span that is worth less than `below`: one of those worth least, the oldest first. `undefined` when there is none, or when the only ones
   * are former parents that were not looked at lately.
   */
  readonly shed: (below: number) => Entry<Span> | undefined
  /** Removes the span at the front, if it is such a one. */
  readonly removeFirst: (predicate: (span: Span) => boolean) => Entry<Span> | undefined
  /** Removes what was queued before this time, as far as it is at the front. */
  readonly expire: (before: number) => ReadonlyArray<Entry<Span>>
  /** Removes everything that waits. */
  readonly clear: () => ReadonlyArray<Entry<Span>>
}

/** So many spans are looked at again, each time that nothing else may go. */
const maxLooks = 16

/** So many places may be empty in a short queue before those behind them move up. */
const maxEmpty = 64

/**
 * Makes an empty queue with these limits. What a span is worth may change while it waits: it becomes a parent, and with the loss of its children
 * what it was. Its size stays.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: {
  readonly maxSpans: number
  readonly maxBytes: number
  readonly sizeOf: (span: Span) => number
  readonly worth: (span: Span) => Worth
}): SpanQueue<Span> => {
  const { maxBytes, maxSpans, sizeOf, worth } = options
  // Side by side, and no object for each span that waits: most never give way to another. A place whose span has gone is empty.
  const spans: Array<Span | undefined> = []
  const times: Array<number> = []
  const positions: Array<number> = []
  let front = 0
  let length = 0
  let bytes = 0
  let end = 0
  let spansOut = 0
  let bytesOut = 0
  /** At the places before these nobody was worth as little as 0, or 1, when somebody looked. */
  const looked: [number, number] = [0, 0]
  let lookedAgain = 0

  const put = (place: number, span: Span | undefined, time = 0, position = 0) => {
    spans[place] = span
    times[place] = time
    positions[place] = position
  }

  const keep = (places: number) => {
    spans.length = places
    times.length = places
    positions.length = places
  }

  const lookAtAll = () => {
    looked.fill(0)
    lookedAgain = 0
  }

  /** Moves up those behind empty places, where there are many of these. */
  const tidy = () => {
    if (length > 0 && spans.length <= 2 * length + maxEmpty) return
    let places = 0
    for (let place = front; place < spans.length; place++) {
      if (spans[place] !== undefined) put(places++, spans[place], times[place], positions[place])
    }
    keep(places)
    front = 0
    lookAtAll()
  }

  const remove = (place: number, span: Span): Entry<Span> => {
    const size = sizeOf(span)
    spans[place] = undefined
    length--
    bytes -= size
    while (front < spans.length && spans[front] === undefined) front++
    return { span, bytes: size, queuedAt: times[place] ?? 0, position: positions[place] ?? 0 }
  }

  const removeWhile = (predicate: (span: Span) => boolean): ReadonlyArray<Entry<Span>> => {
    const removed: Array<Entry<Span>> = []
    for (let first = spans[front]; first !== undefined && predicate(first); first = spans[front])
      removed.push(remove(front, first))
    tidy()
    return removed
  }

  const settle = (entries: ReadonlyArray<Entry<Span>>) => {
    spansOut -= entries.length
    for (const entry of entries) bytesOut -= entry.bytes
  }

  /** The first who is worth so little, among those that nobody has looked at. */
  const seek = (least: 0 | 1): number | undefined => {
    for (let place = Math.max(looked[least], front); place < spans.length; place++) {
      const span = spans[place]
      looked[least] = place + 1
      if (span !== undefined && worth(span) <= least) return place
    }
    return undefined
  }

  /** One that has come to be worth so little: in turns, a few at a time. */
  const seekAgain = (least: 0 | 1): number | undefined => {
    let looks = maxLooks
    for (let places = spans.length - front; places > 0 && looks > 0; places--) {
      if (lookedAgain < front || lookedAgain >= spans.length) lookedAgain = front
      const place = lookedAgain++
      const span = spans[place]
      if (span === undefined) continue
      if (worth(span) <= least) return place
      looks--
    }
    return undefined
  }

  const leastBelow = (below: number): number | undefined => {
    for (const least of [0, 1] as const) {
      if (least >= below) return undefined
      const place = seek(least) ?? seekAgain(least)
      if (place !== undefined) return place
    }
    return below > 2 ? front : undefined
  }

  const fits = (more: number) => length + spansOut < maxSpans && bytes + bytesOut + more <= maxBytes

  return {
    length: () => length,
    bytes: () => bytes,
    front: () => positions[front] ?? end,
    end: () => end,
    since: () => times[front],
    fits,
    offer: (span, now) => {
      const size = sizeOf(span)
      if (!fits(size)) return false
      put(spans.length, span, now, end++)
      length++
      bytes += size
      return true
    },
    take: (maxTaken, maxTakenBytes, before = end) => {
      let count = 0
      let size = 0
      const taken = removeWhile((span) => {
        const more = sizeOf(span)
        if (count === maxTaken || (count > 0 && size + more > maxTakenBytes)) return false
        if ((positions[front] ?? end) >= before) return false
        count++
        size += more
        return true
      })
      spansOut += count
      bytesOut += size
      return taken
    },
    settle,
    putBack: (entries) => {
      const [first] = entries
      if (first === undefined) return
      settle(entries)
      // Two takes never overlap, so those of one go back side by side.
      let place = front
      while ((positions[place] ?? end) < first.position) place++
      const behind = Array.from(
        spans.slice(place),
        (span, index) => [span, times[place + index], positions[place + index]] as const
      )
      for (const { bytes: size, position, queuedAt, span } of entries) {
        put(place++, span, queuedAt, position)
        length++
        bytes += size
      }
      for (const [span, time, position] of behind) put(place++, span, time, position)
      lookAtAll()
    },
    shed: (below) => {
      const place = leastBelow(below)
      const span = place === undefined ? undefined : spans[place]
      if (place === undefined || span === undefined) return undefined
      const entry = remove(place, span)
      tidy()
      return entry
    },
    removeFirst: (predicate) => {
      const first = spans[front]
      if (first === undefined || !predicate(first)) return undefined
      const entry = remove(front, first)
      tidy()
      return entry
    },
    expire: (before) => removeWhile(() => (times[front] ?? before) < before),
    clear: () => removeWhile(() => true)
  }
}
