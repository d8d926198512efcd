/** What becomes of spans that cannot be sent now, where there is a disk: over real HTTP and real files. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import type * as Destination from "@tenant-tracer/model/Destination"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId, DiskSpool, Spans, Spool, TenantTracer } from "@tenant-tracer/tracer"
import { Context, Deferred, Effect, FiberId, Layer, Option, Redacted } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { textOf } from "./support/tracing.js"

const id = DestinationId.make({ tenant: "acme", name: "acme" })
const quick = {
  batch: { maxSpans: 2, maxAge: "1 hour" },
  shutdownDeadline: "300 millis",
  spool: { writeAfter: "5 millis" },
  breaker: { failures: 1, minWait: "10 millis", maxWait: "20 millis" }
} as const

const directory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "spooling-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const on = (path: string) => DiskSpool.layer({ directory: path, key: Redacted.make("k".repeat(32)) })

/** The same, and how many spans whoever wrote them knows to be on it. */
const counted = (path: string) => {
  let spans = 0
  const layer = Layer.map(on(path), (context) => {
    const spool = Context.get(context, Spool.Spool)
    return Context.make(Spool.Spool, {
      ...spool,
      append: (record) =>
        Effect.tap(spool.append(record), (ref) => {
          if (Option.isSome(ref)) spans += record.spans.length
        })
    })
  })
  return { layer, spans: Effect.sync(() => spans) }
}

/** The same, where the record that is read first cannot be read. */
const losingFirst = (path: string) =>
  Layer.map(on(path), (context) => {
    const spool = Context.get(context, Spool.Spool)
    const listeners: Array<Parameters<typeof spool.watch>[0]> = []
    let hasLost = false
    return Context.make(Spool.Spool, {
      ...spool,
      watch: (listener) => {
        listeners.push(listener)
        return spool.watch(listener)
      },
      read: (ref) => {
        if (hasLost) return spool.read(ref)
        hasLost = true
        for (const tell of listeners) tell(ref, "spool_damaged")
        return Effect.succeedNone
      }
    })
  })

/** The same, where too many files are open at first. */
const failingFirst = (path: string) =>
  Layer.map(on(path), (context) => {
    const spool = Context.get(context, Spool.Spool)
    let failures = 0
    return Context.make(Spool.Spool, {
      ...spool,
      read: (ref) =>
        Effect.suspend(() =>
          failures++ < 3 ? new Spool.SpoolError({ reason: "read", detail: "EMFILE" }) : spool.read(ref)
        )
    })
  })

/** The same on a disk that takes its time to read. */
const slow = (path: string) =>
  Layer.map(on(path), (context) => {
    const spool = Context.get(context, Spool.Spool)
    return Context.make(Spool.Spool, { ...spool, read: (ref) => Effect.delay(spool.read(ref), "100 millis") })
  })

/** The same on a disk that takes its time to write, and when it has begun to. */
const slowWriting = (path: string) => {
  const begun = Deferred.unsafeMake<void>(FiberId.none)
  const layer = Layer.map(on(path), (context) => {
    const spool = Context.get(context, Spool.Spool)
    return Context.make(Spool.Spool, {
      ...spool,
      append: (record) =>
        Effect.zipRight(Deferred.succeed(begun, undefined), Effect.delay(spool.append(record), "50 millis"))
    })
  })
  return { layer, begun: Deferred.await(begun) }
}

/** The operator's store of settings, which holds just these. */
const store = (...destinations: ReadonlyArray<Destination.Destination>) => ({
  resolve: (wanted: DestinationId.DestinationId) =>
    Effect.succeed(Option.fromNullable(destinations.find(({ name }) => name === DestinationId.name(wanted))))
})

/** Every file of a directory, as text. */
const contents = (path: string) =>
  Effect.promise(async () => {
    const names = await readdir(path)
    const files = await Promise.all(names.map((name) => readFile(join(path, name))))
    return files.map((file) => file.toString("latin1")).join("\n")
  })

