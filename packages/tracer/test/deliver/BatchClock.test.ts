import { expect, it } from "@effect/vitest"
import { Effect, Exit, Logger, LogLevel, Scope, TestClock } from "effect"
import * as BatchClock from "../../src/deliver/BatchClock.js"

it.scoped("runs each task once, when it is due", () =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    const ran: Array<string> = []
    clock.schedule(5000, () => ran.push("late"))
    clock.schedule(1000, () => ran.push("early"))
    yield* TestClock.adjust("999 millis")
    expect(ran).toEqual([])
    yield* TestClock.adjust("1 millis")
    expect(ran).toEqual(["early"])
    yield* TestClock.adjust("4 seconds")
    expect(ran).toEqual(["early", "late"])
    yield* TestClock.adjust("1 minute")
    expect(ran).toEqual(["early", "late"])
  })
)

it.scoped("is woken by a task that is due before the one it sleeps for", () =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    const ran: Array<string> = []
    clock.schedule(60_000, () => ran.push("minute"))
    yield* TestClock.adjust("1 second")
    clock.schedule(2000, () => ran.push("soon"))
    yield* TestClock.adjust("2 seconds")
    expect(ran).toEqual(["soon"])
  })
)

it.scoped("does not run what was called off, even by a task of the same moment", () =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    const ran: Array<string> = []
    const cancel = clock.schedule(1000, () => ran.push("cancelled before"))
    cancel()
    clock.schedule(1000, () => {
      ran.push("first")
      cancelSecond()
    })
    const cancelSecond = clock.schedule(1000, () => ran.push("second"))
    yield* TestClock.adjust("1 second")
    expect(ran).toEqual(["first"])
  })
)

it.scoped("runs tasks that tasks schedule", () =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    let ticks = 0
    const tick = () => {
      ticks++
      clock.schedule(1000, tick)
    }
    clock.schedule(1000, tick)
    yield* TestClock.adjust("1 second")
    yield* TestClock.adjust("1 second")
    yield* TestClock.adjust("1 second")
    expect(ticks).toBe(3)
  })
)

it.effect("stops with its scope", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const clock = yield* BatchClock.make.pipe(Scope.extend(scope))
    let ran = false
    clock.schedule(1000, () => {
      ran = true
    })
    yield* Scope.close(scope, Exit.void)
    yield* TestClock.adjust("1 minute")
    expect(ran).toBe(false)
  })
)

it.scoped(
  "runs what a task has scheduled for its own time, where it was the last of them and has cancelled another",
  () =>
    Effect.gen(function* () {
      const clock = yield* BatchClock.make
      let ran = false
      clock.schedule(1000, () => {
        cancel()
        clock.schedule(0, () => {
          ran = true
        })
      })
      const cancel = clock.schedule(1000, () => {})
      yield* TestClock.adjust("2 seconds")
      expect(ran).toBe(true)
    })
)

it.scoped("sleeps for nothing when nothing is due", () =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    clock.schedule(1000, () => {})
    yield* TestClock.adjust("1 second")
    expect(Array.from(yield* TestClock.sleeps())).toEqual([])
  })
)

it.scoped("goes on when a task throws, with those of the same moment, too", () =>
  Effect.gen(function* () {
    const clock = yield* BatchClock.make
    const ran: Array<string> = []
    clock.schedule(1000, () => {
      throw new Error("bug")
    })
    clock.schedule(1000, () => ran.push("same"))
    clock.schedule(2000, () => ran.push("later"))
    yield* TestClock.adjust("3 seconds")
    expect(ran).toEqual(["same", "later"])
  }).pipe(Logger.withMinimumLogLevel(LogLevel.None))
)
