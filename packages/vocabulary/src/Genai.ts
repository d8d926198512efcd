/**
 * The OpenTelemetry GenAI conventions, one vocabulary per version: what most back ends read.
 *
 * Beside them stand the conventions for HTTP servers and databases, and our own `gateway.*` where no convention has a name. Messages,
 * instructions, tool definitions (opt-in, in the conventions' words) and what tools and guardrails took and answered are content. A version writes
 * the keys that it has and no others: what a later one gave a name to, it leaves out.
 *
 * Trace-wide facts (`gateway.trace.*`, `gateway.prompt.*`) are on the root; identity, `session.id`, `user.id` and the environment on every span.
 * A retrieval shows its query and embeddings show no messages, as the conventions have it.
 *
 * @since 0.1.0
 */
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { AttributeWriter, TypedSpan, Vocabulary } from "@tenant-tracer/model/Vocabulary"
import { Admitted } from "./internal/admitted.js"
import * as Keys from "./internal/genaiKeys.js"
import * as GenaiRoles from "./internal/genaiRoles.js"
import * as Roles from "./internal/roles.js"

const make = (dialect: GenaiRoles.Dialect): Vocabulary => {
  const { schemaUrl, version } = dialect
  const lacked = Keys.lackedBy(version)
  const lackedAtWork = new Set([...lacked, ...dialect.notOfAgents])
  const has = (key: string) => !lacked.has(key)
  const hasAtWork = (key: string) => !lackedAtWork.has(key)
  const roles = GenaiRoles.make(dialect)
  return {
    name: "genai",
    version,
    schemaUrl,
    keys: { ...GenaiRoles.sharedKeys, ...Keys.keysOf(version) },
    content: GenaiRoles.content.filter(has),
    core: GenaiRoles.core.filter(has),
    write: (span: TypedSpan, out: AttributeWriter) => {
      const isAtWork = span.data?._tag === "agent" && !SpanData.isRemote(span.data)
      GenaiRoles.write(span, out)
      Roles.write(roles, span, new Admitted(out, isAtWork ? hasAtWork : has))
    }
  }
}

const published = (version: Exclude<Keys.Version, "next">): GenaiRoles.Dialect => ({
  version,
  schemaUrl: `https://opentelemetry.io/schemas/${version}.0`,
  providers: {},
  messages: "parts",
  instructions: "any",
  topK: "double",
  prompts: false,
  notOfAgents: []
})

/**
 * What is being worked on, in a repository of its own and without a version, as of 2026: it changes when they change, so a destination asks for it
 * by name. Cache writes and the `top_k` of a retrieval have new names, the prompt that a call was made from has one, instructions are text alone, and
 * an agent at work in this process tells less of itself. That a message tells why it ended is deprecated, and the published schema still asks for it.
 * Tokens are told by modality, and there are keys for the level of reasoning, the response that a request goes on from, a conversation that was
 * compacted and operations on memories. Not there yet are the operations `plan` and `fetch_response`, and the variables of a prompt, which no payload
 * has a field for.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const next: Vocabulary = make({
  ...published("1.41"),
  version: "next",
  schemaUrl: "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev",
  instructions: "text",
  topK: "int",
  prompts: true,
  notOfAgents: [
    "gen_ai.agent.id",
    "gen_ai.agent.version",
    "gen_ai.provider.name",
    "gen_ai.request.previous_response.id",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_write.input_tokens"
  ]
})

/**
 * Version 1.41 (May 2026), the last that was published with the main conventions; for back ends that say "GenAI 1.37 and later".
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_41: Vocabulary = make(published("1.41"))

/**
 * Version 1.40: cache tokens and retrievals, and no reasoning tokens, streaming or workflows yet.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_40: Vocabulary = make(published("1.40"))

/**
 * Version 1.39, the first with conventions for MCP.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_39: Vocabulary = make(published("1.39"))

/**
 * Version 1.38, the first with tool definitions, arguments and results.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_38: Vocabulary = make(published("1.38"))

/**
 * Version 1.37, the first with `gen_ai.provider.name` and with messages on the span.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_37: Vocabulary = make(published("1.37"))

/**
 * Version 1.36, at which old instrumentations are frozen: `gen_ai.system`, and messages as `gen_ai.prompt` and `gen_ai.completion`. What tools took
 * and answered has no words there, nor has MCP.
 *
 * @since 0.1.0
 * @category vocabularies
 */
export const v1_36: Vocabulary = make({ ...published("1.36"), messages: "flat", providers: { x_ai: "xai" } })
