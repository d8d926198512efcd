/** A process that measures: does what it is told, one thing after the other, says what came of each, and ends when whoever started it is gone. */
import { Cause, Effect, Exit } from "effect"
import type { Answer, Question } from "./Launch.js"
import { tasks } from "./Tasks.js"

process.on("disconnect", () => process.exit(0))
process.on("message", ({ name, params }: Question) => {
  // Each name comes with its own parameters.
  const task = tasks[name] as (params: unknown) => Effect.Effect<unknown>
  void Effect.runPromiseExit(task(params)).then((exit) => {
    const answer: Answer = Exit.isSuccess(exit) ? { value: exit.value } : { failed: Cause.pretty(exit.cause) }
    process.send?.(answer)
  })
})
