/**
 * What is on disk for a destination that nobody has used since: asks whether it may still be sent, and where to.
 */
import type * as Destination from "@tenant-tracer/model/Destination"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as DestinationId from "../deliver/DestinationId.js"
import * as Router from "../route/Router.js"
import type { Outlets } from "./outlets.js"
import type { Spooling } from "./spooling.js"

/**
 * Looks a destination up by its name, in the store of tenants' settings. `None`: there is no such destination any more.
 *
 * @since 0.1.0
 */
export type ResolveDestination = (
  id: DestinationId.DestinationId
) => Effect.Effect<Option.Option<Destination.Destination>, unknown>

/** One round: what may not be sent any more is dropped as `not_allowed`; without an answer, or with a revoked credential, everything stays. */
export const make = (options: {
  readonly spooling: Spooling
  readonly outlets: Pick<Outlets, "open">
  readonly resolve: ResolveDestination
}): Effect.Effect<void> => {
  const { outlets, resolve, spooling } = options

  const settle = (id: DestinationId.DestinationId, found: Option.Option<Destination.Destination>): void => {
    const destination = Option.getOrUndefined(
      Option.filter(found, (one) => Router.invalidity(one) === undefined && one.name === DestinationId.name(id))
    )
    const opened = destination && outlets.open(id, destination, "tenant")
    // Its provider takes up what is there.
    if (opened !== undefined && "provider" in opened) opened.provider(false)
    // A store may not know the next credential yet.
    else if (opened?.reason !== "revoked") spooling.forget(id, "not_allowed")
  }

  const reclaim = (id: DestinationId.DestinationId): Effect.Effect<void> =>
    Effect.suspend(() => resolve(id)).pipe(
      Effect.map((found) => () => settle(id, found)),
      // Before it is on its own: what a fiber ends with that nobody waits for is a line of the log.
      Effect.catchAllCause(() => Effect.succeed(() => {})),
      // It may not be interruptible; the deadline stands all the same.
      Effect.disconnect,
      Effect.timeout("10 seconds"),
      Effect.map((settleIt) => settleIt()),
      Effect.catchAllCause(() => Effect.void)
    )

  return Effect.suspend(() =>
    Effect.forEach(
      spooling.waiting().filter((id) => !DestinationId.isOperator(id)),
      reclaim,
      { concurrency: 4, discard: true }
    )
  ).pipe(Effect.withTracerEnabled(false))
}
