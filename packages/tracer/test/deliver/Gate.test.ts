import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, TestClock } from "effect"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as Gate from "../../src/deliver/Gate.js"
import * as RateLimit from "../../src/deliver/RateLimit.js"
import { workbench } from "./fakes.js"

const down = Exporter.again(["a"], "HTTP 503")
const unauthorized = Exporter.again(["a"], "HTTP 401", { unauthorized: true })
const well = Exporter.delivered(1)

const gateWith = (renew?: Effect.Effect<boolean>, breaker?: Gate.Options["breaker"]) =>
  Effect.gen(function* () {
    const { environment } = yield* workbench
    const heard: Array<boolean> = []
    const self = { isPaused: false }
    const gate = Gate.make({
      breaker,
      now: environment.clock.now,
      random: () => 1,
      isPaused: () => self.isPaused,
      renew,
      run: environment.run,
      onRenewal: (isNew) => heard.push(isNew)
    })
    return Object.assign(self, { gate, heard })
  })

/** Lets what was started run. */
const settle = TestClock.adjust(0)

it.scoped("is open, and shut while the operator says so", () =>
  Effect.gen(function* () {
    const self = yield* gateWith()
    expect([self.gate.enter(0), self.gate.isShut(), self.gate.delay(1)]).toEqual([true, false, 0])
    self.isPaused = true
    expect([self.gate.enter(0), self.gate.isShut(), self.gate.delay(0)]).toEqual([false, true, undefined])
    expect(self.gate.state()).toMatchObject({ paused: "operator", breaker: { state: "closed" } })
  })
)

it.scoped("says when to ask again, and is shut only when the breaker is open", () =>
  Effect.gen(function* () {
    const { gate } = yield* gateWith(undefined, { failures: 2 })
    gate.settled(down)
    expect([gate.enter(0), gate.isShut(), gate.delay(0)]).toEqual([false, false, 500])
    yield* TestClock.adjust(500)
    expect([gate.enter(0), gate.enter(1), gate.delay(1)]).toEqual([true, false, undefined])
    gate.settled(down)
    expect([gate.enter(0), gate.isShut(), gate.delay(0)]).toEqual([false, true, 5000])
    yield* TestClock.adjust("5 seconds")
    expect([gate.enter(0), gate.isShut()]).toEqual([true, false])
    gate.settled(well)
    expect([gate.enter(1), gate.isShut()]).toEqual([true, false])
  })
)

it.scoped("what never reached the back end says nothing of it", () =>
  Effect.gen(function* () {
    const { gate } = yield* gateWith(undefined, { failures: 1 })
    gate.settled(down)
    const { breaker } = gate.state()
    gate.settled(Exporter.dropped("encode_failed", 1))
    expect(gate.state().breaker).toEqual(breaker)
  })
)

it.scoped("says when it is worth while to enter, and changes nothing by being asked", () =>
  Effect.gen(function* () {
    const self = yield* gateWith(Effect.succeed(true), { failures: 1 })
    const { gate } = self
    expect([gate.delay(0), gate.delay(1), gate.isSuspect()]).toEqual([0, 0, false])
    gate.settled(down)
    expect([gate.delay(0), gate.delay(1), gate.isSuspect()]).toEqual([5000, undefined, true])
    yield* TestClock.adjust("5 seconds")
    expect([gate.delay(0), gate.delay(1), gate.delay(0)]).toEqual([0, undefined, 0])
    expect(gate.state().breaker.state).toBe("open")
    self.isPaused = true
    expect(gate.delay(0)).toBe(undefined)
    self.isPaused = false
    expect(gate.enter(0)).toBe(true)
    expect([gate.state().breaker.state, gate.isSuspect()]).toEqual(["half_open", true])
    gate.settled(well)
    expect([gate.delay(1), gate.isSuspect()]).toEqual([0, false])
    gate.settled(unauthorized)
    expect(gate.delay(0), "it asks for a new one").toBe(undefined)
    yield* settle
    expect(gate.delay(0)).toBe(0)
  })
)

