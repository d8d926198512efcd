/** Honeycomb's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const honeycomb = {
  ...defaults,
  vendor: "honeycomb",
  page: "https://docs.honeycomb.io/send-data/opentelemetry",
  readOn: "2026-11-22",
  requiredHeaders: [{ name: "x-honeycomb-team" }],
  notes: ["A classic key asks for x-honeycomb-dataset as well.", "Statuses: https://docs.honeycomb.io/api/errors"]
} as const
