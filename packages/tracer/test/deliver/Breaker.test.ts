import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Breaker from "../../src/deliver/Breaker.js"

/** A breaker with a clock that the test turns and, unless said otherwise, without jitter. */
const make = (options: Breaker.Options = {}, random: () => number = () => 1) => {
  let time = 1000
  const breaker = Breaker.make(options, { now: () => time, random })
  const pass = (millis: number) => {
    time += millis
  }
  const fail = (times: number, afterMillis = 0) => {
    for (let index = 0; index < times; index++) breaker.failed(afterMillis)
  }
  /** Waits for the probe and says how long that was. */
  const probe = () => {
    const wait = breaker.delay(0) ?? Number.NaN
    pass(wait)
    expect(breaker.delay(0)).toBe(0)
    breaker.began()
    return wait
  }
  return { ...breaker, pass, fail, probe, now: () => time }
}

it("waits by one clock and says its times by another, which may be set", () => {
  let now = 1000
  let wallTime = 1_700_000_000_000
  const breaker = Breaker.make(
    { failures: 1, minWait: 1000 },
    { now: () => now, random: () => 1, wallTime: () => wallTime }
  )
  breaker.failed(0)
  expect(breaker.state()).toEqual({ state: "open", since: 1_700_000_000_000, nextProbe: 1_700_000_001_000 })
  wallTime -= 3_600_000
  now += 999
  expect(breaker.state().nextProbe).toBe(1_699_996_400_001)
  expect(breaker.delay(0)).toBe(1)
  now += 1
  expect(breaker.delay(0)).toBe(0)
})

describe("closed", () => {
  it("lets everything through, any number at once", () => {
    const { delay, state } = make()
    expect([delay(0), delay(99)]).toEqual([0, 0])
    expect(state()).toEqual({ state: "closed", since: 1000, nextProbe: undefined })
  })

  it("after a failure goes on one by one, with a wait that doubles", () => {
    const { delay, failed, probe, state } = make()
    const waits = [1, 2, 3, 4].map(() => {
      failed(0)
      return probe()
    })
    expect(waits).toEqual([500, 1000, 2000, 4000])
    expect([delay(0), delay(1)]).toEqual([0, undefined])
    expect(state().state).toBe("closed")
  })

  it("one success forgets all failures", () => {
    const { delay, fail, state, succeeded } = make()
    fail(4)
    succeeded()
    expect(delay(1)).toBe(0)
    fail(4)
    expect(state().state).toBe("closed")
  })
})

it("is failing from the first failure until something gets through", () => {
  const { began, fail, isFailing, pass, succeeded, trip } = make({ failures: 2 })
  expect(isFailing()).toBe(false)
  fail(1)
  expect(isFailing(), "still closed").toBe(true)
  succeeded()
  expect(isFailing()).toBe(false)
  trip()
  expect(isFailing()).toBe(true)
  pass(10_000)
  began()
  expect(isFailing(), "nobody knows yet").toBe(true)
  succeeded()
  expect(isFailing()).toBe(false)
})

describe("opening", () => {
  it("comes after so many failures in a row", () => {
    const { delay, fail, now, pass, state } = make()
    fail(4)
    pass(42)
    fail(1)
    expect(state()).toEqual({ state: "open", since: now(), nextProbe: now() + 5000 })
    expect(delay(0)).toBe(5000)
  })

  it("comes at once where the back end asks for a long wait, and the probe not before its time", () => {
    const { fail, now, state } = make()
    fail(1, 60_000)
    expect(state()).toMatchObject({ state: "open", nextProbe: now() + 60_000 })
  })

  it("for as long as the back end asks, up to a limit", () => {
    for (const asked of [86_400_000, 1e300, Number.POSITIVE_INFINITY]) {
      const { fail, now, state } = make()
      fail(1, asked)
      expect(state().nextProbe).toBe(now() + 3_600_000)
    }
  })

  it("does not come for a short wait that the back end asks for, which is kept", () => {
    const { fail, probe, state } = make()
    fail(1, 2000)
    expect(state().state).toBe("closed")
    expect(probe()).toBe(2000)
  })

  it("comes at once when it is tripped, and once", () => {
    const { now, pass, state, trip } = make()
    trip()
    const probe = now() + 5000
    pass(1000)
    trip()
    expect(state()).toEqual({ state: "open", since: probe - 5000, nextProbe: probe })
  })
})

