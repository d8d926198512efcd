/**
 * What LiteLLM calls its spans, where that is not what we call ours: databases and caches by verb and table, its own operations by its own prefix.
 * All of it comes from closed sets.
 */
import * as Metadata from "@tenant-tracer/model/Metadata"
import type * as SpanData from "@tenant-tracer/model/SpanData"

const verbs = (table: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(table).flatMap(([verb, callTypes]) =>
      [verb, ...callTypes.split(" ")].map((callType) => [callType, verb] as const)
    )
  )

const cacheVerbs = verbs({
  get: "get_cache async_get_cache",
  mget: "batch_get_cache async_batch_get_cache",
  set: "set_cache async_set_cache async_set_cache_pipeline async_set_cache_pipeline_with_ttls",
  sadd: "async_set_cache_sadd",
  incr: "increment_cache async_increment async_increment_pipeline",
  delete: "delete_cache async_delete_cache",
  rpush: "async_rpush async_rpush_pipeline async_rpush_and_trim",
  lpop: "async_lpop async_lpop_pipeline",
  scan: "async_scan_iter",
  ttl: "increment_cache_ttl",
  expire: "increment_cache_expire",
  ping: "async_ping sync_ping redis_async_ping redis_sync_ping",
  pipeline: "request_redis_batch post_call_redis_batch"
})

const databaseVerbs = verbs({
  select: "get_data get_generic_data find_first find_many find_unique count group_by",
  insert: "insert_data create create_many",
  update: "update_data update_many",
  delete: "delete_data delete_many",
  upsert: "upsert",
  set: "set",
  ping: "health_check db_health_watchdog",
  ddl: "create_view",
  transaction: "reset_budget_cascade"
})

/** Helpers of LiteLLM that read one table each. */
const readers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    get_key_object: "VerificationToken",
    get_user_object: "UserTable",
    get_org_object: "OrganizationTable",
    get_org_object_by_alias: "OrganizationTable",
    _get_team_db_check: "TeamTable",
    get_team_object_by_alias: "TeamTable",
    _fetch_team_membership_from_db: "TeamMembership",
    get_team_member_default_budget: "BudgetTable",
    get_end_user_object: "EndUserTable",
    get_tag_object: "TagTable",
    get_tag_objects_batch: "TagTable",
    get_access_object: "AccessGroupTable",
    get_object_permission: "ObjectPermissionTable",
    team_user_spend: "SpendLogs"
  })
)

const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    key: "VerificationToken",
    keys: "VerificationToken",
    combined_view: "VerificationToken",
    user: "UserTable",
    users: "UserTable",
    team: "TeamTable",
    config: "Config",
    spend: "SpendLogs",
    enduser: "EndUserTable",
    budget: "BudgetTable",
    user_notification: "UserNotifications"
  })
)

const join = (...words: ReadonlyArray<string | undefined>): string =>
  words.filter((word) => word !== undefined && word !== "").join(" ")

/** A target that the code names is a table; what metadata say is one only if it is known. */
const tableOf = ({ metadata, target }: SpanData.Read<SpanData.DbCall>): string | undefined => {
  const known = aliases.get(target ?? Metadata.sanitize(metadata).table_name ?? "")
  return known === undefined ? target : `LiteLLM_${known}`
}

const database = (data: SpanData.Read<SpanData.DbCall>): string => {
  const callType = data.callType ?? ""
  const table = readers.get(callType)
  if (table !== undefined) return `postgres.select LiteLLM_${table}`
  const verb = databaseVerbs.get(callType)
  if (verb === "ping") return "postgres.ping"
  const named = tableOf(data)
  return verb === undefined || named === undefined ? join("postgres", callType) : `postgres.${verb} ${named}`
}

/** The name of an operation: where we say `gateway.moderation`, LiteLLM says `litellm.moderation`. */
export const operation = (name: string | undefined): string => (name || "chat").replace(/^gateway\./, "litellm.")

/** What a span is called; nothing, where it has no other name than ours. */
export const of = (data: SpanData.Read): string | undefined => {
  if (data._tag === "llm_call") return join(operation(data.operation), data.requestModel)
  if (data._tag !== "db_call") return undefined
  if (data.service === "postgres") return database(data)
  const verb = cacheVerbs.get(data.callType ?? "")
  return verb === undefined ? join(data.service, data.callType) : join(`${data.service}.${verb}`, data.target)
}
