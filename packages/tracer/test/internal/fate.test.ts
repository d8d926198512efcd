import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import { type Fate, Fates } from "../../src/internal/fate.js"

const idOf = (number: number) => DestinationId.make({ tenant: "acme", name: `d${number}` })

it.prop(
  "there is one fate for each destination, in the order in which they came",
  [FastCheck.array(FastCheck.record({ id: FastCheck.nat(4), isLookUp: FastCheck.boolean() }), { maxLength: 30 })],
  ([steps]) => {
    const fates = new Fates()
    const expected = new Map<DestinationId.DestinationId, Fate>()
    for (const { id: number, isLookUp } of steps) {
      const id = idOf(number)
      if (isLookUp) expect(fates.get(id)).toBe(expected.get(id))
      else {
        const fate = fates.of(id)
        expect(fate).toBe(expected.get(id) ?? fate)
        expected.set(id, fate)
      }
      expect(fates.isEmpty).toBe(expected.size === 0)
      expect([...fates]).toEqual([...expected.values()])
      expect([...fates].map(({ id }) => id)).toEqual([...expected.keys()])
    }
  }
)

it("a fate begins with nothing", () => {
  expect({ ...new Fates().of(idOf(1)) }).toEqual({
    made: 0,
    hidden: 0,
    queued: 0,
    delivered: 0,
    unclear: 0,
    spooled: 0,
    orphaned: 0,
    rejected: undefined,
    dropped: undefined,
    children: undefined,
    lost: undefined,
    next: undefined,
    id: idOf(1)
  })
})
