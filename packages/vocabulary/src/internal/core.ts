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

/** Of these the ones that a table has, and those of its own. */
export const of = <Table extends object>(table: Table, ...own: ReadonlyArray<KeyOf<Table>>): ReadonlyArray<string> => [
  ...keys.filter((key) => Object.hasOwn(table, key)),
  ...own
]
