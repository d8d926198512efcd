import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck, TestClock } from "effect"
import * as BatchClock from "../../src/deliver/BatchClock.js"
import * as Turns from "../../src/deliver/Turns.js"

const kib = 1024
const mib = 1024 * kib

/** Turns, and seats that keep each turn they get until the test is done with it. */
const make = (options: Turns.Options = {}) =>
  Effect.map(BatchClock.make, (clock) => {
    const turns = Turns.make(clock, options)
    const granted: Array<Sent> = []
    const seat = (tenant: string, lane = tenant, onTurn?: (sent: Sent) => void) => {
      const self = { waits: false, bytes: 0, turns: [] as Array<Sent>, take, leave, tenant, lane }
      const grant = (turn: Turns.Turn): Sent => {
        const sent = { bytes: self.bytes, tenant, lane, done: turn.done }
        self.turns.push(sent)
        granted.push(sent)
        return sent
      }
      const inner = turns.seat({
        tenant,
        lane,
        onTurn: (turn) => {
          expect(self.waits, "only whoever waits gets a turn").toBe(true)
          self.waits = false
          const sent = grant(turn)
          onTurn?.(sent)
        }
      })
      function take(bytes = 1, suspect = false): Sent | undefined {
        if (!self.waits) self.bytes = bytes
        // It may hear of its turn before `take` returns.
        self.waits = true
        const turn = inner.take(bytes, suspect)
        if (turn === undefined) return undefined
        self.waits = false
        return grant(turn)
      }
      function leave() {
        self.waits = false
        inner.leave()
      }
      return self
    }
    return { ...turns, granted, seat, turns }
  })

interface Sent {
  readonly bytes: number
  readonly tenant: string
  readonly lane: string
  readonly done: () => void
}

const seats = FastCheck.nat(11)
const step = FastCheck.oneof(
  {
    weight: 6,
    arbitrary: FastCheck.record({
      take: seats,
      bytes: FastCheck.integer({ min: 0, max: 60 }),
      suspect: FastCheck.boolean()
    })
  },
  { weight: 4, arbitrary: FastCheck.record({ done: FastCheck.nat(8) }) },
  { weight: 1, arbitrary: FastCheck.record({ leave: seats }) },
  { weight: 1, arbitrary: FastCheck.record({ pass: FastCheck.nat(1500) }) }
)

