/** Each measurement once, with next to nothing to do, in this process: what it says, not how fast it is. */
import { readdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Options } from "../src/Peer.js"
import * as Sink from "../src/Sink.js"
import * as Cache from "../src/tasks/Cache.js"
import * as Close from "../src/tasks/Close.js"
import * as Cold from "../src/tasks/Cold.js"
import * as Deliver from "../src/tasks/Deliver.js"
import * as Destinations from "../src/tasks/Destinations.js"
import * as Encode from "../src/tasks/Encode.js"
import * as Evict from "../src/tasks/Evict.js"
import * as Flat from "../src/tasks/Flat.js"
import * as Isolate from "../src/tasks/Isolate.js"
import * as Loop from "../src/tasks/Loop.js"
import * as Memory from "../src/tasks/Memory.js"
import * as Ops from "../src/tasks/Ops.js"
import * as Overload from "../src/tasks/Overload.js"
import * as Path from "../src/tasks/Path.js"
import * as Sustain from "../src/tasks/Sustain.js"
import * as Turns from "../src/tasks/Turns.js"

const options = (port: number, given: Partial<Options> = {}): Options => ({
  endpoint: `http://127.0.0.1:${port}/v1/traces`,
  tenants: 4,
  capacity: 8,
  encoding: "protobuf",
  compression: "none",
  messages: false,
  batchAge: 100,
  ...given
})

const positive = (...values: ReadonlyArray<number>) => {
  for (const value of values) {
    expect(Number.isFinite(value)).toBe(true)
    expect(value).toBeGreaterThan(0)
  }
}

/** Runs it over a sink, and holds it to what it says that it has made. */
const measured = <A>(task: (port: number) => Effect.Effect<A>) =>
  Effect.gen(function* () {
    const port = yield* Sink.make
    const result = yield* task(port)
    const made = (result as { readonly made?: number }).made
    if (made !== undefined) expect((yield* Sink.settled(port, made, 5000)).spans).toBe(made)
    return { result, port, counts: yield* Sink.counts(port) }
  })

it.scopedLive("path, and nothing of the native tracer", () =>
  Effect.gen(function* () {
    const params = { spread: "uniform", bursts: 2, burst: 5, warm: 10, pause: 1 } as const
    const { result } = yield* measured((port) => Path.run({ ...params, kind: "ours", options: options(port) }))
    positive(result.cpu, result.wall)
    expect(result.made).toBe(25 * 6)
    expect(result.one).toBeUndefined()
    const turns = yield* measured((port) =>
      Path.run({ ...params, kind: "ours", options: options(port), besideOne: true })
    )
    positive(turns.result.cpu, turns.result.one ?? Number.NaN)
    // Warming up and measuring are done twice, making the tenants known once.
    expect(turns.result.made).toBe(45 * 6)
    const native = yield* measured((port) => Path.run({ ...params, kind: "native", options: options(port) }))
    expect(native.result.made).toBe(0)
  })
)

it.scopedLive("ops", () =>
  Effect.gen(function* () {
    const { result } = yield* measured((port) => Ops.run({ kind: "ours", options: options(port), rounds: 2 }))
    positive(result.cpu, result.floor, result.made)
  })
)

it.scopedLive("deliver, with two destinations and a profile", () =>
  Effect.acquireUseRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "bench-"))),
    (folder) =>
      Effect.gen(function* () {
        const { counts, result } = yield* measured((port) =>
          Deliver.run({
            kind: "ours",
            options: options(port, { vocabularies: ["genai", "openinference"] }),
            spread: "zipf",
            rate: 200,
            seconds: 0.1,
            warm: 8,
            burst: 4,
            profile: { folder, name: "deliver", of: "cpu" }
          })
        )
        expect(result.made).toBe(2 * 28 * 6)
        expect(counts.mostConnections).toBeLessThanOrEqual(8)
        positive(result.cpu)
        expect(readdirSync(folder)).toEqual(["deliver.cpuprofile"])
      }),
    (folder) => Effect.promise(() => rm(folder, { recursive: true }))
  )
)

it.scopedLive("deliver, under a load that has lasted: what is made before and meanwhile arrives, too", () =>
  Effect.gen(function* () {
    const { counts, result } = yield* measured((port) =>
      Deliver.run({
        kind: "ours",
        options: options(port),
        spread: "uniform",
        rate: 200,
        lead: 0.1,
        seconds: 0.1,
        warm: 8,
        burst: 4
      })
    )
    expect(result.made).toBe((8 + 20 + 20) * 6)
    expect(counts.spans).toBe(result.made)
    positive(result.cpu)
  })
)

it.scopedLive.each([
  { turns: 2, within: 60, had: 2 },
  { turns: 3, within: 60, had: 3 },
  { turns: 10, within: 0, had: 2 }
])("destinations: none, one and two of them, by $turns turns within $within s", ({ had, turns, within }) =>
  Effect.gen(function* () {
    const settings = { none: [], one: ["genai"], two: ["genai", "openinference"] }
    const { result } = yield* measured((port) =>
      Destinations.run({
        options: options(port),
        settings,
        rate: 200,
        seconds: 0.1,
        turns,
        within,
        warm: 8,
        again: 8,
        burst: 4
      })
    )
    // What has no destination does not arrive, and what has two arrives twice.
    expect(result.made).toBe(3 * (8 + had * (8 + 20)) * 6)
    positive(...Object.keys(settings).map((name) => result[name] ?? Number.NaN))
  })
)

