import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { Bag, type Member } from "../../src/internal/bag.js"

const members = (count: number): Array<Member> => Array.from({ length: count }, () => ({ place: -1 }))

describe("Bag", () => {
  it.prop(
    "has what a set would have, whoever comes twice or goes without having come",
    [FastCheck.array(FastCheck.tuple(FastCheck.boolean(), FastCheck.nat({ max: 9 })))],
    ([steps]) => {
      const all = members(10)
      const bag = new Bag<Member>()
      const expected = new Set<Member>()
      for (const [comes, index] of steps) {
        const member = all[index] as Member
        if (comes) {
          bag.add(member)
          expected.add(member)
        } else {
          bag.delete(member)
          expected.delete(member)
        }
        expect(bag.size).toBe(expected.size)
        expect(new Set(bag)).toEqual(expected)
        expect([...bag]).toHaveLength(expected.size)
      }
    }
  )

  it.prop(
    "shows everybody once, though some of them leave when it is their turn",
    [FastCheck.array(FastCheck.boolean(), { maxLength: 20 })],
    ([leaves]) => {
      const all = members(leaves.length)
      const bag = new Bag<Member>()
      for (const member of all) bag.add(member)
      const seen: Array<Member> = []
      for (const member of bag) {
        seen.push(member)
        if (leaves[all.indexOf(member)]) bag.delete(member)
      }
      expect(new Set(seen).size).toBe(all.length)
      expect(seen).toHaveLength(all.length)
      expect(new Set(bag)).toEqual(new Set(all.filter((_, index) => !leaves[index])))
    }
  )
})
