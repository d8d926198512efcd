/**
 * Langfuse: keys belong to one host, so a tenant names its host or its region.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { baseUrl, completed, nameOf, secret } from "./internal/fields.js"
import { basic, carried, headers, located, make, parameter, present } from "./internal/vendor.js"

const path = "/api/public/otel/v1/traces"

const regions = {
  eu: { endpoint: `https://cloud.langfuse.com${path}`, region: "eu" },
  us: { endpoint: `https://us.cloud.langfuse.com${path}`, region: "us" },
  jp: { endpoint: `https://jp.cloud.langfuse.com${path}`, region: "jp" },
  hipaa: { endpoint: `https://hipaa.cloud.langfuse.com${path}`, region: "us" }
}

/** The server would take what comes before it for the whole public key. */
const hasColon = (publicKey: string): boolean => publicKey.includes(":")

/** Version 4 shows traces at once; without it they may take ten minutes. */
const ingestionVersion = "4"

/**
 * Credentials: `publicKey`, `secretKey`, and one of `host` and `region` (`eu`, `us`, `jp`, `hipaa`). There is no default host: keys of the EU would
 * go to the US. A host may have the API's path, or a part of it, on it already.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "langfuse_otel",
  title: "Langfuse",
  tier: "contract",
  page: "https://langfuse.com/docs/opentelemetry/introduction",
  readOn: "2026-11-22",
  endpoint: `{host}${path}`,
  regions,
  host: "optional",
  headers: { authorization: "Basic base64(publicKey:secretKey)", "x-langfuse-ingestion-version": ingestionVersion },
  vocabularies: [{ name: "langfuse", version: "1" }],
  protocols: ["http/protobuf", "http/json"],
  limits: { bytesPerRequest: 5_000_000, requestsPerMinute: 1000 },
  success: "200",
  orphans:
    "Kept, and not in its list of observations, which opens with the roots: https://langfuse.com/changelog/2026-07-15-root-observations-default",
  environment: {
    publicKey: ["LANGFUSE_PUBLIC_KEY"],
    secretKey: ["LANGFUSE_SECRET_KEY"],
    host: ["LANGFUSE_OTEL_HOST", "LANGFUSE_BASE_URL", "LANGFUSE_HOST", "LANGFUSE_BASEURL"]
  },
  defaults: { region: "us" },
  notes: [
    "An installation of one's own needs version 3.22.0.",
    "LANGFUSE_BASE_URL: https://langfuse.com/docs/observability/sdk/python/setup; its SDKs read it before LANGFUSE_HOST, and LANGFUSE_BASEURL is what it was called in older ones for JavaScript: https://github.com/langfuse/langfuse-js",
    "The rate is that of the smallest plan; others allow 4,000 and 20,000 requests a minute, which a destination's limits may say: https://langfuse.com/faq/all/api-limits"
  ],
  credentials: Schema.Struct({
    publicKey: secret.pipe(
      Schema.filter((key) => !hasColon(Redacted.value(key)) || "has a colon in it: give the public key alone")
    ),
    secretKey: secret,
    host: Schema.optional(baseUrl),
    region: Schema.optional(nameOf(regions))
  }),
  settings: ({ host, publicKey, region, secretKey }) =>
    located(
      { field: "host", own: host && completed(host, path), regions, region, why: "a key pair belongs to one host" },
      {
        headers: headers({
          authorization: basic(Redacted.value(publicKey), Redacted.value(secretKey)),
          "x-langfuse-ingestion-version": ingestionVersion
        })
      }
    ),
  dynamicHeaders: (params) => {
    const publicKey = parameter(params, "langfuse_public_key")
    const secretKey = parameter(params, "langfuse_secret_key")
    const isPair = publicKey !== undefined && !hasColon(publicKey) && secretKey !== undefined
    // Both may be short enough for a header, and too long for one once they are encoded.
    const authorization = isPair ? carried(basic(publicKey, secretKey)) : undefined
    return present(
      authorization === undefined
        ? {}
        : { Authorization: authorization, "x-langfuse-ingestion-version": ingestionVersion }
    )
  }
})
