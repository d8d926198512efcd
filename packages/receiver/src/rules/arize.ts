/** Arize AX's OTLP endpoint. */
import { defaults } from "./defaults.js"

export const arize = {
  ...defaults,
  vendor: "arize",
  page: "https://arize.com/docs/ax/security-and-settings/compliance/data-regions",
  readOn: "2026-11-21",
  encodings: ["protobuf", "json"],
  requiredHeaders: [{ name: "authorization" }, { name: "arize-space-id" }],
  requiredResourceAttributes: [["openinference.project.name", "model_id", "arize.project.name"]],
  orphans: { shown: "with_parents" },
  notes: [
    "Headers as arize-otel-python's otel.py sends them: the key without Bearer; api_key and space_id are deprecated.",
    "An export that names no project is refused with 400."
  ]
} as const
