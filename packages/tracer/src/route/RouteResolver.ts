/**
 * Remembers whose route belongs to which key, so that a burst of requests asks the store once.
 *
 * @since 0.1.0
 */

import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Request from "../internal/request.js"

/**
 * A bounded cache of routes; a hit gives the very object that was looked up, because what is derived from a route is remembered per object.
 *
 * @since 0.1.0
 * @category models
 */
export interface RouteResolver<in K, out E> {
  /** Waits for the look-up of whoever asked first; a failure is given to all who wait and not remembered. */
  readonly get: (key: K) => Effect.Effect<TenantRoute, E>
  /** Forgets a route. Who is waiting still gets the old one, who asks from now on a new one. */
  readonly invalidate: (key: K) => Effect.Effect<void>
}

/**
 * Where routes come from, how many are kept and for how long.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<K, E, R> {
  /** Keys are told apart as those of a `Map` are. Use a key's hash, not the key: it is kept in memory. */
  readonly lookup: (key: K) => Effect.Effect<TenantRoute, E, R>
  /** Routes kept; the least recently used goes first. Default 10,000. */
  readonly capacity?: number | undefined
  /** How long a route is believed. Default 5 minutes. */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** Removes whatever of a request may be in the context. Default: `TenantTracer.detached`. */
  readonly detach?: (<A, E2, R2>(effect: Effect.Effect<A, E2, R2>) => Effect.Effect<A, E2, R2>) | undefined
}

interface Known {
  readonly route: TenantRoute
  readonly until: number
}

/**
 * Makes a resolver. Look-ups run on fibers of its scope, with the context in which it was made: neither interrupting the first who asked nor
 * anything of that request reaches the others.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <K, E, R>(options: Options<K, E, R>): Effect.Effect<RouteResolver<K, E>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const capacity = Math.max(1, options.capacity ?? 10_000)
    const timeToLive = Duration.toMillis(options.timeToLive ?? "5 minutes")
    const detach = options.detach ?? Request.detached
    const clock = yield* Effect.clock
    // Set back an hour, the wall clock would have a revoked route believed for an hour longer.
    const now = () => Number(clock.unsafeCurrentTimeNanos()) / 1e6
    const fibers = yield* FiberSet.make<TenantRoute, E>()
    const fork = yield* FiberSet.runtime(fibers)<R>()

    // In the order of use, as a map keeps the order of insertion.
    const known = new Map<K, Known>()
    const pending = new Map<K, Deferred.Deferred<TenantRoute, E>>()

    const remember = (key: K, route: TenantRoute) => {
      known.delete(key)
      known.set(key, { route, until: now() + timeToLive })
      if (known.size > capacity) for (const [oldest] of known) return void known.delete(oldest)
    }

    const start = (key: K): Deferred.Deferred<TenantRoute, E> => {
      const answer = Deferred.unsafeMake<TenantRoute, E>(FiberId.none)
      pending.set(key, answer)
      const finish = (exit: Exit.Exit<TenantRoute, E>) => {
        // Invalidated meanwhile: this answer is for those who wait, and no longer the truth.
        if (pending.get(key) === answer) {
          pending.delete(key)
          if (Exit.isSuccess(exit)) remember(key, exit.value)
        }
        Deferred.unsafeDone(answer, exit)
      }
      // An observer and not a finalizer: a fiber that is interrupted before it began runs none.
      fork(detach(Effect.suspend(() => options.lookup(key))), { immediate: false }).addObserver(finish)
      return answer
    }

    return {
      get: (key) =>
        Effect.suspend(() => {
          const found = known.get(key)
          if (found !== undefined && found.until > now()) {
            known.delete(key)
            known.set(key, found)
            return Effect.succeed(found.route)
          }
          return Deferred.await(pending.get(key) ?? start(key))
        }),
      invalidate: (key) =>
        Effect.sync(() => {
          known.delete(key)
          pending.delete(key)
        })
    }
  })
