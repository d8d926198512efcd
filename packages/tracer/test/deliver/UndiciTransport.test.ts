/** When sockets are closed, and which TLS identity they have, counted at real servers. */
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import { EndpointPolicy, TenantTracer } from "@tenant-tracer/tracer"
import { Deferred, Effect, Either, Exit, Fiber, Redacted, Scope, TestClock } from "effect"
import { Transport, type TransportRequest } from "../../src/deliver/Transport.js"
import * as UndiciTransport from "../../src/deliver/UndiciTransport.js"
import { call, routeTo, tracer } from "../support/backends.js"
import { eventually, type Listening, listening, pem, resolver, until } from "../support/servers.js"
import { vocabularies } from "../support/tracing.js"

const post = (url: string, options: Partial<TransportRequest> = {}) =>
  Effect.flatMap(Transport, (transport) =>
    transport.send({ method: "POST", url, headers: {}, body: Buffer.from("x"), timeout: "10 seconds", ...options })
  )

const stats = Effect.flatMap(Transport, (transport) => transport.stats)

const urlOf = ({ port }: Listening) => `http://127.0.0.1:${port}/`

/** Nothing is closed for being idle. */
const patient = UndiciTransport.layer({ idleTimeToLive: "1 hour", connections: 1 })

it.scoped("a request that cannot be made takes no connection from those that can", () =>
  Effect.gen(function* () {
    const server = yield* listening("127.0.0.1")
    const release = (yield* Transport).hold({ url: urlOf(server) })
    for (let time = 0; time < 3; time++) {
      const refused = yield* Effect.either(post(urlOf(server), { headers: { "bad header": "" } }))
      expect(Either.mapLeft(refused, ({ reason }) => reason)).toEqual(Either.left("other"))
      expect((yield* post(urlOf(server))).status).toBe(200)
    }
    release()
    yield* until(() => server.open() === 0)
    expect(yield* stats).toEqual({ pools: 0, connections: 0 })
  }).pipe(Effect.provide(patient))
)

it.scopedLive("an answer that came while the process was busy is read, however long that took", () =>
  Effect.gen(function* () {
    const server = yield* listening("127.0.0.1", {
      answer: (response) => {
        response.end()
        const until = performance.now() + 150
        while (performance.now() < until);
      }
    })
    expect((yield* post(urlOf(server), { timeout: "50 millis" })).status).toBe(200)
  }).pipe(Effect.provide(patient))
)

