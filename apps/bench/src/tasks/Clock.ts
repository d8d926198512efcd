/** What a process has used, and turns of its event loop. */
import { Effect } from "effect"

/** Microseconds of CPU, of all threads: what is collected or compiled beside us is paid for, too. */
export const cpu = (): number => {
  const { system, user } = process.cpuUsage()
  return user + system
}

/** Collects what can be collected; the process is started with `--expose-gc`. */
export const collect: Effect.Effect<void> = Effect.gen(function* () {
  for (let time = 0; time < 4; time++) {
    globalThis.gc?.()
    yield* turn
  }
})

/**
 * Warms up in two halves, with a collection between them: what was compiled for objects of which there is none at that moment goes, too, and in a
 * process that runs for hours it is compiled again.
 */
export const warm = (half: Effect.Effect<unknown>, drain: Effect.Effect<void>): Effect.Effect<void> => {
  const drained = Effect.zipRight(half, drain)
  return Effect.zipRight(Effect.zipRight(drained, collect), drained)
}

/** Warms up by sending: so many requests, of which as many as a burst has are made at once, and sent before the next. */
export const sent = (
  request: () => void,
  drain: Effect.Effect<void>,
  { burst, warm: requests }: { readonly burst: number; readonly warm: number }
): Effect.Effect<void> => {
  const once = Effect.suspend(() => {
    for (let count = 0; count < burst; count++) request()
    return drain
  })
  return warm(Effect.repeatN(once, Math.ceil(requests / 2 / burst) - 1), Effect.void)
}

/** Lets everything that is due happen first. */
export const turn: Effect.Effect<void> = Effect.async((resume) => {
  setImmediate(() => resume(Effect.void))
})
