/**
 * Datadog's own intake of OTLP traces, without an agent.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { nameOf, quiet, secret } from "./internal/fields.js"
import { headers, make } from "./internal/vendor.js"

const at = (site: string, region: string) => ({ endpoint: `https://otlp.${site}/v1/traces`, region })

const regions = {
  "datadoghq.com": at("datadoghq.com", "us"),
  "us3.datadoghq.com": at("us3.datadoghq.com", "us"),
  "us5.datadoghq.com": at("us5.datadoghq.com", "us"),
  "datadoghq.eu": at("datadoghq.eu", "eu"),
  "ap1.datadoghq.com": at("ap1.datadoghq.com", "jp"),
  "ap2.datadoghq.com": at("ap2.datadoghq.com", "au"),
  "uk1.datadoghq.com": at("uk1.datadoghq.com", "gb")
}

/** Sends spans to Agent Observability, which was called LLM Observability; else they are traces of APM alone, and counted in its metrics if so asked. */
const products = { llm: { "dd-otlp-source": "llmobs" }, apm: { compute_stats: "true" } }

/**
 * Credentials: `apiKey` and `site`, such as `datadoghq.eu`. With `product: "apm"` spans are traces of APM, with its metrics, and nothing else; default
 * `llm`.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "datadog",
  title: "Datadog",
  tier: "contract",
  page: "https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/traces/",
  readOn: "2026-11-22",
  endpoint: "https://otlp.{site}/v1/traces",
  regions,
  host: "fixed",
  headers: {
    "dd-api-key": "apiKey",
    "dd-otlp-source": "llmobs, unless product is apm",
    compute_stats: "true, where product is apm"
  },
  vocabularies: [{ name: "genai", version: "1.41" }],
  protocols: ["http/protobuf", "http/json"],
  limits: { bytesPerRequest: 3_200_000 },
  success: "202",
  orphans: "No page of its own says.",
  environment: { apiKey: ["DD_API_KEY"], site: ["DD_SITE"] },
  defaults: { site: "datadoghq.com" },
  notes: [
    "The host of UK1: https://docs.datadoghq.com/agent/guide/private-link/?site=uk1",
    "A span of more than 1 MB is trouble: its own SDK leaves input and output out of it (https://github.com/DataDog/dd-trace-js/blob/master/packages/dd-trace/src/llmobs/writers/spans.js). No page says what becomes of one that comes by OTLP, and none is made smaller here: the valueLength of a destination's limits bounds each of its values.",
    "403 is the answer to a wrong key, to a key of another site, and to an account without access.",
    "It reads the GenAI conventions from 1.37 on, and not on government sites: https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation",
    "Others say that since October 2026 a span may need the attribute dd_llmobs_enabled to show there; its pages do not, and it is not sent."
  ],
  credentials: Schema.Struct({
    apiKey: secret,
    site: nameOf(regions),
    product: Schema.optional(Schema.Literal("llm", "apm").annotations(quiet("must be llm or apm")))
  }),
  settings: ({ apiKey, product = "llm", site }) =>
    Either.right({
      endpoint: regions[site].endpoint,
      headers: headers({ "dd-api-key": apiKey, ...products[product] })
    })
})
