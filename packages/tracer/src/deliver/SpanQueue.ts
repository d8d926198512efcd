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
  readonly length: number
  readonly bytes: number
  /** The position of the span at the front; where the queue is empty, of the next one to come. */
  readonly front: number
  /** The position of the next span to come. */
  readonly end: number
  /** When the span at the front was queued; `undefined` where the queue is empty. */
  readonly since: number | undefined
  /** Whether so many bytes more fit. */
  fits(bytes: number): boolean
  /** False when the queue is full. */
  offer(span: Span, now: number): boolean
  /**
   * Takes from the front what is before a position (default: all): at least one span if there is one, and no more than the limits allow. Settle or put
   * back each of them.
   */
  take(maxSpans: number, maxBytes: number, before?: number): ReadonlyArray<Entry<Span>>
  /** Something has become of these, which were taken. */
  settle(entries: ReadonlyArray<Entry<Span>>): void
  /** Puts some of what was taken in one go back to its place, in its order. */
  putBack(entries: ReadonlyArray<Entry<Span>>): void
  /**
   * Removes a span that is worth less than `below`: one of those worth least, the oldest first. `undefined` when there is none, or when the only ones
   * are former parents that were not looked at lately.
   */
  shed(below: number): Entry<Span> | undefined
  /** Removes the span at the front, if it is such a one. */
  removeFirst(predicate: (span: Span) => boolean): Entry<Span> | undefined
  /** Removes what was queued before this time, as far as it is at the front. */
  expire(before: number): ReadonlyArray<Entry<Span>>
  /** Removes everything that waits. */
  clear(): ReadonlyArray<Entry<Span>>
}

/**
 * What a queue may hold, how large a span is, and what it is worth. That may change while it waits: it becomes a parent, and with the loss of its
 * children what it was. Its size stays.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<in Span> {
  readonly maxSpans: number
  readonly maxBytes: number
  readonly sizeOf: (span: Span) => number
  readonly worth: (span: Span) => Worth
}

/**
 * Makes an empty queue with these limits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: Options<Span>): SpanQueue<Span> => new Linked(options)

/** So many spans are looked at again, each time that nothing else may go. */
const maxLooks = 16

class Link<Span> implements Entry<Span> {
  next: Link<Span> | undefined = undefined

  constructor(
    readonly span: Span,
    readonly queuedAt: number,
    readonly position: number
  ) {}
}

/** Entries of which each knows the next: a queue that begins anew with every batch, as those of most tenants do, grows by what waits and no more. */
class Linked<Span> implements SpanQueue<Span> {
  length = 0
  bytes = 0
  end = 0
  private readonly maxSpans: number
  private readonly maxBytes: number
  private readonly sizeOf: (span: Span) => number
  private readonly worth: (span: Span) => Worth
  private first: Link<Span> | undefined = undefined
  private last: Link<Span> | undefined = undefined
  private spansOut = 0
  private bytesOut = 0
  /** Up to these, themselves included, nobody was worth as little as 0, or 1, when somebody looked. */
  private readonly looked: [Link<Span> | undefined, Link<Span> | undefined] = [undefined, undefined]
  private lookedAgain: Link<Span> | undefined = undefined

  constructor({ maxBytes, maxSpans, sizeOf, worth }: Options<Span>) {
    this.maxSpans = maxSpans
    this.maxBytes = maxBytes
    this.sizeOf = sizeOf
    this.worth = worth
  }

  get front(): number {
    return this.first === undefined ? this.end : this.first.position
  }

  get since(): number | undefined {
    return this.first?.queuedAt
  }

  fits(more: number): boolean {
    return this.length + this.spansOut < this.maxSpans && this.bytes + this.bytesOut + more <= this.maxBytes
  }

  offer(span: Span, now: number): boolean {
    if (!this.fits(this.sizeOf(span))) return false
    this.insertAfter(this.last, new Link(span, now, this.end++))
    return true
  }

  take(maxSpans: number, maxBytes: number, before = this.end): ReadonlyArray<Entry<Span>> {
    let size = 0
    const taken = this.removeWhile(({ position, span }, count) => {
      const more = this.sizeOf(span)
      if (count === maxSpans || (count > 0 && size + more > maxBytes) || position >= before) return false
      size += more
      return true
    })
    this.spansOut += taken.length
    this.bytesOut += size
    return taken
  }

