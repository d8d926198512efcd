import * as Http from "node:http"
import * as Net from "node:net"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Listener from "../src/http/Listener.js"

/** A server that runs this for each request, its port, and how to stop it. */
const serving = (app: Effect.Effect<HttpServerResponse.HttpServerResponse>, grace?: number) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const layer = Layer.provideMerge(HttpServer.serve(app), Listener.layer({ host: "127.0.0.1", port: 0, grace }))
    const { address } = Context.get(yield* Layer.buildWithScope(layer, scope), HttpServer.HttpServer)
    return {
      port: address._tag === "TcpAddress" ? address.port : 0,
      address,
      stop: Scope.close(scope, Exit.void)
    }
  })

const connected = (port: number, write = "") =>
  Effect.async<Net.Socket>((resume) => {
    const socket = Net.connect(port, "127.0.0.1", () => {
      if (write === "") resume(Effect.succeed(socket))
      else socket.write(write, () => resume(Effect.succeed(socket)))
    })
    socket.on("error", () => {})
  })

const closed = (socket: Net.Socket) =>
  Effect.async<void>((resume) => {
    if (socket.closed) resume(Effect.void)
    else socket.once("close", () => resume(Effect.void))
    socket.resume()
  })

const get = (port: number, agent: Http.Agent) =>
  Effect.async<number, Error>((resume) => {
    Http.get({ port, host: "127.0.0.1", agent }, (response) => {
      response.resume().on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    }).on("error", (error) => resume(Effect.fail(error)))
  })

const quickly = Effect.timeout("2 seconds")

describe("a listener", () => {
  it.live("is on the interface that it was told", () =>
    Effect.gen(function* () {
      const { address, stop } = yield* serving(Effect.succeed(HttpServerResponse.empty()))
      expect(address).toMatchObject({ _tag: "TcpAddress", hostname: "127.0.0.1" })
      yield* stop
    })
  )

  it.live("stops at once though a client holds a connection on which it never asked anything", () =>
    Effect.gen(function* () {
      const { port, stop } = yield* serving(Effect.succeed(HttpServerResponse.empty()))
      const silent = yield* connected(port)
      const halfway = yield* connected(port, "GET / HTTP/1.1\r\nHost:")
      // Connections are accepted in their order: once this one is answered, those before it are the server's.
      expect(yield* get(port, new Http.Agent())).toBe(204)
      yield* quickly(stop)
      yield* quickly(Effect.all([closed(silent), closed(halfway)]))
    })
  )

  it.live("stops at once though a client keeps its connection for later", () =>
    Effect.gen(function* () {
      const { port, stop } = yield* serving(Effect.succeed(HttpServerResponse.empty()))
      const agent = new Http.Agent({ keepAlive: true })
      expect(yield* get(port, agent)).toBe(204)
      yield* quickly(stop)
      agent.destroy()
    })
  )

  it.live("lets a request that is under way finish", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const { port, stop } = yield* serving(
        Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(release)).pipe(
          Effect.as(HttpServerResponse.empty())
        )
      )
      const agent = new Http.Agent({ keepAlive: true })
      const answer = yield* Effect.fork(get(port, agent))
      yield* Deferred.await(begun)
      const stopping = yield* Effect.fork(stop)
      yield* Effect.yieldNow()
      expect(yield* Fiber.poll(stopping)).toMatchObject({ _tag: "None" })
      yield* Deferred.succeed(release, undefined)
      expect(yield* Fiber.join(answer)).toBe(204)
      agent.destroy()
      yield* quickly(Fiber.join(stopping))
    })
  )

  it.live("waits for such a request no longer than its grace", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const { port, stop } = yield* serving(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never), 50)
      const answer = yield* Effect.fork(Effect.flip(get(port, new Http.Agent())))
      yield* Deferred.await(begun)
      yield* quickly(stop)
      expect((yield* Fiber.join(answer)).message).toContain("hang up")
    })
  )
})
