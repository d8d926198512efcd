import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Recency from "../../src/internal/recency.js"

class Item implements Recency.Member<number, Item> {
  older: Item | undefined = undefined
  newer: Item | undefined = undefined
  constructor(readonly key: number) {}
}

const key = FastCheck.nat(6)
const step = FastCheck.oneof(
  FastCheck.record({ add: key }),
  FastCheck.record({ use: key }),
  FastCheck.record({ remove: key }),
  FastCheck.constant({ clear: true } as const)
)

const keysOf = (recency: Recency.Recency<number, Item>) => Array.from(recency, ({ key }) => key)

it.prop("has its members in the order of use", [FastCheck.array(step, { maxLength: 100 })], ([steps]) => {
  const recency = new Recency.Recency<number, Item>()
  // A set in the order of insertion, in which whatever is used is inserted anew.
  const expected = new Set<number>()
  for (const one of steps) {
    if ("clear" in one) {
      recency.clear()
      expected.clear()
    } else if ("add" in one) {
      if (recency.get(one.add) === undefined) recency.add(new Item(one.add))
      else continue
      expected.add(one.add)
    } else {
      const at = "use" in one ? one.use : one.remove
      const member = recency.get(at)
      expect(member?.key).toBe(expected.has(at) ? at : undefined)
      if (member === undefined) continue
      expected.delete(at)
      if ("remove" in one) for (let times = 0; times < 2; times++) recency.delete(member)
      else {
        recency.use(member)
        expected.add(at)
      }
    }
    expect(recency.size).toBe(expected.size)
    expect(keysOf(recency)).toEqual([...expected])
  }
})

it("what was one of them does not take along the one that has its key now", () => {
  const recency = new Recency.Recency<number, Item>()
  const [before, after] = [new Item(1), new Item(1)]
  recency.add(before)
  recency.delete(before)
  recency.add(new Item(0))
  recency.add(after)
  recency.delete(before)
  expect(keysOf(recency)).toEqual([0, 1])
  expect(recency.get(1)).toBe(after)
})

it("may lose what it stands at while it is walked through", () => {
  const recency = new Recency.Recency<number, Item>()
  for (const key of [0, 1, 2, 3]) recency.add(new Item(key))
  const seen: Array<number> = []
  for (const member of recency) {
    seen.push(member.key)
    if (member.key !== 2) recency.delete(member)
  }
  expect(seen).toEqual([0, 1, 2, 3])
  expect(keysOf(recency)).toEqual([2])
})

it("takes the oldest of many and adds one, again and again, without walking past those that are gone", () => {
  const recency = new Recency.Recency<number, Item>()
  for (let key = 0; key < 20_000; key++) recency.add(new Item(key))
  const before = process.cpuUsage()
  for (let key = 20_000; key < 220_000; key++) {
    recency.add(new Item(key))
    for (const oldest of recency) {
      recency.delete(oldest)
      break
    }
  }
  expect(recency.size).toBe(20_000)
  expect(keysOf(recency)[0]).toBe(200_000)
  // A map takes minutes: it walks past ten thousand that are gone, each time.
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
})
