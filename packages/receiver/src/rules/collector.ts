/** An OpenTelemetry Collector with the defaults of its OTLP receiver. */
import { defaults } from "./defaults.js"

export const collector = {
  ...defaults,
  vendor: "collector",
  page: "https://github.com/open-telemetry/opentelemetry-collector/blob/main/config/confighttp/README.md",
  readOn: "2026-11-22",
  compressions: ["gzip", "deflate"],
  maxBytes: 20 * 1024 * 1024,
  notes: ["Authentication is an extension that its operator adds.", "The size is the default of max_request_body_size."]
} as const
