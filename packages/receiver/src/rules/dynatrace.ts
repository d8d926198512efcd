/** Dynatrace's OTLP trace ingest. */
export const dynatrace = {
  vendor: "dynatrace",
  page: "https://docs.dynatrace.com/docs/shortlink/api-otlp-traces",
  readOn: "2026-11-22",
  paths: ["/api/v2/otlp/v1/traces"],
  encodings: ["protobuf"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "authorization", pattern: "^Api-Token \\S+$" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: 8_000_000,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: 3600,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: [
    "Size and age: https://docs.dynatrace.com/docs/shortlink/opentelemetry-traces-ingest",
    "A span that ended more than 60 minutes ago is dropped."
  ]
} as const
