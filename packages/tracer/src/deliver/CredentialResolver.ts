/**
 * Who is asked for a destination's credential after a back end has refused the one we have: the operator's own store of settings.
 *
 * @since 0.1.0
 */
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { DestinationId } from "./DestinationId.js"

/**
 * Looks a credential up by the name of its destination. It is run off the request's path, with a deadline, and once for all who ask at the same
 * time. `None`: there is no other credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialResolver {
  readonly resolve: (id: DestinationId) => Effect.Effect<Option.Option<DestinationAuth>, unknown>
}

/**
 * Makes it total: whatever fails, dies or takes longer than the deadline (default 10 seconds) comes to `None`, without its text, which could name a
 * credential.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  resolver: CredentialResolver,
  options?: { readonly deadline?: Duration.DurationInput | undefined }
): ((id: DestinationId) => Effect.Effect<Option.Option<DestinationAuth>>) => {
  const asked = new Map<DestinationId, Deferred.Deferred<Option.Option<DestinationAuth>>>()

  const ask = (id: DestinationId): Effect.Effect<Option.Option<DestinationAuth>> =>
    Effect.suspend(() => resolver.resolve(id)).pipe(
      // Before it is on its own: what a fiber ends with that nobody waits for is a line of the log.
      Effect.catchAllCause(() => Effect.succeedNone),
      // It may not be interruptible; the deadline stands all the same.
      Effect.disconnect,
      Effect.timeoutOption(options?.deadline ?? "10 seconds"),
      Effect.map(Option.flatten)
    )

  return (id) =>
    Effect.suspend(() => {
      const pending = asked.get(id)
      if (pending !== undefined) return Deferred.await(pending)
      const answer = Deferred.unsafeMake<Option.Option<DestinationAuth>>(FiberId.none)
      asked.set(id, answer)
      const done = (found: Option.Option<DestinationAuth>) =>
        Effect.sync(() => {
          asked.delete(id)
          Deferred.unsafeDone(answer, Effect.succeed(found))
        })
      return ask(id).pipe(
        Effect.tap(done),
        // Whoever waits for the answer is not to wait for ever.
        Effect.onInterrupt(() => done(Option.none()))
      )
    })
}