describe("whoever holds a target", () => {
  it.scoped("closes its sockets when they let go, and not before the last of them", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1")
      const { hold } = yield* Transport
      const [first, second] = [hold({ url: urlOf(server) }), hold({ url: `${urlOf(server)}other/path?a=b` })]
      yield* post(urlOf(server))
      expect(server.open()).toBe(1)
      first()
      first()
      yield* post(urlOf(server))
      expect([server.open(), server.connections()]).toEqual([1, 1])
      second()
      yield* until(() => server.open() === 0)
      expect(yield* stats).toEqual({ pools: 0, connections: 0 })
    }).pipe(Effect.provide(patient))
  )

  it.scoped("does not cut off a request that is on its way", () =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      let answer = () => {}
      const server = yield* listening("127.0.0.1", {
        answer: (response) => {
          answer = () => void response.end("late")
          Deferred.unsafeDone(arrived, Effect.void)
        }
      })
      const release = (yield* Transport).hold({ url: urlOf(server) })
      const sending = yield* Effect.fork(post(urlOf(server)))
      yield* Deferred.await(arrived)
      release()
      answer()
      expect(Buffer.from((yield* Fiber.join(sending)).body).toString()).toBe("late")
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(patient))
  )

  it.scoped("who comes while the last request of the one before is on its way finds the sockets open", () =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      let answer = () => {}
      const server = yield* listening("127.0.0.1", {
        answer: (response) => {
          answer = () => void response.end()
          Deferred.unsafeDone(arrived, Effect.void)
        }
      })
      const { hold } = yield* Transport
      const release = hold({ url: urlOf(server) })
      const sending = yield* Effect.fork(post(urlOf(server)))
      yield* Deferred.await(arrived)
      release()
      const next = hold({ url: urlOf(server) })
      answer()
      yield* Fiber.join(sending)
      expect(yield* stats).toEqual({ pools: 1, connections: 1 })
      next()
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(patient))
  )

  it.scoped("keeps nothing open that is idle: that is closed as ever", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1")
      const release = (yield* Transport).hold({ url: urlOf(server) })
      yield* post(urlOf(server))
      yield* TestClock.adjust("5 seconds")
      yield* until(() => server.open() === 0)
      release()
      yield* post(urlOf(server))
      expect(server.open()).toBe(1)
      yield* TestClock.adjust("5 seconds")
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(UndiciTransport.layer()))
  )

  // The test's own clock stands still: it is the connection that is idle, not the pool.
  it.scoped("keeps no connection for as long as a back end asks", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1", {
        answer: (response) => void response.setHeader("keep-alive", "timeout=600").end()
      })
      yield* post(urlOf(server))
      yield* until(() => server.open() === 0)
      expect((yield* stats).pools).toBe(1)
    }).pipe(Effect.provide(UndiciTransport.layer({ idleTimeToLive: "50 millis" })))
  )

  it.scoped("gives up a connection that is still being opened", () =>
    Effect.gen(function* () {
      let find: (() => void) | undefined
      // The name is found when its user has gone.
      const late = UndiciTransport.layer({
        idleTimeToLive: "1 hour",
        resolver: (_, __, done) => {
          find = () => done(null, [{ address: "127.0.0.1", family: 4 }])
        }
      })
      const server = yield* listening("127.0.0.1")
      yield* Effect.gen(function* () {
        const url = `http://collector.test:${server.port}/`
        const release = (yield* Transport).hold({ url })
        const sending = yield* Effect.fork(Effect.flip(post(url, { timeout: "1 millis" })))
        yield* until(() => find !== undefined)
        yield* TestClock.adjust("1 millis")
        expect((yield* Fiber.join(sending)).reason).toBe("timeout")
        release()
        find?.()
        // A later connection is there when this one would have been, too.
        const other = yield* listening("127.0.0.1")
        const again = yield* Effect.fork(post(`http://collector.test:${other.port}/`))
        yield* until(() => {
          find?.()
          return other.connections() > 0
        })
        yield* Fiber.join(again)
      }).pipe(Effect.provide(late))
      expect(server.connections()).toBe(0)
    })
  )

  it.scoped("ten thousand of one target are one pool, and open nothing by themselves", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1")
      const { hold } = yield* Transport
      const releases = Array.from({ length: 10_000 }, (_, n) => hold({ url: `${urlOf(server)}${n}` }))
      expect(yield* stats).toEqual({ pools: 0, connections: 0 })
      yield* Effect.forEach([1, 2, 3], (n) => post(`${urlOf(server)}${n}`))
      expect(yield* stats).toEqual({ pools: 1, connections: 1 })
      for (const release of releases.slice(1)) release()
      expect(yield* stats).toEqual({ pools: 1, connections: 1 })
      releases[0]?.()
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(patient))
  )

  it.scoped("another policy, or another identity, is another target", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1")
      const { hold } = yield* Transport
      const policy = EndpointPolicy.permissive
      const tls = { key: Redacted.make("k") }
      const releases = [{ policy }, { tls }].map((part) => hold({ url: urlOf(server), ...part }))
      for (const part of [{ policy }, { tls }, {}]) yield* post(urlOf(server), part)
      for (const [at, left] of [2, 1].entries()) {
        releases[at]?.()
        yield* until(() => server.open() === left)
      }
    }).pipe(Effect.provide(patient))
  )

  it.scoped("may hold what cannot be reached", () =>
    Effect.gen(function* () {
      const { hold } = yield* Transport
      for (const url of ["", "no url", "ftp://x.example", "https://127.0.0.1/"])
        hold({ url, policy: EndpointPolicy.publicOnly })()
    }).pipe(Effect.provide(patient))
  )
})

