/** The HTTP server itself, and how it stops: requests under way may finish, connections that ask nothing are closed. */
import { createServer } from "node:http"
import type { Socket } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Where to listen; `grace` is how long requests may take to finish when the server stops (default 10 seconds). */
export interface Options {
  readonly host: string
  readonly port: number
  readonly grace?: Duration.DurationInput | undefined
}

/** Listens until its scope closes. */
export const layer = ({ grace = "10 seconds", ...options }: Options) =>
  Layer.suspend(() => {
    const server = createServer()
    // Node waits for a connection that never sent a request, as clients open them in advance, and does not count it as idle.
    const silent = new Set<Socket>()
    server.on("connection", (socket) => {
      silent.add(socket)
      socket.once("close", () => silent.delete(socket))
    })
    server.on("request", ({ socket }) => silent.delete(socket))
    const stopping = Effect.sync(() => {
      for (const socket of silent) socket.destroy()
      setTimeout(() => server.closeAllConnections(), Duration.toMillis(grace)).unref()
    })
    return Layer.provideMerge(
      // Above the server, so that it runs before the server's own finalizer, which waits.
      Layer.scopedDiscard(Effect.addFinalizer(() => stopping)),
      NodeHttpServer.layer(() => server, options)
    )
  })
