import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, FiberRef, Option } from "effect"
import * as Frame from "../../src/internal/frame.js"

class Name extends Context.Tag("test/Name")<Name, string>() {}

const name = Effect.map(
  Effect.serviceOption(Name),
  Option.getOrElse(() => "nobody")
)

type Running = Fiber.RuntimeFiber<unknown, unknown>

/** Runs an effect in a frame of this name, and tells how it was left. */
const within =
  (value: string, options: { readonly left?: Array<string>; readonly isRequest?: boolean; readonly seen?: See } = {}) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiberRuntime((fiber) =>
      Frame.run(self, options.seen?.(fiber) ?? fiber, () => ({
        context: Context.add(fiber.currentContext, Name, value),
        isRequest: options.isRequest,
        leave: (exit) => options.left?.push(`${value} ${exit._tag}`)
      }))
    )

type See = (fiber: Running) => Running

/** A fiber of an Effect that keeps its references elsewhere. */
const withoutRefs: See = (fiber) =>
  new Proxy(fiber, {
    get: (target, key) => {
      if (key === "_fiberRefs") return undefined
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === "function" ? value.bind(target) : value
    }
  })

const propagates = FiberRef.get(HttpClient.currentTracerPropagation)

describe.each<[string, See]>([
  ["fibers as they are", (fiber) => fiber],
  ["fibers that do not show their references", withoutRefs]
])("%s", (_, seen) => {
  it.effect("what runs inside has the frame's context, and what follows has its own again", () =>
    Effect.gen(function* () {
      const left: Array<string> = []
      const inside = yield* name.pipe(
        within("inner", { left, seen }),
        Effect.zip(name),
        within("outer", { left, seen })
      )
      expect(inside).toEqual(["inner", "outer"])
      expect(yield* name).toBe("nobody")
      expect(left).toEqual(["inner Success", "outer Success"])
    })
  )

  it.effect("what fails, dies or is interrupted leaves it, too", () =>
    Effect.gen(function* () {
      const left: Array<string> = []
      const frame = within("a", { left, seen })
      expect(yield* Effect.flip(frame(Effect.fail("no")))).toBe("no")
      expect(Exit.isFailure(yield* Effect.exit(frame(Effect.die("never"))))).toBe(true)
      expect(yield* name).toBe("nobody")
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(frame(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      expect(left).toEqual(["a Failure", "a Failure", "a Failure"])
    })
  )

  it.scoped("a reference that is set inside stays set", () =>
    Effect.gen(function* () {
      const ref = yield* FiberRef.make(0)
      yield* FiberRef.set(ref, 1).pipe(
        within("inner", { seen }),
        Effect.zipRight(FiberRef.update(ref, (n) => n + 1)),
        within("outer", { seen })
      )
      expect(yield* FiberRef.get(ref)).toBe(2)
      expect(yield* name).toBe("nobody")
    })
  )

  it.scoped("a fiber that goes through many frames does not grow", () =>
    Effect.gen(function* () {
      const ref = yield* FiberRef.make(0)
      const kept = Effect.map(Effect.getFiberRefs, ({ locals }) => locals.get(FiberRef.currentContext)?.length)
      const once = FiberRef.update(ref, (n) => n + 1).pipe(within("inner", { seen }), within("outer", { seen }))
      yield* once
      const before = yield* kept
      yield* Effect.repeatN(once, 99)
      expect(yield* FiberRef.get(ref)).toBe(101)
      expect(yield* kept).toBe(before)
    })
  )

  it.scoped("a fiber that is forked inside has the context; joined, it changes nothing of its parent's", () =>
    Effect.gen(function* () {
      const ref = yield* FiberRef.make(0)
      const [inChild, after] = yield* Effect.gen(function* () {
        const child = yield* Effect.fork(
          Effect.zipRight(FiberRef.set(ref, 1), name).pipe(Effect.zip(within("child", { seen })(name)))
        )
        return [yield* Fiber.join(child), yield* name]
      }).pipe(within("parent", { seen }))
      expect(inChild).toEqual(["parent", "child"])
      expect(after).toBe("parent")
      expect(yield* name).toBe("nobody")
      expect(yield* FiberRef.get(ref)).toBe(1)
    })
  )

  it.effect("a fiber that outlives the frame keeps its context", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkDaemon(Effect.zipRight(Deferred.await(gate), name)).pipe(within("gone", { seen }))
      expect(yield* name).toBe("nobody")
      yield* Deferred.succeed(gate, undefined)
      expect(yield* Fiber.join(fiber)).toBe("gone")
      expect(yield* name).toBe("nobody")
    })
  )

  it.effect("a request sends no trace headers, unless it says so; afterwards all is as it was", () =>
    Effect.gen(function* () {
      const request = within("request", { isRequest: true, seen })
      expect(yield* propagates).toBe(true)
      expect(yield* request(propagates)).toBe(false)
      expect(yield* propagates).toBe(true)
      const own = Effect.locally(propagates, HttpClient.currentTracerPropagation, true)
      expect(yield* request(Effect.zip(own, propagates))).toEqual([true, false])
      expect(yield* propagates).toBe(true)
      const nested = request(Effect.zip(request(propagates), propagates))
      expect(yield* Effect.locally(nested, HttpClient.currentTracerPropagation, true)).toEqual([false, false])
      expect(yield* propagates).toBe(true)
    })
  )
})

it.effect("nothing can interrupt between what begins and what ends", () =>
  Effect.gen(function* () {
    const left: Array<string> = []
    let begun = 0
    const request = Effect.withFiberRuntime<void>((fiber) =>
      Frame.run(Effect.yieldNow(), fiber, () => {
        begun++
        return { context: fiber.currentContext, leave: () => left.push("left") }
      })
    )
    for (let steps = 0; steps < 12; steps++) {
      const fiber = yield* Effect.fork(request)
      for (let step = 0; step < steps; step++) yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
    }
    expect(begun).toBeGreaterThan(0)
    expect(left.length).toBe(begun)
  })
)
