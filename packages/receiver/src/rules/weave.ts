/** W&B Weave's OTLP endpoint. */
export const weave = {
  vendor: "weave",
  page: "https://docs.wandb.ai/weave/guides/tracking/otel",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces", "/agents/otel/v1/traces", "/traces/otel/v1/traces"],
  encodings: ["protobuf"],
  compressions: ["gzip", "deflate"],
  requiredHeaders: [{ name: "wandb-api-key" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [["wandb.entity"], ["wandb.project"]],
  missingResourceStatus: 200,
  otherPaths: [],
  maxBytes: Number.POSITIVE_INFINITY,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: [
    "The second path is the agents view, the third that of a dedicated cloud or an installation of one's own.",
    "A resource that names no entity and project is taken, and its spans are discarded."
  ]
} as const
