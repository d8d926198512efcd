/** Tenants as they are stored, and the route that their traces take. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type Destination, RouteResolver, TenantRoute, TenantTracer, Vendors } from "tenant-tracer"
import { type Definition, readSettings, regionsOf, StoredDestination } from "./Tenant.js"

/** A destination that was not taken, and why; the message shows no credential. */
export interface Refused {
  readonly destination: string
  readonly reason: string
}

const decodeStored = Schema.decodeUnknownEither(StoredDestination)

/** One stored row to a destination, by its vendor. A row that is wrong is refused alone. */
const destinationOf = (row: { readonly [column: string]: unknown }): Either.Either<Destination.Destination, Refused> =>
  Either.gen(function* () {
    const refused = (reason: string): Refused => ({ destination: String(row.name), reason })
    const { name, vendor, credentials, content, options } = yield* Either.mapLeft(decodeStored(row), (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      // The parser's own words would quote what is stored, and credentials with it.
      return refused(`what is stored as its ${issue?.path.join(".")} cannot be read: store the destination anew`)
    })
    return yield* Either.mapLeft(
      Vendors.destination(vendor, credentials, { name, content, ...options }),
      ({ message }) => refused(message)
    )
  })

const TenantRow = Schema.Struct({ name: Schema.String, settings: Schema.String })
const decodeTenant = Schema.decodeUnknown(TenantRow)

/** Stores tenants and finds their routes. */
export class Tenants extends Effect.Service<Tenants>()("gateway/Tenants", {
  scoped: Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    /** The back ends of a tenant: those that can be used, and those that cannot and why. */
    const destinations = Effect.fn("Tenants.destinations")(function* (tenant: string) {
      const rows = yield* sql`SELECT name, vendor, credentials, content, options FROM destinations
                              WHERE tenant_id = ${tenant} ORDER BY name`
      const results = rows.map(destinationOf)
      return {
        usable: results.flatMap((result) => (Either.isRight(result) ? [result.right] : [])),
        refused: results.flatMap((result) => (Either.isLeft(result) ? [result.left] : []))
      }
    })

    const lookup = Effect.fn("Tenants.lookup")(function* (tenant: string) {
      const [row] = yield* sql`SELECT name, settings FROM tenants WHERE id = ${tenant}`
      const { name, settings } = yield* decodeTenant(row)
      const { usable, refused } = yield* destinations(tenant)
      yield* Effect.forEach(refused, ({ destination, reason }) =>
        Effect.logWarning(`Destination "${destination}" of tenant "${tenant}" is not used: ${reason}`)
      )
      // What cannot be read may have forbidden content. Its destinations are its own, and stored apart: without content they receive it still, where
      // it may be kept.
      const { content, operatorPolicy, regions } = yield* readSettings(tenant, settings).pipe(
        Effect.orElseSucceed(
          () => ({ content: "none", operatorPolicy: "metadata_only", regions: regionsOf(settings) }) as const
        )
      )
      return TenantRoute.make({
        tenant,
        destinations: usable,
        facts: { team: { id: tenant, alias: name } },
        operatorPolicy,
        content,
        regions
      })
    })

    const separator = "@"
    const routes = yield* RouteResolver.make({
      lookup: (key: string) => lookup(key.slice(0, key.lastIndexOf(separator))),
      // Shared by all requests of the tenant, so the look-up belongs to none of them.
      detach: TenantTracer.detached
    })

    /** Where a tenant's traces go. With its revision a tenant that was changed is read anew; one that was not keeps its route. */
    const route = (tenant: { readonly id: string; readonly revision: number }) =>
      routes.get(`${tenant.id}${separator}${tenant.revision}`)

    /** Stores a tenant with all of its destinations in place of what was stored before. */
    const put = Effect.fn("Tenants.put")(function* (tenant: Definition) {
      const settings = JSON.stringify(tenant.settings ?? {})
      yield* sql`INSERT INTO tenants ${sql.insert({ id: tenant.id, name: tenant.name, settings, revision: 1 })}
                 ON CONFLICT (id) DO UPDATE
                 SET name = excluded.name, settings = excluded.settings, revision = tenants.revision + 1`
      yield* sql`DELETE FROM destinations WHERE tenant_id = ${tenant.id}`
      yield* Effect.forEach(
        tenant.destinations ?? [],
        ({ name, vendor, credentials, content = "none", ...options }) => {
          const texts = { credentials: JSON.stringify(credentials), options: JSON.stringify(options) }
          return sql`INSERT INTO destinations ${sql.insert({ tenant_id: tenant.id, name, vendor, content, ...texts })}`
        }
      )
    }, sql.withTransaction)

    return { destinations, route, put } as const
  })
}) {}
