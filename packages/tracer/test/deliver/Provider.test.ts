import { expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Queue, Ref, Scope, TestClock, Tracer } from "effect"
import * as Exporter from "../../src/deliver/Exporter.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as Provider from "../../src/deliver/Provider.js"
import { acme, hanging, recording, texts, workbench } from "./fakes.js"

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
    expect(provider.held).toBe(1)
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
    yield* provider.flush
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
    expect(provider.busy).toBe(false)
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
    expect(provider.held).toBe(10)
    balanced(ledger)
    yield* Deferred.succeed(gate, undefined)
    yield* provider.flush
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
    yield* provider.flush
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
    const flushing = yield* Effect.fork(provider.flush)
    const first = yield* Queue.take(asked)
    const second = yield* Queue.take(asked)
    offer(provider, "later", "later too")
    yield* Deferred.succeed(second, undefined)
    yield* Queue.take(asked)
    // The later batch came after, but the first one is still out.
    expect(yield* Fiber.poll(flushing)).toMatchObject({ _tag: "None" })
    yield* Deferred.succeed(first, undefined)
    yield* Fiber.join(flushing)
    expect(provider.held).toBe(2)
  })
)

it.scoped("a flush of nothing is done at once", () =>
  Effect.gen(function* () {
    const { provide } = yield* workbench
    const [provider] = yield* provide({ exporter: recording([]) })
    yield* provider.flush
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
    yield* provider.flush
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

it.scoped("closing sends what is left", () =>
  Effect.gen(function* () {
    const { ledger, offer, provide } = yield* workbench
    const batches: Array<ReadonlyArray<string>> = []
    const [provider, scope] = yield* provide({ exporter: recording(batches), maxBatchSpans: 2 })
    offer(provider, ...texts(5))
    yield* Scope.close(scope, Exit.void)
    expect(batches.flat()).toEqual(texts(5))
    expect(provider.abandoned).toBe(0)
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
      expect(provider.held).toBe(5)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      expect(provider.held).toBe(0)
      expect(provider.abandoned).toBe(5)
      offer(provider, "too late")
      expect(ledger.snapshot().total.dropped).toEqual({ [reason]: 6 })
      balanced(ledger)
    })
  )
}

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
    yield* provider.flush
    expect(order).toEqual(["offered", "export"])
  })
)

it.scoped("when idle it waits for nothing", () =>
  Effect.gen(function* () {
    const { offer, provide } = yield* workbench
    const providers = yield* Effect.forEach(texts(50), () => provide({ exporter: recording([]) }))
    for (const [provider] of providers) offer(provider, "a")
    yield* TestClock.adjust("5 seconds")
    expect(providers.some(([provider]) => provider.busy)).toBe(false)
    expect(Array.from(yield* TestClock.sleeps())).toEqual([])
  })
)