/** Nothing is tried again before somebody says so. */
const patient = { ...quick, breaker: { failures: 1, minWait: "1 minute" } } as const

/** Looks again until it is so. */
const until = (isSo: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.zipRight(Effect.sleep("5 millis"), isSo), { until: (so) => so, times: 2000 })

describe("a back end that is down when the process ends", () => {
  const interrupted = Effect.gen(function* () {
    const path = yield* directory
    const back = yield* backends("acme")
    yield* back.script("acme", Fault.forever(Fault.status(503)))
    const first = yield* tracer(quick, {}, on(path))
    const route = routeTo("acme", [back.to("acme")])
    for (let index = 0; index < 3; index++) yield* first.run(call(route))
    yield* first.flush
    yield* first.close
    expect(yield* first.row(id)).toMatchObject({ made: 6, delivered: 0, dropped: {}, held: 0, spooled: 6 })
    expect(yield* first.balanced).toBe(true)
    yield* back.script("acme")
    return { ...back, path, route }
  })

  it.scopedLive("the next process asks where it may go, and delivers each span once", () =>
    Effect.gen(function* () {
      const { path, spans, to } = yield* interrupted
      const next = yield* tracer({ ...quick, spool: { ...quick.spool, ...store(to("acme")) } }, {}, on(path))
      yield* until(
        Effect.zipRight(
          next.flush,
          Effect.map(next.row(id), (row) => row?.delivered === 6)
        )
      )
      expect(new Set((yield* spans("acme")).map(({ spanId }) => spanId)).size).toBe(6)
      expect(yield* next.row(id)).toMatchObject({ made: 6, delivered: 6, spooled: 0 })
      expect(yield* next.balanced).toBe(true)
      yield* next.close
      const last = yield* tracer(quick, {}, on(path))
      expect(yield* last.row(id), "nothing is given twice").toBeUndefined()
    })
  )

  it.scopedLive("without a store to ask, it waits for the tenant's next request", () =>
    Effect.gen(function* () {
      const { path, route, spans } = yield* interrupted
      const next = yield* tracer(quick, {}, on(path))
      expect(yield* next.row(id)).toMatchObject({ made: 6, spooled: 6 })
      yield* next.run(call(route))
      yield* until(Effect.map(next.row(id), (row) => row?.spooled === 0))
      yield* next.flush
      expect(yield* spans("acme")).toHaveLength(8)
      expect(yield* next.balanced).toBe(true)
    })
  )

  it.scopedLive("what was removed meanwhile receives nothing, and it is counted", () =>
    Effect.gen(function* () {
      const { path, received } = yield* interrupted
      const next = yield* tracer({ ...quick, spool: { ...quick.spool, ...store() } }, {}, on(path))
      yield* until(Effect.map(next.row(id), (row) => row?.spooled === 0))
      expect(yield* next.row(id)).toMatchObject({ made: 6, dropped: { not_allowed: 6 } })
      expect(yield* received("acme")).toEqual([])
      expect(yield* next.balanced).toBe(true)
    })
  )

  it.scopedLive("what its back end no longer takes is dropped as too old", () =>
    Effect.gen(function* () {
      const { path, to } = yield* interrupted
      const strict = to("acme", { limits: { oldestSpan: 0.001 } })
      const next = yield* tracer({ ...quick, spool: { ...quick.spool, ...store(strict) } }, {}, on(path))
      yield* until(
        Effect.zipRight(
          next.flush,
          Effect.map(next.row(id), (row) => row?.spooled === 0 && row.held === 0)
        )
      )
      expect(yield* next.row(id)).toMatchObject({ made: 6, delivered: 0, dropped: { too_old: 6 } })
    })
  )

  it.scopedLive("a store that does not answer costs nothing but time", () =>
    Effect.gen(function* () {
      const { path } = yield* interrupted
      let asked = 0
      const resolve = () => Effect.sync(() => asked++).pipe(Effect.zipRight(Effect.die("no database")))
      const next = yield* tracer({ ...quick, spool: { ...quick.spool, resolve } }, {}, on(path))
      yield* until(Effect.sync(() => asked > 0))
      expect(yield* next.row(id)).toMatchObject({ made: 6, spooled: 6 })
      yield* next.close
      expect(yield* next.balanced).toBe(true)
    })
  )
})

