/** New Relic's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const newrelic = {
  ...defaults,
  vendor: "newrelic",
  page: "https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp",
  readOn: "2026-11-22",
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "api-key" }],
  unauthorizedStatus: 403,
  maxBytes: 1_000_000,
  valueLength: 4095,
  keyLength: 255,
  listLength: 64,
  orphans: {
    shown: "always",
    page: "https://docs.newrelic.com/docs/distributed-tracing/ui-data/trace-details/",
    readOn: "2026-11-22"
  },
  notes: [
    "An invalid key is answered with 403 or 401: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp-troubleshooting",
    "A longer value or name is cut and a longer list dropped, and nothing is refused: #attribute-limits of the same page. It takes zstd as well, which is not played.",
    "Orphans are at the bottom of their trace."
  ]
} as const
