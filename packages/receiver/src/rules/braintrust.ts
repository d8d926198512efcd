/** Braintrust's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const braintrust = {
  ...defaults,
  vendor: "braintrust",
  page: "https://www.braintrust.dev/docs/integrations/sdk-integrations/opentelemetry/send-traces-and-logs",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces"],
  encodings: ["protobuf", "json"],
  requiredHeaders: [
    { name: "authorization", pattern: "^Bearer \\S+$" },
    { name: "x-bt-parent", pattern: "^(project_id|project_name|experiment_id):.+$" }
  ],
  maxBytes: 10_000_000,
  orphans: {
    shown: "always",
    page: "https://www.braintrust.dev/docs/kb/create-a-root-span-with-client-generated-conversation-ids",
    readOn: "2026-11-22"
  },
  notes: [
    "Size: https://www.braintrust.dev/docs/kb/otlp-traces-endpoint-payload-limits, then 413.",
    "Without a root a trace is grouped all the same, and has no input, output, metadata, tags and scores of its own."
  ]
} as const
