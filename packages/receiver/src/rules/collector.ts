/** An OpenTelemetry Collector with the defaults of its OTLP receiver. */
export const collector = {
  vendor: "collector",
  page: "https://github.com/open-telemetry/opentelemetry-collector/blob/main/config/confighttp/README.md",
  readOn: "2026-11-22",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip", "deflate"],
  requiredHeaders: [],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: 20 * 1024 * 1024,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: ["Authentication is an extension that its operator adds.", "The size is the default of max_request_body_size."]
} as const