describe("open", () => {
  it("probes with one at a time, and waits twice as long after each that fails, up to a limit", () => {
    const { delay, failed, probe, state, trip } = make()
    trip()
    const waits = Array.from({ length: 9 }, () => {
      const wait = probe()
      expect(state().state).toBe("half_open")
      expect(delay(1)).toBe(undefined)
      failed(0)
      expect(state().state).toBe("open")
      return wait / 1000
    })
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300])
  })

  it("a probe that gets through closes it, and the next time it begins anew", () => {
    const { delay, failed, probe, state, succeeded, trip } = make()
    trip()
    probe()
    failed(0)
    probe()
    succeeded()
    expect(state()).toMatchObject({ state: "closed", nextProbe: undefined })
    expect(delay(5)).toBe(0)
    trip()
    expect(probe()).toBe(5000)
  })

  it("a late answer to what was sent before counts: a success closes it, a failure says nothing new", () => {
    const { fail, state, succeeded, trip } = make()
    trip()
    const before = state()
    fail(1)
    expect(state()).toEqual(before)
    succeeded()
    expect(state().state).toBe("closed")
    trip()
    fail(1, 20_000)
    expect(state().nextProbe).toBe(before.since + 20_000)
    succeeded()
    expect(state(), "but does not end a wait that was asked for").toMatchObject({
      state: "open",
      nextProbe: before.since + 20_000
    })
  })

  it("can be hastened, but not past what the back end asked for", () => {
    const { delay, fail, hasten, now, pass, probe, state, trip } = make()
    trip()
    hasten()
    expect(probe()).toBe(0)
    fail(1, 30_000)
    pass(1000)
    hasten()
    expect(delay(0)).toBe(29_000)
    expect(state().nextProbe).toBe(now() + 29_000)
  })
})

it("takes its limits from the options", () => {
  const { fail, probe, state } = make({
    failures: 2,
    retryWait: "1 second",
    minWait: "2 seconds",
    maxWait: "3 seconds"
  })
  fail(1)
  expect(probe()).toBe(1000)
  fail(1)
  expect(state().state).toBe("open")
  expect(probe()).toBe(2000)
  fail(1)
  expect(probe()).toBe(3000)
})

/** What may happen to a breaker, with the milliseconds that pass or that a back end asks for. */
const event = FastCheck.oneof(
  FastCheck.record({ pass: FastCheck.nat(20_000) }),
  FastCheck.record({ fail: FastCheck.nat(10_000) }),
  FastCheck.constant({ trip: true }),
  FastCheck.constant({ succeed: true }),
  FastCheck.constant({ begin: true })
)

it.prop(
  "never lets anything through before its time, which is half to all of the wait and never further off than it may be",
  [FastCheck.array(event, { maxLength: 50 }), FastCheck.double({ min: 0, max: 1, noNaN: true })],
  ([events, drawn]) => {
    const { began, delay, failed, now, pass, state, succeeded, trip } = make({}, () => drawn)
    const readyAt = () => now() + (delay(0) ?? Number.NaN)
    let asked = 0
    for (const one of events) {
      if ("pass" in one) pass(one.pass)
      else if ("fail" in one) {
        const wasOpen = state().state === "open"
        const before = readyAt()
        failed(one.fail)
        asked = Math.max(asked, now() + one.fail)
        expect(readyAt() - now()).toBeLessThanOrEqual(Math.max(300_000, asked - now()))
        // A failure is followed by a wait; one that was sent before it opened says nothing new, and shortens none.
        if (wasOpen) expect(readyAt()).toBeGreaterThanOrEqual(before)
        else expect(delay(0)).toBeGreaterThan(0)
      } else if ("trip" in one) trip()
      else if ("succeed" in one) succeeded()
      else if (delay(0) === 0) {
        expect(now()).toBeGreaterThanOrEqual(asked)
        began()
      }
      if (state().state === "open") expect(readyAt()).toBe(Math.max(now(), state().nextProbe ?? Number.NaN))
    }
  },
  { fastCheck: { numRuns: 500 } }
)
