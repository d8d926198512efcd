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
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as BatchClock from "./BatchClock.js"
import type * as Breaker from "./Breaker.js"
import type { DestinationId } from "./DestinationId.js"
import * as Exporter from "./Exporter.js"
import * as Gate from "./Gate.js"
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
  /** Draws from 0 to 1. */
  readonly random: () => number
  /** Whether the operator has paused a destination; when that changes, the provider has to hear it (`look`). */
  readonly isPaused: (id: DestinationId) => boolean
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
    const random = () => Runtime.runSync(Runtime.defaultRuntime)(generator.next)
    return { ledger: options.ledger, clock, run, random, isPaused: options.isPaused ?? (() => false) }
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
  /** Sends what is queued at this moment and waits until something has become of all of it, or until no more of it can go for the time being. */
  readonly flush: Effect.Effect<void>
  /** Looks again whether a batch may go: something has changed. */
  readonly look: () => void
  /** The next probe goes as soon as the back end allows it. */
  readonly hasten: () => void
  readonly state: () => Gate.State
  /** Whether it holds any span. */
  readonly busy: boolean
  /** Spans queued and on their way. */
  readonly held: number
  /** Spans queued. */
  readonly queued: number
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
  readonly breaker?: Breaker.Options | undefined
  /** How long a span may have waited when an attempt to send fails; then it is given up. Default 1 hour. */
  readonly maxElapsed?: Duration.DurationInput | undefined
  /** Told what the back end has refused for good, once it is counted. Must not throw. */
  readonly onRefusal?: ((refusal: Exporter.Refusal<Span>) => void) | undefined
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
  readonly entries: ReadonlyArray<SpanQueue.Entry<Span>>
  fiber: Fiber.RuntimeFiber<Exporter.ExportOutcome<Span>> | undefined
}

