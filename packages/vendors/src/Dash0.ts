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
  "eu-west-1": { endpoint: "https://ingress.eu-west-1.aws.dash0.com/v1/traces", region: "eu" }
}

/**
 * Credentials: `authToken`, one of `region` (`eu-west-1`) and `endpoint` as the organisation's settings show it, and `dataset` where it is not the
 * default.
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
  endpoint: "https://ingress.{region}.aws.dash0.com/v1/traces",
  regions,
  host: "optional",
  headers: { authorization: "Bearer authToken", "dash0-dataset": "dataset" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { authToken: ["DASH0_AUTH_TOKEN"], endpoint: ["DASH0_ENDPOINT_OTLP_HTTP"], dataset: ["DASH0_DATASET"] },
  notes: ["A token of one dataset is refused with 403 without its name."],
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
