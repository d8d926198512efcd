/** Honeycomb's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const honeycomb = {
  ...defaults,
  vendor: "honeycomb",
  page: "https://docs.honeycomb.io/send-data/opentelemetry",
  readOn: "2026-11-22",
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "x-honeycomb-team" }],
  orphans: {
    shown: "with_root",
    page: "https://docs.honeycomb.io/reference/honeycomb-ui/query/trace-waterfall",
    readOn: "2026-11-22"
  },
  notes: ["A trace is shown once its root is there.", "Statuses: https://docs.honeycomb.io/api/errors"]
} as const

export const classic = {
  ...honeycomb,
  vendor: "honeycomb_classic",
  requiredHeaders: [
    { name: "x-honeycomb-team", pattern: "^(?:[a-f0-9]{32}|hc[a-z]ic_[a-z0-9]*)$" },
    { name: "x-honeycomb-dataset" }
  ],
  notes: [
    "A key from before there were environments; the status without a dataset: https://github.com/honeycombio/husky"
  ]
} as const
