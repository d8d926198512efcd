import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Queue, Ref, Scope, TestClock, Tracer } from "effect"
import * as ByteBudget from "../../src/deliver/ByteBudget.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import type { Overflow } from "../../src/deliver/Overflow.js"
import * as Provider from "../../src/deliver/Provider.js"
import type * as Turns from "../../src/deliver/Turns.js"
import { acme, hanging, nowhere, recording, sizeOf, texts, workbench } from "./fakes.js"

const balanced = (ledger: Ledger.Ledger) => expect(Ledger.balances(ledger.snapshot().total)).toBe(true)

it.scoped("sends a batch when it has enough spans", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const batches: Array<ReadonlyArray<string>> = []
    const [provider] = yield* provide({ exporter: recording(batches), maxBatchSpans: 3 })
    offer(provider, ...texts(7))
    expect(batches).toEqual([])
    yield* Effect.yieldNow()
    yield* TestClock.adjust(0)
    expect(batches).toEqual([
      ["s0", "s1", "s2"],
      ["s3", "s4", "s5"]
    ])
    expect(provider.held()).toBe(1)
    balanced(ledger)
  })
)

it.scoped("sends a batch when it has enough bytes", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const batches: Array<ReadonlyArray<string>> = []
    const [provider] = yield* provide({ exporter: recording(batches), maxBatchBytes: 10 })
    offer(provider, "1234", "1234")
    yield* TestClock.adjust(0)
    expect(batches).toEqual([])
    offer(provider, "1234", "a span that is larger than a batch")
    yield* TestClock.adjust(0)
    yield* provider.flush()
    expect(batches).toEqual([["1234", "1234"], ["1234"], ["a span that is larger than a batch"]])
  })
)

it.scoped("sends what waits when it is old enough, each time", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const batches: Array<ReadonlyArray<string>> = []
    const [provider] = yield* provide({ exporter: recording(batches) })
    offer(provider, "a")
    yield* TestClock.adjust("3 seconds")
    offer(provider, "b")
    yield* TestClock.adjust("1999 millis")
    expect(batches).toEqual([])
    yield* TestClock.adjust("1 millis")
    expect(batches).toEqual([["a", "b"]])
    offer(provider, "c")
    yield* TestClock.adjust("5 seconds")
    expect(batches).toEqual([["a", "b"], ["c"]])
    expect(provider.busy()).toBe(false)
  })
)

it.scoped("sends the rest of a burst though nothing more is offered", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const turns = yield* Queue.unbounded<void>()
    const batches: Array<ReadonlyArray<string>> = []
    const exporter: Exporter.BatchExporter<string> = {
      export: (batch) => Effect.zipRight(Queue.take(turns), recording(batches).export(batch))
    }
    const [provider] = yield* provide({ exporter, maxBatchSpans: 2, maxInFlight: 1 })
    offer(provider, ...texts(5))
    yield* Queue.offerAll(turns, [undefined, undefined, undefined])
    yield* TestClock.adjust(0)
    expect(batches).toHaveLength(2)
    yield* TestClock.adjust("5 seconds")
    expect(batches.flat()).toEqual(texts(5))
  })
)

it.scoped("has no more batches on their way than it may", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const inFlight = yield* Ref.make(0)
    const gate = yield* Deferred.make<void>()
    let most = 0
    const exporter: Exporter.BatchExporter<string> = {
      export: (batch) =>
        Ref.updateAndGet(inFlight, (n) => n + 1).pipe(
          Effect.tap((n) => Effect.sync(() => (most = Math.max(most, n)))),
          Effect.zipRight(Deferred.await(gate)),
          Effect.zipRight(Ref.update(inFlight, (n) => n - 1)),
          Effect.as(Exporter.delivered(batch.length))
        )
    }
    const [provider] = yield* provide({ exporter, maxBatchSpans: 1 })
    offer(provider, ...texts(10))
    yield* TestClock.adjust(0)
    expect(most).toBe(2)
    expect(provider.held()).toBe(10)
    balanced(ledger)
    yield* Deferred.succeed(gate, undefined)
    yield* provider.flush()
    expect(most).toBe(2)
    expect(ledger.snapshot().total).toMatchObject({ delivered: 10, held: 0 })
  })
)

