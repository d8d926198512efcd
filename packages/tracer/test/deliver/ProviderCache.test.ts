import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, FastCheck, Fiber, Scope, Supervisor, TestClock } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as Provider from "../../src/deliver/Provider.js"
import * as ProviderCache from "../../src/deliver/ProviderCache.js"
import { loopTurns } from "../support/loop.js"
import { heap, until } from "../support/process.js"
import { hanging, nowhere, recording, sizeOf, texts, workbench } from "./fakes.js"

class Fake implements ProviderCache.Cached {
  isBusy = false
  hasLearned = false
  counts = { abandoned: 0, held: 0, parked: 0 }
  why: string | undefined = undefined
  closed = 0
  readonly id: DestinationId.DestinationId
  readonly flush = () => Effect.void
  readonly busy = () => this.isBusy
  readonly isFresh = () => !this.hasLearned
  readonly held = () => this.counts.held
  readonly abandoned = () => this.counts.abandoned
  readonly parked = () => this.counts.parked
  readonly trouble = () => this.why
  constructor(readonly key: string) {
    this.id = DestinationId.make({ tenant: key, name: "d" })
  }
}

/** Builds a fake whose closing is this effect. */
const build = (key: string, closing: Effect.Effect<void> = Effect.void, built: Array<Fake> = []) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const fake = new Fake(key)
      built.push(fake)
      return fake
    }),
    (fake) =>
      Effect.zipRight(
        Effect.sync(() => fake.closed++),
        closing
      )
  )

const settled = <P extends ProviderCache.Cached>(cache: ProviderCache.ProviderCache<P>) =>
  Effect.repeat(Effect.yieldNow(), { while: () => cache.stats().reaping > 0 })

const use = (cache: ProviderCache.ProviderCache<Fake>, key: string): Fake =>
  Either.getOrThrow(cache.slot(key, () => build(key)).get())

