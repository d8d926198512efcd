/** AgentOps. */
export * as AgentOps from "./AgentOps.js"
/** Arize AX. */
export * as Arize from "./Arize.js"
/** Axiom. */
export * as Axiom from "./Axiom.js"
/** Braintrust. */
export * as Braintrust from "./Braintrust.js"
/** Coralogix. */
export * as Coralogix from "./Coralogix.js"
/** Dash0. */
export * as Dash0 from "./Dash0.js"
/** Datadog. */
export * as Datadog from "./Datadog.js"
/** Dynatrace. */
export * as Dynatrace from "./Dynatrace.js"
/** Elastic Cloud. */
export * as Elastic from "./Elastic.js"
/** Galileo. */
export * as Galileo from "./Galileo.js"
/** Grafana Cloud. */
export * as GrafanaCloud from "./GrafanaCloud.js"
/** Honeycomb. */
export * as Honeycomb from "./Honeycomb.js"
/** HoneyHive. */
export * as HoneyHive from "./HoneyHive.js"
/** Laminar. */
export * as Laminar from "./Laminar.js"
/** Langfuse. */
export * as Langfuse from "./Langfuse.js"
/** LangSmith. */
export * as LangSmith from "./LangSmith.js"
/** Langtrace, unverified. */
export * as Langtrace from "./Langtrace.js"
/** LangWatch. */
export * as LangWatch from "./LangWatch.js"
/** Levo, unverified. */
export * as Levo from "./Levo.js"
/** Pydantic Logfire. */
export * as Logfire from "./Logfire.js"
/** New Relic. */
export * as NewRelic from "./NewRelic.js"
/** Openlayer. */
export * as Openlayer from "./Openlayer.js"
/** Opik. */
export * as Opik from "./Opik.js"
/** Any OTLP/HTTP back end, and the OpenTelemetry Collector. */
export * as Otlp from "./Otlp.js"
/** Arize Phoenix. */
export * as Phoenix from "./Phoenix.js"
/** PostHog. */
export * as PostHog from "./PostHog.js"
/** Sentry. */
export * as Sentry from "./Sentry.js"
/** SigNoz. */
export * as SigNoz from "./SigNoz.js"
/** Grafana Tempo. */
export * as Tempo from "./Tempo.js"
/** Traceloop. */
export * as Traceloop from "./Traceloop.js"
/** Every vendor: look-up, destinations, the operator's environment, headers per request. */
export * as Vendors from "./Vendors.js"
/** W&B Weave. */
export * as Weave from "./Weave.js"
