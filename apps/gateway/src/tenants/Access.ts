/** Lets a request in: whose key is it, where do its traces go, what may it do. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Phase, TenantTracer } from "tenant-tracer"
import { VirtualKeys } from "../keys/VirtualKeys.js"
import { readSettings, type Settings } from "./Tenant.js"
import { Tenants } from "./Tenants.js"

/** A model that the tenant may not use. */
export class ModelNotAllowed extends Schema.TaggedError<ModelNotAllowed>()("ModelNotAllowed", {
  model: Schema.String
}) {
  override get message(): string {
    return "This key may not use that model: see GET /v1/models"
  }
}

/** Who sent the current request. From here on its trace belongs to the tenant, whatever else goes wrong. */
export const authenticated = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const keys = yield* VirtualKeys
  const tenants = yield* Tenants
  const caller = yield* Phase.auth(keys.authenticate(request.headers.authorization))
  yield* tenants.route(caller.tenant).pipe(
    Effect.flatMap(TenantTracer.bind),
    Effect.zipRight(TenantTracer.annotateTrace({ key: caller.key })),
    // Unbound the trace is the operator's: better than a request that fails because it cannot be traced.
    Effect.catchAll((error) =>
      Effect.logWarning(`The destinations of tenant "${caller.tenant.id}" cannot be read`, error)
    )
  )
  const settings = yield* readSettings(caller.tenant.id, caller.tenant.settings)
  return { caller, settings }
})

/** Whether a tenant may use a model. */
export const mayUse = (settings: Settings, model: string): Effect.Effect<void, ModelNotAllowed> =>
  settings.models === undefined || settings.models.includes(model)
    ? Effect.void
    : Effect.fail(new ModelNotAllowed({ model }))