it.scoped("drops the new span when the queue is full, and counts it", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const batches: Array<ReadonlyArray<string>> = []
    const [provider] = yield* provide({ exporter: recording(batches), maxQueueSpans: 3, maxQueueBytes: 100 })
    offer(provider, ...texts(5))
    offer(provider, "x".repeat(101))
    balanced(ledger)
    yield* provider.flush()
    expect(batches).toEqual([texts(3)])
    expect(ledger.snapshot().total).toMatchObject({ delivered: 3, dropped: { queue_full: 2, span_too_large: 1 } })
  })
)

it.scoped("a flush waits for what was queued when it began, and for nothing later", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const asked = yield* Queue.unbounded<Deferred.Deferred<void>>()
    const exporter: Exporter.BatchExporter<string> = {
      export: (batch) =>
        Effect.gen(function* () {
          const answer = yield* Deferred.make<void>()
          yield* Queue.offer(asked, answer)
          yield* Deferred.await(answer)
          return Exporter.delivered(batch.length)
        })
    }
    const [provider] = yield* provide({ exporter, maxBatchSpans: 2 })
    offer(provider, "a", "b", "c")
    const flushing = yield* Effect.fork(provider.flush())
    const first = yield* Queue.take(asked)
    const second = yield* Queue.take(asked)
    offer(provider, "later", "later too")
    yield* Deferred.succeed(second, undefined)
    yield* Queue.take(asked)
    // The later batch came after, but the first one is still out.
    expect(yield* Fiber.poll(flushing)).toMatchObject({ _tag: "None" })
    yield* Deferred.succeed(first, undefined)
    yield* Fiber.join(flushing)
    expect(provider.held()).toBe(2)
  })
)

it.scoped("a flush of nothing is done at once", () =>
  Effect.gen(function* () {
    const { provide } = yield* workbench
    const [provider] = yield* provide({ exporter: recording([]) })
    yield* provider.flush()
  })
)

it.scoped("counts what an exporter says, and what it does not say", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const answers: Array<Effect.Effect<Exporter.ExportOutcome>> = [
      Effect.succeed({ ...Exporter.rejected("http_400", 1, "HTTP 400"), delivered: 1 }),
      Effect.succeed(Exporter.delivered(99)),
      Effect.die("boom"),
      Effect.interrupt
    ]
    const exporter: Exporter.BatchExporter<string> = { export: () => answers.shift() ?? Effect.never }
    const [provider] = yield* provide({ exporter, maxBatchSpans: 2, maxInFlight: 1 })
    offer(provider, ...texts(8))
    yield* provider.flush()
    expect(ledger.snapshot().total).toMatchObject({
      made: 8,
      delivered: 1,
      rejected: { http_400: 1 },
      dropped: { exporter_defect: 4, interrupted: 2 },
      held: 0
    })
    balanced(ledger)
  })
)

it.scoped("one that holds nothing is closed at once, in one step", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const [, fresh] = yield* provide({ exporter: recording([]) })
    const [provider, used] = yield* provide({ exporter: recording([]) })
    offer(provider, "a")
    yield* provider.flush()
    const overflow: Overflow<string> = { ...nowhere, flush: Effect.never }
    const [, spooled] = yield* provide({ exporter: recording([]), overflow: () => overflow })
    for (const scope of [fresh, used, spooled]) Effect.runSync(Scope.close(scope, Provider.closedBy("evicted")))
  })
)

it.scoped("closing sends what is left", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const batches: Array<ReadonlyArray<string>> = []
    const [provider, scope] = yield* provide({ exporter: recording(batches), maxBatchSpans: 2 })
    offer(provider, ...texts(5))
    yield* Scope.close(scope, Exit.void)
    expect(batches.flat()).toEqual(texts(5))
    expect(provider.abandoned()).toBe(0)
    balanced(ledger)
  })
)

for (const reason of ["evicted", "shutdown"] as const) {
  it.scoped(`what cannot be sent before the deadline of closing is dropped as ${reason}`, () =>
    Effect.gen(function* () {
      const { ledger, offer, provide } = yield* workbench
      const taken = yield* Deferred.make<void>()
      const [provider, scope] = yield* provide({ exporter: hanging(taken), maxBatchSpans: 2, maxInFlight: 1 })
      offer(provider, ...texts(5))
      const closing = yield* Effect.fork(Scope.close(scope, Provider.closedBy(reason)))
      yield* Deferred.await(taken)
      expect(provider.held()).toBe(5)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      expect(provider.held()).toBe(0)
      expect(provider.abandoned()).toBe(5)
      offer(provider, "too late")
      expect(ledger.snapshot().total.dropped).toEqual({ [reason]: 6 })
      balanced(ledger)
    })
  )
}

