/**
 * Keeps a trace or drops it, whole, for each destination that wants only some: its spans wait until the trace has ended, since only then it is
 * known whether one of them failed, and one draw decides. What is drawn owes nothing to the trace's id, which a caller may choose.
 *
 * @since 0.1.0
 */
import type { DestinationSampling } from "@tenant-tracer/model/Destination"
import type * as ByteBudget from "../deliver/ByteBudget.js"
import * as DestinationId from "../deliver/DestinationId.js"
import type { Ledger } from "../deliver/Ledger.js"
import type { SpanAccount } from "../deliver/SpanAccount.js"
import { type RecordedSpan, sizeOf } from "../record/RecordedSpan.js"
import type { RequestTrace } from "../record/RequestTrace.js"

/**
 * How many traces a destination wants, from 0 to 1: of those in which no span failed, and of those in which one did.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rates {
  readonly success: number
  readonly error: number
}

/**
 * The rates of a destination; `undefined` where it wants every trace, so that none waits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ratesOf = ({ error = 1, success = 1 }: DestinationSampling = {}): Rates | undefined =>
  success === 1 && error === 1 ? undefined : { success, error }

/**
 * For whom is sampled: one object for one destination of one route. Each has a verdict of its own about a trace.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly id: DestinationId.DestinationId
  readonly account: Pick<SpanAccount<RecordedSpan>, "queued" | "dropped">
}

/**
 * Bounds of what waits. Where one is reached, a trace is decided with what is known of it by then: in `spans` and `bytes` the one that reaches
 * it, else the oldest.
 *
 * @since 0.1.0
 * @category models
 */
export interface SamplerLimits {
  /** Of one trace, for one destination. Default 512. */
  readonly spans: number
  /** Of one trace, for one destination. Default 1 MiB. */
  readonly bytes: number
  /** Traces that wait for one destination. Default 1,024. */
  readonly traces: number
  /** Bytes that wait in the whole process. Default 64 MiB. */
  readonly bytesInProcess: number
  /** How long the first span of a trace waits, in nanoseconds: a root may stay open for ever. Default 10 minutes. */
  readonly time: bigint
}

/**
 * The limits that hold unless some are set.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultLimits: SamplerLimits = {
  spans: 512,
  bytes: 1024 * 1024,
  traces: 1024,
  bytesInProcess: 64 * 1024 * 1024,
  time: 600_000_000_000n
}

/**
 * What holds, decides and remembers. Every function is synchronous and total.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sampler<in T extends Target> {
  /** Takes an ended span that the destination may see and that is `made` in its account: it waits, or goes the way that its trace has gone. */
  readonly offer: (target: T, rates: Rates, span: RecordedSpan) => void
  /** Decides a trace, for every destination, if it has ended; to be called after each of its spans, also one that nobody sees. */
  readonly settle: (request: RequestTrace) => void
  /** Decides what waited too long; to be called about once a second. */
  readonly sweep: (now: bigint) => void
  /** Decides all that waits; what is offered from now on is decided at once. */
  readonly close: () => void
}

interface Waiting<T> {
  readonly target: T
  readonly rates: Rates
  readonly request: RequestTrace
  readonly since: bigint
  readonly spans: Array<RecordedSpan>
  bytes: number
}

/** What waits for a destination, oldest trace first: there is one only while anything does. */
interface Account<T> {
  held: number
  readonly traces: Set<Waiting<T>>
  readonly share: ByteBudget.Account
  readonly close: () => void
}