it.scopedLive.each(["stock", "ours"] as const)("encode: %s", (writer) =>
  Effect.gen(function* () {
    const result = yield* Encode.run({ writer, encoding: "json", rounds: 1 })
    positive(result.cpu)
    expect(result.bytes).toBeGreaterThan(Encode.count * 500)
  })
)

it.scopedLive(
  "memory of what is queued",
  () =>
    Effect.gen(function* () {
      const { result } = yield* measured((port) =>
        Memory.run({
          kind: "ours",
          options: options(port, { tenants: 20, capacity: 32, batchAge: 60_000 }),
          queued: { size: "large", requests: 20 },
          warm: 32,
          settle: 1
        })
      )
      expect(result.lost).toBe(0)
      expect(result.made).toBeGreaterThan(20 * 20 * 6)
    }),
  60_000
)

it.scopedLive("flat", () =>
  Effect.gen(function* () {
    const { result } = yield* measured((port) => Flat.run({ kind: "ours", options: options(port), requests: 200 }))
    expect(result.made).toBe(1200)
    expect(result.growth).toBeGreaterThan(0.5)
    expect(result.growth).toBeLessThan(2)
    positive(result.resident)
  })
)

it.scopedLive(
  "isolate: the healthy arrive, the one that floods is held to its quota, the dead one gets no answer",
  () =>
    Effect.gen(function* () {
      const params = { kind: "ours", rate: 100, seconds: 0.5 } as const
      const given = { tenants: 20, capacity: 32, batchAge: 100, room: 16 * 1024 }
      const calm = yield* measured((port) =>
        Isolate.run({ ...params, options: options(port, given), port, sickPort: port, flood: 0 })
      )
      expect(calm.result.flooded).toBe(0)
      expect(calm.result.p50).toBeGreaterThan(10)
      expect(calm.result.p99).toBeGreaterThanOrEqual(calm.result.p50)
      const sickPort = yield* Sink.make
      const sick = yield* measured((port) =>
        Isolate.run({ ...params, options: options(port, given), port, sickPort, flood: 500 })
      )
      expect((yield* Sink.counts(sickPort)).spans).toBeGreaterThan(0)
      expect(sick.result.flooded).toBeGreaterThan(0.1)
      expect(sick.result.flooded).toBeLessThan(1)
      positive(sick.result.p99)
    }),
  30_000
)

it("isolate sends the dead tenant's and the slow one's spans where they are kept", () => {
  expect(Isolate.elsewhere(80)).toEqual({
    0: "http://127.0.0.1:80/hang/v1/traces",
    1: "http://127.0.0.1:80/slow/v1/traces"
  })
})

it.scopedLive(
  "evict: an idle tenant, and one that hangs",
  () =>
    Effect.gen(function* () {
      const { result } = yield* measured((port) =>
        Evict.run({ kind: "ours", options: options(port, { batchAge: 10 }), port, trials: 2 })
      )
      positive(result.idle, result.hanging, result.longest)
      expect(result.more).toBeCloseTo(result.hanging - result.idle)
      expect(result.longest).toBeGreaterThanOrEqual(result.hanging)
    }),
  30_000
)

it.scopedLive.each(["ours", "untraced"] as const)("loop: %s", (kind) =>
  Effect.gen(function* () {
    const { result } = yield* measured((port) =>
      Loop.run({ kind, options: options(port, { messages: true }), rate: 50, seconds: 0.5, warm: 100, burst: 50 })
    )
    positive(result.p50, result.p999, result.longest)
    expect(result.p999).toBeGreaterThanOrEqual(result.p50)
    expect(result.made).toBe(kind === "ours" ? 125 * 6 : 0)
  })
)

it.scopedLive(
  "turns: a batch with messages holds the loop for a while",
  () =>
    Effect.gen(function* () {
      const { counts, result } = yield* measured((port) =>
        Turns.run({
          kind: "ours",
          options: options(port, { messages: true, compression: "gzip" }),
          batches: 1,
          warm: 10
        })
      )
      expect(result.made).toBe(21 * 512)
      positive(result.longest, counts.requests)
      expect(result.worst).toBe(result.longest)
      expect(result.paused).toBeGreaterThanOrEqual(result.longest)
    }),
  30_000
)

it.scopedLive("sustain", () =>
  Effect.gen(function* () {
    const { result } = yield* measured((port) => Sustain.run({ kind: "ours", options: options(port), requests: 120 }))
    expect(result.made).toBe(120 * 6)
    positive(result.rate, result.perCore)
  })
)

it.scopedLive("overload", () =>
  Effect.gen(function* () {
    const { result } = yield* measured((port) =>
      Overload.run({ kind: "ours", options: options(port, { room: "default" }), rate: 100, seconds: 0.2 })
    )
    expect(result.dropped).toBe(0)
    positive(result.resident, result.late)
  })
)

it.scopedLive("cold: one tenant after the other", () =>
  Effect.gen(function* () {
    const { counts, result } = yield* measured((port) => Cold.run({ kind: "ours", options: options(port), port }))
    expect(counts.requests).toBe(4)
    positive(result.first, result.later)
  })
)

it.scopedLive("close: all that waits arrives", () =>
  Effect.gen(function* () {
    const { result } = yield* measured((port) =>
      Close.run({ kind: "ours", options: options(port, { batchAge: 60_000 }) })
    )
    expect(result.made).toBe(4 * 2 * 6)
    positive(result.millis)
  })
)

it.live("cache: a hit costs less than an eviction", () =>
  Effect.gen(function* () {
    const { eviction, hit } = yield* Cache.run({ rounds: 3 })
    positive(hit)
    expect(eviction).toBeGreaterThan(hit)
  })
)
