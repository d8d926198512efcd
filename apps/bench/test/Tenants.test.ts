import { expect, it } from "@effect/vitest"
import * as Tenants from "../src/Tenants.js"

const draw = (tenants: number, spread: Tenants.Spread, times: number, seed?: number) => {
  const next = Tenants.traffic(tenants, spread, seed)
  return Array.from({ length: times }, next)
}

it("uniform traffic comes round to every tenant before it comes to one again", () => {
  const drawn = draw(50, "uniform", 100)
  expect(new Set(drawn.slice(0, 50)).size).toBe(50)
  expect(drawn.slice(50)).toEqual(drawn.slice(0, 50))
  expect(drawn.slice(0, 50)).not.toEqual([...drawn.slice(0, 50)].sort((a, b) => a - b))
})

it("zipf: the k-th tenant has a share in proportion to 1/k", () => {
  const counts = new Map<number, number>()
  for (const tenant of draw(100, "zipf", 100_000)) counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
  const [first = 0, second = 0, third = 0] = [...counts.values()].sort((a, b) => b - a)
  const share = 100_000 / Array.from({ length: 100 }, (_, rank) => 1 / (rank + 1)).reduce((a, b) => a + b)
  expect(first / share).toBeCloseTo(1, 1)
  expect(second / share).toBeCloseTo(1 / 2, 1)
  expect(third / share).toBeCloseTo(1 / 3, 1)
})

it.each(Tenants.spreads)(
  "%s: the same every time, other with another seed, and only tenants that there are",
  (spread) => {
    const drawn = draw(10, spread, 50)
    expect(draw(10, spread, 50)).toEqual(drawn)
    expect(draw(10, spread, 50, 2)).not.toEqual(drawn)
    expect(drawn.every((tenant) => Number.isInteger(tenant) && tenant >= 0 && tenant < 10)).toBe(true)
    expect(draw(1, spread, 3)).toEqual([0, 0, 0])
  }
)
