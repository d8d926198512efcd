import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as ByteBudget from "../../src/deliver/ByteBudget.js"

interface Item {
  readonly bytes: number
  readonly worth: number
}

interface Shed extends Item {
  readonly name: string
  readonly reason: ByteBudget.Refusal
}

const kib = 1024

/** Who holds what, as plain lists: some of it waits and can go, some of it is on its way and cannot. */
const holderOf = (name: string, budget: ByteBudget.ByteBudget, sheds: Array<Shed>, quota?: number) => {
  const waiting: Array<Item> = []
  const out: Array<Item> = []
  const sum = (items: ReadonlyArray<Item>) => items.reduce((total, { bytes }) => total + bytes, 0)
  const account = budget.open(
    name,
    {
      held: () => sum(waiting),
      shed: (below, reason) => {
        const least = waiting.reduce((min, { worth }) => Math.min(min, worth), below)
        const at = waiting.findIndex(({ worth }) => worth === least && worth < below)
        const [item] = at === -1 ? [] : waiting.splice(at, 1)
        if (item === undefined) return false
        account.give(item.bytes)
        sheds.push({ ...item, name, reason })
        return true
      }
    },
    quota
  )
  return {
    account,
    name,
    out,
    waiting,
    held: () => sum(waiting) + sum(out),
    take: (bytes: number, worth: number) => {
      const refusal = account.take(bytes, worth)
      if (refusal === undefined) waiting.push({ bytes, worth })
      return refusal
    },
    /** It holds nothing any more. */
    close: () => {
      account.give(sum(waiting) + sum(out))
      waiting.length = 0
      out.length = 0
      account.close()
    }
  }
}

type Fake = ReturnType<typeof holderOf>

const maxBytes = 100 * kib
const perTenant = 40 * kib
const quotaOf = (name: string) => (name === "operator" ? Number.POSITIVE_INFINITY : perTenant)

const which = FastCheck.nat(7)
const step = FastCheck.oneof(
  {
    weight: 8,
    arbitrary: FastCheck.record({ take: FastCheck.integer({ min: 1, max: 45 }), worth: FastCheck.nat(2), which })
  },
  { weight: 1, arbitrary: FastCheck.record({ give: which }) },
  { weight: 2, arbitrary: FastCheck.record({ send: which }) },
  { weight: 1, arbitrary: FastCheck.record({ close: which }) }
)

it.prop(
  "holds no more than it may, of all and of each; refuses only where nothing may go; and whoever holds most gives way",
  [FastCheck.array(step, { maxLength: 120 })],
  ([steps]) => {
    const sheds: Array<Shed> = []
    const budget = ByteBudget.make({ maxBytes, perTenant })
    const open = (name: string) =>
      holderOf(name, budget, sheds, name === "operator" ? Number.POSITIVE_INFINITY : undefined)
    const fakes: Array<Fake> = ["a", "a", "b", "b", "c", "c", "operator", "operator"].map(open)
    const of = (name: string) => fakes.filter((fake) => fake.name === name)
    const heldBy = (name: string) => of(name).reduce((total, fake) => total + fake.held(), 0)
    const names = ["a", "b", "c", "operator"]
    for (const one of steps) {
      const fake = fakes[Object.values(one).at(-1) ?? 0]
      if (fake === undefined) throw new Error("no such holder")
      if ("take" in one) {
        const bytes = one.take * kib
        const before = new Map(names.map((name) => [name, heldBy(name)]))
        sheds.length = 0
        const refusal = fake.take(bytes, one.worth)
        const own = of(fake.name).flatMap(({ waiting }) => waiting)
        const least = Math.min(...own.map(({ worth }) => worth))
        if (refusal === "tenant_quota") {
          expect(heldBy(fake.name) + bytes).toBeGreaterThan(quotaOf(fake.name))
          if (bytes <= quotaOf(fake.name)) expect(least).toBeGreaterThanOrEqual(one.worth)
        }
        if (refusal === "budget_full") {
          expect(budget.stats().used + bytes).toBeGreaterThan(maxBytes)
          expect(least).toBeGreaterThanOrEqual(one.worth)
          for (const other of names) {
            if (other === fake.name || heldBy(other) <= heldBy(fake.name)) continue
            expect(of(other).flatMap(({ waiting }) => waiting)).toEqual([])
          }
        }
        if (bytes > quotaOf(fake.name) || bytes > maxBytes) expect([refusal === undefined, sheds]).toEqual([false, []])
        // Replays what went, one by one, from what was held before.
        for (const { bytes: gone, name, reason, worth } of sheds) {
          const held = before.get(name) ?? 0
          if (name === fake.name) expect(worth).toBeLessThan(one.worth)
          else {
            expect(reason).toBe("budget_full")
            expect(held).toBeGreaterThan(before.get(fake.name) ?? 0)
            const most = names.filter(
              (other) => other !== fake.name && of(other).some(({ waiting }) => waiting.length > 0)
            )
            for (const other of most) expect(held * 2).toBeGreaterThan(before.get(other) ?? 0)
          }
          before.set(name, held - gone)
        }
      } else if ("give" in one) {
        for (const { bytes } of fake.waiting.splice(0, 1)) fake.account.give(bytes)
      } else if ("send" in one) {
        const back = fake.out.splice(0)
        fake.account.give(back.reduce((total, { bytes }) => total + bytes, 0))
        fake.out.push(...fake.waiting.splice(0, 2))
      } else {
        fake.close()
        fakes.splice(fakes.indexOf(fake), 1, open(fake.name))
      }
      const { names: count, used } = budget.stats()
      expect(used).toBe(fakes.reduce((total, { held }) => total + held(), 0))
      expect(used).toBeLessThanOrEqual(maxBytes)
      expect(count).toBe(names.length)
      for (const name of names) expect(heldBy(name)).toBeLessThanOrEqual(quotaOf(name))
    }
    for (const fake of fakes) fake.close()
    expect(budget.stats()).toEqual({ used: 0, names: 0, maxBytes })
  },
  { fastCheck: { numRuns: 500 } }
)

