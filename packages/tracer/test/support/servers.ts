/** Real servers on loopback addresses, over http or https, and a resolver that says what a test wants. */
import type { LookupAddress } from "node:dns"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import * as Https from "node:https"
import { type AddressInfo, isIP, type Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import type { UndiciTransport } from "@tenant-tracer/tracer"
import { Effect, type Scope } from "effect"

export const pem = (name: string) => readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url), "utf8")

/** Who signed the certificate of `collector.test`. */
export const authority = { ca: pem("authority") }

export interface Listening {
  readonly port: number
  /** Connections so far, whether or not a request came over them. */
  readonly connections: () => number
  /** Connections that are open now. */
  readonly open: () => number
  readonly hosts: ReadonlyArray<string | undefined>
  readonly headers: ReadonlyArray<Http.IncomingHttpHeaders>
  /** The names that TLS clients asked for. */
  readonly names: ReadonlyArray<string | false>
  /** The names in the certificates that TLS clients showed, empty for none. */
  readonly clients: ReadonlyArray<string>
}

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Asks until the answer is as wanted, turning the event loop in between. */
export const eventually = <A>(ask: Effect.Effect<A>, isWanted: (answer: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(Effect.zipLeft(ask, turn), { until: isWanted })

/** Waits until something is so. */
export const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.asVoid(eventually(Effect.sync(isSo), (so) => so))

/** A server for as long as the scope lives. It closes no connection by itself. */
export const listening = (
  address: string,
  options: {
    readonly port?: number
    /** The name of a certificate, or `collector`'s. */
    readonly secure?: boolean | string
    /** The name of the only client certificate that is let in. */
    readonly client?: string
    readonly answer?: (response: Http.ServerResponse, request: Http.IncomingMessage) => void
  } = {}
): Effect.Effect<Listening, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Listening & { readonly server: Http.Server | Https.Server }>((resume) => {
        let connections = 0
        let open = 0
        const hosts: Array<string | undefined> = []
        const headers: Array<Http.IncomingHttpHeaders> = []
        const names: Array<string | false> = []
        const clients: Array<string> = []
        const handle: Http.RequestListener = (request, response) => {
          hosts.push(request.headers.host)
          headers.push(request.headers)
          if (options.answer) options.answer(response, request)
          else response.end()
        }
        const certificate = options.secure === true ? "collector" : options.secure
        const server = certificate
          ? Https.createServer(
              {
                cert: pem(certificate),
                key: pem(`${certificate}.key`),
                ...(options.client && { requestCert: true, ca: pem(options.client) })
              },
              handle
            )
          : Http.createServer(handle)
        server.keepAliveTimeout = 0
        server.on("connection", (socket: Socket) => {
          connections++
          open++
          socket.once("close", () => open--)
        })
        server.on("secureConnection", (socket: TLSSocket & { readonly servername: string | false }) => {
          names.push(socket.servername)
          clients.push(String(socket.getPeerCertificate().subject?.CN ?? ""))
        })
        server.listen(options.port ?? 0, address, () => {
          // A TCP server has an address of this shape.
          const { port } = server.address() as AddressInfo
          const counts = { connections: () => connections, open: () => open }
          resume(Effect.succeed({ port, ...counts, hosts, headers, names, clients, server }))
        })
      }),
      ({ server }) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    (listening): Listening => listening
  )

/** Answers each question with the next list, the last one for ever, and remembers the questions. */
export const resolver = (...answers: ReadonlyArray<ReadonlyArray<string>>) => {
  const asked: Array<string> = []
  const resolve: UndiciTransport.Resolver = (name, _, done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(name)
    done(
      null,
      addresses.map((address): LookupAddress => ({ address, family: isIP(address) }))
    )
  }
  return { asked, resolve }
}

/** Finds no name at all. */
export const nowhere: UndiciTransport.Resolver = (_, __, done) =>
  done(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND", syscall: "getaddrinfo" }), [])
