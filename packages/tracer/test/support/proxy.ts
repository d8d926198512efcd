/** A forward proxy on the loopback address: real CONNECT requests, real tunnels, and every way to fail at it. */
import * as Http from "node:http"
import * as Https from "node:https"
import { type AddressInfo, connect, type Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { pem } from "./servers.js"

/** One CONNECT as it came. */
export interface Asked {
  readonly authority: string
  readonly headers: Http.IncomingHttpHeaders
}

export interface Proxy {
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
  /** Requests that were no CONNECT. */
  readonly others: () => number
  /** Connections of clients that are open now. */
  readonly open: () => number
}

/**
 * What becomes of a CONNECT: a `tunnel` to the same port of the loopback address, whatever address was asked for; an answer of so many bytes; or
 * something done to the socket.
 */
export type Answer = "tunnel" | number | ((socket: Socket) => void)

export const proxy = (
  options: {
    /** Over TLS, with the certificate of `collector.test`. */
    readonly secure?: boolean
    /** The name of the only client certificate that is let in. */
    readonly client?: string
    /** Default: a tunnel for all. */
    readonly answer?: (asked: Asked, count: number) => Answer
  } = {}
): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Proxy & { readonly close: Effect.Effect<void> }>((resume) => {
      const asked: Array<Asked> = []
      const sockets = new Set<Socket>()
      let others = 0
      let open = 0
      const server = options.secure
        ? Https.createServer({
            cert: pem("collector"),
            key: pem("collector.key"),
            ...(options.client && { requestCert: true, ca: pem(options.client) })
          })
        : Http.createServer()
      server.on("request", (_, response: Http.ServerResponse) => {
        others++
        response.writeHead(405).end()
      })
      server.on("connection", (socket: Socket) => {
        open++
        sockets.add(socket)
        socket.once("close", () => open--)
      })
      server.on("connect", (request: Http.IncomingMessage, client: Socket) => {
        const one = { authority: request.url ?? "", headers: request.headers }
        asked.push(one)
        const answer = options.answer?.(one, asked.length) ?? "tunnel"
        client.on("error", () => {})
        if (typeof answer === "function") {
          // Else the end of what nobody reads is never seen, and half a connection stays.
          client.resume().once("end", () => client.destroy())
          return answer(client)
        }
        if (typeof answer === "number")
          return void client.end(`HTTP/1.1 ${answer} No\r\ncontent-length: 5\r\n\r\nsorry`)
        const target = connect(Number(one.authority.split(":").at(-1)), "127.0.0.1", () => {
          client.write("HTTP/1.1 200 Connection established\r\n\r\n")
          client.pipe(target).pipe(client)
        })
        sockets.add(target)
        target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"))
        target.on("close", () => client.destroy())
        client.on("close", () => target.destroy())
      })
      server.listen(0, "127.0.0.1", () => {
        // A TCP server has an address of this shape.
        const { port } = server.address() as AddressInfo
        resume(
          Effect.succeed({
            url: `${options.secure ? "https" : "http"}://${options.secure ? "collector.test" : "127.0.0.1"}:${port}`,
            asked,
            others: () => others,
            open: () => open,
            close: Effect.async<void>((done) => {
              server.close(() => done(Effect.void))
              for (const socket of sockets) socket.destroy()
            })
          })
        )
      })
    }),
    ({ close }) => close
  )