/** A budget with holders of these names, of which each may have `quota`. */
const make = (options: { readonly maxBytes?: number; readonly perTenant?: number } = {}) => {
  const sheds: Array<Shed> = []
  const budget = ByteBudget.make(options)
  return { budget, sheds, open: (name: string, quota?: number) => holderOf(name, budget, sheds, quota) }
}

describe("at a tenant's quota", () => {
  it("what is worth less makes way, and what is worth as much does not", () => {
    const { open, sheds } = make({ perTenant: 10 })
    const acme = open("acme")
    acme.take(5, 0)
    acme.take(5, 1)
    expect(acme.take(1, 0)).toBe("tenant_quota")
    expect(acme.take(1, 1)).toBeUndefined()
    expect(sheds).toEqual([{ name: "acme", reason: "tenant_quota", bytes: 5, worth: 0 }])
    expect(acme.take(5, 1)).toBe("tenant_quota")
  })

  it("its destinations share it: the one with most in its queue makes way first, and then the others", () => {
    const { open, sheds } = make({ perTenant: 10 })
    const [small, large, full] = [open("acme"), open("acme"), open("acme")]
    small.take(1, 0)
    large.take(7, 1)
    full.take(2, 2)
    expect(full.take(1, 1)).toBeUndefined()
    expect(
      sheds.map(({ bytes }) => bytes),
      "the large one has nothing that is worth less"
    ).toEqual([1])
    expect(full.take(7, 2)).toBeUndefined()
    expect(sheds.map(({ bytes }) => bytes)).toEqual([1, 7])
  })

  it("nobody else's spans go", () => {
    const { open, sheds } = make({ perTenant: 10, maxBytes: 100 })
    const [acme, globex] = [open("acme"), open("globex")]
    globex.take(10, 0)
    acme.take(10, 2)
    expect(acme.take(1, 2)).toBe("tenant_quota")
    expect(sheds).toEqual([])
  })

  it("what is larger than it may ever be costs nobody anything", () => {
    const { open, sheds } = make({ perTenant: 10, maxBytes: 20 })
    const [acme, operator] = [open("acme"), open("operator", Number.POSITIVE_INFINITY)]
    acme.take(10, 0)
    expect(acme.take(11, 2)).toBe("tenant_quota")
    expect(operator.take(21, 2)).toBe("budget_full")
    expect(sheds).toEqual([])
    expect(acme.held()).toBe(10)
  })
})

