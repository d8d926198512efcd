import { expect, it } from "@effect/vitest"
import { Cause, Effect, Logger, LogLevel } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Reclaim from "../../src/internal/reclaim.js"
import { acme } from "../deliver/fakes.js"
import { destination } from "../support/recorded.js"

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

it.effect.each([
  ["endpoint_refused", ["not_allowed"]],
  ["revoked", []]
] as const)("what is denied as %s goes, unless its next credential is awaited", ([reason, expected]) =>
  Effect.gen(function* () {
    const forgotten: Array<string> = []
    yield* Reclaim.make({
      spooling: {
        open: () => expect.unreachable(),
        waiting: () => [acme],
        forget: (_, reason) => forgotten.push(reason)
      },
      outlets: { open: (id) => ({ id, reason, detail: "" }) },
      resolve: (id) => Effect.succeedSome(destination({ name: DestinationId.name(id) }))
    })
    expect(forgotten).toEqual(expected)
  })
)
