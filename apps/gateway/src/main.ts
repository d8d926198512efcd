/** The gateway as the environment says: see `GatewayConfig`, `Database`, `Upstream`, `TenantsFile` and the tracer's own variables. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Layer from "effect/Layer"
import { Tracing } from "tenant-tracer"
import * as Gateway from "./Gateway.js"
import * as GatewayConfig from "./GatewayConfig.js"
import * as Database from "./keys/Database.js"
import * as TenantsFile from "./tenants/TenantsFile.js"
import * as Upstream from "./upstream/Upstream.js"

const upstream = Layer.provide(Upstream.layerConfig, NodeHttpClient.layerUndici)
const gateway = Layer.provide(TenantsFile.layerConfig, HttpServer.withLogAddress(Gateway.layer)).pipe(
  Layer.provide([GatewayConfig.layerConfig, upstream, Database.layerConfig, NodeContext.layer]),
  Layer.provide(Tracing.layerConfig())
)
Layer.launch(gateway).pipe(NodeRuntime.runMain)
