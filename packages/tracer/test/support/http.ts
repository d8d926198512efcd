/** Real servers and clients on 127.0.0.1, and a way to wait for a request's end without sleeping. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http"
import { HttpApp, HttpMiddleware, HttpServer, type HttpServerRequest } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { TenantTracer } from "@tenant-tracer/tracer"
import { Effect, Layer, type Scope } from "effect"

/** How the middleware and the platform's own server span are combined. */
export interface Wiring {
  readonly given: "piped" | "served" | "both"
  readonly platformSpan: boolean
}

export const wirings: ReadonlyArray<Wiring> = (["piped", "served", "both"] as const).flatMap((given) => [
  { given, platformSpan: true },
  { given, platformSpan: false }
])

type App<E> = HttpApp.Default<E, Scope.Scope | HttpServerRequest.HttpServerRequest>

/** Serves an app on a free port for as long as the scope lives, and gives its port. */
export const serve = <E>(
  app: App<E>,
  wiring: Wiring = { given: "piped", platformSpan: true },
  middleware: <E2, R>(app: HttpApp.Default<E2, R>) => HttpApp.Default<E2, R> = TenantTracer.middleware
): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.orDie(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" }))
    )
    const piped = wiring.given === "served" ? app : middleware(app)
    const served = wiring.given === "piped" ? HttpServer.serveEffect(piped) : HttpServer.serveEffect(piped, middleware)
    yield* Effect.locally(served, HttpMiddleware.currentTracerDisabledWhen, () => !wiring.platformSpan).pipe(
      Effect.provide(context)
    )
    return yield* HttpServer.addressWith((address) =>
      address._tag === "TcpAddress" ? Effect.succeed(address.port) : Effect.dieMessage("not a TCP address")
    ).pipe(Effect.provide(context))
  })

/** Handles one request without a socket, through the middleware. */
export const inProcess = <E>(
  app: App<E>,
  url = "http://localhost/",
  init?: RequestInit,
  middleware: <E2, R>(app: HttpApp.Default<E2, R>) => HttpApp.Default<E2, R> = TenantTracer.middleware
): Effect.Effect<Answer> =>
  Effect.flatMap(Effect.runtime<never>(), (runtime) =>
    Effect.promise(() =>
      HttpApp.toWebHandlerRuntime(runtime)(middleware(app))(new Request(url, init)).then((response) =>
        response.text().then((body) => ({ status: response.status, body }))
      )
    )
  )

export interface Answer {
  readonly status: number
  readonly body: string
}

/** A plain GET over `node:http`, which sends just the headers that it is given. */
export const get = (
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<Answer> =>
  Effect.async((resume) => {
    request({ agent: false, host: "127.0.0.1", port, path, headers }, (message) => {
      let body = ""
      message.setEncoding("utf8")
      message.on("data", (chunk: string) => {
        body += chunk
      })
      message.on("close", () => resume(Effect.succeed({ status: message.statusCode ?? 0, body })))
      message.on("error", () => {})
    })
      .on("error", () => resume(Effect.succeed({ status: 0, body: "" })))
      .end()
  })

/** A client that hangs up as soon as the first byte has arrived. */
export const hangUp = (port: number, path: string): Effect.Effect<void> =>
  Effect.async((resume) => {
    const sent = request({ agent: false, host: "127.0.0.1", port, path }, (message) => {
      message.once("data", () => sent.destroy())
      message.on("error", () => {})
      message.on("close", () => resume(Effect.void))
    })
    sent.on("error", () => {}).end()
  })

/** An upstream that remembers the headers it was sent. */
export const upstream = (
  answer: (message: IncomingMessage) => string = () => "{}"
): Effect.Effect<{ readonly port: number; readonly seen: ReadonlyArray<IncomingHttpHeaders> }, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly seen: Array<IncomingHttpHeaders>; readonly close: () => void }>(
      (resume) => {
        const seen: Array<IncomingHttpHeaders> = []
        const server = createServer((message, response) => {
          seen.push(message.headers)
          response.setHeader("content-type", "application/json").end(answer(message))
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(Effect.succeed({ port, seen, close: () => server.close() }))
        })
      }
    ),
    ({ close }) => Effect.sync(close)
  )

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Turns the event loop until what is being recorded is as asked. */
export const recording = (
  predicate: (stats: TenantTracer.Status["recording"]) => boolean
): Effect.Effect<void, never, TenantTracer.TenantTracer> =>
  TenantTracer.status.pipe(
    Effect.zipLeft(turn),
    Effect.repeat({ until: ({ recording }) => predicate(recording) }),
    Effect.asVoid
  )

/** Nothing is being recorded any more: a client sees the last byte before the server's scope has closed. */
export const settled = recording(({ openSpans, requests }) => requests === 0 && openSpans === 0)
