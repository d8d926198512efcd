/**
 * Traceloop.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, secret, tracesUrl } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/**
 * Credentials: `apiKey` of an environment, and `host` for an installation of one's own. Default `api.traceloop.com`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "traceloop",
  title: "Traceloop",
  tier: "cited",
  page: "https://www.traceloop.com/docs/openllmetry/integrations/traceloop",
  readOn: "2026-11-22",
  endpoint: "https://api.traceloop.com/v1/traces",
  host: "optional",
  headers: { authorization: "Bearer apiKey" },
  vocabularies: [{ name: "traceloop", version: "1" }],
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { apiKey: ["TRACELOOP_API_KEY"], host: ["TRACELOOP_BASE_URL"] },
  credentials: Schema.Struct({ apiKey: secret, host: Schema.optional(baseUrl) }),
  settings: ({ apiKey, host = "https://api.traceloop.com" }) =>
    Either.right({ endpoint: tracesUrl(host), headers: headers({ authorization: scheme("Bearer", apiKey) }) })
})
