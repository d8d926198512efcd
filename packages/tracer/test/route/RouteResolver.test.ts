import { expect, it } from "@effect/vitest"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import { Context, Deferred, Effect, Exit, Fiber, Option, Scope, TestClock } from "effect"
import * as RouteResolver from "../../src/route/RouteResolver.js"

const routeOf = (tenant: string) => TenantRoute.make({ tenant, destinations: [] })

/** Look-ups that wait for the gate, and how many there were. */
const counting = Effect.gen(function* () {
  const gate = yield* Deferred.make<void>()
  const keys: Array<string> = []
  const lookup = (key: string): Effect.Effect<TenantRoute.TenantRoute> =>
    Effect.suspend(() => {
      keys.push(key)
      return Effect.as(Deferred.await(gate), routeOf(key))
    })
  return { gate, keys, lookup }
})

it.scoped("a cold burst of 100 parallel requests looks up once, and all get the same object", () =>
  Effect.gen(function* () {
    const { gate, keys, lookup } = yield* counting
    const resolver = yield* RouteResolver.make({ lookup })
    const burst = yield* Effect.fork(
      Effect.forEach(Array.from({ length: 100 }), () => resolver.get("acme"), { concurrency: "unbounded" })
    )
    yield* Effect.repeat(Effect.yieldNow(), { until: () => keys.length > 0 })
    yield* Deferred.succeed(gate, undefined)
    const routes = yield* Fiber.join(burst)
    expect(keys).toEqual(["acme"])
    expect(new Set(routes).size).toBe(1)
    expect(yield* resolver.get("acme")).toBe(routes[0])
    expect(keys).toEqual(["acme"])
  })
)

it.scoped("a failure goes to all who wait and is not remembered", () =>
  Effect.gen(function* () {
    let calls = 0
    const resolver = yield* RouteResolver.make({
      lookup: (key: string) =>
        Effect.suspend(() => (++calls === 1 ? Effect.fail("store is down") : Effect.succeed(routeOf(key))))
    })
    const failures = yield* Effect.forEach(Array.from({ length: 10 }), () => Effect.flip(resolver.get("acme")), {
      concurrency: "unbounded"
    })
    expect(new Set(failures)).toEqual(new Set(["store is down"]))
    expect(calls).toBe(1)
    expect((yield* resolver.get("acme")).tenant).toBe("acme")
  })
)

it.scoped("a look-up that throws or dies is not remembered either", () =>
  Effect.gen(function* () {
    let calls = 0
    const resolver = yield* RouteResolver.make({
      lookup: (key: string) => {
        if (++calls === 1) throw new Error("bug")
        return Effect.succeed(routeOf(key))
      }
    })
    expect(Exit.isFailure(yield* Effect.exit(resolver.get("acme")))).toBe(true)
    expect((yield* resolver.get("acme")).tenant).toBe("acme")
  })
)

it.scoped("interrupting the first who asked does not reach the others", () =>
  Effect.gen(function* () {
    const { gate, keys, lookup } = yield* counting
    const resolver = yield* RouteResolver.make({ lookup })
    const first = yield* Effect.fork(resolver.get("acme"))
    yield* Effect.repeat(Effect.yieldNow(), { until: () => keys.length > 0 })
    const second = yield* Effect.fork(resolver.get("acme"))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(first)
    yield* Deferred.succeed(gate, undefined)
    expect((yield* Fiber.join(second)).tenant).toBe("acme")
    expect(keys).toEqual(["acme"])
  })
)

class Store extends Context.Tag("test/Store")<Store, string>() {}

it.scoped("a look-up has the context of the resolver, and nothing of the request", () =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const resolver = yield* RouteResolver.make({
      lookup: (key: string) =>
        Effect.gen(function* () {
          seen.push(yield* Store, Option.isSome(yield* Effect.option(Effect.currentSpan)))
          return routeOf(key)
        })
    }).pipe(Effect.provideService(Store, "of the resolver"), Effect.withSpan("layer"))
    yield* resolver.get("acme").pipe(Effect.provideService(Store, "of the request"), Effect.withSpan("request"))
    expect(seen).toEqual(["of the resolver", false])
  })
)

it.scoped("detaches as it is told", () =>
  Effect.gen(function* () {
    let detached = 0
    const resolver = yield* RouteResolver.make({
      lookup: (key: string) => Effect.succeed(routeOf(key)),
      detach: (effect) => {
        detached++
        return effect
      }
    })
    yield* resolver.get("acme")
    yield* resolver.get("acme")
    expect(detached).toBe(1)
  })
)

it.scoped("believes a route for as long as it is told", () =>
  Effect.gen(function* () {
    let calls = 0
    const resolver = yield* RouteResolver.make({
      lookup: (key: string) => Effect.sync(() => routeOf(`${key} ${++calls}`)),
      timeToLive: "1 minute"
    })
    expect((yield* resolver.get("acme")).tenant).toBe("acme 1")
    yield* TestClock.adjust("59 seconds")
    expect((yield* resolver.get("acme")).tenant).toBe("acme 1")
    yield* TestClock.adjust("1 second")
    expect((yield* resolver.get("acme")).tenant).toBe("acme 2")
  })
)

it.scoped("keeps so many routes, the least recently used goes first", () =>
  Effect.gen(function* () {
    const { gate, keys, lookup } = yield* counting
    yield* Deferred.succeed(gate, undefined)
    const resolver = yield* RouteResolver.make({ lookup, capacity: 2 })
    for (const key of ["a", "b", "a", "c", "a", "b"]) yield* resolver.get(key)
    expect(keys).toEqual(["a", "b", "c", "b"])
  })
)

it.scoped("an invalidated route is looked up again, also when its look-up was under way", () =>
  Effect.gen(function* () {
    const answers = [yield* Deferred.make<TenantRoute.TenantRoute>(), yield* Deferred.make<TenantRoute.TenantRoute>()]
    let calls = 0
    const resolver = yield* RouteResolver.make({
      lookup: (_: string) =>
        Effect.suspend(() => {
          const answer = answers[calls++]
          return answer ? Deferred.await(answer) : Effect.die("looked up too often")
        })
    })
    const before = yield* Effect.fork(resolver.get("acme"))
    yield* Effect.repeat(Effect.yieldNow(), { until: () => calls === 1 })
    yield* resolver.invalidate("acme")
    const after = yield* Effect.fork(resolver.get("acme"))
    yield* Effect.repeat(Effect.yieldNow(), { until: () => calls === 2 })
    const [old, fresh] = [routeOf("old"), routeOf("fresh")]
    if (answers[1]) yield* Deferred.succeed(answers[1], fresh)
    if (answers[0]) yield* Deferred.succeed(answers[0], old)
    expect([yield* Fiber.join(before), yield* Fiber.join(after)]).toEqual([old, fresh])
    expect(yield* resolver.get("acme")).toBe(fresh)
    yield* resolver.invalidate("acme")
    expect(Exit.isFailure(yield* Effect.exit(resolver.get("acme")))).toBe(true)
  })
)

it.effect("after its scope is closed, nobody waits for ever", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const resolver = yield* RouteResolver.make({ lookup: (_: string) => Effect.never }).pipe(Scope.extend(scope))
    const waiting = yield* Effect.fork(resolver.get("acme"))
    yield* Effect.yieldNow()
    yield* Scope.close(scope, Exit.void)
    expect(Exit.isInterrupted(yield* Fiber.await(waiting))).toBe(true)
    expect(Exit.isInterrupted(yield* Effect.exit(resolver.get("other")))).toBe(true)
  })
)
