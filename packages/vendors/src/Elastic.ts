/**
 * Elastic Cloud's managed OTLP endpoint.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { secret, tracesUrl, url } from "./internal/fields.js"
import { headers, make, scheme } from "./internal/vendor.js"

/** The regions of AWS in which Elastic runs projects or deployments with the endpoint, and where those are. */
const aws = {
  "us-east-1": "us",
  "us-east-2": "us",
  "us-west-2": "us",
  "ca-central-1": "ca",
  "eu-central-1": "eu",
  "eu-west-1": "eu",
  "eu-west-2": "gb",
  "ap-northeast-1": "jp",
  "ap-south-1": "in",
  "ap-southeast-1": "sg",
  "ap-southeast-2": "au"
}

/**
 * Credentials: `endpoint` as the project or deployment shows it (`/v1/traces` is added where it is missing), and `apiKey`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "elastic",
  title: "Elastic",
  tier: "cited",
  page: "https://www.elastic.co/docs/reference/opentelemetry/motlp/managed-otlp-endpoint",
  readOn: "2026-11-22",
  endpoint: "{endpoint}/v1/traces",
  hosts: Object.fromEntries(
    Object.entries(aws).map(([name, where]) => [`{project}.ingest.${name}.aws.elastic.cloud`, where])
  ),
  host: "required",
  headers: { authorization: "ApiKey apiKey" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { endpoint: ["ELASTIC_OTLP_ENDPOINT"], apiKey: ["ELASTIC_API_KEY"] },
  notes: [
    "A project takes 15 MB a second, then answers with 429: https://www.elastic.co/docs/troubleshoot/ingest/opentelemetry/429-errors-motlp",
    "The regions of AWS, for projects: https://www.elastic.co/guide/en/serverless/current/regions.html, and for deployments: https://github.com/elastic/opentelemetry/pull/494",
    "A cluster of one's own has no such endpoint: put a collector before it, and use otlp."
  ],
  credentials: Schema.Struct({ endpoint: url, apiKey: secret }),
  settings: ({ apiKey, endpoint }) =>
    Either.right({ endpoint: tracesUrl(endpoint), headers: headers({ authorization: scheme("ApiKey", apiKey) }) })
})
