/**
 * New Relic.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { nameOf, secret } from "./internal/fields.js"
import { headers, make, parameter, present } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://otlp.nr-data.net/v1/traces", region: "us" },
  eu: { endpoint: "https://otlp.eu01.nr-data.net/v1/traces", region: "eu" },
  gov: { endpoint: "https://gov-otlp.nr-data.net/v1/traces", region: "us" }
}

/**
 * Credentials: `licenseKey`, and `region` (`us`, `eu`, `gov`) where it is not `us`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "newrelic",
  title: "New Relic",
  tier: "contract",
  page: "https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp",
  readOn: "2026-11-22",
  endpoint: "https://otlp.nr-data.net/v1/traces",
  regions,
  host: "fixed",
  headers: { "api-key": "licenseKey" },
  protocols: ["http/protobuf", "http/json"],
  limits: { bytesPerRequest: 1_000_000, valueLength: 4095 },
  success: "200, before most is checked: what is wrong later is in NrIntegrationError",
  orphans: "Shown with a banner that a parent is missing.",
  environment: {
    licenseKey: ["NEW_RELIC_LICENSE_KEY"],
    region: ["NEW_RELIC_REGION"],
    content: ["NEW_RELIC_AI_MONITORING_RECORD_CONTENT_ENABLED"]
  },
  notes: [
    "A longer text is cut, and messages whose JSON is longer are told more shortly; names over 255 characters and lists over 64 entries are cut as well: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-best-practices-attributes",
    "403 or 401 is the answer to a wrong key: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp-troubleshooting"
  ],
  credentials: Schema.Struct({ licenseKey: secret, region: Schema.optional(nameOf(regions)) }),
  settings: ({ licenseKey, region = "us" }) =>
    Either.right({ endpoint: regions[region].endpoint, headers: headers({ "api-key": licenseKey }) }),
  dynamicHeaders: (params) => present({ "api-key": parameter(params, "newrelic_api_key") })
})
