import { expect, it } from "@effect/vitest"
import { Deferred, Effect, FastCheck, Fiber, Scheduler } from "effect"
import * as Permits from "../../../src/deliver/internal/permits.js"

const settle = Effect.repeatN(Effect.yieldNow(), 20)

it.effect("runs so many at once, and the others in the order in which they came", () =>
  Effect.gen(function* () {
    const { withPermit } = Permits.make(2)
    const begun: Array<number> = []
    const gates = yield* Effect.forEach([0, 1, 2, 3, 4], () => Deferred.make<void>())
    const fibers = yield* Effect.forEach(gates, (gate, index) =>
      Effect.fork(
        withPermit(
          Effect.zipRight(
            Effect.sync(() => begun.push(index)),
            Deferred.await(gate)
          )
        )
      )
    )
    yield* settle
    expect(begun).toEqual([0, 1])
    for (const [index, gate] of gates.entries()) {
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      expect(begun).toEqual([0, 1, 2, 3, 4].slice(0, Math.min(5, index + 3)))
    }
    yield* Fiber.joinAll(fibers)
  })
)

it.effect("gives a permit back whatever becomes of the effect", () =>
  Effect.gen(function* () {
    const { withPermit } = Permits.make(1)
    expect(yield* Effect.flip(withPermit(Effect.fail("no")))).toBe("no")
    yield* Effect.exit(withPermit(Effect.die("bug")))
    const running = yield* Effect.fork(withPermit(Effect.never))
    yield* settle
    yield* Fiber.interrupt(running)
    expect(yield* withPermit(Effect.succeed("yes"))).toBe("yes")
  })
)

const step = FastCheck.record({ act: FastCheck.constantFrom("enter", "finish", "interrupt"), at: FastCheck.nat(30) })

it.effect.prop(
  "never more at once than there are permits, and none is lost, whoever is interrupted when",
  [FastCheck.array(step, { maxLength: 60 }), FastCheck.integer({ min: 1, max: 3 }), FastCheck.boolean()],
  ([steps, permits, eager]) =>
    Effect.gen(function* () {
      const { withPermit } = Permits.make(permits)
      const all: Array<{ readonly fiber: Fiber.RuntimeFiber<void>; readonly gate: Deferred.Deferred<void> }> = []
      let running = 0
      let most = 0
      for (const { act, at } of steps) {
        const chosen = all[at % Math.max(1, all.length)]
        if (act === "enter") {
          const gate = yield* Deferred.make<void>()
          const work = Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++running)
            }),
            () => Deferred.await(gate),
            () => Effect.sync(() => running--)
          )
          all.push({ gate, fiber: yield* Effect.fork(withPermit(work)) })
        } else if (chosen !== undefined) {
          if (act === "finish") yield* Deferred.succeed(chosen.gate, undefined)
          // Not waited for: it may be woken and interrupted in one turn.
          else chosen.fiber.unsafeInterruptAsFork(chosen.fiber.id())
        }
        if (!eager) yield* settle
      }
      for (const { gate } of all) yield* Deferred.succeed(gate, undefined)
      for (const { fiber } of all) yield* Fiber.await(fiber)
      expect(running).toBe(0)
      expect(most).toBeLessThanOrEqual(permits)
      // All of them are there again.
      const together = yield* Effect.forEach(
        Array.from({ length: permits }, (_, index) => index),
        () => Effect.fork(withPermit(Effect.sync(() => ++running).pipe(Effect.zipRight(Effect.never))))
      )
      yield* settle
      expect(running).toBe(permits)
      yield* Fiber.interruptAll(together)
    })
)

it.effect("a crowd costs steps by its number, and not by the square of it", () =>
  Effect.gen(function* () {
    const { withPermit } = Permits.make(4)
    const scheduler = new Scheduler.MixedScheduler(2048)
    let steps = 0
    yield* Effect.forEach(Array.from({ length: 1000 }), () => withPermit(Effect.yieldNow()), {
      concurrency: "unbounded",
      discard: true
    }).pipe(
      Effect.withScheduler({
        shouldYield: (fiber) => scheduler.shouldYield(fiber),
        scheduleTask: (task, priority) => {
          steps++
          scheduler.scheduleTask(task, priority)
        }
      })
    )
    expect(steps).toBeLessThan(10_000)
  })
)
