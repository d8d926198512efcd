/** The gateway with everything it needs but a tracer, a database and a model server. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import { SpendLog } from "./chat/SpendLog.js"
import * as Server from "./http/Server.js"
import { VirtualKeys } from "./keys/VirtualKeys.js"
import { Tenants } from "./tenants/Tenants.js"

/** Serves on what `GatewayConfig` says; what reads and writes tenants and keys is there for whoever sets it up. */
export const layer = Server.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(VirtualKeys.Default, Tenants.Default, SpendLog.Default)),
  Layer.provide(NodeHttpClient.layerUndici)
)
