import { expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Spool from "../../src/deliver/Spool.js"
import { acme, bytesOf, globex, put, take } from "./spooling.js"

const use = <A, E>(run: (spool: Spool.Spool.Service) => Effect.Effect<A, E>, maxBytes?: number) =>
  Effect.provide(Effect.flatMap(Spool.Spool, run), Spool.layerMemory({ maxBytes }))

it.effect("keeps records in memory until they are settled", () =>
  use((spool) =>
    Effect.gen(function* () {
      const [first, second] = [yield* put(spool, ["a", "bc"]), yield* put(spool, ["d"])]
      expect([first.count, first.bytes, first.id]).toEqual([2, 3, acme])
      expect(yield* take(spool, first)).toEqual(["a", "bc"])
      spool.settle(first)
      spool.settle(first)
      expect(yield* take(spool, first)).toBeUndefined()
      expect(yield* take(spool, second)).toEqual(["d"])
      expect(yield* spool.stats).toMatchObject({ records: 1, spans: 1, bytes: 1 })
    })
  )
)

it.effect("lets the oldest go for the newest, and tells of it", () =>
  use((spool) => {
    const lost: Array<string> = []
    return Effect.gen(function* () {
      const end = spool.watch((ref, reason) => lost.push(`${ref.offset} ${reason}`))
      const refs = yield* Effect.forEach(["aaa", "bbb", "ccc"], (text) => put(spool, [text]))
      expect(yield* Effect.forEach(refs, (ref) => take(spool, ref))).toEqual([undefined, ["bbb"], ["ccc"]])
      expect(lost).toEqual(["0 spool_full"])
      end()
      yield* put(spool, ["dddddd"])
      expect(lost).toHaveLength(1)
      expect(Option.isNone(yield* spool.append({ id: acme, spans: [bytesOf("1234567")] }))).toBe(true)
      expect(yield* spool.stats).toMatchObject({ lost: { spool_full: 3 }, refused: { spool_too_large: 1 }, bytes: 6 })
    })
  }, 6)
)

it.effect("forgets a destination and no other", () =>
  use((spool) =>
    Effect.gen(function* () {
      const mine = [yield* put(spool, ["a", "b"]), yield* put(spool, ["c"])]
      const other = yield* put(spool, ["x"], globex)
      expect(yield* spool.forget(acme)).toBe(3)
      expect(yield* Effect.forEach([...mine, other], (ref) => take(spool, ref))).toEqual([undefined, undefined, ["x"]])
    })
  )
)
