/** What leaves through the operator's proxy: who is asked for what, what the target sees, and what is said when it fails. */
import { inspect } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import { EgressProxy, EndpointPolicy, TenantTracer, UndiciTransport } from "@tenant-tracer/tracer"
import { Cause, Effect, Either, Exit, Fiber, Layer, Redacted, TestClock } from "effect"
import { Transport, type TransportError, type TransportRequest } from "../../src/deliver/Transport.js"
import { call, routeTo, tracer } from "../support/backends.js"
import { type Asked, proxy } from "../support/proxy.js"
import { authority, listening, nowhere, pem, resolver, until } from "../support/servers.js"

/** A public address, which the proxy of the tests takes for its own machine. */
const somewhere = "93.184.216.34"

const post = (url: string, options: Partial<TransportRequest> = {}) =>
  Effect.flatMap(Transport, (transport) =>
    transport.send({ method: "POST", url, headers: {}, body: Buffer.from("x"), timeout: "10 seconds", ...options })
  )

const outcome = (url: string, options: Partial<TransportRequest> = {}) =>
  Effect.match(post(url, options), { onFailure: ({ reason }) => reason, onSuccess: ({ status }) => status })

const through = (
  proxy: UndiciTransport.Options["proxy"],
  resolve: UndiciTransport.Resolver = resolver([somewhere]).resolve,
  more: UndiciTransport.Options = {}
) => Effect.provide(UndiciTransport.layer({ ...more, resolver: resolve, proxy }))

const secret = "Basic Y2FuYXJ5OnMzY3JldA=="

const authorized = { "Proxy-Authorization": Redacted.make(secret) }

const tenants = { policy: EndpointPolicy.publicOnly, tls: authority }

/** Public hosts over http, too. */
const plain = { policy: EndpointPolicy.make({ allow: [{ scheme: "http" }] }) }