describe("against a plain model of least recently used", () => {
  interface Model {
    entries: Array<{ readonly key: string; busy: boolean }>
    hits: number
    misses: number
    evicted: Array<string>
  }
  interface Real {
    readonly cache: ProviderCache.ProviderCache<Fake>
    readonly built: Array<Fake>
    /** Two for each key that was asked for, as two routes of one tenant have them. */
    readonly slots: Map<string, readonly [ProviderCache.Slot<Fake>, ProviderCache.Slot<Fake>]>
  }
  const capacity = 4

  const check = (model: Model, { cache, built }: Real) => {
    expect(cache.keys()).toEqual(model.entries.map(({ key }) => key))
    expect(cache.values().map((fake) => fake.isBusy)).toEqual(model.entries.map(({ busy }) => busy))
    expect(cache.size()).toBe(model.entries.length)
    const { evictions, hits, misses } = cache.stats()
    expect({ evictions, hits, misses }).toEqual({
      evictions: model.evicted.length,
      hits: model.hits,
      misses: model.misses
    })
    expect(built.length).toBe(model.misses)
  }

  class Get implements FastCheck.Command<Model, Real> {
    constructor(
      readonly key: string,
      readonly slot: 0 | 1
    ) {}
    check = () => true
    run(model: Model, real: Real) {
      const at = model.entries.findIndex(({ key }) => key === this.key)
      const [entry] = at >= 0 ? model.entries.splice(at, 1) : []
      if (entry) model.hits++
      else {
        model.misses++
        if (model.entries.length === capacity) {
          const idle = model.entries.findIndex(({ busy }) => !busy)
          for (const { key } of model.entries.splice(Math.max(0, idle), 1)) model.evicted.push(key)
        }
      }
      model.entries.push(entry ?? { key: this.key, busy: false })
      const slot = () => real.cache.slot(this.key, () => build(this.key, Effect.void, real.built))
      const slots = real.slots.get(this.key) ?? [slot(), slot()]
      real.slots.set(this.key, slots)
      const got = Either.getOrThrow(slots[this.slot].get())
      expect(got.key).toBe(this.key)
      check(model, real)
    }
    toString = () => `get ${this.key} by slot ${this.slot}`
  }

  class SetBusy implements FastCheck.Command<Model, Real> {
    constructor(
      readonly key: string,
      readonly busy: boolean
    ) {}
    check = (model: Readonly<Model>) => model.entries.some(({ key }) => key === this.key)
    run(model: Model, real: Real) {
      for (const entry of model.entries) if (entry.key === this.key) entry.busy = this.busy
      for (const fake of real.cache.values()) if (fake.key === this.key) fake.isBusy = this.busy
      check(model, real)
    }
    toString = () => `busy ${this.key} ${this.busy}`
  }

  class Evict implements FastCheck.Command<Model, Real> {
    constructor(readonly key: string) {}
    check = () => true
    run(model: Model, real: Real) {
      const kept = model.entries.filter(({ key }) => key !== this.key)
      const present = kept.length < model.entries.length
      if (present) model.evicted.push(this.key)
      model.entries = kept
      expect(real.cache.evict(this.key)).toBe(present)
      check(model, real)
    }
    toString = () => `evict ${this.key}`
  }

  const key = FastCheck.constantFrom("a", "b", "c", "d", "e", "f", "g")
  const commands = FastCheck.commands(
    [
      key.map((k) => new Get(k, 0)),
      key.map((k) => new Get(k, 1)),
      FastCheck.tuple(key, FastCheck.boolean()).map(([k, busy]) => new SetBusy(k, busy)),
      key.map((k) => new Evict(k))
    ],
    { maxCommands: 60 }
  )

  it.scoped.prop("does as the model does, and closes each evicted provider once", [commands], ([steps]) =>
    Effect.gen(function* () {
      const real: Real = { cache: yield* ProviderCache.make<Fake>({ capacity }), built: [], slots: new Map() }
      const model: Model = { entries: [], hits: 0, misses: 0, evicted: [] }
      FastCheck.modelRun(() => ({ model, real }), steps)
      yield* settled(real.cache)
      const closed = real.built.filter((fake) => fake.closed > 0)
      expect(closed.map((fake) => fake.key).sort()).toEqual(model.evicted.sort())
      expect(real.built.every((fake) => fake.closed <= 1)).toBe(true)
    }).pipe(Effect.scoped)
  )
})

it.scoped("keeps nothing of an evicted provider for whoever has its slot", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>()
    const slots = texts(2).map((key) => cache.slot(key, () => build(key)))
    const providers = slots.map((slot) => new WeakRef(Either.getOrThrow(slot.get())))
    cache.evict("s0")
    yield* settled(cache)
    yield* heap
    expect(providers.map((provider) => provider.deref()?.key)).toEqual([undefined, "s1"])
    expect(slots).toHaveLength(2)
  })
)

it.effect("keeps nothing of a provider for whoever has its slot when it is closed itself", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const cache = yield* Scope.extend(ProviderCache.make<Fake>(), scope)
    const slot = cache.slot("a", () => build("a"))
    const provider = new WeakRef(Either.getOrThrow(slot.get()))
    yield* Scope.close(scope, Exit.void)
    yield* heap
    expect(provider.deref()).toBeUndefined()
    expect(Either.isLeft(slot.get())).toBe(true)
  })
)

it.scoped("has one for each key, even where building it asks for it", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>()
    const built: Array<Fake> = []
    const inner = () => Effect.sync(() => use(cache, "a"))
    const outer = cache.slot("a", () => Effect.zipLeft(build("a", Effect.void, built), inner()))
    const found = Either.getOrThrow(outer.get())
    expect(found).toBe(use(cache, "a"))
    expect([cache.size(), cache.keys()]).toEqual([1, ["a"]])
    yield* settled(cache)
    yield* Effect.yieldNow()
    expect([built.length, built[0] === found, built[0]?.closed, found.closed]).toEqual([1, false, 1, 0])
  })
)

