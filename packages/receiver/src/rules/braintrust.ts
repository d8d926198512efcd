/** Braintrust's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const braintrust = {
  ...defaults,
  vendor: "braintrust",
  page: "https://www.braintrust.dev/docs/integrations/sdk-integrations/opentelemetry/send-traces-and-logs",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces"],
  requiredHeaders: [
    { name: "authorization", pattern: "^Bearer \\S+$" },
    { name: "x-bt-parent", pattern: "^(project_id|project_name|experiment_id):.+$" }
  ],
  maxBytes: 10_000_000,
  notes: ["Size: https://www.braintrust.dev/docs/kb/otlp-traces-endpoint-payload-limits, then 413."]
} as const
