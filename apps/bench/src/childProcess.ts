/** The process of one measurement: does what it is told once, says what came of it, and ends. */
import { Cause, Effect, Exit } from "effect"
import type { Answer, Question } from "./Launch.js"
import { tasks } from "./Tasks.js"

process.on("disconnect", () => process.exit(0))
process.once("message", ({ name, params }: Question) => {
  // Each name comes with its own parameters.
  const task = tasks[name] as (params: unknown) => Effect.Effect<unknown>
  void Effect.runPromiseExit(task(params)).then((exit) => {
    const answer: Answer = Exit.isSuccess(exit) ? { value: exit.value } : { failed: Cause.pretty(exit.cause) }
    process.send?.(answer, () => process.exit(0))
  })
})
