/** Somebody sets the system's clock, or the process sleeps, while spans wait: nothing is lost, nothing waits for longer, and times are right. */
import { describe, expect, it } from "@effect/vitest"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import { Phase, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Effect, TestClock } from "effect"
import * as BatchClock from "../../src/deliver/BatchClock.js"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as RouteResolver from "../../src/route/RouteResolver.js"
import { recording, texts, workbench } from "../deliver/fakes.js"
import { hour, settable } from "../support/clocks.js"
import { layer, one } from "../support/tracing.js"

const jumps = [
  ["back an hour", -hour],
  ["forward an hour", hour]
] as const

/** Fails until told otherwise, and keeps what it delivers. */
const failing = () => {
  const self = { answer: "down" as "down" | "ok", attempts: 0, delivered: [] as string[] }
  const exporter: Exporter.BatchExporter<string> = {
    export: (batch) =>
      Effect.sync(() => {
        self.attempts++
        if (self.answer === "down") return Exporter.again(batch, "HTTP 503")
        self.delivered.push(...batch)
        return Exporter.delivered(batch.length)
      })
  }
  return Object.assign(self, { exporter })
}

describe.each(jumps)("the clock is set %s", (_, by) => {
  it.scoped("what is due comes neither sooner nor later", () =>
    Effect.gen(function* () {
      const { clock, set } = yield* settable
      const timer = yield* Effect.withClock(BatchClock.make, clock)
      const ran: Array<string> = []
      timer.schedule(5000, () => ran.push("before"))
      yield* TestClock.adjust("1 second")
      set(by)
      timer.schedule(2000, () => ran.push("after"))
      yield* TestClock.adjust("1999 millis")
      expect(ran).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(ran).toEqual(["after"])
      yield* TestClock.adjust("1999 millis")
      expect(ran).toEqual(["after"])
      yield* TestClock.adjust("1 millis")
      expect(ran).toEqual(["after", "before"])
      expect(timer.wallTime()).toBe(5000 + by)
      expect(Array.from(yield* TestClock.sleeps())).toEqual([])
    })
  )

  it.scoped("a batch that waits to fill goes when it is old enough", () =>
    Effect.gen(function* () {
      const { clock, set } = yield* settable
      const batches: Array<ReadonlyArray<string>> = []
      const { offer, provide } = yield* Effect.withClock(workbench, clock)
      const [provider] = yield* provide({ exporter: recording(batches) })
      offer(provider, "a")
      set(by)
      offer(provider, "b")
      yield* TestClock.adjust("4999 millis")
      expect(batches).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(batches).toEqual([["a", "b"]])
    })
  )

  it.scoped("an open breaker probes when its wait is over, and nothing is given up for its age", () =>
    Effect.gen(function* () {
      const { clock, set } = yield* settable
      const backend = failing()
      const { ledger, offer, provide } = yield* Effect.withClock(workbench, clock)
      const [provider] = yield* provide({
        exporter: backend.exporter,
        maxBatchSpans: 2,
        maxElapsed: "30 minutes",
        breaker: { failures: 1, minWait: "1 minute", maxWait: "1 minute" }
      })
      offer(provider, ...texts(6))
      yield* TestClock.adjust("1 second")
      expect(provider.state().breaker.state).toBe("open")
      const { attempts } = backend
      set(by)
      yield* TestClock.adjust("28 seconds")
      expect(backend.attempts).toBe(attempts)
      yield* TestClock.adjust("32 seconds")
      expect(backend.attempts).toBe(attempts + 1)
      backend.answer = "ok"
      yield* TestClock.adjust("61 seconds")
      expect(backend.delivered).toEqual(texts(6))
      expect(ledger.snapshot().total).toMatchObject({ made: 6, delivered: 6, dropped: {} })
      expect(backend.attempts).toBeLessThan(8)
    })
  )

  it.scoped("a route is believed for as long as ever", () =>
    Effect.gen(function* () {
      const { clock, set } = yield* settable
      let lookups = 0
      const resolver = yield* RouteResolver.make({
        lookup: (tenant: string) =>
          Effect.sync(() => {
            lookups++
            return TenantRoute.make({ tenant, destinations: [] })
          }),
        timeToLive: "1 minute"
      }).pipe(Effect.withClock(clock))
      yield* resolver.get("acme")
      set(by)
      yield* TestClock.adjust("59 seconds")
      yield* resolver.get("acme")
      expect(lookups).toBe(1)
      yield* TestClock.adjust("2 seconds")
      yield* resolver.get("acme")
      expect(lookups).toBe(2)
    })
  )

  it.scoped("a request that begins afterwards has the new time, one that is running the time at which it began", () =>
    Effect.gen(function* () {
      const { clock, set } = yield* settable
      yield* TestClock.adjust("2 hours")
      yield* Effect.gen(function* () {
        const route = TestTracer.route("acme")
        yield* Effect.gen(function* () {
          set(by)
          yield* TestClock.adjust("1 second")
          yield* Phase.auth(Effect.void)
        }).pipe(TenantTracer.withRoute(route, { name: "running" }))
        yield* Effect.void.pipe(TenantTracer.withRoute(route, { name: "later" }))
        yield* Effect.void.pipe(Effect.withSpan("ambient"))
        const spans = yield* TestTracer.spans("acme")
        const timesOf = (name: string) => {
          const { endTime, startTime } = one(spans.filter((span) => span.name === name))
          return [startTime, endTime].map((time) => Number(time / 1_000_000n))
        }
        expect(timesOf("running")).toEqual([2 * hour, 2 * hour + 1000])
        expect(timesOf("auth")).toEqual([2 * hour + 1000, 2 * hour + 1000])
        expect(timesOf("later")).toEqual([2 * hour + 1000 + by, 2 * hour + 1000 + by])
        const ambient = one((yield* TestTracer.spans(TestTracer.operator)).filter(({ name }) => name === "ambient"))
        expect(Number(ambient.startTime / 1_000_000n)).toBe(2 * hour + 1000 + by)
      }).pipe(Effect.provide(layer()), Effect.withClock(clock))
    })
  )
})