describe("tenants that are evicted", () => {
  const destinationTo = (name: string, { port }: Listening) =>
    Either.getOrThrow(Destination.make({ name, endpoint: `http://127.0.0.1:${port}/v1/traces` }))

  it.scopedLive(
    "a hundred of them, at a hundred origins, leave no socket behind",
    () =>
      Effect.gen(function* () {
        const servers = yield* Effect.forEach(Array.from({ length: 100 }), () => listening("127.0.0.1"))
        const { providers, run } = yield* Effect.map(
          tracer({ cache: { capacity: 100 } }, { idleTimeToLive: "1 hour" }),
          ({ run, status }) => ({ run, providers: Effect.map(status, ({ providers }) => providers) })
        )
        const callTo = (tenant: string, server: Listening) =>
          run(call(routeTo(tenant, [destinationTo("main", server)])))
        yield* Effect.forEach(servers, (server, n) => callTo(`t${n}`, server))
        yield* run(TenantTracer.flush)
        const open = () => servers.reduce((sum, server) => sum + server.open(), 0)
        expect(open()).toBe(100)
        expect(yield* providers).toMatchObject({ size: 100, evictions: 0 })

        const common = yield* listening("127.0.0.1")
        for (let n = 0; n < 99; n++) yield* callTo(`u${n}`, common)
        yield* until(() => open() === 1)
        yield* callTo("u99", common)
        yield* until(() => open() === 0)
        yield* run(TenantTracer.flush)
        // All who are left share an origin, and its few connections.
        expect(common.open()).toBeLessThanOrEqual(8)
        for (let n = 0; n < 100; n++) yield* callTo(`v${n}`, common)
        yield* run(TenantTracer.flush)
        expect(common.open()).toBeGreaterThan(0)
        expect(common.connections()).toBeLessThanOrEqual(8)
      }),
    30_000
  )

  it.scopedLive("with spans that their back end does not take let go of it all the same", () =>
    Effect.gen(function* () {
      const hanging = yield* listening("127.0.0.1", { answer: () => {} })
      const { run } = yield* tracer(
        { cache: { capacity: 1 }, shutdownDeadline: "200 millis" },
        { idleTimeToLive: "1 hour" }
      )
      yield* run(call(routeTo("slow", [destinationTo("main", hanging)])))
      const other = yield* listening("127.0.0.1")
      yield* run(call(routeTo("other", [destinationTo("main", other)])))
      yield* until(() => hanging.connections() > 0)
      yield* until(() => hanging.open() === 0)
    })
  )
})

it.effect("a closing that is cut short lets go of its target all the same", () =>
  Effect.gen(function* () {
    let held = 0
    const transport: Transport["Type"] = {
      send: () => Effect.never,
      hold: () => {
        held++
        return () => held--
      },
      stats: Effect.succeed({ pools: 0, connections: 0 })
    }
    const scope = yield* Scope.make()
    // Closing an evicted one may take ten seconds, and this one would take longer.
    const config = {
      cache: { capacity: 1 },
      shutdownDeadline: "1 minute",
      endpoints: EndpointPolicy.permissive
    } as const
    const { tracer } = yield* TenantTracer.makeWith(config, () => ({ export: () => Effect.never }), transport).pipe(
      Scope.extend(scope),
      Effect.provide(vocabularies)
    )
    const endpoint = "https://x.example/v1/traces"
    const route = (tenant: string) => routeTo(tenant, [Either.getOrThrow(Destination.make({ name: "main", endpoint }))])
    yield* Effect.withTracer(call(route("acme")), tracer)
    yield* Effect.withTracer(call(route("zenith")), tracer)
    expect(held).toBe(2)
    yield* TestClock.adjust("10 seconds")
    expect(held).toBe(1)
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    yield* TestClock.adjust("2 minutes")
    yield* Fiber.join(closing)
    expect(held).toBe(0)
  })
)

