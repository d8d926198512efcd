/**
 * HoneyHive.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, secret } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/**
 * Credentials: `apiKey` (of a project; one for ingestion is enough) and `host`, as the settings of the organisation show it.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "honeyhive",
  title: "HoneyHive",
  tier: "cited",
  page: "https://docs.honeyhive.ai/v2/integrations/opentelemetry-collector",
  readOn: "2026-11-22",
  endpoint: "{host}/opentelemetry/v1/traces",
  hosts: { "api.dp1.us.prod.honeyhive.ai": "us" },
  host: "required",
  headers: { authorization: "Bearer apiKey" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { apiKey: ["HH_INGESTION_API_KEY", "HH_API_KEY"], host: ["HH_API_URL"] },
  notes: [
    "The key names the project.",
    "The shared cloud is in the US; where a dedicated one is, its users choose: https://docs.honeyhive.ai/v2/setup/managed"
  ],
  credentials: Schema.Struct({ apiKey: secret, host: baseUrl }),
  settings: ({ apiKey, host }) =>
    Either.right({
      endpoint: completed(host, "/opentelemetry/v1/traces"),
      headers: headers({ authorization: scheme("Bearer", apiKey) })
    })
})
