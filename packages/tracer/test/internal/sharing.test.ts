import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import type { Encoded } from "../../src/deliver/OtlpExporter.js"
import * as Sharing from "../../src/internal/sharing.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import { recording } from "../support/recorded.js"

const spans = (count: number): ReadonlyArray<RecordedSpan> => {
  const { begin, end, open } = recording()
  const root = open()
  return Array.from({ length: count }, () => end(begin(root, { data: { _tag: "tool_call", name: "t" } })))
}

/** Whoever makes a batch waits until he may, and then gives one that can be told from all others. */
const making = Effect.gen(function* () {
  const may = yield* Deferred.make<void>()
  let made = 0
  return {
    finish: Deferred.succeed(may, undefined),
    made: () => made,
    make: () =>
      Effect.suspend(() => {
        made++
        return Effect.as(Deferred.await(may), encoded())
      })
  }
})

const encoded = (): Encoded => ({ body: new Uint8Array(1), count: 1 })

/** Runs until it waits. */
const begun = <A>(effect: Effect.Effect<A>) => Effect.tap(Effect.fork(effect), () => Effect.yieldNow())

/** A clock that is wound by hand. */
const clock = () => {
  const due = new Set<() => void>()
  return {
    due,
    pass: () => {
      for (const task of due) task()
      due.clear()
    },
    schedule: (_: number, task: () => void) => {
      due.add(task)
      return () => void due.delete(task)
    }
  }
}

const two = (one: readonly [string, string], other: readonly [string, string]) => {
  const sharing = Sharing.make(clock())
  const join = ([owner, likeness]: readonly [string, string]) => sharing.join(owner, () => likeness)
  return [join(one), join(other)] as const
}

/** What two destinations make when both want a batch at once. */
const asked = ([one, other]: readonly [Sharing.Sharer, Sharing.Sharer], [first, second] = [spans(2), spans(2)]) =>
  Effect.gen(function* () {
    const { finish, made, make } = yield* making
    const fibers = yield* Effect.all([begun(one.share(first, make)), begun(other.share(second, make))])
    yield* finish
    const [a, b] = yield* Fiber.join(Fiber.zip(...fibers))
    return { made: made(), areSame: a === b }
  })

it.effect("what two receive alike is made once for both, and made anew for the next batch", () =>
  Effect.gen(function* () {
    const sharers = two(["acme", "genai"], ["acme", "genai"])
    const batch = spans(3)
    expect(yield* asked(sharers, [batch, [...batch]])).toEqual({ made: 1, areSame: true })
    const next = spans(3)
    expect(yield* asked(sharers, [next, next])).toEqual({ made: 1, areSame: true })
    // Of what was made before nothing is kept.
    expect(yield* asked(sharers, [batch, next])).toEqual({ made: 2, areSame: false })
  })
)

describe("each makes its own where", () => {
  const batch = spans(2)
  it.effect.each([
    ["their owners differ", ["acme", "genai"], ["globex", "genai"], batch],
    ["they read other words", ["acme", "genai"], ["acme", "openinference"], batch],
    ["the spans are others", ["acme", "genai"], ["acme", "genai"], spans(2)],
    ["there is one more", ["acme", "genai"], ["acme", "genai"], [...batch, ...spans(1)]],
    ["there is one less", ["acme", "genai"], ["acme", "genai"], batch.slice(1)],
    ["their order is another", ["acme", "genai"], ["acme", "genai"], batch.toReversed()]
  ] as const)("%s", ([, one, other, second]) =>
    Effect.gen(function* () {
      expect(yield* asked(two(one, other), [batch, second])).toEqual({ made: 2, areSame: false })
    })
  )

  it.effect("a request has forbidden its content meanwhile", () =>
    Effect.gen(function* () {
      const [one, other] = two(["acme", "genai"], ["acme", "genai"])
      const { finish, made, make } = yield* making
      const batch = spans(2)
      const leading = yield* begun(one.share(batch, make))
      for (const { request } of batch) request.content = "none"
      const second = yield* begun(other.share(batch, make))
      yield* finish
      expect(yield* Fiber.join(second)).not.toBe(yield* Fiber.join(leading))
      expect(made()).toBe(2)
    })
  )

  it.effect("one of them has left", () =>
    Effect.gen(function* () {
      const sharing = Sharing.make(clock())
      sharing.join("acme", () => "genai").leave()
      const late = sharing.join("acme", () => "genai")
      const { finish, made, make } = yield* making
      yield* finish
      yield* late.share(batch, make)
      expect(made()).toBe(1)
      // Who is there goes on sharing with who comes.
      const third = sharing.join("acme", () => "genai")
      expect(yield* asked([late, third], [batch, batch])).toEqual({ made: 1, areSame: true })
    })
  )
})