it.scoped("case 139: one provider for the same key, two for two", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>()
    expect(use(cache, "a")).toBe(use(cache, "a"))
    expect(cache.size()).toBe(1)
    use(cache, "b")
    expect(cache.size()).toBe(2)
    expect(cache.stats()).toEqual({ hits: 1, misses: 2, evictions: 0, reaping: 0 })
  })
)

it.scoped("case 243: what was touched stays, the least recently used goes", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 32 })
    const fakes = texts(32).map((key) => use(cache, key))
    use(cache, "s0")
    use(cache, "one more")
    yield* settled(cache)
    expect(cache.size()).toBe(32)
    expect(fakes.filter((fake) => fake.closed > 0).map((fake) => fake.key)).toEqual(["s1"])
  })
)

it.scoped("case 145: at capacity 1 the idle one is closed once, and the one just asked for stays", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 1 })
    const a = use(cache, "a")
    a.isBusy = true
    const b = use(cache, "b")
    yield* settled(cache)
    expect([a.closed, b.closed]).toEqual([1, 0])
    expect(cache.keys()).toEqual(["b"])
  })
)

it.scoped("an eviction whose closing hangs is not noticed by the tenant that caused it, and ends with its time", () =>
  Effect.gen(function* () {
    const closing = yield* Deferred.make<void>()
    const ended = yield* Deferred.make<void>()
    const cache = yield* ProviderCache.make<Fake>({ capacity: 1 })
    const hangs = Effect.zipRight(Deferred.succeed(closing, undefined), Effect.never).pipe(
      Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
    )
    cache.slot("hangs", () => build("hangs", Effect.interruptible(hangs))).get()
    // `get` is synchronous: that it returns is that it did not wait.
    expect(use(cache, "other").key).toBe("other")
    yield* Deferred.await(closing)
    expect(cache.stats().reaping).toBe(1)
    expect(use(cache, "third").key).toBe("third")
    yield* TestClock.adjust("10 seconds")
    yield* settled(cache)
    expect(cache.stats().reaping).toBe(0)
    yield* Deferred.await(ended)
  })
)

it.scoped("a real provider whose back end hangs is evicted by another tenant's span, which is delivered at once", () =>
  Effect.gen(function* () {
    const { environment, ledger } = yield* workbench
    const cache = yield* ProviderCache.make<Provider.Provider<string>>({ capacity: 1 })
    const taken = yield* Deferred.make<void>()
    const batches: Array<ReadonlyArray<string>> = []
    const send = (tenant: string, exporter: Provider.Options<string>["exporter"]) => {
      const id = DestinationId.make({ tenant, name: "d" })
      ledger.made(id, 1)
      const options = { id, exporter, sizeOf, maxBatchSpans: 1 }
      const provider = Either.getOrThrow(cache.slot(id, () => Provider.make(environment, options)).get())
      provider.offer("span")
      return provider
    }
    send("slow", hanging(taken))
    yield* Deferred.await(taken)
    yield* send("quick", recording(batches)).flush()
    expect(batches).toEqual([["span"]])
    yield* TestClock.adjust("5 seconds")
    yield* settled(cache)
    expect(ledger.snapshot().total).toMatchObject({ delivered: 1, held: 0, dropped: { evicted: 1 } })
    expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
  })
)

it.scoped("a closing that cannot be interrupted holds up nobody but itself", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 1, closeConcurrency: 1 })
    const stuck = yield* Deferred.make<void>()
    cache.slot("stuck", () => build("stuck", Effect.uninterruptible(Deferred.await(stuck)))).get()
    const next = use(cache, "next")
    use(cache, "last")
    yield* Effect.yieldNow()
    expect(next.closed).toBe(0)
    yield* TestClock.adjust("10 seconds")
    yield* settled(cache)
    expect(next.closed).toBe(1)
    yield* Deferred.succeed(stuck, undefined)
  })
)

