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
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as BatchClock from "./BatchClock.js"
import type * as Breaker from "./Breaker.js"
import * as ByteBudget from "./ByteBudget.js"
import * as DestinationId from "./DestinationId.js"
import * as Exporter from "./Exporter.js"
import * as Gate from "./Gate.js"
import type { Ledger } from "./Ledger.js"
import type { Overflow } from "./Overflow.js"
import type { RateLimit } from "./RateLimit.js"
import * as SpanAccount from "./SpanAccount.js"
import * as SpanQueue from "./SpanQueue.js"
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
  readonly offer: (span: Span) => void
  /** Queues a span that another provider of this destination had. */
  readonly adopt: (span: Span) => void
  /** Sends what is queued at this moment and waits until something has become of all of it, or until no more of it can go for the time being. */
  readonly flush: Effect.Effect<void>
  /** Looks again whether a batch may go: something has changed. */
  readonly look: () => void
  /** The next probe goes as soon as the back end allows it. */
  readonly hasten: () => void
  /** Sends nothing any more, from now on: what is on its way is aborted, and done when this is. Its spans go to its successor, or are dropped. */
  readonly revoke: Effect.Effect<void>
  readonly state: () => Gate.State
  /** Whether any span waits for it: in it, beside it, or at whoever wants it. */
  readonly busy: () => boolean
  /** How many spans are queued and on their way. */
  readonly held: () => number
  /** How many spans are queued. */
  readonly queued: () => number
  /** How many spans were dropped because it was closed before they were sent. */
  readonly abandoned: () => number
  /** How many spans stay elsewhere because it was closed before they were sent. */
  readonly parked: () => number
  /** Whether another one in its place would be no different: it has learned nothing of its back end that is not to be forgotten. */
  readonly isFresh: () => boolean
  /** What stands in the way of sending, in words; `undefined` if nothing does. */
  readonly trouble: () => string | undefined
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

interface Batch<Span> {
  readonly entries: ReadonlyArray<SpanQueue.Entry<Span>>
  readonly turn: Turns.Turn
  fiber: Fiber.RuntimeFiber<Exporter.ExportOutcome<Span>> | undefined
}

/** Milliseconds. */
const refillAgain = 5000

