/**
 * That nothing goes to a vendor which it would refuse, cut or throw away for being too large, too long, too old or too often; and that it would, were it
 * not for the limits of its destination.
 */
import { randomBytes } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { Otlp, type Receiver, SpanTree, type VendorRules } from "@tenant-tracer/receiver"
import { type Clock, Effect, Fiber, TestClock, TestServices } from "effect"
import { type Destination, Spans, TenantRoute, TenantTracer, type TracingConfig } from "tenant-tracer"
import { contracts, playing } from "./support/contracts.js"

const gibibyte = 1024 ** 3

/** Everything waits for one batch, so that it is the destination's limits alone that divide it. */
const roomy: TracingConfig.TracingConfig = {
  batch: { maxSpans: 100_000, maxBytes: gibibyte, maxAge: "1 day" },
  queue: { maxSpans: 100_000, maxBytes: gibibyte },
  budget: { maxBytes: gibibyte, perTenant: gibibyte },
  onUnsent: () => Effect.void
}

const unlimited = (destination: Destination.Destination): Destination.Destination => ({ ...destination, limits: {} })

const call = (texts: ReadonlyArray<string> = [], responseId = "r-1") =>
  Effect.void.pipe(
    Spans.llmCall({
      operation: "chat",
      provider: "openai",
      requestModel: "gpt-4o",
      responseId,
      inputMessages: texts.map((text) => ({ role: "user", parts: [{ type: "text", content: text }] }))
    })
  )

const routed =
  (destination: Destination.Destination) =>
  <A, E, R>(self: Effect.Effect<A, E, R>) =>
    TenantTracer.withRoute(self, TenantRoute.make({ tenant: "acme", destinations: [destination] }), { name: "request" })

const countsOf = (destination: Destination.Destination) =>
  Effect.map(
    TenantTracer.status,
    ({ destinations }) => destinations.find(({ id }) => id === `acme/${destination.name}`)?.counts
  )

const statuses = (receiver: Receiver.Receiver.Service) =>
  Effect.map(receiver.refusals("acme"), (refusals) => new Set(refusals.map(({ status }) => status)))

/** Of what a receiver would take if it took all. */
const large: Receiver.Options = {
  maxCompressedBytes: gibibyte,
  maxBytes: gibibyte,
  maxKeptBytes: gibibyte
}

/** Text that no compression makes much smaller. */
const noise = (length: number): string => randomBytes(length).toString("base64").slice(0, length)

/** The clock, with a wall time that can be put forward: an hour of `TestClock` is an hour of everything that runs each second. */
const hasty = Effect.map(Effect.clock, (base) => {
  let offset = 0
  const millis = () => base.unsafeCurrentTimeMillis() + offset
  const clock: Clock.Clock = Object.assign(Object.create(base), {
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: () => base.unsafeCurrentTimeNanos(),
    currentTimeMillis: Effect.sync(millis)
  })
  const forward = (by: number) =>
    Effect.sync(() => {
      offset += by
    })
  return { clock, forward }
})

const named = (chosen: (rules: VendorRules.VendorRules) => number) =>
  contracts
    .filter(({ rules }) => Number.isFinite(chosen(rules)))
    .map((contract) => [contract.rules.vendor, contract] as const)

