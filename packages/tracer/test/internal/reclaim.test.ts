import { expect, it } from "@effect/vitest"
import { Cause, Effect, Logger, LogLevel } from "effect"
import * as Reclaim from "../../src/internal/reclaim.js"
import { acme } from "../deliver/fakes.js"

it.effect.each([Effect.fail(new Error("secret")), Effect.die("secret")])(
  "what the store of settings fails with is in no line of the log, and everything stays",
  (answer) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const forgotten: Array<string> = []
      const logger = Logger.make(({ cause, message }) => {
        lines.push(`${message} ${Cause.pretty(cause)}`)
      })
      const reclaim = Reclaim.make({
        spooling: { open: () => expect.unreachable(), waiting: () => [acme], forget: (id) => forgotten.push(id) },
        outlets: { open: () => expect.unreachable() },
        resolve: () => answer
      })
      yield* reclaim.pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All)
      )
      expect(lines).toEqual([])
      expect(forgotten).toEqual([])
    })
)
