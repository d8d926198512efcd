import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { FetchHttpClient } from "@effect/platform"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import { Fault, Receiver } from "@tenant-tracer/receiver"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Redacted, Scope, TestClock } from "effect"
import * as HttpClientTransport from "../../src/deliver/HttpClientTransport.js"
import { Transport, TransportError, type TransportRequest } from "../../src/deliver/Transport.js"
import * as UndiciTransport from "../../src/deliver/UndiciTransport.js"

/** A server that answers as it is told; its url is its origin. */
const server = (answer: (request: Http.IncomingMessage, response: Http.ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly server: Http.Server }>((resume) => {
      const started = Http.createServer(answer)
      started.listen(0, "127.0.0.1", () => {
        // A TCP server has an address of this shape.
        const { port } = started.address() as AddressInfo
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, server: started }))
      })
    }),
    ({ server }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

const post = (url: string, options: Partial<TransportRequest> = {}) =>
  Effect.flatMap(Transport, (transport) =>
    transport.send({ method: "POST", url, headers: {}, body: Buffer.from("hello"), timeout: "10 seconds", ...options })
  )

/** What a receiver takes. */
const traces = { headers: { "content-type": "application/x-protobuf" }, body: new Uint8Array() }

const stats = Effect.flatMap(Transport, (transport) => transport.stats)

const layers: ReadonlyArray<readonly [string, Layer.Layer<Transport>]> = [
  ["undici pools", UndiciTransport.layer()],
  ["HttpClient of node:http", HttpClientTransport.layer().pipe(Layer.provide(NodeHttpClient.layer))],
  ["HttpClient of undici", HttpClientTransport.layer().pipe(Layer.provide(NodeHttpClient.layerUndici))],
  ["HttpClient of fetch", HttpClientTransport.layer().pipe(Layer.provide(FetchHttpClient.layer))]
]

for (const [name, layer] of layers) {
  describe(name, () => {
    it.scoped("posts a body with its headers and gives the whole answer", () =>
      Effect.gen(function* () {
        const { url } = yield* server((request, response) => {
          request.setEncoding("utf8")
          request.on("data", (text) => {
            response.writeHead(418, { "x-answer": "yes" })
            response.write(`${request.method} ${request.url} ${request.headers["x-key"]} `)
            response.end(`${request.headers["content-type"]} ${text}`)
          })
        })
        const answer = yield* post(`${url}/v1/traces?a=b`, { headers: { "x-key": "k", "content-type": "text/x" } })
        expect(answer.status).toBe(418)
        expect(answer.headers["x-answer"]).toBe("yes")
        expect(Buffer.from(answer.body).toString()).toBe("POST /v1/traces?a=b k text/x hello")
      }).pipe(Effect.provide(layer))
    )

    it.scoped("takes an answer without a body", () =>
      Effect.gen(function* () {
        const { url } = yield* server((_, response) => void response.writeHead(204).end())
        expect(yield* post(url)).toMatchObject({ status: 204, body: Buffer.alloc(0) })
      }).pipe(Effect.provide(layer))
    )

    it.scoped("follows no redirect", () =>
      Effect.gen(function* () {
        let stolen = 0
        const thief = yield* server((_, response) => {
          stolen++
          response.end()
        })
        const { url } = yield* server((_, response) => void response.writeHead(307, { location: thief.url }).end())
        expect((yield* post(url)).status).toBe(307)
        expect(stolen).toBe(0)
      }).pipe(Effect.provide(layer))
    )

    it.scoped("reads no more of an answer than it may, nor waits for its end", () =>
      Effect.gen(function* () {
        const { url } = yield* server((_, response) => {
          response.writeHead(200)
          response.write(Buffer.alloc(65 * 1024))
        })
        const error = yield* Effect.flip(post(url))
        expect(error).toMatchObject({ reason: "response_too_large", status: 200 })
      }).pipe(Effect.provide(layer))
    )

    it.scoped("tells a refused connection, a broken one, and a bad request apart", () =>
      Effect.gen(function* () {
        const { url } = yield* server((request) => request.socket.resetAndDestroy())
        expect((yield* Effect.flip(post(url))).reason).toBe("reset")
        const closed = yield* Effect.scoped(server(() => {}))
        expect((yield* Effect.flip(post(closed.url))).reason).toBe("connect")
        const secret = "Bearer sk-secret\r\nx: y"
        const error = yield* Effect.flip(post(url, { headers: { authorization: secret } }))
        expect(error.reason).toBe("other")
        expect(`${error} ${error.message} ${JSON.stringify(error)}`).not.toContain("secret")
        expect((yield* Effect.flip(post("no url at all"))).reason).toBe("other")
      }).pipe(Effect.provide(layer))
    )

    it.scoped("waits for an answer as long as it is told", () =>
      Effect.gen(function* () {
        const arrived = yield* Deferred.make<void>()
        const { url } = yield* server(() => void Deferred.unsafeDone(arrived, Effect.void))
        const sending = yield* Effect.fork(Effect.flip(post(url, { timeout: "3 seconds" })))
        yield* Deferred.await(arrived)
        yield* TestClock.adjust("3 seconds")
        expect((yield* Fiber.join(sending)).reason).toBe("timeout")
      }).pipe(Effect.provide(layer))
    )

    it.scoped("an interruption closes the connection", () =>
      Effect.gen(function* () {
        const arrived = yield* Deferred.make<void>()
        const gone = yield* Deferred.make<void>()
        const { url } = yield* server((request) => {
          request.socket.once("close", () => Deferred.unsafeDone(gone, Effect.void))
          Deferred.unsafeDone(arrived, Effect.void)
        })
        const sending = yield* Effect.fork(post(url))
        yield* Deferred.await(arrived)
        yield* Fiber.interrupt(sending)
        yield* Deferred.await(gone)
      }).pipe(Effect.provide(layer))
    )

    it.scoped("sends no trace context, whoever has a span", () =>
      Effect.gen(function* () {
        let headers: Http.IncomingHttpHeaders = {}
        const { url } = yield* server((request, response) => {
          headers = request.headers
          response.end()
        })
        yield* Effect.withSpan(post(url), "request")
        expect(Object.keys(headers).filter((header) => /trace|b3|baggage/.test(header))).toEqual([])
      }).pipe(Effect.provide(layer))
    )
  })
}

describe("undici pools", () => {
  it.scoped("keeps at most so many connections to an origin, and serves all", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const answers = yield* Effect.forEach(Array.from({ length: 50 }), () => post(`${receiver.url}/nowhere`), {
        concurrency: "unbounded"
      })
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 404))
      expect(yield* receiver.peakConnections).toBeLessThanOrEqual(3)
      expect(yield* stats).toMatchObject({ pools: 1 })
    }).pipe(Effect.provide(UndiciTransport.layer({ connections: 3 })))
  )

  it.scoped("one that hangs does not hold up another origin", () =>
    Effect.gen(function* () {
      const slow = yield* Receiver.make({ accounts: [{ id: "a", headers: {} }] })
      yield* slow.script("a", [Fault.forever(Fault.hang)])
      const hanging = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 9 }), () => post(`${slow.url}/v1/traces`, traces), {
          concurrency: "unbounded"
        })
      )
      yield* slow.awaitRequests("a", 8)
      const { url } = yield* server((_, response) => void response.end())
      expect((yield* post(url)).status).toBe(200)
      yield* Fiber.interrupt(hanging)
    }).pipe(Effect.provide(UndiciTransport.layer()))
  )

  it.scoped("a request that waits for its turn can be interrupted, and its time begins with its turn", () =>
    Effect.gen(function* () {
      let seen = 0
      const arrived = yield* Deferred.make<void>()
      const { url } = yield* server(() => {
        seen++
        Deferred.unsafeDone(arrived, Effect.void)
      })
      const first = yield* Effect.fork(Effect.flip(post(url, { timeout: "5 seconds" })))
      yield* Deferred.await(arrived)
      const second = yield* Effect.fork(Effect.flip(post(url, { timeout: "5 seconds" })))
      const third = yield* Effect.fork(post(url))
      yield* Fiber.interrupt(third)
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(first)).reason).toBe("timeout")
      expect(yield* Fiber.poll(second)).toMatchObject({ _tag: "None" })
      yield* Effect.repeat(
        Effect.promise(() => new Promise<void>((done) => setImmediate(done))),
        { until: () => seen === 2 }
      )
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(second)).reason).toBe("timeout")
      expect(seen).toBe(2)
    }).pipe(Effect.provide(UndiciTransport.layer({ connections: 1 })))
  )

  it.scoped("forgets a pool that is idle, and keeps one that is used again", () =>
    Effect.gen(function* () {
      const { url } = yield* server((_, response) => void response.end())
      yield* post(url)
      yield* TestClock.adjust("4 seconds")
      yield* post(url)
      yield* TestClock.adjust("4 seconds")
      expect((yield* stats).pools).toBe(1)
      yield* TestClock.adjust("1 seconds")
      expect(yield* stats).toEqual({ pools: 0, connections: 0 })
      expect((yield* post(url)).status).toBe(200)
    }).pipe(Effect.provide(UndiciTransport.layer({ idleTimeToLive: "5 seconds" })))
  )

  it.scoped("another TLS identity is another pool", () =>
    Effect.gen(function* () {
      const { url } = yield* server((_, response) => void response.end())
      const key = Redacted.make("k")
      yield* post(url)
      yield* post(url, { tls: { key } })
      yield* post(url, { tls: { key } })
      expect((yield* stats).pools).toBe(2)
    }).pipe(Effect.provide(UndiciTransport.layer()))
  )

  it.scoped("certificates that are none are an error and nothing worse", () =>
    Effect.gen(function* () {
      const { url } = yield* server((_, response) => void response.end())
      const error = yield* Effect.flip(post(url.replace("http:", "https:"), { tls: { certificate: "nonsense" } }))
      expect(error).toBeInstanceOf(TransportError)
    }).pipe(Effect.provide(UndiciTransport.layer()))
  )

  it.scoped("closes everything at once with its layer", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [{ id: "a", headers: {} }] })
      yield* receiver.script("a", [Fault.forever(Fault.hang)])
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(UndiciTransport.layer(), scope)
      const sending = yield* Effect.fork(
        Effect.provide(
          Effect.flip(post(`${receiver.url}/v1/traces`, { ...traces, timeout: Duration.infinity })),
          context
        )
      )
      yield* receiver.awaitRequests("a", 1)
      yield* Scope.close(scope, Exit.void)
      expect((yield* Fiber.join(sending)).reason).toBe("aborted")
      yield* Effect.repeat(receiver.connections, { until: (open) => open === 0 })
    })
  )
})

it.scoped("the HttpClient adapter refuses a TLS identity, rather than connect without it", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(post("https://127.0.0.1:1/", { tls: { ca: "x" } }))
    expect(error.reason).toBe("tls")
  }).pipe(Effect.provide(HttpClientTransport.layer().pipe(Layer.provide(FetchHttpClient.layer))))
)
