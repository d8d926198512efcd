/**
 * An egress proxy as it is used: read once, and named so that connections through one are never those of another.
 */
import type { DestinationTls } from "@tenant-tracer/model/Destination"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Url from "../../internal/url.js"
import type { Target } from "../../route/EndpointPolicy.js"
import { type Choose, type EgressProxy, EgressProxyError } from "../EgressProxy.js"
import * as fingerprint from "./fingerprint.js"

export interface Egress {
  /** Tells proxies apart and shows nothing of them. */
  readonly name: string
  readonly isSecure: boolean
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** Revealed when they are written. */
  readonly headers: () => Readonly<Record<string, string>>
  readonly tls: DestinationTls | undefined
}

/** The one header of these that is for proxies. */
const reserved: ReadonlySet<string> = new Set(
  [...OtlpHeaders.reserved].filter((header) => header !== "proxy-authorization")
)

const reveal = (proxy: EgressProxy) => OtlpHeaders.reveal(proxy.headers ?? {}, reserved)

const read = (proxy: EgressProxy): Either.Either<Egress, EgressProxyError> => {
  const wrong = (field: EgressProxyError["field"], detail: string) =>
    Either.left(new EgressProxyError({ field, detail }))
  const url = typeof proxy.url === "string" ? Url.parse(proxy.url) : undefined
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    return wrong("url", "is not the URL of a proxy: use http://host:port or https://host:port")
  if (url.username !== "" || url.password !== "")
    return wrong("url", "has a user name or a password in it: put them into headers, as proxy-authorization")
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    return wrong("url", "has a path, a query or a fragment: leave it out")
  const headers = reveal(proxy)
  if (Either.isLeft(headers)) return wrong("headers", `cannot be sent: ${headers.left.message}`)
  const { tls } = proxy
  const isSecure = url.protocol === "https:"
  return Either.right({
    name: fingerprint.make([
      url.origin,
      ...Object.entries(headers.right).sort().flat(),
      tls?.ca,
      tls?.certificate,
      tls?.key && Redacted.value(tls.key)
    ]),
    isSecure,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    headers: () => Either.getOrElse(reveal(proxy), () => ({})),
    tls
  })
}

/** Total, since a function of the operator's may give anything. */
const readSafely = (proxy: EgressProxy): Either.Either<Egress, EgressProxyError> => {
  try {
    return read(proxy)
  } catch {
    return Either.left(new EgressProxyError({ field: "proxy", detail: "cannot be read: give url, headers and tls" }))
  }
}

/**
 * Finds the proxy for a target; `undefined` where it is reached directly. A proxy that is given as such and cannot be used throws: the program is
 * wrong then.
 */
export const chooser = (
  proxy: EgressProxy | Choose | undefined
): ((target: Target) => Either.Either<Egress | undefined, EgressProxyError>) => {
  if (proxy === undefined) return () => Either.right(undefined)
  if (!Predicate.isFunction(proxy)) {
    const egress = Either.right(Either.getOrThrowWith(readSafely(proxy), (error) => error))
    return () => egress
  }
  const choose: Choose = proxy
  const known = new WeakMap<EgressProxy, Either.Either<Egress, EgressProxyError>>()
  return (target) => {
    try {
      const chosen = choose(target)
      if (chosen === undefined) return Either.right(undefined)
      const egress = known.get(chosen) ?? readSafely(chosen)
      known.set(chosen, egress)
      return egress
    } catch {
      return Either.left(
        new EgressProxyError({ field: "proxy", detail: "could not be chosen: the function threw, or gave no proxy" })
      )
    }
  }
}
