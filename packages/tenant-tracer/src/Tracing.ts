/**
 * TenantTracer with everything wired in: all vocabularies, and our own transport over pooled connections.
 *
 * @since 0.1.0
 */
import {
  DiskSpool,
  type Spool,
  TenantTracer,
  TracingConfig,
  UndiciTransport,
  VocabularyResolver
} from "@tenant-tracer/tracer"
import { Vendors } from "@tenant-tracer/vendors"
import { Vocabularies } from "@tenant-tracer/vocabulary"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Layer from "effect/Layer"

/**
 * Every vocabulary of `@tenant-tracer/vocabulary`, for layers that bring their own transport, such as `TestTracer.layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const vocabularies: Layer.Layer<VocabularyResolver.VocabularyResolver> = Layer.succeed(
  VocabularyResolver.VocabularyResolver,
  { resolve: (refs, attributes) => Vocabularies.layer(refs, Vocabularies.all, attributes) }
)

const wiring = (transport: UndiciTransport.Options | undefined) =>
  Layer.merge(vocabularies, UndiciTransport.layer(transport))

/**
 * The service from options, and those of the transport: connections, resolver, egress proxy. Where `DiskSpool.layer` is provided to it, what waits is
 * kept on disk, too.
 *
 * @example
 * ```ts
 * import { Destination, TenantRoute, TenantTracer, Tracing } from "tenant-tracer"
 * import { Effect, Either, Redacted } from "effect"
 *
 * const acme = TenantRoute.make({
 *   tenant: "acme",
 *   destinations: [
 *     Either.getOrThrow(
 *       Destination.make({
 *         name: "collector",
 *         endpoint: "https://collector.acme.example/v1/traces",
 *         headers: { authorization: Redacted.make("Bearer …") }
 *       })
 *     )
 *   ]
 * })
 *
 * export const job = Effect.void.pipe(TenantTracer.withRoute(acme, { name: "nightly" }), Effect.provide(Tracing.layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  config: TracingConfig.TracingConfig = {},
  transport?: UndiciTransport.Options
): Layer.Layer<TenantTracer.TenantTracer> => Layer.provide(TenantTracer.layer(config), wiring(transport))

/** The operator's own destinations: the standard exporter's, and those at the vendors that are named. */
const operator = Config.zipWith(
  TracingConfig.fromEnvironment,
  Vendors.fromEnvironment(),
  ({ operator = [] }, vendors): NonNullable<TracingConfig.TracingConfig["operator"]> => [...operator, ...vendors]
)

/**
 * The service from the environment: the standard `OTEL_*` for the operator's own exporter and resource, `TENANT_TRACER_OPERATOR_VENDORS` for vendors
 * that receive the operator's copies too, by their own variables (see `Vendors.config`) and without content unless one of these asks for it,
 * `TENANT_TRACER_*` for the rest. Options given here win. With `TENANT_TRACER_SPOOL_DIRECTORY` what waits is kept on disk, too: see
 * `DiskSpool.layerConfig`. No proxy is taken from the environment: say it in `transport`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  overrides: Config.Config.Wrap<TracingConfig.TracingConfig> = {},
  transport?: UndiciTransport.Options
): Layer.Layer<TenantTracer.TenantTracer, ConfigError.ConfigError | Spool.SpoolError | Spool.SpoolLocked> =>
  Layer.provide(
    TenantTracer.layerConfig(
      Config.isConfig(overrides)
        ? Config.zipWith(operator, overrides, (operator, options) => ({ operator, ...options }))
        : { operator, ...overrides }
    ),
    [wiring(transport), DiskSpool.layerConfig]
  )
