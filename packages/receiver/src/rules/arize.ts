/** Arize AX's OTLP endpoint. */
export const arize = {
  vendor: "arize",
  page: "https://arize.com/docs/ax/security-and-settings/compliance/data-regions",
  readOn: "2026-11-21",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "authorization" }, { name: "arize-space-id" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [["openinference.project.name", "model_id", "arize.project.name"]],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: Number.POSITIVE_INFINITY,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: [
    "Headers as arize-otel-python's otel.py sends them: the key without Bearer; api_key and space_id are deprecated.",
    "An export that names no project is refused with 400."
  ]
} as const