describe("TLS identities", () => {
  const policy = EndpointPolicy.make({ allow: [{ cidr: "127.0.0.1/32" }] })

  const identity = (name: string) => ({ certificate: pem(name), key: Redacted.make(pem(`${name}.key`)) })

  const reach = (url: string, tls: TransportRequest["tls"]) =>
    Effect.match(post(url, { policy, tls }), { onFailure: ({ reason }) => reason, onSuccess: ({ status }) => status })

  it.scoped("a client's certificate is shown, and each destination has its own", () =>
    Effect.gen(function* () {
      const { resolve } = resolver(["127.0.0.1"])
      const server = yield* listening("127.0.0.1", { secure: true, client: "client" })
      const url = `https://collector.test:${server.port}/`
      const ca = pem("authority")
      yield* Effect.gen(function* () {
        expect(yield* reach(url, { ca, ...identity("client") })).toBe(200)
        // What one identity opened serves no other.
        for (const tls of [{ ca }, { ca, ...identity("stranger") }])
          expect(["tls", "reset"]).toContain(yield* reach(url, tls))
        expect(yield* reach(url, { ca, ...identity("client") })).toBe(200)
        expect(server.headers).toHaveLength(2)
        expect(new Set(server.clients)).toEqual(new Set(["tenant-tracer test client"]))
      }).pipe(Effect.provide(UndiciTransport.layer({ resolver: resolve })))
    })
  )

  it.scoped("a private authority is trusted by the destination that names it, and by no other", () =>
    Effect.gen(function* () {
      const { resolve } = resolver(["127.0.0.1"])
      const collector = yield* listening("127.0.0.1", { secure: true })
      const elsewhere = yield* listening("127.0.0.1", { secure: "elsewhere" })
      const [one, other] = [`https://collector.test:${collector.port}/`, `https://elsewhere.test:${elsewhere.port}/`]
      yield* Effect.gen(function* () {
        const [theirs, ours] = [{ ca: pem("elsewhere") }, { ca: pem("authority") }]
        expect(yield* reach(one, ours)).toBe(200)
        expect(yield* reach(other, theirs)).toBe(200)
        expect(yield* reach(one, theirs)).toBe("tls")
        expect(yield* reach(other, ours)).toBe("tls")
        expect(yield* reach(other, undefined)).toBe("tls")
        expect([collector.headers.length, elsewhere.headers.length]).toEqual([1, 1])
      }).pipe(Effect.provide(UndiciTransport.layer({ resolver: resolve })))
    })
  )

  it.scopedLive("come from the destination", () =>
    Effect.gen(function* () {
      const { resolve } = resolver(["127.0.0.1"])
      const server = yield* listening("127.0.0.1", { secure: true, client: "client" })
      const { row, run } = yield* tracer({ shutdownDeadline: "100 millis" }, { resolver: resolve })
      const destination = (name: string, tls: Destination.DestinationTls) =>
        Either.getOrThrow(Destination.make({ name, endpoint: `https://collector.test:${server.port}/v1/traces`, tls }))
      const ca = pem("authority")
      yield* run(
        call(routeTo("acme", [destination("with", { ca, ...identity("client") }), destination("without", { ca })]))
      )
      yield* Effect.fork(run(TenantTracer.flush))
      yield* eventually(row("acme/with"), (row) => row?.delivered === 2)
      const without = yield* eventually(row("acme/without"), (row) => row?.lastError !== undefined)
      expect(without).toMatchObject({ made: 2, delivered: 0, held: 2 })
      expect(without?.lastError).toMatch(/secure connection|connection was closed/)
    })
  )
})