it.scoped("what has to wait elsewhere is kept at once, though the back end takes all the time of closing", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const taken = yield* Deferred.make<void>()
    const fresh: Array<string> = []
    const kept = new Set<string>()
    const overflow: Overflow<string> = {
      keep: (span) => fresh.push(span),
      isKept: (span) => kept.has(span),
      settled: () => {},
      leave: (spans) => {
        const lost = spans.filter((span) => !kept.has(span))
        ledger.spooled(acme, spans.length - lost.length)
        return lost
      },
      hasLeft: () => false,
      refill: () => {},
      flush: Effect.sync(() => {
        for (const span of fresh) kept.add(span)
      }),
      close: () => {}
    }
    const [provider, scope] = yield* provide({ exporter: hanging(taken), overflow: () => overflow })
    offer(provider, ...texts(5))
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    yield* Deferred.await(taken)
    // Whoever closes it has no more patience than itself.
    yield* Fiber.interrupt(closing)
    expect([provider.parked(), provider.abandoned()]).toEqual([5, 0])
    expect(ledger.snapshot().total).toMatchObject({ spooled: 5, dropped: {} })
    balanced(ledger)
  })
)

it.scoped("what comes back and finds no memory is looked for again, though nothing else happens", () =>
  Effect.gen(function* () {
    const { provide } = yield* workbench
    let looks = 0
    const overflow: Overflow<string> = {
      ...nowhere,
      refill: (done) => {
        looks++
        done(false)
      }
    }
    const [, scope] = yield* provide({ exporter: recording([]), overflow: () => overflow })
    expect(looks).toBe(1)
    yield* TestClock.adjust("6 seconds")
    expect(looks).toBe(2)
    yield* TestClock.adjust("6 seconds")
    expect(looks).toBe(3)
    yield* Scope.close(scope, Exit.void)
    yield* TestClock.adjust("1 minute")
    expect(looks).toBe(3)
  })
)

it.scoped("who is revoked while it is closed does not wait for a disk that hangs", () =>
  Effect.gen(function* () {
    const { provide } = yield* workbench
    const overflow: Overflow<string> = { ...nowhere, flush: Effect.never }
    const [provider, scope] = yield* provide({ exporter: recording([]), overflow: () => overflow })
    const closing = yield* Effect.fork(Scope.close(scope, Provider.closedBy("shutdown")))
    yield* Effect.yieldNow()
    expect(yield* Fiber.poll(closing)).toMatchObject({ _tag: "None" })
    yield* provider.revoke
    yield* Fiber.join(closing)
  })
)

it.scoped("is busy while spans wait for it, wherever they are", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const waits = { elsewhere: false, beside: false }
    const overflow: Overflow<string> = { ...nowhere, hasLeft: () => waits.beside }
    const [provider] = yield* provide({
      exporter: recording([]),
      overflow: () => overflow,
      isWanted: () => waits.elsewhere
    })
    expect(provider.busy()).toBe(false)
    for (const place of ["elsewhere", "beside"] as const) {
      waits[place] = true
      expect(provider.busy(), place).toBe(true)
      waits[place] = false
    }
    offer(provider, "in it")
    expect(provider.busy()).toBe(true)
    yield* provider.flush()
    expect(provider.busy()).toBe(false)
  })
)

it.scoped("an interrupted closing still accounts for everything", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const taken = yield* Deferred.make<void>()
    const [provider, scope] = yield* provide({ exporter: hanging(taken) })
    offer(provider, ...texts(5))
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    yield* Deferred.await(taken)
    yield* Fiber.interrupt(closing)
    expect(ledger.snapshot().total).toMatchObject({ held: 0, dropped: { shutdown: 5 } })
    balanced(ledger)
  })
)

it.effect("requests that are interrupted with their environment are counted", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { ledger, offer, provide } = yield* workbench.pipe(Scope.extend(scope))
    const taken = yield* Deferred.make<void>()
    const [provider] = yield* provide({ exporter: hanging(taken), maxBatchSpans: 1, maxInFlight: 1 })
    offer(provider, "a")
    yield* Deferred.await(taken)
    yield* Scope.close(scope, Exit.void)
    offer(provider, "b")
    yield* TestClock.adjust(0)
    expect(ledger.snapshot().total.dropped).toEqual({ interrupted: 2 })
    balanced(ledger)
  })
)