it.scoped("case 245: with too many closings pending nothing new is built, until they are done", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 32, maxReaping: 3 })
    const gate = yield* Deferred.make<void>()
    const results = texts(72).map((key) => cache.slot(key, () => build(key, Deferred.await(gate))).get())
    expect(results.filter(Either.isRight)).toHaveLength(35)
    const refused = results.filter(Either.isLeft).map((result) => result.left.reason)
    expect(new Set(refused)).toEqual(new Set(["provider_saturated"]))
    // Ours differs in that what is cached goes on being served.
    expect(use(cache, "s34").key).toBe("s34")
    yield* Deferred.succeed(gate, undefined)
    yield* settled(cache)
    expect(use(cache, "s71").key).toBe("s71")
  })
)

it.scoped("a flush sends what those hold that are being closed, too", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 1 })
    const gate = yield* Deferred.make<void>()
    const flushed: Array<string> = []
    for (const key of ["going", "here"]) {
      const fake = Either.getOrThrow(cache.slot(key, () => build(key, Deferred.await(gate))).get())
      Object.assign(fake, { flush: () => Effect.sync(() => flushed.push(key)) })
    }
    yield* cache.flush
    expect(flushed).toEqual(["here", "going"])
    yield* Deferred.succeed(gate, undefined)
  })
)

it.scoped("idle ones that come faster than they can be closed are closed by who comes, and nobody is refused", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 4, maxReaping: 8 })
    const built: Array<Fake> = []
    // Nothing else gets a turn meanwhile.
    for (const key of texts(1000)) Either.getOrThrow(cache.slot(key, () => build(key, Effect.void, built)).get())
    expect(cache.stats().reaping).toBeLessThan(8)
    yield* settled(cache)
    expect(built.filter(({ closed }) => closed === 1)).toHaveLength(996)
  })
)

it.scoped("one that is needed is built though nothing else is, and makes room as soon as there can be some", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ capacity: 2, maxReaping: 2 })
    const gate = yield* Deferred.make<void>()
    for (const key of ["a", "b", "c", "d"]) cache.slot(key, () => build(key, Deferred.await(gate))).get()
    const get = (key: string, isNeeded: boolean) => Either.isRight(cache.slot(key, () => build(key)).get(isNeeded))
    expect([get("e", false), get("e", true)]).toEqual([false, true])
    expect(cache.keys()).toEqual(["c", "d", "e"])
    yield* Deferred.succeed(gate, undefined)
    yield* settled(cache)
    expect(get("f", false)).toBe(true)
    expect(cache.keys()).toEqual(["e", "f"])
  })
)

it.scoped("closes one on demand, waits for it, and builds it anew when it is asked for", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>()
    const gate = yield* Deferred.make<void>()
    const built: Array<Fake> = []
    cache.slot("a", () => build("a", Deferred.await(gate), built)).get()
    const other = use(cache, "b")
    const closing = yield* Effect.fork(cache.close("a"))
    yield* Effect.repeat(Effect.yieldNow(), { until: () => built[0]?.closed === 1 })
    expect(use(cache, "a")).not.toBe(built[0])
    expect(yield* Fiber.poll(closing)).toMatchObject({ _tag: "None" })
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.join(closing)
    expect(other.closed).toBe(0)
    yield* cache.close("unknown")
  })
)