it.scoped("lets nothing in before the back end allows another request, and says when it does", () =>
  Effect.gen(function* () {
    const { environment } = yield* workbench
    const rate = RateLimit.make({ perMinute: 60, now: environment.clock.now })
    const gate = Gate.make({
      rate,
      now: environment.clock.now,
      random: () => 1,
      isPaused: () => false,
      renew: undefined,
      run: environment.run,
      onRenewal: () => {}
    })
    expect([gate.enter(0), gate.delay(1)]).toEqual([true, 0])
    yield* rate.take
    expect([gate.enter(0), gate.delay(0), gate.isShut()]).toEqual([false, 1000, false])
    gate.settled(down)
    expect(gate.delay(0), "the longer wait counts").toBe(1000)
    yield* TestClock.adjust("1 second")
    expect(gate.delay(0)).toBe(0)
  })
)

describe("a credential that is refused", () => {
  it.scoped("with nobody to ask is probed like an outage, and forgiven when it is taken", () =>
    Effect.gen(function* () {
      const { gate } = yield* gateWith()
      gate.settled(unauthorized)
      expect(gate.state()).toMatchObject({ paused: "unauthorized", breaker: { state: "open" } })
      yield* TestClock.adjust("5 seconds")
      expect(gate.enter(0)).toBe(true)
      gate.settled(well)
      expect(gate.state()).toMatchObject({ paused: undefined, breaker: { state: "closed" } })
    })
  )

  it.scoped("is awaited: meanwhile nothing goes, and it is not shut", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<boolean>()
      const { gate, heard } = yield* gateWith(Deferred.await(answer))
      gate.settled(unauthorized)
      yield* TestClock.adjust("1 hour")
      expect([gate.enter(0), gate.isShut(), gate.delay(0)]).toEqual([false, false, undefined])
      yield* Deferred.succeed(answer, true)
      yield* settle
      expect(heard).toEqual([true])
      expect(gate.enter(0)).toBe(true)
    })
  )

  it.scoped("a late refusal of the old one does not undo the new one", () =>
    Effect.gen(function* () {
      let asked = 0
      const { gate } = yield* gateWith(
        Effect.sync(() => {
          asked++
          return true
        })
      )
      gate.settled(unauthorized)
      yield* settle
      // The second batch was on its way with the old credential, and holds the probe up.
      expect(gate.enter(1)).toBe(false)
      gate.settled(unauthorized)
      expect(gate.enter(0)).toBe(true)
      yield* settle
      expect(asked).toBe(1)
    })
  )

  it.scoped("is asked for before each probe, and no probe goes without a new one", () =>
    Effect.gen(function* () {
      const { gate, heard } = yield* gateWith(Effect.succeed(false))
      gate.settled(unauthorized)
      yield* settle
      for (const wait of [5000, 10_000, 20_000]) {
        expect([gate.delay(0), gate.isShut()]).toEqual([wait, true])
        yield* TestClock.adjust(wait)
        expect(gate.enter(0)).toBe(false)
        yield* settle
      }
      expect(heard).toEqual([false, false, false, false])
    })
  )

  it.scoped("a new one that is refused too is not replaced at once", () =>
    Effect.gen(function* () {
      const { gate, heard } = yield* gateWith(Effect.succeed(true))
      gate.settled(unauthorized)
      yield* settle
      expect(gate.enter(0)).toBe(true)
      gate.settled(unauthorized)
      yield* settle
      expect(heard).toEqual([true])
      expect([gate.enter(0), gate.delay(0)]).toEqual([false, 10_000])
    })
  )

  it.scoped("a new one meets an outage: the probe goes out again with it", () =>
    Effect.gen(function* () {
      const { gate, heard } = yield* gateWith(Effect.succeed(true))
      gate.settled(unauthorized)
      yield* settle
      expect(gate.enter(0)).toBe(true)
      gate.settled(down)
      yield* TestClock.adjust("10 seconds")
      expect(gate.enter(0)).toBe(true)
      expect(heard).toEqual([true])
    })
  )
})

it.scoped("is as fresh as a new one until a request fails, and again when one has succeeded", () =>
  Effect.gen(function* () {
    const { gate } = yield* gateWith(Effect.succeed(true), { failures: 2 })
    expect(gate.isFresh()).toBe(true)
    gate.settled(down)
    expect(gate.isFresh()).toBe(false)
    gate.settled(well)
    expect(gate.isFresh()).toBe(true)
    gate.settled(unauthorized)
    expect(gate.isFresh()).toBe(false)
    yield* settle
    expect(gate.isFresh(), "whether the new credential is taken is not known yet").toBe(false)
  })
)
