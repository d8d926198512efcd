/**
 * When a provider sends what it holds: its batches, its requests on their way, and who waits for them. A class, as what it holds is one.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as BatchClock from "../BatchClock.js"
import * as DestinationId from "../DestinationId.js"
import * as Exporter from "../Exporter.js"
import * as Gate from "../Gate.js"
import type { Overflow } from "../Overflow.js"
import type { CloseReason, Environment, Options, Provider } from "../Provider.js"
import * as SpanAccount from "../SpanAccount.js"
import type * as Turns from "../Turns.js"
import { type Entries, Holding } from "./holding.js"

interface Batch<Span> {
  readonly entries: Entries<Span>
  readonly turn: Turns.Turn
  fiber: Fiber.RuntimeFiber<Exporter.ExportOutcome<Span>> | undefined
}

interface Waiter {
  readonly upTo: number
  readonly done: Deferred.Deferred<void>
}

/** Milliseconds. */
const refillAgain = 5000

export class Sender<Span> implements Provider<Span> {
  readonly id: DestinationId.DestinationId
  private readonly account: SpanAccount.SpanAccount<Span>
  private readonly holding: Holding<Span>
  private closed: CloseReason | undefined = undefined
  private readonly maxBatchSpans: number
  private readonly maxBatchBytes: number
  /** Spans before this position must go, even though their batch is not full. */
  private pressed = 0
  private cancelAge: (() => void) | undefined = undefined
  private cancelProbe: (() => void) | undefined = undefined
  private cancelRefill: (() => void) | undefined = undefined
  private readonly inFlight: Array<Batch<Span>> = []
  private waiters: ReadonlyArray<Waiter> = []
  private readonly maxBatchAge: number
  private readonly maxInFlight: number
  private readonly maxElapsed: number
  private readonly refillSpans: number
  private readonly exporter: Exporter.BatchExporter<Span>
  private readonly gate: Gate.Gate
  private readonly seat: Turns.Seat
  private readonly overflow: Overflow<Span> | undefined
  /** Takes back that it is observed. */
  private readonly forget: () => void
  /** Nothing is kept or sent any more. */
  private readonly over = Deferred.unsafeMake<void>(FiberId.none)
  private abandonedSpans = 0
  private parkedSpans = 0

  constructor(
    private readonly environment: Environment,
    private readonly options: Options<Span>
  ) {
    const { budget, clock, ledger, run, turns } = environment
    const { id } = options
    const maxQueueSpans = options.maxQueueSpans ?? 8192
    this.id = id
    this.account = options.account ?? new SpanAccount.Counted(ledger, id)
    this.exporter = Exporter.guard(options.exporter)
    this.maxBatchSpans = options.maxBatchSpans ?? 512
    this.maxBatchBytes = options.maxBatchBytes ?? 1024 * 1024
    this.maxBatchAge = Duration.toMillis(options.maxBatchAge ?? "5 seconds")
    this.maxInFlight = options.maxInFlight ?? 2
    this.maxElapsed = Duration.toMillis(options.maxElapsed ?? "1 hour")
    this.refillSpans = Math.min(this.maxBatchSpans, maxQueueSpans / 2)
    this.overflow = options.overflow?.((span) => this.adopt(span))
    this.holding = new Holding({
      id,
      budget,
      account: this.account,
      sizeOf: options.sizeOf,
      maxSpans: maxQueueSpans,
      maxBytes: options.maxQueueBytes ?? 16 * 1024 * 1024,
      overflow: this.overflow
    })
    this.gate = Gate.make({
      breaker: options.breaker,
      rate: options.rate,
      now: clock.now,
      wallTime: clock.wallTime,
      random: environment.random,
      isPaused: () => environment.isPaused(id),
      renew: this.exporter.renew,
      run,
      onRenewal: (isNew) => this.renewed(isNew)
    })
    this.seat = turns.seat({
      tenant: DestinationId.owner(id),
      lane: options.lane ?? id,
      onTurn: (turn) => {
        this.use(turn)
        this.look()
      }
    })
    this.forget = ledger.observe(id, () => this.held())
  }

