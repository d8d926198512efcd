/** A scoped node:http server on the loopback address: it knows its sockets, and takes them along when it closes. */
import * as Http from "node:http"
import type { Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { ReceiverError } from "../ReceiverError.js"

/** A server that is listening. */
export interface HttpServer {
  readonly origin: string
  /** Sockets open now, and the most that were open at once. */
  readonly connections: () => { readonly open: number; readonly peak: number }
}

const host = "127.0.0.1"

/** Listens until the scope closes; then every socket is destroyed at once and the port is free again. */
export const make = (
  port: number,
  on: {
    readonly request: (request: Http.IncomingMessage, response: Http.ServerResponse) => void
    /** A socket has opened or closed. */
    readonly connections: () => void
  }
): Effect.Effect<HttpServer, ReceiverError, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    let peak = 0
    // An idle socket stays open until its client lets go of it: a receiver that closed it would hide the client's leak.
    const server = Http.createServer({ keepAliveTimeout: 0 }, on.request)
    server.on("connection", (socket) => {
      sockets.add(socket)
      peak = Math.max(peak, sockets.size)
      socket.once("close", () => {
        sockets.delete(socket)
        on.connections()
      })
      on.connections()
    })
    const listening = Effect.async<number, unknown>((resume) => {
      const fail = (cause: unknown) => resume(Effect.fail(cause))
      server.once("error", fail)
      server.listen(port, host, () => {
        server.off("error", fail)
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
      })
    }).pipe(
      // `listen` throws on a port out of range.
      Effect.catchAllDefect(Effect.fail),
      Effect.mapError((cause) => new ReceiverError({ reason: "Listen", detail: `${host}:${port}`, cause }))
    )
    const closed = Effect.async<void>((resume) => {
      // The server's close comes before that of its last socket.
      server.close(() => {
        sockets.clear()
        resume(Effect.void)
      })
      for (const socket of sockets) socket.destroy()
    })
    const actualPort = yield* Effect.acquireRelease(listening, () => closed)
    return {
      origin: `http://${host}:${actualPort}`,
      connections: () => ({ open: sockets.size, peak })
    }
  })
