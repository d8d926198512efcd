/** Grafana Tempo with multitenancy. */
import { defaults } from "./defaults.js"

export const tempo = {
  ...defaults,
  vendor: "tempo",
  page: "https://grafana.com/docs/tempo/latest/operations/manage-advanced-systems/multitenancy/",
  readOn: "2026-11-22",
  requiredHeaders: [{ name: "x-scope-orgid" }],
  notes: ["A Tempo without multitenancy asks for no header; these rules are those of one with it."]
} as const
