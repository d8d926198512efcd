/** Grafana Cloud's OTLP gateway. */
export const grafanaCloud = {
  vendor: "grafana_cloud",
  page: "https://grafana.com/docs/grafana-cloud/send-data/traces/set-up/verify-ingestion",
  readOn: "2026-11-22",
  paths: ["/otlp/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "authorization", pattern: "^Basic [A-Za-z0-9+/]+={0,2}$" }],
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
  notes: [
    "A stack's own address under /tempo is for queries and takes no traces.",
    "Spans of a trace that is too large are discarded: https://grafana.com/docs/grafana-cloud/send-data/traces/reduce-trace-size"
  ]
} as const
