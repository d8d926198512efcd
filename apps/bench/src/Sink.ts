/**
 * Where all spans go: an OTLP receiver that does nothing but count, so that it is never what is measured. It is asked over HTTP, on connections that
 * it does not count.
 */
import { createServer, type IncomingMessage, request } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { gunzipSync } from "node:zlib"
import { Effect, type Scope } from "effect"
import { tenantHeader } from "./Peer.js"
import * as Spans from "./SinkSpans.js"

/** What has come since it was last told to begin anew. */
export interface Counts {
  readonly spans: number
  readonly requests: number
  readonly bytes: number
  /** Connections open now that were used, and the most that were at once. */
  readonly connections: number
  readonly mostConnections: number
  /** Requests that have no answer, and will have none before it is told to answer them. */
  readonly hanging: number
}

/** Seconds from the end of a span to its arrival, by what its tenant is called. */
export type Arrivals = Readonly<Record<string, ReadonlyArray<number>>>

const control = "/control/"

/** Starts one in this process, on a port that is free. */
export const make: Effect.Effect<number, never, Scope.Scope> = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    let spans = 0
    let requests = 0
    let bytes = 0
    let mostConnections = 0
    let arrivals: Record<string, Array<number>> | undefined
    let hangs = true
    let hanging: Array<() => void> = []
    const connections = new Set<Socket>()
    const watched = new WeakSet<Socket>()

    const take = (incoming: IncomingMessage, body: Buffer) => {
      bytes += body.length
      requests++
      const now = performance.timeOrigin + performance.now()
      const plain = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
      const isJson = incoming.headers["content-type"]?.startsWith("application/json") ?? false
      if (arrivals === undefined) {
        spans += isJson ? Spans.countJson(plain) : Spans.countProtobuf(plain)
        return
      }
      const tenant = String(incoming.headers[tenantHeader])
      const seen = arrivals[tenant] ?? []
      arrivals[tenant] = seen
      for (const end of isJson ? Spans.endsOfJson(plain) : Spans.endsOfProtobuf(plain)) {
        spans++
        seen.push((now - end) / 1000)
      }
    }

    const answer = (path: string): unknown => {
      if (path === "reset" || path === "reset-with-arrivals") {
        spans = requests = bytes = 0
        // A connection counts once it is used: those of who was measured before may still be open.
        mostConnections = 0
        connections.clear()
        arrivals = path === "reset" ? undefined : {}
        hangs = true
      }
      if (path === "release") {
        hangs = false
        for (const answer of hanging) answer()
        hanging = []
      }
      return path === "arrivals"
        ? (arrivals ?? {})
        : { spans, requests, bytes, connections: connections.size, mostConnections, hanging: hanging.length }
    }

    const server = createServer((incoming, outgoing) => {
      const url = incoming.url ?? ""
      if (url.startsWith(control)) {
        connections.delete(incoming.socket)
        outgoing.setHeader("connection", "close").end(JSON.stringify(answer(url.slice(control.length))))
        return
      }
      if (!connections.has(incoming.socket)) {
        connections.add(incoming.socket)
        mostConnections = Math.max(mostConnections, connections.size)
        if (!watched.has(incoming.socket)) incoming.socket.once("close", () => connections.delete(incoming.socket))
        watched.add(incoming.socket)
      }
      const chunks: Array<Buffer> = []
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
      incoming.on("end", () => {
        take(incoming, chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks))
        const reply = () => outgoing.writeHead(200, { "content-type": "application/x-protobuf" }).end()
        if (url.startsWith("/hang/") && hangs) hanging.push(reply)
        else if (url.startsWith("/slow/")) setTimeout(reply, 2000)
        else reply()
      })
    })
    // Nobody's connection is ended for having been idle.
    server.keepAliveTimeout = 0
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
      resume(
        Effect.succeed({
          // It listens on a port.
          port: (server.address() as AddressInfo).port,
          close: () => {
            server.close()
            server.closeAllConnections()
          }
        })
      )
    )
  }),
  ({ close }) => Effect.sync(close)
).pipe(Effect.map(({ port }) => port))

const ask = <A>(port: number, path: string): Effect.Effect<A> =>
  Effect.async<A>((resume) => {
    request({ port, host: "127.0.0.1", path: `${control}${path}`, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        text += chunk
      })
      // The sink's own words.
      response.on("end", () => resume(Effect.succeed(JSON.parse(text) as A)))
    })
      .on("error", (error) => resume(Effect.die(error)))
      .end()
  })

/** What a sink has counted. */
export const counts = (port: number): Effect.Effect<Counts> => ask(port, "counts")

/** Begins anew. With `arrivals` it notes when each span came, too, which costs it more. */
export const reset = (port: number, arrivals = false): Effect.Effect<Counts> =>
  ask(port, arrivals ? "reset-with-arrivals" : "reset")

/** Has it answer what hangs, and let nothing hang from now on. */
export const release = (port: number): Effect.Effect<Counts> => ask(port, "release")

/** When spans came. */
export const arrivals = (port: number): Effect.Effect<Arrivals> => ask(port, "arrivals")

/** Looks until what it sees is enough, or for so long, and says what it saw last. */
export const until = <A>(look: Effect.Effect<A>, isEnough: (seen: A) => boolean, millis: number): Effect.Effect<A> =>
  Effect.suspend(() => {
    const end = performance.now() + millis
    const again: Effect.Effect<A> = Effect.flatMap(look, (seen) =>
      isEnough(seen) || performance.now() > end ? Effect.succeed(seen) : Effect.delay(again, 50)
    )
    return again
  })

/** Waits until it has so many spans, or for so long, and says what it has. */
export const settled = (port: number, spans: number, millis: number): Effect.Effect<Counts> =>
  until(counts(port), (found) => found.spans >= spans, millis)