describe("where the process is full", () => {
  it("the largest gives way to a smaller one, whatever its spans are worth, until it is the smaller one", () => {
    const { budget, open, sheds } = make({ maxBytes: 100 * kib })
    const [flood, quiet] = [open("flood"), open("quiet")]
    for (let taken = 0; taken < 100; taken++) expect(flood.take(kib, 2)).toBeUndefined()
    for (let taken = 0; taken < 60; taken++) quiet.take(kib, 0)
    expect(sheds.every(({ name, reason }) => name === "flood" && reason === "budget_full")).toBe(true)
    expect([flood.held(), quiet.held()]).toEqual([50 * kib, 50 * kib])
    expect(quiet.take(kib, 0)).toBe("budget_full")
    expect(budget.stats().used).toBe(100 * kib)
  })

  it("of a thousand tenants that stand still one that is new gets its part, and none of them loses all", () => {
    const { open } = make({ maxBytes: 4000 * kib })
    const dead = Array.from({ length: 1000 }, (_, index) => open(`dead ${index}`))
    for (let round = 0; round < 10; round++) for (const tenant of dead) tenant.take(kib, 0)
    const alive = open("alive")
    for (let taken = 0; taken < 3; taken++) expect(alive.take(kib, 0)).toBeUndefined()
    expect(Math.min(...dead.map((tenant) => tenant.held()))).toBeGreaterThan(0)
  })

  it("those who hold little give way to one that holds less, after those who hold more", () => {
    const { budget, open, sheds } = make({ maxBytes: 20_000 })
    const little = Array.from({ length: 19_997 }, (_, index) => open(`little ${index}`))
    const most = open("most")
    for (const tenant of [...little, most, most, most]) tenant.take(1, 2)
    const alive = open("alive")
    expect(alive.take(1, 0)).toBeUndefined()
    expect(sheds.map(({ name }) => name)).toEqual(["most"])
    most.close()
    for (const name of ["another", "one more"]) open(name).take(1, 0)
    expect(open("late").take(1, 0)).toBeUndefined()
    expect(sheds.map(({ name }) => name.replace(/\d+/, ""))).toEqual(["most", "little "])
    expect(budget.stats().used).toBe(20_000)
  })

  it("what is on its way cannot go: the next largest is asked", () => {
    const { open, sheds } = make({ maxBytes: 100 * kib })
    const [sending, waiting, quiet] = [open("sending"), open("waiting"), open("quiet")]
    sending.take(60 * kib, 0)
    sending.out.push(...sending.waiting.splice(0))
    waiting.take(40 * kib, 0)
    expect(quiet.take(kib, 0)).toBeUndefined()
    expect(sheds.map(({ name }) => name)).toEqual(["waiting"])
  })

  it("a holder that can give nothing back is left as it is", () => {
    const { budget } = make()
    const full = ByteBudget.make({ maxBytes: 10 })
    const unbound = full.open("unbound", { held: () => 0, shed: () => false })
    expect(unbound.take(10, 1)).toBeUndefined()
    expect(full.open("acme", { held: () => 0, shed: () => false }).take(1, 2)).toBe("budget_full")
    unbound.give(10)
    unbound.close()
    expect(full.stats().used).toBe(0)
    expect(budget.stats()).toEqual({ used: 0, names: 0, maxBytes: 256 * 1024 * 1024 })
  })
})

it("a name is forgotten with its last holder, and comes back with the quota that it is given then", () => {
  const { budget, open } = make({ perTenant: 5 })
  const [first, second] = [open("acme"), open("acme")]
  first.close()
  expect(second.take(5, 0)).toBeUndefined()
  second.close()
  expect(budget.stats()).toMatchObject({ names: 0, used: 0 })
  expect(open("acme", 8).take(8, 0)).toBeUndefined()
})

it("a take costs about as much with ten thousand tenants as with ten, where the process is full", () => {
  /** How often a holder is asked for anything in a hundred takes. */
  const asked = (tenants: number): number => {
    let count = 0
    const budget = ByteBudget.make({ maxBytes: tenants * 100 * kib })
    const all = Array.from({ length: tenants }, (_, index) => {
      let held = 0
      const account = budget.open(`t${index}`, {
        held: () => {
          count++
          return held
        },
        shed: () => {
          count++
          if (held === 0) return false
          held -= kib
          account.give(kib)
          return true
        }
      })
      return () => {
        if (account.take(kib, 0) === undefined) held += kib
      }
    })
    for (const [index, take] of all.entries()) for (let n = 0; n < 100 + (index % 2 === 0 ? 30 : -30); n++) take()
    count = 0
    for (const take of all.filter((_, index) => index % 2 === 1).slice(0, 100)) take()
    return count
  }
  expect(asked(10_000)).toBeLessThan(5 * 200)
})