describe("who waits for another makes it himself when that one", () => {
  it.effect.each([
    ["is interrupted", Effect.never, true],
    ["dies", Effect.yieldNow().pipe(Effect.zipRight(Effect.die("bug"))), false]
  ] as const)("%s", ([, work, interrupts]) =>
    Effect.gen(function* () {
      const [one, other] = two(["acme", "genai"], ["acme", "genai"])
      const batch = spans(2)
      const own = encoded()
      const leading = yield* Effect.fork(one.share(batch, () => work))
      const following = yield* begun(other.share(batch, () => Effect.succeed(own)))
      if (interrupts) yield* Fiber.interrupt(leading)
      expect(yield* Fiber.join(following)).toBe(own)
      expect(Exit.isFailure(yield* Fiber.await(leading))).toBe(true)
      expect(yield* asked([one, other], [batch, batch])).toEqual({ made: 1, areSame: true })
    })
  )

  it.effect("is interrupted between asking and beginning", () =>
    Effect.gen(function* () {
      const [one, other] = two(["acme", "genai"], ["acme", "genai"])
      const batch = spans(1)
      // It has asked, and what it is to run never runs.
      one.share(batch, () => Effect.never)
      const own = encoded()
      expect(yield* other.share(batch, () => Effect.succeed(own))).toBe(own)
    })
  )

  it.effect("throws before it has begun", () =>
    Effect.gen(function* () {
      const [one, other] = two(["acme", "genai"], ["acme", "genai"])
      const batch = spans(1)
      const failed = yield* Effect.exit(
        one.share(batch, () => {
          throw new Error("bug")
        })
      )
      expect(Exit.isFailure(failed)).toBe(true)
      expect(yield* asked([one, other], [batch, batch])).toEqual({ made: 1, areSame: true })
    })
  )
})

it.effect("who comes a little later has it, too; who comes later than that makes his own", () =>
  Effect.gen(function* () {
    const { due, pass, schedule } = clock()
    const sharing = Sharing.make({ schedule })
    const [one, other, third] = [0, 1, 2].map(() => sharing.join("acme", () => "genai"))
    if (one === undefined || other === undefined || third === undefined) return expect.fail("there are three")
    const batch = spans(2)
    const ask = (sharer: Sharing.Sharer) => sharer.share(batch, () => Effect.sync(encoded))
    const first = yield* ask(one)
    expect(yield* ask(other)).toBe(first)
    expect(yield* ask(third)).toBe(first)
    // All of them have it, and nothing of it is left, not even with the clock.
    expect(due.size).toBe(0)
    const second = yield* ask(one)
    expect(second).not.toBe(first)
    pass()
    expect(yield* ask(other)).not.toBe(second)
  })
)

it.effect("what is made anew is not forgotten with what was made before", () =>
  Effect.gen(function* () {
    const { pass, schedule } = clock()
    const sharing = Sharing.make({ schedule })
    const [one, other] = [sharing.join("acme", () => "genai"), sharing.join("acme", () => "genai")]
    yield* one.share(spans(1), () => Effect.sync(encoded))
    const batch = spans(2)
    const { finish, made, make } = yield* making
    const leading = yield* begun(one.share(batch, make))
    pass()
    const following = yield* begun(other.share(batch, make))
    yield* finish
    expect(yield* Fiber.join(following)).toBe(yield* Fiber.join(leading))
    expect(made()).toBe(1)
  })
)

it.effect("who is alone is not asked how it is told apart", () =>
  Effect.gen(function* () {
    const sharing = Sharing.make(clock())
    let questions = 0
    const likeness = () => {
      questions++
      return "genai"
    }
    for (const owner of ["acme", "globex", "initech"]) {
      const { leave, share } = sharing.join(owner, likeness)
      yield* share(spans(1), () => Effect.succeed(encoded()))
      leave()
      leave()
    }
    expect(questions).toBe(0)
  })
)
