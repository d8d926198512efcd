/** A provider whose back end fails: what is kept, when it is tried again, and what is given up. */
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, FastCheck, Fiber, Scope, TestClock } from "effect"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as Provider from "../../src/deliver/Provider.js"
import { acme, sizeOf, texts, workbench } from "./fakes.js"

type Answer = "ok" | "down" | "later" | "refused" | "unauthorized"

const outcomeOf = (answer: Answer, batch: ReadonlyArray<string>): Exporter.ExportOutcome<string> => {
  if (answer === "ok") return Exporter.delivered(batch.length)
  if (answer === "down") return Exporter.again(batch, "HTTP 503")
  if (answer === "later") return Exporter.again(batch, "HTTP 429", { afterMillis: 60_000 })
  if (answer === "unauthorized") return Exporter.again(batch, "HTTP 401", { unauthorized: true })
  return {
    ...Exporter.rejected("http_400", batch.length),
    rejected: [{ reason: "http_400", count: batch.length, spans: batch }]
  }
}

/** A back end that answers as it is told to, and keeps what it was sent and when. */
const backend = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const bench = yield* workbench
  const requests: Array<{ readonly at: number; readonly batch: ReadonlyArray<string>; readonly answer: Answer }> = []
  const self = { answer: "ok" as Answer, renewals: 0, renew: (): Effect.Effect<boolean> => Effect.succeed(false) }
  const exporter: Exporter.BatchExporter<string> = {
    export: (batch) =>
      Effect.sync(() => {
        requests.push({ at: clock.unsafeCurrentTimeMillis() / 1000, batch, answer: self.answer })
        return outcomeOf(self.answer, batch)
      })
  }
  const renew = Effect.suspend(() => {
    self.renewals++
    return self.renew()
  })
  const balanced = () => expect(bench.ledger.snapshot().rows.filter((row) => !Ledger.balances(row))).toEqual([])
  /** Turns the clock in a few steps, and looks at the account each time. */
  const pass = (seconds: number) => {
    const steps = Math.min(seconds, 10)
    return Effect.repeatN(Effect.zipRight(TestClock.adjust((seconds / steps) * 1000), Effect.sync(balanced)), steps - 1)
  }
  const received = () => requests.flatMap(({ answer, batch }) => (answer === "ok" ? batch : []))
  return Object.assign(self, bench, { balanced, exporter, pass, received, renewing: { ...exporter, renew }, requests })
})

const small = { maxBatchSpans: 2, maxInFlight: 1 } as const

