/**
 * What becomes of the operator's own copy of a tenant's trace, decided once per route.
 *
 * @since 0.1.0
 */
import type { Destination } from "@tenant-tracer/model/Destination"
import * as OtlpEndpoint from "@tenant-tracer/model/OtlpEndpoint"
import type { TenantRoute } from "@tenant-tracer/model/TenantRoute"
import * as Redacted from "effect/Redacted"
import * as Url from "../internal/url.js"

/**
 * Whether two destinations are one account: the same normalised endpoint, the same client certificate, and the same credentials under the same
 * names, in whatever case or order. The same values under other names are another account.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSameAccount = (self: Destination, that: Destination): boolean =>
  endpointOf(self) === endpointOf(that) && credentialsOf(self) === credentialsOf(that)

/**
 * Whether the operator's destination receives a trace of this route, of which `delivered` are the tenant's destinations that were not denied.
 *
 * @since 0.1.0
 * @category predicates
 */
export const receives = (
  operator: { readonly vendor: string; readonly destination: Destination | undefined },
  route: TenantRoute,
  delivered: ReadonlyArray<Destination>
): boolean => {
  const { destination } = operator
  if (destination !== undefined && delivered.some((tenant) => isSameAccount(tenant, destination))) return false
  if (isAdditive(route) || operator.vendor === nobodys) return true
  return !delivered.some((tenant) => tenant.vendor === operator.vendor)
}

/**
 * Whether the operator's exporter of a tenant's vendor goes on beside the tenant's own. Of `metadata_only` too: what it may show of each span is
 * decided when the span is rendered.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isAdditive = ({ operatorPolicy }: TenantRoute): boolean => operatorPolicy !== "override"

/** A plain collector is no vendor's: the operator's own goes on beside a tenant's. */
const nobodys = "otlp"

const endpointOf = (destination: Destination): string => {
  const url = OtlpEndpoint.traces(destination.endpoint)
  // Hosts are the same in any case, and with or without their scheme's port.
  return Url.parse(url)?.href ?? url
}

/** One account writes some headers in two ways. */
const aliases: Readonly<Record<string, string>> = { arize_space_id: "space_id" }

const credentialsOf = (destination: Destination): string => {
  const { auth, tls } = destination
  const client = JSON.stringify([tls?.certificate, tls?.key && Redacted.value(tls.key)])
  if (auth._tag !== "Headers") return JSON.stringify([auth._tag, Redacted.value(auth.account), client])
  const entries = Object.entries(auth.headers).map(([header, value]) => {
    const name = header.toLowerCase().replaceAll("-", "_")
    // A destination made by hand, which is denied for it, may carry plain text.
    return JSON.stringify([aliases[name] ?? name, Redacted.isRedacted(value) ? Redacted.value(value) : value])
  })
  return [...new Set(entries), client].sort().join()
}
