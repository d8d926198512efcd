/** Which sockets are opened under an endpoint policy, with real servers on several loopback addresses and a resolver that says what a test wants. */
import { FetchHttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { EndpointPolicy } from "@tenant-tracer/tracer"
import { Effect, Layer, TestClock } from "effect"
import * as HttpClientTransport from "../../src/deliver/HttpClientTransport.js"
import { Transport, type TransportRequest } from "../../src/deliver/Transport.js"
import * as UndiciTransport from "../../src/deliver/UndiciTransport.js"
import { authority, listening, nowhere, resolver } from "../support/servers.js"

const post = (url: string, options: Partial<TransportRequest> = {}) =>
  Effect.flatMap(Transport, (transport) =>
    transport.send({ method: "POST", url, headers: {}, body: Buffer.from("x"), timeout: "10 seconds", ...options })
  )

/** What came of a request: its status, or why there is none. */
const outcome = (url: string, options: Partial<TransportRequest> = {}) =>
  Effect.match(post(url, options), { onFailure: ({ reason }) => reason, onSuccess: ({ status }) => status })

const using = <A, E>(effect: Effect.Effect<A, E, Transport>, resolve: UndiciTransport.Resolver) =>
  Effect.provide(effect, UndiciTransport.layer({ resolver: resolve }))

/** The loopback address, as if it were public, and only it: its neighbours are still what nobody may reach. */
const policy = EndpointPolicy.make({ allow: [{ cidr: "127.0.0.1/32" }] })

describe("names", () => {
  it.scoped("a name that resolves to what may not be reached is refused, and no socket is opened", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* listening("127.0.0.1", { secure: true })
      const inwards = [
        [],
        ["127.0.0.1"],
        ["0.0.0.0"],
        ["10.0.0.1", "192.168.0.1", "172.16.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["168.63.129.16"],
        ["192.88.99.1"],
        ["224.0.0.1", "255.255.255.255"],
        ["::"],
        ["::1"],
        ["::127.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:7f00:1"],
        ["64:ff9b::7f00:1", "64:ff9b:1::7f00:1"],
        ["2002:7f00:1::"],
        ["2001:0:7f00:1::"],
        ["fd00:ec2::254"],
        ["fe80::1%eth0"],
        ["ff02::1"],
        // No resolver should, and the socket would take them.
        ["0x7f.1", "2130706433", "localhost", "127.1"]
      ]
      const { asked, resolve } = resolver(...inwards)
      const url = `https://collector.test:${port}/`
      const request = { policy: EndpointPolicy.publicOnly, tls: authority }
      for (const found of inwards)
        expect([found, yield* using(outcome(url, request), resolve)]).toEqual([found, "refused"])
      expect(asked).toHaveLength(inwards.length)
      expect(connections()).toBe(0)
    })
  )

  it.scoped("a name that rebinds between two connections is judged for each", () =>
    Effect.gen(function* () {
      const outside = yield* listening("127.0.0.1")
      const inside = yield* listening("127.0.0.2", { port: outside.port })
      const { asked, resolve } = resolver(["127.0.0.1"], ["127.0.0.2"])
      const url = `http://collector.test:${outside.port}/`
      yield* Effect.gen(function* () {
        expect(yield* outcome(url, { policy })).toBe(200)
        expect(yield* outcome(url, { policy })).toBe(200)
        expect(asked).toEqual(["collector.test"])
        yield* TestClock.adjust("5 seconds")
        expect(yield* outcome(url, { policy })).toBe("refused")
      }).pipe(Effect.provide(UndiciTransport.layer({ resolver: resolve, connections: 1 })))
      expect(asked).toEqual(["collector.test", "collector.test"])
      expect([outside.connections(), inside.connections()]).toEqual([1, 0])
    })
  )

  it.scoped("the socket goes to the address that was judged: nobody asks twice", () =>
    Effect.gen(function* () {
      const outside = yield* listening("127.0.0.1")
      const inside = yield* listening("127.0.0.2", { port: outside.port })
      const url = `http://collector.test:${outside.port}/`
      // Every second answer is the inner one: whoever asked once more to connect would get it.
      for (let i = 0; i < 5; i++) {
        const { asked, resolve } = resolver(["127.0.0.1"], ["127.0.0.2"])
        expect(yield* using(outcome(url, { policy }), resolve)).toBe(200)
        expect(asked).toHaveLength(1)
      }
      expect([outside.connections(), inside.connections()]).toEqual([5, 0])
      expect(outside.hosts).toContain(`collector.test:${outside.port}`)
    })
  )

  it.scoped("of several addresses, those that may be reached are used, in their order", () =>
    Effect.gen(function* () {
      const outside = yield* listening("127.0.0.1")
      const inside = yield* listening("127.0.0.2", { port: outside.port })
      const { resolve } = resolver(["127.0.0.2", "::1", "127.0.0.1", "10.0.0.1"])
      expect(yield* using(outcome(`http://collector.test:${outside.port}/`, { policy }), resolve)).toBe(200)
      expect([outside.connections(), inside.connections()]).toEqual([1, 0])
    })
  )

  it.scoped("a second address that may be reached stands in for a first that is dead", () =>
    Effect.gen(function* () {
      const alive = yield* listening("127.0.0.1")
      const both = EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] })
      const { resolve } = resolver(["127.0.0.9", "::1", "127.0.0.1"])
      const url = `http://collector.test:${alive.port}/`
      // Node tries them one after the other, in real time.
      expect(yield* using(outcome(url, { policy: both }), resolve)).toBe(200)
    })
  )

  it.scoped("a name that does not resolve may do so later", () =>
    Effect.gen(function* () {
      expect(yield* using(outcome("https://collector.test/", { policy }), nowhere)).toBe("connect")
    })
  )

  it.scoped("without a policy, whatever a name resolves to is reached: the operator's own", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* listening("127.0.0.1")
      const { asked, resolve } = resolver(["127.0.0.1"])
      expect(yield* using(outcome(`http://collector:${port}/`), resolve)).toBe(200)
      expect([asked, connections()]).toEqual([["collector"], 1])
    })
  )

  it.live("the system's own resolver is judged too", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { connections, port } = yield* listening("127.0.0.1")
        const http = EndpointPolicy.make({ allow: [{ scheme: "http" }] })
        expect(yield* outcome(`http://localhost:${port}/`, { policy: http })).toBe("refused")
        expect(connections()).toBe(0)
      })
    ).pipe(Effect.provide(UndiciTransport.layer()))
  )
})