describe("a tenant's request", () => {
  it.scoped("goes through the proxy to the address that was judged, and is checked against the name", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: true })
      const { asked, url } = yield* proxy()
      const resolving = resolver([somewhere])
      const endpoint = `https://collector.test:${target.port}/v1/traces`
      yield* Effect.gen(function* () {
        const headers = { authorization: "Bearer tenant" }
        expect(yield* outcome(endpoint, { ...tenants, headers })).toBe(200)
        expect(yield* outcome(endpoint, { ...tenants, headers })).toBe(200)
      }).pipe(through({ url, headers: authorized }, resolving.resolve, { connections: 1 }))
      const host = `${somewhere}:${target.port}`
      expect(asked).toEqual([
        { authority: host, headers: { host, connection: "keep-alive", "proxy-authorization": secret } }
      ])
      expect(resolving.asked).toEqual(["collector.test"])
      expect(target.names).toEqual(["collector.test"])
      expect(target.hosts).toEqual([`collector.test:${target.port}`, `collector.test:${target.port}`])
      expect(target.headers.map((headers) => headers.authorization)).toEqual(["Bearer tenant", "Bearer tenant"])
      expect(inspect(target.headers)).not.toContain(secret)
    })
  )

  it.scoped("tunnels to an http target, too", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1")
      const { asked, others, url } = yield* proxy()
      expect(yield* outcome(`http://collector.test:${target.port}/`, plain).pipe(through({ url }))).toBe(200)
      expect(asked.map(({ authority }) => authority)).toEqual([`${somewhere}:${target.port}`])
      expect(others()).toBe(0)
      expect(target.hosts).toEqual([`collector.test:${target.port}`])
    })
  )

  it.scoped("is asked for on the scheme's own port where the URL names none", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* proxy({ answer: () => 403 })
      yield* outcome("https://collector.test/", tenants).pipe(through({ url }))
      yield* outcome("http://collector.test/", plain).pipe(through({ url }))
      yield* outcome("https://collector.test/", tenants).pipe(through({ url }, resolver(["2606:4700::1"]).resolve))
      yield* outcome("https://[2606:4700::2]/", tenants).pipe(through({ url }, nowhere))
      yield* outcome("https://8.8.8.8/", tenants).pipe(through({ url }, nowhere))
      expect(asked.map(({ authority }) => authority)).toEqual([
        `${somewhere}:443`,
        `${somewhere}:80`,
        "[2606:4700::1]:443",
        "[2606:4700::2]:443",
        "8.8.8.8:443"
      ])
    })
  )

  it.scoped("is refused before the proxy hears of it, where the policy says so", () =>
    Effect.gen(function* () {
      const { asked, open, url } = yield* proxy()
      const inwards = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "::ffff:10.0.0.1"]
      for (const address of [...inwards, "64:ff9b::a00:1", "2002:a00:1::", "fd00::1"])
        expect(
          yield* outcome("https://collector.test/", tenants).pipe(through({ url }, resolver([address]).resolve))
        ).toBe("refused")
      for (const host of [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::ffff:7f00:1]",
        "localhost",
        "127.0.0.1."
      ])
        expect(yield* outcome(`https://${host}/`, tenants).pipe(through({ url }))).toBe("refused")
      expect(yield* outcome("https://user@collector.test/", tenants).pipe(through({ url }))).toBe("refused")
      expect(yield* outcome("http://collector.test/", tenants).pipe(through({ url }))).toBe("refused")
      expect([asked, open()]).toEqual([[], 0])
    })
  )

  it.scoped("is judged anew for each connection: a name that rebinds gets no second one", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: true })
      const { asked, url } = yield* proxy()
      const { resolve } = resolver([somewhere], ["10.0.0.1"])
      const endpoint = `https://collector.test:${target.port}/`
      yield* Effect.gen(function* () {
        expect(yield* outcome(endpoint, tenants)).toBe(200)
        yield* TestClock.adjust("5 seconds")
        expect(yield* outcome(endpoint, tenants)).toBe("refused")
      }).pipe(through({ url }, resolve))
      expect(asked).toHaveLength(1)
    })
  )

  it.scoped("is not sent where another answers behind the tunnel: the certificate has to be the name's", () =>
    Effect.gen(function* () {
      const impostor = yield* listening("127.0.0.1", { secure: "elsewhere" })
      const { open, url } = yield* proxy()
      yield* Effect.gen(function* () {
        for (const ca of [authority.ca, pem("elsewhere")])
          expect(yield* outcome(`https://collector.test:${impostor.port}/`, { ...tenants, tls: { ca } })).toBe("tls")
        expect(yield* outcome(`https://8.8.8.8:${impostor.port}/`, tenants)).toBe("tls")
      }).pipe(through({ url }))
      expect(impostor.headers).toEqual([])
      yield* until(() => open() === 0)
    })
  )

  it.scoped("shows its client certificate to the target, not to the proxy", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: true, client: "client" })
      const { url } = yield* proxy()
      const tls = { ...authority, certificate: pem("client"), key: Redacted.make(pem("client.key")) }
      const endpoint = `https://collector.test:${target.port}/`
      expect(yield* outcome(endpoint, { ...tenants, tls }).pipe(through({ url }))).toBe(200)
      expect(["tls", "reset"]).toContain(yield* outcome(endpoint, tenants).pipe(through({ url })))
      expect(target.clients).toEqual(["tenant-tracer test client"])
      const nonsense = { ...tls, certificate: "nonsense" }
      expect(yield* outcome(endpoint, { ...tenants, tls: nonsense }).pipe(through({ url }))).toBe("tls")
    })
  )

  it.scoped("follows no redirect, and hands its credential to nobody", () =>
    Effect.gen(function* () {
      const inside = yield* listening("127.0.0.2")
      const location = `http://127.0.0.2:${inside.port}/`
      const target = yield* listening("127.0.0.1", {
        secure: true,
        answer: (response) => void response.writeHead(307, { location }).end()
      })
      const { asked, url } = yield* proxy()
      const headers = { authorization: "Bearer canary" }
      const endpoint = `https://collector.test:${target.port}/`
      expect(yield* outcome(endpoint, { ...tenants, headers }).pipe(through({ url }))).toBe(307)
      expect([asked.length, inside.connections()]).toEqual([1, 0])
    })
  )

  it.scoped("is tried at a second address where the proxy cannot reach the first, and at no more than four", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: true })
      const v4only = yield* proxy({ answer: ({ authority }) => (authority.startsWith("[") ? 502 : "tunnel") })
      const { resolve } = resolver(["2606:4700::1", "10.0.0.1", somewhere])
      const endpoint = `https://collector.test:${target.port}/`
      expect(yield* outcome(endpoint, tenants).pipe(through({ url: v4only.url }, resolve))).toBe(200)
      expect(v4only.asked.map(({ authority }) => authority)).toEqual([
        `[2606:4700::1]:${target.port}`,
        `${somewhere}:${target.port}`
      ])
      const none = yield* proxy({ answer: () => 502 })
      const many = Array.from({ length: 20 }, (_, n) => `93.184.216.${n}`)
      expect(yield* outcome(endpoint, tenants).pipe(through({ url: none.url }, resolver(many).resolve))).toBe("proxy")
      expect(none.asked).toHaveLength(4)
      const locked = yield* proxy({ answer: () => 407 })
      expect(yield* outcome(endpoint, tenants).pipe(through({ url: locked.url }, resolver(many).resolve))).toBe("proxy")
      expect(locked.asked).toHaveLength(1)
    })
  )
})

