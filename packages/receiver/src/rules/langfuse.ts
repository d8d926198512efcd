/** Langfuse's OTLP endpoint. */
export const langfuse = {
  vendor: "langfuse",
  page: "https://langfuse.com/docs/opentelemetry/introduction",
  readOn: "2026-11-21",
  paths: ["/api/public/otel/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "authorization", pattern: "^Basic [A-Za-z0-9+/]+={0,2}$" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: 5_000_000,
  requestsPerMinute: 1000,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: [
    "Size and rate limits, here those of the smallest plan: https://langfuse.com/faq/all/api-limits",
    "Without x-langfuse-ingestion-version: 4 a trace shows up to ten minutes late; it is taken all the same.",
    "x-langfuse-public-key is not asked for."
  ]
} as const
