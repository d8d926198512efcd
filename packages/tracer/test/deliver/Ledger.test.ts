import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import { acme } from "./fakes.js"

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

it("counts on in `others` when nobody is at rest", () => {
  const ledger = Ledger.make({ maxEntries: 1 })
  ledger.made(idOf(0), 1)
  ledger.made(idOf(1), 1)
  ledger.delivered(idOf(1), 1)
  expect(ledger.snapshot().rows.map((row) => [row.id, row.made, row.delivered])).toEqual([
    [idOf(0), 1, 0],
    ["others", 1, 1]
  ])
})

const fates = ["hidden", "delivered", "rejected", "dropped", "held", "spooled"] as const

const op = FastCheck.record({
  id: FastCheck.nat(6),
  fate: FastCheck.constantFrom(...fates),
  reason: FastCheck.nat(9),
  count: FastCheck.nat(5)
})

it.prop(
  "balances, for each destination and in all, however many there are",
  [FastCheck.array(op, { maxLength: 60 }), FastCheck.integer({ min: 1, max: 8 })],
  ([ops, maxEntries]) => {
    const ledger = Ledger.make({ maxEntries, maxReasons: 3 })
    let made = 0
    for (const { count, fate, id: index, reason } of ops) {
      const id = idOf(index)
      made += count
      ledger.made(id, count)
      if (fate === "rejected" || fate === "dropped") ledger[fate](id, `r${reason}`, count)
      else if (fate === "held") ledger.observe(id, () => count)
      else ledger[fate](id, count)
      const snapshot = ledger.snapshot()
      expect(snapshot.rows.length).toBeLessThanOrEqual(maxEntries + 1)
      expect(snapshot.total.made).toBe(made)
      for (const row of [...snapshot.rows, snapshot.total]) expect(Ledger.balances(row)).toBe(true)
    }
  }
)

it.prop("does not balance when one copy is lost", [FastCheck.integer({ min: 1, max: 9 })], ([count]) => {
  const ledger = Ledger.make()
  ledger.made(acme, count)
  ledger.delivered(acme, count - 1)
  expect(Ledger.balances(ledger.snapshot().total)).toBe(false)
})
