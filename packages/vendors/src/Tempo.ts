/**
 * Grafana Tempo, which its users host themselves.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { headerText, secret, tracesUrl, url } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/**
 * Credentials: `endpoint` of the distributor (`/v1/traces` is added where it is missing), `tenantId` where Tempo has several tenants, and `token` for
 * what stands before it.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "tempo",
  title: "Grafana Tempo",
  tier: "contract",
  page: "https://grafana.com/docs/tempo/latest/operations/manage-advanced-systems/multitenancy/",
  readOn: "2026-11-22",
  endpoint: "{endpoint}/v1/traces",
  host: "required",
  headers: { "x-scope-orgid": "tenantId", authorization: "Bearer token" },
  protocols: ["http/protobuf", "http/json"],
  limits: { valueLength: 2048, keyLength: 2048, lengthUnit: "bytes" },
  success: "200",
  orphans:
    "Shown, in a trace whose root is not yet received: https://github.com/grafana/tempo/blob/main/pkg/search/util.go",
  notes: [
    "By default it cuts a longer value or name, so they are cut before they are sent, and messages whose JSON is longer are told more shortly. Where its max_attribute_bytes (max_span_attr_byte before 2.8) is another number, a destination's limits may say so: https://grafana.com/docs/tempo/latest/troubleshooting/out-of-memory-errors",
    "Tempo itself believes any tenantId: let something that checks a token stand before it."
  ],
  credentials: Schema.Struct({
    endpoint: url,
    tenantId: Schema.optional(headerText),
    token: Schema.optional(secret)
  }),
  settings: ({ endpoint, tenantId, token }) =>
    Either.right({
      endpoint: tracesUrl(endpoint),
      headers: headers({ "x-scope-orgid": tenantId, authorization: token && scheme("Bearer", token) })
    })
})
