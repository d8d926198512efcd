/** The gateway's tables, in SQL that SQLite and PostgreSQL both understand. Times are ISO 8601 text, flags 0 or 1. */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const initial = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE tenants (
    id text PRIMARY KEY,
    name text NOT NULL,
    settings text NOT NULL,
    revision integer NOT NULL
  )`
  yield* sql`CREATE TABLE virtual_keys (
    hash text PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES tenants (id),
    alias text NOT NULL,
    enabled integer NOT NULL,
    expires_at text
  )`
  yield* sql`CREATE TABLE destinations (
    tenant_id text NOT NULL REFERENCES tenants (id),
    name text NOT NULL,
    vendor text NOT NULL,
    credentials text NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (tenant_id, name)
  )`
  yield* sql`CREATE TABLE spend_log (
    id text PRIMARY KEY,
    tenant_id text NOT NULL,
    key_hash text NOT NULL,
    model text NOT NULL,
    outcome text NOT NULL,
    input_tokens integer NOT NULL,
    output_tokens integer NOT NULL,
    finished_at text NOT NULL
  )`
})

const destinationOptions = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`ALTER TABLE destinations ADD COLUMN options text NOT NULL DEFAULT '{}'`
)

/** Brings the database up to date; a database that is up to date is left alone. */
export const run = Migrator.make({})({
  loader: Migrator.fromRecord({ "0001_initial": initial, "0002_destination_options": destinationOptions })
})
