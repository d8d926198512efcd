/**
 * The operator's forward proxy, through which requests leave the network. Only the operator names one, in the options of the transport: a tenant that
 * could would reach anything. No environment variable is read for it (`HTTPS_PROXY`, `NO_PROXY` and their kin mean nothing here): whoever wants them
 * reads them and says so in the options.
 *
 * @since 0.1.0
 */
import type { DestinationTls } from "@tenant-tracer/model/Destination"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Target } from "../route/EndpointPolicy.js"

/**
 * A proxy that is asked with CONNECT for every target, http ones too. Where an endpoint policy holds, what it is asked for is the address that was
 * judged, never the name; TLS to the target runs inside the tunnel and is checked against the name. Without a policy (the operator's own
 * destinations) it is asked for the name, since the proxy may be the only one who can resolve it.
 *
 * @since 0.1.0
 * @category models
 */
export interface EgressProxy {
  /** `http://host:port` or `https://host:port`, without user, path or query. */
  readonly url: string
  /** Sent with every CONNECT and never to a target, such as `proxy-authorization`. Default none. */
  readonly headers?: Readonly<Record<string, Redacted.Redacted<string>>> | undefined
  /** For the connection to an https proxy: its authority, our certificate. Default: the system's authorities. */
  readonly tls?: DestinationTls | undefined
}

/**
 * Chooses the proxy for a target, or none; called for each request, so that it should give the same object for the same proxy. One that throws, or
 * gives a proxy that cannot be used, fails the request: nothing goes out past a proxy that was meant.
 *
 * @since 0.1.0
 * @category models
 */
export type Choose = (target: Target) => EgressProxy | undefined

/**
 * Why a proxy cannot be used. No value of a header is shown.
 *
 * @since 0.1.0
 * @category errors
 */
export class EgressProxyError extends Schema.TaggedError<EgressProxyError>()("EgressProxyError", {
  field: Schema.Literal("proxy", "url", "headers"),
  detail: Schema.String
}) {
  override get message(): string {
    return `egress proxy: ${this.field} ${this.detail}`
  }
}
