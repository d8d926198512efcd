/**
 * Who used whose credential, and when: for whoever must be able to show it. It names destinations and hosts, never a value.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type { DestinationId } from "./DestinationId.js"

/**
 * What happened to a credential: it was `sent` with a request, `refused` by the back end, `renewed` by the resolver, `revoked` by the operator.
 * `time` is in milliseconds since the epoch, `host` where it was sent to.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialUse {
  readonly id: DestinationId
  readonly time: number
  readonly use: "sent" | "refused" | "renewed" | "revoked"
  readonly host: string | undefined
}

/**
 * Where uses are told and heard.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialAudit {
  /** Synchronous and total. */
  readonly tell: (use: CredentialUse) => void
  /** From now on. Whoever does not keep up misses the oldest. */
  readonly stream: Stream.Stream<CredentialUse>
}

/**
 * Makes an audit that keeps up to 4,096 uses for each who listens, and none where nobody does.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<CredentialAudit> = Effect.map(PubSub.sliding<CredentialUse>(4096), (uses) => ({
  tell: (use) => {
    // An offer alone leaves out the newest where somebody does not keep up.
    if (!uses.unsafeOffer(use)) Runtime.runSync(Runtime.defaultRuntime)(uses.publish(use))
  },
  stream: Stream.fromPubSub(uses)
}))
