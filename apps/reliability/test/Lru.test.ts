import { expect, it } from "@effect/vitest"
import * as Lru from "../src/setups/Lru.js"

it("keeps those used last, and lets go of each other one once", () => {
  const gone: Array<string> = []
  const lru = Lru.make<string>(2, (value) => gone.push(value))
  const get = (key: string) => lru.get(key, () => `${key}${gone.length}`)
  expect([get("a"), get("b"), get("a"), get("c")]).toEqual(["a0", "b0", "a0", "c0"])
  expect(gone).toEqual(["b0"])
  expect(lru.values()).toEqual(["a0", "c0"])
  expect(get("b")).toBe("b1")
  expect(gone).toEqual(["b0", "a0"])
})
