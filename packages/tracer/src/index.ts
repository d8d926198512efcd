/**
 * How a trace gets to its tenant: the service, the helpers that record, and what a layer is wired from.
 */

/** Who used whose credential, and when. */
export * as CredentialAudit from "./deliver/CredentialAudit.js"
/** Who is asked for a credential after one was refused. */
export * as CredentialResolver from "./deliver/CredentialResolver.js"
/** The stable name of one back end of one tenant. */
export * as DestinationId from "./deliver/DestinationId.js"
/** The spool over encrypted files. */
export * as DiskSpool from "./deliver/DiskSpool.js"
/** The operator's forward proxy. */
export * as EgressProxy from "./deliver/EgressProxy.js"
/** The transport over `@effect/platform`'s `HttpClient`. */
export * as HttpClientTransport from "./deliver/HttpClientTransport.js"
/** Exact accounts of every span copy. */
export * as Ledger from "./deliver/Ledger.js"
/** The ledger as metrics. */
export * as LedgerMetrics from "./deliver/LedgerMetrics.js"
/** Tries a destination once and says what came of it. */
export * as Probe from "./deliver/Probe.js"
/** Where spans wait that must survive the process. */
export * as Spool from "./deliver/Spool.js"
/** How bytes reach a back end. */
export * as Transport from "./deliver/Transport.js"
/** The transport over pooled connections. */
export * as UndiciTransport from "./deliver/UndiciTransport.js"
/** Requests and sessions of an MCP server of one's own. */
export * as McpServer from "./McpServer.js"
/** Sessions with MCP servers. */
export * as McpSession from "./McpSession.js"
/** Live phases of a request. */
export * as Phase from "./Phase.js"
/** The GenAI client metrics and the MCP metrics. */
export * as CallMetrics from "./record/CallMetrics.js"
/** Those metrics with the types of the conventions, as they are exported. */
export * as MetricExport from "./record/MetricExport.js"
/** The core that records spans, usable without a fiber. */
export * as Recorder from "./record/Recorder.js"
/** The caller's trace context, checked. */
export * as TraceContext from "./record/TraceContext.js"
/** The event of a model call that failed. */
export * as ExceptionEvent from "./render/ExceptionEvent.js"
/** The vocabularies that destinations may ask for. */
export * as VocabularyResolver from "./render/VocabularyResolver.js"
/** Which hosts a tenant's destination may reach. */
export * as EndpointPolicy from "./route/EndpointPolicy.js"
/** A bounded, single-flight cache of tenants' routes. */
export * as RouteResolver from "./route/RouteResolver.js"
/** Spans with a role, in the manner of `Effect.withSpan`. */
export * as Spans from "./Spans.js"
/** The service that records each request once and delivers its whole trace. */
export * as TenantTracer from "./TenantTracer.js"
/** The in-memory layer: spans by tenant, printed trees, assertions. */
export * as TestTracer from "./TestTracer.js"
/** How tracing is set up. */
export * as TracingConfig from "./TracingConfig.js"
