/**
 * Whose turn it is: a scheduler of Effect's fibers that runs nothing by itself. Whoever drives the simulation takes turn after turn, and chance says
 * which fiber goes next and where it is made to pause, so that what real life does seldom happens here often, and happens again with the same seed.
 */
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Scheduler from "effect/Scheduler"
import type { Dice } from "./Dice.js"

/** The waiting turns of one process. */
export interface Turns extends Scheduler.Scheduler {
  /** Takes turns until none waits, or `until` holds; throws where that never comes. */
  readonly drain: (until?: () => boolean) => void
  readonly isEmpty: () => boolean
  /** Nothing runs any more, whatever still comes: the process is gone. */
  readonly stop: () => void
}

/** More turns than that without the clock moving are a circle. */
const patience = 1_000_000

/** A fiber runs at most so many operations before it is made to pause. */
const longestTurn = 400

/** Effect keeps every fiber that has no parent until it ends, and those of a process that is gone never do. */
const roots = globalValue<{ readonly roots: Set<Fiber.RuntimeFiber<unknown, unknown>> }>(
  Symbol.for("effect/FiberScope/Global"),
  () => ({ roots: new Set() })
)

/** `disorder` is how often the next turn is not that of who has waited longest. */
export const make = (dice: Dice, disorder: number): Turns => {
  const waiting: Array<Scheduler.Task> = []
  let isStopped = false
  let untilPause = longestTurn

  const next = (): Scheduler.Task | undefined => {
    if (waiting.length < 2 || !dice.chance(disorder)) return waiting.shift()
    return waiting.splice(dice.below(waiting.length), 1)[0]
  }

  const turns: Turns = {
    scheduleTask: (task) => {
      if (!isStopped) waiting.push(task)
    },
    shouldYield: (fiber) => {
      if (--untilPause > 0) return Scheduler.defaultShouldYield(fiber)
      untilPause = 1 + dice.below(longestTurn)
      return 0
    },
    drain: (until) => {
      for (let turns = 0; until?.() !== true; turns++) {
        const task = next()
        if (task === undefined) return
        if (turns > patience) throw new Error("the fibers never come to rest")
        task()
      }
    },
    isEmpty: () => waiting.length === 0,
    stop: () => {
      isStopped = true
      waiting.length = 0
      for (const fiber of roots.roots)
        if (fiber.getFiberRef(FiberRef.currentScheduler) === turns) roots.roots.delete(fiber)
    }
  }
  return turns
}