it.scoped.prop(
  "keeps every limit, lets nobody stand while there is a place, and serves everybody in the end",
  [FastCheck.array(step, { maxLength: 80 }), FastCheck.array(FastCheck.boolean(), { minLength: 12, maxLength: 12 })],
  ([steps, declines]) =>
    Effect.gen(function* () {
      const limits = { maxConcurrent: 3, perLane: 2, maxSlow: 3, maxSlowBytes: 50 }
      const it = yield* make(limits)
      const out: Array<Sent> = []
      const suspects = new Set<number>()
      const all = declines.map((isDeclined, index) =>
        it.seat(`t${index % 4}`, `l${index % 3}`, (sent) => (isDeclined ? sent.done() : out.push(sent)))
      )
      const check = () => {
        const { sending, slow, waiting } = it.stats()
        expect(sending).toBe(out.length)
        expect(waiting).toBe(all.filter(({ waits }) => waits).length)
        expect(sending - slow).toBeLessThanOrEqual(limits.maxConcurrent)
        expect(slow).toBeLessThanOrEqual(limits.maxSlow)
        const inLane = (lane: string) => out.filter((sent) => sent.lane === lane).length
        for (const { lane } of all) expect(inLane(lane)).toBeLessThanOrEqual(limits.perLane)
        for (const [index, { lane, waits }] of all.entries()) {
          if (!waits || suspects.has(index)) continue
          expect(sending - slow === limits.maxConcurrent || inLane(lane) === limits.perLane).toBe(true)
        }
        if (slow === 0 && sending === 0) expect(waiting).toBe(0)
      }
      for (const one of steps) {
        if ("take" in one) {
          if (one.suspect) suspects.add(one.take)
          else suspects.delete(one.take)
          const sent = all[one.take]?.take(one.bytes, one.suspect)
          if (sent !== undefined) out.push(sent)
        } else if ("done" in one) for (const { done } of out.splice(one.done, 1)) done()
        else if ("leave" in one) all[one.leave]?.leave()
        else yield* TestClock.adjust(one.pass)
        check()
      }
      for (let sent = out.shift(); sent !== undefined; sent = out.shift()) {
        sent.done()
        // Once too often does nothing.
        sent.done()
        check()
      }
      expect(it.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
      yield* TestClock.adjust("2 seconds")
      expect(Array.from(yield* TestClock.sleeps())).toEqual([])
    }).pipe(Effect.scoped),
  { fastCheck: { numRuns: 100 }, timeout: 30_000 }
)

describe("tenants of one lane take turns by bytes", () => {
  /** One place, and tenants that always want it again for a batch of this size: what each of them was granted, all the way. */
  const share = (sizes: Readonly<Record<string, number>>, total: number) =>
    Effect.gen(function* () {
      const it = yield* make({ perLane: 1 })
      const bytes = new Map(Object.keys(sizes).map((tenant) => [tenant, 0]))
      const holder = it.seat("holder", "one").take()
      let now: Sent | undefined
      for (const [tenant, size] of Object.entries(sizes)) {
        const seat = it.seat(tenant, "one", (sent) => {
          now = sent
          bytes.set(tenant, (bytes.get(tenant) ?? 0) + size)
          seat.take(size)
        })
        seat.take(size)
      }
      holder?.done()
      let most = 0
      for (let sum = 0; sum < total; sum = [...bytes.values()].reduce((a, b) => a + b, 0)) {
        now?.done()
        most = Math.max(most, Math.max(...bytes.values()) - Math.min(...bytes.values()))
      }
      return { bytes, most }
    })

  it.scoped("a flood of full batches and small ones stay within a batch of each other", () =>
    Effect.gen(function* () {
      const { bytes, most } = yield* share({ flood: mib, small: 10 * kib }, 100 * mib)
      expect(most).toBeLessThanOrEqual(mib + 64 * kib)
      expect(bytes.get("small")).toBeGreaterThan(49 * mib)
    })
  )

  it.scoped.prop(
    "whatever their sizes, and however many they are",
    [FastCheck.array(FastCheck.integer({ min: 1, max: mib }), { minLength: 2, maxLength: 8 })],
    ([sizes]) =>
      Effect.gen(function* () {
        const { most } = yield* share(
          Object.fromEntries(sizes.map((size, index) => [`t${index}`, Math.max(size, 4 * kib)])),
          20 * mib
        )
        expect(most).toBeLessThanOrEqual(Math.max(...sizes) + 64 * kib)
      }).pipe(Effect.scoped),
    { fastCheck: { numRuns: 30 } }
  )

  it.scoped("ten destinations of a tenant share what one of another has", () =>
    Effect.gen(function* () {
      const it = yield* make({ perLane: 1 })
      const holder = it.seat("holder", "one").take()
      let now: Sent | undefined
      for (const tenant of [...Array.from({ length: 10 }, () => "many"), "single"]) {
        const seat = it.seat(tenant, "one", (sent) => {
          now = sent
          seat.take(64 * kib)
        })
        seat.take(64 * kib)
      }
      holder?.done()
      for (let turn = 0; turn < 100; turn++) now?.done()
      expect(it.granted.filter(({ tenant }) => tenant === "single").length).toBeGreaterThanOrEqual(49)
    })
  )

  it.scoped("lanes take turns, too: one with many who wait does not keep the others from the common places", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1 })
      const holder = it.seat("holder").take()
      for (let index = 0; index < 50; index++) it.seat(`t${index}`, "crowded").take()
      const other = it.seat("other")
      other.take()
      holder?.done()
      it.granted.at(-1)?.done()
      expect(other.turns).toHaveLength(1)
    })
  )
})

