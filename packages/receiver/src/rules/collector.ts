/** An OpenTelemetry Collector with the defaults of its OTLP receiver. */
import { defaults } from "./defaults.js"

export const collector = {
  ...defaults,
  vendor: "collector",
  page: "https://github.com/open-telemetry/opentelemetry-collector/blob/main/config/confighttp/README.md",
  readOn: "2026-11-22",
  encodings: ["protobuf", "json"],
  compressions: ["gzip", "deflate"],
  maxBytes: 20 * 1024 * 1024,
  orphans: { shown: "always" },
  notes: [
    "Authentication is an extension that its operator adds.",
    "The size is the default of max_request_body_size.",
    "It passes on what came, and waits for no parent: what becomes of a span without one is for the back end behind it to say."
  ]
} as const
