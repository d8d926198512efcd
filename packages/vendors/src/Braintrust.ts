/**
 * Braintrust.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { baseUrl, completed, headerText, nameOf, secret } from "./internal/fields.js"
import { headers, located, make, scheme } from "./internal/vendor.js"

const path = "/otel/v1/traces"

const regions = {
  us: { endpoint: `https://api.braintrust.dev${path}`, region: "us" },
  eu: { endpoint: `https://api-eu.braintrust.dev${path}`, region: "eu" }
}

/**
 * Credentials: `apiKey`, `parent` (`project_id:…`, `project_name:…` or `experiment_id:…`: where traces are filed), and one of `region` (`us`, `eu`)
 * and `host` (a data plane of one's own).
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "braintrust",
  title: "Braintrust",
  tier: "contract",
  page: "https://www.braintrust.dev/docs/integrations/sdk-integrations/opentelemetry/send-traces-and-logs",
  readOn: "2026-11-22",
  endpoint: `{host}${path}`,
  regions,
  host: "optional",
  headers: { authorization: "Bearer apiKey", "x-bt-parent": "parent" },
  vocabularies: [{ name: "braintrust", version: "1" }],
  protocols: ["http/protobuf", "http/json"],
  limits: { bytesPerRequest: 10_000_000 },
  success: "200",
  orphans:
    "Shown; without a root the trace has no input, output, metadata and scores of its own: https://www.braintrust.dev/docs/kb/create-a-root-span-with-client-generated-conversation-ids",
  environment: { apiKey: ["BRAINTRUST_API_KEY"], parent: ["BRAINTRUST_PARENT"], host: ["BRAINTRUST_API_URL"] },
  defaults: { region: "us" },
  notes: ["The size: https://www.braintrust.dev/docs/kb/otlp-traces-endpoint-payload-limits"],
  credentials: Schema.Struct({
    apiKey: secret,
    parent: headerText.pipe(
      Schema.filter(
        (parent) =>
          /^(?:project_id|project_name|experiment_id):\S/.test(parent) ||
          "must be project_id:…, project_name:… or experiment_id:…"
      )
    ),
    region: Schema.optional(nameOf(regions)),
    host: Schema.optional(baseUrl)
  }),
  settings: ({ apiKey, host, parent, region }) =>
    located(
      {
        field: "host",
        own: host && completed(host, path),
        regions,
        region,
        why: "an organisation is on one data plane"
      },
      { headers: headers({ authorization: scheme("Bearer", apiKey), "x-bt-parent": parent }) }
    )
})
