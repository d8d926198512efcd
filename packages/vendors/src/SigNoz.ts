/**
 * SigNoz, in its cloud or of one's own.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { baseUrl, nameOf, secret, tracesUrl } from "./internal/fields.js"
import { headers, isGiven, located, make, missing, parameter, present } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://ingest.us.signoz.cloud/v1/traces", region: "us" },
  eu: { endpoint: "https://ingest.eu.signoz.cloud/v1/traces", region: "eu" },
  in: { endpoint: "https://ingest.in.signoz.cloud/v1/traces", region: "in" }
}

/**
 * Credentials: `ingestionKey` and `region` (`us`, `eu`, `in`) for the cloud, or `endpoint` for an installation of one's own, which asks for no key.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "signoz",
  title: "SigNoz",
  tier: "cited",
  page: "https://signoz.io/docs/ingestion/signoz-cloud/overview/",
  readOn: "2026-11-22",
  endpoint: "{endpoint}/v1/traces",
  regions,
  host: "optional",
  headers: { "signoz-ingestion-key": "ingestionKey" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Flagged as missing its parent: https://signoz.io/docs/traces-management/troubleshooting/faqs/",
  environment: { ingestionKey: ["SIGNOZ_INGESTION_KEY"], endpoint: ["SIGNOZ_INGESTION_ENDPOINT"] },
  notes: ["One's own: https://signoz.io/docs/ingestion/cloud-vs-self-hosted"],
  credentials: Schema.Struct({
    ingestionKey: Schema.optional(secret),
    region: Schema.optional(nameOf(regions)),
    endpoint: Schema.optional(baseUrl)
  }),
  settings: ({ endpoint, ingestionKey, region }) =>
    region !== undefined && ingestionKey === undefined
      ? missing("ingestionKey", "must be given with region")
      : located(
          {
            field: "endpoint",
            own: endpoint && tracesUrl(endpoint),
            regions,
            region,
            why: "a key belongs to one region"
          },
          { headers: headers({ "signoz-ingestion-key": ingestionKey }) }
        ),
  dynamicHeaders: (params) =>
    // A key that was meant for a host of the request's own is sent to no other one.
    present(
      isGiven(params, "signoz_ingestion_endpoint")
        ? {}
        : { "signoz-ingestion-key": parameter(params, "signoz_ingestion_key") }
    )
})
