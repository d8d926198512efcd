/**
 * What people install: the layer with everything wired in, and the namespaces of the packages behind it.
 */

export {
  Destination,
  Message,
  ModelProvider,
  Operation,
  Redaction,
  SpanData,
  TenantRoute,
  TraceFacts
} from "@tenant-tracer/model"
export {
  CallMetrics,
  CredentialAudit,
  CredentialResolver,
  DestinationId,
  DiskSpool,
  EgressProxy,
  EndpointPolicy,
  ExceptionEvent,
  Ledger,
  LedgerMetrics,
  McpServer,
  McpSession,
  MetricExport,
  Phase,
  Probe,
  Recorder,
  RouteResolver,
  Spans,
  Spool,
  TenantTracer,
  TestTracer,
  TraceContext,
  TracingConfig,
  Transport,
  UndiciTransport
} from "@tenant-tracer/tracer"
export { Vendors } from "@tenant-tracer/vendors"
export { Vocabularies } from "@tenant-tracer/vocabulary"
/** TenantTracer with everything wired in. */
export * as Tracing from "./Tracing.js"
