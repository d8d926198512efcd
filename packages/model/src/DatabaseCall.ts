/**
 * A call to a database in the words of the stable OpenTelemetry conventions (`db/database-spans.md`, 1.44.0), as far as its payload has the facts:
 * what its attributes say, and what its name is made of.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as ServiceCatalog from "./ServiceCatalog.js"
import type { DbCall, Read } from "./SpanData.js"

/**
 * The facts under the conventions' names; what the payload does not say is `undefined`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DatabaseCall {
  /** `db.system.name`: the payload's, else the one that the catalogue has for the service. */
  readonly system: string | undefined
  /** `db.operation.name` */
  readonly operation: string | undefined
  /** `db.collection.name`. Redis has no collections: there, the target is a family of keys. */
  readonly collection: string | undefined
  /** `db.namespace` */
  readonly namespace: string | undefined
  /** `db.query.summary`: the payload's, else the operation with its one collection. */
  readonly summary: string | undefined
  /** `server.address` */
  readonly address: string | undefined
  /** `server.port`, where it is not the one that goes without saying. */
  readonly port: number | undefined
}

/** Systems that keep to one port unless they are told otherwise, by `db.system.name`. */
const defaultPorts: ReadonlyMap<string, number> = new Map(
  Object.entries({
    cassandra: 9042,
    cockroachdb: 26257,
    couchdb: 5984,
    elasticsearch: 9200,
    mariadb: 3306,
    memcached: 11211,
    "microsoft.sql_server": 1433,
    mongodb: 27017,
    mysql: 3306,
    neo4j: 7687,
    opensearch: 9200,
    "oracle.db": 1521,
    postgresql: 5432,
    redis: 6379
  })
)

/** Of anything but a text that says something, nothing is said: payloads come from outside the compiler's sight too. */
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

/**
 * Reads a payload. Total: a field of another type is absent.
 *
 * @since 0.1.0
 * @category reading
 */
export const of = (data: Read<DbCall>): DatabaseCall => {
  const system = text(data.system) ?? Option.getOrUndefined(ServiceCatalog.dbSystem(text(data.service) ?? ""))
  const operation = text(data.callType)
  const collection = system === "redis" ? undefined : text(data.target)
  const address = text(data.endpoint?.address)
  const port = data.endpoint?.port
  return {
    system,
    operation,
    collection,
    namespace: text(data.namespace),
    summary: text(data.summary) ?? (operation && collection && `${operation} ${collection}`),
    address,
    port:
      address === undefined || typeof port !== "number" || port === defaultPorts.get(system ?? "") ? undefined : port
  }
}

/**
 * What a call is named: its summary; else its operation and what that is performed on (a collection or a cache's family of keys, the namespace,
 * the server). Where the payload says none of these, the service stands before the operation: `redis set`. Empty where it says nothing at all.
 *
 * @since 0.1.0
 * @category naming
 */
export const nameOf = (data: Read<DbCall>): string => {
  const { address, namespace, operation, port, summary, system } = of(data)
  if (summary !== undefined) return summary
  const server = port === undefined ? address : `${address}:${port}`
  // A database of Redis has a number for a name, which says nothing to anybody.
  const target = text(data.target) ?? (system === "redis" ? undefined : namespace) ?? server
  const service = text(data.service)
  if (operation === undefined) return target ?? system ?? service ?? ""
  if (target !== undefined) return `${operation} ${target}`
  return service === undefined ? operation : `${service} ${operation}`
}
