/** Datadog's OTLP traces intake. */
export const datadog = {
  vendor: "datadog",
  page: "https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/traces/",
  readOn: "2026-11-22",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "dd-api-key" }],
  unauthorizedStatus: 403,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: 3_200_000,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 202,
  notes: [
    "403 is also what a key of another site is answered with.",
    "dd-otlp-source: llmobs sends spans to Agent Observability: https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation"
  ]
} as const