describe("the operator's own request, which no policy judges", () => {
  it.scoped("is asked for by name: only the proxy may know it", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: true })
      const { asked, url } = yield* proxy()
      const endpoint = `https://collector.test.:${target.port}/`
      expect(yield* outcome(endpoint, { tls: authority }).pipe(through({ url }, nowhere))).toBe(200)
      expect(asked.map(({ authority }) => authority)).toEqual([`collector.test:${target.port}`])
      expect(target.names).toEqual(["collector.test"])
    })
  )
})

describe("a proxy over TLS", () => {
  const inwards = resolver(["127.0.0.1"]).resolve

  it.scoped("is checked by its own authority, shown its own certificate, and carries TLS inside", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: "elsewhere" })
      const { asked, url } = yield* proxy({ secure: true, client: "client" })
      const client = { certificate: pem("client"), key: Redacted.make(pem("client.key")) }
      const endpoint = `https://elsewhere.test:${target.port}/`
      // The proxy itself is on the loopback address, which the operator may say and a tenant's policy has no part in.
      const resolve: UndiciTransport.Resolver = (name, options, done) =>
        name === "collector.test" ? inwards(name, options, done) : resolver([somewhere]).resolve(name, options, done)
      const reach = (tls: Destination.DestinationTls | undefined) =>
        outcome(endpoint, { ...tenants, tls: { ca: pem("elsewhere") } }).pipe(
          through({ url, headers: authorized, ...(tls && { tls }) }, resolve)
        )
      expect(yield* reach({ ...authority, ...client })).toBe(200)
      expect(asked).toHaveLength(1)
      expect(target.names).toEqual(["elsewhere.test"])
      for (const tls of [undefined, client, authority, { ...authority, certificate: "nonsense", key: client.key }])
        expect(yield* reach(tls)).toBe("proxy")
      expect(asked).toHaveLength(1)
    })
  )
})

