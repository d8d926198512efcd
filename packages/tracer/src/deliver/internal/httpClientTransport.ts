/**
 * The transport over `@effect/platform`'s `HttpClient`.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Transport } from "../Transport.js"
import { TransportError } from "../Transport.js"
import * as transportFailure from "./transportFailure.js"

export type Requirements = HttpClient.HttpClient

const failure = (host: string, error: HttpClientError.HttpClientError): TransportError =>
  error._tag === "ResponseError"
    ? new TransportError({ reason: "reset", host })
    : new TransportError({
        reason: error.reason === "Transport" ? transportFailure.reasonOf(error.cause) : "other",
        host
      })

export const make = (maxResponseBytes: number): Effect.Effect<Transport.Service, never, Requirements> =>
  Effect.map(HttpClient.HttpClient, (httpClient) => {
    const client = HttpClient.withTracerPropagation(httpClient, false)
    return {
      send: ({ body, headers, timeout, tls, url }) => {
        const host = transportFailure.hostOf(url)
        if (tls !== undefined) return Effect.fail(new TransportError({ reason: "tls", host }))
        return client
          .execute(
            HttpClientRequest.post(url).pipe(
              // The body first: it sets a content type of its own.
              HttpClientRequest.bodyUint8Array(body, headers["content-type"]),
              HttpClientRequest.setHeaders(headers)
            )
          )
          .pipe(
            Effect.mapError((error) => failure(host, error)),
            Effect.flatMap((response) => {
              const chunks: Array<Uint8Array> = []
              let bytes = 0
              return response.stream.pipe(
                Stream.mapError((error) => failure(host, error)),
                Stream.runForEach((chunk) => {
                  bytes += chunk.length
                  if (bytes > maxResponseBytes)
                    return Effect.fail(
                      new TransportError({ reason: "response_too_large", host, status: response.status })
                    )
                  chunks.push(chunk)
                  return Effect.void
                }),
                // An answer without a body is an error to some clients.
                Effect.catchIf(
                  (error) => error.reason === "reset" && bytes === 0,
                  () => Effect.void
                ),
                Effect.map(() => ({ status: response.status, headers: response.headers, body: Buffer.concat(chunks) }))
              )
            }),
            // Some clients throw at a header that cannot be sent.
            Effect.catchAllDefect(() => Effect.fail(new TransportError({ reason: "other", host }))),
            Effect.timeoutFail({ duration: timeout, onTimeout: () => new TransportError({ reason: "timeout", host }) }),
            Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Effect.withTracerEnabled(false)
          )
      },
      stats: Effect.succeed({ pools: 0, connections: 0 })
    }
  })
