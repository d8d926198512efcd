/**
 * Coralogix.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { label, nameOf, secret } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

const at = (domain: string, region: string) => ({
  endpoint: `https://ingress.${domain}.coralogix.com/v1/traces`,
  region
})

const regions = {
  eu1: at("eu1", "eu"),
  eu2: at("eu2", "eu"),
  us1: at("us1", "us"),
  us2: at("us2", "us"),
  us3: at("us3", "us"),
  ap1: at("ap1", "in"),
  ap2: at("ap2", "sg"),
  ap3: at("ap3", "id")
}

/**
 * Credentials: `apiKey` (to send data), `region` (`eu1`, `us1`, …: the first part of the account's domain), `application` and `subsystem`, under which
 * Coralogix files what it receives.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "coralogix",
  title: "Coralogix",
  tier: "cited",
  page: "https://coralogix.com/docs/developer-portal/apis/data-ingestion/opentelemetry-custom-traces/",
  readOn: "2026-11-22",
  endpoint: "https://ingress.{region}.coralogix.com/v1/traces",
  regions,
  host: "fixed",
  headers: { authorization: "Bearer apiKey" },
  resource: { "cx.application.name": "application", "cx.subsystem.name": "subsystem" },
  protocols: ["http/protobuf", "http/json"],
  limits: { bytesPerRequest: 10_000_000 },
  success: "200",
  orphans: "Not said.",
  notes: [
    "10 MB a request is its hard limit, up to 2 MB what it recommends, which a destination's limits may say: https://coralogix.com/docs/developer-portal/apis/limitations"
  ],
  credentials: Schema.Struct({ apiKey: secret, region: nameOf(regions), application: label, subsystem: label }),
  settings: ({ apiKey, application, region, subsystem }) =>
    Either.right({
      endpoint: regions[region].endpoint,
      headers: headers({ authorization: scheme("Bearer", apiKey) }),
      resource: { "cx.application.name": application, "cx.subsystem.name": subsystem }
    })
})