describe("addresses", () => {
  it.scoped("one that may not be reached is refused in any notation, and nobody is asked", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* listening("127.0.0.1")
      const { asked, resolve } = resolver(["127.0.0.1"])
      const http = EndpointPolicy.make({ allow: [{ scheme: "http" }] })
      for (const host of [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "0177.0000.0000.01",
        "017700000001",
        "0x7f.0x0.0x0.0x1",
        "127.0.1",
        "10.1",
        "0xa9fea9fe",
        "100.64.0.1",
        "224.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[ff02::1]",
        "user@127.0.0.1",
        ":pass@collector.test",
        "collector.test@127.0.0.1"
      ])
        for (const policy of [EndpointPolicy.publicOnly, http])
          for (const scheme of ["http", "https"]) {
            const url = `${scheme}://${host}:${port}/`
            const reached = yield* using(outcome(url, { policy }), resolve)
            expect([url, reached]).toEqual([url, "refused"])
          }
      expect([asked, connections()]).toEqual([[], 0])
    })
  )

  it.scoped("one that is allowed is reached on its port, and on no other", () =>
    Effect.gen(function* () {
      const allowed = yield* listening("127.0.0.1")
      const other = yield* listening("127.0.0.1")
      const sibling = yield* listening("127.0.0.2", { port: allowed.port })
      const { resolve } = resolver(["127.0.0.1"])
      const one = EndpointPolicy.make({ allow: [{ scheme: "http", host: "127.0.0.1", port: allowed.port }] })
      const reach = (url: string) => using(outcome(url, { policy: one }), resolve)
      expect(yield* reach(`http://127.0.0.1:${allowed.port}/`)).toBe(200)
      expect(yield* reach(`http://0x7f.1:${allowed.port}/`)).toBe(200)
      for (const url of [
        `http://127.0.0.1:${other.port}/`,
        `http://127.0.0.2:${allowed.port}/`,
        `https://127.0.0.1:${allowed.port}/`,
        // The name resolves to the allowed address, but the rule is about the address in the URL.
        `http://collector.test:${allowed.port}/`,
        `http://user@127.0.0.1:${allowed.port}/`
      ])
        expect([url, yield* reach(url)]).toEqual([url, "refused"])
      expect([allowed.connections(), other.connections(), sibling.connections()]).toEqual([2, 0, 0])
    })
  )

  it.scoped("a mapped address is as good as the one that it stands for", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* listening("127.0.0.1")
      const { resolve } = resolver(["::ffff:127.0.0.1"], ["::ffff:127.0.0.2"])
      const url = `http://collector.test:${port}/`
      expect(yield* using(outcome(url, { policy }), resolve)).toBe(200)
      expect(yield* using(outcome(url, { policy }), resolve)).toBe("refused")
      expect(connections()).toBe(1)
    })
  )
})