  offer(span: Span): void {
    this.account.queued(span)
    if (this.account.admits(span)) this.adopt(span)
    else this.account.dropped([span], "parent_lost")
  }

  adopt(span: Span): void {
    if (this.closed !== undefined) this.holding.lose([span], this.closed)
    // One more changes nothing while its batch is not full and somebody will come for it.
    else if (this.holding.insert(span, this.environment.clock.now()) && (this.isDue() || this.cancelAge === undefined))
      this.pump()
  }

  private isFull(): boolean {
    const { bytes, length } = this.holding.queue
    return length >= this.maxBatchSpans || bytes >= this.maxBatchBytes
  }

  private isDue(): boolean {
    return this.isFull() || this.holding.queue.front < this.pressed
  }

  private mayGo(): boolean {
    const { length } = this.holding.queue
    return this.closed === undefined && this.inFlight.length < this.maxInFlight && length > 0 && this.isDue()
  }

  private pump(): void {
    const { clock } = this.environment
    while (this.mayGo()) {
      // Asked once: time passes between two answers.
      const delay = this.gate.delay(this.inFlight.length)
      if (delay === undefined) return
      if (delay > 0) {
        this.cancelProbe ??= clock.schedule(delay + BatchClock.granularity, () => {
          this.cancelProbe = undefined
          this.look()
        })
        return
      }
      const turn = this.seat.take(this.nextBytes(), this.gate.isSuspect())
      if (turn === undefined || !this.use(turn)) return
    }
    const { since } = this.holding.queue
    if (since === undefined || this.isDue()) return
    this.cancelAge ??= clock.schedule(since + this.maxBatchAge - clock.now(), () => {
      this.cancelAge = undefined
      this.press()
    })
  }

  private press(): void {
    this.pressed = this.holding.queue.end
    this.pump()
  }

  /** About as many as the next batch has. */
  private nextBytes(): number {
    const { bytes, length } = this.holding.queue
    return Math.min(this.maxBatchBytes, Math.ceil((bytes * Math.min(length, this.maxBatchSpans)) / length))
  }

  /** Things may have changed while the turn was waited for. */
  private use(turn: Turns.Turn): boolean {
    const goes = this.mayGo() && this.gate.enter(this.inFlight.length)
    if (goes) this.send(turn)
    else turn.done()
    return goes
  }

  private send(turn: Turns.Turn): void {
    const { holding } = this
    // What it waits for is over; the next wait may be a shorter one.
    this.callOffProbe()
    // What has come since it was due waits for its own batch: so those who receive the same spans have the same batches, whoever had to wait.
    const before = this.isFull() ? undefined : this.pressed
    const taken = holding.queue.take(this.maxBatchSpans, this.maxBatchBytes, before)
    const { tooOld } = this.options
    const stale = tooOld === undefined ? [] : taken.filter(({ span }) => tooOld(span))
    holding.drop(stale, "too_old")
    const entries = stale.length === 0 ? taken : taken.filter((entry) => !stale.includes(entry))
    const batch: Batch<Span> = { entries, turn, fiber: undefined }
    this.inFlight.push(batch)
    batch.fiber = this.environment.run(
      entries.length === 0
        ? Effect.succeed(Exporter.delivered(0))
        : this.exporter.export(entries.map(({ span }) => span))
    )
    // An observer and not a finalizer: a fiber that is interrupted before it began runs none.
    batch.fiber.addObserver((exit) =>
      this.settle(batch, Exit.isSuccess(exit) ? exit.value : Exporter.dropped("interrupted", entries.length))
    )
  }

  private settle(batch: Batch<Span>, outcome: Exporter.ExportOutcome<Span>): void {
    const at = this.inFlight.indexOf(batch)
    // Closing may have settled it already.
    if (at === -1) return
    this.inFlight.splice(at, 1)
    this.record(batch, outcome)
    this.gate.settled(outcome)
    if (outcome.retry?.unauthorized) this.handOver()
    if (outcome.retry !== undefined) this.expire()
    batch.turn.done()
    this.look()
  }

