/** A credential that must not be used any more, and one that takes its place. Over real HTTP. */
import { type AddressInfo, createServer, type Socket } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import * as Destination from "@tenant-tracer/model/Destination"
import { Fault } from "@tenant-tracer/receiver"
import { type CredentialAudit, DestinationId, TenantTracer, type TracingConfig } from "@tenant-tracer/tracer"
import { Chunk, Deferred, Effect, Either, Fiber, Option, Redacted, Stream } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { eventually, until } from "./support/servers.js"
import { textOf } from "./support/tracing.js"

const id = DestinationId.make({ tenant: "acme", name: "acme" })
const quick = { batch: { maxSpans: 2, maxAge: "1 hour" } } as const
const canary = "canary-5e3f-credential"

const headers = (key: string): DestinationAuth => ({ _tag: "Headers", headers: { "x-key": Redacted.make(key) } })

/** A server that keeps every byte of every connection and answers nothing. */
const wire = Effect.map(
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly close: () => void; readonly self: Wire }>((resume) => {
      const sockets = new Set<Socket>()
      const self: Wire = { bytes: "", connections: 0, open: () => sockets.size }
      const server = createServer((socket) => {
        self.connections++
        sockets.add(socket)
        socket.on("data", (chunk) => {
          self.bytes += chunk.toString("latin1")
        })
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const close = () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, close, self }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ),
  ({ port, self }) => ({
    self,
    destination: (key: string) =>
      Either.getOrThrow(
        Destination.make({
          name: "acme",
          endpoint: `http://127.0.0.1:${port}/v1/traces`,
          headers: { "x-key": Redacted.make(key) }
        })
      )
  })
)

interface Wire {
  bytes: string
  connections: number
  readonly open: () => number
}

/** Keeps the uses of credentials; the first few are heard before this is done. */
const listening = (uses: Stream.Stream<CredentialAudit.CredentialUse>) =>
  Effect.gen(function* () {
    const heard: Array<CredentialAudit.CredentialUse> = []
    yield* Effect.forkScoped(Stream.runForEach(uses, (use) => Effect.sync(() => heard.push(use))))
    yield* Effect.repeatN(Effect.yieldNow(), 20)
    return { heard, kinds: () => heard.map(({ use }) => use) }
  })

describe("when it returns, no further byte carries the credential", () => {
  it.scopedLive("in flight, in the queue, in a route that is kept, in a new one with the same settings", () =>
    Effect.gen(function* () {
      const { destination, self } = yield* wire
      const { balanced, credentialUses, flush, row, run, status } = yield* tracer(quick)
      const { heard } = yield* listening(credentialUses)
      const kept = routeTo("acme", [destination(canary)])
      for (let index = 0; index < 5; index++) yield* run(call(kept))
      yield* until(() => self.bytes.split(canary).length === 3)
      expect((yield* status).sending).toEqual({ sending: 2, slow: 0, waiting: 0 })

      expect(yield* run(TenantTracer.revoke(id))).toBe(true)
      const { bytes, connections } = self
      yield* until(() => self.open() === 0)
      expect(yield* row(id)).toMatchObject({ made: 10, held: 0, dropped: { revoked: 10 } })

      for (let index = 0; index < 3; index++) {
        yield* run(call(kept))
        yield* run(call(routeTo("acme", [destination(canary)])))
        yield* flush
      }
      expect([self.bytes, self.connections]).toEqual([bytes, connections])
      const after = yield* status
      expect(yield* row(id)).toMatchObject({ made: 16, dropped: { revoked: 16 }, denied: { revoked: 3 } })
      expect(after.sending).toEqual({ sending: 0, slow: 0, waiting: 0 })
      expect(after.budget).toMatchObject({ used: 0, names: 1 })
      expect(yield* balanced).toBe(true)
      expect(heard.map(({ use }) => use)).toEqual(["sent", "sent", "revoked"])
      for (const shown of [heard, after, yield* run(TenantTracer.explain("acme", "x"))])
        expect(textOf(shown)).not.toContain(canary)
    })
  )

  it.scopedLive("while its provider is evicted and still sends what is left", () =>
    Effect.gen(function* () {
      const { destination, self } = yield* wire
      const { to } = yield* backends("globex")
      const { balanced, row, run, status } = yield* tracer({ ...quick, cache: { capacity: 1 } })
      for (let index = 0; index < 5; index++) yield* run(call(routeTo("acme", [destination(canary)])))
      yield* until(() => self.bytes.split(canary).length === 3)
      yield* run(call(routeTo("globex", [to("globex")])))
      expect((yield* status).providers).toMatchObject({ size: 1, reaping: 1 })
      yield* run(TenantTracer.revoke({ tenant: "acme", destination: "acme" }))
      const { bytes } = self
      yield* until(() => self.open() === 0)
      expect(self.bytes).toBe(bytes)
      expect(yield* row(id)).toMatchObject({ made: 10, held: 0, dropped: { revoked: 10 } })
      yield* eventually(status, ({ providers }) => providers.reaping === 0)
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("nobody else's, though the back end is the same", () =>
    Effect.gen(function* () {
      const { received, spans, to } = yield* backends("acme", "second", "globex")
      const { flush, run } = yield* tracer(quick)
      const both = routeTo("acme", [to("acme"), to("second")])
      yield* run(TenantTracer.revoke(id))
      yield* run(call(both))
      yield* run(TenantTracer.revoke(id))
      yield* run(call(both))
      yield* run(call(routeTo("globex", [to("globex")])))
      yield* flush
      expect((yield* received("acme")).length).toBeLessThanOrEqual(1)
      expect([(yield* spans("second")).length, (yield* spans("globex")).length]).toEqual([4, 2])
    })
  )
})

describe("a rotation", () => {
  it.scopedLive("the old one and the new one both deliver, until the old one is revoked", () =>
    Effect.gen(function* () {
      const { received, spans, to } = yield* backends("old", "new")
      const { balanced, flush, row, run } = yield* tracer(quick)
      const [before, after] = [to("acme", { key: "old" }), to("acme", { key: "new" })]
      const [old, renewed] = [routeTo("acme", [before]), routeTo("acme", [after])]
      for (let index = 0; index < 3; index++) {
        yield* run(call(old))
        yield* run(call(renewed))
        yield* flush
      }
      expect([(yield* spans("old")).length, (yield* spans("new")).length]).toEqual([6, 6])
      yield* run(TenantTracer.pause(id))
      yield* run(call(old))
      yield* run(call(renewed))
      expect(yield* run(TenantTracer.revoke(id, { keep: after }))).toBe(true)
      yield* run(TenantTracer.resume(id))
      yield* flush
      yield* run(call(old))
      yield* run(call(renewed))
      yield* flush
      expect((yield* received("old")).length).toBe(3)
      expect((yield* spans("new")).length, "what waited came along").toBe(12)
      expect(yield* row(id)).toMatchObject({ made: 20, delivered: 18, dropped: { revoked: 2 } })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("with nothing to keep, both end, and nothing that waits goes from one to the other", () =>
    Effect.gen(function* () {
      const { received, spans, to } = yield* backends("old", "new", "newer")
      const { flush, row, run } = yield* tracer(quick)
      yield* run(TenantTracer.pause(id))
      for (const key of ["old", "new"]) yield* run(call(routeTo("acme", [to("acme", { key })])))
      yield* run(TenantTracer.revoke(id))
      yield* run(TenantTracer.resume(id))
      yield* run(call(routeTo("acme", [to("acme", { key: "newer" })])))
      yield* flush
      expect([...(yield* received("old")), ...(yield* received("new"))]).toEqual([])
      expect((yield* spans("newer")).length).toBe(2)
      expect(yield* row(id)).toMatchObject({ made: 6, delivered: 2, dropped: { revoked: 4 } })
    })
  )

  it.scopedLive.each([
    ["nobody can be asked for it", undefined],
    ["whoever is asked knows of none", { resolve: () => Effect.succeedNone }]
  ] as const)("the old one is refused: what waited for it arrives through the new one, once; %s", ([_, credentials]) =>
    Effect.gen(function* () {
      const { refusals, script, spans, to } = yield* backends("old", "new")
      yield* script("old", Fault.forever(Fault.status(401)))
      const { balanced, flush, row, run } = yield* tracer({ ...quick, credentials })
      yield* run(TenantTracer.pause(id))
      for (const key of ["old", "old", "old", "new"]) yield* run(call(routeTo("acme", [to("acme", { key })])))
      yield* run(TenantTracer.resume(id))
      yield* eventually(Effect.zipRight(flush, row(id)), (row) => row?.held === 0)
      const arrived = (yield* spans("new")).map(({ spanId }) => spanId)
      expect([arrived.length, new Set(arrived).size]).toEqual([8, 8])
      expect((yield* refusals("old")).length).toBeLessThanOrEqual(2)
      expect(yield* row(id)).toMatchObject({ made: 8, delivered: 8, dropped: {}, rejected: {} })
      expect(yield* balanced).toBe(true)
    })
  )
})

describe("a rotation of a tenant that does little", () => {
  const seldom = { ...quick, cache: { idleTimeToLive: "40 millis" }, breaker: { minWait: "1 second" } } as const

  /** What came with the old credential waits; the new one has delivered, and is idle for long. */
  const rotated = (old: Fault.Fault, config: TracingConfig.TracingConfig) =>
    Effect.gen(function* () {
      const { script, spans, to } = yield* backends("old", "new", "other")
      yield* script("old", Fault.forever(old))
      const it = yield* tracer(config)
      const { flush, row, run, status } = it
      yield* run(call(routeTo("acme", [to("acme", { key: "old" })])))
      yield* eventually(row(id), (row) => row?.lastError !== undefined)
      yield* run(call(routeTo("acme", [to("acme", { key: "new" })])))
      yield* run(call(routeTo("globex", [to("other")])))
      yield* flush
      yield* eventually(status, ({ providers }) => providers.evictions > 0 && providers.reaping === 0)
      return { ...it, spans, to }
    })

  it.scopedLive("what the old one could not send goes to the new one when it is refused again", () =>
    Effect.gen(function* () {
      const { balanced, row, spans, status } = yield* rotated(Fault.status(401), seldom)
      yield* eventually(row(id), (row) => row?.held === 0)
      expect(yield* spans("new")).toHaveLength(4)
      expect(yield* row(id)).toMatchObject({ made: 4, delivered: 4, dropped: {} })
      yield* eventually(status, ({ providers }) => providers.reaping === 0 && providers.size <= 1)
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive(
    "what the old one could not send goes to a new one that comes, and does not wait to be refused again",
    () =>
      Effect.gen(function* () {
        const { script, spans, to } = yield* backends("old", "new")
        yield* script("old", Fault.forever(Fault.status(401)))
        const { balanced, close, row, run } = yield* tracer({ ...quick, breaker: { minWait: "1 hour" } })
        yield* run(call(routeTo("acme", [to("acme", { key: "old" })])))
        yield* eventually(row(id), (row) => row?.lastError !== undefined)
        yield* run(call(routeTo("acme", [to("acme", { key: "new" })])))
        yield* eventually(spans("new"), ({ length }) => length === 4)
        yield* close
        expect(yield* row(id)).toMatchObject({ made: 4, delivered: 4, dropped: {} })
        expect(yield* balanced).toBe(true)
      })
  )

  it.scopedLive("and when it is revoked", () =>
    Effect.gen(function* () {
      const { flush, row, run, spans, to } = yield* rotated(Fault.status(503), {
        ...seldom,
        breaker: { failures: 1, minWait: "1 hour" }
      })
      yield* run(TenantTracer.revoke(id, { keep: to("acme", { key: "new" }) }))
      yield* flush
      expect(yield* spans("new")).toHaveLength(4)
      expect(yield* row(id)).toMatchObject({ made: 4, delivered: 4, dropped: {} })
    })
  )
})

describe("a credential that was renewed after a refusal", () => {
  /** Refused with `old`, renewed to `renewed`, which delivers. */
  const renewed = Effect.gen(function* () {
    const receiver = yield* backends("renewed", "new")
    const it = yield* tracer({
      ...quick,
      credentials: { resolve: () => Effect.succeed(Option.some(headers("renewed"))) }
    })
    const audit = yield* listening(it.credentialUses)
    const old = receiver.to("acme", { key: "old" })
    yield* it.run(call(routeTo("acme", [old])))
    yield* it.flush
    expect((yield* receiver.spans("renewed")).length).toBe(2)
    return { ...receiver, ...it, audit, old }
  })

  it.scopedLive("is revoked as well, though no route has shown it", () =>
    Effect.gen(function* () {
      const { flush, received, row, run, to } = yield* renewed
      yield* run(TenantTracer.revoke(id))
      for (const key of ["old", "renewed"]) yield* run(call(routeTo("acme", [to("acme", { key })])))
      yield* flush
      expect((yield* received("renewed")).length).toBe(1)
      expect(yield* row(id)).toMatchObject({ made: 2, delivered: 2, denied: { revoked: 2 } })
    })
  )

  it.scopedLive("is no longer the one of its settings: to keep that stops it", () =>
    Effect.gen(function* () {
      const { audit, flush, old, received, run } = yield* renewed
      yield* run(TenantTracer.pause(id))
      yield* run(call(routeTo("acme", [old])))
      yield* run(TenantTracer.revoke(id, { keep: old }))
      yield* run(TenantTracer.resume(id))
      yield* flush
      expect((yield* received("renewed")).length).toBe(1)
      expect(audit.kinds()).toEqual(["sent", "refused", "renewed", "sent", "revoked"])
    })
  )

  it.scopedLive("goes on where it is the one to keep", () =>
    Effect.gen(function* () {
      const { flush, received, run, to } = yield* renewed
      const keep = to("acme", { key: "renewed" })
      yield* run(TenantTracer.revoke(id, { keep }))
      yield* run(call(routeTo("acme", [keep])))
      yield* flush
      expect((yield* received("renewed")).length).toBe(2)
    })
  )

  it.scopedLive(
    "is not taken from a resolver that was asked before the revocation, and answers with it afterwards",
    () =>
      Effect.gen(function* () {
        const { received, spans, to } = yield* backends("renewed")
        const asked = yield* Deferred.make<void>()
        const answer = yield* Deferred.make<Option.Option<DestinationAuth>>()
        const { balanced, row, run } = yield* tracer({
          ...quick,
          credentials: { resolve: () => Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(answer)) }
        })
        const old = to("acme", { key: "old" })
        yield* run(call(routeTo("acme", [old])))
        yield* Deferred.await(asked)
        yield* run(call(routeTo("acme", [to("acme", { key: "renewed" })])))
        yield* eventually(spans("renewed"), ({ length }) => length === 2)
        yield* run(TenantTracer.revoke(id, { keep: old }))
        yield* Deferred.succeed(answer, Option.some(headers("renewed")))
        yield* eventually(row(id), (row) => row?.lastError?.includes("there is no new one") === true)
        expect((yield* received("renewed")).length).toBe(1)
        expect(yield* row(id)).toMatchObject({ made: 4, delivered: 2, held: 2 })
        expect(yield* balanced).toBe(true)
      })
  )
})

describe("the audit", () => {
  it.scopedLive("says when which destination's was sent, refused and revoked, to which host, and no value", () =>
    Effect.gen(function* () {
      const { script, to, url } = yield* backends(canary)
      const { credentialUses, flush, run } = yield* tracer(quick)
      const three = yield* Effect.fork(Stream.runCollect(Stream.take(credentialUses, 4)))
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      const route = routeTo("acme", [to("acme", { key: canary })])
      yield* run(call(route))
      yield* flush
      yield* script(canary, Fault.forever(Fault.status(403)))
      yield* run(call(route))
      yield* flush
      yield* run(TenantTracer.revoke(id))
      const uses = Chunk.toReadonlyArray(yield* Fiber.join(three))
      const { host } = new URL(url)
      expect(uses.map(({ host, id, use }) => ({ host, id, use }))).toEqual([
        { id, use: "sent", host },
        { id, use: "sent", host },
        { id, use: "refused", host },
        { id, use: "revoked", host: undefined }
      ])
      for (const { time } of uses) expect(Math.abs(time - Date.now())).toBeLessThan(60_000)
      expect(textOf(uses)).not.toContain(canary)
    })
  )
})
