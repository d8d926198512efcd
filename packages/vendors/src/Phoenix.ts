/**
 * Arize Phoenix, which its users host themselves.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { headerText, secret, tracesUrl, url } from "./internal/fields.js"
import { make, present } from "./internal/vendor.js"

const Credentials = Schema.Struct({
  endpoint: url,
  apiKey: Schema.optional(secret),
  project: Schema.optional(headerText)
})

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
  page: "https://github.com/Arize-ai/phoenix/blob/main/src/phoenix/server/api/routers/v1/traces.py",
  credentials: Credentials,
  settings: ({ apiKey, endpoint, project }) =>
    Either.right({
      endpoint: tracesUrl(endpoint),
      // JSON is answered with 415.
      protocol: "http/protobuf",
      headers: Option.getOrElse(
        present({
          authorization: apiKey && `Bearer ${Redacted.value(apiKey)}`,
          "x-project-name": project
        }),
        () => ({})
      ),
      resource: project === undefined ? {} : { "openinference.project.name": project },
      vocabularies: [{ name: "openinference" }]
    })
})
