/** LangSmith's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const langsmith = {
  ...defaults,
  vendor: "langsmith",
  page: "https://docs.langchain.com/langsmith/trace-with-opentelemetry",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces", "/api/v1/otel/v1/traces"],
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "x-api-key" }],
  requestsPerMinute: 2000,
  orphans: {
    shown: "with_parents",
    page: "https://docs.langchain.com/langsmith/trace-with-opentelemetry",
    readOn: "2026-11-22"
  },
  notes: [
    "The second path is that of an installation of one's own.",
    "Taken is not stored: a span waits for its parent (12 hours in an installation of one's own), and vanishes if that never comes.",
    "The rate, of any address for one key, is that of its page of November 2025: https://github.com/langchain-ai/docs/pull/1332; since then limits are listed by address and region: https://docs.langchain.com/langsmith/cloud-rate-limits",
    "Langsmith-Project is optional.",
    "A key of several workspaces needs x-tenant-id: https://docs.langchain.com/langsmith/trace-with-api"
  ]
} as const
