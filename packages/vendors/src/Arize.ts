/**
 * Arize AX.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { label, nameOf, secret, tracesUrl, url } from "./internal/fields.js"
import { headers, located, make, parameter, present } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://otlp.arize.com/v1/traces", region: "us" },
  eu: { endpoint: "https://otlp.eu-west-1a.arize.com/v1/traces", region: "eu" },
  ca: { endpoint: "https://otlp.ca-central-1a.arize.com/v1/traces", region: "ca" }
}

/**
 * Credentials: `apiKey`, `spaceId`, `project`, and one of `region` (`us`, `eu`, `ca`) and `endpoint` (on premises; `/v1/traces` is added where it
 * is missing). An export that names no project is refused by Arize, so the project is asked for.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "arize",
  title: "Arize AX",
  tier: "contract",
  page: "https://arize.com/docs/ax/security-and-settings/compliance/data-regions",
  readOn: "2026-11-21",
  endpoint: "{endpoint}/v1/traces",
  regions,
  host: "optional",
  headers: {
    authorization: "apiKey, without Bearer",
    "arize-space-id": "spaceId",
    "arize-interface": "otel",
    api_key: "apiKey",
    space_id: "spaceId"
  },
  resource: { "openinference.project.name": "project", model_id: "project" },
  vocabularies: [{ name: "openinference", version: "1" }],
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans:
    "Taken, as spans of a trace with no root; how that is shown no page says: https://arize.com/docs/ax/integrations/python-agent-frameworks/restate/restate-tracing",
  environment: {
    spaceId: ["ARIZE_SPACE_ID", "ARIZE_SPACE_KEY"],
    apiKey: ["ARIZE_API_KEY"],
    project: ["ARIZE_PROJECT_NAME"],
    endpoint: ["ARIZE_HTTP_ENDPOINT", "ARIZE_ENDPOINT"]
  },
  environmentHeaders: { apiKey: "api_key", spaceId: "space_id" },
  defaults: { region: "us" },
  notes: [
    "api_key and space_id are deprecated, and still the only headers that older installations read.",
    "An export that names no project is refused with 400."
  ],
  credentials: Schema.Struct({
    apiKey: secret,
    spaceId: secret,
    project: label,
    region: Schema.optional(nameOf(regions)),
    endpoint: Schema.optional(url)
  }),
  settings: ({ apiKey, endpoint, project, region, spaceId }) =>
    located(
      { field: "endpoint", own: endpoint && tracesUrl(endpoint), regions, region, why: "a space lives in one region" },
      {
        headers: headers({
          authorization: apiKey,
          "arize-space-id": spaceId,
          "arize-interface": "otel",
          api_key: apiKey,
          space_id: spaceId
        }),
        resource: { "openinference.project.name": project, model_id: project }
      }
    ),
  dynamicHeaders: (params) =>
    present({
      "arize-space-id": parameter(params, "arize_space_key") ?? parameter(params, "arize_space_id"),
      api_key: parameter(params, "arize_api_key")
    })
})