describe("the choice of a proxy", () => {
  it.scoped("may differ for each target, and be none", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* proxy(), yield* proxy()]
      const [first, second, direct] = [
        yield* listening("127.0.0.1"),
        yield* listening("127.0.0.1"),
        yield* listening("127.0.0.1")
      ]
      const seen: Array<EndpointPolicy.Target> = []
      const ways = new Map([
        [first.port, { url: one.url }],
        [second.port, { url: other.url }]
      ])
      const choose: EgressProxy.Choose = (target) => {
        seen.push({ scheme: target.scheme, host: target.host, port: target.port })
        return ways.get(target.port)
      }
      const { resolve } = resolver(["127.0.0.1"])
      const policy = EndpointPolicy.make({ allow: [{ cidr: "127.0.0.1/32" }] })
      yield* Effect.gen(function* () {
        for (const { port } of [first, second, direct])
          expect(yield* outcome(`http://Collector.TEST.:${port}/v1?a=b`, { policy })).toBe(200)
        expect(yield* outcome(`http://collector.test:${direct.port}/`)).toBe(200)
      }).pipe(through(choose, resolve))
      const target = { scheme: "http", host: "collector.test" }
      expect(seen).toEqual([first, second, direct, direct].map(({ port }) => ({ ...target, port })))
      expect([one.asked.length, other.asked.length, direct.connections()]).toEqual([1, 1, 2])
    })
  )

  it.scoped("makes its own connections: those through one proxy, or with one credential, serve no other", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1")
      const [one, other] = [yield* proxy(), yield* proxy()]
      let chosen: EgressProxy.EgressProxy = { url: one.url }
      yield* Effect.gen(function* () {
        const send = outcome(`http://collector.test:${target.port}/`, plain)
        for (const next of [
          { url: one.url },
          { url: one.url },
          { url: one.url, headers: authorized },
          { url: one.url, headers: authorized, tls: { ca: "x" } },
          { url: other.url }
        ]) {
          chosen = next
          expect(yield* send).toBe(200)
        }
        expect((yield* Effect.flatMap(Transport, ({ stats }) => stats)).pools).toBe(4)
      }).pipe(through(() => chosen, undefined, { connections: 1 }))
      expect([one.asked.length, other.asked.length]).toEqual([3, 1])
    })
  )

  it.scoped("that fails sends nothing past the proxy that was meant", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1")
      const wrong: ReadonlyArray<EgressProxy.Choose> = [
        () => {
          throw new Error("canary")
        },
        () => ({ url: "no url" }),
        // What a function without types may give.
        () => "http://127.0.0.1:1" as unknown as EgressProxy.EgressProxy,
        () => null as unknown as EgressProxy.EgressProxy
      ]
      for (const choose of wrong)
        expect(yield* outcome(`http://127.0.0.1:${target.port}/`).pipe(through(choose))).toBe("proxy")
      expect(target.connections()).toBe(0)
    })
  )

  const refusal = (proxy: unknown) =>
    Effect.map(
      // What a program without types may give.
      Effect.exit(Effect.scoped(Layer.build(UndiciTransport.layer({ proxy: proxy as EgressProxy.EgressProxy })))),
      (exit) => (Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined)
    )

  const at = "http://proxy.example:3128"
  const mistakes: ReadonlyArray<readonly [unknown, string]> = [
    [{ url: "proxy.example:3128" }, "url"],
    [{ url: "socks5://proxy.example" }, "url"],
    [{ url: "http://canary:canary@proxy.example" }, "url"],
    [{ url: `${at}/path` }, "url"],
    [{ url: `${at}/?a=b` }, "url"],
    [{ url: 5 }, "url"],
    [{}, "url"],
    [{ url: at, headers: { "proxy-authorization": "canary" } }, "headers"],
    [{ url: at, headers: { "proxy-authorization": Redacted.make("canary\r\nx: y") } }, "headers"],
    [{ url: at, headers: { host: Redacted.make("canary") } }, "headers"],
    [{ url: at, headers: { connection: Redacted.make("canary") } }, "headers"],
    [{ url: at, tls: { key: "canary" } }, "proxy"]
  ]
  it.effect.each(mistakes)("%o is a mistake that is named at the start", ([proxy, field]) =>
    Effect.gen(function* () {
      const error = yield* refusal(proxy)
      expect(error).toBeInstanceOf(EgressProxy.EgressProxyError)
      expect(`${error}`).toContain(`egress proxy: ${field} `)
      expect(inspect(error)).not.toContain("canary")
    })
  )
})

