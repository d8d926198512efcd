/** Everything that runs in the demo, each on a free port of the loopback interface, all of it gone when the scope closes. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Destination, EndpointPolicy, TenantTracer, Tracing } from "tenant-tracer"
import * as Database from "../database/Database.js"
import * as Gateway from "../Gateway.js"
import { GatewayConfig } from "../GatewayConfig.js"
import { VirtualKeys } from "../keys/VirtualKeys.js"
import { Tenants } from "../tenants/Tenants.js"
import { ScriptedUpstream } from "../upstream/ScriptedUpstream.js"
import * as Upstream from "../upstream/Upstream.js"
import * as Cast from "./Cast.js"

/** The name of the operator's account at its own collector. */
export const operator = "operator"

/** A tenant and the back end that belongs to it alone. */
export interface Player extends Cast.Tenant {
  readonly backend: Receiver.Receiver.Service
}

/** What runs, and what can be asked of it. */
export interface World {
  readonly players: ReadonlyArray<Player>
  readonly collector: Receiver.Receiver.Service
  readonly gateway: string
  readonly upstream: string
  /** Sends what is queued and waits for it. */
  readonly flush: Effect.Effect<void>
  readonly status: Effect.Effect<TenantTracer.Status>
}

const batch = { maxAge: "100 millis" } as const

/** Starts it all. */
export const make = Effect.gen(function* () {
  const players = yield* Effect.forEach(Cast.cast(), (tenant) =>
    Effect.map(Receiver.make({ accounts: [tenant.account] }), (backend): Player => ({ ...tenant, backend }))
  )
  const collectorKey = Redacted.make("operator-collector")
  const collector = yield* Receiver.make({
    accounts: [{ id: operator, headers: { "x-collector-key": Redacted.value(collectorKey) } }]
  })
  const destination = yield* Destination.make({
    name: "collector",
    endpoint: yield* collector.endpoint(operator),
    headers: { "x-collector-key": collectorKey }
  })

  const tracing = Tracing.layer({
    resource: { "service.name": "gateway-demo" },
    operator: [destination],
    // The operator allows content; each tenant decides for its own back end.
    content: "full",
    endpoints: EndpointPolicy.make({ allow: [{ cidr: "127.0.0.0/8" }] }),
    batch
  })
  const config = Layer.succeed(GatewayConfig, { host: "127.0.0.1", port: 0, bodyLimit: 1024 * 1024 })
  const upstream = Upstream.layerScripted.pipe(Layer.provide(NodeHttpClient.layerUndici))
  const context = yield* Gateway.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(config, upstream, Database.layerEmbedded(":memory:"))),
    Layer.provideMerge(tracing),
    Layer.build
  )

  const tenants = Context.get(context, Tenants)
  const keys = Context.get(context, VirtualKeys)
  yield* Effect.forEach(players, ({ backend, definition, id, virtualKey }) =>
    Effect.zipRight(
      tenants.put(definition(backend.url)),
      keys.issue({ tenant: id, alias: "demo", key: Redacted.make(virtualKey) })
    )
  )
  const tracer = Context.get(context, TenantTracer.TenantTracer)
  const world: World = {
    players,
    collector,
    gateway: HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address),
    upstream: Context.get(context, ScriptedUpstream).url.origin,
    flush: tracer.flush,
    status: tracer.status
  }
  return world
})
