/**
 * Traceloop's keys from before the GenAI conventions (`traceloop.*`, `llm.usage.*`, messages one attribute per field): what Traceloop and the tools of
 * its time read. What they have no key for of agents and tools has that of the GenAI conventions.
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Chat from "./internal/chat.js"
import * as Core from "./internal/core.js"
import * as Facts from "./internal/facts.js"
import * as Gateway from "./internal/gateway.js"
import * as GenaiAgents from "./internal/genaiAgents.js"
import { filled, from, jsonText, type WriterOf } from "./internal/keyTable.js"
import * as Legacy from "./internal/legacy.js"
import * as Messages from "./internal/messages.js"
import * as Plain from "./internal/plain.js"
import type { RoleWriters } from "./internal/roles.js"
import * as Roles from "./internal/roles.js"
import * as Turns from "./internal/turns.js"

const page = "traceloop.com/docs/openllmetry/contributing/semantic-conventions"

const keys = {
  ...Plain.keys,
  ...Gateway.costKeys,
  ...Legacy.keys,
  ...GenaiAgents.keys,
  ...from("OpenLLMetry semconv_ai/__init__.py", "llm.response.finish_reason"),
  ...from(
    `${page}#llm-foundation-models`,
    "llm.request.type",
    "llm.usage.prompt_tokens",
    "llm.usage.completion_tokens",
    "llm.usage.total_tokens",
    "llm.user",
    "gen_ai.request.model",
    "gen_ai.request.max_tokens",
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.openai.system_fingerprint",
    // Beside the messages stand the name and the version of a prompt, which say nothing of what was said.
    "gen_ai.prompt.*.*",
    "gen_ai.completion.*.*"
  ),
  ...from(
    `${page}#llm-frameworks`,
    "traceloop.span.kind",
    "traceloop.workflow.name",
    "traceloop.entity.name",
    "traceloop.entity.version",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "traceloop.association.properties.*",
    "traceloop.prompt.key",
    "traceloop.prompt.version"
  )
}

type Out = WriterOf<typeof keys>

const content = [
  ...Legacy.content,
  "gen_ai.prompt.*.*",
  "gen_ai.completion.*.*",
  "traceloop.entity.input",
  "traceloop.entity.output"
] as const satisfies ReadonlyArray<keyof typeof keys>

/** What a span is worth nothing without. */
const core = Core.of(
  keys,
  "traceloop.span.kind",
  "traceloop.workflow.name",
  "traceloop.entity.name",
  "traceloop.association.properties.session_id",
  "traceloop.association.properties.user_id",
  "traceloop.association.properties.team_id",
  "traceloop.association.properties.key_hash",
  "llm.request.type",
  "gen_ai.system",
  "gen_ai.request.model",
  "gen_ai.response.model",
  "gen_ai.response.id",
  "gen_ai.usage.prompt_tokens",
  "gen_ai.usage.completion_tokens",
  "llm.usage.total_tokens",
  "llm.response.finish_reason",
  "gateway.cost.total"
)

/** On every span: the workflow it belongs to, and what it is associated with. */
const trace = (span: TypedSpan, out: Out): void => {
  const properties = Facts.metadata(span, "trace_name", "prompt_name", "prompt_version")
  out.string("traceloop.workflow.name", span.facts.traceName)
  for (const [key, value] of Object.entries(properties)) out.string(`traceloop.association.properties.${key}`, value)
}

const entity = (kind: "workflow" | "task" | "agent" | "tool", name: string | undefined, out: Out): void => {
  out.string("traceloop.span.kind", kind)
  out.string("traceloop.entity.name", name)
}

const requestTypes: Readonly<Record<string, string>> = {
  chat: "chat",
  text_completion: "completion",
  generate_content: "completion",
  embeddings: "embedding"
}

const conversation = (side: "gen_ai.prompt" | "gen_ai.completion", turns: ReadonlyArray<Turns.Turn>, out: Out): void =>
  turns.forEach(({ answer, finishReason, parts, role }, index) => {
    const at = `${side}.${index}` as const
    const calls = parts.filter((part) => part.type === "tool_call")
    const said = parts.filter((part) => part.type !== "tool_call")
    out.string(`${at}.role`, role)
    out.string(`${at}.tool_call_id`, answer?.id)
    if (answer?.response !== undefined) jsonText(`${at}.content`, answer.response, out)
    else if (said.every((part) => part.type === "text")) out.string(`${at}.content`, Messages.text(said))
    else out.json(`${at}.content`, Messages.instructions(said))
    calls.forEach((call, number) => {
      out.string(`${at}.tool_calls.${number}.id`, call.id)
      out.string(`${at}.tool_calls.${number}.name`, call.name)
      jsonText(`${at}.tool_calls.${number}.arguments`, call.arguments, out)
    })
    out.string(`${at}.finish_reason`, finishReason)
  })

