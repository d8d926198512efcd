/**
 * One destination at work: its queue, its batches, its requests on their way. Idle, it is a few objects: no timer, no fiber, no socket.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import * as BatchClock from "./BatchClock.js"
import type { DestinationId } from "./DestinationId.js"
import * as Exporter from "./Exporter.js"
import type { Ledger } from "./Ledger.js"
import * as SpanQueue from "./SpanQueue.js"

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
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
}

/**
 * Makes what providers share. When its scope closes, requests on their way are interrupted: close the providers first.
 *
 * @since 0.1.0
 * @category constructors
 */
export const environment = (options: { readonly ledger: Ledger }): Effect.Effect<Environment, never, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    const fibers = yield* FiberSet.make<unknown, never>()
    // Whoever builds the layer may be inside a request: nothing of it may follow every batch of every tenant.
    const fork = yield* FiberSet.runtime(fibers)().pipe(
      Effect.mapInputContext((_: Context.Context<never>) => Context.empty())
    )
    const run: Environment["run"] = (effect) => fork(effect, { immediate: false })
    return { ledger: options.ledger, clock, run }
  }).pipe(Effect.withTracerEnabled(false))

/**
 * One destination as whoever ends a span sees it: spans go in, and what becomes of them is in the ledger.
 *
 * @since 0.1.0
 * @category models
 */
export interface Provider<in Span> {
  readonly id: DestinationId
  /** Queues a span, or drops and counts it. Synchronous and total. */
  readonly offer: (span: Span) => void
  /** Sends what is queued at this moment and waits until something has become of all of it. */
  readonly flush: Effect.Effect<void>
  /** Whether it holds any span. */
  readonly busy: boolean
  /** Spans queued and on their way. */
  readonly held: number
  /** Spans that were dropped because it was closed before they were sent. */
  readonly abandoned: number
}

/**
 * Whose provider it is, how it sends, and how much it may hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Span> {
  readonly id: DestinationId
  readonly exporter: Exporter.BatchExporter<Span>
  /** An estimate of a span's size in bytes; must not throw. */
  readonly sizeOf: (span: Span) => number
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
  /** How long closing may take to send what is left. Default 5 seconds. */
  readonly closeDeadline?: Duration.DurationInput | undefined
}

/**
 * Why a provider is closed: the reason under which the spans that it could not send are dropped.
 *
 * @since 0.1.0
 * @category models
 */
export type CloseReason = "evicted" | "shutdown"

/**
 * The exit with which to close a provider's scope, so that it knows why; any other exit means `shutdown`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const closedBy = (reason: CloseReason): Exit.Exit<CloseReason> => Exit.succeed(reason)

interface Batch<Span> {
  readonly spans: ReadonlyArray<Span>
  /** How many spans had been taken before these. */
  readonly from: number
  fiber: Fiber.RuntimeFiber<Exporter.ExportOutcome> | undefined
}

