/** Any OTLP/HTTP receiver, as the protocol itself describes it. */
import { defaults } from "./defaults.js"

export const otlp = {
  ...defaults,
  vendor: "otlp",
  page: "https://opentelemetry.io/docs/specs/otlp/#otlphttp",
  readOn: "2026-11-21",
  encodings: ["protobuf", "json"],
  orphans: { shown: "always" },
  notes: [
    "Headers and limits are the operator's own.",
    "The protocol knows spans and no traces: what becomes of one whose parent never comes is the back end's to say, and all that came is shown."
  ]
} as const