/** What something has become of, and what is to be sent again, in the order of the batch: the exporter is held to that. */
const parted = <Span>(entries: Batch<Span>["entries"], spans: ReadonlyArray<Span>) => {
  const settled: Array<SpanQueue.Entry<Span>> = []
  const again: Array<SpanQueue.Entry<Span>> = []
  for (const entry of entries) (entry.span === spans[again.length] ? again : settled).push(entry)
  return [settled, again] as const
}

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
    const { clock, ledger, run } = environment
    const { id, sizeOf } = options
    const account: SpanAccount.SpanAccount<Span> = options.account ?? new SpanAccount.Counted(ledger, id)
    const exporter = Exporter.guard(options.exporter)
    const maxBatchSpans = options.maxBatchSpans ?? 512
    const maxBatchBytes = options.maxBatchBytes ?? 1024 * 1024
    const maxBatchAge = Duration.toMillis(options.maxBatchAge ?? "5 seconds")
    const maxInFlight = options.maxInFlight ?? 2
    const maxElapsed = Duration.toMillis(options.maxElapsed ?? "1 hour")
    const maxQueueSpans = options.maxQueueSpans ?? 8192
    const maxQueueBytes = options.maxQueueBytes ?? 16 * 1024 * 1024
    const refillSpans = Math.min(maxBatchSpans, maxQueueSpans / 2)
    const queue = SpanQueue.make<Span>({
      maxSpans: maxQueueSpans,
      maxBytes: maxQueueBytes,
      sizeOf,
      worth: (span) => account.worth(span)
    })
    const gate = Gate.make({
      breaker: options.breaker,
      rate: options.rate,
      now: clock.now,
      wallTime: clock.wallTime,
      random: environment.random,
      isPaused: () => environment.isPaused(id),
      renew: exporter.renew,
      run,
      onRenewal: (isNew) => {
        if (closed !== undefined) return
        if (!isNew && !handOver()) {
          ledger.failed(id, "the credential was refused, and there is no new one; change it in the tenant's settings")
          expire()
        }
        look()
      }
    })

    const inFlight: Array<Batch<Span>> = []
    let waiters: Array<{ readonly upTo: number; readonly done: Deferred.Deferred<void> }> = []
    /** Spans before this position must go, even though their batch is not full. */
    let pressed = 0
    let cancelAge: (() => void) | undefined
    let cancelProbe: (() => void) | undefined
    let cancelRefill: (() => void) | undefined
    let closed: CloseReason | undefined
    /** Nothing is kept or sent any more. */
    const over = Deferred.unsafeMake<void>(FiberId.none)
    let abandoned = 0
    let parked = 0

    const held = () => {
      let count = queue.length()
      for (const batch of inFlight) count += batch.entries.length
      return count
    }
    const forget = ledger.observe(id, held)

    const shed = (below: number, reason: string): boolean => {
      // One that is kept elsewhere is not lost, whatever it is worth.
      const entry = queue.removeFirst((span) => overflow?.isKept(span) ?? false) ?? queue.shed(below)
      if (entry === undefined) return false
      lose(release([entry]), reason)
      return true
    }
    const share = environment.budget.open(
      DestinationId.owner(id),
      { held: queue.bytes, shed },
      DestinationId.isOperator(id) ? Number.POSITIVE_INFINITY : undefined
    )

    const seat = environment.turns.seat({
      tenant: DestinationId.owner(id),
      lane: options.lane ?? id,
      onTurn: (turn) => {
        use(turn)
        look()
      }
    })

    /** They leave this provider. */
    const release = (entries: ReadonlyArray<SpanQueue.Entry<Span>>): ReadonlyArray<Span> => {
      let bytes = 0
      for (const entry of entries) bytes += entry.bytes
      share.give(bytes)
      return entries.map(({ span }) => span)
    }

    /** They are given up. */
    const drop = (entries: ReadonlyArray<SpanQueue.Entry<Span>>, reason: string) => {
      if (entries.length === 0) return
      const spans = release(entries)
      overflow?.settled(spans)
      account.dropped(spans, reason)
    }

    /** There is no place for them in memory; says how many are lost. */
    const lose = (spans: ReadonlyArray<Span>, reason: string): number => {
      const lost = overflow === undefined ? spans : overflow.leave(spans)
      if (lost.length > 0) account.dropped(lost, reason)
      return lost.length
    }

    const settledUpTo = () => {
      let up = queue.front()
      for (const { entries } of inFlight) up = Math.min(up, entries[0]?.position ?? up)
      return up
    }

    const wake = () => {
      if (waiters.length === 0) return
      const up = gate.isShut() && inFlight.length === 0 ? Number.POSITIVE_INFINITY : settledUpTo()
      waiters = waiters.filter((waiter) => {
        if (waiter.upTo > up) return true
        Deferred.unsafeDone(waiter.done, Effect.void)
        return false
      })
    }

    const expire = () =>
      drop(
        queue.expire(clock.now() - maxElapsed),
        gate.state().paused === "unauthorized" ? "unauthorized" : "retry_exhausted"
      )

    const record = ({ entries }: Batch<Span>, outcome: Exporter.ExportOutcome<Span>) => {
      if (outcome.lastError !== undefined) ledger.failed(id, outcome.lastError)
      const [settled, again] = outcome.retry === undefined ? [entries, []] : parted(entries, outcome.retry.spans)
      queue.settle(settled)
      const done = release(settled)
      overflow?.settled(done)
      tell(done, outcome)
      queue.putBack(again)
      pressed = Math.max(pressed, (again.at(-1)?.position ?? -1) + 1)
    }

    const tell = (settled: ReadonlyArray<Span>, { delivered, dropped, rejected }: Exporter.ExportOutcome<Span>) => {
      const now = clock.wallTime()
      const told = new Set<Span>()
      const causes: Array<Exporter.Tally> = [...dropped]
      for (const refusal of rejected) {
        if (refusal.spans === undefined) causes.push(refusal)
        else {
          account.rejected(refusal.spans, refusal.reason)
          for (const span of refusal.spans) told.add(span)
          options.onRefusal?.(refusal)
        }
      }
      const rest = told.size === 0 ? settled : settled.filter((span) => !told.has(span))
      if (causes.length === 0) account.delivered(rest, now)
      else
        account.mixed(rest, { delivered, dropped, rejected: rejected.filter(({ spans }) => spans === undefined) }, now)
    }

    const settle = (batch: Batch<Span>, outcome: Exporter.ExportOutcome<Span>) => {
      const at = inFlight.indexOf(batch)
      // Closing may have settled it already.
      if (at === -1) return
      inFlight.splice(at, 1)
      record(batch, outcome)
      gate.settled(outcome)
      if (outcome.retry?.unauthorized) handOver()
      if (outcome.retry !== undefined) expire()
      batch.turn.done()
      look()
    }

    /** What waits goes to another provider of this destination, where there is one; false when there is none. */
    const handOver = (): boolean => {
      const take = options.successor?.()
      if (take === undefined) return false
      for (const span of release(queue.clear())) take(span)
      return true
    }

    const isFull = () => queue.length() >= maxBatchSpans || queue.bytes() >= maxBatchBytes

    const isDue = () => isFull() || queue.front() < pressed

    const mayGo = () => closed === undefined && inFlight.length < maxInFlight && queue.length() > 0 && isDue()

    const send = (turn: Turns.Turn) => {
      // What it waits for is over; the next wait may be a shorter one.
      cancelProbe?.()
      cancelProbe = undefined
      // What has come since it was due waits for its own batch: so those who receive the same spans have the same batches, whoever had to wait.
      const taken = queue.take(maxBatchSpans, maxBatchBytes, isFull() ? undefined : pressed)
      const stale = options.tooOld === undefined ? [] : taken.filter(({ span }) => options.tooOld?.(span))
      queue.settle(stale)
      drop(stale, "too_old")
      const entries = stale.length === 0 ? taken : taken.filter((entry) => !stale.includes(entry))
      const batch: Batch<Span> = { entries, turn, fiber: undefined }
      inFlight.push(batch)
      batch.fiber = run(
        entries.length === 0 ? Effect.succeed(Exporter.delivered(0)) : exporter.export(entries.map(({ span }) => span))
      )
      // An observer and not a finalizer: a fiber that is interrupted before it began runs none.
      batch.fiber.addObserver((exit) =>
        settle(batch, Exit.isSuccess(exit) ? exit.value : Exporter.dropped("interrupted", entries.length))
      )
    }

    /** Things may have changed while the turn was waited for. */
    const use = (turn: Turns.Turn): boolean => {
      const goes = mayGo() && gate.enter(inFlight.length)
      if (goes) send(turn)
      else turn.done()
      return goes
    }

    /** About as many as the next batch has. */
    const nextBytes = () => {
      const spans = queue.length()
      return Math.min(maxBatchBytes, Math.ceil((queue.bytes() * Math.min(spans, maxBatchSpans)) / spans))
    }

    const pump = () => {
      while (mayGo()) {
        // Asked once: time passes between two answers.
        const delay = gate.delay(inFlight.length)
        if (delay === undefined) return
        if (delay > 0) {
          cancelProbe ??= clock.schedule(delay + BatchClock.granularity, onProbe)
          return
        }
        const turn = seat.take(nextBytes(), gate.isSuspect())
        if (turn === undefined || !use(turn)) return
      }
      const since = queue.since()
      if (since !== undefined && !isDue()) cancelAge ??= clock.schedule(since + maxBatchAge - clock.now(), onAge)
    }

    const look = () => {
      if (gate.isShut() && gate.state().paused === "unauthorized") handOver()
      pump()
      wake()
      if (!gate.isShut()) refill()
    }

    /** Brings back what has left until a batch is full. Where memory is short it leaves again, and somebody has to look for it later. */
    const refill = () => {
      const before = queue.length()
      const hasRoom = before < refillSpans && queue.bytes() < maxBatchBytes
      if (closed !== undefined || !hasRoom) return
      overflow?.refill((isSpent) => {
        if (isSpent || queue.length() > before) look()
        else if (closed === undefined) cancelRefill ??= clock.schedule(refillAgain, onRefill)
      })
    }

    const onRefill = () => {
      cancelRefill = undefined
      look()
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

    /** Why there is no room for it, after what is worth less has made way. */
    const refusal = (span: Span, size: number): string | undefined => {
      if (size > maxQueueBytes) return "span_too_large"
      const worth = account.worth(span)
      while (!queue.fits(size)) if (!shed(worth, "queue_full")) return "queue_full"
      return share.take(size, worth)
    }

    const insert = (span: Span): boolean => {
      const size = sizeOf(span)
      const reason = closed ?? refusal(span, size)
      if (reason !== undefined) {
        lose([span], reason)
        return false
      }
      queue.offer(span, clock.now())
      overflow?.keep(span)
      return true
    }

    const overflow = options.overflow?.((span) => adopt(span))

    /** One more span changes nothing while its batch is not full and somebody will come for it. */
    const arrived = () => {
      if (isDue() || cancelAge === undefined) pump()
    }

    const offer = (span: Span) => {
      account.queued(span)
      if (!account.admits(span)) return account.dropped([span], "parent_lost")
      if (insert(span)) arrived()
    }

    const adopt = (span: Span) => {
      if (insert(span)) arrived()
    }

    const flush = Effect.suspend(() => {
      press()
      const done = Deferred.unsafeMake<void>(FiberId.none)
      waiters.push({ upTo: queue.end(), done })
      wake()
      return Deferred.await(done)
    })

    /** What is on its way is aborted; whether it arrived is not known. */
    const abort = (): ReadonlyArray<Batch<Span>> => {
      const batches = inFlight.splice(0)
      for (const { entries, fiber, turn } of batches) {
        queue.putBack(entries)
        fiber?.unsafeInterruptAsFork(FiberId.none)
        turn.done()
      }
      return batches
    }

    const abandon = (reason: CloseReason): ReadonlyArray<Batch<Span>> => {
      if (closed !== undefined) return []
      closed = reason
      Deferred.unsafeDone(over, Effect.void)
      cancelAge?.()
      cancelProbe?.()
      cancelRefill?.()
      seat.leave()
      const aborted = abort()
      if (reason !== "revoked" || !handOver()) {
        const left = release(queue.clear())
        abandoned = lose(left, reason)
        parked = left.length - abandoned
      }
      overflow?.close()
      share.close()
      forget()
      for (const waiter of waiters) Deferred.unsafeDone(waiter.done, Effect.void)
      waiters = []
      options.onClosed?.()
      return aborted
    }

    const revoke = Effect.suspend(() => {
      const fibers = abandon("revoked").flatMap(({ fiber }) => (fiber === undefined ? [] : [fiber]))
      return Fiber.interruptAll(fibers)
    })

    const closing = Scope.addFinalizerExit(scope, (exit) =>
      Effect.suspend(() => {
        const reason = Exit.isSuccess(exit) ? exit.value : "shutdown"
        options.onClosing?.()
        if (reason === "revoked") return revoke
        gate.hasten()
        const sending = Effect.timeoutOption(flush, options.closeDeadline ?? "5 seconds")
        // Meanwhile, and not afterwards: a back end that hangs may take all the time that there is for closing.
        const keeping =
          overflow === undefined
            ? Effect.void
            : Effect.timeoutOption(Effect.raceFirst(overflow.flush, Deferred.await(over)), "2 seconds")
        return Effect.zip(sending, keeping, { concurrent: true }).pipe(
          Effect.ensuring(Effect.sync(() => abandon(reason === "evicted" ? "evicted" : "shutdown")))
        )
      })
    )

    const provider: Provider<Span> = {
      id,
      offer,
      adopt,
      flush,
      look,
      hasten: () => {
        gate.hasten()
        // It may have been set for later.
        cancelProbe?.()
        cancelProbe = undefined
        look()
      },
      revoke,
      state: gate.state,
      busy: () => held() > 0 || overflow?.hasLeft() === true || options.isWanted?.() === true,
      held,
      queued: queue.length,
      abandoned: () => abandoned,
      parked: () => parked,
      isFresh: () => gate.isFresh() && options.isFresh?.() !== false,
      trouble: () => {
        if (closed === "revoked") return "its credential was revoked"
        const { breaker, paused } = gate.state()
        if (paused === "operator") return "it is paused"
        if (paused === "unauthorized") return "its back end refuses the credential"
        return breaker.state === "closed" ? undefined : "its back end fails"
      }
    }
    return Effect.map(closing, () => {
      // What an earlier one has left.
      refill()
      return provider
    })
  })
