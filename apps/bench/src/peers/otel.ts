/** What the peers on the SDK of OpenTelemetry have in common: how it exports, and what it says of losses. */
import { DiagLogLevel, diag } from "@opentelemetry/api"
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { batchSpans, endpointOf, type Options, queueSpans, tenantHeader } from "../Peer.js"

type ExporterOptions = NonNullable<ConstructorParameters<typeof ProtobufExporter>[0]>

/** The value of the exporters' enumeration, which their packages do not export. */
const compressions: Record<Options["compression"], ExporterOptions["compression"]> = {
  // An enumeration of strings takes no string, though its values are these.
  gzip: "gzip" as ExporterOptions["compression"],
  none: "none" as ExporterOptions["compression"]
}

/** A batch processor over OTLP, for one tenant. */
export const processor = (tenant: number, peer: Options): BatchSpanProcessor => {
  const { batchAge, compression, encoding } = peer
  const options = {
    url: endpointOf(peer, tenant),
    headers: { [tenantHeader]: String(tenant) },
    compression: compressions[compression]
  } as ExporterOptions
  return new BatchSpanProcessor(encoding === "json" ? new JsonExporter(options) : new ProtobufExporter(options), {
    maxExportBatchSize: batchSpans,
    maxQueueSize: queueSpans,
    scheduledDelayMillis: batchAge
  })
}

/** Reads in the log what the SDK says there: each failed export is a line. */
export const listen = (): (() => number) => {
  let lines = 0
  const line = () => {
    lines++
  }
  const ignore = () => {}
  diag.setLogger(
    { error: line, warn: line, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true }
  )
  return () => lines
}
