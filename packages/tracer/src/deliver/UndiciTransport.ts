/**
 * The transport over `undici`: HTTP/1.1, a pool of connections per origin, TLS identity, endpoint policy and egress proxy, forgotten when it is idle
 * and closed when the last who uses its origin is gone.
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
import * as EndpointPolicy from "../route/EndpointPolicy.js"
import * as BatchClock from "./BatchClock.js"
import type { Choose, EgressProxy } from "./EgressProxy.js"
import * as connector from "./internal/connector.js"
import * as egressProxy from "./internal/egress.js"
import * as fingerprint from "./internal/fingerprint.js"
import * as Permits from "./internal/permits.js"
import * as transportFailure from "./internal/transportFailure.js"
import {
  Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
  type TransportTarget
} from "./Transport.js"

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
  /**
   * The operator's forward proxy for all targets, or the choice of one for each. Default none, whatever `HTTPS_PROXY` says: no environment variable
   * is read.
   */
  readonly proxy?: EgressProxy | Choose | undefined
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

/** A target that was judged, and how it is reached. */
interface Way {
  readonly url: URL
  readonly key: string
  readonly guard: connector.Guard | undefined
  readonly egress: egressProxy.Egress | undefined
}

interface Pooled {
  readonly pool: Pool
  readonly connector: connector.Connector
  /** A request starts when one of the connections is free for it, so that it can always be aborted at once. */
  readonly turns: Permits.Permits
  users: number
  /** Its last holder has gone: it ends with its last request, unless there is another by then. */
  isLeft: boolean
  /** Calls off its end. */
  keep: () => void
}

const tlsNames = new WeakMap<DestinationTls, string>()

