/**
 * Opens connections to addresses that were judged: a name is resolved once for each connection, and the socket goes to what came of it, straight or
 * through an egress proxy that is asked for that very address.
 */
import type { LookupFunction } from "node:net"
import { isIP, Socket } from "node:net"
import type { DestinationTls } from "@tenant-tracer/model/Destination"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { buildConnector } from "undici"
import type { EndpointPolicy, Target } from "../../route/EndpointPolicy.js"
import type { ResolvedAddress, Resolver } from "../UndiciTransport.js"
import type { Egress } from "./egress.js"
import { refusedCode } from "./transportFailure.js"
import * as tunnel from "./tunnel.js"

/** A policy and the endpoint that it let pass. */
export interface Guard {
  readonly policy: EndpointPolicy
  readonly target: Target
}

export interface Connector {
  readonly connect: buildConnector.connector
  /** Whether a proxy has been asked for a way and has not answered yet. */
  readonly isAsking: () => boolean
  /** Gives up what is being opened. */
  readonly close: () => void
}

/** Not told apart: that a name has an address which may not be reached is nobody's business. */
const refused = () => Object.assign(new Error("the endpoint policy does not allow it"), { code: refusedCode })

/** Resolves a name and leaves out every address that may not be reached; there is at least one where there is no error. */
const addressesOf = (
  resolve: Resolver,
  guard: Guard | undefined,
  name: string,
  done: (error: Error | null, addresses: ReadonlyArray<ResolvedAddress>) => void
): void =>
  resolve(name, { all: true }, (error, found) => {
    if (error !== null) return done(error, [])
    const permitted = found.filter(
      ({ address }) => guard === undefined || Either.isRight(guard.policy.judgeAddress(address, guard.target))
    )
    return permitted.length === 0 ? done(refused(), []) : done(null, permitted)
  })

const lookupOf =
  (resolve: Resolver, guard: Guard | undefined): LookupFunction =>
  (name, { all }, done) =>
    addressesOf(resolve, guard, name, (error, addresses) => {
      const [first] = addresses
      if (error !== null || first === undefined) return done(error, [])
      return all ? done(null, [...addresses]) : done(null, first.address, first.family)
    })

/** As long as a direct connection may take to be opened. */
const maxAskingMillis = 10_000

/** How many of a name's addresses a proxy is asked for, one after the other: it may speak one family only. */
const maxAddresses = 4

const needsCredentials = 407

/**
 * A connector for one origin. Node asks the look-up for names only: an address in the URL is judged with the URL. The certificate is checked against
 * the name, which in TLS has no dot at its end.
 */
export const make = (options: {
  readonly hostname: string
  readonly tls: DestinationTls | undefined
  readonly guard: Guard | undefined
  readonly resolve: Resolver
  readonly egress: Egress | undefined
}): Connector => {
  const { egress, guard, hostname, resolve, tls } = options
  const isAddress = hostname.startsWith("[") || isIP(hostname) !== 0
  const name = hostname.replace(/\.$/, "")
  const opening = new Set<() => void>()
  let asking = 0

  const connect = buildConnector({
    allowH2: false,
    lookup: lookupOf(resolve, guard),
    ...(!isAddress && { servername: name }),
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.certificate !== undefined && { cert: tls.certificate }),
    ...(tls?.key !== undefined && { key: Redacted.value(tls.key) })
  })

  const direct: buildConnector.connector = (to, done) => {
    // It gives the socket that it opens, which its type does not say.
    const socket: unknown = connect(to, (...result) => {
      opening.delete(giveUp)
      done(...result)
    })
    const giveUp = () => {
      if (socket instanceof Socket) socket.destroy()
    }
    opening.add(giveUp)
  }

  const through =
    (egress: Egress): buildConnector.connector =>
    (to, done) => {
      let isOver = false
      let drop = () => {}
      let timer: NodeJS.Timeout | undefined
      const finish = (...[error, socket]: Parameters<typeof done>) => {
        if (isOver) return void socket?.destroy()
        isOver = true
        clearTimeout(timer)
        opening.delete(giveUp)
        if (error === null) done(null, socket)
        else done(error, null)
      }
      const giveUp = () => {
        const current = drop
        finish(new tunnel.TunnelError(), null)
        current()
      }
      opening.add(giveUp)

      const secure = (socket: Socket) => {
        clearTimeout(timer)
        if (to.protocol !== "https:") return finish(null, socket)
        drop = () => socket.destroy()
        try {
          connect({ ...to, httpSocket: socket }, finish)
        } catch (error) {
          // A certificate that is none. What is thrown here is always an error.
          socket.destroy()
          finish(error as Error, null)
        }
      }

      const ask = ([host = "", ...others]: ReadonlyArray<string>) => {
        asking++
        const port = to.port || (to.protocol === "https:" ? "443" : "80")
        const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
        drop = tunnel.open(egress, authority, lookupOf(resolve, undefined), (error, socket) => {
          asking--
          if (isOver) return void socket?.destroy()
          if (error === null) return socket === null ? undefined : secure(socket)
          if (others.length === 0 || error.status === needsCredentials) return finish(error, null)
          ask(others)
        })
      }

      const askFor = (hosts: ReadonlyArray<string>) => {
        if (isOver) return
        timer = setTimeout(giveUp, maxAskingMillis)
        ask(hosts)
      }

      if (isAddress) askFor([to.hostname])
      else if (guard === undefined) askFor([name])
      else
        addressesOf(resolve, guard, to.hostname, (error, addresses) => {
          if (error !== null) return finish(error, null)
          askFor(addresses.slice(0, maxAddresses).map(({ address }) => address))
        })
    }

  return {
    connect: egress === undefined ? direct : through(egress),
    isAsking: () => asking > 0,
    close: () => {
      for (const giveUp of [...opening]) giveUp()
    }
  }
}