describe("a back end that does not answer", () => {
  it.scoped("a hundred of them keep a healthy one waiting for the patience and no longer", () =>
    Effect.gen(function* () {
      const it = yield* make({ patience: "1 second" })
      for (let index = 0; index < 100; index++) it.seat(`hanging ${index}`).take(mib / 2)
      const healthy = it.seat("healthy")
      expect(healthy.take()).toBeUndefined()
      expect(it.stats()).toEqual({ sending: 64, slow: 0, waiting: 37 })
      yield* TestClock.adjust("1 second")
      expect(healthy.turns).toEqual([])
      yield* TestClock.adjust(20)
      expect(healthy.turns).toHaveLength(1)
      expect(it.stats()).toEqual({ sending: 101, slow: 37, waiting: 0 })
    })
  )

  it.scoped("keeps its place while nobody wants it, and no timer runs for it", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 2 })
      it.seat("a").take()
      it.seat("b").take()
      expect(Array.from(yield* TestClock.sleeps())).toEqual([])
      yield* TestClock.adjust("1 hour")
      expect(it.stats()).toEqual({ sending: 2, slow: 0, waiting: 0 })
      // Their patience is over: the next one goes at once.
      expect(it.seat("c").take() ?? it.granted.at(-1)).toMatchObject({ tenant: "c" })
      expect(it.stats()).toEqual({ sending: 3, slow: 1, waiting: 0 })
    })
  )

  it.scoped("who has failed lately waits with its like, and takes no place of the others", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1, maxSlow: 2 })
      const suspects = ["a", "b", "c"].map((name) => it.seat(name))
      expect(suspects.map((seat) => seat.take(1, true) !== undefined)).toEqual([true, true, false])
      expect(it.seat("healthy").take()).toBeDefined()
      expect(it.stats()).toEqual({ sending: 3, slow: 2, waiting: 1 })
      suspects[0]?.turns[0]?.done()
      expect(suspects[2]?.turns).toHaveLength(1)
    })
  )

  it.scoped("of one origin they take half of the places, and leave the others to those who are well there", () =>
    Effect.gen(function* () {
      const it = yield* make()
      const suspects = Array.from({ length: 300 }, (_, index) => it.seat(`hanging ${index}`, "one"))
      for (const suspect of suspects) suspect.take(1, true)
      expect(it.stats()).toEqual({ sending: 4, slow: 4, waiting: 296 })
      for (const name of ["a", "b", "c", "d"]) expect(it.seat(name, "one").take()).toBeDefined()
      expect(it.seat("e", "one").take()).toBeUndefined()
      // A suspect's place is another suspect's, a healthy one's is not.
      it.granted[4]?.done()
      expect(it.granted.at(-1)).toMatchObject({ tenant: "e" })
      it.granted[0]?.done()
      expect(it.granted.at(-1)).toMatchObject({ tenant: "hanging 4" })
      for (const { done } of it.granted.slice(1)) done()
      for (const suspect of suspects) suspect.leave()
      for (const { done } of it.granted) done()
      expect(it.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
    })
  )

  it.scoped("is well again while it waits: it waits with the healthy ones then", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxSlow: 1 })
      it.seat("a").take(1, true)
      const well = it.seat("well")
      expect(well.take(1, true)).toBeUndefined()
      expect(well.take(1, false)).toBeDefined()
      expect(it.stats().waiting).toBe(0)
    })
  )

  it.scoped("the slow ones have bytes of their own; a single one may be larger, and nobody smaller overtakes it", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxSlowBytes: 100 })
      const large = it.seat("first").take(1000, true)
      expect(large).toBeDefined()
      large?.done()
      const [sixty, thirty, fifty, ten] = [it.seat("60"), it.seat("30"), it.seat("50"), it.seat("10")]
      const first = sixty.take(60, true)
      const second = thirty.take(30, true)
      expect(fifty.take(50, true)).toBeUndefined()
      expect(ten.take(10, true)).toBeUndefined()
      second?.done()
      expect([fifty.turns.length, ten.turns.length]).toEqual([0, 0])
      first?.done()
      expect([fifty.turns.length, ten.turns.length]).toEqual([1, 1])
    })
  )

  it.scoped("where the slow places are taken as well, everybody waits, until one is done", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1, maxSlow: 1, patience: "1 second" })
      const [a, b, c] = [it.seat("a"), it.seat("b"), it.seat("c")]
      a.take()
      b.take()
      c.take()
      yield* TestClock.adjust("1 minute")
      it.seat("d").take()
      expect([b.turns.length, c.turns.length]).toEqual([1, 0])
      expect(it.stats()).toEqual({ sending: 2, slow: 1, waiting: 2 })
      a.turns[0]?.done()
      yield* TestClock.adjust("1 minute")
      expect(c.turns.length).toBe(1)
    })
  )
})

