/** Any OTLP/HTTP receiver, as the protocol itself describes it. */
import { defaults } from "./defaults.js"

export const otlp = {
  ...defaults,
  vendor: "otlp",
  page: "https://opentelemetry.io/docs/specs/otlp/#otlphttp",
  readOn: "2026-11-21",
  notes: ["Headers and limits are the operator's own."]
} as const
