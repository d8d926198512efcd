/**
 * The keys of LiteLLM's proxy: what its vocabulary may write, what of it is content, and what a span is worth nothing without.
 */
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Core from "./core.js"
import * as GatewayKeys from "./gatewayKeys.js"
import { from } from "./keyTable.js"
import * as Legacy from "./legacy.js"
import * as Otel from "./otel.js"

/** LiteLLM documents its keys in its code: by class there. */
const code = "BerriAI/litellm litellm/integrations/otel/model/semconv.py"
const mappers = "BerriAI/litellm litellm/integrations/otel/mappers"

/** Every key, with the section of the page that defines it. */
export const table = {
  ...Otel.errorKeys,
  ...Otel.sessionKeys,
  ...Otel.httpKeys,
  ...Otel.databaseKeys,
  ...Otel.mcpKeys,
  ...Legacy.keys,
  ...GatewayKeys.cited(
    "gateway.trace.name",
    "gateway.trace.tags",
    "gateway.trace.release",
    "gateway.trace.version",
    "gateway.prompt.name",
    "gateway.prompt.version"
  ),
  ...from(
    `${code}#GenAI`,
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.output.type",
    "gen_ai.conversation.id",
    "gen_ai.request.model",
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
    "gen_ai.request.top_k",
    "gen_ai.request.max_tokens",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.stop_sequences",
    "gen_ai.request.seed",
    "gen_ai.request.choice.count",
    "gen_ai.request.encoding_formats",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.system_instructions",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.agent.id",
    "gen_ai.agent.name",
    "gen_ai.prompt.name",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result"
  ),
  ...from(
    `${mappers}/genai.py#GenAIMapper`,
    "gen_ai.tool.*.name",
    "gen_ai.tool.*.description",
    "gen_ai.tool.*.parameters"
  ),
  ...from(
    `${code}#LiteLLM`,
    "litellm.call_id",
    "litellm.call_type",
    "litellm.provider.model",
    "litellm.request.streaming",
    "litellm.request.route",
    "litellm.request.tools.declared",
    "litellm.cost.total",
    "litellm.cost.input",
    "litellm.cost.output",
    "litellm.cost.cache_read",
    "litellm.cost.cache_creation",
    "litellm.cost.tool_usage",
    "litellm.cost.original",
    "litellm.cost.discount_amount",
    "litellm.cost.discount_percent",
    "litellm.cost.margin_fixed_amount",
    "litellm.cost.margin_percent",
    "litellm.cost.margin_total_amount",
    "litellm.cost.guardrail",
    "litellm.team.id",
    "litellm.team.alias",
    "litellm.team.metadata",
    "litellm.api_key.hash",
    "litellm.metadata.*",
    "litellm.guardrail.name",
    "litellm.guardrail.mode",
    "litellm.guardrail.status",
    "litellm.guardrail.provider",
    "litellm.guardrail.action",
    "litellm.guardrail.response",
    "litellm.guardrail.violation_categories",
    "litellm.guardrail.confidence_score",
    "litellm.guardrail.risk_score",
    "litellm.guardrail.masked_entity_count",
    "litellm.guardrail.duration",
    "litellm.guardrail.id",
    "litellm.guardrail.transaction_id",
    "litellm.guardrail.policy_template",
    "litellm.guardrail.detection_method",
    "litellm.guardrail.usage",
    "litellm.guardrail.cost_in_spend",
    "litellm.service.name",
    "litellm.service.call_type",
    "litellm.service.target",
    "litellm.service.caller",
    "litellm.redis.families",
    "litellm.mcp.server.name"
  ),
  ...from(`${code}#Error`, "error.message"),
  ...from(
    `${code}#LiteLLMError`,
    "litellm.provider.error.code",
    "litellm.provider.error.stack_trace",
    "litellm.provider.error.llm_provider"
  ),
  ...from(`${code}#JsonRpc`, "rpc.system"),
  ...from(`${code}#DB`, "db.system"),
  // Whatever is noted of a service is told under its bare key, too.
  ...from(`${mappers}/legacy.py#LegacyMapper`, "service", "call_type", "error", "*")
}

/** What goes when content does. */
export const content = [
  "gen_ai.system_instructions",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.tool.*.name",
  "gen_ai.tool.*.description",
  "gen_ai.tool.*.parameters",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "litellm.guardrail.response",
  ...Legacy.content
] as const satisfies ReadonlyArray<keyof typeof table>

/** What a span is worth nothing without. */
export const core = Core.of(
  table,
  ...Core.genai,
  "error.message",
  "db.system",
  "litellm.team.id",
  "litellm.api_key.hash",
  "litellm.call_id",
  "litellm.cost.total",
  "litellm.guardrail.name",
  "litellm.guardrail.status",
  "litellm.guardrail.action",
  "litellm.service.name"
)

/** The lists of tools. */
export const lists = {
  "gen_ai.tool": "tools",
  "llm.request.functions": "tools"
} as const satisfies Vocabulary["lists"]