describe("a seat", () => {
  it.scoped("that left gets no turn, and leaves no timer", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1 })
      const first = it.seat("a").take()
      const left = it.seat("b")
      left.take()
      left.leave()
      expect(it.stats().waiting).toBe(0)
      yield* TestClock.adjust("2 seconds")
      expect(Array.from(yield* TestClock.sleeps())).toEqual([])
      first?.done()
      expect(left.turns).toEqual([])
    })
  )

  it.scoped("that leaves in the middle of a turn of its own tenant takes nobody's place along", () =>
    Effect.gen(function* () {
      const it = yield* make({ perLane: 1 })
      const first = it.seat("holder", "one").take()
      const second = it.seat("acme", "one")
      const third = it.seat("globex", "one")
      it.seat("acme", "one", () => second.leave()).take()
      second.take()
      third.take()
      first?.done()
      it.granted.at(-1)?.done()
      expect([second.turns.length, third.turns.length, it.stats().waiting]).toEqual([0, 1, 0])
    })
  )

  it.scoped("asks again and again while it waits, and waits once", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1 })
      const first = it.seat("a").take()
      const patient = it.seat("b")
      patient.take()
      const next = it.seat("c")
      next.take()
      for (let asked = 0; asked < 5; asked++) expect(patient.take()).toBeUndefined()
      expect(it.stats().waiting).toBe(2)
      first?.done()
      expect([patient.turns.length, next.turns.length], "it keeps its place").toEqual([1, 0])
    })
  )

  it.scoped("ten thousand that decline their turns are asked one after the other, not one within the other", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1 })
      const first = it.seat("first").take()
      for (let index = 0; index < 10_000; index++) it.seat(`t${index}`, `l${index}`, ({ done }) => done()).take()
      expect(it.stats().waiting).toBe(10_000)
      first?.done()
      expect(it.granted).toHaveLength(10_001)
      expect(it.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
    })
  )

  it.scoped("that wants its next turn as soon as it has one does not go before those who wait", () =>
    Effect.gen(function* () {
      const it = yield* make({ maxConcurrent: 1 })
      const first = it.seat("holder").take()
      const greedy = it.seat("greedy", "greedy", ({ done }) => {
        done()
        if (it.granted.length < 5) greedy.take()
      })
      greedy.take()
      const other = it.seat("other")
      other.take()
      first?.done()
      expect(it.granted.map(({ tenant }) => tenant).indexOf("other")).toBeLessThanOrEqual(2)
    })
  )
})

it.scoped("lifted, everybody goes at once: those who wait and those who come", () =>
  Effect.gen(function* () {
    const it = yield* make({ maxConcurrent: 1, perLane: 1, maxSlow: 1 })
    const all = Array.from({ length: 50 }, (_, index) => it.seat(`t${index}`, `l${index % 2}`))
    for (const [index, seat] of all.entries()) seat.take(mib, index % 3 === 0)
    expect(it.stats().waiting).toBe(48)
    it.lift()
    expect(it.stats()).toMatchObject({ sending: 50, waiting: 0 })
    expect(all.every(({ turns }) => turns.length === 1)).toBe(true)
    expect(it.seat("late", "l0").take(mib)).toBeDefined()
    for (const { done } of it.granted) done()
    expect(it.stats()).toEqual({ sending: 0, slow: 0, waiting: 0 })
  })
)