const tlsName = (tls: DestinationTls | undefined): string => {
  if (tls === undefined) return ""
  const known = tlsNames.get(tls)
  if (known !== undefined) return known
  const name = fingerprint.make([
    tls.ca,
    tls.certificate,
    Redacted.isRedacted(tls.key) ? Redacted.value(tls.key) : undefined
  ])
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
  maxResponseBytes: number,
  onStart: () => void
): Effect.Effect<TransportResponse, TransportError> =>
  Effect.async((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let givenUp = false
    let status = 0
    let answer: Record<string, string> = {}
    let bytes = 0
    const chunks: Array<Buffer> = []
    const fail = (reason: TransportError["reason"], answered = status === 0 ? undefined : status) =>
      resume(Effect.fail(new TransportError({ reason, host: url.host, status: answered })))
    const failWith = (error: unknown) => fail(transportFailure.reasonOf(error), transportFailure.proxyStatusOf(error))

    // A header that undici refuses is thrown by some of its versions and handed to the handler by others.
    try {
      pool.dispatch(
        { path: url.pathname + url.search, method, headers, body },
        {
          onRequestStart: (started) => {
            onStart()
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
          onResponseError: (_, error) => failWith(error)
        }
      )
    } catch (error) {
      failWith(error)
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
    const egressFor = egressProxy.chooser(options.proxy)
    const clock = yield* BatchClock.make
    const pools = new Map<string, Pooled>()
    const holders = new Map<string, { readonly key: string; count: number }>()

    const end = (key: string, pooled: Pooled): Promise<void> => {
      if (pools.get(key) === pooled) pools.delete(key)
      const ended = pooled.pool.destroy()
      pooled.connector.close()
      return ended
    }

    yield* Effect.addFinalizer(() =>
      Effect.forEach([...pools], ([key, pooled]) => Effect.promise(() => end(key, pooled)), {
        concurrency: "unbounded",
        discard: true
      })
    )

    const wayTo = ({ policy, tls, url: text }: TransportTarget): Either.Either<Way, TransportError["reason"]> => {
      const url = Url.parse(text)
      if (url?.protocol !== "https:" && url?.protocol !== "http:") return Either.left("other")
      const judged = policy?.judge(text)
      if (judged !== undefined && Either.isLeft(judged)) return Either.left("refused")
      // What no policy judges may be anywhere; its parts are the same.
      const target = judged ?? EndpointPolicy.permissive.judge(url.origin)
      const egress = Either.flatMap(target, egressFor)
      if (Either.isLeft(egress)) {
        return Either.left(egress.left._tag === "EgressProxyError" ? "proxy" : "other")
      }
      return Either.right({
        url,
        key: `${url.origin} ${tlsName(tls)} ${policy?.name ?? ""} ${egress.right?.name ?? ""}`,
        guard: policy && judged && { policy, target: judged.right },
        egress: egress.right
      })
    }

    const open = ({ egress, guard, url }: Way, tls: DestinationTls | undefined): Pooled => {
      const opener = connector.make({ hostname: url.hostname, tls, guard, resolve, egress })
      return {
        pool: new Pool(url.origin, {
          connections,
          pipelining: 1,
          allowH2: false,
          // Time is measured by whoever sends, with a clock that tests can turn.
          headersTimeout: 0,
          bodyTimeout: 0,
          keepAliveTimeout: Math.max(1, idleTimeToLive),
          // Whatever the back end asks for.
          keepAliveMaxTimeout: Math.max(1, idleTimeToLive),
          connect: opener.connect
        }),
        connector: opener,
        turns: Permits.make(connections),
        users: 0,
        isLeft: false,
        keep: () => {}
      }
    }

    const acquire = (way: Way, tls: DestinationTls | undefined): Pooled => {
      const pooled = pools.get(way.key) ?? open(way, tls)
      pools.set(way.key, pooled)
      pooled.users++
      pooled.keep()
      return pooled
    }

    const release = ({ key }: Way, pooled: Pooled) => {
      pooled.users--
      if (pooled.users > 0) return
      if (pooled.isLeft && !holders.has(key)) return void end(key, pooled)
      pooled.keep = clock.schedule(idleTimeToLive, () => void end(key, pooled))
    }

    const leave = (key: string) => {
      holders.delete(key)
      const pooled = pools.get(key)
      if (pooled === undefined) return
      pooled.isLeft = true
      if (pooled.users > 0) return
      pooled.keep()
      void end(key, pooled)
    }

    const hold = (target: TransportTarget): (() => void) => {
      const way = wayTo(target)
      if (Either.isLeft(way)) return () => {}
      const { key } = way.right
      // All who hold a target keep one object alive, and nothing of their own.
      const holder = holders.get(key) ?? { key, count: 0 }
      holders.set(key, holder)
      holder.count++
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        holder.count--
        if (holder.count === 0) leave(holder.key)
      }
    }

    const send = (request: TransportRequest): Effect.Effect<TransportResponse, TransportError> =>
      Effect.suspend(() => {
        const host = transportFailure.hostOf(request.url)
        const way = wayTo(request)
        if (Either.isLeft(way)) return Effect.fail(new TransportError({ reason: way.left, host }))
        let hasStarted = false
        const onStart = () => {
          hasStarted = true
        }
        return Effect.acquireUseRelease(
          Effect.sync(() => acquire(way.right, request.tls)),
          ({ connector, pool, turns }) =>
            dispatch(pool, way.right.url, request, maxResponseBytes, onStart).pipe(
              Effect.timeoutFail({
                duration: request.timeout,
                // Whoever waits for a way has not been let down by the host.
                onTimeout: () =>
                  new TransportError({ reason: !hasStarted && connector.isAsking() ? "proxy" : "timeout", host })
              }),
              turns.withPermit
            ),
          (pooled) => Effect.sync(() => release(way.right, pooled))
        )
      }).pipe(Effect.withTracerEnabled(false))

    return {
      send,
      hold,
      stats: Effect.sync(() => {
        let connected = 0
        for (const { pool } of pools.values()) connected += pool.stats.connected
        return { pools: pools.size, connections: connected }
      })
    }
  })

/**
 * HTTP/1.1 over `undici`: a pool per origin, TLS identity, endpoint policy and egress proxy, forgotten when it is idle or when the last who held its
 * target is gone; everything is closed at once with the layer. With a policy the name is resolved once for each connection, and the socket, or the
 * way through the proxy, is opened to an address that the policy allows. A proxy that cannot be used is a defect at the start.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Transport> => Layer.scoped(Transport, make(options ?? {}))
