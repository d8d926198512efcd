/** Braintrust's OTLP endpoint. */
export const braintrust = {
  vendor: "braintrust",
  page: "https://www.braintrust.dev/docs/integrations/sdk-integrations/opentelemetry/send-traces-and-logs",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [
    { name: "authorization", pattern: "^Bearer \\S+$" },
    { name: "x-bt-parent", pattern: "^(project_id|project_name|experiment_id):.+$" }
  ],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: 10_000_000,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: ["Size: https://www.braintrust.dev/docs/kb/otlp-traces-endpoint-payload-limits, then 413."]
} as const
