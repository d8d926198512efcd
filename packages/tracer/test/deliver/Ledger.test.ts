import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import { acme, texts } from "./fakes.js"

const idOf = (index: number) => DestinationId.make({ tenant: `t${index}`, name: "d" })

const rowOf = (ledger: Ledger.Ledger, id: DestinationId.DestinationId) =>
  ledger.snapshot().rows.find((row) => row.id === id)

it("keeps one account per destination", () => {
  const ledger = Ledger.make()
  ledger.made(acme, 10)
  ledger.hidden(acme, 1)
  ledger.delivered(acme, 4)
  ledger.rejected(acme, "http_400", 2)
  ledger.dropped(acme, "queue_full", 1)
  ledger.dropped(acme, "queue_full", 1)
  ledger.spooled(acme, 1)
  ledger.orphaned(acme, 2)
  ledger.failed(acme, "HTTP 400")
  expect(rowOf(ledger, acme)).toEqual({
    id: acme,
    made: 10,
    hidden: 1,
    delivered: 4,
    rejected: { http_400: 2 },
    dropped: { queue_full: 2 },
    held: 0,
    spooled: 1,
    orphaned: 2,
    denied: {},
    lastError: "HTTP 400",
    lastSuccess: undefined
  })
})

it("measures what is held, so that a lost span shows", () => {
  const ledger = Ledger.make()
  const queue = ["a", "b"]
  const forget = ledger.observe(acme, () => queue.length)
  ledger.made(acme, 2)
  expect(Ledger.balances(ledger.snapshot().total)).toBe(true)
  queue.pop()
  expect(ledger.snapshot().total.held).toBe(1)
  expect(Ledger.balances(ledger.snapshot().total)).toBe(false)
  ledger.dropped(acme, "queue_full", 1)
  expect(Ledger.balances(ledger.snapshot().total)).toBe(true)
  forget()
  expect(ledger.snapshot().total.held).toBe(0)
})

it("adds up what two providers of one destination hold", () => {
  const ledger = Ledger.make()
  ledger.observe(acme, () => 2)
  ledger.observe(acme, () => 3)
  expect(rowOf(ledger, acme)?.held).toBe(5)
})

it("counts what never had a destination by name", () => {
  const ledger = Ledger.make()
  ledger.unrouted("unbound", 3)
  ledger.unrouted("unbound", 2)
  ledger.denied(acme, "private_address")
  ledger.count("bind_conflict")
  ledger.count("double_end", 2)
  const snapshot = ledger.snapshot()
  expect(snapshot.unrouted).toEqual({ unbound: 5 })
  expect(snapshot.counters).toEqual({ bind_conflict: 1, double_end: 2 })
  expect(snapshot.total.denied).toEqual({ private_address: 1 })
  expect(Ledger.balances(snapshot.total)).toBe(true)
})

it("keeps a bounded number of reasons and loses no count", () => {
  const ledger = Ledger.make({ maxReasons: 4 })
  for (let index = 0; index < 100; index++) ledger.dropped(acme, `reason ${index}`, 1)
  ledger.made(acme, 100)
  const { dropped } = ledger.snapshot().total
  expect(dropped).toEqual({ "reason 0": 1, "reason 1": 1, "reason 2": 1, other: 97 })
  expect(Ledger.balances(ledger.snapshot().total)).toBe(true)
})

it("is not confused by reasons that are names of Object", () => {
  const ledger = Ledger.make()
  for (const reason of ["__proto__", "constructor", "toString"]) ledger.dropped(acme, reason, 1)
  expect(Object.entries(ledger.snapshot().total.dropped)).toHaveLength(3)
})

it("forgets the oldest destination at rest, never one that is owed something", () => {
  const ledger = Ledger.make({ maxEntries: 2 })
  ledger.made(idOf(0), 1)
  ledger.made(idOf(1), 1)
  ledger.delivered(idOf(1), 1)
  ledger.made(idOf(2), 1)
  expect(ledger.snapshot().rows.map((row) => row.id)).toEqual([idOf(0), idOf(2), "others"])
  ledger.delivered(idOf(0), 1)
  expect(ledger.snapshot().rows.every((row) => row.id === idOf(2) || Ledger.balances(row))).toBe(true)
  expect(ledger.snapshot().total).toMatchObject({ made: 3, delivered: 2 })
})

it("makes no row for who has a counter and has counted nothing, and finds its account again after it was folded", () => {
  const ledger = Ledger.make({ maxEntries: 1 })
  const counters = [0, 1].map((index) => ledger.counter(idOf(index)))
  expect(ledger.snapshot().rows).toEqual([])
  for (const index of [0, 1, 0, 1]) {
    counters[index]?.made(2)
    ledger.delivered(idOf(index), 2)
  }
  const { rows, total } = ledger.snapshot()
  expect(rows.map(({ id, made }) => [id, made])).toEqual([
    [idOf(1), 2],
    ["others", 6]
  ])
  expect(total).toMatchObject({ made: 8, delivered: 8 })
})

it("counts in the account that there is, even where one that is folded is taken back once more", () => {
  const ledger = Ledger.make({ maxEntries: 1 })
  const counter = ledger.counter(idOf(0))
  counter.made(1)
  const takeBack = ledger.observe(idOf(0), () => 0)
  takeBack()
  ledger.delivered(idOf(0), 1)
  ledger.made(idOf(1), 1)
  takeBack()
  counter.made(1)
  const { rows, total } = ledger.snapshot()
  expect(rows.map(({ id, made }) => [id, made])).toEqual([
    [idOf(1), 1],
    [idOf(0), 1],
    ["others", 1]
  ])
  expect(total.made).toBe(3)
})

