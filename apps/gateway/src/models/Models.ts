/** `GET /v1/models`: what the model server offers and the tenant may use. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { authenticated } from "../tenants/Access.js"
import { OpenAiUpstream } from "../upstream/OpenAiUpstream.js"

/** Handles the route. */
export const handler = Effect.gen(function* () {
  const upstream = yield* OpenAiUpstream
  const { settings } = yield* authenticated
  const { data } = yield* upstream.models
  return HttpServerResponse.unsafeJson({
    object: "list",
    data: data.filter(({ id }) => settings.models === undefined || settings.models.includes(id))
  })
})
