/** Arize Phoenix, self-hosted. */
import { defaults } from "./defaults.js"

export const phoenix = {
  ...defaults,
  vendor: "phoenix",
  page: "https://github.com/Arize-ai/phoenix/blob/main/src/phoenix/server/api/routers/v1/traces.py",
  readOn: "2026-11-21",
  encodings: ["protobuf"],
  compressions: ["gzip", "deflate"],
  requiredHeaders: [{ name: "authorization", pattern: "^Bearer \\S+$" }],
  otherPaths: [
    { path: "/v1/metrics", status: 405 },
    { path: "/v1/logs", status: 405 }
  ],
  undecodableStatus: 422,
  orphans: {
    shown: "always",
    page: "https://github.com/Arize-ai/phoenix/blob/main/src/phoenix/server/api/types/Project.py",
    readOn: "2026-11-22"
  },
  notes: [
    "A Phoenix without authentication asks for no header; these rules are those of one with it.",
    "Orphans count as roots.",
    "x-project-name is optional and beats the resource's project (15.5.0 and later)."
  ]
} as const
