/**
 * The keys of the GenAI conventions, each with the first and the last version that has it and the page that says so: what makes a version.
 */
import { httpKeys, mcpKeys } from "./otel.js"

/** From the oldest on; `next` is what is being worked on, which has no version yet. */
export const versions = ["1.36", "1.37", "1.38", "1.39", "1.40", "1.41", "next"] as const

export type Version = (typeof versions)[number]

interface Life {
  readonly since?: Version
  readonly until?: Version
}

interface Row extends Life {
  readonly page: string
}

const rows = <const Key extends string>(
  page: string,
  life: Life,
  ...keys: ReadonlyArray<Key>
): { readonly [K in Key]: Row } =>
  // Object.fromEntries forgets the key type that it was given.
  Object.fromEntries(keys.map((key) => [key, { page, ...life }])) as { readonly [K in Key]: Row }

const inference = "gen-ai-spans.md#inference"
const retrieval = "gen-ai-spans.md#retrievals"
const tool = "gen-ai-spans.md#execute-tool-span"
const agent = "gen-ai-agent-spans.md#invoke-agent-client-span"

const table = {
  ...rows(
    inference,
    {},
    "gen_ai.operation.name",
    "gen_ai.conversation.id",
    "gen_ai.output.type",
    "gen_ai.request.model",
    "gen_ai.request.seed",
    "gen_ai.request.choice.count",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.max_tokens",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.stop_sequences",
    "gen_ai.request.temperature",
    "gen_ai.request.top_k",
    "gen_ai.request.top_p",
    "gen_ai.response.finish_reasons",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens"
  ),
  ...rows(inference, { until: "1.36" }, "gen_ai.system"),
  // Deprecated there in favour of log events, which are not ours to send; back ends of that time read them.
  ...rows("registry/attributes/gen-ai.md", { until: "1.36" }, "gen_ai.prompt", "gen_ai.completion"),
  ...rows("openai.md", { until: "1.36" }, "gen_ai.openai.response.system_fingerprint"),
  ...rows("openai.md", { since: "1.37" }, "openai.response.system_fingerprint"),
  ...rows(
    inference,
    { since: "1.37" },
    "gen_ai.provider.name",
    "gen_ai.system_instructions",
    "gen_ai.input.messages",
    "gen_ai.output.messages"
  ),
  ...rows(inference, { since: "1.38" }, "gen_ai.tool.definitions"),
  ...rows(inference, { since: "1.40" }, "gen_ai.usage.cache_read.input_tokens"),
  ...rows(inference, { since: "1.40", until: "1.41" }, "gen_ai.usage.cache_creation.input_tokens"),
  ...rows(
    inference,
    { since: "next" },
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.text.input_tokens",
    "gen_ai.usage.text.output_tokens",
    "gen_ai.usage.text.cache_read.input_tokens",
    "gen_ai.usage.image.input_tokens",
    "gen_ai.usage.image.output_tokens",
    "gen_ai.usage.image.cache_read.input_tokens",
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.audio.cache_read.input_tokens",
    "gen_ai.request.reasoning.level",
    "gen_ai.request.previous_response.id",
    "gen_ai.conversation.compacted",
    "gen_ai.prompt.version"
  ),
  ...rows(
    "gen-ai-spans.md#memory",
    { since: "next" },
    "gen_ai.memory.store.id",
    "gen_ai.memory.record.id",
    "gen_ai.memory.record.count",
    "gen_ai.memory.query.text",
    "gen_ai.memory.records"
  ),
  ...rows(
    inference,
    { since: "1.41" },
    "gen_ai.request.stream",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.usage.reasoning.output_tokens"
  ),
  ...rows("gen-ai-spans.md#embeddings", {}, "gen_ai.request.encoding_formats"),
  ...rows("gen-ai-spans.md#embeddings", { since: "1.38" }, "gen_ai.embeddings.dimension.count"),
  ...rows(agent, {}, "gen_ai.data_source.id"),
  ...rows(retrieval, { since: "1.40" }, "gen_ai.retrieval.query.text", "gen_ai.retrieval.documents"),
  ...rows(retrieval, { since: "next" }, "gen_ai.retrieval.top_k"),
  ...rows(tool, {}, "gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.tool.description", "gen_ai.tool.type"),
  ...rows(tool, { since: "1.38" }, "gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
  ...rows(agent, {}, "gen_ai.agent.name", "gen_ai.agent.id", "gen_ai.agent.description"),
  ...rows(agent, { since: "1.40" }, "gen_ai.agent.version"),
  ...rows("gen-ai-agent-spans.md#invoke-workflow-span", { since: "1.41" }, "gen_ai.workflow.name")
}

/** The keys of all versions. */
export type Table = typeof table

/** The MCP conventions came whole, with one version. */
const mcp: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.keys(mcpKeys)
    .filter((key) => !(key in httpKeys))
    .map((key) => [key, { page: "mcp.md#client", since: "1.39" }])
)

const entries: ReadonlyArray<readonly [key: string, row: Row]> = Object.entries({ ...mcp, ...table })

const isIn = (version: Version, { since = "1.36", until = "next" }: Row): boolean =>
  versions.indexOf(since) <= versions.indexOf(version) && versions.indexOf(version) <= versions.indexOf(until)

const nextPage = (key: string): string => {
  if (key.startsWith("openai.")) return "gen-ai/openai.md"
  return key in mcp ? "gen-ai/mcp.md" : "registry/attributes/gen-ai.md"
}

/** Sections have moved within their pages: only the newest that is published is named by its section. */
const sourceOf = (version: Version, key: string, { page }: Row): string => {
  if (version === "next") return `semconv-genai ${nextPage(key)}`
  const path = page.startsWith("registry/") ? page : `gen-ai/${page}`
  return `semconv ${version} ${version === "1.41" ? path : path.split("#", 1)[0]}`
}

/** The rows of a version, with their sources. */
export const keysOf = (version: Version): Readonly<Record<string, string>> =>
  Object.fromEntries(entries.flatMap(([key, row]) => (isIn(version, row) ? [[key, sourceOf(version, key, row)]] : [])))

/** The keys of other versions, which this one does not have. */
export const lackedBy = (version: Version): ReadonlySet<string> =>
  new Set(entries.flatMap(([key, row]) => (isIn(version, row) ? [] : [key])))
