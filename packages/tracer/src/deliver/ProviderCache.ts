/**
 * The bounded set of providers in use. Getting one is synchronous, because that happens where a span ends; closing one is not, because that may
 * wait for a back end: fibers of its own do it, a slice at a time, and whoever caused it does not notice.
 *
 * (Neither stock cache fits: `ScopedCache` runs finalizers on the caller's fiber and is not least-recently-used, `RcMap` fails instead of evicting.)
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { identity } from "effect/Function"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { type Member, Recency } from "../internal/recency.js"
import * as Slices from "../internal/slices.js"
import * as BatchClock from "./BatchClock.js"
import type { DestinationId } from "./DestinationId.js"
import * as Permits from "./internal/permits.js"
import { type CloseReason, closedBy } from "./Provider.js"

/**
 * Why there is no provider: its construction failed (`provider_build`), too many evicted ones are still being closed (`provider_saturated`), or the
 * cache itself is closed (`provider_closed`). The spans in question are to be counted as dropped under that reason. None of it is remembered.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProviderCacheError extends Schema.TaggedError<ProviderCacheError>()("ProviderCacheError", {
  reason: Schema.Literal("provider_build", "provider_saturated", "provider_closed"),
  /** What went wrong, without the failure's own text: it could name a credential. */
  detail: Schema.String
}) {
  override get message(): string {
    return `no provider: ${this.detail}`
  }
}

/**
 * What the cache asks of a provider.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cached {
  readonly id: DestinationId
  readonly busy: () => boolean
  readonly held: () => number
  readonly abandoned: () => number
  readonly parked: () => number
  /** Another one in its place would be no different: it has learned nothing of its back end that is not to be forgotten. */
  readonly isFresh: () => boolean
  /** What stands in the way of sending, in words. */
  readonly trouble: () => string | undefined
  /** Sends what is queued; what it gives waits for that. */
  readonly flush: () => Effect.Effect<void>
}

/**
 * Counters since the cache was made; `reaping` is how many providers are being closed now.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly reaping: number
}

/**
 * Where the provider of one key is found, by whoever asks for it again and again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Slot<out P> {
  /**
   * The provider, built if there is none. Synchronous and total. Use it at once and do not keep it: it may be evicted by the next one that is built.
   * One that is `needed` is built even where the cache is saturated: what it holds may then exceed its capacity until evictions go on.
   */
  get(isNeeded?: boolean): Either.Either<P, ProviderCacheError>
}

/**
 * The cache as its users see it: providers by key, of which only so many are in use at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface ProviderCache<P extends Cached> {
  /** The slot of a key. `build` must be a synchronous effect; its scope holds all that the provider owns, in one finalizer: when its time is up, no other is run. */
  readonly slot: (key: string, build: () => Effect.Effect<P, unknown, Scope.Scope>) => Slot<P>
  /** Evicts one; false when there is none. */
  readonly evict: (key: string) => boolean
  /** Evicts one, if there is one, and waits until it is closed. */
  readonly close: (key: string) => Effect.Effect<void>
  /** Least recently used first. */
  readonly keys: () => ReadonlyArray<string>
  readonly values: () => ReadonlyArray<P>
  readonly size: () => number
  readonly stats: () => Stats
  /** Sends what all of them have queued, those that are being closed included, and waits for it. */
  readonly flush: Effect.Effect<void>
}

/**
 * What could not be sent before the cache was closed, and why, in words. `spooled` of it went to disk, the rest is lost.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unsent {
  readonly id: DestinationId
  readonly unsent: number
  readonly spooled: number
  readonly why: string
}

/**
 * How much a cache may hold and how long its closings may take; each has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default 10,000. */
  readonly capacity?: number | undefined
  /**
   * How long an idle provider that nobody asks for stays: it is quickly made again. Default 10 seconds. One that is not as fresh as a new one stays
   * for at least 10 minutes.
   */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
  /** How many evicted providers are closed at once. Default 256. */
  readonly closeConcurrency?: number | undefined
  /** How long the closing of an evicted provider may take. Default 10 seconds. */
  readonly closeDeadline?: Duration.DurationInput | undefined
  /** How long closing the cache may take, whatever it holds. Default 10 seconds. */
  readonly shutdownDeadline?: Duration.DurationInput | undefined
  /** How many evicted providers may wait to be closed; with more, nothing new is built. Default 10,000. */
  readonly maxReaping?: number | undefined
  /** Told, when the cache is closed, what could not be sent. Default: a warning in the log, if there is anything. */
  readonly onClose?: ((report: ReadonlyArray<Unsent>) => Effect.Effect<void>) | undefined
}

