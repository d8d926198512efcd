/**
 * Dash0.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { baseUrl, headerText, nameOf, secret, tracesUrl } from "./internal/fields.js"
import { headers, located, make, scheme } from "./internal/vendor.js"

const regions = {
  "eu-west-1": { endpoint: "https://ingress.eu-west-1.aws.dash0.com/v1/traces", region: "eu" },
  "eu-central-1": { endpoint: "https://ingress.eu-central-1.aws.dash0.com/v1/traces", region: "eu" },
  "us-west-2": { endpoint: "https://ingress.us-west-2.aws.dash0.com/v1/traces", region: "us" },
  "europe-west4": { endpoint: "https://ingress.europe-west4.gcp.dash0.com/v1/traces", region: "eu" }
}

/**
 * Credentials: `authToken`, one of `region` (`eu-west-1`, `eu-central-1`, `us-west-2`, `europe-west4`) and `endpoint` as the organisation's settings
 * show it, and `dataset` where it is not the default.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "dash0",
  title: "Dash0",
  tier: "cited",
  page: "https://www.dash0.com/hub/integrations/int_otlp/overview",
  readOn: "2026-11-22",
  endpoint: "https://ingress.{region}.{cloud}.dash0.com/v1/traces",
  regions,
  host: "optional",
  headers: { authorization: "Bearer authToken", "dash0-dataset": "dataset" },
  protocols: ["http/protobuf", "http/json"],
  limits: { valueLength: 2048, keyLength: 128, attributes: 32, oldestSpan: 21_600 },
  success: "200",
  orphans: "Not said.",
  environment: { authToken: ["DASH0_AUTH_TOKEN"], endpoint: ["DASH0_ENDPOINT_OTLP_HTTP"], dataset: ["DASH0_DATASET"] },
  notes: [
    "The limits: https://www.dash0.com/docs/dash0/cost-control/quotas-and-limits, of 7 April 2026. Of a span that has more than its 32 attributes, metadata goes first, then messages, and what the span is last.",
    "A token of one dataset is refused with 403 without its name.",
    "Its regions: https://www.dash0.com/shared/ingress-ip-addresses-per-region.json; how the hosts in each are named: https://github.com/dash0hq/dash0-api-client-go"
  ],
  credentials: Schema.Struct({
    authToken: secret,
    region: Schema.optional(nameOf(regions)),
    endpoint: Schema.optional(baseUrl),
    dataset: Schema.optional(headerText)
  }),
  settings: ({ authToken, dataset, endpoint, region }) =>
    located(
      {
        field: "endpoint",
        own: endpoint && tracesUrl(endpoint),
        regions,
        region,
        why: "an organisation is in one region"
      },
      { headers: headers({ authorization: scheme("Bearer", authToken), "dash0-dataset": dataset }) }
    )
})
