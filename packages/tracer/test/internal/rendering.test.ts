import { assert, describe, expect, it } from "@effect/vitest"
import type * as Destination from "@tenant-tracer/model/Destination"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import { Effect, Either, FastCheck, Redacted } from "effect"
import * as Rendering from "../../src/internal/rendering.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import type { BatchContext, RenderedSpan } from "../../src/render/RenderedSpan.js"
import type { View } from "../../src/render/TenantView.js"
import type { Encoding } from "../../src/render/Writer.js"
import type { TracingConfig } from "../../src/TracingConfig.js"
import { loopTurns } from "../support/loop.js"
import { destination, recording, view, vocabulary } from "../support/recorded.js"

const resource = { "service.name": "acme", team: "a" }

const genai = vocabulary()

/** How one view renders batches, and what it has counted. */
const rendering = (of: Partial<View> = {}, redaction?: TracingConfig["redaction"]) => {
  const counted: Record<string, number> = {}
  const asked: Array<number> = []
  const { render, view: viewOf } = Rendering.make({
    config: { resource: { "host.name": "h1", "service.version": "7" }, redaction },
    vocabularies: {
      resolve: (_, attributes) => Either.right(asked.push(attributes)).pipe(Either.map(() => genai))
    },
    ledger: {
      count: (name, count = 1) => {
        counted[name] = (counted[name] ?? 0) + count
      }
    }
  })
  return { asked, counted, render: render(view({ content: "full", ...of }), resource), viewOf }
}

it("a destination's limits are its view's, and have defaults", () => {
  const limitsOf = (limits: Destination.DestinationLimits) => {
    const { keyLength, lengthUnit, listLength, maxAttributes, valueLength } = Either.getOrThrow(
      rendering().viewOf(destination({ limits }), "tenant", "acme")
    )
    return [maxAttributes, valueLength, keyLength, listLength, lengthUnit]
  }
  expect(limitsOf({})).toEqual([128, 1024 * 1024, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, "characters"])
  expect(limitsOf({ attributes: 64, valueLength: 10, keyLength: 255, listLength: 4 })).toEqual([
    64,
    10,
    255,
    4,
    "characters"
  ])
  expect(limitsOf({ lengthUnit: "bytes" }).at(-1)).toBe("bytes")
})

describe("a view", () => {
  const limits = FastCheck.record(
    { attributes: FastCheck.constantFrom(32, 64), valueLength: FastCheck.constantFrom(10, 100) },
    { requiredKeys: [] }
  )
  const seen = FastCheck.record(
    {
      spans: FastCheck.constantFrom("all" as const, "llm_only" as const),
      hide: FastCheck.constantFrom<ReadonlyArray<SpanRole>>([], ["db_call"])
    },
    { requiredKeys: [] }
  )
  const several = FastCheck.array(
    FastCheck.record({
      owner: FastCheck.constantFrom("acme", "globex"),
      audience: FastCheck.constantFrom("tenant" as const, "merged" as const),
      content: FastCheck.constantFrom("none" as const, "full" as const),
      limits,
      view: seen,
      redaction: FastCheck.constantFrom(undefined, { keys: ["user.id"] })
    }),
    { minLength: 2, maxLength: 60, size: "max" }
  )

  it.prop("says the same, whoever else has one, and what takes something out is nobody else's", [several], ([all]) => {
    const together = rendering()
    const views = all.map(({ audience, owner, ...of }) => {
      const [made, alone] = [together, rendering()].map(({ viewOf }) =>
        Either.getOrThrow(viewOf(destination(of), audience, owner))
      )
      assert(made !== undefined && alone !== undefined)
      expect({ ...made, redactor: made.redactor === undefined }).toEqual({
        ...alone,
        redactor: alone.redactor === undefined
      })
      return made
    })
    for (const [index, made] of views.entries())
      expect(made.redactor !== undefined && views.indexOf(made) !== index).toBe(false)
  })

  const viewAs = (owner: string, of: Partial<Destination.Destination> = {}, redaction?: TracingConfig["redaction"]) => {
    const { viewOf } = rendering({}, redaction)
    return (more: Partial<Destination.Destination> = of) =>
      Either.getOrThrow(viewOf(destination(more), "tenant", owner))
  }

  it.each<readonly [string, TracingConfig["redaction"], Partial<Destination.Destination>]>([
    ["the tenant's rules", undefined, { redaction: { keys: ["user.id"] } }],
    ["the operator's rules", { keys: ["user.id"], hashKey: Redacted.make("k".repeat(32)) }, {}],
    ["the operator's effect", { effect: Effect.succeed }, {}]
  ])("that takes something out by %s is its destination's own", (_, redaction, of) => {
    const viewOf = viewAs("acme", of, redaction)
    expect(viewOf()).not.toBe(viewOf())
  })

  it("goes on being shared while it is asked for, whatever else there is", () => {
    const viewOf = viewAs("acme")
    const common = viewOf()
    for (let valueLength = 1; valueLength <= 40; valueLength++) {
      for (let times = 0; times < 40; times++) viewOf({ redaction: { keys: ["user.id"] } })
      viewOf({ limits: { valueLength } })
      expect(viewOf()).toBe(common)
    }
  })

  it("is shared by tenants that see alike", () => {
    const { viewOf } = rendering()
    const of = (limits: Destination.DestinationLimits, owner: string) =>
      Either.getOrThrow(viewOf(destination({ limits }), "tenant", owner))
    expect(of({}, "acme")).toBe(of({}, "globex"))
    expect(of({ attributes: 64 }, "acme")).not.toBe(of({}, "globex"))
  })
})