describe("an outage", () => {
  it.scoped("opens the breaker after five attempts, and keeps everything in its order until it is over", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small, breaker: { minWait: "1 minute" } })
      it.answer = "down"
      it.offer(provider, ...texts(5))
      yield* it.pass(9)
      expect(it.requests.map(({ batch }) => batch)).toEqual(Array.from({ length: 5 }, () => ["s0", "s1"]))
      const { breaker } = provider.state()
      expect(breaker.state).toBe("open")
      expect(provider.held()).toBe(5)
      it.answer = "ok"
      yield* it.pass(70)
      expect(it.received()).toEqual(texts(5))
      expect(provider.state().breaker.state).toBe("closed")
      expect(it.ledger.snapshot().total).toMatchObject({ made: 5, delivered: 5, dropped: {}, lastError: "HTTP 503" })
      it.balanced()
    })
  )

  it.scoped.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "whose wait of %i ms is over while the provider looks at the clock is followed by another attempt",
    (wait) =>
      Effect.gen(function* () {
        const it = yield* backend
        const { clock } = it.environment
        let looks = 0
        const environment = {
          ...it.environment,
          random: () => 1,
          clock: { ...clock, now: () => clock.now() + looks++ }
        }
        // It fails once.
        const exporter: Exporter.BatchExporter<string> = {
          export: (batch) =>
            Effect.ensuring(
              it.exporter.export(batch),
              Effect.sync(() => {
                it.answer = "ok"
              })
            )
        }
        const options = { id: acme, sizeOf, exporter, ...small, breaker: { retryWait: wait } }
        const provider = yield* Provider.make(environment, options)
        it.answer = "down"
        it.offer(provider, ...texts(2))
        yield* it.pass(1)
        expect(it.received()).toEqual(texts(2))
      })
  )

  it.scoped("is probed when the back end allows it, where somebody hastens that", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const breaker = { failures: 1, minWait: "5 minutes", retryWait: "5 minutes" } as const
      const exporter: Exporter.BatchExporter<string> = {
        export: (batch) =>
          Effect.map(it.exporter.export(batch), (outcome) => ({
            ...outcome,
            ...(outcome.retry && { retry: { ...outcome.retry, afterMillis: 2000 } })
          }))
      }
      const [provider] = yield* it.provide({ exporter, ...small, breaker })
      it.answer = "down"
      it.offer(provider, ...texts(2))
      yield* it.pass(1)
      it.answer = "ok"
      provider.hasten()
      expect(it.received()).toEqual([])
      yield* it.pass(2)
      expect(it.received()).toEqual(texts(2))
    })
  )

  it.scoped("that was over sooner than expected leaves no wait behind for the next failure", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const breaker = { failures: 2, minWait: "5 minutes" } as const
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small, breaker })
      it.answer = "down"
      it.offer(provider, ...texts(2))
      yield* it.pass(5)
      expect(provider.state().breaker.state).toBe("open")
      it.answer = "ok"
      provider.hasten()
      yield* it.pass(1)
      expect(it.received()).toEqual(texts(2))
      it.answer = "down"
      it.offer(provider, ...texts(2, "next"))
      yield* TestClock.adjust(0)
      it.answer = "ok"
      yield* it.pass(1)
      expect(it.received()).toEqual([...texts(2), ...texts(2, "next")])
    })
  )

  it.scoped("of which the back end says how long it takes is waited for, though an older request gets through", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const answers = ["later", "ok"] as const
      const exporter: Exporter.BatchExporter<string> = {
        export: (batch) => {
          const answer = answers[it.requests.push({ at: 0, batch, answer: "ok" }) - 1] ?? "ok"
          return Effect.delay(Effect.succeed(outcomeOf(answer, batch)), answer === "ok" ? "1 second" : 0)
        }
      }
      const [provider] = yield* it.provide({ exporter, maxBatchSpans: 2, maxInFlight: 2 })
      it.offer(provider, ...texts(6))
      yield* it.pass(50)
      expect(it.requests.map(({ batch }) => batch)).toEqual([texts(2), ["s2", "s3"]])
      expect(provider.state().breaker.state).toBe("open")
      yield* it.pass(20)
      expect(it.ledger.snapshot().total).toMatchObject({ made: 6, delivered: 6, dropped: {} })
      expect(provider.state().breaker.state).toBe("closed")
    })
  )

  it.scoped("the rest of a batch that got through in part does not wait for a batch to fill", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const rests: Array<ReadonlyArray<string>> = []
      const halving: Exporter.BatchExporter<string> = {
        export: (batch) => {
          rests.push(batch.slice(2))
          return Effect.succeed({ ...Exporter.again(batch.slice(2)), delivered: Math.min(2, batch.length) })
        }
      }
      const [provider] = yield* it.provide({ exporter: halving, maxBatchSpans: 4, maxBatchAge: "1 hour" })
      it.offer(provider, ...texts(4))
      yield* it.pass(1)
      expect(rests).toEqual([["s2", "s3"], []])
      it.balanced()
    })
  )

  it.scoped("while it is open nothing is sent, whatever is offered or flushed, and one timer serves all", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "down"
      const opened = yield* Effect.forEach(texts(20), () =>
        Effect.gen(function* () {
          const [provider] = yield* it.provide({ exporter: it.exporter, breaker: { failures: 1 }, ...small })
          it.offer(provider, "a", "b")
          return provider
        })
      )
      yield* TestClock.adjust(0)
      expect(it.requests).toHaveLength(20)
      for (const provider of opened) {
        it.offer(provider, ...texts(50))
        yield* provider.flush()
      }
      yield* it.pass(2)
      expect(it.requests).toHaveLength(20)
      expect(new Set(opened.map((provider) => provider.state().breaker.state))).toEqual(new Set(["open"]))
      // The test clock remembers a sleep that was given up for an earlier one.
      expect(Array.from(yield* TestClock.sleeps()).length).toBeLessThanOrEqual(2)
    })
  )

  it.scoped("ten minutes of it cost few requests, and one batch at a time", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "down"
      const [provider] = yield* it.provide({ exporter: it.exporter, maxBatchSpans: 2 })
      for (let minute = 0; minute < 10; minute++) {
        it.offer(provider, ...texts(60))
        yield* it.pass(60)
      }
      expect(it.requests.length).toBeGreaterThan(8)
      expect(it.requests.length).toBeLessThan(20)
      expect(provider.held()).toBe(600)
      const waits = it.requests.slice(1).map(({ at }, index) => at - (it.requests[index]?.at ?? 0))
      expect(Math.max(...waits)).toBeLessThanOrEqual(301)
    })
  )

  it.scoped("what the back end asks for is the earliest moment of the next request", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "later"
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small })
      it.offer(provider, "a", "b")
      yield* TestClock.adjust(0)
      it.answer = "ok"
      provider.hasten()
      yield* it.pass(59)
      expect(it.requests).toHaveLength(1)
      yield* it.pass(2)
      expect(it.requests.map(({ at }) => Math.floor(at))).toEqual([0, 60])
    })
  )

  it.scoped("the queue stays as long as it may be, with what is on its way and what came back", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "down"
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small, maxQueueSpans: 6 })
      for (let index = 0; index < 40; index++) {
        it.offer(provider, `s${index}`)
        expect(provider.held()).toBeLessThanOrEqual(6)
        yield* it.pass(1)
        expect(provider.held()).toBeLessThanOrEqual(6)
      }
      expect(it.ledger.snapshot().total).toMatchObject({ held: 6, dropped: { queue_full: 34 } })
      it.answer = "ok"
      yield* it.pass(60)
      expect(it.received()).toEqual(texts(6))
    })
  )

  it.scoped("a span is given up when an attempt fails and it has waited too long, and no younger one with it", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "down"
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small, maxElapsed: "10 minutes" })
      it.offer(provider, "old", "old too")
      yield* it.pass(500)
      it.offer(provider, "young", "young too")
      expect(it.ledger.snapshot().total.dropped).toEqual({})
      yield* it.pass(450)
      expect(it.ledger.snapshot().total).toMatchObject({ held: 2, dropped: { retry_exhausted: 2 } })
      it.answer = "ok"
      yield* it.pass(301)
      expect(it.received()).toEqual(["young", "young too"])
    })
  )

  it.scoped("a refusal for good is an answer: it closes the breaker, and says what was refused", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const refusals: Array<Exporter.Refusal<string>> = []
      it.answer = "down"
      const onRefusal = (refusal: Exporter.Refusal<string>) => refusals.push(refusal)
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small, breaker: { failures: 1 }, onRefusal })
      it.offer(provider, ...texts(4))
      yield* TestClock.adjust(0)
      it.answer = "refused"
      yield* it.pass(6)
      expect(provider.state().breaker.state).toBe("closed")
      expect(refusals.flatMap(({ spans = [] }) => spans)).toEqual(texts(4))
      expect(it.ledger.snapshot().total).toMatchObject({ held: 0, rejected: { http_400: 4 } })
    })
  )
})

