/** What an outage has left on disk in many small records comes back in full batches, and not one record at a time. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId, DiskSpool, Spool } from "@tenant-tracer/tracer"
import { Context, Effect, Layer, Redacted } from "effect"
import { backends, call, routeTo, tracer } from "../support/backends.js"

const id = DestinationId.make({ tenant: "acme", name: "acme" })
const requests = 60

it.scopedLive("sixty small records are a few requests, at once", () =>
  Effect.gen(function* () {
    const path = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "catch-up-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
    )
    const disk = DiskSpool.layer({ directory: path, key: Redacted.make("k".repeat(32)) })
    const { received, script, spans, to, awaitSpans } = yield* backends("acme")
    const route = routeTo("acme", [to("acme")])
    yield* script("acme", Fault.forever(Fault.status(503)))

    let spool: Spool.Spool.Service | undefined
    const first = yield* tracer(
      { spool: { writeAfter: "1 millis" }, shutdownDeadline: "100 millis" },
      {},
      Layer.tap(disk, (context) =>
        Effect.sync(() => {
          spool = Context.get(context, Spool.Spool)
        })
      )
    )
    const written = (count: number) =>
      Effect.repeat(Effect.zipRight(Effect.sleep("1 millis"), spool?.stats ?? Effect.die("no spool")), {
        until: ({ records }) => records >= count
      })
    for (let made = 1; made <= requests; made++) {
      yield* first.run(call(route))
      yield* written(made)
    }
    yield* first.close
    yield* script("acme")

    const maxAge = "1 second"
    const next = yield* tracer({ batch: { maxSpans: 64, maxAge } }, {}, disk)
    yield* next.run(call(route))
    yield* awaitSpans("acme", 2 * requests + 2)
    expect(new Set((yield* spans("acme")).map(({ spanId }) => spanId)).size).toBe(2 * requests + 2)
    expect((yield* received("acme")).length).toBeLessThanOrEqual(4)
    yield* next.flush
    expect(yield* next.row(id)).toMatchObject({ made: 2 * requests + 2, spooled: 0, dropped: {} })
    expect(yield* next.balanced).toBe(true)
  })
)

it.scopedLive("where memory has room for less than a record, it is read again only when there is room", () =>
  Effect.gen(function* () {
    const refs = new Map<string, number>()
    const base = Context.get(yield* Layer.build(Spool.layerMemory()), Spool.Spool)
    const counted: Spool.Spool.Service = {
      ...base,
      read: (ref) => {
        const key = `${ref.segment} ${ref.offset}`
        refs.set(key, (refs.get(key) ?? 0) + 1)
        return base.read(ref)
      }
    }
    const { awaitSpans, script, to } = yield* backends("acme")
    const { flush, row, run, resume } = yield* tracer(
      { queue: { maxSpans: 4 }, spool: { writeAfter: "1 millis" }, breaker: { failures: 1, minWait: "1 minute" } },
      {},
      Layer.succeed(Spool.Spool, counted)
    )
    const route = routeTo("acme", [to("acme")])
    yield* script("acme", Fault.forever(Fault.status(503)))
    for (let made = 2; made <= 40; made += 2) {
      yield* run(call(route))
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("1 millis"), base.stats), {
        until: ({ spans }) => spans === made
      })
    }
    yield* script("acme")
    yield* resume(id)
    const going = yield* Effect.fork(Effect.forever(Effect.zipRight(flush, Effect.sleep("5 millis"))))
    yield* awaitSpans("acme", 40)
    yield* Effect.repeat(Effect.zipRight(Effect.sleep("1 millis"), row(id)), { until: (now) => now?.delivered === 40 })
    yield* going.interruptAsFork(going.id())
    expect(Math.max(...refs.values())).toBeLessThanOrEqual(40)
  })
)
