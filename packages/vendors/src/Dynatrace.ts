/**
 * Dynatrace.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, hostPart, secret } from "./internal/fields.js"
import { headers, hostOf, invalid, make, missing, scheme } from "./internal/vendor.js"

const path = "/api/v2/otlp/v1/traces"

/**
 * Credentials: `apiToken` (scope `openTelemetryTrace.ingest`), and one of `environmentId` (of the cloud) and `endpoint` (an ActiveGate or a managed
 * cluster; the API's path is added where it is missing).
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "dynatrace",
  title: "Dynatrace",
  tier: "contract",
  page: "https://docs.dynatrace.com/docs/shortlink/api-otlp-traces",
  readOn: "2026-11-22",
  endpoint: `https://{environmentId}.live.dynatrace.com${path}`,
  host: "optional",
  headers: { authorization: "Api-Token apiToken" },
  protocols: ["http/protobuf"],
  limits: { bytesPerRequest: 8_000_000, oldestSpan: 3600 },
  success: "200",
  orphans: "No page of its own says.",
  environment: { apiToken: ["DT_API_TOKEN"], endpoint: ["DT_ENDPOINT"] },
  notes: [
    "JSON is answered with 415, a wrong token with 401, one without the scope with 403.",
    "Age and size: https://docs.dynatrace.com/docs/shortlink/opentelemetry-traces-ingest"
  ],
  credentials: Schema.Struct({
    apiToken: secret,
    environmentId: Schema.optional(hostPart),
    endpoint: Schema.optional(
      baseUrl.pipe(
        Schema.filter(
          (endpoint) =>
            !hostOf(endpoint).endsWith(".apps.dynatrace.com") ||
            "is where people look at it: give https://{environment}.live.dynatrace.com"
        )
      )
    )
  }),
  settings: ({ apiToken, endpoint, environmentId }) => {
    if (endpoint !== undefined && environmentId !== undefined) {
      return invalid("environmentId", "and endpoint are both given: give one of them")
    }
    const base = environmentId === undefined ? endpoint : `https://${environmentId}.live.dynatrace.com`
    return base === undefined
      ? missing("environmentId", "or endpoint must be given: a token belongs to one environment")
      : Either.right({
          endpoint: completed(base, path),
          headers: headers({ authorization: scheme("Api-Token", apiToken) })
        })
  }
})