describe("a flush", () => {
  it.scoped("waits for what is tried again, and not for a breaker that has opened", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "down"
      const [provider] = yield* it.provide({ exporter: it.exporter, maxBatchSpans: 100 })
      it.offer(provider, ...texts(3))
      const flushing = yield* Effect.fork(provider.flush())
      yield* Effect.repeat(it.pass(1), {
        until: () => Effect.map(Fiber.poll(flushing), (exit) => exit._tag === "Some")
      })
      expect(it.requests).toHaveLength(5)
      expect(provider.held()).toBe(3)
    })
  )
})

describe("closing while the breaker is open", () => {
  const closing = (answer: Answer) =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "down"
      const [provider, scope] = yield* it.provide({ exporter: it.exporter, ...small, breaker: { failures: 1 } })
      it.offer(provider, ...texts(5))
      yield* TestClock.adjust(0)
      it.answer = answer
      const before = it.requests.length
      yield* Scope.close(scope, Exit.void)
      it.balanced()
      return { sent: it.requests.length - before, provider, total: it.ledger.snapshot().total }
    })

  it.scoped("sends everything if the back end is well again", () =>
    Effect.gen(function* () {
      const { sent, total } = yield* closing("ok")
      expect(sent).toBe(3)
      expect(total).toMatchObject({ delivered: 5, held: 0, dropped: {} })
    })
  )

  it.scoped("tries once if it is not, and does not wait for the deadline", () =>
    Effect.gen(function* () {
      const { provider, sent, total } = yield* closing("down")
      expect(sent).toBe(1)
      expect(total).toMatchObject({ delivered: 0, held: 0, dropped: { shutdown: 5 } })
      expect(provider.abandoned()).toBe(5)
    })
  )
})

