/**
 * One destination at work: its queue, its batches, its requests on their way. Idle, it is a few objects: no timer, no fiber, no socket.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as BatchClock from "./BatchClock.js"
import type * as Breaker from "./Breaker.js"
import * as ByteBudget from "./ByteBudget.js"
import type * as DestinationId from "./DestinationId.js"
import type * as Exporter from "./Exporter.js"
import type * as Gate from "./Gate.js"
import { Sender } from "./internal/sender.js"
import type { Ledger } from "./Ledger.js"
import type { Overflow } from "./Overflow.js"
import type { RateLimit } from "./RateLimit.js"
import type * as SpanAccount from "./SpanAccount.js"
import * as Turns from "./Turns.js"

/**
 * What all providers share. `run` forks into the layer's own fibers, never the caller's: with an empty context, no tracer, and not before the
 * caller is done.
 *
 * @since 0.1.0
 * @category models
 */
export interface Environment {
  readonly ledger: Ledger
  readonly clock: BatchClock.BatchClock
  readonly budget: ByteBudget.ByteBudget
  readonly turns: Turns.Turns
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
  /** Draws from 0 to 1. */
  readonly random: () => number
  /** Whether the operator has paused a destination; when that changes, the provider has to hear it (`look`). */
  readonly isPaused: (id: DestinationId.DestinationId) => boolean
}

/**
 * Makes what providers share. When its scope closes, requests on their way are interrupted: close the providers first. Nothing is paused unless
 * said otherwise.
 *
 * @since 0.1.0
 * @category constructors
 */
export const environment = (options: {
  readonly ledger: Ledger
  readonly isPaused?: Environment["isPaused"] | undefined
  readonly budget?: ByteBudget.ByteBudget | undefined
  readonly turns?: Turns.Options | undefined
}): Effect.Effect<Environment, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    const fibers = yield* FiberSet.make<unknown, never>()
    // Whoever builds the layer may be inside a request: nothing of it may follow every batch of every tenant.
    const fork = yield* FiberSet.runtime(fibers)().pipe(
      Effect.mapInputContext((_: Context.Context<never>) => Context.empty())
    )
    const run: Environment["run"] = (effect) => fork(effect, { immediate: false })
    const generator = yield* Effect.random
    return {
      ledger: options.ledger,
      clock,
      budget: options.budget ?? ByteBudget.make(),
      turns: Turns.make(clock, options.turns),
      run,
      random: () => Runtime.runSync(Runtime.defaultRuntime)(generator.next),
      isPaused: options.isPaused ?? (() => false)
    }
  }).pipe(Effect.withTracerEnabled(false))

/**
 * One destination as whoever ends a span sees it: spans go in, and what becomes of them is in the ledger.
 *
 * @since 0.1.0
 * @category models
 */
export interface Provider<in Span> {
  readonly id: DestinationId.DestinationId
  /** Queues a span, or drops and counts it. Synchronous and total. */
  offer(span: Span): void
  /** Queues a span that another provider of this destination had. */
  adopt(span: Span): void
  /** Sends what is queued. What it gives waits until something has become of all of that, or until no more of it can go for the time being. What goes to a successor is the successor's. */
  flush(): Effect.Effect<void>
  /** Looks again whether a batch may go: something has changed. */
  look(): void
  /** The next probe goes as soon as the back end allows it. */
  hasten(): void
  /** Sends nothing any more, from now on: what is on its way is aborted, and done when this is. Its spans go to its successor, or are dropped. */
  readonly revoke: Effect.Effect<void>
  state(): Gate.State
  /** Whether any span waits for it: in it, beside it, or at whoever wants it. */
  busy(): boolean
  /** How many spans are queued and on their way. */
  held(): number
  /** How many spans are queued. */
  queued(): number
  /** How many spans were dropped because it was closed before they were sent. */
  abandoned(): number
  /** How many spans stay elsewhere because it was closed before they were sent. */
  parked(): number
  /** Whether another one in its place would be no different: it has learned nothing of its back end that is not to be forgotten. */
  isFresh(): boolean
  /** What stands in the way of sending, in words; `undefined` if nothing does. */
  trouble(): string | undefined
}

