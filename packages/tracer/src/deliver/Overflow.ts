/**
 * Where a provider's spans are kept beside memory, so that leaving memory is not the end of them.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"

/**
 * The part of one provider. Everything but `flush` is synchronous and total.
 *
 * @since 0.1.0
 * @category models
 */
export interface Overflow<in out Span> {
  /** A span waits in memory: it will be kept a moment later. */
  readonly keep: (span: Span) => void
  readonly isKept: (span: Span) => boolean
  /** Something has become of these. */
  readonly settled: (spans: ReadonlyArray<Span>) => void
  /** These leave memory. Those that are not kept are given back: they are lost. */
  readonly leave: (spans: ReadonlyArray<Span>) => ReadonlyArray<Span>
  /** Whether anything has left that can come back. */
  readonly hasLeft: () => boolean
  /** There is room: brings back some of what has left, if there is any, a moment later, and says so; `isSpent` where none of it can come again. */
  readonly refill: (done: (isSpent: boolean) => void) => void
  /** Keeps all that is not kept yet. */
  readonly flush: Effect.Effect<void>
  /** The provider is closed. */
  readonly close: () => void
}
