/**
 * Opens connections to addresses that were judged: a name is resolved once for each connection, and the socket goes to what came of it.
 */
import type { LookupFunction } from "node:net"
import { isIP } from "node:net"
import type { DestinationTls } from "@tenant-tracer/model/Destination"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { buildConnector } from "undici"
import type { EndpointPolicy, Target } from "../../route/EndpointPolicy.js"
import type { Resolver } from "../UndiciTransport.js"
import { refusedCode } from "./transportFailure.js"

/** A policy and the endpoint that it let pass. */
export interface Guard {
  readonly policy: EndpointPolicy
  readonly target: Target
}

/** Not told apart: that a name has an address which may not be reached is nobody's business. */
const refused = () => Object.assign(new Error("the endpoint policy does not allow it"), { code: refusedCode })

/**
 * Resolves a name and leaves out every address that may not be reached. A forward proxy belongs behind it: what it is asked to CONNECT to is an
 * address that this gave, never the name.
 */
const lookupOf =
  (resolve: Resolver, guard: Guard | undefined): LookupFunction =>
  (name, { all }, done) =>
    resolve(name, { all: true }, (error, found) => {
      if (error !== null) return done(error, [])
      const permitted = found.filter(
        ({ address }) => guard === undefined || Either.isRight(guard.policy.judgeAddress(address, guard.target))
      )
      const [first] = permitted
      if (first === undefined) return done(refused(), [])
      return all ? done(null, permitted) : done(null, first.address, first.family)
    })

/**
 * A connector for one origin. Node asks the look-up for names only: an address in the URL is judged with the URL. The certificate is checked against
 * the name, which in TLS has no dot at its end.
 */
export const make = (options: {
  readonly hostname: string
  readonly tls: DestinationTls | undefined
  readonly guard: Guard | undefined
  readonly resolve: Resolver
}): buildConnector.connector => {
  const { guard, hostname, resolve, tls } = options
  const isAddress = hostname.startsWith("[") || isIP(hostname) !== 0
  return buildConnector({
    allowH2: false,
    lookup: lookupOf(resolve, guard),
    ...(!isAddress && { servername: hostname.replace(/\.$/, "") }),
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.certificate !== undefined && { cert: tls.certificate }),
    ...(tls?.key !== undefined && { key: Redacted.value(tls.key) })
  })
}
