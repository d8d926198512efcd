/**
 * AgentOps, which takes a token that is had for a key and lasts for a while.
 *
 * @since 0.1.0
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { label, secret } from "./internal/fields.js"
import { make } from "./internal/vendor.js"

/**
 * Credentials: `apiKey`, and where they are to be told apart `serviceName` and `environment`. The key is exchanged for a token when the first batch is
 * sent, and again when the token is refused: nothing is asked for before.
 *
 * @since 0.1.0
 * @category vendors
 */
export const vendor: Vendor = make({
  name: "agentops",
  title: "AgentOps",
  tier: "cited",
  page: "https://github.com/AgentOps-AI/agentops/blob/main/agentops/client/api/versions/v3.py",
  readOn: "2026-11-22",
  endpoint: "https://otlp.agentops.ai/v1/traces",
  host: "fixed",
  headers: { authorization: "Bearer the token that apiKey is exchanged for" },
  resource: {
    "telemetry.sdk.name": "agentops",
    "service.name": "serviceName, or agentops",
    "deployment.environment": "environment"
  },
  protocols: ["http/protobuf"],
  success: "200",
  orphans: "Not said.",
  environment: {
    apiKey: ["AGENTOPS_API_KEY"],
    serviceName: ["AGENTOPS_SERVICE_NAME"],
    environment: ["AGENTOPS_ENVIRONMENT"]
  },
  notes: ["The token is posted for at https://api.agentops.ai/v3/auth/token."],
  credentials: Schema.Struct({
    apiKey: secret,
    serviceName: Schema.optional(label),
    environment: Schema.optional(label)
  }),
  settings: ({ apiKey, environment, serviceName }) =>
    Either.right({
      endpoint: "https://otlp.agentops.ai/v1/traces",
      auth: {
        _tag: "Token",
        account: apiKey,
        mint: {
          url: "https://api.agentops.ai/v3/auth/token",
          body: Redacted.make(JSON.stringify({ api_key: Redacted.value(apiKey) })),
          field: "token"
        }
      },
      resource: {
        "telemetry.sdk.name": "agentops",
        "service.name": serviceName ?? "agentops",
        ...(environment === undefined ? {} : { "deployment.environment": environment })
      }
    })
})
