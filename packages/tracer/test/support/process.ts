/** What the test's own process holds: to see that whatever comes and goes leaves nothing behind. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect } from "effect"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Bytes of the heap after a collection. */
export const heap = Effect.gen(function* () {
  for (let round = 0; round < 3; round++) {
    yield* turn
    collect()
  }
  return process.memoryUsage().heapUsed
})

/** Errors without a stack from now on: for one that is looked at, the test's runner reads source maps, which stay. */
export const withoutStacks = Effect.acquireRelease(
  Effect.sync(() => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    return stackTraceLimit
  }),
  (stackTraceLimit) =>
    Effect.sync(() => {
      Error.stackTraceLimit = stackTraceLimit
    })
)

/** Handles and timers that keep a process going, by kind. */
export const resources = Effect.sync(() => {
  const counts: Record<string, number> = {}
  for (const resource of process.getActiveResourcesInfo()) counts[resource] = (counts[resource] ?? 0) + 1
  return counts
})

/** Looks again, a turn of the event loop at a time, until it is so. */
export const until = <A, E, R>(look: Effect.Effect<A, E, R>, isSo: (seen: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.repeat(Effect.zipRight(Effect.sleep("2 millis"), look), { until: isSo })
