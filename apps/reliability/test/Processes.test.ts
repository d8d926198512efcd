/** TenantTracer in a process that is killed, stopped, or may not write any more. */
import { expect, it } from "@effect/vitest"
import { Fault } from "@tenant-tracer/receiver"
import { DiskSpool, Spool } from "@tenant-tracer/tracer"
import { Context, Effect, Layer, Redacted } from "effect"
import * as Directory from "../src/Directory.js"
import { spansPerRequest } from "../src/SetUp.js"
import * as Subject from "../src/Subject.js"
import { stage } from "../src/scenarios/Arrival.js"

const probes = [250, 1000] as const

/** How many spans are on a disk that nobody else uses now. */
const onDisk = (directory: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const context = yield* Layer.build(DiskSpool.layer({ directory, key: Redacted.make("k".repeat(32)) }))
      const refs = yield* Context.get(context, Spool.Spool).recovered
      return refs.reduce((sum, { count }) => sum + count, 0)
    })
  )

it.scopedLive(
  "kill -9 in the middle of a stream of requests: what was on disk arrives after the restart",
  () =>
    Effect.gen(function* () {
      const spool = yield* Directory.make
      const it = yield* stage("ours", { spool, probes })
      yield* it.script(it.acme, Fault.forever(Fault.hang))
      let requests = 0
      const streaming = yield* Effect.fork(
        Effect.forever(
          Effect.zipRight(
            it.subject.emit(it.acme, 20),
            Effect.sync(() => {
              requests += 20
            })
          )
        )
      )
      // In the middle: some are written, some are on their way, some have not been made.
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => requests >= 1000 })
      yield* it.subject.signal("SIGKILL")
      yield* it.subject.ended
      yield* streaming.await
      const spooled = yield* onDisk(spool)
      expect(spooled).toBeGreaterThan(0)
      expect(spooled).toBeLessThanOrEqual((requests + 20) * spansPerRequest)

      yield* it.script(it.acme)
      const next = yield* Subject.make("ours", { spool, probes })
      yield* next.emit(it.acme, 1)
      expect(yield* it.await(it.acme, spooled + spansPerRequest, 120_000)).toBe(true)
      yield* next.flush
      expect((yield* it.arrived(it.acme)).spans).toBe(spooled + spansPerRequest)
      expect(yield* next.said).toEqual({ lost: 0, errors: 0, waiting: 0 })
      yield* next.shutdown
      yield* next.signal("SIGKILL")
      yield* next.ended
      expect(yield* onDisk(spool)).toBe(0)
    }),
  300_000
)

it.scopedLive(
  "a disk that takes no more costs no span that memory holds",
  () =>
    Effect.gen(function* () {
      const spool = yield* Directory.make
      // A file may have 20 KiB; what is longer is refused by the system.
      const it = yield* stage("ours", { spool, probes, fileBlocks: 20 })
      yield* it.script(it.acme, Fault.forever(Fault.status(503)))
      for (let portion = 0; portion < 20; portion++) {
        yield* it.subject.emit(it.acme, 50)
        yield* Effect.sleep("20 millis")
      }
      yield* it.script(it.acme)
      expect(yield* it.await(it.acme, 1000 * spansPerRequest, 120_000)).toBe(true)
      yield* it.subject.flush
      expect(yield* it.subject.said).toEqual({ lost: 0, errors: 0, waiting: 0 })
    }),
  300_000
)

it.scopedLive(
  "a process that is stopped for a while goes on where it was, without haste",
  () =>
    Effect.gen(function* () {
      const it = yield* stage("ours", { probes })
      yield* it.script(it.acme, Fault.forever(Fault.delay("300 millis")))
      yield* it.subject.emit(it.acme, 1000)
      yield* it.receiver.awaitRequests(it.acme.id, 1)
      yield* it.subject.signal("SIGSTOP")
      yield* Effect.sleep("3 seconds")
      yield* it.subject.signal("SIGCONT")
      yield* it.subject.emit(it.acme, 100)
      yield* it.subject.flush
      expect(yield* it.await(it.acme, 1100 * spansPerRequest, 120_000)).toBe(true)
      expect(yield* it.arrived(it.acme)).toEqual({ spans: 1100 * spansPerRequest, again: 0 })
      expect((yield* it.receiver.received(it.acme.id)).length).toBeLessThan(12)
      expect(yield* it.subject.said).toEqual({ lost: 0, errors: 0, waiting: 0 })
    }),
  300_000
)