  private record({ entries }: Batch<Span>, outcome: Exporter.ExportOutcome<Span>): void {
    const { holding, options } = this
    if (outcome.lastError !== undefined) this.environment.ledger.failed(options.id, outcome.lastError)
    const [settled, again] = outcome.retry === undefined ? [entries, []] : parted(entries, outcome.retry.spans)
    this.tell(holding.settle(settled), outcome)
    holding.queue.putBack(again)
    this.pressed = Math.max(this.pressed, (again.at(-1)?.position ?? -1) + 1)
  }

  private tell(settled: ReadonlyArray<Span>, { delivered, dropped, rejected }: Exporter.ExportOutcome<Span>): void {
    const { account, options } = this
    const now = this.environment.clock.wallTime()
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
    else account.mixed(rest, { delivered, dropped, rejected: rejected.filter(({ spans }) => spans === undefined) }, now)
  }

  look(): void {
    if (this.isRefused()) this.handOver()
    this.pump()
    this.wake()
    if (!this.gate.isShut()) this.refill()
  }

  private isRefused(): boolean {
    return this.gate.isShut() && this.gate.state().paused === "unauthorized"
  }

  private renewed(isNew: boolean): void {
    if (this.closed !== undefined) return
    if (!isNew && !this.handOver()) {
      const lastError = "the credential was refused, and there is no new one; change it in the tenant's settings"
      this.environment.ledger.failed(this.id, lastError)
      this.expire()
    }
    this.look()
  }

  private expire(): void {
    const reason = this.gate.state().paused === "unauthorized" ? "unauthorized" : "retry_exhausted"
    this.holding.expire(this.environment.clock.now() - this.maxElapsed, reason)
  }

  /** What waits goes to another provider of this destination, where there is one; false when there is none. */
  private handOver(): boolean {
    const take = this.options.successor?.()
    if (take === undefined) return false
    for (const span of this.holding.clear()) take(span)
    return true
  }

  /** Brings back what has left until a batch is full. Where memory is short it leaves again, and somebody has to look for it later. */
  refill(): void {
    const { queue } = this.holding
    const before = queue.length
    const hasRoom = before < this.refillSpans && queue.bytes < this.maxBatchBytes
    if (this.closed !== undefined || !hasRoom) return
    this.overflow?.refill((isSpent) => {
      if (isSpent || queue.length > before) this.look()
      else if (this.closed === undefined)
        this.cancelRefill ??= this.environment.clock.schedule(refillAgain, () => {
          this.cancelRefill = undefined
          this.look()
        })
    })
  }

  flush(): Effect.Effect<void> {
    return this.held() === 0 ? Effect.void : Deferred.await(this.sendAll())
  }

  /** Sends what is queued; it is done when something has become of all of it, or when no more of it can go for the time being. */
  private sendAll(): Deferred.Deferred<void> {
    this.press()
    const done = Deferred.unsafeMake<void>(FiberId.none)
    this.waiters = [...this.waiters, { upTo: this.holding.queue.end, done }]
    this.wake()
    return done
  }

  private wake(): void {
    if (this.waiters.length === 0) return
    const isOver = this.gate.isShut() && this.inFlight.length === 0
    let settledUpTo = isOver ? Number.POSITIVE_INFINITY : this.holding.queue.front
    for (const { entries } of this.inFlight) settledUpTo = Math.min(settledUpTo, entries[0]?.position ?? settledUpTo)
    this.waiters = this.waiters.filter(({ done, upTo }) => {
      if (upTo > settledUpTo) return true
      Deferred.unsafeDone(done, Effect.void)
      return false
    })
  }

  hasten(): void {
    this.gate.hasten()
    // It may have been set for later.
    this.callOffProbe()
    this.look()
  }

  private callOffProbe(): void {
    this.cancelProbe?.()
    this.cancelProbe = undefined
  }

  state(): Gate.State {
    return this.gate.state()
  }