it.scopedLive("a record that is lost on disk does not keep those behind it waiting", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const back = yield* backends("acme")
    yield* back.script("acme", Fault.forever(Fault.status(503)))
    const { layer, spans } = counted(path)
    const first = yield* tracer(quick, {}, layer)
    for (const written of [2, 4, 6]) {
      yield* first.run(call(routeTo("acme", [back.to("acme")])))
      // In a record of its own.
      yield* until(Effect.map(spans, (count) => count === written))
    }
    yield* first.close
    yield* back.script("acme")
    const next = yield* tracer({ ...quick, spool: store(back.to("acme")) }, {}, losingFirst(path))
    yield* until(
      Effect.zipRight(
        next.flush,
        Effect.map(next.row(id), (row) => row?.delivered === 4)
      )
    )
    expect(yield* next.row(id)).toMatchObject({ made: 6, dropped: { spool_damaged: 2 }, held: 0, spooled: 0 })
    expect(yield* next.balanced).toBe(true)
  })
)

it.scopedLive("a record that cannot be read just now is read a moment later, though nobody asks for it", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const back = yield* backends("acme")
    yield* back.script("acme", Fault.forever(Fault.status(503)))
    const first = yield* tracer(quick, {}, on(path))
    yield* first.run(call(routeTo("acme", [back.to("acme")])))
    yield* first.close
    yield* back.script("acme")
    const next = yield* tracer({ ...quick, spool: store(back.to("acme")) }, {}, failingFirst(path))
    yield* back.awaitSpans("acme", 2)
    yield* until(Effect.map(next.row(id), (row) => row?.delivered === 2))
    expect(yield* next.row(id)).toMatchObject({ made: 2, dropped: {}, held: 0, spooled: 0 })
    expect(yield* next.balanced).toBe(true)
  })
)

it.scopedLive("what is being written when the process ends is on the disk then", () =>
  Effect.gen(function* () {
    const { script, to } = yield* backends("acme")
    yield* script("acme", Fault.forever(Fault.status(503)))
    const { begun, layer } = slowWriting(yield* directory)
    const { balanced, close, row, run } = yield* tracer(quick, {}, layer)
    yield* run(call(routeTo("acme", [to("acme")])))
    yield* begun
    yield* close
    expect(yield* row(id)).toMatchObject({ made: 2, spooled: 2, dropped: {}, held: 0 })
    expect(yield* balanced).toBe(true)
  })
)

it.scopedLive("more than memory holds goes to disk instead of being dropped, and comes back", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const { script, spans, to } = yield* backends("acme")
    yield* script("acme", Fault.forever(Fault.status(503)))
    const disk = counted(path)
    const { balanced, flush, row, run } = yield* tracer({ ...patient, queue: { maxSpans: 4 } }, {}, disk.layer)
    const route = routeTo("acme", [to("acme")])
    for (let made = 2; made <= 20; made += 2) {
      yield* run(call(route))
      // What is on its way cannot leave memory.
      yield* flush
      // What is not written yet cannot leave memory without loss.
      yield* until(Effect.map(disk.spans, (spans) => spans === made))
    }
    const before = yield* row(id)
    expect(before?.dropped).toEqual({})
    expect(before?.held).toBeLessThanOrEqual(4)
    expect(before?.spooled).toBeGreaterThanOrEqual(16)
    expect(yield* balanced).toBe(true)
    yield* script("acme")
    yield* run(TenantTracer.resume(id))
    yield* until(
      Effect.zipRight(
        flush,
        Effect.map(row(id), (now) => now?.delivered === 20)
      )
    )
    expect(new Set((yield* spans("acme")).map(({ spanId }) => spanId)).size).toBe(20)
    expect(yield* row(id)).toMatchObject({ made: 20, delivered: 20, dropped: {}, held: 0, spooled: 0 })
    expect(yield* balanced).toBe(true)
  })
)

