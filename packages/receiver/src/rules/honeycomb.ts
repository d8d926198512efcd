/** Honeycomb's OTLP endpoint. */
export const honeycomb = {
  vendor: "honeycomb",
  page: "https://docs.honeycomb.io/send-data/opentelemetry",
  readOn: "2026-11-22",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "x-honeycomb-team" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: Number.POSITIVE_INFINITY,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: ["A classic key asks for x-honeycomb-dataset as well.", "Statuses: https://docs.honeycomb.io/api/errors"]
} as const