/**
 * Makes a provider that lives as long as its scope. A synchronous effect.
 *
 * What should be sent again goes back to its place at the front of the queue, which never holds more than it may, what is on its way included: a
 * full queue drops the new span as `queue_full`. When the next attempt is made, and whether it is a probe, is the breaker's to say. Whenever an
 * attempt fails, every span that has waited longer than `maxElapsed` by then is dropped, as `retry_exhausted` or, where the credential is refused,
 * as `unauthorized`. No span is dropped for its age otherwise, however long the operator pauses the destination.
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
  Effect.gen(function* () {
    const { clock, ledger, run } = environment
    const { id, sizeOf } = options
    const exporter = Exporter.guard(options.exporter)
    const maxBatchSpans = options.maxBatchSpans ?? 512
    const maxBatchBytes = options.maxBatchBytes ?? 1024 * 1024
    const maxBatchAge = Duration.toMillis(options.maxBatchAge ?? "5 seconds")
    const maxInFlight = options.maxInFlight ?? 2
    const maxElapsed = Duration.toMillis(options.maxElapsed ?? "1 hour")
    const maxQueueBytes = options.maxQueueBytes ?? 16 * 1024 * 1024
    const queue = SpanQueue.make<Span>({
      maxSpans: options.maxQueueSpans ?? 8192,
      maxBytes: maxQueueBytes
    })
    const gate = Gate.make({
      breaker: options.breaker,
      now: clock.now,
      random: environment.random,
      isPaused: () => environment.isPaused(id),
      renew: exporter.renew,
      run,
      onRenewal: (isNew) => {
        if (closed !== undefined) return
        if (!isNew) {
          ledger.failed(id, "the credential was refused, and there is no new one; change it in the tenant's settings")
          expire()
        }
        look()
      }
    })

    const inFlight = new Set<Batch<Span>>()
    let waiters: Array<{ readonly upTo: number; readonly done: Deferred.Deferred<void> }> = []
    /** Spans before this position must go, even though their batch is not full. */
    let pressed = 0
    let cancelAge: (() => void) | undefined
    let cancelProbe: (() => void) | undefined
    let closed: CloseReason | undefined
    let abandoned = 0

    const held = () => {
      let count = queue.length()
      for (const batch of inFlight) count += batch.entries.length
      return count
    }
    const forget = ledger.observe(id, held)

    const settledUpTo = () => {
      let up = queue.front()
      for (const { entries } of inFlight) up = Math.min(up, entries[0]?.position ?? up)
      return up
    }

    const wake = () => {
      if (waiters.length === 0) return
      const up = gate.isShut() && inFlight.size === 0 ? Number.POSITIVE_INFINITY : settledUpTo()
      waiters = waiters.filter((waiter) => {
        if (waiter.upTo > up) return true
        Deferred.unsafeDone(waiter.done, Effect.void)
        return false
      })
    }

    const expire = () => {
      const reason = gate.state().paused === "unauthorized" ? "unauthorized" : "retry_exhausted"
      ledger.dropped(id, reason, queue.expire(clock.now() - maxElapsed))
    }

    const record = ({ entries }: Batch<Span>, outcome: Exporter.ExportOutcome<Span>) => {
      ledger.delivered(id, outcome.delivered, clock.now())
      for (const { count, reason } of outcome.dropped) ledger.dropped(id, reason, count)
      for (const refusal of outcome.rejected) {
        ledger.rejected(id, refusal.reason, refusal.count)
        options.onRefusal?.(refusal)
      }
      if (outcome.lastError !== undefined) ledger.failed(id, outcome.lastError)
      // They are in the order of the batch: the exporter is held to that.
      const spans = outcome.retry?.spans ?? []
      const again: Array<SpanQueue.Entry<Span>> = []
      const settled: Array<SpanQueue.Entry<Span>> = []
      for (const entry of entries) (entry.span === spans[again.length] ? again : settled).push(entry)
      queue.settle(settled)
      queue.putBack(again)
      pressed = Math.max(pressed, (again.at(-1)?.position ?? -1) + 1)
    }

    const settle = (batch: Batch<Span>, outcome: Exporter.ExportOutcome<Span>) => {
      // Closing may have settled it already.
      if (!inFlight.delete(batch)) return
      record(batch, outcome)
      gate.settled(outcome)
      if (outcome.retry !== undefined) expire()
      look()
    }

    const isDue = () => queue.length() >= maxBatchSpans || queue.bytes() >= maxBatchBytes || queue.front() < pressed

    const send = () => {
      const batch: Batch<Span> = { entries: queue.take(maxBatchSpans, maxBatchBytes), fiber: undefined }
      inFlight.add(batch)
      batch.fiber = run(exporter.export(batch.entries.map(({ span }) => span)))
      // An observer and not a finalizer: a fiber that is interrupted before it began runs none.
      batch.fiber.addObserver((exit) =>
        settle(batch, Exit.isSuccess(exit) ? exit.value : Exporter.dropped("interrupted", batch.entries.length))
      )
    }

    const pump = () => {
      while (inFlight.size < maxInFlight && queue.length() > 0 && isDue() && gate.enter(inFlight.size)) send()
      if (queue.length() === 0) return
      if (!isDue()) cancelAge ??= clock.schedule(maxBatchAge, onAge)
      else {
        const delay = gate.delay()
        if (delay !== undefined) cancelProbe ??= clock.schedule(delay + BatchClock.granularity, onProbe)
      }
    }

    const look = () => {
      pump()
      wake()
    }

    const press = () => {
      pressed = queue.end()
      pump()
    }

    const onAge = () => {
      cancelAge = undefined
      press()
    }

    const onProbe = () => {
      cancelProbe = undefined
      look()
    }

    const offer = (span: Span) => {
      if (closed !== undefined) return ledger.dropped(id, closed, 1)
      const size = sizeOf(span)
      if (!queue.offer(span, size, clock.now())) {
        return ledger.dropped(id, size > maxQueueBytes ? "span_too_large" : "queue_full", 1)
      }
      pump()
    }

    const flush = Effect.suspend(() => {
      press()
      const done = Deferred.unsafeMake<void>(FiberId.none)
      waiters.push({ upTo: queue.end(), done })
      wake()
      return Deferred.await(done)
    })

    const abandon = (reason: CloseReason) => {
      closed = reason
      cancelAge?.()
      cancelProbe?.()
      const queued = queue.clear()
      ledger.dropped(id, reason, queued)
      abandoned += queued
      for (const batch of inFlight) {
        inFlight.delete(batch)
        ledger.dropped(id, reason, batch.entries.length)
        abandoned += batch.entries.length
        batch.fiber?.unsafeInterruptAsFork(FiberId.none)
      }
      forget()
      for (const waiter of waiters) Deferred.unsafeDone(waiter.done, Effect.void)
      waiters = []
    }

    yield* Scope.addFinalizerExit(yield* Effect.scope, (exit) =>
      Effect.sync(gate.hasten).pipe(
        Effect.zipRight(flush),
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
      look,
      hasten: () => {
        gate.hasten()
        look()
      },
      state: gate.state,
      get busy() {
        return held() > 0
      },
      get held() {
        return held()
      },
      get queued() {
        return queue.length()
      },
      get abandoned() {
        return abandoned
      }
    }
  })