it.scopedLive("what is on a slow disk comes back though its provider has had nothing to do for long", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const back = yield* backends("acme")
    yield* back.script("acme", Fault.forever(Fault.status(503)))
    const route = routeTo("acme", [back.to("acme")])
    const first = yield* tracer(quick, {}, on(path))
    yield* first.run(call(route))
    yield* first.flush
    yield* first.close
    yield* back.script("acme")
    const next = yield* tracer({ ...quick, cache: { idleTimeToLive: "10 millis" } }, {}, slow(path))
    yield* next.run(call(route))
    yield* next.flush
    yield* until(Effect.map(next.status, ({ providers }) => providers.size === 0))
    expect(yield* next.row(id)).toMatchObject({ made: 4, delivered: 4, spooled: 0 })
    expect(yield* next.balanced).toBe(true)
  })
)

it.scopedLive("what was being read back for a revoked credential goes to the one that came after it", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const back = yield* backends("old", "new")
    yield* back.script("old", Fault.forever(Fault.status(503)))
    const main = DestinationId.make({ tenant: "acme", name: "main" })
    const [older, newer] = [back.to("main", { key: "old" }), back.to("main", { key: "new" })]
    const first = yield* tracer(quick, {}, on(path))
    yield* first.run(call(routeTo("acme", [older])))
    yield* first.flush
    yield* first.close
    expect(yield* first.row(main)).toMatchObject({ spooled: 2 })
    const { balanced, row, run } = yield* tracer(quick, {}, slow(path))
    for (const destination of [older, newer]) yield* run(call(routeTo("acme", [destination])))
    yield* run(TenantTracer.revoke(main, { keep: newer }))
    yield* until(Effect.map(row(main), (now) => now?.delivered === 6))
    expect(yield* row(main)).toMatchObject({ made: 6, delivered: 6, dropped: {}, spooled: 0, held: 0 })
    expect(yield* back.spans("new")).toHaveLength(6)
    expect(yield* balanced).toBe(true)
  })
)

it.scopedLive("what a revoked credential leaves waits for the next one", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const { received, script, spans, to } = yield* backends("old", "new")
    yield* script("old", Fault.forever(Fault.status(503)))
    const disk = counted(path)
    const { balanced, flush, row, run } = yield* tracer(quick, {}, disk.layer)
    const main = DestinationId.make({ tenant: "acme", name: "main" })
    yield* run(call(routeTo("acme", [to("main", { key: "old" })])))
    yield* flush
    yield* until(Effect.map(disk.spans, (spans) => spans === 2))
    yield* run(TenantTracer.revoke(main))
    expect(yield* row(main)).toMatchObject({ made: 2, spooled: 2, dropped: {} })
    const tried = (yield* received("old")).length
    yield* run(call(routeTo("acme", [to("main", { key: "new" })])))
    yield* until(Effect.map(row(main), (now) => now?.spooled === 0))
    yield* flush
    expect(yield* spans("new")).toHaveLength(4)
    expect((yield* received("old")).length).toBe(tried)
    expect(yield* balanced).toBe(true)
  })
)

