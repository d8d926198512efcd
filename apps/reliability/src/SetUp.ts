/**
 * What a set-up of per-tenant tracing can be asked to do, so that each fault is written down once and meets all of them. One runs in a process of
 * its own (`child.ts`) and is asked over a channel (`Subject.ts`).
 */
import type { Effect } from "effect"

/** The set-ups that are compared. */
export const kinds = ["ours", "stock", "effect"] as const

/** One of them. */
export type Kind = (typeof kinds)[number]

/** How each is called in the report. */
export const titles: Record<Kind, string> = {
  ours: "TenantTracer",
  stock: "OpenTelemetry JS, a provider per tenant",
  effect: "Effect's `OtlpTracer` per tenant"
}

/** A tenant as a request finds it in the settings: where its traces go, and with which key. */
export interface Tenant {
  readonly id: string
  readonly endpoint: string
  /** Sent as the header `x-key`. */
  readonly key: string
}

/** What is not left at its default; each set-up takes what it has. */
export interface Options {
  /** Spans of a full batch. */
  readonly batchSpans?: number | undefined
  /** Spans that may wait for one tenant. */
  readonly queueSpans?: number | undefined
  /** Tenants that are set up at a time; the one that was used least recently is evicted. */
  readonly capacity?: number | undefined
  /** Milliseconds until the first probe of a back end that fails, and at most between two. */
  readonly probes?: readonly [first: number, most: number] | undefined
  /** Where spans wait on disk. */
  readonly spool?: string | undefined
  /** Blocks of 1 KiB that the process may write to one file; the system refuses what is longer. */
  readonly fileBlocks?: number | undefined
}

/** Spans that one request makes: its root, and a model call below it. */
export const spansPerRequest = 2

/** What a set-up says of spans that did not arrive: a number where it has one, lines of its log where it has not. */
export interface Said {
  readonly lost: number
  readonly errors: number
  /** Spans that wait, in memory or on disk: they may still arrive. */
  readonly waiting: number
}

/** What a process holds. */
export interface Footprint {
  /** Bytes in use after a collection, buffers outside the heap among them. */
  readonly memory: number
  readonly sockets: number
  readonly timers: number
}

/** A set-up at work; closing its scope shuts it down. */
export interface SetUp {
  /** So many requests of a tenant, one after the other. */
  readonly emit: (tenant: Tenant, requests: number) => Effect.Effect<void>
  /** Begins a request; what it gives ends it. */
  readonly open: (tenant: Tenant) => Effect.Effect<Effect.Effect<void>>
  /** Sends what waits. */
  readonly flush: Effect.Effect<void>
  readonly said: Effect.Effect<Said>
}
