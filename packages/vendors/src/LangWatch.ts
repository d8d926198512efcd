/**
 * LangWatch.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, secret } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

const path = "/api/otel/v1/traces"

/**
 * Credentials: `apiKey`, and `host` for an installation of one's own. Default `app.langwatch.ai`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "langwatch",
  title: "LangWatch",
  tier: "cited",
  page: "https://langwatch.ai/docs/observability/trace-vs-activity-ingestion",
  readOn: "2026-11-22",
  endpoint: `https://app.langwatch.ai${path}`,
  host: "optional",
  headers: { authorization: "Bearer apiKey" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { apiKey: ["LANGWATCH_API_KEY"], host: ["LANGWATCH_ENDPOINT"] },
  credentials: Schema.Struct({ apiKey: secret, host: Schema.optional(baseUrl) }),
  settings: ({ apiKey, host = "https://app.langwatch.ai" }) =>
    Either.right({ endpoint: completed(host, path), headers: headers({ authorization: scheme("Bearer", apiKey) }) })
})
