/**
 * Arize AX.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { label, nameOf, secret, tracesUrl, url } from "./internal/fields.js"
import { invalid, make, missing, parameter, present } from "./internal/vendor.js"

const endpoints: Readonly<Record<string, string>> = {
  us: "https://otlp.arize.com/v1/traces",
  eu: "https://otlp.eu-west-1a.arize.com/v1/traces",
  ca: "https://otlp.ca-central-1a.arize.com/v1/traces"
}

const Credentials = Schema.Struct({
  apiKey: secret,
  spaceId: secret,
  project: label,
  region: Schema.optional(nameOf(endpoints)),
  endpoint: Schema.optional(url)
})

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
  page: "https://arize.com/docs/ax/security-and-settings/compliance/data-regions",
  credentials: Credentials,
  settings: ({ apiKey, endpoint, project, region, spaceId }) => {
    if (endpoint !== undefined && region !== undefined) {
      return invalid("region", "and endpoint are both given: give one of them")
    }
    const url = endpoint === undefined ? region && endpoints[region] : tracesUrl(endpoint)
    if (url === undefined) {
      return missing(
        "region",
        `(${Object.keys(endpoints).join(", ")}) or endpoint must be given: a space lives in one region`
      )
    }
    return Either.right({
      endpoint: url,
      headers: {
        authorization: apiKey,
        "arize-space-id": spaceId,
        "arize-interface": Redacted.make("otel"),
        // Deprecated, and still the only ones that older installations read.
        api_key: apiKey,
        space_id: spaceId
      },
      resource: { "openinference.project.name": project, model_id: project },
      vocabularies: [{ name: "openinference" }]
    })
  },
  dynamicHeaders: (params) =>
    present({
      "arize-space-id": parameter(params, "arize_space_key") ?? parameter(params, "arize_space_id"),
      api_key: parameter(params, "arize_api_key")
    })
})