describe("a pause by the operator", () => {
  it.scoped("keeps the queue, sends nothing, ends a flush, and after it everything goes", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.paused.add(acme)
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small })
      it.offer(provider, ...texts(5))
      yield* provider.flush()
      yield* it.pass(7200)
      expect(it.requests).toEqual([])
      expect(provider.state().paused).toBe("operator")
      expect(provider.held()).toBe(5)
      it.paused.delete(acme)
      provider.look()
      yield* TestClock.adjust(0)
      expect(it.received()).toEqual(texts(5))
      expect(provider.state().paused).toBeUndefined()
    })
  )

  it.scoped("in the middle of a flush ends it, once what is on its way has arrived", () =>
    Effect.gen(function* () {
      const it = yield* backend
      const gate = yield* Deferred.make<void>()
      const slow = {
        export: (batch: ReadonlyArray<string>) => Effect.zipRight(Deferred.await(gate), it.exporter.export(batch))
      }
      const [provider] = yield* it.provide({ exporter: slow, ...small })
      it.offer(provider, ...texts(5))
      const flushing = yield* Effect.fork(provider.flush())
      yield* TestClock.adjust(0)
      it.paused.add(acme)
      provider.look()
      expect(yield* Fiber.poll(flushing)).toMatchObject({ _tag: "None" })
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(flushing)
      expect(it.received()).toEqual(["s0", "s1"])
      expect(provider.held()).toBe(3)
      it.balanced()
    })
  )
})