describe("what could not be sent", () => {
  const fake = (key: string, counts: Partial<Fake["counts"]>, why?: string) => {
    const made = new Fake(key)
    Object.assign(made.counts, counts)
    made.why = why
    return made
  }

  it("is what was abandoned, or kept on disk, or is held still, by destination, and why", () => {
    const report = ProviderCache.unsentOf([
      fake("a", { abandoned: 2, held: 1 }),
      fake("b", {}, "it is paused"),
      fake("c", { abandoned: 4, parked: 3 }, "its back end fails")
    ])
    expect(report.map(({ id, spooled, unsent, why }) => [DestinationId.tenant(id), unsent, spooled, why])).toEqual([
      ["a", 3, 0, "the deadline came first"],
      ["c", 7, 3, "its back end fails"]
    ])
  })

  it("of two providers of one destination is told once, with the cause of one that has some", () => {
    const [one, ...rest] = ProviderCache.unsentOf([
      fake("a", {}, "its back end refuses the credential"),
      fake("a", { held: 1 }, "its back end fails"),
      fake("a", { abandoned: 2 })
    ])
    expect([one?.unsent, one?.why, rest]).toEqual([3, "its back end fails", []])
  })
})

describe("a build that fails", () => {
  const failing: ReadonlyArray<readonly [string, () => Effect.Effect<Fake, unknown, Scope.Scope>]> = [
    ["with an error", () => Effect.fail(new Error("secret"))],
    ["with a defect", () => Effect.die("secret")],
    [
      "by throwing",
      () => {
        throw new Error("secret")
      }
    ],
    ["by not being synchronous", () => Effect.never]
  ]
  for (const [how, broken] of failing) {
    it.scoped(`${how} is told, costs nobody a place, and is not remembered`, () =>
      Effect.gen(function* () {
        const cache = yield* ProviderCache.make<Fake>({ capacity: 1 })
        use(cache, "a")
        const result = cache.slot("b", broken).get()
        expect(Either.isLeft(result) && result.left.reason).toBe("provider_build")
        expect(Either.isLeft(result) && result.left.message).not.toContain("secret")
        expect(cache.keys()).toEqual(["a"])
        expect(use(cache, "b").key).toBe("b")
      })
    )
  }

  it.scoped("gives back what it had acquired", () =>
    Effect.gen(function* () {
      const cache = yield* ProviderCache.make<Fake>()
      const built: Array<Fake> = []
      cache.slot("a", () => Effect.zipRight(build("a", Effect.void, built), Effect.fail("no"))).get()
      yield* Effect.repeat(Effect.yieldNow(), { until: () => built[0]?.closed === 1 })
    })
  )
})

it.scoped("an idle provider that nobody asks for is closed, a busy one is not", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>({ idleTimeToLive: "10 minutes" })
    const busy = use(cache, "busy")
    busy.isBusy = true
    const idle = use(cache, "idle")
    use(cache, "used")
    yield* TestClock.adjust("9 minutes")
    use(cache, "used")
    yield* TestClock.adjust("4 minutes")
    expect(cache.keys()).toEqual(["busy", "used"])
    expect([busy.closed, idle.closed]).toEqual([0, 1])
    yield* TestClock.adjust("1 hour")
    expect(cache.keys()).toEqual(["busy"])
  })
)

it.scoped(
  "an idle provider stays for as long as was said since it was used, however soon after that was looked for it",
  () =>
    Effect.gen(function* () {
      const cache = yield* ProviderCache.make<Fake>()
      yield* TestClock.adjust("2400 millis")
      use(cache, "a")
      yield* TestClock.adjust("9900 millis")
      expect(cache.keys()).toEqual(["a"])
      yield* TestClock.adjust("3 seconds")
      expect(cache.keys()).toEqual([])
    })
)

it.scoped.each<readonly [string, (cache: ProviderCache.ProviderCache<Fake>) => void, ReadonlyArray<string>]>([
  ["used stays", (cache) => use(cache, "b"), ["b"]],
  ["evicted is evicted once", (cache) => cache.evict("b"), []]
])("an idle provider that is %s, also while those before it are looked at", ([_, meanwhile, left]) =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>()
    const [first, second] = [use(cache, "a"), use(cache, "b")]
    Object.defineProperty(first, "isBusy", {
      get: () => {
        meanwhile(cache)
        return false
      }
    })
    yield* TestClock.adjust("12500 millis")
    expect(cache.keys()).toEqual(left)
    expect(cache.stats().evictions).toBe(2 - left.length)
    expect([first.closed, second.closed]).toEqual([1, 1 - left.length])
  })
)