describe.each(named(({ maxBytes }) => maxBytes))("more than %s takes in a request", (_, contract) => {
  const { rules } = contract

  /** Calls that are no larger than a value of the vendor's may be, and together half as much again as a request may. */
  const calls = () => {
    const length = Math.min(500_000, rules.valueLength - 200)
    const count = Math.ceil((1.5 * rules.maxBytes) / (0.75 * length))
    return { count, run: Effect.forEach(Array.from({ length: count }), () => call([noise(length)]), { discard: true }) }
  }

  it.scopedLive("goes in several that it takes", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract, roomy, large)
      const { count, run } = calls()
      const counts = yield* Effect.gen(function* () {
        yield* routed(destination)(run)
        yield* TenantTracer.flush
        return yield* countsOf(destination)
      }).pipe(Effect.provide(tracing))
      expect(yield* receiver.refusals()).toEqual([])
      expect(counts).toMatchObject({ made: count + 1, delivered: count + 1 })
      const sizes = (yield* receiver.received("acme")).map(({ raw }) => raw.length)
      expect(sizes.length).toBeGreaterThan(1)
      expect(Math.max(...sizes)).toBeLessThanOrEqual(rules.maxBytes)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(rules.maxBytes)
      expect(yield* receiver.spans("acme")).toHaveLength(count + 1)
    })
  )

  it.scopedLive("is refused where the limit is not kept", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract, roomy, large)
      yield* calls().run.pipe(routed(unlimited(destination)), Effect.provide(tracing))
      expect(yield* statuses(receiver)).toEqual(new Set([413]))
    })
  )

  it.scopedLive("in one span is given up, and counted", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract, roomy, large)
      const tight = { ...destination, limits: { ...destination.limits, bytesPerRequest: 2000 } }
      const counts = yield* Effect.gen(function* () {
        yield* routed(tight)(call([noise(3000)]))
        yield* TenantTracer.flush
        return yield* countsOf(destination)
      }).pipe(Effect.provide(tracing))
      expect(counts).toMatchObject({ made: 2, delivered: 1, rejected: { too_large: 1 } })
      expect(yield* receiver.refusals()).toEqual([])
    })
  )
})

describe.each(named(({ valueLength }) => valueLength))("longer than %s keeps a value", (_, contract) => {
  const { valueLength } = contract.rules
  const messages = "gen_ai.input.messages"
  const responseId = "r".repeat(2 * valueLength)

  /** One call whose messages are too long, and one whose are not. */
  const received = (limits: (destination: Destination.Destination) => Destination.Destination) =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      yield* Effect.zipRight(call(["short", noise(valueLength)], responseId), call(["short"])).pipe(
        routed(limits(destination)),
        Effect.provide(tracing)
      )
      expect(yield* receiver.refusals()).toEqual([])
      const sent = (yield* receiver.received("acme")).flatMap(({ request }) => Otlp.flatten(request))
      return { sent, kept: yield* receiver.spans("acme") }
    })

  it.scopedLive("is cut by us, and messages are told more shortly, as JSON still", () =>
    Effect.gen(function* () {
      const { kept, sent } = yield* received((destination) => destination)
      expect(kept).toEqual(sent)
      const [long, short] = sent.filter(({ name }) => name === "chat gpt-4o")
      expect(long?.attributes["gen_ai.response.id"]).toBe(responseId.slice(0, valueLength))
      const told = String(long?.attributes[messages])
      expect(told.length).toBeLessThanOrEqual(valueLength)
      expect(JSON.parse(told)).toHaveLength(2)
      expect(long?.droppedAttributesCount).toBe(0)
      expect(JSON.parse(String(short?.attributes[messages]))).toHaveLength(1)
      expect(short?.droppedAttributesCount).toBe(0)
    })
  )

  it.scopedLive("is cut by it where the limit is not kept: messages are no JSON any more, and nothing tells", () =>
    Effect.gen(function* () {
      const { kept } = yield* received(unlimited)
      const [long] = kept.filter(({ name }) => name === "chat gpt-4o")
      const text = String(long?.attributes[messages])
      expect(text).toHaveLength(valueLength)
      expect(() => JSON.parse(text)).toThrow()
      expect(long?.droppedAttributesCount).toBe(0)
    })
  )
})

const inBytes = contracts
  .filter(({ rules }) => rules.lengthUnit === "bytes")
  .map((contract) => [contract.rules.vendor, contract] as const)

