/** New Relic's OTLP endpoint. */
export const newrelic = {
  vendor: "newrelic",
  page: "https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp",
  readOn: "2026-11-22",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "api-key" }],
  unauthorizedStatus: 403,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: 1_000_000,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: 4095,
  undecodableStatus: 400,
  successStatus: 200,
  notes: [
    "An invalid key is answered with 403 or 401: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp-troubleshooting",
    "A longer value is cut, not refused: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-best-practices-attributes"
  ]
} as const
