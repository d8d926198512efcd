/**
 * The transport over `undici`: HTTP/1.1, a pool of connections per origin, TLS identity and endpoint policy, forgotten when it is idle.
 *
 * @since 0.1.0
 */
import { lookup } from "node:dns"
import type { DestinationTls } from "@tenant-tracer/model/Destination"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { type Dispatcher, Pool } from "undici"
import * as Url from "../internal/url.js"
import * as BatchClock from "./BatchClock.js"
import * as connector from "./internal/connector.js"
import * as fingerprint from "./internal/fingerprint.js"
import * as transportFailure from "./internal/transportFailure.js"
import { Transport, TransportError, type TransportRequest, type TransportResponse } from "./Transport.js"

/**
 * How the pools are kept; each option has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Connections to one origin with one TLS identity and policy, and so requests on their way to it at once. Default 8. */
  readonly connections?: number | undefined
  /** How long a pool without requests stays. Default 5 seconds. */
  readonly idleTimeToLive?: Duration.DurationInput | undefined
  /** Bytes of an answer that are read. Default 64 KiB. */
  readonly maxResponseBytes?: number | undefined
  /** Asked once for each connection to a name. Default `lookup` of `node:dns`. */
  readonly resolver?: Resolver | undefined
}

/**
 * An address of a host; `family` is 4 or 6.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/**
 * Finds the addresses of a name, best first, in the manner of Node's own `lookup`.
 *
 * @since 0.1.0
 * @category models
 */
export type Resolver = (
  name: string,
  options: { readonly all: true },
  done: (error: Error | null, addresses: ReadonlyArray<ResolvedAddress>) => void
) => void

interface Pooled {
  readonly pool: Pool
  /** A request starts when one of the connections is free for it, so that it can always be aborted at once. */
  readonly turns: Effect.Semaphore
  users: number
  /** Calls off its end. */
  keep: () => void
}

const tlsNames = new WeakMap<DestinationTls, string>()

const tlsName = (tls: DestinationTls | undefined): string => {
  if (tls === undefined) return ""
  const known = tlsNames.get(tls)
  if (known !== undefined) return known
  const name = fingerprint.make([tls.ca, tls.certificate, tls.key && Redacted.value(tls.key)])
  tlsNames.set(tls, name)
  return name
}

const flatten = (headers: Readonly<Record<string, string | Array<string> | undefined>>): Record<string, string> => {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ")
  }
  return flat
}

const given = new Error("given up")

const dispatch = (
  pool: Pool,
  url: URL,
  { body, headers, method }: TransportRequest,
  maxResponseBytes: number
): Effect.Effect<TransportResponse, TransportError> =>
  Effect.async((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let givenUp = false
    let status = 0
    let answer: Record<string, string> = {}
    let bytes = 0
    const chunks: Array<Buffer> = []
    const fail = (reason: TransportError["reason"]) =>
      resume(Effect.fail(new TransportError({ reason, host: url.host, status: status === 0 ? undefined : status })))

    // A header that undici refuses is thrown by some of its versions and handed to the handler by others.
    try {
      pool.dispatch(
        { path: url.pathname + url.search, method, headers, body },
        {
          onRequestStart: (started) => {
            controller = started
            if (givenUp) started.abort(given)
          },
          onResponseStart: (_, statusCode, responseHeaders) => {
            status = statusCode
            answer = flatten(responseHeaders)
          },
          onResponseData: (reading, chunk) => {
            bytes += chunk.length
            if (bytes <= maxResponseBytes) return void chunks.push(chunk)
            fail("response_too_large")
            reading.abort(given)
          },
          onResponseEnd: () => resume(Effect.succeed({ status, headers: answer, body: Buffer.concat(chunks) })),
          onResponseError: (_, error) => fail(transportFailure.reasonOf(error))
        }
      )
    } catch (error) {
      fail(transportFailure.reasonOf(error))
    }
    return Effect.sync(() => {
      givenUp = true
      controller?.abort(given)
    })
  })

const make = (options: Options): Effect.Effect<Transport.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connections = options.connections ?? 8
    const idleTimeToLive = Duration.toMillis(options.idleTimeToLive ?? "5 seconds")
    const maxResponseBytes = options.maxResponseBytes ?? 64 * 1024
    const resolve: Resolver = options.resolver ?? lookup
    const clock = yield* BatchClock.make
    const pools = new Map<string, Pooled>()

    yield* Effect.addFinalizer(() =>
      Effect.forEach(pools.values(), ({ pool }) => Effect.promise(() => pool.destroy()), {
        concurrency: "unbounded",
        discard: true
      }).pipe(Effect.ensuring(Effect.sync(() => pools.clear())))
    )

    const open = (url: URL, tls: DestinationTls | undefined, guard: connector.Guard | undefined): Pooled => ({
      pool: new Pool(url.origin, {
        connections,
        pipelining: 1,
        allowH2: false,
        // Time is measured by whoever sends, with a clock that tests can turn.
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: Math.max(1, idleTimeToLive),
        connect: connector.make({ hostname: url.hostname, tls, guard, resolve })
      }),
      turns: Effect.unsafeMakeSemaphore(connections),
      users: 0,
      keep: () => {}
    })

    const acquire = (key: string, make: () => Pooled): Pooled => {
      const pooled = pools.get(key) ?? make()
      pools.set(key, pooled)
      pooled.users++
      pooled.keep()
      return pooled
    }

    const release = (key: string, pooled: Pooled) => {
      pooled.users--
      if (pooled.users > 0) return
      pooled.keep = clock.schedule(idleTimeToLive, () => {
        pools.delete(key)
        pooled.pool.destroy(null, () => {})
      })
    }

    const send = (request: TransportRequest): Effect.Effect<TransportResponse, TransportError> =>
      Effect.suspend(() => {
        const host = transportFailure.hostOf(request.url)
        const url = Url.parse(request.url)
        if (url?.protocol !== "https:" && url?.protocol !== "http:")
          return Effect.fail(new TransportError({ reason: "other", host }))
        const { policy, tls } = request
        const judged = policy?.judge(request.url)
        if (judged !== undefined && Either.isLeft(judged))
          return Effect.fail(new TransportError({ reason: "refused", host }))
        const guard = policy && judged && { policy, target: judged.right }
        const key = `${url.origin} ${tlsName(tls)} ${policy?.name ?? ""}`
        return Effect.acquireUseRelease(
          Effect.sync(() => acquire(key, () => open(url, tls, guard))),
          ({ pool, turns }) =>
            dispatch(pool, url, request, maxResponseBytes).pipe(
              Effect.timeoutFail({
                duration: request.timeout,
                onTimeout: () => new TransportError({ reason: "timeout", host })
              }),
              turns.withPermits(1)
            ),
          (pooled) => Effect.sync(() => release(key, pooled))
        )
      }).pipe(Effect.withTracerEnabled(false))

    return {
      send,
      stats: Effect.sync(() => {
        let connected = 0
        for (const { pool } of pools.values()) connected += pool.stats.connected
        return { pools: pools.size, connections: connected }
      })
    }
  })

/**
 * HTTP/1.1 over `undici`: a pool per origin, TLS identity and endpoint policy, forgotten when it is idle; everything is closed at once with the
 * layer. With a policy the name is resolved once for each connection, and the socket is opened to an address that the policy allows.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Transport> => Layer.scoped(Transport, make(options ?? {}))
