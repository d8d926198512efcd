/**
 * The keys that a span is worth nothing without, of those that several vocabularies share: they go last where a back end keeps fewer attributes than
 * were written.
 */
import type { KeyOf } from "./keyTable.js"

export const keys = [
  "error.type",
  "session.id",
  "user.id",
  "server.address",
  "server.port",
  "http.request.method",
  "http.route",
  "http.response.status_code",
  "url.path",
  "url.scheme",
  "db.system.name",
  "db.operation.name",
  "mcp.method.name",
  "mcp.session.id",
  "gateway.team.id",
  "gateway.key.hash",
  "gateway.user.id",
  "gateway.call_id",
  "gateway.guardrail.name",
  "gateway.guardrail.status",
  "gateway.guardrail.action",
  "gateway.service.name"
] as const

/** Of the GenAI conventions: which operation on what, by which model, and how much it took. */
export const genai = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.conversation.id",
  "gen_ai.request.model",
  "gen_ai.response.id",
  "gen_ai.response.model",
  "gen_ai.response.finish_reasons",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.cache_creation.input_tokens",
  "gen_ai.agent.id",
  "gen_ai.agent.name",
  "gen_ai.tool.name",
  "gen_ai.tool.call.id"
] as const

/** Of these the ones that a table has, and those of its own. */
export const of = <Table extends object>(table: Table, ...own: ReadonlyArray<KeyOf<Table>>): ReadonlyArray<string> => [
  ...keys.filter((key) => Object.hasOwn(table, key)),
  ...own
]
