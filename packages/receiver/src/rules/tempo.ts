/** Grafana Tempo with multitenancy. */
export const tempo = {
  vendor: "tempo",
  page: "https://grafana.com/docs/tempo/latest/operations/manage-advanced-systems/multitenancy/",
  readOn: "2026-11-22",
  paths: ["/v1/traces"],
  encodings: ["protobuf", "json"],
  compressions: ["gzip"],
  requiredHeaders: [{ name: "x-scope-orgid" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: Number.POSITIVE_INFINITY,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200,
  notes: ["A Tempo without multitenancy asks for no header; these rules are those of one with it."]
} as const