describe("certificates", () => {
  const tls = authority

  it.scoped("are checked against the name, and the server is told it, though the socket goes to an address", () =>
    Effect.gen(function* () {
      const server = yield* listening("127.0.0.1", { secure: true })
      const { resolve } = resolver(["127.0.0.1"])
      const reach = (host: string) => using(outcome(`https://${host}:${server.port}/`, { policy, tls }), resolve)
      expect(yield* reach("collector.test")).toBe(200)
      expect(yield* reach("Collector.TEST.")).toBe(200)
      expect(yield* reach("bücher.test")).toBe(200)
      expect(yield* reach("other.test")).toBe("tls")
      expect(yield* reach("127.0.0.1")).toBe("tls")
      expect(server.names.slice(0, 3)).toEqual(["collector.test", "collector.test", "xn--bcher-kva.test"])
      expect(server.hosts).toEqual([
        `collector.test:${server.port}`,
        `collector.test.:${server.port}`,
        `xn--bcher-kva.test:${server.port}`
      ])
    })
  )

  it.scoped("of an unknown authority are refused", () =>
    Effect.gen(function* () {
      const { port } = yield* listening("127.0.0.1", { secure: true })
      const { resolve } = resolver(["127.0.0.1"])
      expect(yield* using(outcome(`https://collector.test:${port}/`, { policy }), resolve)).toBe("tls")
    })
  )
})

describe("connections", () => {
  it.scoped("a redirect inwards is an answer like any other", () =>
    Effect.gen(function* () {
      const inside = yield* listening("127.0.0.2")
      const headers = { authorization: "Bearer canary" }
      for (const status of [300, 301, 302, 303, 307, 308]) {
        const location = `http://127.0.0.2:${inside.port}/`
        const outside = yield* listening("127.0.0.1", {
          answer: (response) => void response.writeHead(status, { location, refresh: `0; url=${location}` }).end()
        })
        const { resolve } = resolver(["127.0.0.1"])
        expect(yield* using(outcome(`http://collector.test:${outside.port}/`, { policy, headers }), resolve)).toBe(
          status
        )
        expect(outside.headers.map(({ authorization }) => authorization)).toEqual(["Bearer canary"])
      }
      expect([inside.connections(), inside.headers]).toEqual([0, []])
    })
  )

  it.scoped("that one policy allowed serve no request under another", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* listening("127.0.0.1")
      const { asked, resolve } = resolver(["127.0.0.1"])
      const url = `http://collector.test:${port}/`
      const http = EndpointPolicy.make({ allow: [{ scheme: "http" }] })
      yield* using(
        Effect.gen(function* () {
          expect(yield* outcome(url)).toBe(200)
          expect(yield* outcome(url, { policy })).toBe(200)
          expect(yield* outcome(url, { policy: http })).toBe("refused")
          expect(yield* outcome(url, { policy: EndpointPolicy.publicOnly })).toBe("refused")
          const { pools } = yield* Effect.flatMap(Transport, ({ stats }) => stats)
          expect(pools).toBe(3)
        }),
        resolve
      )
      expect([asked.length, connections()]).toEqual([3, 2])
    })
  )

  it.scoped("what is said of a refusal is the same whatever stands behind the name", () =>
    Effect.gen(function* () {
      const { port } = yield* listening("127.0.0.1")
      const { resolve } = resolver(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["fd00::1"], [])
      const said = new Set<string>()
      for (let i = 0; i < 5; i++) {
        const error = yield* Effect.flip(
          using(post(`https://collector.test:${port}/`, { policy: EndpointPolicy.publicOnly }), resolve)
        )
        said.add(`${error.message} ${JSON.stringify(error)}`)
      }
      expect([...said]).toHaveLength(1)
      expect([...said][0]).toContain(`(collector.test:${port})`)
    })
  )
})

describe("the HttpClient adapter, which cannot choose an address", () => {
  const layer = HttpClientTransport.layer().pipe(Layer.provide(FetchHttpClient.layer))

  it.scoped("reaches what no resolver can change, and refuses the rest", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* listening("127.0.0.1")
      const reach = (host: string, policy: EndpointPolicy.EndpointPolicy) =>
        outcome(`http://${host}:${port}/`, { policy })
      expect(yield* reach("127.0.0.1", policy)).toBe(200)
      expect(yield* reach("localhost", EndpointPolicy.permissive)).toBe(200)
      expect(yield* reach("localhost", policy)).toBe("refused")
      expect(yield* reach("127.0.0.1", EndpointPolicy.publicOnly)).toBe("refused")
      expect(connections()).toBe(2)
    }).pipe(Effect.provide(layer))
  )
})
