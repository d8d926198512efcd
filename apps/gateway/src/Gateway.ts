/** The gateway with everything it needs but a tracer, a database and a model server. */
import * as Layer from "effect/Layer"
import { SpendLog } from "./chat/SpendLog.js"
import * as Server from "./http/Server.js"
import { VirtualKeys } from "./keys/VirtualKeys.js"
import { Tenants } from "./tenants/Tenants.js"

/** What is kept in the database. */
export const stores = Layer.mergeAll(VirtualKeys.Default, Tenants.Default, SpendLog.Default)

/** Serves where `GatewayConfig` says; the stores are there for whoever sets it up. */
export const layer = Layer.provideMerge(Server.layer, stores)
