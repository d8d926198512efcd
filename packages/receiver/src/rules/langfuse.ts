/** Langfuse's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const langfuse = {
  ...defaults,
  vendor: "langfuse",
  page: "https://langfuse.com/docs/opentelemetry/introduction",
  readOn: "2026-11-21",
  paths: ["/api/public/otel/v1/traces"],
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "authorization", pattern: "^Basic [A-Za-z0-9+/]+={0,2}$" }],
  maxBytes: 5_000_000,
  requestsPerMinute: 1000,
  orphans: {
    shown: "with_root",
    page: "https://langfuse.com/changelog/2026-07-15-root-observations-default",
    readOn: "2026-11-22"
  },
  notes: [
    "Size and rate limits, here those of the smallest plan: https://langfuse.com/faq/all/api-limits",
    "Without x-langfuse-ingestion-version: 4 a trace shows up to ten minutes late; it is taken all the same.",
    "x-langfuse-public-key is not asked for.",
    "Orphans are kept, and its list of observations opens with the roots alone."
  ]
} as const