describe("of many providers, each of which takes a moment,", () => {
  const moment = () => {
    const end = performance.now() + 0.1
    while (performance.now() < end);
  }

  /** How often the event loop has turned between the first of something and the last. */
  const between = (turns: () => number) => {
    const seen: Array<number> = []
    return {
      happens: () => {
        moment()
        seen.push(turns())
      },
      count: () => seen.length,
      turns: () => (seen.at(-1) ?? 0) - (seen[0] ?? 0)
    }
  }

  const many = texts(500)

  const of = (options?: ProviderCache.Options) =>
    Effect.gen(function* () {
      const turns = yield* loopTurns
      const closings = between(turns)
      const scope = yield* Scope.make()
      const cache = yield* Scope.extend(ProviderCache.make<Fake>(options), scope)
      for (const key of many) cache.slot(key, () => build(key, Effect.sync(closings.happens))).get()
      return { cache, closings, scope, turns }
    })

  const done = (what: { readonly count: () => number }) =>
    until(Effect.sync(what.count), (count) => count === many.length)

  it.scopedLive("a flush lets the event loop turn", () =>
    Effect.gen(function* () {
      const { cache, scope, turns } = yield* of()
      const begun = between(turns)
      for (const fake of cache.values())
        Object.assign(fake, {
          flush: () => {
            begun.happens()
            return Effect.void
          }
        })
      yield* cache.flush
      expect(begun.count()).toBe(many.length)
      expect(begun.turns()).toBeGreaterThan(20)
      yield* Scope.close(scope, Exit.void)
    })
  )

  it.scopedLive("evictions let the event loop turn", () =>
    Effect.gen(function* () {
      const { cache, closings } = yield* of()
      for (const key of many) cache.evict(key)
      yield* done(closings)
      expect(closings.turns()).toBeGreaterThan(20)
    })
  )

  it.scopedLive("a place that comes free for all who wait lets the event loop turn", () =>
    Effect.gen(function* () {
      const { cache, closings, turns } = yield* of({ closeConcurrency: 1 })
      const gate = yield* Deferred.make<void>()
      cache.slot("hangs", () => build("hangs", Deferred.await(gate))).get()
      cache.evict("hangs")
      for (const key of many) cache.evict(key)
      const before = turns()
      yield* until(Effect.sync(turns), (now) => now > before + 100)
      expect(closings.count()).toBe(0)
      yield* Deferred.succeed(gate, undefined)
      yield* done(closings)
      expect(closings.turns()).toBeGreaterThan(20)
    })
  )

  it.scopedLive("the end of those that are idle lets the event loop turn", () =>
    Effect.gen(function* () {
      const { cache, closings } = yield* of({ idleTimeToLive: "40 millis" })
      yield* done(closings)
      expect(closings.turns()).toBeGreaterThan(20)
      expect(cache.size()).toBe(0)
    })
  )

  it.scopedLive("each is closed, also where the time for closing the cache is too short", () =>
    Effect.gen(function* () {
      const { closings, scope } = yield* of({ shutdownDeadline: "5 millis" })
      yield* Scope.close(scope, Exit.void)
      expect(closings.count()).toBe(many.length)
    })
  )

  it.scopedLive("the end of the cache lets the event loop turn", () =>
    Effect.gen(function* () {
      const { closings, scope } = yield* of()
      yield* Scope.close(scope, Exit.void)
      expect(closings.count()).toBe(many.length)
      expect(closings.turns()).toBeGreaterThan(20)
    })
  )
})

