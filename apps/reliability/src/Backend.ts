/** The back ends of all tenants: one receiver, an account for each tenant, and what arrived there by span id. */
import { type Fault, Receiver, type ReceiverError } from "@tenant-tracer/receiver"
import { Effect, type Scope } from "effect"
import type { Tenant } from "./SetUp.js"

type Failure = ReceiverError.ReceiverError

/** What a tenant's back end has. */
export interface Arrived {
  /** Spans, each counted once. */
  readonly spans: number
  /** Spans that came again. */
  readonly again: number
}

/** The back ends. */
export interface Backend {
  readonly receiver: Receiver.Receiver.Service
  /** A tenant with an account here, under a key of its own; a new key replaces the one before. */
  readonly tenant: (id: string, key?: string) => Effect.Effect<Tenant, Failure>
  readonly script: (tenant: Tenant, ...steps: ReadonlyArray<Fault.Step>) => Effect.Effect<void, Failure>
  readonly arrived: (tenant: Tenant) => Effect.Effect<Arrived>
  /** Waits until a tenant has so many spans, each counted once, or for so long; says whether it has. */
  readonly await: (tenant: Tenant, spans: number, millis: number) => Effect.Effect<boolean>
}

/** Starts them. */
export const make = (options: Receiver.Options = {}): Effect.Effect<Backend, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ maxKeptBytes: 512 * 1024 * 1024, ...options })
    const arrived = (tenant: Tenant) =>
      Effect.map(receiver.spans(tenant.id), (spans): Arrived => {
        const distinct = distinctOf(spans)
        return { spans: distinct, again: spans.length - distinct }
      })
    return {
      receiver,
      tenant: (id, key = `key-of-${id}`) =>
        Effect.gen(function* () {
          yield* receiver.addAccount({ id, headers: { "x-key": key } })
          return { id, key, endpoint: yield* receiver.endpoint(id) }
        }),
      script: (tenant, ...steps) => receiver.script(tenant.id, steps),
      arrived,
      await: (tenant, spans, millis) =>
        // No fewer have come than are there, however often some of them came.
        receiver
          .awaitSpans(tenant.id, (all) => all.length >= spans && distinctOf(all) >= spans)
          .pipe(
            Effect.as(true),
            Effect.timeoutTo({ duration: millis, onTimeout: () => false, onSuccess: (has) => has })
          )
    }
  })

const distinctOf = (spans: ReadonlyArray<{ readonly spanId: string; readonly traceId: string }>): number =>
  new Set(spans.map(({ spanId, traceId }) => `${traceId}/${spanId}`)).size
