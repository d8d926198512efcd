/**
 * Which destinations the operator has paused. They are remembered by name, whether or not anything has been sent there yet.
 *
 * @since 0.1.0
 */
import type { DestinationId } from "./DestinationId.js"

/**
 * A bounded set of names.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pauses {
  readonly has: (id: DestinationId) => boolean
  /** False when too many are paused to remember this one, too. */
  readonly add: (id: DestinationId) => boolean
  readonly remove: (id: DestinationId) => void
  readonly values: () => Iterable<DestinationId>
}

/**
 * Makes an empty set of at most `max` names (default 100,000). A full one refuses: to forget an older pause would set going what the operator has
 * stopped.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: { readonly max?: number | undefined }): Pauses => {
  const max = options?.max ?? 100_000
  const paused = new Set<DestinationId>()
  return {
    has: (id) => paused.has(id),
    add: (id) => paused.has(id) || (paused.size < max && paused.add(id).has(id)),
    remove: (id) => {
      paused.delete(id)
    },
    values: () => paused.values()
  }
}
