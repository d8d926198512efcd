/** New Relic's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const newrelic = {
  ...defaults,
  vendor: "newrelic",
  page: "https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp",
  readOn: "2026-11-22",
  requiredHeaders: [{ name: "api-key" }],
  unauthorizedStatus: 403,
  maxBytes: 1_000_000,
  valueLength: 4095,
  notes: [
    "An invalid key is answered with 403 or 401: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp-troubleshooting",
    "A longer value is cut, not refused: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-best-practices-attributes"
  ]
} as const
