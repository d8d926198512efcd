/** W&B Weave's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const weave = {
  ...defaults,
  vendor: "weave",
  page: "https://docs.wandb.ai/weave/guides/tracking/otel",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces", "/agents/otel/v1/traces", "/traces/otel/v1/traces"],
  encodings: ["protobuf"],
  compressions: ["gzip", "deflate"],
  requiredHeaders: [{ name: "wandb-api-key" }],
  requiredResourceAttributes: [["wandb.entity"], ["wandb.project"]],
  missingResourceStatus: 200,
  orphans: { shown: "with_parents" },
  notes: [
    "The second path is the agents view, the third that of a dedicated cloud or an installation of one's own.",
    "A resource that names no entity and project is taken, and its spans are discarded."
  ]
} as const
