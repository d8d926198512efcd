/** Grafana Tempo with multitenancy. */
import { defaults } from "./defaults.js"

export const tempo = {
  ...defaults,
  vendor: "tempo",
  page: "https://grafana.com/docs/tempo/latest/operations/manage-advanced-systems/multitenancy/",
  readOn: "2026-11-22",
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "x-scope-orgid" }],
  valueLength: 2048,
  keyLength: 2048,
  lengthUnit: "bytes",
  orphans: {
    shown: "always",
    page: "https://github.com/grafana/tempo/blob/main/pkg/search/util.go",
    readOn: "2026-11-22"
  },
  notes: [
    "What is longer is cut, and nothing is refused, by the default of max_attribute_bytes: https://grafana.com/docs/tempo/latest/troubleshooting/out-of-memory-errors",
    "A Tempo without multitenancy asks for no header; these rules are those of one with it.",
    'A trace whose root is missing is listed as "root span not yet received".'
  ]
} as const