it.scoped("what an idle provider has learned of its back end is worth ten minutes, without it ten seconds", () =>
  Effect.gen(function* () {
    const cache = yield* ProviderCache.make<Fake>()
    use(cache, "learned").hasLearned = true
    use(cache, "fresh")
    yield* TestClock.adjust("9 seconds")
    expect(cache.keys()).toEqual(["learned", "fresh"])
    yield* TestClock.adjust("4 seconds")
    expect(cache.keys()).toEqual(["learned"])
    yield* TestClock.adjust("9 minutes")
    expect(cache.keys()).toEqual(["learned"])
    yield* TestClock.adjust("1 minute")
    expect(cache.keys()).toEqual([])
  })
)

describe("closing the cache", () => {
  it.effect("case 247: closes all at once under one deadline, and says what could not be sent", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const reports: Array<ReadonlyArray<ProviderCache.Unsent>> = []
      const { environment, ledger } = yield* workbench
      const cache = yield* ProviderCache.make<Provider.Provider<string>>({
        shutdownDeadline: "3 seconds",
        onClose: (report) => Effect.sync(() => reports.push(report))
      }).pipe(Scope.extend(scope))
      const batches: Array<ReadonlyArray<string>> = []
      const taken = yield* Deferred.make<void>()
      const send = (tenant: string, exporter: Provider.Options<string>["exporter"]) => {
        const id = DestinationId.make({ tenant, name: "d" })
        ledger.made(id, 1)
        Either.getOrThrow(cache.slot(id, () => Provider.make(environment, { id, exporter, sizeOf })).get()).offer(
          tenant
        )
      }
      for (const tenant of texts(20, "good")) send(tenant, recording(batches))
      for (const tenant of texts(20, "bad")) send(tenant, hanging(taken))
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Deferred.await(taken)
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(closing)
      expect(batches.flat().sort()).toEqual([...texts(20, "good")].sort())
      expect(reports).toHaveLength(1)
      expect(reports[0]?.map(({ id, unsent }) => [DestinationId.tenant(id), unsent])).toEqual(
        texts(20, "bad").map((tenant) => [tenant, 1])
      )
      yield* TestClock.adjust(0)
      expect(ledger.snapshot().total).toMatchObject({ delivered: 20, dropped: { shutdown: 20 }, held: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect("case 247: a closing that is stuck, whatever it does, holds up neither the others nor the end", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const cache = yield* ProviderCache.make<Fake>({ shutdownDeadline: "3 seconds" }).pipe(Scope.extend(scope))
      const stuck = yield* Deferred.make<void>()
      const built: Array<Fake> = []
      cache.slot("stuck", () => build("stuck", Effect.uninterruptible(Deferred.await(stuck)), built)).get()
      cache.slot("hangs", () => build("hangs", Effect.never, built)).get()
      cache.slot("dies", () => build("dies", Effect.die("no"), built)).get()
      cache.slot("good", () => build("good", Effect.void, built)).get()
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("2 seconds")
      expect(built.map((fake) => fake.closed)).toEqual([1, 1, 1, 1])
      expect(yield* Fiber.poll(closing)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      yield* Deferred.succeed(stuck, undefined)
    })
  )

  it.effect("case 247: one that is just being closed by an eviction is waited for, and closed once", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const cache = yield* ProviderCache.make<Fake>({ capacity: 1 }).pipe(Scope.extend(scope))
      const release = yield* Deferred.make<void>()
      const built: Array<Fake> = []
      cache.slot("straggler", () => build("straggler", Deferred.await(release), built)).get()
      use(cache, "other")
      yield* Effect.repeat(Effect.yieldNow(), { until: () => built[0]?.closed === 1 })
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.poll(closing)).toMatchObject({ _tag: "None" })
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(closing)
      expect(built[0]?.closed).toBe(1)
    })
  )

  it.effect("reports as kept what is kept when the time is up", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const reports: Array<ReadonlyArray<ProviderCache.Unsent>> = []
      const { environment, ledger } = yield* workbench
      const cache = yield* ProviderCache.make<Provider.Provider<string>>({
        onClose: (report) => Effect.sync(() => reports.push(report))
      }).pipe(Scope.extend(scope))
      const taken = yield* Deferred.make<void>()
      for (const tenant of texts(20)) {
        const id = DestinationId.make({ tenant, name: "d" })
        ledger.made(id, 1)
        const provider = cache.slot(id, () =>
          Provider.make(environment, {
            id,
            exporter: hanging(taken),
            sizeOf,
            closeDeadline: "1 minute",
            overflow: () => ({ ...nowhere, isKept: () => true, leave: () => [] })
          })
        )
        Either.getOrThrow(provider.get()).offer(tenant)
      }
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Deferred.await(taken)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(closing)
      expect(reports[0]?.map(({ spooled, unsent }) => [unsent, spooled])).toEqual(texts(20).map(() => [1, 1]))
    }).pipe(Effect.scoped)
  )

  it.effect("whoever waits for one to be closed does not wait longer than the cache", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const cache = yield* ProviderCache.make<Fake>({ shutdownDeadline: "3 seconds" }).pipe(Scope.extend(scope))
      const stuck = yield* Deferred.make<void>()
      cache.slot("stuck", () => build("stuck", Effect.uninterruptible(Deferred.await(stuck)))).get()
      const waiting = yield* Effect.fork(cache.close("stuck"))
      yield* Effect.yieldNow()
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(closing)
      yield* Fiber.join(waiting)
      yield* Deferred.succeed(stuck, undefined)
    })
  )

  it.effect("takes along those that still wait to be closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const cache = yield* ProviderCache.make<Fake>({ capacity: 1, closeConcurrency: 1 }).pipe(Scope.extend(scope))
      cache.slot("hangs", () => build("hangs", Effect.never)).get()
      const waiting = use(cache, "waiting")
      const last = use(cache, "last")
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(closing)
      expect([waiting.closed, last.closed]).toEqual([1, 1])
      expect(Either.isLeft(cache.slot("new", () => build("new")).get())).toBe(true)
    })
  )
})

