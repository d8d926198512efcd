/**
 * The metrics of `CallMetrics` as the conventions type them, for what exports Effect's metrics. Labels of Effect's are text and the unit is one of
 * them: on its way out the port becomes a number, the mark of the series that others share a boolean, and the label `unit`, which has been read by
 * then, goes.
 *
 * @since 0.1.0
 */

/** The metrics that are ours, or named as ours are; labels of others are their owners'. */
const named = /^(gen_ai|mcp)\./

const port = /^\d{1,5}$/

/** What a label is exported as: `undefined` where it is not. */
const typed = (key: string, value: unknown): string | number | boolean | undefined => {
  if (typeof value !== "string" || key === "unit") return undefined
  if (key === "server.port" && port.test(value)) return Number(value)
  return key === "otel.metric.overflow" ? value === "true" : value
}

/**
 * What a producer of OpenTelemetry's collects, as far as it is read here.
 *
 * @since 0.1.0
 * @category models
 */
export interface Collected {
  readonly resourceMetrics: {
    readonly scopeMetrics: ReadonlyArray<{
      readonly metrics: ReadonlyArray<{
        readonly descriptor: { readonly name: string }
        readonly dataPoints: ReadonlyArray<{ readonly attributes: Record<string, unknown> }>
      }>
    }>
  }
}

/**
 * A `MetricProducer` of OpenTelemetry's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Producer<Options, Result extends Collected> {
  readonly collect: (options?: Options) => Promise<Result>
}

/**
 * For readers of OpenTelemetry's SDK: stands round the producer of `@effect/opentelemetry`, which makes its points anew each time.
 *
 * @example
 * ```ts
 * import { Metrics } from "@effect/opentelemetry"
 * import type { MetricReader } from "@opentelemetry/sdk-metrics"
 * import { MetricExport } from "@tenant-tracer/tracer"
 * import { Effect, Layer } from "effect"
 *
 * declare const reader: MetricReader
 *
 * export const MetricsLive = Layer.scopedDiscard(
 *   Effect.flatMap(Metrics.makeProducer, (producer) => Metrics.registerProducer(MetricExport.producer(producer), () => reader))
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const producer = <Options, Result extends Collected>(
  self: Producer<Options, Result>
): Producer<Options, Result> => ({
  collect: (options) =>
    self.collect(options).then((collected) => {
      for (const { metrics } of collected.resourceMetrics.scopeMetrics)
        for (const { dataPoints, descriptor } of metrics) {
          if (!named.test(descriptor.name)) continue
          for (const { attributes } of dataPoints)
            for (const [key, value] of Object.entries(attributes)) {
              const shown = typed(key, value)
              if (shown === undefined) delete attributes[key]
              else attributes[key] = shown
            }
        }
      return collected
    })
})

/** What `OtlpMetrics` hands on; it exports no type of it. */
interface Request {
  readonly resourceMetrics?: ReadonlyArray<{
    readonly scopeMetrics?: ReadonlyArray<{
      readonly metrics?: ReadonlyArray<{
        readonly name?: string
        readonly histogram?: {
          readonly dataPoints?: ReadonlyArray<{ attributes?: ReadonlyArray<Attribute> }>
        }
      }>
    }>
  }>
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly boolValue?: boolean }
}

const attributeOf = ({ key, value }: Attribute): ReadonlyArray<Attribute> => {
  const shown = typed(key, value.stringValue)
  if (shown === undefined) return []
  if (typeof shown === "number") return [{ key, value: { intValue: shown } }]
  return [{ key, value: typeof shown === "boolean" ? { boolValue: shown } : { stringValue: shown } }]
}

/**
 * For `OtlpMetrics` of `@effect/opentelemetry`, which exports without that SDK: what its serialization is given, before it is encoded.
 *
 * @example
 * ```ts
 * import { OtlpSerialization } from "@effect/opentelemetry"
 * import { MetricExport } from "@tenant-tracer/tracer"
 * import { Effect, Layer } from "effect"
 *
 * export const SerializationLive = Layer.effect(
 *   OtlpSerialization.OtlpSerialization,
 *   Effect.map(OtlpSerialization.OtlpSerialization, (stock) => ({
 *     ...stock,
 *     metrics: (data) => stock.metrics(MetricExport.request(data))
 *   }))
 * ).pipe(Layer.provide(OtlpSerialization.layerProtobuf))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const request = (data: unknown): unknown => {
  // Made by `OtlpMetrics` for this export alone.
  const { resourceMetrics = [] } = data as Request
  for (const { scopeMetrics = [] } of resourceMetrics)
    for (const { metrics = [] } of scopeMetrics)
      for (const { histogram, name = "" } of metrics)
        if (named.test(name))
          for (const point of histogram?.dataPoints ?? [])
            point.attributes = point.attributes?.flatMap(attributeOf) ?? []
  return data
}
