import { expect, it } from "@effect/vitest"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Pauses from "../../src/deliver/Pauses.js"

const idOf = (index: number) => DestinationId.make({ tenant: `t${index}`, name: "d" })

it("remembers what is paused until it is resumed", () => {
  const pauses = Pauses.make()
  expect(pauses.add(idOf(1))).toBe(true)
  expect(pauses.add(idOf(1))).toBe(true)
  expect([pauses.has(idOf(1)), pauses.has(idOf(2))]).toEqual([true, false])
  pauses.remove(idOf(1))
  expect(Array.from(pauses.values())).toEqual([])
})

it("refuses one too many and forgets none", () => {
  const pauses = Pauses.make({ max: 2 })
  expect([1, 2, 3, 2].map((index) => pauses.add(idOf(index)))).toEqual([true, true, false, true])
  expect(Array.from(pauses.values())).toEqual([idOf(1), idOf(2)])
  pauses.remove(idOf(1))
  expect(pauses.add(idOf(3))).toBe(true)
})
