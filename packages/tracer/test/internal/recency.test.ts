import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { Recency } from "../../src/internal/recency.js"

const key = FastCheck.nat(6)
const step = FastCheck.oneof(
  FastCheck.record({ set: key, value: FastCheck.nat(100) }),
  FastCheck.record({ use: key }),
  FastCheck.record({ peek: key }),
  FastCheck.record({ remove: key }),
  FastCheck.constant({ clear: true } as const)
)

it.prop("is a map in the order of use", [FastCheck.array(step, { maxLength: 100 })], ([steps]) => {
  const recency = new Recency<number, number>()
  // A map in the order of insertion, in which whatever is used is inserted anew.
  const expected = new Map<number, number>()
  const touch = (key: number, value: number | undefined) => {
    if (value === undefined) return
    expected.delete(key)
    expected.set(key, value)
  }
  for (const one of steps) {
    if ("set" in one) {
      recency.set(one.set, one.value)
      touch(one.set, one.value)
    } else if ("use" in one) {
      expect(recency.use(one.use)).toBe(expected.get(one.use))
      touch(one.use, expected.get(one.use))
    } else if ("peek" in one) expect(recency.peek(one.peek)).toBe(expected.get(one.peek))
    else if ("remove" in one) expect(recency.delete(one.remove)).toBe(expected.delete(one.remove))
    else {
      recency.clear()
      expected.clear()
    }
    expect(recency.size).toBe(expected.size)
    expect([...recency]).toEqual([...expected])
  }
})

it("may lose what it stands at while it is walked through", () => {
  const recency = new Recency<string, number>()
  for (const [index, key] of ["a", "b", "c", "d"].entries()) recency.set(key, index)
  const seen: Array<string> = []
  for (const [key] of recency) {
    seen.push(key)
    if (key !== "c") recency.delete(key)
  }
  expect(seen).toEqual(["a", "b", "c", "d"])
  expect([...recency]).toEqual([["c", 2]])
})

it("takes the oldest of many and adds one, again and again, without walking past those that are gone", () => {
  const recency = new Recency<number, number>()
  for (let index = 0; index < 20_000; index++) recency.set(index, index)
  const before = process.cpuUsage()
  for (let index = 20_000; index < 220_000; index++) {
    recency.set(index, index)
    for (const [oldest] of recency) {
      recency.delete(oldest)
      break
    }
  }
  expect(recency.size).toBe(20_000)
  expect([...recency][0]).toEqual([200_000, 200_000])
  // A map takes minutes: it walks past ten thousand that are gone, each time.
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
})
