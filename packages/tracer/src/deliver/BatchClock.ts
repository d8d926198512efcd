/**
 * One timer for all providers: a due-list served by a single fiber, so that ten thousand half-full batches cost no timers of their own.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Runs plain functions later. `schedule` may be called from anywhere; a task runs once, up to 10 ms early, and must neither block nor throw. When
 * somebody sets the system's clock, nothing runs sooner or later for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchClock {
  /** Milliseconds of a clock that nobody sets, for how long something takes or waits; the time that the machine is asleep may not count. */
  readonly now: () => number
  /** Milliseconds since the epoch, for when something was. */
  readonly wallTime: () => number
  /** Returns how to call it off. */
  readonly schedule: (delayMillis: number, task: () => void) => () => void
}

/**
 * By how many milliseconds a task may run early.
 *
 * @since 0.1.0
 * @category constants
 */
export const granularity = 10

/**
 * Starts the clock; it stops with its scope, and tasks that were due later never run. With nothing to do it holds no timer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<BatchClock, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const due = new Map<number, Set<() => void>>()
  const changed = Effect.unsafeMakeLatch(false)
  // Small numbers take no memory of their own, and each span that waits has one.
  const start = clock.unsafeCurrentTimeNanos()
  const now = () => Math.floor(Number(clock.unsafeCurrentTimeNanos() - start) / 1e6)
  let next = Number.POSITIVE_INFINITY

  const runDue = () => {
    const time = now()
    next = Number.POSITIVE_INFINITY
    for (const [at, tasks] of due) {
      if (at > time) {
        next = Math.min(next, at)
        continue
      }
      for (const task of tasks) {
        tasks.delete(task)
        task()
      }
      // One of them may have made the next for the same time.
      if (due.get(at) === tasks) due.delete(at)
    }
  }

  const schedule = (delayMillis: number, task: () => void) => {
    const at = Math.floor((now() + delayMillis) / granularity) * granularity
    let live = true
    const entry = () => {
      if (live) task()
    }
    const tasks = due.get(at)
    if (tasks) tasks.add(entry)
    else due.set(at, new Set([entry]))
    if (at < next) {
      next = at
      changed.unsafeOpen()
    }
    return () => {
      live = false
      const waiting = due.get(at)
      if (waiting?.delete(entry) && waiting.size === 0) due.delete(at)
    }
  }

  yield* Effect.suspend(() => {
    changed.unsafeClose()
    runDue()
    return next === Number.POSITIVE_INFINITY
      ? changed.await
      : Effect.raceFirst(changed.await, Effect.sleep(Math.max(0, next - now())))
  }).pipe(
    // A task that throws must not stop the others, for all time and for all tenants.
    Effect.catchAllDefect((defect) => Effect.logError("a task of the clock has failed", defect)),
    Effect.forever,
    Effect.forkScoped
  )

  return { now, wallTime: () => clock.unsafeCurrentTimeMillis(), schedule }
}).pipe(Effect.withTracerEnabled(false))
