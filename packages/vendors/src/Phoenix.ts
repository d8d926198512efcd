/**
 * Arize Phoenix, which its users host themselves.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { headerText, secret, tracesUrl, url } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/**
 * Credentials: `endpoint` (`/v1/traces` is added where it is missing), `apiKey` where Phoenix asks for one, and `project`, without which Phoenix
 * files traces under its own default. The project goes as a header, which wins from Phoenix 15.5.0 on, and as a resource attribute for older ones.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "arize_phoenix",
  title: "Arize Phoenix",
  tier: "contract",
  page: "https://github.com/Arize-ai/phoenix/blob/main/src/phoenix/server/api/routers/v1/traces.py",
  readOn: "2026-11-21",
  endpoint: "{endpoint}/v1/traces",
  host: "required",
  headers: { authorization: "Bearer apiKey", "x-project-name": "project" },
  resource: { "openinference.project.name": "project" },
  vocabularies: [{ name: "openinference", version: "1" }],
  protocols: ["http/protobuf"],
  compressions: ["gzip", "deflate"],
  success: "200",
  orphans: "Shown as a root: https://github.com/Arize-ai/phoenix/blob/main/src/phoenix/server/api/types/Project.py",
  environment: {
    apiKey: ["PHOENIX_API_KEY"],
    endpoint: ["PHOENIX_COLLECTOR_HTTP_ENDPOINT", "PHOENIX_COLLECTOR_ENDPOINT"],
    project: ["PHOENIX_PROJECT_NAME", "PHOENIX_COLLECTOR_PROJECT_NAME"]
  },
  notes: ["JSON is answered with 415, metrics and logs with 405.", "Phoenix Cloud is no longer offered."],
  credentials: Schema.Struct({
    endpoint: url.pipe(
      Schema.filter(
        (endpoint) =>
          // A path on it says that somebody has put HTTP there.
          !/^https?:\/\/[^/]+:4317\/?$/.test(endpoint) ||
          "is the port of gRPC: give that of HTTP, which is 6006 as it is installed"
      )
    ),
    apiKey: Schema.optional(secret),
    project: Schema.optional(headerText)
  }),
  settings: ({ apiKey, endpoint, project }) =>
    Either.right({
      endpoint: tracesUrl(endpoint),
      headers: headers({ authorization: apiKey && scheme("Bearer", apiKey), "x-project-name": project }),
      resource: project === undefined ? {} : { "openinference.project.name": project }
    })
})