describe("a credential that is refused", () => {
  /** Ten spans every minute, each of them a batch. */
  const anHourOf = (it: Effect.Effect.Success<typeof backend>, provider: Provider.Provider<string>) =>
    Effect.repeatN(
      Effect.zipRight(
        Effect.sync(() => it.offer(provider, ...texts(10))),
        TestClock.adjust("1 minute")
      ),
      59
    )

  it.scoped("without anybody to ask: a probe now and then, everything kept, and dropped in the end by its name", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "unauthorized"
      const [provider] = yield* it.provide({ exporter: it.exporter, maxBatchSpans: 1 })
      yield* anHourOf(it, provider)
      expect(provider.state()).toMatchObject({ paused: "unauthorized", breaker: { state: "open" } })
      expect(it.requests.length).toBeLessThan(35)
      expect(provider.held()).toBe(600)
      yield* it.pass(2 * 3600)
      expect(it.ledger.snapshot().total).toMatchObject({ held: 0, dropped: { unauthorized: 600 } })
    })
  )

  it.scoped("works again by itself when the back end takes it after all", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "unauthorized"
      const [provider] = yield* it.provide({ exporter: it.exporter, ...small })
      it.offer(provider, ...texts(4))
      yield* TestClock.adjust(0)
      it.answer = "ok"
      yield* it.pass(6)
      expect(it.received()).toEqual(texts(4))
      expect(provider.state()).toMatchObject({ paused: undefined, breaker: { state: "closed" } })
    })
  )

  it.scoped("is asked for again at once, and with the new one everything goes", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "unauthorized"
      it.renew = () =>
        Effect.sync(() => {
          it.answer = "ok"
          return true
        })
      const [provider] = yield* it.provide({ exporter: it.renewing, ...small })
      it.offer(provider, ...texts(5))
      yield* provider.flush()
      expect(it.received()).toEqual(texts(5))
      expect(it.renewals).toBe(1)
      expect(it.requests.map(({ answer }) => answer)).toEqual(["unauthorized", "ok", "ok", "ok"])
      it.balanced()
    })
  )

  it.scoped("while there is no new one, nothing is sent with the old one, and it is asked for now and then", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "unauthorized"
      const [provider] = yield* it.provide({ exporter: it.renewing, maxBatchSpans: 1, maxInFlight: 1 })
      yield* anHourOf(it, provider)
      expect(it.requests).toHaveLength(1)
      expect(it.renewals).toBeGreaterThan(10)
      expect(it.renewals).toBeLessThan(35)
      expect(provider.state().paused).toBe("unauthorized")
      expect(it.ledger.snapshot().total.lastError).toContain("no new one")
      it.renew = () => Effect.succeed(true)
      it.answer = "ok"
      const held = provider.held()
      yield* it.pass(301)
      expect(it.received()).toHaveLength(held)
      expect(it.ledger.snapshot().total.held).toBe(0)
    })
  )

  it.scoped("a new one that is refused too is not tried again and again", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "unauthorized"
      it.renew = () => Effect.succeed(true)
      const [provider] = yield* it.provide({ exporter: it.renewing, maxBatchSpans: 1 })
      yield* anHourOf(it, provider)
      expect(it.requests.length).toBeLessThan(40)
      expect(it.renewals).toBeLessThan(40)
    })
  )

  it.scoped("a closing waits for a renewal no longer than for anything else", () =>
    Effect.gen(function* () {
      const it = yield* backend
      it.answer = "unauthorized"
      it.renew = () => Effect.never
      const [provider, scope] = yield* it.provide({ exporter: it.renewing, ...small })
      it.offer(provider, ...texts(5))
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* it.pass(5)
      yield* Fiber.join(closing)
      expect(it.ledger.snapshot().total).toMatchObject({ held: 0, dropped: { shutdown: 5 } })
    })
  )
})

const step = FastCheck.oneof(
  FastCheck.record({ answer: FastCheck.constantFrom<Answer>("ok", "down", "later", "refused", "unauthorized") }),
  FastCheck.record({ offer: FastCheck.integer({ min: 1, max: 4 }) }),
  FastCheck.record({ pass: FastCheck.integer({ min: 1, max: 30 }) }),
  FastCheck.record({ pause: FastCheck.boolean() }),
  FastCheck.record({ renews: FastCheck.boolean() }),
  FastCheck.constant({ hasten: true })
)

it.scoped.prop(
  "whatever happens, the account balances, the queue is bounded, and in the end everything kept arrives once",
  [FastCheck.array(step, { maxLength: 25 }), FastCheck.boolean()],
  ([steps, canRenew]) =>
    Effect.gen(function* () {
      const it = yield* backend
      const exporter = canRenew ? it.renewing : it.exporter
      const [provider] = yield* it.provide({ exporter, maxBatchSpans: 3, maxQueueSpans: 8, maxElapsed: "2 minutes" })
      let made = 0
      for (const one of steps) {
        if ("answer" in one) it.answer = one.answer
        else if ("offer" in one) {
          it.offer(provider, ...texts(one.offer, `${made}-`))
          made += one.offer
        } else if ("pass" in one) yield* it.pass(one.pass)
        else if ("pause" in one) {
          if (one.pause) it.paused.add(acme)
          else it.paused.delete(acme)
          provider.look()
        } else if ("renews" in one) it.renew = () => Effect.succeed(one.renews)
        else provider.hasten()
        it.balanced()
        expect(provider.held()).toBeLessThanOrEqual(8)
      }
      it.paused.clear()
      it.answer = "ok"
      it.renew = () => Effect.succeed(true)
      provider.look()
      yield* it.pass(400)
      const { delivered, held, made: counted } = it.ledger.snapshot().total
      expect([held, counted]).toEqual([0, made])
      expect(it.received()).toHaveLength(delivered)
      expect(new Set(it.received()).size).toBe(delivered)
    }).pipe(Effect.scoped),
  { fastCheck: { numRuns: 25 }, timeout: 30_000 }
)
