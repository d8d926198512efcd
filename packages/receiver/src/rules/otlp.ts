/** Any OTLP/HTTP receiver, as the protocol itself describes it. */
export const otlp = {
  vendor: "otlp",
  page: "https://opentelemetry.io/docs/specs/otlp/#otlphttp",
  readOn: "2026-11-21",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [],
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
  notes: ["Headers and limits are the operator's own."]
} as const
