/** Dynatrace's OTLP trace ingest. */
import { defaults } from "./defaults.js"

export const dynatrace = {
  ...defaults,
  vendor: "dynatrace",
  page: "https://docs.dynatrace.com/docs/shortlink/api-otlp-traces",
  readOn: "2026-11-22",
  paths: ["/api/v2/otlp/v1/traces"],
  encodings: ["protobuf"],
  requiredHeaders: [{ name: "authorization", pattern: "^Api-Token \\S+$" }],
  maxBytes: 8_000_000,
  oldestSpan: 3600,
  orphans: { shown: "with_parents" },
  notes: [
    "Size and age: https://docs.dynatrace.com/docs/shortlink/opentelemetry-traces-ingest",
    "403 is the answer to a token without the scope openTelemetryTrace.ingest.",
    "A span that ended more than 60 minutes ago is dropped."
  ]
} as const
