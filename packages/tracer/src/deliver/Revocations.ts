/**
 * Which credentials of a destination may not be used any more. They are known by a fingerprint of this process, as they were seen, so that an older
 * route that is still kept somewhere cannot bring one back.
 *
 * @since 0.1.0
 */
import type { DestinationId } from "./DestinationId.js"

/**
 * The credentials that were seen, and those that were revoked; bounded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Revocations {
  /** A destination is to be used with this credential: its latest. */
  readonly see: (id: DestinationId, credential: string) => void
  readonly isRevoked: (id: DestinationId, credential: string) => boolean
  /** Whether a credential came into use after another one. */
  readonly isNewer: (id: DestinationId, credential: string, than: string) => boolean
  /** Revokes all that were seen but one; false, and none is, when too many are revoked to remember these, too. */
  readonly revoke: (id: DestinationId, keep?: string) => boolean
}

/** Of one destination: whoever rotates more often forgets the oldest. */
const maxCredentials = 16

/**
 * Makes it empty. It remembers what was seen of `max` destinations (default 100,000; the one that was seen longest ago goes), and as many revoked
 * credentials; those are never forgotten.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: { readonly max?: number | undefined }): Revocations => {
  const max = options?.max ?? 100_000
  const seen = new Map<DestinationId, ReadonlyArray<string>>()
  const revoked = new Map<DestinationId, Set<string>>()
  let count = 0
  return {
    see: (id, credential) => {
      const known = (seen.get(id) ?? []).filter((other) => other !== credential)
      seen.delete(id)
      seen.set(id, [...known.slice(1 - maxCredentials), credential])
      if (seen.size > max) for (const [oldest] of seen) return void seen.delete(oldest)
    },
    // Asked for each span; mostly there is none.
    isRevoked: (id, credential) => count > 0 && revoked.get(id)?.has(credential) === true,
    isNewer: (id, credential, than) => {
      const known = seen.get(id) ?? []
      return known.indexOf(credential) > known.indexOf(than)
    },
    revoke: (id, keep) => {
      const all = revoked.get(id) ?? new Set()
      const more = (seen.get(id) ?? []).filter((credential) => credential !== keep && !all.has(credential))
      if (count + more.length > max) return false
      count += more.length
      for (const credential of more) revoked.set(id, all.add(credential))
      return true
    }
  }
}