describe.each(inBytes)("longer than %s keeps a text that is not English", (_, contract) => {
  const { valueLength } = contract.rules
  const messages = "gen_ai.input.messages"
  const text = "日本語".repeat(valueLength / 4)

  const received = (limits: (destination: Destination.Destination) => Destination.Destination) =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      yield* call([text], "語".repeat(valueLength - 1)).pipe(routed(limits(destination)), Effect.provide(tracing))
      const sent = (yield* receiver.received("acme")).flatMap(({ request }) => Otlp.flatten(request))
      return { sent, kept: yield* receiver.spans("acme") }
    })

  const broken = (spans: ReadonlyArray<Otlp.ReceivedSpan>) =>
    spans.flatMap(({ attributes }) =>
      Object.entries(attributes).filter((entry) => entry.some((text) => String(text).includes("\ufffd")))
    )

  it.scopedLive("is cut by us, between its characters", () =>
    Effect.gen(function* () {
      const { kept, sent } = yield* received((destination) => destination)
      expect(kept).toEqual(sent)
      const [long] = sent.filter(({ name }) => name === "chat gpt-4o")
      const told = String(long?.attributes[messages])
      expect(Buffer.byteLength(told)).toBeLessThanOrEqual(valueLength)
      expect(Buffer.byteLength(told)).toBeGreaterThan(valueLength / 2)
      expect(JSON.parse(told)).toHaveLength(1)
      expect(broken(kept)).toEqual([])
    })
  )

  it.scopedLive("is cut by it in the middle of one where characters are counted", () =>
    Effect.gen(function* () {
      const { kept } = yield* received((destination) => ({
        ...destination,
        limits: { ...destination.limits, lengthUnit: "characters" }
      }))
      expect(broken(kept).length).toBeGreaterThan(0)
    })
  )
})

describe.each(named(({ listLength }) => listLength))("longer than %s keeps a name or a list", (_, contract) => {
  const { keyLength, listLength } = contract.rules
  const name = "n".repeat(2 * keyLength)
  const stopSequences = Array.from({ length: 2 * listLength }, (_, index) => `stop ${index}`)
  const key = "gen_ai.request.stop_sequences"

  const received = (limits: (destination: Destination.Destination) => Destination.Destination) =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(contract)
      yield* Effect.void.pipe(
        Spans.llmCall({ operation: "chat", provider: "openai", parameters: { stopSequences } }),
        Effect.zipLeft(TenantTracer.annotateTrace({ metadata: { [name]: "said" } })),
        routed(limits(destination)),
        Effect.provide(tracing)
      )
      const sent = (yield* receiver.received("acme")).flatMap(({ request }) => Otlp.flatten(request))
      return { sent, kept: yield* receiver.spans("acme") }
    })

  const longest = (spans: ReadonlyArray<Otlp.ReceivedSpan>): number =>
    Math.max(...spans.flatMap(({ attributes }) => Object.keys(attributes)).map(({ length }) => length))

  it.scopedLive("is cut by us, and nothing is lost there", () =>
    Effect.gen(function* () {
      const { kept, sent } = yield* received((destination) => destination)
      expect(kept).toEqual(sent)
      expect(longest(sent)).toBe(keyLength)
      const list = sent.map(({ attributes }) => attributes[key]).find((value) => value !== undefined)
      expect(list).toEqual(stopSequences.slice(0, listLength))
      expect(sent.map(({ droppedAttributesCount }) => droppedAttributesCount)).toEqual([0, 0])
    })
  )

  it.scopedLive("is lost there where the limit is not kept, and nothing tells", () =>
    Effect.gen(function* () {
      const { kept, sent } = yield* received(unlimited)
      expect(sent.some(({ attributes }) => key in attributes)).toBe(true)
      expect(kept.some(({ attributes }) => key in attributes)).toBe(false)
      expect([longest(sent) > keyLength, longest(kept)]).toEqual([true, keyLength])
    })
  )
})