class Request extends Context.Tag("test/Request")<Request, string>() {}

it.scoped("sends with no span and nothing of whoever made or used it", () =>
  Effect.gen(function* () {
    const seen = yield* Deferred.make<readonly [string | undefined, boolean, boolean]>()
    const exporter: Exporter.BatchExporter<string> = {
      export: (batch) =>
        Effect.gen(function* () {
          const context = yield* Effect.context<never>()
          const inner = yield* Effect.makeSpan("export")
          yield* Deferred.succeed(seen, [
            // The context's type says that nothing is there; a look at the bare map tells.
            context.unsafeMap.get(Request.key),
            context.unsafeMap.has(Tracer.ParentSpan.key),
            inner.spanId === "noop"
          ])
          return Exporter.delivered(batch.length)
        })
    }
    const { offer, provide } = yield* workbench.pipe(Effect.provideService(Request, "first"), Effect.withSpan("layer"))
    const [provider] = yield* provide({ exporter, maxBatchSpans: 1 })
    yield* Effect.sync(() => offer(provider, "a")).pipe(
      Effect.provideService(Request, "second"),
      Effect.withSpan("request")
    )
    expect(yield* Deferred.await(seen)).toEqual([undefined, false, true])
  })
)

it.scoped("does nothing of the sending before `offer` has returned", () =>
  Effect.gen(function* () {
    const { environment, provide } = yield* workbench
    const order: Array<string> = []
    const exporter: Exporter.BatchExporter<string> = {
      export: (batch) =>
        Effect.sync(() => {
          order.push("export")
          return Exporter.delivered(batch.length)
        })
    }
    const [provider] = yield* provide({ exporter, maxBatchSpans: 1 })
    environment.ledger.made(acme, 1)
    yield* Effect.sync(() => {
      provider.offer("a")
      order.push("offered")
    })
    yield* provider.flush()
    expect(order).toEqual(["offered", "export"])
  })
)

it.scoped("when idle it waits for nothing", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const providers = yield* Effect.forEach(texts(50), () => provide({ exporter: recording([]) }))
    for (const [provider] of providers) offer(provider, "a")
    yield* TestClock.adjust("5 seconds")
    expect(providers.some(([provider]) => provider.busy())).toBe(false)
    expect(Array.from(yield* TestClock.sleeps())).toEqual([])
  })
)