describe("a proxy that fails", () => {
  const answers: ReadonlyArray<readonly [string, Parameters<typeof proxy>[0], number | undefined]> = [
    ["asks for credentials", { answer: () => 407 }, 407],
    ["forbids", { answer: () => 403 }, 403],
    ["cannot reach the target", { answer: () => 502 }, 502],
    ["redirects", { answer: () => 302 }, 302],
    ["does not switch", { answer: () => 100 }, 100],
    ["closes", { answer: () => (socket) => void socket.end() }, undefined],
    ["resets", { answer: () => (socket) => void socket.resetAndDestroy() }, undefined],
    ["says something else", { answer: () => (socket) => void socket.end("220 smtp.example ESMTP\r\n\r\n") }, undefined],
    ["says nonsense", { answer: () => (socket) => void socket.end("\0".repeat(100)) }, undefined],
    [
      "says too much",
      { answer: () => (socket) => void socket.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`) },
      undefined
    ],
    [
      "speaks before it is asked",
      { answer: () => (socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n") },
      undefined
    ]
  ]

  const said = (error: TransportError) => `${error} ${error.message} ${JSON.stringify(error)} ${inspect(error)}`

  for (const [what, options, status] of answers)
    it.scoped(`and ${what} is said to be the one who did, without its name or credential`, () =>
      Effect.gen(function* () {
        const { asked, open, url } = yield* proxy(options)
        yield* Effect.gen(function* () {
          const error = yield* Effect.flip(post("https://collector.test/", tenants))
          expect(error).toMatchObject({ reason: "proxy", host: "collector.test", status })
          expect(error.message).toContain("the operator's egress proxy")
          if (status !== undefined) expect(error.message).toContain(String(status))
          for (const hidden of [secret, secret.slice(6), "s3cret", new URL(url).port, somewhere])
            expect(said(error)).not.toContain(hidden)
          expect(asked).toHaveLength(1)
          yield* until(() => open() === 0)
        }).pipe(through({ url, headers: authorized }))
      })
    )

  it.scoped("and is not there is said to be the one who did", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(proxy())
      expect(yield* outcome("https://collector.test/", tenants).pipe(through({ url }))).toBe("proxy")
    })
  )

  it.scoped("and hangs is waited for as long as the request has time, and let go of", () =>
    Effect.gen(function* () {
      const { asked, open, url } = yield* proxy({ answer: () => () => {} })
      yield* Effect.gen(function* () {
        const sending = yield* Effect.fork(Effect.flip(post("https://collector.test/", tenants)))
        yield* until(() => asked.length === 1)
        yield* TestClock.adjust("10 seconds")
        const error = yield* Fiber.join(sending)
        expect([error.reason, error.status]).toEqual(["proxy", undefined])
        yield* TestClock.adjust("5 seconds")
        yield* until(() => open() === 0)
        expect(yield* Effect.flatMap(Transport, ({ stats }) => stats)).toEqual({ pools: 0, connections: 0 })
      }).pipe(through({ url }))
    })
  )

  it.scoped("is not blamed for a target that hangs", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { answer: () => {} })
      const { url } = yield* proxy()
      yield* Effect.gen(function* () {
        const sending = yield* Effect.fork(
          Effect.flip(post(`http://collector.test:${target.port}/`, { ...plain, timeout: "3 seconds" }))
        )
        yield* until(() => target.headers.length === 1)
        yield* TestClock.adjust("3 seconds")
        expect((yield* Fiber.join(sending)).reason).toBe("timeout")
      }).pipe(through({ url }))
    })
  )

  it.scoped("may be let through again later", () =>
    Effect.gen(function* () {
      const target = yield* listening("127.0.0.1", { secure: true })
      const { url } = yield* proxy({ answer: (_: Asked, count) => (count < 3 ? 503 : "tunnel") })
      yield* Effect.gen(function* () {
        const send = outcome(`https://collector.test:${target.port}/`, tenants)
        expect([yield* send, yield* send, yield* send]).toEqual(["proxy", "proxy", 200])
      }).pipe(through({ url }))
    })
  )
})

it.scoped("sockets through a proxy are closed with the last who held the target", () =>
  Effect.gen(function* () {
    const target = yield* listening("127.0.0.1", { secure: true })
    const { open, url } = yield* proxy()
    yield* Effect.gen(function* () {
      const endpoint = `https://collector.test:${target.port}/`
      const release = (yield* Transport).hold({ url: endpoint, ...tenants })
      expect(yield* outcome(endpoint, tenants)).toBe(200)
      expect([open(), target.open()]).toEqual([1, 1])
      release()
      yield* until(() => open() === 0 && target.open() === 0)
    }).pipe(through({ url }, undefined, { idleTimeToLive: "1 hour" }))
  })
)

it.scopedLive("the whole tracer goes through it, and says of a proxy that refuses what a tenant may know", () =>
  Effect.gen(function* () {
    const target = yield* listening("127.0.0.1", { secure: true })
    const destination = Either.getOrThrow(
      Destination.make({ name: "main", endpoint: `https://collector.test:${target.port}/v1/traces`, tls: authority })
    )
    const { resolve } = resolver([somewhere])
    const config = { endpoints: EndpointPolicy.publicOnly, shutdownDeadline: "100 millis" } as const
    const good = yield* proxy()
    const through = yield* tracer(config, { resolver: resolve, proxy: { url: good.url, headers: authorized } })
    yield* through.run(call(routeTo("acme", [destination])))
    yield* through.run(TenantTracer.flush)
    expect(yield* through.row("acme/main")).toMatchObject({ made: 2, delivered: 2 })

    const bad = yield* proxy({ answer: () => 407 })
    const refused = yield* tracer(config, { resolver: resolve, proxy: { url: bad.url, headers: authorized } })
    yield* refused.run(call(routeTo("acme", [destination])))
    yield* Effect.fork(refused.run(TenantTracer.flush))
    yield* until(() => bad.asked.length > 0)
    yield* refused.close
    const row = yield* refused.row("acme/main")
    expect(row).toMatchObject({ made: 2, delivered: 0, dropped: { shutdown: 2 } })
    expect(row?.lastError).toContain("egress proxy")
    expect(inspect(yield* refused.status, { depth: 20 })).not.toMatch(/Y2FuYXJ5|s3cret/)
  })
)
