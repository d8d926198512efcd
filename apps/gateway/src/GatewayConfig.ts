/** What the gateway is told at start. */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"

/** Where to listen and what to take. `port` 0 is any free port; `bodyLimit` is in bytes. */
export class GatewayConfig extends Context.Tag("gateway/GatewayConfig")<
  GatewayConfig,
  { readonly host: string; readonly port: number; readonly bodyLimit: number }
>() {}

// `Config.port` knows no 0.
const port = Config.integer("GATEWAY_PORT").pipe(
  Config.validate({ message: "expected a port, or 0 for any", validation: (value) => value >= 0 && value <= 65_535 })
)

const bodyLimit = Config.integer("GATEWAY_BODY_LIMIT").pipe(
  Config.validate({ message: "expected a number of bytes above zero", validation: (value) => value > 0 })
)

/** From `GATEWAY_HOST` (default `127.0.0.1`), `GATEWAY_PORT` (4000) and `GATEWAY_BODY_LIMIT` (10 MiB). */
export const layerConfig = Layer.effect(
  GatewayConfig,
  Config.all({
    host: Config.withDefault(Config.nonEmptyString("GATEWAY_HOST"), "127.0.0.1"),
    port: Config.withDefault(port, 4000),
    bodyLimit: Config.withDefault(bodyLimit, 10 * 1024 * 1024)
  })
)
