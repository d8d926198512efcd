/**
 * Grafana Cloud, by way of its OTLP gateway.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { baseUrl, completed, headerText, secret } from "./internal/fields.js"
import { basic, headers, make } from "./internal/vendor.js"

/** How Grafana's names for its regions begin: with a part of the world. */
const areas = ["ap", "au", "ca", "eu", "gb", "me", "sa", "us"]

/**
 * Credentials: `endpoint` as the stack's page shows it (`https://otlp-gateway-….grafana.net/otlp`), `instanceId`, a number, and `token`, of an access
 * policy with the scope `traces:write`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "grafana_cloud",
  title: "Grafana Cloud",
  tier: "contract",
  page: "https://grafana.com/docs/grafana-cloud/send-data/traces/set-up/verify-ingestion",
  readOn: "2026-11-22",
  endpoint: "https://otlp-gateway-{region}.grafana.net/otlp/v1/traces",
  areas: Object.fromEntries(
    areas.flatMap((area) => [
      [`otlp-gateway-prod-${area}-{zone}.grafana.net`, area],
      [`otlp-gateway-prod-${area}-{zone}.{cluster}.grafana.net`, area]
    ])
  ),
  host: "required",
  headers: { authorization: "Basic base64(instanceId:token)" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans:
    "Shown, in a trace whose root is not yet received: https://github.com/grafana/tempo/blob/main/pkg/search/util.go",
  notes: [
    "The token needs the scope traces:write.",
    "A stack's address under /tempo is for queries and refuses traces.",
    "The host names a region as Grafana calls it, and not where that is; a region that is said for it may not be another part of the world: https://grafana.com/docs/grafana-cloud/security-and-account-management/region-url-formats/",
    "Spans of a trace that is too large are discarded: https://grafana.com/docs/grafana-cloud/send-data/traces/reduce-trace-size"
  ],
  credentials: Schema.Struct({
    endpoint: baseUrl.pipe(
      Schema.filter(
        (endpoint) =>
          !/^\/tempo(?:\/|$)/.test(new URL(endpoint).pathname) || "is for queries: give the address of the OTLP gateway"
      )
    ),
    instanceId: headerText.pipe(
      Schema.filter((id) => /^\d+$/.test(id) || "must be the number of the instance, not its name")
    ),
    token: secret
  }),
  settings: ({ endpoint, instanceId, token }) =>
    Either.right({
      endpoint: completed(endpoint, "/otlp/v1/traces"),
      headers: headers({ authorization: basic(instanceId, Redacted.value(token)) })
    })
})
