/** The request of 6 spans as it is written with Effect's own spans: what the peers run that have no words for roles. */
import { Effect, Runtime, type Tracer } from "effect"
import * as Handler from "../Handler.js"
import type { Size } from "../Peer.js"
import * as Work from "../Work.js"

const span = (name: string, kind: Tracer.SpanKind, attributes: Record<string, unknown>) =>
  Effect.withSpan(name, { kind, attributes, captureStackTrace: false })

/** The root, round the same handler that a server runs for ours. */
const served = (handler: Effect.Effect<void>): Effect.Effect<void> =>
  Handler.serve(handler, span(Work.names.root, "server", Work.attributes.root))

/** The request with this number. */
export const make = (index: number, withMessages: boolean): Effect.Effect<void> =>
  served(
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(span(Work.names.cache, "client", Work.attributes.cache))
        yield* Effect.void.pipe(span(Work.names.database, "client", Work.attributes.database))
      }).pipe(span(Work.names.auth, "internal", Work.attributes.auth))
      yield* Effect.void.pipe(span(Work.names.guardrail, "internal", Work.attributes.guardrail))
      yield* Effect.void.pipe(span(Work.names.call, "client", Work.callAttributes(index, withMessages)))
    })
  )

/** A request with so many spans below its root, of one size. */
export const sized = (size: Size, count: number): Effect.Effect<void> =>
  served(
    Effect.gen(function* () {
      for (let index = 0; index < count; index++) {
        yield* size === "small"
          ? Effect.void.pipe(span(Work.names.cache, "client", Work.small.attributes()))
          : Effect.void.pipe(span(Work.names.call, "client", Work.callAttributes(index, size === "messages")))
      }
    })
  )

/** An effect inside one span. */
export const inSpan = (work: Effect.Effect<void>): Effect.Effect<void> => span(Work.names.root, "server", {})(work)

/** Runs it in a fiber of its own, as a server does: it has ended when this returns. */
export const runner = (runtime: Runtime.Runtime<never>): ((request: Effect.Effect<void>) => void) => {
  const fork = Runtime.runFork(runtime)
  return (request) => void fork(request)
}
