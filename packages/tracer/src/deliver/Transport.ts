/**
 * How bytes get to a back end: one HTTP request and its whole, capped answer. The default is a pool of connections per origin and TLS identity;
 * an adapter over `@effect/platform`'s `HttpClient` serves tests and other runtimes.
 *
 * @since 0.1.0
 */
import type { DestinationTls } from "@tenant-tracer/model/Destination"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { EndpointPolicy } from "../route/EndpointPolicy.js"

/**
 * Where requests go: what a pool of connections is for. Two targets of one origin, TLS identity and policy are one.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransportTarget {
  readonly url: string
  readonly tls?: DestinationTls | undefined
  /** Judges the URL, and the very address that the connection goes to. Absent, any host may be reached: the operator's own. */
  readonly policy?: EndpointPolicy | undefined
}

/**
 * A request. Header values are sent as they are; redirects are never followed.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransportRequest extends TransportTarget {
  readonly method: "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** From the moment that a connection is free for it to the end of the answer. */
  readonly timeout: Duration.DurationInput
}

/**
 * An answer, read to its end. Header names are in lower case.
 *
 * @since 0.1.0
 * @category models
 */
export interface TransportResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Why there is no answer. `status` is there if one began; with `proxy` it is what the operator's egress proxy answered, and nothing else is said of
 * that. The message names the host and nothing else of the request.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  reason: Schema.Literal(
    "refused",
    "connect",
    "proxy",
    "timeout",
    "aborted",
    "reset",
    "tls",
    "response_too_large",
    "other"
  ),
  host: Schema.String,
  status: Schema.optional(Schema.Number)
}) {
  override get message(): string {
    const answer =
      this.reason === "proxy" && this.status !== undefined ? `, which the proxy answered with ${this.status}` : ""
    return `${sentences[this.reason]} (${this.host}${answer})`
  }
}

const sentences: Record<TransportError["reason"], string> = {
  refused: "the endpoint policy does not allow this host; use a public one over https, or ask the operator to allow it",
  connect: "no connection could be opened; check the host, the port and the network between",
  proxy:
    "the operator's egress proxy opened no way to this host; ask the operator to check the proxy, its credentials and what it allows",
  timeout: "no answer came in time",
  aborted: "the request was given up because the transport was closed",
  reset: "the connection was closed before the answer was complete",
  tls: "no secure connection could be opened; check the certificates of both sides",
  response_too_large: "the answer was longer than is read",
  other: "the request could not be made; check the endpoint and the headers"
}

/**
 * The transport as a service.
 *
 * @since 0.1.0
 * @category services
 */
export class Transport extends Context.Tag("@tenant-tracer/tracer/Transport")<Transport, Transport.Service>() {}

/**
 * What belongs to the service.
 *
 * @since 0.1.0
 * @category services
 */
export declare namespace Transport {
  /**
   * Sends requests.
   *
   * @since 0.1.0
   * @category services
   */
  export interface Service {
    /** Interrupting it aborts the request. */
    readonly send: (request: TransportRequest) => Effect.Effect<TransportResponse, TransportError>
    /**
     * Says that a target is in use and returns how to take it back. Once nobody uses it, what is open to it is closed as soon as no request is on its
     * way there; until then, idle connections are closed as ever. Synchronous and total; it opens nothing and costs a counter per target.
     */
    readonly hold: (target: TransportTarget) => () => void
    /** Open pools and connections; both are 0 for a transport that does not keep its own. */
    readonly stats: Effect.Effect<{ readonly pools: number; readonly connections: number }>
  }
}
