/**
 * Galileo.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, headerText, secret } from "./internal/fields.js"
import { headers, make } from "./internal/vendor.js"

const path = "/otel/traces"

/**
 * Credentials: `apiKey`, `project`, `logStream`, and `host` for an installation of one's own. Default `api.galileo.ai`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "galileo",
  title: "Galileo",
  tier: "cited",
  page: "https://docs.galileo.ai/sdk-api/logging/distributed-tracing-otel",
  readOn: "2026-11-22",
  endpoint: `https://api.galileo.ai${path}`,
  host: "optional",
  headers: { "galileo-api-key": "apiKey", project: "project", logstream: "logStream" },
  protocols: ["http/protobuf"],
  success: "200",
  orphans: "Not said.",
  environment: {
    apiKey: ["GALILEO_API_KEY"],
    project: ["GALILEO_PROJECT"],
    logStream: ["GALILEO_LOG_STREAM"],
    host: ["GALILEO_API_ENDPOINT"]
  },
  notes: [
    "What spans need: https://docs.galileo.ai/sdk-api/third-party-integrations/opentelemetry-and-openinference/integration-recommendations",
    "The headers are those of its own SDK for Python."
  ],
  credentials: Schema.Struct({
    apiKey: secret,
    project: headerText,
    logStream: headerText,
    host: Schema.optional(baseUrl)
  }),
  settings: ({ apiKey, host = "https://api.galileo.ai", logStream, project }) =>
    Either.right({
      endpoint: completed(host, path),
      headers: headers({ "galileo-api-key": apiKey, project, logstream: logStream })
    })
})