  busy(): boolean {
    return this.held() > 0 || this.overflow?.hasLeft() === true || this.options.isWanted?.() === true
  }

  held(): number {
    let count = this.holding.queue.length
    for (const { entries } of this.inFlight) count += entries.length
    return count
  }

  queued(): number {
    return this.holding.queue.length
  }

  abandoned(): number {
    return this.abandonedSpans
  }

  parked(): number {
    return this.parkedSpans
  }

  isFresh(): boolean {
    return this.gate.isFresh() && this.options.isFresh?.() !== false
  }

  trouble(): string | undefined {
    if (this.closed === "revoked") return "its credential was revoked"
    const { breaker, paused } = this.gate.state()
    if (paused === "operator") return "it is paused"
    if (paused === "unauthorized") return "its back end refuses the credential"
    return breaker.state === "closed" ? undefined : "its back end fails"
  }

  get revoke(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const fibers = this.abandon("revoked").flatMap(({ fiber }) => (fiber === undefined ? [] : [fiber]))
      return Fiber.interruptAll(fibers)
    })
  }

  close(reason: CloseReason): Effect.Effect<void> {
    const { options, overflow } = this
    options.onClosing?.()
    if (reason === "revoked") return this.revoke
    this.gate.hasten()
    const over = Effect.sync(() => this.abandon(reason))
    // Thousands are closed at a time, and most hold nothing. What is being written may be of spans that have arrived: this process goes on with that.
    if (this.held() === 0 && (overflow === undefined || reason === "evicted")) return Effect.asVoid(over)
    const sent = this.sendAll()
    const cancelDeadline = this.environment.clock.schedule(
      Duration.toMillis(options.closeDeadline ?? "5 seconds"),
      () => Deferred.unsafeDone(sent, Effect.void)
    )
    const sending = Effect.ensuring(Deferred.await(sent), Effect.sync(cancelDeadline))
    if (overflow === undefined) return Effect.ensuring(sending, over)
    // Meanwhile, and not afterwards: a back end that hangs may take all the time that there is for closing.
    const keeping = Effect.timeoutOption(Effect.raceFirst(overflow.flush, Deferred.await(this.over)), "2 seconds")
    return Effect.zip(sending, keeping, { concurrent: true }).pipe(Effect.ensuring(over), Effect.asVoid)
  }

  private abandon(reason: CloseReason): ReadonlyArray<Batch<Span>> {
    if (this.closed !== undefined) return []
    this.closed = reason
    Deferred.unsafeDone(this.over, Effect.void)
    this.cancelAge?.()
    this.cancelProbe?.()
    this.cancelRefill?.()
    this.seat.leave()
    const aborted = this.abort()
    if (reason !== "revoked" || !this.handOver()) {
      const left = this.holding.clear()
      this.abandonedSpans = this.holding.lose(left, reason)
      this.parkedSpans = left.length - this.abandonedSpans
    }
    this.overflow?.close()
    this.holding.close()
    this.forget()
    for (const { done } of this.waiters) Deferred.unsafeDone(done, Effect.void)
    this.waiters = []
    this.options.onClosed?.()
    return aborted
  }

  /** What is on its way is aborted; whether it arrived is not known. */
  private abort(): ReadonlyArray<Batch<Span>> {
    const batches = this.inFlight.splice(0)
    for (const { entries, fiber, turn } of batches) {
      this.holding.queue.putBack(entries)
      fiber?.unsafeInterruptAsFork(FiberId.none)
      turn.done()
    }
    return batches
  }
}

/** What something has become of, and what is to be sent again, in the order of the batch: the exporter is held to that. */
const parted = <Span>(entries: Entries<Span>, spans: ReadonlyArray<Span>): readonly [Entries<Span>, Entries<Span>] => {
  const settled: Array<Entries<Span>[number]> = []
  const again: Array<Entries<Span>[number]> = []
  for (const entry of entries) (entry.span === spans[again.length] ? again : settled).push(entry)
  return [settled, again]
}
