/** A request as a server and its router hand it to a handler: the same for every peer that is written in Effect, so that only the tracing differs. */
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Effect } from "effect"
import * as Work from "./Work.js"

const answer = HttpServerResponse.empty({ status: 200 })

const headers = Headers.empty

/** A request of its own each time, with headers that have been read. */
const incoming = (): HttpServerRequest.HttpServerRequest =>
  // Of the web's request nothing else is looked at.
  HttpServerRequest.fromWeb({ method: "POST", url: "http://gateway/v1/chat/completions" } as Request).modify({
    headers
  })

/** `HttpRouter` writes the template of the route that matched on the active span. */
const matched = Effect.withFiberRuntime<void>((fiber) => {
  const span = fiber.currentSpan
  if (span?._tag === "Span") span.attribute("http.route", Work.route)
  return Effect.void
})

/** Runs a handler for one request. `traced` puts the root span round it. */
export const serve = (
  handler: Effect.Effect<void>,
  traced: (app: HttpApp.Default) => HttpApp.Default
): Effect.Effect<void> =>
  traced(Effect.as(Effect.zipRight(matched, handler), answer)).pipe(
    Effect.provideService(HttpServerRequest.HttpServerRequest, incoming()),
    Effect.asVoid
  )
