/** Grafana Cloud's OTLP gateway. */
import { defaults } from "./defaults.js"

export const grafanaCloud = {
  ...defaults,
  vendor: "grafana_cloud",
  page: "https://grafana.com/docs/grafana-cloud/send-data/traces/set-up/verify-ingestion",
  readOn: "2026-11-22",
  paths: ["/otlp/v1/traces"],
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "authorization", pattern: "^Basic [A-Za-z0-9+/]+={0,2}$" }],
  orphans: {
    shown: "always",
    page: "https://github.com/grafana/tempo/blob/main/pkg/search/util.go",
    readOn: "2026-11-22"
  },
  notes: [
    'A trace whose root is missing is listed as "root span not yet received".',
    "A stack's own address under /tempo is for queries and takes no traces.",
    "Spans of a trace that is too large are discarded: https://grafana.com/docs/grafana-cloud/send-data/traces/reduce-trace-size"
  ]
} as const
