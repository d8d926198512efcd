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
  readonly key: string
  readonly pool: Pool
  readonly connector: connector.Connector
  /** A request starts when one of the connections is free for it, so that it can always be aborted at once. */
  readonly permits: Permits.Permits
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

/** Sends a request and reads its answer, of which `onAnswer` or `onFailure` hears, once. What it gives aborts it: then neither does. */
const dispatch = (
  pool: Pool,
  { search, pathname }: URL,
  { body, headers, method }: TransportRequest,
  maxResponseBytes: number,
  {
    onAnswer,
    onFailure,
    onStart
  }: {
    readonly onStart: () => void
    readonly onAnswer: (answer: TransportResponse) => void
    readonly onFailure: (reason: TransportError["reason"], status: number | undefined) => void
  }
): (() => void) => {
  let controller: Dispatcher.DispatchController | undefined
  let isOver = false
  let status = 0
  let answer: Record<string, string> = {}
  let bytes = 0
  const chunks: Array<Buffer> = []
  const abort = () => {
    isOver = true
    controller?.abort(given)
  }
  const fail = (reason: TransportError["reason"], answered = status === 0 ? undefined : status) => {
    if (isOver) return
    isOver = true
    onFailure(reason, answered)
  }
  const failWith = (error: unknown) => fail(transportFailure.reasonOf(error), transportFailure.proxyStatusOf(error))

  // A header that undici refuses is thrown by some of its versions and handed to the handler by others.
  try {
    pool.dispatch(
      { path: pathname + search, method, headers, body },
      {
        onRequestStart: (started) => {
          controller = started
          if (isOver) abort()
          else onStart()
        },
        onResponseStart: (_, statusCode, responseHeaders) => {
          status = statusCode
          answer = flatten(responseHeaders)
        },
        onResponseData: (_, chunk) => {
          bytes += chunk.length
          if (bytes <= maxResponseBytes) return void chunks.push(chunk)
          fail("response_too_large")
          abort()
        },
        onResponseEnd: () => {
          if (isOver) return
          isOver = true
          onAnswer({ status, headers: answer, body: Buffer.concat(chunks) })
        },
        onResponseError: (_, error) => failWith(error)
      }
    )
  } catch (error) {
    failWith(error)
  }
  return abort
}

const make = (options: Options): Effect.Effect<Transport.Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connections = options.connections ?? 8
    const idleTimeToLive = Duration.toMillis(options.idleTimeToLive ?? "5 seconds")
    const maxResponseBytes = options.maxResponseBytes ?? 64 * 1024
    const resolve: Resolver = options.resolver ?? lookup
    const egressFor = egressProxy.chooser(options.proxy)
    const clock = yield* BatchClock.make
    const pools = new Map<string, Pooled>()
    /** With those that nobody is given any more and that are still in use. */
    const opened = new Set<Pooled>()
    const holders = new Map<string, { readonly key: string; count: number }>()

    const end = (pooled: Pooled): Promise<void> => {
      if (pools.get(pooled.key) === pooled) pools.delete(pooled.key)
      opened.delete(pooled)
      const ended = pooled.pool.destroy()
      pooled.connector.close()
      return ended
    }

    yield* Effect.addFinalizer(() =>
      Effect.forEach([...opened], (pooled) => Effect.promise(() => end(pooled)), {
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

    const open = ({ egress, guard, key, url }: Way, tls: DestinationTls | undefined): Pooled => {
      const opener = connector.make({ hostname: url.hostname, tls, guard, resolve, egress })
      const pooled: Pooled = {
        key,
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
        permits: Permits.make(connections),
        users: 0,
        isLeft: false,
        keep: () => {}
      }
      pools.set(key, pooled)
      opened.add(pooled)
      return pooled
    }

    const acquire = (way: Way, tls: DestinationTls | undefined): Pooled => {
      const pooled = pools.get(way.key) ?? open(way, tls)
      pooled.users++
      pooled.keep()
      return pooled
    }

    const release = (pooled: Pooled) => {
      pooled.users--
      if (pooled.users > 0) return
      const isGiven = pools.get(pooled.key) === pooled
      if (!isGiven || (pooled.isLeft && !holders.has(pooled.key))) return void end(pooled)
      pooled.keep = clock.schedule(idleTimeToLive, () => void end(pooled))
    }

    const leave = (key: string) => {
      holders.delete(key)
      const pooled = pools.get(key)
      if (pooled === undefined) return
      pooled.isLeft = true
      if (pooled.users > 0) return
      pooled.keep()
      void end(pooled)
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

    // One step for Effect: the last batches of many tenants are many, and small.
    const send = (request: TransportRequest): Effect.Effect<TransportResponse, TransportError> =>
      Effect.async((resume) => {
        const timeout = Duration.toMillis(request.timeout)
        const reached = wayTo(request)
        if (Either.isLeft(reached)) {
          const host = transportFailure.hostOf(request.url)
          return resume(Effect.fail(new TransportError({ reason: reached.left, host })))
        }
        const way = reached.right
        const { host } = way.url
        const pooled = acquire(way, request.tls)
        let hasStarted = false
        let isOver = false
        let abort = () => {}
        let giveBack = () => {}
        let cancelTimeout = () => {}
        const finish = () => {
          isOver = true
          cancelTimeout()
          giveBack()
          release(pooled)
        }
        const fail = (reason: TransportError["reason"], status?: number) => {
          // A request that undici refuses leaves its connection waiting for what never comes: others get a new pool.
          if (reason === "other" && !hasStarted && pools.get(pooled.key) === pooled) pools.delete(pooled.key)
          finish()
          resume(Effect.fail(new TransportError({ reason, host, status })))
        }
        giveBack = pooled.permits.take(() => {
          const giveUp = () => {
            abort()
            // Whoever waits for a way has not been let down by the host.
            fail(!hasStarted && pooled.connector.isAsking() ? "proxy" : "timeout")
          }
          cancelTimeout = clock.schedule(timeout, () => {
            // After a long turn timers come first, and the answer may be there: whoever did not read it would send all of it again.
            const last = setImmediate(giveUp)
            cancelTimeout = () => clearImmediate(last)
          })
          abort = dispatch(pooled.pool, way.url, request, maxResponseBytes, {
            onStart: () => {
              hasStarted = true
            },
            onAnswer: (answer) => {
              finish()
              resume(Effect.succeed(answer))
            },
            onFailure: fail
          })
        })
        // It may have failed at once.
        if (isOver) giveBack()
        return Effect.sync(() => {
          if (isOver) return
          abort()
          finish()
        })
      })

    return {
      send,
      hold,
      stats: Effect.sync(() => {
        let connected = 0
        for (const { pool } of opened) connected += pool.stats.connected
        return { pools: opened.size, connections: connected }
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
