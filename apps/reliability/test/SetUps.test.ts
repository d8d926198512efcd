/** Where nothing goes wrong, every set-up delivers everything: what the table shows is the fault, and not how a set-up was set up. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { kinds } from "../src/SetUp.js"
import { outcome, stage } from "../src/scenarios/Arrival.js"

it.scopedLive.each(kinds)(
  "%s: all spans arrive once, at the tenant that they belong to",
  (kind) =>
    Effect.gen(function* () {
      const it = yield* stage(kind)
      const globex = yield* it.tenant("globex")
      yield* it.subject.emit(it.acme, 20)
      yield* it.subject.emit(globex, 10)
      const end = yield* it.subject.open(globex)
      yield* end
      yield* it.subject.flush
      expect(yield* outcome(it, 20, 120_000)).toEqual({
        made: 40,
        received: 40,
        again: 0,
        said: { lost: 0, errors: 0, waiting: 0 },
        notes: []
      })
      yield* it.await(globex, 22, 120_000)
      expect(yield* it.arrived(globex)).toEqual({ spans: 22, again: 0 })
      const spans = yield* it.receiver.spans("acme")
      // A root and a model call below it, in every set-up.
      expect(spans.filter(({ parentSpanId }) => parentSpanId === "")).toHaveLength(20)
      expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(20)
      yield* it.subject.shutdown
      expect((yield* it.subject.footprint).timers).toBeLessThanOrEqual(1)
    }),
  300_000
)

it.scopedLive(
  "a process that is asked for what it cannot do says so, and one that has ended does not keep anyone waiting",
  () =>
    Effect.gen(function* () {
      const { acme, subject } = yield* stage("stock")
      yield* subject.shutdown
      yield* subject.signal("SIGKILL")
      yield* subject.ended
      expect((yield* Effect.flip(subject.emit(acme, 1))).message).toContain("it has ended")
    }),
  300_000
)
