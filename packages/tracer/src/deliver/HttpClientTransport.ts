/**
 * The transport over `@effect/platform`'s `HttpClient`, for tests and other runtimes.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as transportFailure from "./internal/transportFailure.js"
import { Transport, TransportError } from "./Transport.js"

const failure = (host: string, error: HttpClientError.HttpClientError): TransportError =>
  error._tag === "ResponseError"
    ? new TransportError({ reason: "reset", host })
    : new TransportError({
        reason: error.reason === "Transport" ? transportFailure.reasonOf(error.cause) : "other",
        host
      })

const make = (maxResponseBytes: number): Effect.Effect<Transport.Service, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (httpClient) => {
    const client = HttpClient.withTracerPropagation(httpClient, false)
    return {
      send: ({ body, headers, policy, timeout, tls, url }) => {
        const host = transportFailure.hostOf(url)
        if (tls !== undefined) return Effect.fail(new TransportError({ reason: "tls", host }))
        const judged = policy?.judge(url)
        // This client resolves names by itself, where nobody can judge what comes of them.
        if (judged !== undefined && !(Either.isRight(judged) && judged.right.settled))
          return Effect.fail(new TransportError({ reason: "refused", host }))
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
      // Its client keeps connections by its own rules.
      hold: () => () => {},
      stats: Effect.succeed({ pools: 0, connections: 0 })
    }
  })

/**
 * Over the `HttpClient` in the context, with its tracing and propagation off, reading at most `maxResponseBytes` (default 64 KiB) of an answer. It
 * refuses a request with a TLS identity, which that client cannot be given, and one to a name whose addresses a policy has to judge.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: {
  readonly maxResponseBytes?: number | undefined
}): Layer.Layer<Transport, never, HttpClient.HttpClient> =>
  Layer.effect(Transport, make(options?.maxResponseBytes ?? 64 * 1024))