describe("revoked", () => {
  it.scoped(
    "sends nothing any more of what waits, is to be tried again or is on its way, and gives everything back",
    () =>
      Effect.gen(function* () {
        const { environment, ledger, offer, provide } = yield* workbench
        const taken = yield* Queue.unbounded<void>()
        const batches: Array<ReadonlyArray<string>> = []
        const exporter: Exporter.BatchExporter<string> = {
          export: (batch) => {
            batches.push(batch)
            const answer = batches.length === 1 ? Effect.succeed(Exporter.again(batch, "HTTP 503")) : Effect.never
            return Effect.zipRight(Queue.offer(taken, undefined), answer)
          }
        }
        const [provider, scope] = yield* provide({ exporter, maxBatchSpans: 2, maxInFlight: 1 })
        offer(provider, ...texts(5))
        yield* Queue.take(taken)
        yield* TestClock.adjust("1 second")
        yield* Queue.take(taken)
        const flushing = yield* Effect.fork(provider.flush())
        yield* provider.revoke
        yield* Fiber.join(flushing)
        expect(ledger.snapshot().total).toMatchObject({ held: 0, dropped: { revoked: 5 } })
        expect([environment.budget.stats().used, environment.turns.stats().sending]).toEqual([0, 0])
        expect(provider.trouble()).toBe("its credential was revoked")
        offer(provider, "late")
        provider.hasten()
        yield* provider.flush()
        yield* TestClock.adjust("1 hour")
        expect(batches).toEqual([
          ["s0", "s1"],
          ["s0", "s1"]
        ])
        yield* Scope.close(scope, Provider.closedBy("evicted"))
        yield* provider.revoke
        expect(ledger.snapshot().total).toMatchObject({ made: 6, held: 0, dropped: { revoked: 6 } })
        expect(environment.budget.stats()).toMatchObject({ used: 0, names: 0 })
      })
  )

  it.scoped("is done when the requests are over, not before", () =>
    Effect.gen(function* () {
      const { offer, provide } = yield* workbench
      const taken = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const exporter: Exporter.BatchExporter<string> = {
        export: () =>
          Effect.zipRight(Deferred.succeed(taken, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.await(closed))
          )
      }
      const [provider] = yield* provide({ exporter, maxBatchSpans: 1 })
      offer(provider, "a")
      yield* Deferred.await(taken)
      const revoking = yield* Effect.fork(provider.revoke)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.poll(revoking)).toMatchObject({ _tag: "None" })
      yield* Deferred.succeed(closed, undefined)
      yield* Fiber.join(revoking)
    })
  )

  it.scoped("while it is closed: the closing is over as well", () =>
    Effect.gen(function* () {
      const { ledger, offer, provide } = yield* workbench
      const taken = yield* Deferred.make<void>()
      const [provider, scope] = yield* provide({ exporter: hanging(taken), maxBatchSpans: 2, maxInFlight: 1 })
      offer(provider, ...texts(5))
      const closing = yield* Effect.fork(Scope.close(scope, Provider.closedBy("evicted")))
      yield* Deferred.await(taken)
      yield* provider.revoke
      yield* Fiber.join(closing)
      expect(ledger.snapshot().total).toMatchObject({ held: 0, dropped: { revoked: 5 } })
    })
  )

  it.scoped("while it asks for a new credential: the answer changes nothing", () =>
    Effect.gen(function* () {
      const { ledger, offer, provide } = yield* workbench
      const answer = yield* Deferred.make<boolean>()
      const batches: Array<ReadonlyArray<string>> = []
      const exporter: Exporter.BatchExporter<string> = {
        export: (batch) => {
          batches.push(batch)
          return Effect.succeed(Exporter.again(batch, "HTTP 401", { unauthorized: true }))
        },
        renew: Deferred.await(answer)
      }
      const [provider] = yield* provide({ exporter, maxBatchSpans: 1, maxInFlight: 1 })
      offer(provider, "a")
      yield* TestClock.adjust(0)
      yield* provider.revoke
      yield* Deferred.succeed(answer, true)
      yield* TestClock.adjust("1 hour")
      expect(batches).toHaveLength(1)
      expect(ledger.snapshot().total).toMatchObject({ held: 0, dropped: { revoked: 1 } })
    })
  )

  it.scoped("hands what it has to its successor, in its order and with what was on its way", () =>
    Effect.gen(function* () {
      const { environment, ledger, offer, provide } = yield* workbench
      const taken = yield* Deferred.make<void>()
      const batches: Array<ReadonlyArray<string>> = []
      const [next] = yield* provide({ exporter: recording(batches) })
      const [old] = yield* provide({
        exporter: hanging(taken),
        maxBatchSpans: 2,
        maxInFlight: 1,
        successor: () => (span) => next.adopt(span)
      })
      offer(old, ...texts(5))
      yield* Deferred.await(taken)
      yield* old.revoke
      expect([old.held(), next.held(), old.abandoned()]).toEqual([0, 5, 0])
      balanced(ledger)
      yield* next.flush()
      expect(batches.flat()).toEqual(texts(5))
      expect(ledger.snapshot().total).toMatchObject({ made: 5, delivered: 5, held: 0, dropped: {} })
      expect(environment.budget.stats().used).toBe(0)
    })
  )
})

