/**
 * What makes two destinations one connection: endpoint, protocol, compression, TLS identity and credentials, as a name that shows none of them.
 * It belongs to the provider cache alone; whatever is written down uses `DestinationId`.
 *
 * @since 0.1.0
 */
import type { Destination, DestinationAuth } from "@tenant-tracer/model/Destination"
import * as Brand from "effect/Brand"
import * as Redacted from "effect/Redacted"
import type { DestinationId } from "./DestinationId.js"
import * as fingerprint from "./internal/fingerprint.js"

/**
 * Comparable within this process only: the key of the HMAC is drawn at random when it starts.
 *
 * @since 0.1.0
 * @category models
 */
export type DestinationKey = string & Brand.Brand<"DestinationKey">

const brand = Brand.nominal<DestinationKey>()

const authParts = (auth: DestinationAuth): ReadonlyArray<string> => {
  if (auth._tag !== "Headers") return [auth._tag, Redacted.value(auth.account)]
  const headers = Object.entries(auth.headers).map(
    ([name, value]) => [name.toLowerCase(), Redacted.value(value)] as const
  )
  headers.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
  return [auth._tag, ...headers.flat()]
}

const compute = (destination: Destination): DestinationKey => {
  const { auth, compression, endpoint, protocol, tls } = destination
  return brand(
    fingerprint.make([
      endpoint,
      protocol,
      compression,
      tls?.ca,
      tls?.certificate,
      tls?.key && Redacted.value(tls.key),
      ...authParts(auth)
    ])
  )
}

/**
 * What stands for a destination's credential wherever it is told from another one, and shows nothing of it: its headers or its account, and the key
 * of its client certificate.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofCredential = ({ auth, tls }: Pick<Destination, "auth" | "tls">): string =>
  fingerprint.make([tls?.key && Redacted.value(tls.key), ...authParts(auth)])

const memo = new WeakMap<Destination, DestinationKey>()

/**
 * The key of a destination's connection, computed once per object. Equal for equal endpoint, protocol, compression, TLS identity and credentials,
 * whatever the order of the headers and the case of their names; a token or a signer is told by its account.
 *
 * @since 0.1.0
 * @category constructors
 */
export const of = (destination: Destination): DestinationKey => {
  const known = memo.get(destination)
  if (known !== undefined) return known
  const key = compute(destination)
  memo.set(destination, key)
  return key
}

/**
 * The key under which a provider is cached: two tenants with one account have two queues, so that neither waits for the other or is counted as it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const forId = (id: DestinationId, destination: Destination): DestinationKey => brand(`${of(destination)} ${id}`)