it.effect(
  "two thousand tenants through sixteen places leave nothing behind",
  () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor.track
      const batches: Array<ReadonlyArray<string>> = []
      let open = 0
      yield* Effect.gen(function* () {
        const { environment, ledger } = yield* workbench
        const cache = yield* ProviderCache.make<Provider.Provider<string>>({ capacity: 16 })
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => expect(ledger.snapshot().total).toMatchObject({ made: 2000, held: 16 }))
        )
        let atBase = 0
        for (const tenant of texts(2000)) {
          const id = DestinationId.make({ tenant, name: "d" })
          const build = Effect.zipRight(
            Effect.addFinalizer(() => Effect.sync(() => open--)),
            Provider.make(environment, { id, exporter: recording(batches), sizeOf })
          )
          const provider = Either.getOrThrow(
            cache
              .slot(id, () => {
                open++
                return build
              })
              .get()
          )
          ledger.made(id, 1)
          provider.offer(tenant)
          yield* Effect.yieldNow()
          if (tenant !== "s31") continue
          // The cache's own fibers, and those of the clocks: from the first eviction on, of that which limits it, too.
          yield* settled(cache)
          atBase = yield* Effect.map(supervisor.value, (fibers) => fibers.length)
        }
        yield* settled(cache)
        expect(open).toBe(16)
        expect((yield* supervisor.value).length).toBe(atBase)
        expect(ledger.snapshot().total).toMatchObject({ made: 2000, delivered: 1984, held: 16 })
      }).pipe(Effect.scoped, Effect.supervised(supervisor))
      expect(open).toBe(0)
      expect(batches.flat()).toHaveLength(2000)
      expect(yield* supervisor.value).toEqual([])
    }),
  60_000
)
