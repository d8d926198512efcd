/**
 * Levo: no page of its own says what its collectors want.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { headerText, secret, url } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/**
 * Credentials: `apiKey`, `organizationId`, `workspaceId`, and `endpoint`, the collector that Levo gives out: the URL is used as it is.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "levo",
  title: "Levo",
  tier: "unverified",
  page: "https://docs.litellm.ai/docs/observability/levo_integration",
  readOn: "2026-11-22",
  endpoint: "{endpoint}",
  host: "required",
  headers: {
    authorization: "Bearer apiKey",
    "x-levo-organization-id": "organizationId",
    "x-levo-workspace-id": "workspaceId"
  },
  protocols: ["http/protobuf"],
  success: "200",
  orphans: "Not said.",
  environment: {
    apiKey: ["LEVOAI_API_KEY"],
    organizationId: ["LEVOAI_ORG_ID"],
    workspaceId: ["LEVOAI_WORKSPACE_ID"],
    endpoint: ["LEVOAI_COLLECTOR_URL"]
  },
  notes: ["The page is that of a gateway that exports to Levo; Levo gives out its collectors' URLs itself."],
  credentials: Schema.Struct({ apiKey: secret, organizationId: headerText, workspaceId: headerText, endpoint: url }),
  settings: ({ apiKey, endpoint, organizationId, workspaceId }) =>
    Either.right({
      endpoint,
      headers: headers({
        authorization: scheme("Bearer", apiKey),
        "x-levo-organization-id": organizationId,
        "x-levo-workspace-id": workspaceId
      })
    })
})
