/** LangSmith's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const langsmith = {
  ...defaults,
  vendor: "langsmith",
  page: "https://docs.langchain.com/langsmith/trace-with-opentelemetry",
  readOn: "2026-11-22",
  paths: ["/otel/v1/traces", "/api/v1/otel/v1/traces"],
  requiredHeaders: [{ name: "x-api-key" }],
  notes: [
    "The second path is that of an installation of one's own.",
    "Taken is not stored: a span waits for its parent, and vanishes if that never comes. Langsmith-Project is optional.",
    "A key of several workspaces needs x-tenant-id: https://docs.langchain.com/langsmith/trace-with-api"
  ]
} as const
