/** LangSmith's OTLP endpoint. */
export const langsmith = {
  vendor: "langsmith",
  page: "https://docs.langchain.com/langsmith/trace-with-opentelemetry",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces", "/api/v1/otel/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "x-api-key" }],
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
    "The second path is that of an installation of one's own.",
    "Taken is not stored: a span waits for its parent, and vanishes if that never comes. Langsmith-Project is optional.",
    "A key of several workspaces needs x-tenant-id: https://docs.langchain.com/langsmith/trace-with-api"
  ]
} as const