/**
 * Makes a sampler that hands what it keeps to `deliver` and drops the rest as `sampled_out`. `random` draws from 0 to 1. What waits is part of what
 * the process and the tenant may hold; a span for which there is no room there decides its trace.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <T extends Target>(options: {
  readonly ledger: Ledger
  readonly budget: ByteBudget.ByteBudget
  readonly random: () => number
  readonly deliver: (target: T, span: RecordedSpan) => void
  readonly limits?: Partial<SamplerLimits> | undefined
}): Sampler<T> => {
  const { budget, deliver, ledger, random } = options
  const limits = { ...defaultLimits, ...options.limits }
  // A verdict lives as long as its trace can bring another span, and no longer.
  const traces = new WeakMap<RequestTrace, Map<T, Waiting<T> | boolean>>()
  const accounts = new Map<DestinationId.DestinationId, Account<T>>()
  const oldestFirst = new Set<Waiting<T>>()
  let bytes = 0
  let isClosed = false

  const accountOf = (id: DestinationId.DestinationId): Account<T> => {
    const known = accounts.get(id)
    if (known !== undefined) return known
    // Whether a trace is to go is not a question of room.
    const holder: ByteBudget.Holder = { held: () => 0, shed: () => false }
    const share = budget.open(DestinationId.owner(id), holder, DestinationId.isOperator(id) ? Infinity : undefined)
    const forget = ledger.observe(id, () => account.held)
    const close = () => {
      accounts.delete(id)
      share.close()
      forget()
    }
    const account: Account<T> = { held: 0, traces: new Set(), share, close }
    accounts.set(id, account)
    return account
  }

  const follow = (target: T, span: RecordedSpan, isKept: boolean): void => {
    if (isKept) deliver(target, span)
    else {
      target.account.queued(span)
      target.account.dropped([span], "sampled_out")
    }
  }

  const decide = (waiting: Waiting<T>): void => {
    const { rates, request, spans, target } = waiting
    const account = accountOf(target.id)
    const rate = request.hasFailed ? rates.error : rates.success
    const isKept = rate > 0 && random() <= rate
    if (!request.isSettled) ledger.count("sampled_early")
    traces.get(request)?.set(target, isKept)
    oldestFirst.delete(waiting)
    account.traces.delete(waiting)
    bytes -= waiting.bytes
    account.share.give(waiting.bytes)
    for (const span of spans) {
      account.held--
      follow(target, span, isKept)
    }
    if (account.traces.size === 0) account.close()
  }

  const decideOldest = (of: ReadonlySet<Waiting<T>>): void => {
    const [oldest] = of
    if (oldest !== undefined) decide(oldest)
  }

  const wait = (target: T, rates: Rates, { endTime, request }: RecordedSpan): Waiting<T> => {
    const waiting = { target, rates, request, since: endTime ?? 0n, spans: [], bytes: 0 }
    oldestFirst.add(waiting)
    accountOf(target.id).traces.add(waiting)
    const known = traces.get(request)
    if (known === undefined) traces.set(request, new Map([[target, waiting]]))
    else known.set(target, waiting)
    return waiting
  }

  return {
    offer: (target, rates, span) => {
      const known = traces.get(span.request)?.get(target)
      if (typeof known === "boolean") return follow(target, span, known)
      const waiting = known ?? wait(target, rates, span)
      const account = accountOf(target.id)
      const size = sizeOf(span)
      // It may yet be dropped: nothing else of this tenant's has to go for it.
      const isWithinBudget = account.share.take(size, 0) === undefined
      waiting.spans.push(span)
      account.held++
      if (isWithinBudget) {
        waiting.bytes += size
        bytes += size
      }
      if (isClosed || !isWithinBudget || waiting.spans.length >= limits.spans || waiting.bytes >= limits.bytes)
        decide(waiting)
      else if (account.traces.size > limits.traces) decideOldest(account.traces)
      while (bytes > limits.bytesInProcess) decideOldest(oldestFirst)
    },

    settle: (request) => {
      if (!request.isSettled) return
      for (const known of traces.get(request)?.values() ?? []) if (typeof known === "object") decide(known)
    },

    sweep: (now) => {
      for (const waiting of oldestFirst) {
        // A trace whose last open span was withdrawn has ended, too, and nobody has said so.
        if (waiting.request.isSettled || now - waiting.since > limits.time) decide(waiting)
      }
    },

    close: () => {
      isClosed = true
      for (const waiting of oldestFirst) decide(waiting)
    }
  }
}