describe.each(named(({ oldestSpan }) => oldestSpan))("older than %s takes", (_, contract) => {
  const paused = { tenant: "acme", destination: contract.vendor }

  /** A request that waits, while the destination is paused, until it is too old, and one that is new when it goes on. */
  const waiting = (limits: (destination: Destination.Destination) => Destination.Destination) =>
    Effect.flatMap(hasty, ({ clock, forward }) =>
      Effect.gen(function* () {
        const { destination, receiver, tracing } = yield* playing(contract)
        const to = routed(limits(destination))
        const counts = yield* Effect.gen(function* () {
          yield* TenantTracer.pause(paused)
          yield* to(call())
          yield* forward((contract.rules.oldestSpan + 1) * 1000)
          yield* to(call())
          yield* TenantTracer.resume(paused)
          yield* TenantTracer.flush
          return yield* countsOf(destination)
        }).pipe(Effect.provide(tracing))
        return { counts, receiver }
      }).pipe(Effect.withClock(clock))
    )

  it.scopedLive("is given up before it is sent, and counted", () =>
    Effect.gen(function* () {
      const { counts, receiver } = yield* waiting((destination) => destination)
      expect(counts).toMatchObject({ made: 4, delivered: 2, dropped: { too_old: 2 } })
      expect((yield* receiver.received("acme")).map(({ rejectedSpans }) => rejectedSpans)).toEqual([0])
      expect(SpanTree.print(yield* receiver.spans("acme"))).toBe("request\n└── chat gpt-4o")
    })
  )

  it.scopedLive("is refused where the limit is not kept", () =>
    Effect.gen(function* () {
      const { counts, receiver } = yield* waiting(unlimited)
      expect(counts).toMatchObject({ made: 4, delivered: 2, rejected: { partial_success: 2 } })
      expect((yield* receiver.received("acme")).map(({ rejectedSpans }) => rejectedSpans)).toEqual([2])
    })
  )
})

describe.each(named(({ requestsPerMinute }) => requestsPerMinute))("more often than %s takes", (_, contract) => {
  // A thousand requests say no more than two.
  const perMinute = 2
  const slow = { ...contract, rules: { ...contract.rules, requestsPerMinute: perMinute } }
  const count = perMinute + 1

  const calls = Effect.forEach(Array.from({ length: count - 1 }), () => call(), { discard: true })

  it.scoped("waits for its turn", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(slow, { batch: { maxSpans: 1 } })
      expect(destination.limits.requestsPerMinute).toBe(contract.rules.requestsPerMinute)
      const limits = { ...destination.limits, requestsPerMinute: perMinute }
      yield* Effect.gen(function* () {
        yield* routed({ ...destination, limits })(calls)
        const flushing = yield* Effect.fork(TenantTracer.flush)
        for (let sent = 1; sent <= count; sent++) {
          yield* receiver.awaitRequests("acme", sent)
          yield* TestClock.adjust("29 seconds")
          expect(yield* receiver.received("acme")).toHaveLength(sent)
          yield* TestClock.adjust("2 seconds")
        }
        yield* Fiber.join(flushing)
      }).pipe(Effect.provide(tracing))
      expect(yield* receiver.refusals()).toEqual([])
      expect(yield* receiver.spans("acme")).toHaveLength(count)
    })
  )

  it.scoped("is refused where the limit is not kept", () =>
    Effect.gen(function* () {
      const { destination, receiver, tracing } = yield* playing(slow, {
        batch: { maxSpans: 1 },
        onUnsent: roomy.onUnsent
      })
      yield* Effect.gen(function* () {
        yield* routed(unlimited(destination))(calls)
        yield* Effect.fork(TenantTracer.flush)
        yield* TestServices.provideLive(Effect.sleep("10 millis")).pipe(
          Effect.zipRight(statuses(receiver)),
          Effect.repeat({ until: ({ size }) => size > 0 })
        )
      }).pipe(Effect.provide(tracing))
      expect(yield* statuses(receiver)).toEqual(new Set([429]))
    })
  )
})
