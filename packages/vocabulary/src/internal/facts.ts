/**
 * Facts of a trace, and what spans say of themselves, for back ends that keep them as metadata: a flat record under plain names.
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import { filled } from "./keyTable.js"

/** The conversation that a span says itself that it belongs to. */
export const conversationOf = (data: SpanData.Read | undefined): string | undefined =>
  data !== undefined && "conversationId" in data ? filled(data.conversationId) : undefined

/** Whose request it is. */
const identity = (facts: TraceFacts): Known<typeof ofCaller> => ({
  team_id: facts.team?.id,
  team_alias: facts.team?.alias,
  team_user_id: facts.user,
  key_hash: facts.key?.hash,
  key_alias: facts.key?.alias,
  organization_id: facts.organization
})

/** What else is known of the trace. */
const trace = (facts: TraceFacts): Known<typeof ofTrace> => ({
  session_id: facts.sessionId,
  user_id: facts.endUser,
  trace_name: facts.traceName,
  tags: filled(facts.tags?.join(",")),
  environment: facts.environment,
  release: facts.release,
  version: facts.version,
  prompt_name: facts.promptName,
  prompt_version: facts.promptVersion
})

/** The facts by which a back end knows whose request it is. */
export const ofCaller = ["team_id", "team_alias", "team_user_id", "key_hash", "key_alias", "organization_id"] as const

/** Those by which it knows the trace. */
export const ofTrace = [
  "session_id",
  "user_id",
  "trace_name",
  "tags",
  "environment",
  "release",
  "version",
  "prompt_name",
  "prompt_version"
] as const

type Name = (typeof ofCaller)[number] | (typeof ofTrace)[number]

type Known<Names extends ReadonlyArray<Name>> = Readonly<Record<Names[number], string | undefined>>

/** What somebody said of these. */
export const said = <A>(fields: Readonly<Record<string, A | undefined>>): Readonly<Record<string, A>> => {
  const found: Record<string, A> = {}
  for (const name in fields) {
    const value = fields[name]
    if (value !== undefined) found[name] = value
  }
  return found
}

/** The spans of a trace, which have the same facts, are written one after another. */
let latest: { readonly facts: TraceFacts; readonly known: Readonly<Record<string, string>> } | undefined

const knownOf = (facts: TraceFacts): Readonly<Record<string, string>> => {
  if (latest?.facts !== facts) latest = { facts, known: said({ ...trace(facts), ...identity(facts) }) }
  return latest.known
}

/**
 * The trace's metadata and its facts in one record. A fact that is known wins over metadata of its name, and nobody's metadata can pretend to be another
 * team or key, known or not. `shown` are the facts that the back end has keys of its own for, and these are not here.
 *
 * A session that nobody knows is the conversation that the span says itself. The session first: the spans of a request are found by one name, and only
 * some of them know of a conversation.
 */
export const metadata = (
  { data, facts }: TypedSpan,
  ...shown: ReadonlyArray<Name>
): Readonly<Record<string, string>> => {
  const hidden: ReadonlyArray<string> = shown
  const own = hidden.includes("session_id") || facts.sessionId !== undefined ? undefined : conversationOf(data)
  const known = own === undefined ? knownOf(facts) : { session_id: own, ...knownOf(facts) }
  const found: Record<string, string> = {}
  for (const name in known) if (!hidden.includes(name)) found[name] = known[name] ?? ""
  if (facts.metadata === undefined) return found
  const callers: ReadonlyArray<string> = ofCaller
  const noted = Object.entries(facts.metadata).filter(
    ([name]) => !Object.hasOwn(known, name) && !callers.includes(name)
  )
  return { ...found, ...Object.fromEntries(noted) }
}

/** What a model call, an agent or a tool says of itself, for back ends that have no field for it: texts, and how many. */
export const own = (data: SpanData.Read | undefined): Readonly<Record<string, string | number>> => said(ownOf(data))

const nothing = {}

/** Field by field, and not `{ ...common, field }`: a copy that begins with another object has on Node 20 a shape of its own each time. */
const ownOf = (data: SpanData.Read | undefined): Readonly<Record<string, string | number | undefined>> => {
  switch (data?._tag) {
    case "llm_call":
      return {
        conversation_id: filled(data.conversationId),
        previous_response_id: data.previousResponseId,
        output_type: data.outputType,
        data_source: data.dataSourceId,
        embedding_count: data.embedding?.count,
        embedding_dimensions: data.embedding?.dimensions,
        memory_store: data.memory?.storeId,
        memory_record: data.memory?.recordId,
        memory_record_count: data.memory?.recordCount
      }
    case "agent":
      return {
        conversation_id: filled(data.conversationId),
        previous_response_id: data.previousResponseId,
        output_type: data.outputType,
        data_source: data.dataSourceId,
        provider: filled(data.provider),
        agent_name: data.name,
        agent_id: data.id,
        agent_version: data.version,
        agent_description: data.description
      }
    case "tool_call":
      return {
        tool_name: data.name,
        tool_call_id: data.callId,
        tool_description: data.description,
        tool_type: data.type
      }
    case "mcp_tool_call":
      return { tool_name: data.tool, mcp_prompt: data.prompt }
    default:
      return nothing
  }
}