/** A provider in use. */
class Entry<P> implements Member<string, Entry<P>> {
  older: Entry<P> | undefined = undefined
  newer: Entry<P> | undefined = undefined
  /** The slot that knows it: the last one that was asked for it. */
  holder: { entry: Entry<P> | undefined } | undefined = undefined
  readonly found: Either.Either<P, never>
  /** The last sweep before it was used. */
  usedAfter = 0

  constructor(
    readonly key: string,
    readonly provider: P,
    readonly scope: Scope.CloseableScope
  ) {
    this.found = Either.right(provider)
  }
}

/** A provider that is being closed, or waits for that. */
class Closing<P> {
  fiber: Fiber.RuntimeFiber<void> | undefined = undefined
  readonly done = Deferred.unsafeMake<void>(FiberId.none)

  constructor(readonly entry: Entry<P>) {}
}

const logUnsent = (report: ReadonlyArray<Unsent>): Effect.Effect<void> =>
  report.length === 0
    ? Effect.void
    : Effect.logWarning("spans could not be sent before shutdown; see the ledger").pipe(
        Effect.annotateLogs(
          Object.fromEntries(
            report.map(({ id, spooled, unsent, why }) => [id, `${unsent}, of which ${spooled} are on disk: ${why}`])
          )
        )
      )

/**
 * What these providers could not send, by destination: what they still hold they are about to abandon.
 *
 * @since 0.1.0
 * @category reports
 */
export const unsentOf = (providers: Iterable<Cached>): ReadonlyArray<Unsent> => {
  const found = new Map<DestinationId, Unsent>()
  for (const provider of providers) {
    const { id } = provider
    const before = found.get(id) ?? { unsent: 0, spooled: 0, why: undefined }
    const unsent = before.unsent + provider.abandoned() + provider.parked() + provider.held()
    const why = before.why ?? provider.trouble() ?? "the deadline came first"
    if (unsent > 0) found.set(id, { id, unsent, spooled: before.spooled + provider.parked(), why })
  }
  return [...found.values()]
}

/** How long what a provider has learned is worth keeping. */
const learnedMillis = Duration.toMillis("10 minutes")

/** So often in the time for which an idle provider stays it is looked for those that go. */
const sweepsPerIdleTime = 4

/** A fiber that is interrupted has done what it does in its end after so many turns of the others. */
const yieldsOfAnEnd = 10

/** An idle provider is looked for among so many of those that were used longest ago. */
const maxLooks = 64

