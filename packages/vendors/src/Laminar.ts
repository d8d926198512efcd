/**
 * Laminar.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, secret, tracesUrl } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/**
 * Credentials: `apiKey` of the project, and `host` for an installation of one's own. Default `api.lmnr.ai`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "laminar",
  title: "Laminar",
  tier: "cited",
  page: "https://docs.lmnr.ai/tracing/otel",
  readOn: "2026-11-22",
  endpoint: "https://api.lmnr.ai/v1/traces",
  host: "optional",
  headers: { authorization: "Bearer apiKey" },
  protocols: ["http/protobuf"],
  success: "200",
  orphans: "Not said.",
  environment: { apiKey: ["LMNR_PROJECT_API_KEY"], host: ["LMNR_BASE_URL"] },
  credentials: Schema.Struct({ apiKey: secret, host: Schema.optional(baseUrl) }),
  settings: ({ apiKey, host = "https://api.lmnr.ai" }) =>
    Either.right({ endpoint: tracesUrl(host), headers: headers({ authorization: scheme("Bearer", apiKey) }) })
})
