/**
 * What is measured round an effect without a span of its own.
 */

import type { SpanError } from "@tenant-tracer/model/SpanData"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import type { McpTimes } from "../record/CallMetrics.js"
import * as EffectTracer from "../record/EffectTracer.js"
import { recorderOf, requestOf } from "./request.js"

/** An interruption is how a session usually ends, and no error of who serves. */
export const errorOf = (exit: Exit.Exit<unknown, unknown>): SpanError | undefined => {
  const outcome = EffectTracer.outcomeOf(exit)
  return outcome._tag === "error" ? outcome.error : undefined
}

/** Records the seconds that the effect takes, where `callMetrics` is set; else it is as it was. */
export const timed = <Kind extends keyof McpTimes, A, E, R>(
  self: Effect.Effect<A, E, R>,
  kind: Kind,
  said: McpTimes[Kind],
  failure: (exit: Exit.Exit<A, E>) => SpanError | undefined
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const record = recorderOf(fiber)?.mcp
    if (record === undefined) return self
    const facts = requestOf(fiber).request?.facts
    return Effect.flatMap(Clock.currentTimeNanos, (began) =>
      Effect.onExit(self, (exit) =>
        Effect.map(Clock.currentTimeNanos, (ended) =>
          record(kind, said, Number(ended - began) / 1e9, () => failure(exit), facts)
        )
      )
    )
  })

/** Takes an effect for a session, which begins and ends with it. */
export const sessionAs = <Kind extends keyof McpTimes>(
  kind: Kind
): {
  (said: McpTimes[Kind]): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, said: McpTimes[Kind]): Effect.Effect<A, E, R>
} => dual(2, <A, E, R>(self: Effect.Effect<A, E, R>, said: McpTimes[Kind]) => timed(self, kind, said, errorOf))