describe("a credential that was refused, where there is a successor", () => {
  const refusing = (renew?: Effect.Effect<boolean>): Exporter.BatchExporter<string> => ({
    export: (batch) => Effect.succeed(Exporter.again(batch, "HTTP 401", { unauthorized: true })),
    renew
  })

  it.scoped.each([
    ["nobody can be asked for another one", undefined],
    ["there is no other one", Effect.succeed(false)]
  ] as const)("gets all of its spans through that, also those that come later; %s", ([_, renew]) =>
    Effect.gen(function* () {
      const { ledger, offer, provide } = yield* workbench
      const batches: Array<ReadonlyArray<string>> = []
      const [next] = yield* provide({ exporter: recording(batches) })
      const [old] = yield* provide({
        exporter: refusing(renew),
        maxBatchSpans: 2,
        successor: () => (span) => next.adopt(span)
      })
      offer(old, ...texts(5))
      yield* TestClock.adjust(0)
      yield* next.flush()
      expect(batches.flat().sort()).toEqual(texts(5))
      offer(old, "late", "later")
      yield* TestClock.adjust("10 minutes")
      yield* next.flush()
      expect(batches.flat().slice(5)).toEqual(["late", "later"])
      expect(ledger.snapshot().total).toMatchObject({ made: 7, delivered: 7, held: 0, dropped: {} })
    })
  )

  it.scoped("waits for one that comes later", () =>
    Effect.gen(function* () {
      const { ledger, offer, provide } = yield* workbench
      const batches: Array<ReadonlyArray<string>> = []
      const [next] = yield* provide({ exporter: recording(batches) })
      let successor: ((span: string) => void) | undefined
      const [old] = yield* provide({
        exporter: refusing(Effect.succeed(false)),
        maxBatchSpans: 2,
        successor: () => successor
      })
      offer(old, ...texts(4))
      yield* TestClock.adjust("10 minutes")
      expect([old.held(), old.state().paused]).toEqual([4, "unauthorized"])
      successor = (span) => next.adopt(span)
      yield* TestClock.adjust("6 minutes")
      yield* next.flush()
      expect(batches.flat()).toEqual(texts(4))
      balanced(ledger)
    })
  )
})

