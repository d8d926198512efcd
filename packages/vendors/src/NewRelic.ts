/**
 * New Relic.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { nameOf, secret } from "./internal/fields.js"
import { headers, invalid, make, parameter, present } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://otlp.nr-data.net/v1/traces", region: "us" },
  eu: { endpoint: "https://otlp.eu01.nr-data.net/v1/traces", region: "eu" },
  jp: { endpoint: "https://otlp.jp.nr-data.net/v1/traces", region: "jp" },
  gov: { endpoint: "https://gov-otlp.nr-data.net/v1/traces", region: "us" }
}

/** A key of the EU says so; of the others none is known to. */
const regionOf = (key: Redacted.Redacted<string>): keyof typeof regions | undefined =>
  Redacted.value(key).startsWith("eu") ? "eu" : undefined

/**
 * Credentials: `licenseKey`, and `region` (`us`, `eu`, `jp`, `gov`) where it is neither `us` nor the key's own, which begins with it in the EU.
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
  compressions: ["gzip", "zstd"],
  limits: { bytesPerRequest: 1_000_000, valueLength: 4095, keyLength: 255, listLength: 64 },
  success: "200, before most is checked: what is wrong later is in NrIntegrationError",
  orphans:
    "Shown at the bottom of its trace: https://docs.newrelic.com/docs/distributed-tracing/ui-data/trace-details/",
  environment: {
    licenseKey: ["NEW_RELIC_LICENSE_KEY"],
    region: ["NEW_RELIC_REGION"],
    content: ["NEW_RELIC_AI_MONITORING_RECORD_CONTENT_ENABLED"]
  },
  notes: [
    "It would cut a longer text or name and drop a longer list, so they are cut before they are sent, and messages whose JSON is longer are told more shortly.",
    "A key of the EU begins with eu, and is sent nowhere else: https://github.com/newrelic/helm-charts/blob/master/library/common-library/templates/_region.tpl",
    "Japan is named by its own charts: https://github.com/newrelic/helm-charts/blob/master/library/common-library/templates/_endpoints.tpl",
    "403 or 401 is the answer to a wrong key: https://docs.newrelic.com/docs/opentelemetry/best-practices/opentelemetry-otlp-troubleshooting"
  ],
  credentials: Schema.Struct({ licenseKey: secret, region: Schema.optional(nameOf(regions)) }),
  settings: ({ licenseKey, region }) => {
    const own = regionOf(licenseKey)
    return own !== undefined && region !== undefined && region !== own
      ? invalid("region", "is not where the license key is from: leave it out")
      : Either.right({
          endpoint: regions[region ?? own ?? "us"].endpoint,
          headers: headers({ "api-key": licenseKey })
        })
  },
  dynamicHeaders: (params) => present({ "api-key": parameter(params, "newrelic_api_key") })
})
