/**
 * PostHog.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { baseUrl, completed, nameOf, quiet, secret } from "./internal/fields.js"
import { headers, located, make, scheme } from "./internal/vendor.js"

/** The first takes the spans of models alone, the second all; the second is an alpha. */
const paths = { ai: "/i/v0/ai/otel", all: "/i/v1/traces" }

const regions = {
  us: { endpoint: `https://us.i.posthog.com${paths.ai}`, region: "us" },
  eu: { endpoint: `https://eu.i.posthog.com${paths.ai}`, region: "eu" }
}

/** An address without either path, however much of it is there. */
const bare = (address: string): string =>
  Object.values(paths).reduce((base, path) => completed(base, path).slice(0, -path.length), address)

/**
 * Credentials: `projectToken` (`phc_…`, not a personal key), and one of `region` (`us`, `eu`) and `host` (an installation of one's own). With
 * `spans: "all"` it gets the whole trace, at an address that is an alpha; default `ai`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "posthog",
  title: "PostHog",
  tier: "cited",
  page: "https://posthog.com/docs/llm-analytics/installation/opentelemetry",
  readOn: "2026-11-22",
  endpoint: `{host}${paths.ai}, {host}${paths.all}`,
  regions,
  host: "optional",
  headers: { authorization: "Bearer projectToken" },
  protocols: ["http/protobuf", "http/json"],
  success: "200",
  orphans: "Not said.",
  environment: { projectToken: ["POSTHOG_API_KEY"], host: ["POSTHOG_HOST"] },
  defaults: { region: "us" },
  notes: [
    "At the address of models' spans whatever is no such span is dropped; that of all spans is an alpha, at which the whole trace arrives."
  ],
  credentials: Schema.Struct({
    projectToken: secret.pipe(
      Schema.filter(
        (token) => !Redacted.value(token).startsWith("phx_") || "is a personal key: give the project's token, phc_…"
      )
    ),
    region: Schema.optional(nameOf(regions)),
    host: Schema.optional(baseUrl),
    spans: Schema.optional(Schema.Literal("ai", "all").annotations(quiet("must be ai or all")))
  }),
  settings: ({ host, projectToken, region, spans = "ai" }) =>
    Either.map(
      located(
        { field: "host", own: host, regions, region, why: "a project is in one region" },
        { headers: headers({ authorization: scheme("Bearer", projectToken) }) }
      ),
      (settings) => ({ ...settings, endpoint: completed(bare(settings.endpoint), paths[spans]) })
    )
})