describe("taking turns", () => {
  /** Two destinations of one process, which may send one batch at a time. */
  const two = (first: Partial<Provider.Options<string>>) =>
    Effect.gen(function* () {
      const ledger = Ledger.make()
      const environment = yield* Provider.environment({ ledger, turns: { maxConcurrent: 1, patience: "1 hour" } })
      const batches: Array<ReadonlyArray<string>> = []
      const taken = yield* Deferred.make<void>()
      const answer = yield* Deferred.make<void>()
      const slow: Exporter.BatchExporter<string> = {
        export: (batch) =>
          Effect.zipRight(
            Deferred.succeed(taken, undefined),
            Effect.as(Deferred.await(answer), Exporter.delivered(batch.length))
          )
      }
      const provide = (tenant: string, options: Omit<Provider.Options<string>, "id" | "sizeOf">) =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const id = DestinationId.make({ tenant, name: "d" })
          const provider = yield* Provider.make(environment, { id, sizeOf, maxBatchSpans: 1, ...options }).pipe(
            Scope.extend(scope)
          )
          const offer = (...spans: ReadonlyArray<string>) => {
            for (const span of spans) {
              ledger.made(id, 1)
              provider.offer(span)
            }
          }
          return { offer, provider, scope }
        })
      const one = yield* provide("slow", { exporter: slow, maxInFlight: 1 })
      one.offer("slow")
      yield* Deferred.await(taken)
      const other = yield* provide("quick", { exporter: recording(batches), ...first })
      return { ...other, answer, batches, environment, ledger }
    })

  it.scoped("a batch waits for its turn, and goes as it is then", () =>
    Effect.gen(function* () {
      const { answer, batches, environment, ledger, offer } = yield* two({ maxBatchSpans: 3 })
      offer("a", "b", "c")
      yield* TestClock.adjust("1 minute")
      expect([batches, environment.turns.stats()]).toEqual([[], { sending: 1, slow: 0, waiting: 1 }])
      yield* Deferred.succeed(answer, undefined)
      yield* TestClock.adjust(0)
      expect(batches).toEqual([["a", "b", "c"]])
      expect(environment.turns.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
      balanced(ledger)
    })
  )

  it.scoped("a turn is asked for what a batch would be, not for all that waits", () =>
    Effect.gen(function* () {
      const { environment } = yield* workbench
      const asked: Array<number> = []
      const seat: Turns.Seat = {
        take: (bytes) => {
          asked.push(bytes)
          return undefined
        },
        leave: () => {}
      }
      const turns = { ...environment.turns, seat: () => seat }
      const options = { id: acme, sizeOf, exporter: recording([]), maxBatchSpans: 2, maxBatchBytes: 100 }
      const provider = yield* Provider.make({ ...environment, turns }, options)
      for (const span of texts(9)) provider.offer(span)
      expect([asked[0], asked.at(-1)]).toEqual([4, 4])
      provider.offer("x".repeat(1000))
      expect(asked.at(-1)).toBe(100)
      yield* provider.revoke
    })
  )

  it.scoped("whoever closes or is revoked while it waits leaves its seat", () =>
    Effect.gen(function* () {
      const { answer, batches, environment, ledger, offer, provider } = yield* two({})
      offer("a")
      expect(environment.turns.stats().waiting).toBe(1)
      yield* provider.revoke
      expect(environment.turns.stats().waiting).toBe(0)
      yield* Deferred.succeed(answer, undefined)
      yield* TestClock.adjust(0)
      expect(batches).toEqual([])
      expect(ledger.snapshot().total).toMatchObject({ delivered: 1, dropped: { revoked: 1 } })
    })
  )

  it.scoped("a turn that comes to one that is paused by then is given on", () =>
    Effect.gen(function* () {
      const ledger = Ledger.make()
      const paused = new Set<string>()
      const environment = yield* Provider.environment({
        ledger,
        isPaused: (id) => paused.has(id),
        turns: { maxConcurrent: 1, patience: "1 hour" }
      })
      const batches: Array<ReadonlyArray<string>> = []
      const answer = yield* Deferred.make<void>()
      const waiting: Exporter.BatchExporter<string> = {
        export: (batch) => Effect.as(Deferred.await(answer), Exporter.delivered(batch.length))
      }
      for (const [tenant, exporter] of [
        ["first", waiting],
        ["paused", recording(batches)],
        ["last", recording(batches)]
      ] as const) {
        const id = DestinationId.make({ tenant, name: "d" })
        const provider = yield* Provider.make(environment, { id, sizeOf, exporter, maxBatchSpans: 1 })
        ledger.made(id, 1)
        provider.offer(tenant)
      }
      paused.add(DestinationId.make({ tenant: "paused", name: "d" }))
      yield* Deferred.succeed(answer, undefined)
      yield* TestClock.adjust(0)
      expect(batches).toEqual([["last"]])
      expect(environment.turns.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
    })
  )

  it.scoped("one whose back end has just failed tries again in a place of its own kind", () =>
    Effect.gen(function* () {
      const ledger = Ledger.make()
      const environment = yield* Provider.environment({ ledger, turns: { maxConcurrent: 1, patience: "1 hour" } })
      let attempts = 0
      const down: Exporter.BatchExporter<string> = {
        export: (batch) => {
          attempts++
          return Effect.succeed(Exporter.again(batch, "HTTP 503"))
        }
      }
      const taken = yield* Deferred.make<void>()
      const providers: Array<Provider.Provider<string>> = []
      for (const [tenant, exporter] of [
        ["down", down],
        ["slow", hanging(taken)]
      ] as const) {
        const id = DestinationId.make({ tenant, name: "d" })
        const provider = yield* Provider.make(environment, { id, sizeOf, exporter, maxBatchSpans: 1 })
        providers.push(provider)
        ledger.made(id, 1)
        provider.offer(tenant)
        yield* TestClock.adjust(0)
      }
      expect([attempts, environment.turns.stats()]).toEqual([1, { sending: 1, slow: 0, waiting: 0 }])
      // The first wait is over by then, whatever was drawn for it, and the second is not.
      yield* TestClock.adjust("600 millis")
      expect([attempts, environment.turns.stats()]).toEqual([2, { sending: 1, slow: 0, waiting: 0 }])
      for (const { revoke } of providers) yield* revoke
    })
  )
})

