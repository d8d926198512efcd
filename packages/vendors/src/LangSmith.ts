/**
 * LangSmith.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Schema from "effect/Schema"
import { baseUrl, completed, headerText, nameOf, secret } from "./internal/fields.js"
import { headers, hostOf, located, make } from "./internal/vendor.js"

const regions = {
  us: { endpoint: "https://api.smith.langchain.com/otel/v1/traces", region: "us" },
  eu: { endpoint: "https://eu.api.smith.langchain.com/otel/v1/traces", region: "eu" },
  apac: { endpoint: "https://apac.api.smith.langchain.com/otel/v1/traces", region: "apac" },
  aws: { endpoint: "https://aws.api.smith.langchain.com/otel/v1/traces", region: "us" }
}

const path = "/otel/v1/traces"

/** An installation of one's own has its API under a path, which the cloud has not. Whoever has it elsewhere writes the path. */
const ownEndpoint = (host: string): string => {
  const cloud = Object.values(regions).find(({ endpoint }) => hostOf(endpoint) === hostOf(host))
  if (cloud !== undefined) return cloud.endpoint
  return completed(host, /\/otel(?:\/|$)/.test(new URL(host).pathname) ? path : `/api/v1${path}`)
}

/**
 * Credentials: `apiKey`, and one of `region` (`us`, `eu`, `apac`, `aws`) and `host` (an installation of one's own). `project` names the project,
 * without which LangSmith has a default; `workspaceId` is for keys that belong to an organisation.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "langsmith",
  title: "LangSmith",
  tier: "contract",
  page: "https://docs.langchain.com/langsmith/trace-with-opentelemetry",
  readOn: "2026-11-22",
  endpoint: "{host}/api/v1/otel/v1/traces",
  regions,
  host: "optional",
  headers: { "x-api-key": "apiKey", "langsmith-project": "project", "x-tenant-id": "workspaceId" },
  vocabularies: [{ name: "langsmith", version: "1" }],
  protocols: ["http/protobuf", "http/json"],
  limits: { requestsPerMinute: 2000 },
  success: "200, before anything is stored",
  orphans: "A span waits for its parent (12 hours in an installation of one's own) and vanishes if that never comes.",
  environment: {
    apiKey: ["LANGSMITH_API_KEY"],
    project: ["LANGSMITH_PROJECT"],
    host: ["LANGSMITH_ENDPOINT"],
    workspaceId: ["LANGSMITH_WORKSPACE_ID"]
  },
  defaults: { region: "us" },
  notes: [
    "The rate is that of any address for one key, in its page of November 2025 (administration-overview, https://github.com/langchain-ai/docs/pull/1332); today's lists limits by address and region, of which the one for OTLP was not seen: https://docs.langchain.com/langsmith/cloud-rate-limits. A destination's limits may say another.",
    "It reads gen_ai.system, not gen_ai.provider.name.",
    "x-tenant-id: https://docs.langchain.com/langsmith/trace-with-api"
  ],
  credentials: Schema.Struct({
    apiKey: secret,
    project: Schema.optional(headerText),
    workspaceId: Schema.optional(headerText),
    region: Schema.optional(nameOf(regions)),
    host: Schema.optional(baseUrl)
  }),
  settings: ({ apiKey, host, project, region, workspaceId }) =>
    located(
      { field: "host", own: host && ownEndpoint(host), regions, region, why: "a key belongs to one region" },
      { headers: headers({ "x-api-key": apiKey, "langsmith-project": project, "x-tenant-id": workspaceId }) }
    )
})