/**
 * Makes a provider that lives as long as its scope. A synchronous effect. Closing sends what is left, under a deadline; what then remains is
 * dropped as `evicted` or `shutdown`. A full queue drops the new span as `queue_full`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Span>(
  environment: Environment,
  options: Options<Span>
): Effect.Effect<Provider<Span>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { clock, ledger, run } = environment
    const { id, sizeOf } = options
    const exporter = Exporter.guard(options.exporter)
    const maxBatchSpans = options.maxBatchSpans ?? 512
    const maxBatchBytes = options.maxBatchBytes ?? 1024 * 1024
    const maxBatchAge = Duration.toMillis(options.maxBatchAge ?? "5 seconds")
    const maxInFlight = options.maxInFlight ?? 2
    const queue = SpanQueue.make<Span>({
      maxSpans: options.maxQueueSpans ?? 8192,
      maxBytes: options.maxQueueBytes ?? 16 * 1024 * 1024
    })

    const inFlight = new Set<Batch<Span>>()
    let waiters: Array<{ readonly upTo: number; readonly done: Deferred.Deferred<void> }> = []
    let taken = 0
    /** Spans that must go even though their batch is not full: all up to this many. */
    let pressed = 0
    let cancelAge: (() => void) | undefined
    let closed: CloseReason | undefined
    let abandoned = 0

    const held = () => {
      let count = queue.length()
      for (const batch of inFlight) count += batch.spans.length
      return count
    }
    const forget = ledger.observe(id, held)

    // Spans are taken in order, so everything before the oldest batch on its way has been settled.
    const settledUpTo = () => {
      let up = taken
      for (const batch of inFlight) up = Math.min(up, batch.from)
      return up
    }

    const wake = () => {
      if (waiters.length === 0) return
      const up = settledUpTo()
      waiters = waiters.filter((waiter) => {
        if (waiter.upTo > up) return true
        Deferred.unsafeDone(waiter.done, Effect.void)
        return false
      })
    }

    const record = (outcome: Exporter.ExportOutcome) => {
      ledger.delivered(id, outcome.delivered)
      for (const { count, reason } of outcome.rejected) ledger.rejected(id, reason, count)
      for (const { count, reason } of outcome.dropped) ledger.dropped(id, reason, count)
      if (outcome.lastError !== undefined) ledger.failed(id, outcome.lastError)
    }

    const settle = (batch: Batch<Span>, outcome: Exporter.ExportOutcome) => {
      // Closing may have settled it already.
      if (!inFlight.delete(batch)) return
      record(outcome)
      pump()
      wake()
    }

    const isDue = () => queue.length() >= maxBatchSpans || queue.bytes() >= maxBatchBytes || taken < pressed

    // A breaker, a quota or a turn among tenants says here that a batch must wait.
    const pump = () => {
      while (inFlight.size < maxInFlight && queue.length() > 0 && isDue()) {
        const batch: Batch<Span> = { spans: queue.take(maxBatchSpans, maxBatchBytes), from: taken, fiber: undefined }
        taken += batch.spans.length
        inFlight.add(batch)
        batch.fiber = run(exporter.export(batch.spans))
        // An observer and not a finalizer: a fiber that is interrupted before it began runs none.
        batch.fiber.addObserver((exit) =>
          settle(batch, Exit.isSuccess(exit) ? exit.value : Exporter.dropped("interrupted", batch.spans.length))
        )
      }
      if (queue.length() > 0 && !isDue()) cancelAge ??= clock.schedule(maxBatchAge, onAge)
    }

    const press = () => {
      pressed = taken + queue.length()
      pump()
    }

    const onAge = () => {
      cancelAge = undefined
      press()
    }

    const offer = (span: Span) => {
      if (closed !== undefined) return ledger.dropped(id, closed, 1)
      if (!queue.offer(span, sizeOf(span))) return ledger.dropped(id, "queue_full", 1)
      pump()
    }

    const flush = Effect.suspend(() => {
      press()
      const upTo = taken + queue.length()
      if (settledUpTo() >= upTo) return Effect.void
      const done = Deferred.unsafeMake<void>(FiberId.none)
      waiters.push({ upTo, done })
      return Deferred.await(done)
    })

    const abandon = (reason: CloseReason) => {
      closed = reason
      cancelAge?.()
      const queued = queue.clear()
      ledger.dropped(id, reason, queued)
      abandoned += queued
      for (const batch of inFlight) {
        inFlight.delete(batch)
        ledger.dropped(id, reason, batch.spans.length)
        abandoned += batch.spans.length
        batch.fiber?.unsafeInterruptAsFork(FiberId.none)
      }
      forget()
      for (const waiter of waiters) Deferred.unsafeDone(waiter.done, Effect.void)
      waiters = []
    }

    yield* Scope.addFinalizerExit(yield* Effect.scope, (exit) =>
      flush.pipe(
        Effect.timeoutOption(options.closeDeadline ?? "5 seconds"),
        Effect.ensuring(
          Effect.sync(() => abandon(Exit.isSuccess(exit) && exit.value === "evicted" ? "evicted" : "shutdown"))
        )
      )
    )

    return {
      id,
      offer,
      flush,
      get busy() {
        return held() > 0
      },
      get held() {
        return held()
      },
      get abandoned() {
        return abandoned
      }
    }
  })