/**
 * Whose provider it is, how it sends, and how much it may hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Span> {
  readonly id: DestinationId.DestinationId
  readonly exporter: Exporter.BatchExporter<Span>
  /** An estimate of a span's size in bytes; must not throw. */
  readonly sizeOf: (span: Span) => number
  /** Who hears of the spans' fate. Default: the ledger. */
  readonly account?: SpanAccount.SpanAccount<Span> | undefined
  /** With whom it shares connections. Default: with nobody. */
  readonly lane?: string | undefined
  /** Default 512. */
  readonly maxBatchSpans?: number | undefined
  /** Default 1 MiB. */
  readonly maxBatchBytes?: number | undefined
  /** How long a span waits for its batch to fill. Default 5 seconds. */
  readonly maxBatchAge?: Duration.DurationInput | undefined
  /** Default 8,192. */
  readonly maxQueueSpans?: number | undefined
  /** Default 16 MiB. */
  readonly maxQueueBytes?: number | undefined
  /** Batches on their way at once. Default 2. */
  readonly maxInFlight?: number | undefined
  readonly breaker?: Breaker.Options | undefined
  /** When the exporter may be called again; it takes its places itself. */
  readonly rate?: RateLimit | undefined
  /** Milliseconds since the epoch before which a span must have ended to be too old for the back end. Default: none is. */
  readonly tooOld?: ((span: Span) => boolean) | undefined
  /** How long a span may have waited when an attempt to send fails; then it is given up. Default 1 hour. */
  readonly maxElapsed?: Duration.DurationInput | undefined
  /** Told what the back end has refused for good, once it is counted. Must not throw. */
  readonly onRefusal?: ((refusal: Exporter.Refusal<Span>) => void) | undefined
  /** Whether it has to stay although it holds nothing: somebody has spans for it. Default: nobody has. */
  readonly isWanted?: (() => boolean) | undefined
  /** Where they are kept beside memory. Default: nowhere. */
  readonly overflow?: ((adopt: (span: Span) => void) => Overflow<Span>) | undefined
  /** Who takes over the spans when the credential is refused or revoked: another provider of this destination, if there is one by then. */
  readonly successor?: (() => ((span: Span) => void) | undefined) | undefined
  /** Whether the exporter has nothing that another one would have to ask for again, such as a token. Default: it has not. */
  readonly isFresh?: (() => boolean) | undefined
  /** How long closing may take to send what is left. Default 5 seconds. */
  readonly closeDeadline?: Duration.DurationInput | undefined
  /** Told that it is being closed, before it sends what is left. Must not throw. */
  readonly onClosing?: (() => void) | undefined
  /** Told that it sends nothing any more, however closing it went. Must not throw. */
  readonly onClosed?: (() => void) | undefined
}

/**
 * Why a provider is closed: the reason under which the spans that it could not send are dropped.
 *
 * @since 0.1.0
 * @category models
 */
export type CloseReason = "evicted" | "shutdown" | "revoked"

/**
 * The exit with which to close a provider's scope, so that it knows why; any other exit means `shutdown`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const closedBy = (reason: CloseReason): Exit.Exit<CloseReason> => Exit.succeed(reason)

const reasonOf = (exit: Exit.Exit<unknown, unknown>): CloseReason =>
  Exit.isSuccess(exit) && (exit.value === "evicted" || exit.value === "revoked") ? exit.value : "shutdown"

/**
 * Makes a provider that lives as long as its scope. A synchronous effect.
 *
 * What should be sent again goes back to its place at the front of the queue, which never holds more than it may, what is on its way included. When
 * it is full, or the tenant's quota or the budget of the process is, what is worth least goes, and that can be the new span: `queue_full`,
 * `tenant_quota`, `budget_full`. A span whose parent was lost here is dropped as `parent_lost`, so that it is no orphan. When the next attempt is
 * made, and whether it is a probe, is the breaker's to say. Whenever an attempt fails, every span that has waited longer than `maxElapsed` by then
 * is dropped, as `retry_exhausted` or, where the credential is refused, as `unauthorized`. What is too old for the back end when it would be sent is
 * dropped as `too_old`. No span is dropped for its age otherwise, however long the operator pauses the destination.
 *
 * Closing sends what is left, under a deadline, with one last probe where the breaker is open; what then remains is dropped as `evicted` or
 * `shutdown`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(
  environment: Environment,
  options: Options<Span>
): Effect.Effect<Provider<Span>, never, Scope.Scope> =>
  // Its few steps are taken where a span ends.
  Effect.flatMap(Effect.scope, (scope) => {
    const sender = new Sender(environment, options)
    const closing = Scope.addFinalizerExit(scope, (exit) => Effect.suspend(() => sender.close(reasonOf(exit))))
    return Effect.map(closing, () => {
      // What an earlier one has left.
      sender.refill()
      return sender
    })
  })
