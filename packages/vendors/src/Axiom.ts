/**
 * Axiom.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { baseUrl, headerText, nameOf, secret, tracesUrl } from "./internal/fields.js"
import { headers, located, make, scheme } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://us-east-1.aws.edge.axiom.co/v1/traces", region: "us" },
  eu: { endpoint: "https://eu-central-1.aws.edge.axiom.co/v1/traces", region: "eu" }
}

/**
 * Credentials: `apiToken`, `dataset`, and one of `region` (`us`, `eu`) of the dataset and `endpoint`, its domain (`/v1/traces` is added where it is
 * missing).
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "axiom",
  title: "Axiom",
  tier: "cited",
  page: "https://axiom.co/docs/send-data/opentelemetry",
  readOn: "2026-11-22",
  endpoint: "{endpoint}/v1/traces",
  regions,
  host: "optional",
  headers: { authorization: "Bearer apiToken", "x-axiom-dataset": "dataset" },
  protocols: ["http/protobuf", "http/json"],
  limits: { valueLength: 1_000_000, keyLength: 200, lengthUnit: "bytes" },
  success: "200",
  orphans: "Not said.",
  environment: { apiToken: ["AXIOM_TOKEN"], dataset: ["AXIOM_DATASET"], endpoint: ["AXIOM_URL"] },
  defaults: { region: "us" },
  notes: [
    "It puts a mark in place of a longer value, takes 10,000 spans in a request, and refuses a span whose attributes would give the dataset more fields than the plan has: https://axiom.co/docs/reference/limits",
    "Traces have a dataset of their own, apart from logs and metrics.",
    "The variables: https://axiom.co/docs/ai-engineering/evaluate/setup"
  ],
  credentials: Schema.Struct({
    apiToken: secret,
    dataset: headerText,
    region: Schema.optional(nameOf(regions)),
    endpoint: Schema.optional(baseUrl)
  }),
  settings: ({ apiToken, dataset, endpoint, region }) =>
    located(
      { field: "endpoint", own: endpoint && tracesUrl(endpoint), regions, region, why: "a dataset is in one region" },
      { headers: headers({ authorization: scheme("Bearer", apiToken), "x-axiom-dataset": dataset }) }
    )
})
