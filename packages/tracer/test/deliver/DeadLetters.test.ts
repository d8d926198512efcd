import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DeadLetters from "../../src/deliver/DeadLetters.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import { acme, texts } from "./fakes.js"

const globex = DestinationId.make({ tenant: "globex", name: "d" })

const letter = (spans: ReadonlyArray<string>, bytes: number, id = acme): DeadLetters.Letter<string> => ({
  id,
  reason: "http_400",
  time: 0,
  spans,
  bytes
})

it("keeps letters in their order, and hands out those of one destination once", () => {
  const letters = DeadLetters.make<string>({ ledger: Ledger.make() })
  const [first, other, last] = [letter(["a", "b"], 10), letter(["x"], 5, globex), letter(["c"], 5)]
  for (const one of [first, other, last]) letters.add(one)
  expect(letters.values()).toEqual([first, other, last])
  expect(letters.stats()).toEqual({ letters: 3, bytes: 20 })
  expect([letters.has(acme), letters.has(globex)]).toEqual([true, true])
  expect(letters.take(acme)).toEqual([first, last])
  expect(letters.take(acme)).toEqual([])
  expect([letters.has(acme), letters.has(globex)]).toEqual([false, true])
  expect(letters.values()).toEqual([other])
  expect(letters.stats()).toEqual({ letters: 1, bytes: 5 })
})

it("keeps nothing where it may hold nothing, and counts it", () => {
  const ledger = Ledger.make()
  DeadLetters.make<string>({ ledger, maxBytes: 0 }).add(letter(["a", "b"], 1))
  expect(ledger.snapshot().counters).toEqual({ dead_letter_forgotten: 2 })
})

it.prop(
  "holds no more than it may: the oldest go, and every span is kept, handed out or counted",
  [FastCheck.array(FastCheck.record({ spans: FastCheck.nat(4), bytes: FastCheck.nat(60), take: FastCheck.boolean() }))],
  ([steps]) => {
    const ledger = Ledger.make()
    const letters = DeadLetters.make<string>({ ledger, maxBytes: 100 })
    let added = 0
    let taken = 0
    for (const [index, step] of steps.entries()) {
      letters.add(letter(texts(step.spans, `${index}-`), step.bytes))
      added += step.spans
      const kept = letters.values()
      expect(kept.at(-1)?.bytes).toBe(step.bytes)
      expect(letters.stats()).toEqual({ letters: kept.length, bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) })
      expect(letters.stats().bytes).toBeLessThanOrEqual(100)
      expect(letters.has(acme)).toBe(kept.length > 0)
      if (step.take) for (const { spans } of letters.take(acme)) taken += spans.length
      const left = letters.values().flatMap(({ spans }) => spans).length
      expect(taken + left + (ledger.snapshot().counters.dead_letter_forgotten ?? 0)).toBe(added)
    }
  }
)
