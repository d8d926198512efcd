/** The gateway as the environment says: see `GatewayConfig`, `Database`, `Upstream`, `TenantsFile` and the tracer's own variables. */
import { withLogAddress } from "@effect/platform/HttpServer"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { runMain } from "@effect/platform-node/NodeRuntime"
import * as Layer from "effect/Layer"
import { Tracing } from "tenant-tracer"
import * as Database from "./database/Database.js"
import { stores } from "./Gateway.js"
import * as GatewayConfig from "./GatewayConfig.js"
import * as Server from "./http/Server.js"
import * as TenantsFile from "./tenants/TenantsFile.js"
import * as Upstream from "./upstream/Upstream.js"

const upstream = Layer.provide(Upstream.layerConfig, NodeHttpClient.layerUndici)
const environment = Layer.mergeAll(GatewayConfig.layerConfig, upstream, Database.layerConfig, NodeContext.layer)
const gateway = withLogAddress(Server.layer).pipe(Layer.provide(TenantsFile.layerConfig), Layer.provide(stores))
Layer.launch(Layer.provide(gateway, Layer.provideMerge(environment, Tracing.layerConfig()))).pipe(runMain)