const llmCall = (data: SpanData.Read<SpanData.LlmCall>, span: TypedSpan, out: Out): void => {
  const operation = data.operation ?? ""
  const lookup = Chat.lookup(data)
  out.string("llm.request.type", Object.hasOwn(requestTypes, operation) ? requestTypes[operation] : "unknown")
  Legacy.call(data, out)
  Legacy.tools(data.tools, out)
  out.int("llm.usage.prompt_tokens", data.usage?.inputTokens)
  out.int("llm.usage.completion_tokens", data.usage?.outputTokens)
  out.int("llm.usage.total_tokens", data.usage?.totalTokens)
  out.int("gen_ai.usage.cache_read_input_tokens", data.usage?.cacheReadInputTokens)
  out.int("gen_ai.usage.cache_creation_input_tokens", data.usage?.cacheCreationInputTokens)
  out.int("gen_ai.usage.reasoning_tokens", data.usage?.reasoningOutputTokens)
  out.string("llm.user", span.facts.endUser)
  out.string("gen_ai.request.model", filled(data.requestModel))
  out.int("gen_ai.request.max_tokens", data.parameters?.maxTokens)
  out.double("gen_ai.request.temperature", data.parameters?.temperature)
  out.double("gen_ai.request.top_p", data.parameters?.topP)
  out.string("gen_ai.response.model", filled(data.responseModel))
  out.string("gen_ai.response.id", filled(data.responseId))
  out.string("gen_ai.openai.system_fingerprint", filled(data.systemFingerprint))
  out.string("traceloop.prompt.key", span.facts.promptName)
  out.string("traceloop.prompt.version", span.facts.promptVersion)
  out.string("llm.response.finish_reason", filled(data.finishReasons?.[0]))
  GenaiAgents.context(data, out)
  Gateway.cost(data.cost, out)
  conversation("gen_ai.prompt", Turns.inputTurns(data), out)
  conversation("gen_ai.completion", Turns.outputTurns(data), out)
  // What a retrieval looks for is told among the messages.
  if (data.operation !== "retrieval") jsonText("traceloop.entity.input", lookup?.input, out)
  out.json("traceloop.entity.output", lookup === undefined ? Messages.documents(data.documents) : lookup.output)
  Plain.roles.llm_call(data, span, out)
}

const spoken = Chat.spokenUnder("traceloop.entity.input", "traceloop.entity.output")

const exchange = Plain.exchangeUnder("traceloop.entity.input", "traceloop.entity.output")

const roles: RoleWriters<Out> = {
  proxy_request: (data, span, out) => {
    entity("workflow", data.route, out)
    spoken(data, out)
    Plain.roles.proxy_request(data, span, out)
  },
  llm_call: llmCall,
  agent: (data, span, out) => {
    entity(data.operation === "invoke_workflow" ? "workflow" : "agent", data.name, out)
    out.string("traceloop.entity.version", data.version)
    GenaiAgents.agent(data, out)
    Legacy.tools(data.tools, out)
    spoken(data, out)
    Plain.roles.agent(data, span, out)
  },
  tool_call: (data, _span, out) => {
    entity("tool", data.name, out)
    GenaiAgents.tool(data, out)
    exchange(data, out)
  },
  mcp_tool_call: (data, span, out) => {
    if (SpanData.callsTool(data)) entity("tool", data.tool, out)
    else entity("task", data.prompt ?? data.method, out)
    Plain.roles.mcp_tool_call(data, span, out)
    exchange(data, out)
  },
  mcp_list_tools: (data, span, out) => {
    entity("task", data.method, out)
    Plain.roles.mcp_list_tools(data, span, out)
  },
  guardrail: (data, span, out) => {
    entity("task", data.name, out)
    Plain.roles.guardrail(data, span, out)
    jsonText("traceloop.entity.output", data.response, out)
  },
  db_call: Plain.roles.db_call,
  service: (data, span, out) => {
    entity("task", data.phase ?? data.service, out)
    Plain.roles.service(data, span, out)
  }
}

const write = (span: TypedSpan, out: Out): void => {
  Plain.error(span, out)
  trace(span, out)
  Roles.write(roles, span, out)
}

const lists = {
  "gen_ai.prompt": "conversation",
  "gen_ai.completion": "ranked",
  "llm.request.functions": "tools"
} as const satisfies Vocabulary["lists"]

/**
 * The keys that Traceloop's own page lists, with those of its first instrumentations. They have no version of their own; ours changes when a key
 * does.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1: Vocabulary = { name: "traceloop", version: "1", keys, content, lists, core, write }
