/**
 * Langtrace: its own pages name no endpoint of OTLP, and others name different ones.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, secret } from "./internal/fields.js"
import { headers, make } from "./internal/vendor.js"

const path = "/api/trace"

/**
 * Credentials: `apiKey`, and `host` for an installation of one's own. Default `app.langtrace.ai`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "langtrace",
  title: "Langtrace",
  tier: "unverified",
  page: "https://docs.litellm.ai/docs/observability/langtrace_integration",
  readOn: "2026-11-22",
  endpoint: `https://app.langtrace.ai${path}`,
  host: "optional",
  headers: { "x-api-key": "apiKey" },
  vocabularies: [{ name: "langtrace", version: "1" }],
  protocols: ["http/json"],
  compressions: [],
  success: "200",
  orphans: "Not said.",
  environment: { apiKey: ["LANGTRACE_API_KEY"], host: ["LANGTRACE_API_HOST"] },
  notes: [
    "The page is that of a gateway that exports to Langtrace, as JSON without compression; Langtrace's own exporter sends JSON of another shape."
  ],
  credentials: Schema.Struct({ apiKey: secret, host: Schema.optional(baseUrl) }),
  settings: ({ apiKey, host = "https://app.langtrace.ai" }) =>
    Either.right({ endpoint: completed(host, path), headers: headers({ "x-api-key": apiKey }) })
})
