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

const keysByJwt = "LiteLLM_JWTKeyMapping"

/** Helpers of LiteLLM that read one table each, or some under one name. */
const readers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    get_key_object: "LiteLLM_VerificationToken",
    get_user_object: "LiteLLM_UserTable",
    get_org_object: "LiteLLM_OrganizationTable",
    get_org_object_by_alias: "LiteLLM_OrganizationTable",
    _get_team_db_check: "LiteLLM_TeamTable",
    get_team_object_by_alias: "LiteLLM_TeamTable",
    _fetch_team_membership_from_db: "LiteLLM_TeamMembership",
    get_team_member_default_budget: "LiteLLM_BudgetTable",
    get_end_user_object: "LiteLLM_EndUserTable",
    get_tag_object: "LiteLLM_TagTable",
    get_tag_objects_batch: "LiteLLM_TagTable",
    get_access_object: "LiteLLM_AccessGroupTable",
    get_object_permission: "LiteLLM_ObjectPermissionTable",
    team_user_spend: "LiteLLM_SpendLogs",
    prefetch_auth_objects: "auth_objects"
  })
)

const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    key: "LiteLLM_VerificationToken",
    keys: "LiteLLM_VerificationToken",
    combined_view: "LiteLLM_VerificationToken",
    user: "LiteLLM_UserTable",
    users: "LiteLLM_UserTable",
    team: "LiteLLM_TeamTable",
    config: "LiteLLM_Config",
    spend: "LiteLLM_SpendLogs",
    enduser: "LiteLLM_EndUserTable",
    budget: "LiteLLM_BudgetTable",
    user_notification: "LiteLLM_UserNotifications"
  })
)

/** The tables that metadata may name. */
const relations: ReadonlySet<string> = new Set([...readers.values(), ...aliases.values(), keysByJwt, "pg_catalog"])

const join = (...words: ReadonlyArray<string | undefined>): string =>
  words.filter((word) => word !== undefined && word !== "").join(" ")

type Noted = Readonly<Record<string, string>>

/** A target that the code names is a table; what metadata say is one only if it is known, or a setting by its form. */
const tableOf = (verb: string, target: string | undefined, { table_name: noted = "" }: Noted): string | undefined =>
  target === undefined
    ? (aliases.get(noted) ?? (relations.has(noted) || (verb === "set" && isSetting(noted)) ? noted : undefined))
    : (aliases.get(target) ?? target)

const isSetting = (name: string): boolean => /^[a-z_][a-z0-9_.]*$/.test(name)

/** Only of raw SQL does somebody else have to say what it does. */
const verbOf = (callType: string, { db_operation: noted = "" }: Noted): string | undefined => {
  if (callType !== "query_raw" && callType !== "execute_raw") return databaseVerbs.get(callType)
  return databaseVerbs.get(noted) === noted ? noted : undefined
}

const readBy = (callType: string): string | undefined =>
  callType.startsWith("get_jwt_key_mapping_") ? keysByJwt : readers.get(callType)

interface Query {
  readonly verb: string | undefined
  readonly table: string | undefined
}

const queryOf = ({ callType = "", metadata, target }: SpanData.Read<SpanData.DbCall>): Query => {
  const read = readBy(callType)
  if (read !== undefined) return { verb: "select", table: read }
  const noted = Metadata.sanitize(metadata)
  const verb = verbOf(callType, noted)
  return { verb, table: verb && tableOf(verb, target, noted) }
}

const database = (data: SpanData.Read<SpanData.DbCall>): string => {
  const { table, verb } = queryOf(data)
  if (verb === "ping") return "postgres.ping"
  return table === undefined ? join("postgres", data.callType) : `postgres.${verb} ${table}`
}

/** A call in the conventions' words, as far as it is known what it asks: a verb, and a table. */
export const spelled = (data: SpanData.Read<SpanData.DbCall>): SpanData.Read<SpanData.DbCall> => {
  const { table, verb } =
    data.service === "postgres" ? queryOf(data) : { verb: cacheVerbs.get(data.callType ?? ""), table: undefined }
  const said = { callType: verb ?? data.callType, target: table ?? data.target }
  return { ...data, ...said, summary: data.summary ?? join(said.callType, said.target) }
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
