/** Arize Phoenix, self-hosted. */
export const phoenix = {
  vendor: "phoenix",
  page: "https://github.com/Arize-ai/phoenix/blob/main/src/phoenix/server/api/routers/v1/traces.py",
  readOn: "2026-11-21",
  paths: ["/v1/traces"],
  encodings: ["protobuf"],
  compressions: ["gzip", "deflate"],
  requiredHeaders: [{ name: "authorization", pattern: "^Bearer \\S+$" }],
  unauthorizedStatus: 401,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [
    { path: "/v1/metrics", status: 405 },
    { path: "/v1/logs", status: 405 }
  ],
  maxBytes: Number.POSITIVE_INFINITY,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 422,
  successStatus: 200,
  notes: [
    "A Phoenix without authentication asks for no header; these rules are those of one with it.",
    "x-project-name is optional and beats the resource's project (15.5.0 and later)."
  ]
} as const
