/**
 * Opik, by Comet or of one's own.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, headerText, secret } from "./internal/fields.js"
import { headers, hostOf, make, missing } from "./internal/vendor.js"

const path = "/api/v1/private/otel/v1/traces"

const cloud = "https://www.comet.com/opik"

/**
 * Credentials: `apiKey` and `workspace` for Comet's cloud or an enterprise installation (`host` with `/opik` on it), `host` alone for an open one, and
 * `project`, without which Opik has a default.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "opik",
  title: "Opik",
  tier: "cited",
  page: "https://www.comet.com/docs/opik/integrations/opentelemetry",
  readOn: "2026-11-22",
  endpoint: `${cloud}${path}`,
  host: "optional",
  headers: { authorization: "apiKey, without Bearer", "comet-workspace": "workspace", projectname: "project" },
  protocols: ["http/protobuf"],
  success: "200",
  orphans: "Not said.",
  environment: {
    apiKey: ["OPIK_API_KEY"],
    workspace: ["OPIK_WORKSPACE"],
    project: ["OPIK_PROJECT_NAME"],
    host: ["OPIK_URL_OVERRIDE"]
  },
  notes: ["The page writes the headers as Comet-Workspace and projectName."],
  credentials: Schema.Struct({
    apiKey: Schema.optional(secret),
    workspace: Schema.optional(headerText),
    project: Schema.optional(headerText),
    host: Schema.optional(
      baseUrl.pipe(
        Schema.filter(
          (host) =>
            !["www.comet.com", "comet.com"].includes(hostOf(host)) ||
            /^\/opik(?:\/|$)/.test(new URL(host).pathname) ||
            `is not where Opik is: give ${cloud}`
        )
      )
    )
  }),
  settings: ({ apiKey, host, project, workspace }) => {
    if (host === undefined && apiKey === undefined) return missing("apiKey", "or host must be given")
    // A key belongs to a workspace, whose name the cloud asks for as well.
    if (apiKey !== undefined && workspace === undefined) return missing("workspace", "must be given with apiKey")
    return Either.right({
      endpoint: completed(host ?? cloud, path),
      headers: headers({ authorization: apiKey, "comet-workspace": workspace, projectname: project })
    })
  }
})
