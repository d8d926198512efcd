/** Where keys, tenants and spend live: PostgreSQL when `DATABASE_URL` is set, else an embedded database in a file or in memory. */
import * as Reactivity from "@effect/experimental/Reactivity"
import type { MigrationError } from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Migrations from "./Migrations.js"

const migrated = Layer.effectDiscard(Migrations.run)

const inMemory = Layer.scoped(
  SqlClient.SqlClient,
  Effect.map(LibsqlClient.make({ url: ":memory:" }), (client) =>
    // libSQL opens a new connection after every transaction, and with it another, empty memory: there must be none.
    Object.assign(client, { withTransaction: <R, E, A>(self: Effect.Effect<A, E, R>) => self })
  )
).pipe(Layer.provide(Reactivity.layer))

/** An embedded database: the path of a file, or `:memory:` for one that ends with the process. */
export const layerEmbedded = (file: string) =>
  Layer.provideMerge(migrated, file === ":memory:" ? inMemory : LibsqlClient.layer({ url: `file:${file}` }))

/** A PostgreSQL server, by connection string. */
export const layerPostgres = (url: Redacted.Redacted<string>) => Layer.provideMerge(migrated, PgClient.layer({ url }))

/** What every layer here gives, and how it fails. */
type Database = Layer.Layer<SqlClient.SqlClient, ConfigError | SqlError | MigrationError>

/** The database that the environment asks for: `DATABASE_URL`, else the file `GATEWAY_DATABASE` (default `gateway.db`). */
export const layerConfig: Database = Layer.unwrapEffect(
  Effect.gen(function* () {
    const server = yield* Config.option(Config.redacted("DATABASE_URL"))
    const file = yield* Config.withDefault(Config.nonEmptyString("GATEWAY_DATABASE"), "gateway.db")
    return Option.match(server, {
      onNone: (): Database => layerEmbedded(file),
      onSome: (url): Database => layerPostgres(url)
    })
  })
)
