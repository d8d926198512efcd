/**
 * Honeycomb.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { baseUrl, headerText, nameOf, secret, tracesUrl } from "./internal/fields.js"
import { headers, located, make, missing } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://api.honeycomb.io/v1/traces", region: "us" },
  eu: { endpoint: "https://api.eu1.honeycomb.io/v1/traces", region: "eu" }
}

/** Keys from before there were environments: 32 hexadecimal digits, or their kind of ingest key. */
const isClassic = (key: string): boolean => /^(?:[a-f0-9]{32}|hc[a-z]ic_[a-z0-9]*)$/.test(key)

/**
 * Credentials: `apiKey`, one of `region` (`us`, `eu`) and `endpoint` (of what stands before it, such as Refinery; `/v1/traces` is added where it is
 * missing), and `dataset` for a classic key, which needs one; with any other key Honeycomb takes the service's name for it.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "honeycomb",
  title: "Honeycomb",
  tier: "contract",
  page: "https://docs.honeycomb.io/send-data/opentelemetry",
  readOn: "2026-11-22",
  endpoint: "{endpoint}/v1/traces",
  regions,
  host: "optional",
  headers: { "x-honeycomb-team": "apiKey", "x-honeycomb-dataset": "dataset" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans:
    "Shown under a missing parent, once the root of its trace is there: https://docs.honeycomb.io/reference/honeycomb-ui/query/trace-waterfall",
  environment: {
    apiKey: ["HONEYCOMB_API_KEY"],
    dataset: ["HONEYCOMB_DATASET"],
    endpoint: ["HONEYCOMB_API_ENDPOINT"]
  },
  defaults: { region: "us" },
  credentials: Schema.Struct({
    apiKey: secret,
    dataset: Schema.optional(headerText),
    region: Schema.optional(nameOf(regions)),
    endpoint: Schema.optional(baseUrl)
  }),
  settings: ({ apiKey, dataset, endpoint, region }) =>
    isClassic(Redacted.value(apiKey)) && dataset === undefined
      ? missing("dataset", "must be given with a classic key")
      : located(
          { field: "endpoint", own: endpoint && tracesUrl(endpoint), regions, region, why: "a team is in one region" },
          { headers: headers({ "x-honeycomb-team": apiKey, "x-honeycomb-dataset": dataset }) }
        )
})
