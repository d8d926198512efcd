/**
 * Pydantic Logfire.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { baseUrl, nameOf, secret, tracesUrl } from "./internal/fields.js"
import { headers, installationOf, invalid, isLocated, located, make, missing } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://logfire-us.pydantic.dev/v1/traces", region: "us" },
  eu: { endpoint: "https://logfire-eu.pydantic.dev/v1/traces", region: "eu" }
}

/** A token of today names its region; older ones do not. */
const regionOf = (token: string): string | undefined => /^pylf_v\d+_([a-z]+)_/.exec(token.trim())?.[1]

/**
 * Credentials: `writeToken`, and where that does not name its region itself, one of `region` (`us`, `eu`) and `host` (an installation of one's own).
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
  notes: [
    "A token that names its region is sent nowhere else: https://github.com/pydantic/logfire/blob/main/logfire/_internal/auth.py"
  ],
  isPlaced: (fields) => isLocated(fields) || regionOf(fields.writeToken ?? "") !== undefined,
  credentials: Schema.Struct({
    writeToken: secret,
    region: Schema.optional(nameOf(regions)),
    host: Schema.optional(baseUrl)
  }),
  settings: ({ host, region, writeToken }) => {
    const own = regionOf(Redacted.value(writeToken))
    // An installation of one's own may have tokens of any region.
    const said = host === undefined ? region : installationOf(regions, host)
    if (own !== undefined && said === undefined && host === undefined && !Object.hasOwn(regions, own)) {
      return missing("host", "must be given: the token is from a region of which no page tells the host")
    }
    return own !== undefined && said !== undefined && said !== own
      ? invalid(host === undefined ? "region" : "host", "is not where the token is from: leave it out")
      : located(
          {
            field: "host",
            own: host && tracesUrl(host),
            regions,
            region: host === undefined ? (region ?? own) : region,
            why: "a project is in one region"
          },
          { headers: headers({ authorization: writeToken }) }
        )
  }
})