/**
 * Makes a cache. The least recently used goes first, an idle one before a busy one, never the one just asked for. Closing its scope closes
 * all of them, none after another and under one deadline.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <P extends Cached>(options?: Options): Effect.Effect<ProviderCache<P>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const capacity = Math.max(1, options?.capacity ?? 10_000)
    const idleTimeToLive = Duration.toMillis(options?.idleTimeToLive ?? "10 seconds")
    const sweepEvery = Math.max(1, idleTimeToLive / sweepsPerIdleTime)
    const learnedSweeps = Math.max(sweepsPerIdleTime, Math.ceil(learnedMillis / sweepEvery))
    const closeDeadline = Duration.toMillis(options?.closeDeadline ?? "10 seconds")
    const maxReaping = options?.maxReaping ?? 10_000
    const permits = Permits.make(options?.closeConcurrency ?? 256)
    const clock = yield* BatchClock.make
    const runtime = yield* Effect.runtime<never>().pipe(
      Effect.mapInputContext((_: Context.Context<never>) => Context.empty())
    )
    const runSync = Runtime.runSyncExit(runtime)
    const fork = Runtime.runFork(runtime)
    // There may be thousands of them, and requests that wait meanwhile.
    const slices = Slices.make()

    const entries = new Recency<string, Entry<P>>()
    const reaping = new Set<Closing<P>>()
    // Time is told in sweeps: a clock would have to be read for each span.
    let sweeps = 0
    let hits = 0
    let misses = 0
    let evictions = 0
    let closed = false

    const finish = (closing: Closing<P>): void => {
      reaping.delete(closing)
      Deferred.unsafeDone(closing.done, Effect.void)
    }

    /** Closes it, unless somebody does already. One that has nothing to send is closed in this step. */
    const close = (closing: Closing<P>, reason: CloseReason): Fiber.RuntimeFiber<void> => {
      if (closing.fiber === undefined) {
        const { scope } = closing.entry
        closing.fiber = fork(Effect.catchAllCause(Scope.close(scope, closedBy(reason)), () => Effect.void))
        closing.fiber.addObserver(() => finish(closing))
      }
      return closing.fiber
    }

    /** What evictions have left to do, so that whoever caused them does not pay for it. */
    const todo: Array<() => void> = []
    const doing = Effect.suspend(() => slices.forEach(todo.splice(0), (piece) => piece()))
    const later = (piece: () => void): void => {
      if (todo.push(piece) === 1) fork(doing, { immediate: false })
    }

    /** Its time is limited, and nobody waits for what cannot be interrupted. */
    const closeWithin = (closing: Closing<P>, leave: () => void): void => {
      const fiber = close(closing, "evicted")
      if (!reaping.has(closing)) {
        leave()
        return
      }
      const cancelDeadline = clock.schedule(closeDeadline, () => {
        fiber.unsafeInterruptAsFork(FiberId.none)
        finish(closing)
        leave()
      })
      fiber.addObserver(() => {
        cancelDeadline()
        leave()
      })
    }

    /** Closes it as soon as there is a place for it. */
    const reap = (closing: Closing<P>): void => {
      let hasPlace = false
      let isWaiting = false
      const leave = permits.take(() => {
        hasPlace = true
        // Thousands may wait: whoever gives a place back does not close the next one.
        if (isWaiting) later(() => closeWithin(closing, leave))
      })
      isWaiting = !hasPlace
      if (hasPlace) closeWithin(closing, leave)
    }

    /** No slot finds it any more. */
    const release = (entry: Entry<P>): void => {
      if (entry.holder !== undefined) entry.holder.entry = undefined
      entry.holder = undefined
    }

    const take = (entry: Entry<P>): Closing<P> => {
      entries.delete(entry)
      release(entry)
      evictions++
      const closing = new Closing(entry)
      reaping.add(closing)
      return closing
    }

    const evict = (entry: Entry<P>): void => {
      // They come faster than they go: what is quickly closed does not join the queue.
      const isCrowded = reaping.size > maxReaping / 2 && !entry.provider.busy()
      const closing = take(entry)
      if (isCrowded) close(closing, "evicted")
      else later(() => reap(closing))
    }

    const makeRoom = () => {
      while (entries.size >= capacity && reaping.size < maxReaping) {
        let victim: Entry<P> | undefined
        let looks = maxLooks
        for (const entry of entries) {
          victim ??= entry
          if (!entry.provider.busy()) {
            victim = entry
            break
          }
          if (--looks === 0) break
        }
        if (victim === undefined) return
        evict(victim)
      }
    }

    const fail = (reason: ProviderCacheError["reason"], detail: string) =>
      Either.left(new ProviderCacheError({ reason, detail }))

    const build = (
      key: string,
      effect: () => Effect.Effect<P, unknown, Scope.Scope>
    ): Either.Either<Entry<P>, ProviderCacheError> => {
      let scope: Scope.CloseableScope | undefined
      const built = runSync(
        Effect.flatMap(Scope.make(), (made) => {
          scope = made
          return Scope.extend(effect(), made)
        })
      )
      // Whoever builds one may have asked for it meanwhile.
      const meanwhile = entries.get(key)
      if (scope === undefined || Exit.isFailure(built) || meanwhile !== undefined) {
        if (scope !== undefined) {
          fork(
            Effect.catchAllCause(Scope.close(scope, built), () => Effect.void),
            { immediate: false }
          )
        }
        return meanwhile === undefined
          ? fail("provider_build", "it could not be made synchronously; check its destination")
          : Either.right(meanwhile)
      }
      // Only now, so that a provider that cannot be built costs nobody theirs.
      makeRoom()
      const entry = new Entry(key, built.value, scope)
      entries.add(entry)
      return Either.right(entry)
    }

    class KeySlot implements Slot<P> {
      /** Known as long as it is in use, so that the key is not looked for each time. */
      entry: Entry<P> | undefined = undefined

      constructor(
        private readonly key: string,
        private readonly build: () => Effect.Effect<P, unknown, Scope.Scope>
      ) {}

      get(isNeeded = false): Either.Either<P, ProviderCacheError> {
        if (closed) return fail("provider_closed", "tracing is being shut down")
        const entry = this.entry ?? this.hold(entries.get(this.key))
        if (entry === undefined) return this.make(isNeeded)
        hits++
        entries.use(entry)
        entry.usedAfter = sweeps
        return entry.found
      }

      private make(isNeeded: boolean): Either.Either<P, ProviderCacheError> {
        misses++
        if (!isNeeded && entries.size >= capacity && reaping.size >= maxReaping)
          return fail("provider_saturated", "too many evicted providers are still being closed")
        const built = build(this.key, this.build)
        if (Either.isLeft(built)) return Either.left(built.left)
        this.hold(built.right).usedAfter = sweeps
        return built.right.found
      }

      private hold<E extends Entry<P> | undefined>(entry: E): E {
        if (entry?.holder !== undefined) entry.holder.entry = undefined
        if (entry !== undefined) entry.holder = this
        this.entry = entry
        return entry
      }
    }

    // Whole periods only: it may have been used just before the next sweep.
    const idleSweeps = ({ usedAfter }: Entry<P>): number => sweeps - usedAfter - 1

    const sweep = Effect.suspend(() => {
      sweeps++
      const idle: Array<Entry<P>> = []
      for (const entry of entries) {
        if (idleSweeps(entry) < sweepsPerIdleTime) break
        idle.push(entry)
      }
      return slices.forEach(idle, (entry) => {
        // Meanwhile it may have been used, or have gone.
        if (idleSweeps(entry) < sweepsPerIdleTime || entries.get(entry.key) !== entry || entry.provider.busy()) return
        if (entry.provider.isFresh() || idleSweeps(entry) >= learnedSweeps) evict(entry)
      })
    })
    yield* sweep.pipe(Effect.delay(sweepEvery), Effect.forever, Effect.forkScoped)

    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        closed = true
        for (const entry of entries) {
          release(entry)
          reaping.add(new Closing(entry))
        }
        entries.clear()
        // Those still waiting to be closed do not wait any longer.
        const last = [...reaping]
        yield* slices
          .forEach(last, (closing) => close(closing, "shutdown"))
          .pipe(
            Effect.zipRight(Effect.forEach(last, ({ done }) => Deferred.await(done), { discard: true })),
            Effect.interruptible,
            Effect.timeoutOption(options?.shutdownDeadline ?? "10 seconds")
          )
        for (const closing of reaping) close(closing, "shutdown").unsafeInterruptAsFork(FiberId.none)
        // What is interrupted keeps what it can as it ends. What cannot be interrupted is not waited for, here or by anybody else.
        yield* Effect.repeatN(Effect.yieldNow(), yieldsOfAnEnd)
        for (const closing of reaping) finish(closing)
        yield* (options?.onClose ?? logUnsent)(unsentOf(last.map(({ entry }) => entry.provider)))
      })
    )

    const values = () => Array.from(entries, ({ provider }) => provider)

    return {
      slot: (key: string, build: () => Effect.Effect<P, unknown, Scope.Scope>) => new KeySlot(key, build),
      evict: (key: string) => {
        const entry = entries.get(key)
        if (entry !== undefined) evict(entry)
        return entry !== undefined
      },
      close: (key: string) =>
        Effect.suspend(() => {
          const entry = entries.get(key)
          if (entry === undefined) return Effect.void
          const closing = take(entry)
          reap(closing)
          return Deferred.await(closing.done)
        }),
      keys: () => Array.from(entries, ({ key }) => key),
      values,
      size: () => entries.size,
      stats: () => ({ hits, misses, evictions, reaping: reaping.size }),
      flush: Effect.suspend(() => {
        const sent: Array<Effect.Effect<void>> = []
        const all = [...values(), ...Array.from(reaping, ({ entry }) => entry.provider)]
        return Effect.zipRight(
          slices.forEach(all, (provider) => sent.push(provider.flush())),
          // All of them send by then: a fiber for each would only wait.
          Effect.suspend(() => Effect.forEach(sent, identity, { discard: true }))
        )
      })
    }
  }).pipe(Effect.withTracerEnabled(false))
