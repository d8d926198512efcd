/**
 * What back ends have refused for good, kept for a while in memory so that somebody can look why and have it sent again. The ledger has counted it
 * as rejected already: what is here is in no account.
 *
 * @since 0.1.0
 */
import type { DestinationId } from "./DestinationId.js"
import type { Ledger } from "./Ledger.js"

/**
 * Spans that were refused together. `reason` is the ledger's, `time` in milliseconds since the epoch, `bytes` an estimate of what they hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Letter<out Span> {
  readonly id: DestinationId
  readonly reason: string
  readonly time: number
  readonly spans: ReadonlyArray<Span>
  readonly bytes: number
}

/**
 * A bounded store of letters.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeadLetters<in out Span> {
  /** Keeps a letter; the oldest go for it. One that is larger than the store is not kept. */
  readonly add: (letter: Letter<Span>) => void
  /** Oldest first. */
  readonly values: () => ReadonlyArray<Letter<Span>>
  /** Those of one destination, oldest first, which are forgotten here. */
  readonly take: (id: DestinationId) => ReadonlyArray<Letter<Span>>
  /** Whether there are any of one destination. */
  readonly has: (id: DestinationId) => boolean
  readonly stats: () => { readonly letters: number; readonly bytes: number }
}

/**
 * Makes an empty store of at most `maxBytes` (default 16 MiB; 0 keeps nothing). Spans that had to go, or were never kept, are counted in the ledger
 * as `dead_letter_forgotten`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(options: {
  readonly ledger: Pick<Ledger, "count">
  readonly maxBytes?: number | undefined
}): DeadLetters<Span> => {
  const maxBytes = options.maxBytes ?? 16 * 1024 * 1024
  // In the order of insertion.
  const letters = new Set<Letter<Span>>()
  const counts = new Map<DestinationId, number>()
  let bytes = 0

  const count = (id: DestinationId, delta: number) => {
    const next = (counts.get(id) ?? 0) + delta
    if (next === 0) counts.delete(id)
    else counts.set(id, next)
  }

  const remove = (letter: Letter<Span>) => {
    letters.delete(letter)
    count(letter.id, -1)
    bytes -= letter.bytes
  }

  const forgotten = (letter: Letter<Span>) => options.ledger.count("dead_letter_forgotten", letter.spans.length)

  return {
    add: (letter) => {
      if (letter.bytes > maxBytes) return forgotten(letter)
      for (const oldest of letters) {
        if (bytes + letter.bytes <= maxBytes) break
        remove(oldest)
        forgotten(oldest)
      }
      letters.add(letter)
      count(letter.id, 1)
      bytes += letter.bytes
    },
    values: () => Array.from(letters),
    take: (id) => {
      const taken = Array.from(letters).filter((letter) => letter.id === id)
      for (const letter of taken) remove(letter)
      return taken
    },
    has: (id) => counts.has(id),
    stats: () => ({ letters: letters.size, bytes })
  }
}