describe("the budget", () => {
  it.scoped("is the tenant's, whichever destination holds its spans; the operator's has no quota", () =>
    Effect.gen(function* () {
      const ledger = Ledger.make()
      const budget = ByteBudget.make({ perTenant: 10, maxBytes: 100 })
      const environment = yield* Provider.environment({ ledger, budget, isPaused: () => true })
      const provide = (id: DestinationId.DestinationId) =>
        Effect.map(
          Provider.make(environment, { id, sizeOf, exporter: recording([]) }),
          (provider) => (span: string) => {
            ledger.made(id, 1)
            provider.offer(span)
          }
        )
      const first = yield* provide(DestinationId.make({ tenant: "acme", name: "one" }))
      const second = yield* provide(DestinationId.make({ tenant: "acme", name: "two" }))
      const operator = yield* provide(DestinationId.operator("otlp"))
      first("123456")
      second("123456")
      second("1234")
      operator("x".repeat(50))
      expect(ledger.snapshot().total).toMatchObject({ held: 3, dropped: { tenant_quota: 1 } })
      expect(budget.stats()).toMatchObject({ used: 60, names: 2 })
    })
  )

  it.scoped("of the process: the flood gives way, and whoever waits for a flush of it is not forgotten", () =>
    Effect.gen(function* () {
      const ledger = Ledger.make()
      const budget = ByteBudget.make({ maxBytes: 4096 })
      const environment = yield* Provider.environment({ ledger, budget })
      const answer = yield* Deferred.make<void>()
      const exporter: Exporter.BatchExporter<string> = {
        export: (batch) => Effect.as(Deferred.await(answer), Exporter.delivered(batch.length))
      }
      const provide = (tenant: string) =>
        Effect.gen(function* () {
          const id = DestinationId.make({ tenant, name: "d" })
          const provider = yield* Provider.make(environment, { id, sizeOf, exporter, maxBatchSpans: 1, maxInFlight: 1 })
          const offer = (count: number) => {
            for (let index = 0; index < count; index++) {
              ledger.made(id, 1)
              provider.offer("x".repeat(1024))
            }
          }
          return { offer, provider }
        })
      const flood = yield* provide("flood")
      const quiet = yield* provide("quiet")
      flood.offer(4)
      const flushing = yield* Effect.fork(flood.provider.flush())
      yield* TestClock.adjust(0)
      quiet.offer(2)
      expect(flood.provider.held()).toBe(2)
      expect(ledger.snapshot().total).toMatchObject({ held: 4, dropped: { budget_full: 2 } })
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(flushing)
      yield* quiet.provider.flush()
      expect(budget.stats().used).toBe(0)
      balanced(ledger)
    })
  )
})

describe("what is too old for its back end", () => {
  it.scoped("is dropped when it would be sent, and what comes after it is sent", () =>
    Effect.gen(function* () {
      const { environment, ledger, offer, provide } = yield* workbench
      const batches: Array<ReadonlyArray<string>> = []
      const [provider] = yield* provide({
        exporter: recording(batches),
        maxBatchSpans: 2,
        tooOld: (span) => span.startsWith("old")
      })
      offer(provider, "old 1", "old 2", "old 3", "new")
      yield* TestClock.adjust(0)
      expect(batches).toEqual([["new"]])
      expect(ledger.snapshot().total).toMatchObject({ delivered: 1, held: 0, dropped: { too_old: 3 } })
      expect([environment.budget.stats().used, environment.turns.stats().sending]).toEqual([0, 0])
    })
  )

  it.scoped("is no probe: the next one is", () =>
    Effect.gen(function* () {
      const { offer, provide } = yield* workbench
      const batches: Array<ReadonlyArray<string>> = []
      let isDown = true
      const exporter: Exporter.BatchExporter<string> = {
        export: (batch) => (isDown ? Effect.succeed(Exporter.again(batch)) : recording(batches).export(batch))
      }
      const [provider] = yield* provide({
        exporter,
        maxBatchSpans: 1,
        breaker: { failures: 1 },
        tooOld: (span) => !isDown && span === "old"
      })
      offer(provider, "old", "new")
      yield* TestClock.adjust(0)
      isDown = false
      yield* TestClock.adjust("10 seconds")
      expect(batches).toEqual([["new"]])
      expect(provider.state().breaker.state).toBe("closed")
    })
  )
})

it.scoped("two that receive the same spans send the same batches, though one of them has to wait for the other", () =>
  Effect.gen(function* () {
    const ledger = Ledger.make()
    const environment = yield* Provider.environment({ ledger, turns: { perLane: 1 } })
    const two = yield* Effect.forEach(["one", "other"], (name) =>
      Effect.gen(function* () {
        const batches: Array<ReadonlyArray<string>> = []
        const { export: record } = recording(batches)
        const id = DestinationId.make({ tenant: "acme", name })
        const exporter = { export: (batch: ReadonlyArray<string>) => Effect.delay(record(batch), "50 millis") }
        const provider = yield* Provider.make(environment, {
          id,
          sizeOf,
          exporter,
          lane: "origin",
          maxBatchAge: "1 second"
        })
        return { batches, provider }
      })
    )
    for (const span of texts(200)) {
      for (const { provider } of two) provider.offer(span)
      yield* TestClock.adjust("35 millis")
    }
    yield* TestClock.adjust("5 seconds")
    const [one, other] = two.map(({ batches }) => batches)
    expect(one?.length).toBeGreaterThan(3)
    expect(other).toEqual(one)
  })
)