it("keeps all that are in use, however many, and few of them when they are at rest", () => {
  const ledger = Ledger.make({ maxEntries: 10 })
  const taken = texts(20_000).map((name) => {
    const id = DestinationId.make({ tenant: "acme", name })
    ledger.made(id, 1)
    return [id, ledger.observe(id, () => 1)] as const
  })
  expect(ledger.snapshot().rows).toHaveLength(20_000)
  expect(ledger.snapshot().total).toMatchObject({ made: 20_000, held: 20_000 })
  for (const [id, takeBack] of taken) {
    takeBack()
    ledger.dropped(id, "evicted", 1)
  }
  for (let index = 0; index < 3000; index++) ledger.made(idOf(index), 0)
  expect(ledger.snapshot().rows).toHaveLength(11)
  expect(ledger.snapshot().total).toMatchObject({ made: 20_000, held: 0, dropped: { evicted: 20_000 } })
})

it("goes round: who is owed something stays, and is looked at again when all others were", () => {
  const ledger = Ledger.make({ maxEntries: 3 })
  const rows = () =>
    ledger
      .snapshot()
      .rows.map(({ id }) => id)
      .filter((id) => id !== "others")
  const settled = (index: number) => {
    ledger.made(idOf(index), 1)
    ledger.delivered(idOf(index), 1)
  }
  ledger.made(idOf(0), 1)
  for (const index of [1, 2, 3, 4]) settled(index)
  expect(rows()).toEqual([idOf(0), idOf(3), idOf(4)])
  ledger.delivered(idOf(0), 1)
  // It is its turn, before that of those that have come since.
  settled(5)
  expect(rows()).toEqual([idOf(3), idOf(4), idOf(5)])
  for (const index of [6, 7, 8]) settled(index)
  expect(rows()).toEqual([idOf(6), idOf(7), idOf(8)])
})

const fates = ["hidden", "delivered", "rejected", "dropped", "held", "released", "spooled", "unspooled"] as const

const op = FastCheck.record({
  id: FastCheck.nat(30),
  fate: FastCheck.constantFrom(...fates),
  reason: FastCheck.nat(9),
  count: FastCheck.nat(5),
  made: FastCheck.nat(5),
  isByCounter: FastCheck.boolean()
})

/** What waits beside the ledger for one destination: in its provider, and on disk. */
interface Store {
  held: number
  spooled: number
  takeBack: (() => void) | undefined
  /** It is known for longer than the account that it counts in. */
  readonly counter: Ledger.Counter
}

it.prop(
  "balances, for each destination and in all, whenever something becomes of a copy and however many there are",
  [FastCheck.array(op, { maxLength: 100 }), FastCheck.integer({ min: 1, max: 8 })],
  ([ops, maxEntries]) => {
    const ledger = Ledger.make({ maxEntries, maxReasons: 3 })
    const stores = new Map<DestinationId.DestinationId, Store>()
    let made = 0
    let mostInUse = 0
    for (const { fate, id: index, reason, ...op } of ops) {
      const id = idOf(index)
      const store = stores.get(id) ?? { held: 0, spooled: 0, takeBack: undefined, counter: ledger.counter(id) }
      stores.set(id, store)
      // In either order: what is counted first may be counted in an account that is gone.
      if (op.isByCounter) store.counter.made(op.made)
      store.takeBack ??= ledger.observe(id, () => store.held)
      if (!op.isByCounter) ledger.made(id, op.made)
      made += op.made
      store.held += op.made
      const count = Math.min(op.count, fate === "unspooled" ? store.spooled : store.held)
      if (fate === "rejected" || fate === "dropped") ledger[fate](id, `r${reason}`, count)
      else if (fate === "hidden" || fate === "delivered") ledger[fate](id, count)
      const spooled = fate === "spooled" ? count : fate === "unspooled" ? -count : 0
      ledger.spooled(id, spooled)
      store.spooled += spooled
      if (fate === "unspooled") store.held += count
      else if (fate !== "held" && fate !== "released") store.held -= count
      if (fate === "released" && store.held === 0) {
        store.takeBack()
        store.takeBack = undefined
      }
      const { rows, total } = ledger.snapshot()
      expect(total).toMatchObject({ made, held: [...stores.values()].reduce((sum, { held }) => sum + held, 0) })
      for (const row of [...rows, total]) expect(Ledger.balances(row)).toBe(true)
      const inUse = [...stores].filter(([, { spooled, takeBack }]) => takeBack !== undefined || spooled > 0)
      expect(rows.map((row) => row.id)).toEqual(expect.arrayContaining(inUse.map(([id]) => id)))
      mostInUse = Math.max(mostInUse, inUse.length)
      expect(rows.length).toBeLessThanOrEqual(maxEntries + mostInUse + 1)
    }
  }
)

it.prop("does not balance when one copy is lost", [FastCheck.integer({ min: 1, max: 9 })], ([count]) => {
  const ledger = Ledger.make()
  ledger.made(acme, count)
  ledger.delivered(acme, count - 1)
  expect(Ledger.balances(ledger.snapshot().total)).toBe(false)
})
