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
  /** Whether so many bytes more fit. */
  readonly fits: (bytes: number) => boolean
  /** False when the queue is full. */
  readonly offer: (span: Span, bytes: number, now: number) => boolean
  /** Takes from the front: at least one span if there is one, and no more than the limits allow. Settle or put back each of them. */
  readonly take: (maxSpans: number, maxBytes: number) => ReadonlyArray<Entry<Span>>
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

interface Node<Span> extends Entry<Span> {
  previous: Node<Span> | undefined
  next: Node<Span> | undefined
  /** What it was worth when somebody last looked, and its neighbours of that worth. */
  rank: Worth
  before: Node<Span> | undefined
  after: Node<Span> | undefined
}

/** Nodes of one worth, in the order in which they came to it. */
interface Rank<Span> {
  first: Node<Span> | undefined
  last: Node<Span> | undefined
  size: number
}

const rank = <Span>(): Rank<Span> => ({ first: undefined, last: undefined, size: 0 })

const nodeOf = <Span>(span: Span, bytes: number, queuedAt: number, position: number): Node<Span> => ({
  span,
  bytes,
  queuedAt,
  position,
  previous: undefined,
  next: undefined,
  rank: 0,
  before: undefined,
  after: undefined
})

/** How many parents are looked at again, each time that nothing else may go. */
const maxLooks = 16

/**
 * Makes an empty queue with these limits. What a span is worth may change while it waits: it becomes a parent, and with the loss of its children
 * what it was.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: {
  readonly maxSpans: number
  readonly maxBytes: number
  readonly worth: (span: Span) => Worth
}): SpanQueue<Span> => {
  const { maxBytes, maxSpans, worth } = options
  let head: Node<Span> | undefined
  let tail: Node<Span> | undefined
  const ranks: readonly [Rank<Span>, Rank<Span>, Rank<Span>] = [rank(), rank(), rank()]
  let length = 0
  let bytes = 0
  let end = 0
  let spansOut = 0
  let bytesOut = 0

  const list = (node: Node<Span>) => {
    node.rank = worth(node.span)
    const of = ranks[node.rank]
    node.before = of.last
    node.after = undefined
    if (of.last === undefined) of.first = node
    else of.last.after = node
    of.last = node
    of.size++
  }

  const unlist = (node: Node<Span>) => {
    const of = ranks[node.rank]
    if (node.before === undefined) of.first = node.after
    else node.before.after = node.after
    if (node.after === undefined) of.last = node.before
    else node.after.before = node.before
    of.size--
    node.before = undefined
    node.after = undefined
  }

  const insert = (node: Node<Span>, before: Node<Span> | undefined) => {
    const previous = before === undefined ? tail : before.previous
    node.previous = previous
    node.next = before
    if (previous === undefined) head = node
    else previous.next = node
    if (before === undefined) tail = node
    else before.previous = node
    length++
    bytes += node.bytes
    list(node)
  }

  const remove = (node: Node<Span>) => {
    if (node.previous === undefined) head = node.next
    else node.previous.next = node.next
    if (node.next === undefined) tail = node.previous
    else node.next.previous = node.previous
    node.previous = undefined
    node.next = undefined
    length--
    bytes -= node.bytes
    unlist(node)
  }

  const settle = (entries: ReadonlyArray<Entry<Span>>) => {
    spansOut -= entries.length
    for (const entry of entries) bytesOut -= entry.bytes
  }

  const removeWhile = (predicate: (node: Node<Span>) => boolean): ReadonlyArray<Node<Span>> => {
    const removed: Array<Node<Span>> = []
    while (head !== undefined && predicate(head)) {
      removed.push(head)
      remove(head)
    }
    return removed
  }

  const removeLeast = (below: number): Node<Span> | undefined => {
    for (const least of [0, 1] as const) {
      if (least >= below) return undefined
      for (let node = ranks[least].first; node !== undefined; node = ranks[least].first) {
        if (worth(node.span) <= least) {
          remove(node)
          return node
        }
        unlist(node)
        list(node)
      }
    }
    return undefined
  }

  /** Those that are parents still go to the end, so that the next look is at others. */
  const lookAgain = () => {
    for (let looks = Math.min(maxLooks, ranks[2].size); looks > 0; looks--) {
      const node = ranks[2].first
      if (node === undefined) return
      unlist(node)
      list(node)
    }
  }

  const fits = (more: number) => length + spansOut < maxSpans && bytes + bytesOut + more <= maxBytes

  return {
    length: () => length,
    bytes: () => bytes,
    front: () => head?.position ?? end,
    end: () => end,
    fits,
    offer: (span, size, now) => {
      if (!fits(size)) return false
      insert(nodeOf(span, size, now, end++), undefined)
      return true
    },
    take: (maxTaken, maxTakenBytes) => {
      let count = 0
      let size = 0
      const taken = removeWhile((node) => {
        if (count === maxTaken || (count > 0 && size + node.bytes > maxTakenBytes)) return false
        count++
        size += node.bytes
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
      let before = head
      while (before !== undefined && before.position < first.position) before = before.next
      for (const { bytes, position, queuedAt, span } of entries) insert(nodeOf(span, bytes, queuedAt, position), before)
    },
    shed: (below) => {
      if (below <= 0) return undefined
      const least = removeLeast(below)
      if (least !== undefined) return least
      lookAgain()
      const former = removeLeast(below)
      if (former !== undefined || below <= 2 || head === undefined) return former
      const oldest = head
      remove(oldest)
      return oldest
    },
    removeFirst: (predicate) => {
      const first = head
      if (first === undefined || !predicate(first.span)) return undefined
      remove(first)
      return first
    },
    expire: (before) => removeWhile(({ queuedAt }) => queuedAt < before),
    clear: () => removeWhile(() => true)
  }
}
