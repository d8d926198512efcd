import { expect, it } from "@effect/vitest"
import * as Lru from "../src/peers/Lru.js"

it("lets go of what was used least recently, and makes it again when it is asked for", () => {
  const made: Array<number> = []
  const gone: Array<string> = []
  const lru = Lru.make(
    2,
    (key) => {
      made.push(key)
      return `value ${key}`
    },
    (value) => gone.push(value)
  )
  for (const key of [1, 2, 1, 3]) expect(lru.get(key)).toBe(`value ${key}`)
  expect(gone).toEqual(["value 2"])
  expect(lru.values()).toEqual(["value 1", "value 3"])
  lru.get(2)
  expect(made).toEqual([1, 2, 3, 2])
})