  settle(entries: ReadonlyArray<Entry<Span>>): void {
    this.spansOut -= entries.length
    for (const { span } of entries) this.bytesOut -= this.sizeOf(span)
  }

  putBack(entries: ReadonlyArray<Entry<Span>>): void {
    // It need not be looked again for who is worth little.
    if (entries.length === 0) return
    this.settle(entries)
    // What others have put back may be between them.
    let before: Link<Span> | undefined
    for (const { position, queuedAt, span } of entries) {
      for (let next = this.after(before); next !== undefined && next.position < position; next = next.next)
        before = next
      const link = new Link(span, queuedAt, position)
      this.insertAfter(before, link)
      before = link
    }
    this.looked.fill(undefined)
    this.lookedAgain = undefined
  }

  shed(below: number): Entry<Span> | undefined {
    for (const least of [0, 1] as const) {
      if (least >= below) return undefined
      const shed = this.shedUnlooked(least) ?? this.shedAgain(least)
      if (shed !== undefined) return shed
    }
    return below > 2 && this.first !== undefined ? this.removeAfter(undefined, this.first) : undefined
  }

  removeFirst(predicate: (span: Span) => boolean): Entry<Span> | undefined {
    const { first } = this
    return first !== undefined && predicate(first.span) ? this.removeAfter(undefined, first) : undefined
  }

  expire(before: number): ReadonlyArray<Entry<Span>> {
    return this.removeWhile(({ queuedAt }) => queuedAt < before)
  }

  clear(): ReadonlyArray<Entry<Span>> {
    return this.removeWhile(() => true)
  }

  private after(link: Link<Span> | undefined): Link<Span> | undefined {
    return link === undefined ? this.first : link.next
  }

  private insertAfter(previous: Link<Span> | undefined, link: Link<Span>): void {
    link.next = this.after(previous)
    if (link.next === undefined) this.last = link
    this.lead(previous, link)
    this.length++
    this.bytes += this.sizeOf(link.span)
  }

  private removeAfter(previous: Link<Span> | undefined, link: Link<Span>): Entry<Span> {
    this.lead(previous, link.next)
    if (this.last === link) this.last = previous
    if (this.looked[0] === link) this.looked[0] = previous
    if (this.looked[1] === link) this.looked[1] = previous
    if (this.lookedAgain === link) this.lookedAgain = previous
    // One that has left, and is old, would keep those behind it until all of the heap is collected.
    link.next = undefined
    this.length--
    this.bytes -= this.sizeOf(link.span)
    return link
  }

  private lead(previous: Link<Span> | undefined, next: Link<Span> | undefined): void {
    if (previous === undefined) this.first = next
    else previous.next = next
  }

  private removeWhile(predicate: (entry: Entry<Span>, count: number) => boolean): ReadonlyArray<Entry<Span>> {
    const removed: Array<Entry<Span>> = []
    for (let { first } = this; first !== undefined && predicate(first, removed.length); { first } = this)
      removed.push(this.removeAfter(undefined, first))
    return removed
  }

  /** The first who is worth so little, among those that nobody has looked at. */
  private shedUnlooked(least: 0 | 1): Entry<Span> | undefined {
    for (let link = this.after(this.looked[least]); link !== undefined; link = link.next) {
      if (this.worth(link.span) <= least) return this.removeAfter(this.looked[least], link)
      this.looked[least] = link
    }
    return undefined
  }

  /** One that has come to be worth so little: in turns, a few at a time. */
  private shedAgain(least: 0 | 1): Entry<Span> | undefined {
    for (let looks = Math.min(maxLooks, this.length); looks > 0; looks--) {
      if (this.lookedAgain?.next === undefined) this.lookedAgain = undefined
      const link = this.after(this.lookedAgain)
      if (link !== undefined && this.worth(link.span) <= least) return this.removeAfter(this.lookedAgain, link)
      this.lookedAgain = link
    }
    return undefined
  }
}
