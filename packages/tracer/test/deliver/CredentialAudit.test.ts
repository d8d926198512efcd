import { expect, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Stream } from "effect"
import * as CredentialAudit from "../../src/deliver/CredentialAudit.js"
import { acme } from "./fakes.js"

const use = (time: number): CredentialAudit.CredentialUse => ({ id: acme, time, use: "sent", host: "acme.example" })

/** Listens, and is ready when this is; gives the times of so many uses. */
const listen = (audit: CredentialAudit.CredentialAudit, count: number, slowly: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<void>()
    const fiber = yield* audit.stream.pipe(
      Stream.merge(Stream.fromEffect(Effect.as(Effect.void, undefined))),
      Stream.tap((told) => (told === undefined ? Deferred.succeed(ready, undefined) : slowly)),
      Stream.filter((told) => told !== undefined),
      Stream.take(count),
      Stream.runCollect,
      Effect.map((uses) => Chunk.toReadonlyArray(uses).map(({ time }) => time)),
      Effect.fork
    )
    yield* Deferred.await(ready)
    yield* Effect.repeatN(Effect.yieldNow(), 20)
    return fiber
  })

it.effect("each who listens hears every use from then on, in its order", () =>
  Effect.gen(function* () {
    const audit = yield* CredentialAudit.make
    audit.tell(use(0))
    const first = yield* listen(audit, 3)
    audit.tell(use(1))
    audit.tell(use(2))
    const second = yield* listen(audit, 1)
    audit.tell(use(3))
    expect(yield* Fiber.join(first)).toEqual([1, 2, 3])
    expect(yield* Fiber.join(second)).toEqual([3])
  })
)

it.effect("whoever does not keep up misses the oldest, and nobody else misses anything", () =>
  Effect.gen(function* () {
    const audit = yield* CredentialAudit.make
    const gate = yield* Deferred.make<void>()
    const slow = yield* listen(audit, 2, Deferred.await(gate))
    const quick = yield* listen(audit, 10_000)
    for (let time = 1; time <= 10_000; time++) {
      audit.tell(use(time))
      if (time % 1000 === 0) yield* Effect.repeatN(Effect.yieldNow(), 20)
    }
    expect(yield* Fiber.join(quick)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1))
    yield* Deferred.succeed(gate, undefined)
    const [, next] = yield* Fiber.join(slow)
    expect(next, "the latest are still there").toBeGreaterThan(5000)
  })
)

it.effect("keeps nothing for those who come later, and stops keeping for those who have gone", () =>
  Effect.gen(function* () {
    const audit = yield* CredentialAudit.make
    const gone = yield* listen(audit, 1)
    yield* Fiber.interrupt(gone)
    for (let time = 0; time < 10_000; time++) audit.tell(use(time))
    const late = yield* listen(audit, 1)
    audit.tell(use(10_000))
    expect(yield* Fiber.join(late)).toEqual([10_000])
  })
)
