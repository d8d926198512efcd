/**
 * Openlayer.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, headerText, secret } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

const path = "/v1/otel/v1/traces"

/**
 * Credentials: `apiKey`, `pipelineId` (the inference pipeline that traces are filed under), and `host` for an installation of one's own. Default
 * `api.openlayer.com`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "openlayer",
  title: "Openlayer",
  tier: "cited",
  page: "https://www.openlayer.com/docs/integrations/opentelemetry",
  readOn: "2026-11-22",
  endpoint: `https://api.openlayer.com${path}`,
  host: "optional",
  headers: { authorization: "Bearer apiKey", "x-bt-parent": "pipeline_id:pipelineId" },
  protocols: ["http/protobuf"],
  success: "200",
  orphans: "Not said.",
  environment: {
    apiKey: ["OPENLAYER_API_KEY"],
    pipelineId: ["OPENLAYER_INFERENCE_PIPELINE_ID"],
    host: ["OPENLAYER_OTEL_ENDPOINT"]
  },
  notes: ["It expects protobuf."],
  credentials: Schema.Struct({ apiKey: secret, pipelineId: headerText, host: Schema.optional(baseUrl) }),
  settings: ({ apiKey, host = "https://api.openlayer.com", pipelineId }) =>
    Either.right({
      endpoint: completed(host, path),
      headers: headers({ authorization: scheme("Bearer", apiKey), "x-bt-parent": `pipeline_id:${pipelineId}` })
    })
})