it("vocabularies are asked for by how many attributes the destination keeps", () => {
  const { asked, viewOf } = rendering()
  for (const limits of [{ attributes: 32 }, {}]) viewOf(destination({ limits }), "tenant", "acme")
  expect(asked).toEqual([32, 128])
})

const spans = (count: number): ReadonlyArray<RecordedSpan> => {
  const { begin, end, open } = recording()
  const root = open()
  return Array.from({ length: count }, (_, i) =>
    end(begin(root, { data: { _tag: "tool_call", name: `t${i}`, arguments: { secret: i } } }))
  )
}

const namesOf = ({ spans }: Rendering.Collected) => spans.map(({ name }) => name)

/** A vocabulary that cannot spell some spans. */
const failingOn = (...names: ReadonlyArray<string>): Partial<View> => ({
  vocabulary: {
    ...vocabulary(),
    write: ({ name }) => {
      if (names.includes(name)) throw new Error("no word")
    }
  }
})

const batch = spans(5)
const all = [0, 1, 2, 3, 4].map((i) => `execute_tool t${i}`)

describe.each<readonly [string, Partial<View>]>([
  ["rules alone", {}],
  ["an effect that takes its time", { redact: (data: SpanData.Read) => Effect.as(Effect.yieldNow(), data) }]
])("a batch for a view with %s", (_, of) => {
  it.effect("is rendered in order, with what its spans have in common", () =>
    Effect.gen(function* () {
      const { counted, render } = rendering(of)
      const { count, dropped, out } = yield* render(batch, Rendering.collect)
      expect(namesOf(out)).toEqual(all)
      expect(out.context).toEqual({
        resource: { "service.name": "acme", "service.version": "7", team: "a" },
        schemaUrl: vocabulary().schemaUrl,
        scope: { name: "tenant-tracer", version: expect.any(String) }
      })
      expect([count, dropped, counted]).toEqual([5, [], {}])
    })
  )

  it.effect("loses the spans that cannot be rendered, and no others", () =>
    Effect.gen(function* () {
      const { counted, render } = rendering({ ...of, ...failingOn("execute_tool t0", "execute_tool t3") })
      const { count, dropped, out } = yield* render(batch, Rendering.collect)
      expect(namesOf(out)).toEqual(all.filter((_, i) => i !== 0 && i !== 3))
      expect([count, dropped]).toEqual([3, [{ reason: "render_failed", count: 2 }]])
      expect(counted).toEqual({ render_failed: 2 })
    })
  )

  it.effect("loses those that cannot be written, too", () =>
    Effect.gen(function* () {
      const { counted, render } = rendering(of)
      const begin = (context: BatchContext): Encoding<Rendering.Collected> => {
        const { add, finish } = Rendering.collect(context)
        const addSome = (span: RenderedSpan) => {
          if (span.name.endsWith("4")) throw new Error("no way to write it")
          add(span)
        }
        return { add: addSome, finish }
      }
      const { count, dropped, out } = yield* render(batch, begin)
      expect(namesOf(out)).toEqual(all.slice(0, 4))
      expect([count, dropped]).toEqual([4, [{ reason: "render_failed", count: 1 }]])
      expect(counted).toEqual({ render_failed: 1 })
    })
  )

  it.effect("of none is finished as well", () =>
    Effect.gen(function* () {
      const { out, ...rest } = yield* rendering(of).render([], Rendering.collect)
      expect([out.spans, rest]).toEqual([[], { count: 0, dropped: [] }])
    })
  )

  it.effect("is rendered anew each time that it is asked for", () =>
    Effect.gen(function* () {
      const rendered = rendering(of).render(batch, Rendering.collect)
      const [first, second] = [yield* rendered, yield* rendered]
      expect(second).toEqual(first)
      expect(second.out).not.toBe(first.out)
    })
  )
})

it.effect("what dies in the operator's effect costs its span alone", () =>
  Effect.gen(function* () {
    const { counted, render } = rendering({
      redact: (data) => (data._tag === "tool_call" && data.name === "t2" ? Effect.die("no") : Effect.succeed(data))
    })
    const { dropped, out } = yield* render(batch, Rendering.collect)
    expect(namesOf(out)).toEqual(all.filter((_, i) => i !== 2))
    expect([dropped, counted]).toEqual([[{ reason: "render_failed", count: 1 }], { render_failed: 1 }])
  })
)

describe("a batch that takes long", () => {
  const slow: Partial<View> = {
    vocabulary: {
      ...vocabulary(),
      write: () => {
        const until = performance.now() + 0.25
        while (performance.now() < until);
      }
    }
  }
  const many = spans(100)

  it.scopedLive("lets the event loop turn, with an effect or without", () =>
    Effect.gen(function* () {
      const turns = yield* loopTurns
      for (const of of [slow, { ...slow, redact: Effect.succeed }]) {
        const before = turns()
        yield* rendering(of).render(many, Rendering.collect)
        expect(turns() - before).toBeGreaterThanOrEqual(10)
      }
    })
  )

  it.live("holds memory for what is written, and not for what waits", () =>
    Effect.gen(function* () {
      const { render } = rendering(slow)
      const steps: Array<string> = []
      const rendered = (name: string) =>
        render(many, (context) => {
          steps.push(`${name} begins`)
          return Rendering.collect(context)
        }).pipe(Effect.tap(Effect.sync(() => steps.push(`${name} ends`))))
      yield* Effect.all([rendered("one"), rendered("another")], { concurrency: 2 })
      expect(steps).toEqual(["one begins", "one ends", "another begins", "another ends"])
    })
  )
})
