/**
 * Pydantic Logfire.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { baseUrl, nameOf, secret, tracesUrl } from "./internal/fields.js"
import { headers, located, make } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://logfire-us.pydantic.dev/v1/traces", region: "us" },
  eu: { endpoint: "https://logfire-eu.pydantic.dev/v1/traces", region: "eu" }
}

/**
 * Credentials: `writeToken`, and one of `region` (`us`, `eu`) and `host` (an installation of one's own).
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "logfire",
  title: "Pydantic Logfire",
  tier: "cited",
  page: "https://logfire.pydantic.dev/docs/how-to-guides/alternative-clients",
  readOn: "2026-11-22",
  endpoint: "{host}/v1/traces",
  regions,
  host: "optional",
  headers: { authorization: "writeToken, without Bearer" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { writeToken: ["LOGFIRE_TOKEN"], host: ["LOGFIRE_BASE_URL"] },
  defaults: { region: "us" },
  credentials: Schema.Struct({
    writeToken: secret,
    region: Schema.optional(nameOf(regions)),
    host: Schema.optional(baseUrl)
  }),
  settings: ({ host, region, writeToken }) =>
    located(
      { field: "host", own: host && tracesUrl(host), regions, region, why: "a project is in one region" },
      { headers: headers({ authorization: writeToken }) }
    )
})