it.scoped("the state of a breaker, and the last success, are told by the wall clock", () =>
  Effect.gen(function* () {
    const { clock, set } = yield* settable
    yield* TestClock.adjust("2 hours")
    const backend = failing()
    const { ledger, offer, provide } = yield* Effect.withClock(workbench, clock)
    const [provider] = yield* provide({
      exporter: backend.exporter,
      maxBatchSpans: 1,
      breaker: { failures: 1, minWait: "1 minute", maxWait: "1 minute" }
    })
    set(-hour)
    offer(provider, "a")
    yield* TestClock.adjust("1 second")
    const { nextProbe = 0, since } = provider.state().breaker
    expect(since).toBe(hour)
    expect(nextProbe).toBeGreaterThanOrEqual(hour + 30_000)
    expect(nextProbe).toBeLessThanOrEqual(hour + 60_000)
    backend.answer = "ok"
    yield* TestClock.adjust("1 minute")
    const { lastSuccess = 0 } = ledger.snapshot().total
    expect(lastSuccess).toBeGreaterThan(hour)
    expect(lastSuccess).toBeLessThan(hour + 62_000)
  })
)

it.scoped("a day's sleep with an open breaker, a half-full batch and a held span costs nothing", () =>
  Effect.gen(function* () {
    const backend = failing()
    const { ledger, offer, provide } = yield* workbench
    const [provider] = yield* provide({ exporter: backend.exporter, maxBatchSpans: 2, maxElapsed: "1 hour" })
    offer(provider, ...texts(5))
    yield* TestClock.adjust("10 seconds")
    const { attempts } = backend
    backend.answer = "ok"
    // All at once: whoever sleeps wakes up a day later.
    yield* TestClock.adjust("1 day")
    expect(backend.delivered).toEqual(texts(5))
    expect(backend.attempts - attempts).toBeLessThanOrEqual(3)
    expect(ledger.snapshot().total).toMatchObject({ made: 5, delivered: 5, dropped: {} })
  })
)
