/**
 * W&B Weave.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { baseUrl, completed, label, quiet, secret } from "./internal/fields.js"
import { basic, carried, headers, hostOf, invalid, make, parameter, present } from "./internal/vendor.js"

const cloud = "https://trace.wandb.ai"

/** Where the shared cloud's other APIs are: whoever names these means it. */
const others: ReadonlyArray<string> = ["api.wandb.ai", "wandb.ai"]

const paths = { traces: "/otel/v1/traces", agents: "/agents/otel/v1/traces" }

/**
 * A dedicated cloud and an installation of one's own have the API under a path that the shared one has not, as the page says; older tools leave it out
 * everywhere. Whoever has it elsewhere writes the path.
 */
const ownEndpoint = (host: string): string => {
  if (others.includes(hostOf(host))) return cloud + paths.traces
  return hostOf(host) === hostOf(cloud) || /^\/otel(?:\/|$)/.test(new URL(host).pathname)
    ? completed(host, paths.traces)
    : completed(host, `/traces${paths.traces}`)
}

/**
 * Credentials: `apiKey`, `project` as `entity/project` (without one Weave discards what it takes), and where they are wanted `host` (a dedicated
 * cloud or an installation of one's own; default `trace.wandb.ai`) or `view` (`agents` for the agents view of the shared cloud; default `traces`).
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "weave_otel",
  title: "W&B Weave",
  tier: "contract",
  page: "https://docs.wandb.ai/weave/guides/tracking/otel",
  readOn: "2026-11-22",
  endpoint: `${cloud}${paths.traces}, ${cloud}${paths.agents}, {host}/traces${paths.traces}`,
  host: "optional",
  headers: { "wandb-api-key": "apiKey" },
  resource: { "wandb.entity": "the first half of project", "wandb.project": "the second half of project" },
  vocabularies: [{ name: "weave", version: "1" }],
  protocols: ["http/protobuf"],
  compressions: ["gzip", "deflate"],
  success: "200",
  orphans: "No page of its own says.",
  environment: {
    apiKey: ["WANDB_API_KEY"],
    project: ["WANDB_PROJECT_ID"],
    host: ["WANDB_HOST", "WF_TRACE_SERVER_URL", "WANDB_BASE_URL"]
  },
  notes: [
    "The agents view: https://docs.wandb.ai/weave/guides/tracking/trace-agents-otel",
    "WF_TRACE_SERVER_URL and WANDB_BASE_URL are read as its own tools read them: https://github.com/wandb/weave/blob/master/weave/trace/env.py; an address of the first without /traces needs /otel/v1/traces on it.",
    "Without an entity and a project a request is taken, and its spans are discarded."
  ],
  credentials: Schema.Struct({
    apiKey: secret,
    project: label.pipe(
      Schema.filter((project) => /^[^/\s]+\/[^/\s]+$/.test(project) || "must be written as entity/project")
    ),
    host: Schema.optional(baseUrl),
    view: Schema.optional(Schema.Literal("traces", "agents").annotations(quiet("must be traces or agents")))
  }),
  settings: ({ apiKey, host, project, view }) => {
    if (host !== undefined && view === "agents") return invalid("view", "is for the shared cloud: leave it or host out")
    const [entity = "", name = ""] = project.split("/")
    return Either.right({
      endpoint: host === undefined ? cloud + paths[view ?? "traces"] : ownEndpoint(host),
      headers: headers({ "wandb-api-key": apiKey }),
      resource: { "wandb.entity": entity, "wandb.project": name }
    })
  },
  dynamicHeaders: (params) => {
    const apiKey = parameter(params, "wandb_api_key")
    return present({
      Authorization: apiKey && carried(basic("api", apiKey)),
      project_id: parameter(params, "weave_project_id")
    })
  }
})
