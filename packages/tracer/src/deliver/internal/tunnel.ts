/**
 * Asks a forward proxy for a way to an address: one CONNECT, and the socket that comes of it.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type { LookupFunction, Socket } from "node:net"
import { isIP } from "node:net"
import * as Redacted from "effect/Redacted"
import type { Egress } from "./egress.js"
import { proxyCode } from "./transportFailure.js"

/** Whatever goes wrong up to the proxy's answer is the proxy's; its own text stays behind. */
export class TunnelError extends Error {
  readonly code = proxyCode
  constructor(
    /** What the proxy answered, if it did. */
    readonly status?: number | undefined
  ) {
    super("the egress proxy opened no way")
  }
}

/** Calls `done` once, and returns how to give up, after which it may be called or not. `authority` is `host:port`. */
export const open = (
  egress: Egress,
  authority: string,
  lookup: LookupFunction,
  done: (error: TunnelError | null, socket: Socket | null) => void
): (() => void) => {
  const { host, isSecure, port, tls } = egress
  try {
    const request = (isSecure ? Https : Http).request({
      method: "CONNECT",
      host,
      port,
      path: authority,
      headers: { ...egress.headers(), host: authority, connection: "keep-alive" },
      agent: false,
      lookup,
      maxHeaderSize: 16 * 1024,
      ...(isSecure && {
        // Else it would be taken from the header `host`, which names the target.
        servername: isIP(host) === 0 ? host : "",
        ca: tls?.ca,
        cert: tls?.certificate,
        key: tls?.key && Redacted.value(tls.key)
      })
    })
    request.once("connect", (response: Http.IncomingMessage, socket: Socket, head: Buffer) => {
      const status = response.statusCode ?? 0
      const isOpen = status >= 200 && status < 300
      // No server speaks before it is asked: what comes at once would be read as an answer.
      if (isOpen && head.length === 0) return done(null, socket)
      socket.destroy()
      done(new TunnelError(isOpen ? undefined : status), null)
    })
    request.once("error", () => done(new TunnelError(), null))
    // One that is given up says so, and nobody listens any more.
    request.on("error", () => {})
    request.end()
    return () => request.destroy()
  } catch {
    // A certificate that is none.
    done(new TunnelError(), null)
    return () => {}
  }
}
