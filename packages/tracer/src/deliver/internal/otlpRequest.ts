/**
 * One OTLP request to a destination, with its credential and our own headers: what the exporter and the probe send.
 */
import type { Destination, DestinationTls } from "@tenant-tracer/model/Destination"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { version } from "../../internal/version.js"
import type { EndpointPolicy } from "../../route/EndpointPolicy.js"
import type { Transport, TransportError, TransportResponse } from "../Transport.js"
import type { AuthUnavailable, RequestAuth } from "./requestAuth.js"
import * as serverMessage from "./serverMessage.js"

export interface Target {
  readonly endpoint: string
  readonly protocol: Destination["protocol"]
  readonly compression: Destination["compression"]
  readonly tls?: DestinationTls | undefined
  readonly policy?: EndpointPolicy | undefined
}

/** An answer, and how to make fit for people what is in it: without the credential that was sent. */
export interface Answer {
  readonly response: TransportResponse
  readonly clean: (message: string) => string
}

const contentTypes = { "http/protobuf": "application/x-protobuf", "http/json": "application/json" } as const

export const userAgent: string = `tenant-tracer/${version}`

/** Sends bodies to a target, compressed already where it says so. */
export const make = (
  target: Target,
  transport: Transport.Service,
  timeout: Duration.DurationInput,
  /** Told that the credential goes out now. */
  onSend: () => void = () => {}
): ((auth: RequestAuth, body: Uint8Array) => Effect.Effect<Answer, TransportError | AuthUnavailable>) => {
  const { compression, endpoint: url, policy, protocol, tls } = target
  const ownHeaders = {
    "content-type": contentTypes[protocol],
    "user-agent": userAgent,
    ...(compression === "gzip" && { "content-encoding": "gzip" })
  }
  return (auth, body) =>
    Effect.flatMap(auth.headers({ url, headers: ownHeaders, body }), (headers) => {
      onSend()
      return Effect.map(
        transport.send({ method: "POST", url, headers: { ...headers, ...ownHeaders }, body, tls, policy, timeout }),
        (response) => ({ response, clean: (message) => serverMessage.clean(message, Object.values(headers)) })
      )
    })
}
