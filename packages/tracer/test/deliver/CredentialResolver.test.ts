import { expect, it } from "@effect/vitest"
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import { Cause, Deferred, Effect, Fiber, Logger, LogLevel, Option, Redacted, TestClock } from "effect"
import * as CredentialResolver from "../../src/deliver/CredentialResolver.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import { acme } from "./fakes.js"

const auth: DestinationAuth = { _tag: "Headers", headers: { "x-key": Redacted.make("new") } }

it.effect("all who ask at one time get the answer to one question, and who asks later asks anew", () =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const gate = yield* Deferred.make<void>()
    const resolve = CredentialResolver.make({
      resolve: (id) =>
        Effect.suspend(() => {
          asked.push(id)
          return Effect.as(Deferred.await(gate), Option.some(auth))
        })
    })
    const other = DestinationId.make({ tenant: "globex", name: "d" })
    const asking = yield* Effect.fork(Effect.all([acme, acme, other, acme].map(resolve), { concurrency: "unbounded" }))
    yield* TestClock.adjust("1 second")
    expect(asked).toEqual([acme, other])
    yield* Deferred.succeed(gate, undefined)
    expect(yield* Fiber.join(asking)).toEqual(Array.from({ length: 4 }, () => Option.some(auth)))
    yield* resolve(acme)
    expect(asked).toHaveLength(3)
  })
)

it.effect("a question whose asker goes away leaves nobody waiting", () =>
  Effect.gen(function* () {
    const resolve = CredentialResolver.make({ resolve: () => Effect.never })
    const first = yield* Effect.fork(resolve(acme))
    yield* TestClock.adjust(0)
    const second = yield* Effect.fork(resolve(acme))
    yield* TestClock.adjust(0)
    yield* Fiber.interrupt(first)
    expect(yield* Fiber.join(second)).toEqual(Option.none())
  })
)

it.effect.each([
  ["fails", Effect.fail(new Error("secret"))],
  ["dies", Effect.die("secret")],
  ["knows none", Effect.succeedNone],
  ["never answers", Effect.never],
  ["cannot be interrupted", Effect.uninterruptible(Effect.never)]
] as const)("one that %s comes to nothing", ([_, answer]) =>
  Effect.gen(function* () {
    const resolve = CredentialResolver.make({ resolve: () => answer }, { deadline: "3 seconds" })
    const asking = yield* Effect.fork(resolve(acme))
    yield* TestClock.adjust("3 seconds")
    expect(yield* Fiber.join(asking)).toEqual(Option.none())
  })
)

it.effect.each([Effect.fail(new Error("secret")), Effect.die("secret")])(
  "what it fails with is in no line of the log",
  (answer) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const resolve = CredentialResolver.make({ resolve: () => answer })
      const logger = Logger.make(({ cause, message }) => {
        lines.push(`${message} ${Cause.pretty(cause)}`)
      })
      yield* resolve(acme).pipe(
        Effect.zipLeft(TestClock.adjust(0)),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All)
      )
      expect(lines).toEqual([])
    })
)

it.effect("one that throws comes to nothing", () =>
  Effect.gen(function* () {
    const resolve = CredentialResolver.make({
      resolve: () => {
        throw new Error("secret")
      }
    })
    expect(yield* resolve(acme)).toEqual(Option.none())
  })
)
