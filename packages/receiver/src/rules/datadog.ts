/** Datadog's OTLP traces intake. */
import { defaults } from "./defaults.js"

export const datadog = {
  ...defaults,
  vendor: "datadog",
  page: "https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/traces/",
  readOn: "2026-11-22",
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "dd-api-key" }],
  unauthorizedStatus: 403,
  maxBytes: 3_200_000,
  successStatus: 202,
  orphans: { shown: "with_parents" },
  notes: [
    "403 is also what a key of another site is answered with.",
    "dd-otlp-source: llmobs sends spans to Agent Observability: https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation"
  ]
} as const