it.scopedLive("a trace that was on disk is explained to the end", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const { script, spans, to } = yield* backends("acme")
    yield* script("acme", Fault.forever(Fault.status(503)))
    const disk = counted(path)
    const { flush, row, run } = yield* tracer({ ...patient, queue: { maxSpans: 2 } }, {}, disk.layer)
    const route = routeTo("acme", [to("acme")])
    yield* run(call(route))
    yield* until(Effect.map(disk.spans, (spans) => spans === 2))
    yield* flush
    yield* run(call(route))
    expect((yield* row(id))?.spooled).toBe(2)
    yield* script("acme")
    yield* run(TenantTracer.resume(id))
    yield* until(
      Effect.zipRight(
        flush,
        Effect.map(row(id), (now) => now?.delivered === 4)
      )
    )
    for (const { traceId } of yield* spans("acme")) {
      const explained = yield* run(TenantTracer.explain("acme", traceId))
      expect(explained.destinations).toMatchObject([{ id, made: 2, delivered: 2, held: 0, spooled: 0 }])
    }
  })
)

it.scopedLive("neither a prompt nor a credential can be read on the disk, nor what a destination may not see", () =>
  Effect.gen(function* () {
    const path = yield* directory
    const { bytes, script, to } = yield* backends("acme", "other")
    for (const key of ["acme", "other"]) yield* script(key, Fault.forever(Fault.status(503)))
    const config = { ...quick, content: "full" } as const
    const first = yield* tracer(config, {}, on(path))
    const spoken = Effect.void.pipe(
      Spans.llmCall({
        operation: "chat",
        provider: "openai",
        requestModel: "gpt-4o",
        inputMessages: [{ role: "user", parts: [{ type: "text", content: "CANARY-PROMPT" }] }]
      })
    )
    const destinations = [to("acme", { content: "full" }), to("other")]
    yield* first.run(spoken.pipe(TenantTracer.withRoute(routeTo("acme", destinations))))
    yield* first.flush
    yield* first.close
    expect(textOf(yield* first.status)).not.toContain("CANARY-PROMPT")
    expect(yield* contents(path)).not.toMatch(/CANARY|x-key|gpt-4o/)
    for (const key of ["acme", "other"]) yield* script(key)
    // The other may see content now; what was said before was not kept for it.
    const open = [to("acme", { content: "full" }), to("other", { content: "full" })]
    const next = yield* tracer({ ...config, spool: { ...quick.spool, ...store(...open) } }, {}, on(path))
    yield* until(
      Effect.zipRight(
        next.flush,
        Effect.map(next.status, ({ ledger }) => ledger.total.delivered === 4)
      )
    )
    expect(yield* bytes("acme")).toContain("CANARY-PROMPT")
    expect(yield* bytes("other")).toContain("gpt-4o")
    expect(yield* bytes("other")).not.toContain("CANARY-PROMPT")
  })
)

it.scopedLive("each span is written as its own provider may see it, whoever else has the destination's name", () =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const layer = Layer.map(Spool.layerMemory(), (context) => {
      const spool = Context.get(context, Spool.Spool)
      return Context.make(Spool.Spool, {
        ...spool,
        append: (record) => {
          for (const bytes of record.spans) written.push(Buffer.from(bytes).toString())
          return spool.append(record)
        }
      })
    })
    const { script, to } = yield* backends("old", "new")
    for (const key of ["old", "new"]) yield* script(key, Fault.forever(Fault.status(503)))
    const { run } = yield* tracer({ ...quick, content: "full" }, {}, layer)
    const ask = (key: "old" | "new", content: "full" | "none", text: string) =>
      Effect.void.pipe(
        Spans.llmCall({
          operation: "chat",
          provider: "openai",
          requestModel: "gpt-4o",
          inputMessages: [{ role: "user", parts: [{ type: "text", content: text }] }]
        }),
        TenantTracer.withRoute(routeTo("acme", [to("acme", { key, content })])),
        run
      )
    yield* ask("new", "none", "CANARY-NEW")
    yield* ask("old", "full", "CANARY-OLD")
    yield* until(Effect.sync(() => written.length === 4))
    expect(["CANARY-NEW", "CANARY-OLD"].map((canary) => written.some((text) => text.includes(canary)))).toEqual([
      false,
      true
    ])
  })
)
