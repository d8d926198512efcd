/**
 * What the inner services of a gateway are: a database or cache, a service like any other, or nothing that deserves a
 * span. Names are case-sensitive: they are written in code, not typed by callers.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import type { SpanRole } from "./SpanRole.js"

/**
 * What a catalogue knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceCatalog {
  /**
   * Service to `db.system.name`. A name that ends in `*` stands for every name that begins so; an exact name goes
   * first.
   */
  readonly databases: ReadonlyMap<string, string>
  /** Services that are measured but get no span. */
  readonly silent: ReadonlySet<string>
}

/**
 * What is said to a catalogue.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entries {
  readonly databases?: Readonly<Record<string, string>> | undefined
  readonly silent?: Iterable<string> | undefined
}

/**
 * Makes a catalogue that knows these services and no others.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (entries: Entries): ServiceCatalog => ({
  databases: new Map(Object.entries(entries.databases ?? {})),
  silent: new Set(entries.silent)
})

/**
 * The services that gateways have.
 *
 * @since 0.1.0
 * @category constants
 */
export const standard: ServiceCatalog = make({
  databases: { redis: "redis", "redis_*": "redis", postgres: "postgresql", batch_write_to_db: "postgresql" },
  silent: ["self", "router", "proxy_pre_call", "auth"]
})

/**
 * A catalogue that knows more, or knows better: what is added wins, and a database that is added is no longer silent.
 *
 * @since 0.1.0
 * @category combining
 */
export const extend = (self: ServiceCatalog, entries: Entries): ServiceCatalog => {
  const added = make(entries)
  return {
    databases: new Map([...self.databases, ...added.databases]),
    silent: new Set([...[...self.silent].filter((name) => !added.databases.has(name)), ...added.silent])
  }
}

/**
 * The `db.system.name` of a service that is a database or cache.
 *
 * @since 0.1.0
 * @category getters
 */
export const dbSystem = (service: string, catalog: ServiceCatalog = standard): Option.Option<string> => {
  const exact = catalog.databases.get(service)
  if (exact !== undefined) return Option.some(exact)
  for (const [name, system] of catalog.databases) {
    if (name.endsWith("*") && service.startsWith(name.slice(0, -1))) return Option.some(system)
  }
  return Option.none()
}

/**
 * The role of a service's spans, none where it gets no span.
 *
 * @since 0.1.0
 * @category getters
 */
export const roleOf = (service: string, catalog: ServiceCatalog = standard): Option.Option<SpanRole> =>
  catalog.silent.has(service)
    ? Option.none()
    : Option.some(Option.isSome(dbSystem(service, catalog)) ? "db_call" : "service")
