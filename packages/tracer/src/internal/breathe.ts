/**
 * Lets the event loop turn in the middle of long work.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Scheduler from "effect/Scheduler"

/**
 * Calls back when whatever waits for I/O, and requests with it, has had its turn: Effect's own yield comes before that. A fiber with a scheduler that
 * is not Effect's own leaves it to that.
 */
export const inNextTurn = (fiber: Fiber.RuntimeFiber<unknown, unknown>, task: () => void): void => {
  const scheduler = fiber.getFiberRef(FiberRef.currentScheduler)
  if (scheduler === Scheduler.defaultScheduler) setImmediate(task)
  else scheduler.scheduleTask(task, 0, fiber)
}

/** Goes on in the next turn. */
export const breathe: Effect.Effect<void> = Effect.withFiberRuntime((fiber) =>
  Effect.async((resume) => inNextTurn(fiber, () => resume(Effect.void)))
)
