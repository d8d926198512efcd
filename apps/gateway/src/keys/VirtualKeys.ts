/** The keys that the gateway hands out. Only their SHA-256 hashes are stored: a key is shown once, when it is issued. */
import { createHash, randomBytes } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { KeyError } from "./KeyError.js"

const Row = Schema.Struct({
  hash: Schema.String,
  alias: Schema.String,
  enabled: Schema.Number,
  expires_at: Schema.NullOr(Schema.String),
  tenant_id: Schema.String,
  name: Schema.String,
  settings: Schema.String,
  revision: Schema.Number
})

const decodeRow = Schema.decodeUnknown(Row)

/** Whoever sent a request: a key that is good, and its tenant as it is stored (`settings` is JSON that nobody has read yet). */
export interface Caller {
  readonly key: { readonly hash: string; readonly alias: string }
  readonly tenant: {
    readonly id: string
    readonly name: string
    readonly settings: string
    /** Counts the changes to the tenant and to its destinations. */
    readonly revision: number
  }
}

/** What `issue` is told. Without `key` a random one is made; without `expiresAt` it does not expire. */
export interface IssueOptions {
  readonly tenant: string
  readonly alias: string
  readonly key?: Redacted.Redacted<string> | undefined
  readonly expiresAt?: Date | undefined
}

/** The SHA-256 of a key in hex: what is stored, and how a key is named wherever it must be. */
export const hashOf = (key: Redacted.Redacted<string>): string =>
  createHash("sha256").update(Redacted.value(key)).digest("hex")

const generate = Effect.sync(() => Redacted.make(`sk-gw-${randomBytes(24).toString("base64url")}`))

// RFC 6750, with a bound: what is longer or stranger is no key of ours and need not be looked up.
const bearer = /^Bearer +([\x21-\x7e]{1,512}) *$/i

const read = (authorization: string | undefined): Effect.Effect<Redacted.Redacted<string>, KeyError> => {
  if (authorization === undefined || authorization === "") return Effect.fail(new KeyError({ reason: "Missing" }))
  const token = bearer.exec(authorization)?.[1]
  return token === undefined ? Effect.fail(new KeyError({ reason: "Malformed" })) : Effect.succeed(Redacted.make(token))
}

/** Checks keys and hands them out. */
export class VirtualKeys extends Effect.Service<VirtualKeys>()("gateway/VirtualKeys", {
  effect: Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    const find = (hash: string) =>
      sql`SELECT k.hash, k.alias, k.enabled, k.expires_at, k.tenant_id, t.name, t.settings, t.revision
          FROM virtual_keys k JOIN tenants t ON t.id = k.tenant_id WHERE k.hash = ${hash}`

    /** Who sends this `Authorization` header. One query; nothing else is asked. */
    const authenticate = Effect.fn("VirtualKeys.authenticate")(function* (authorization: string | undefined) {
      const hash = hashOf(yield* read(authorization))
      const [found] = yield* Effect.mapError(find(hash), (cause) => new KeyError({ reason: "Unavailable", cause }))
      if (found === undefined) return yield* new KeyError({ reason: "Unknown" })
      const row = yield* Effect.mapError(decodeRow(found), (cause) => new KeyError({ reason: "Unavailable", cause }))
      if (row.enabled !== 1) return yield* new KeyError({ reason: "Disabled" })
      if (row.expires_at !== null && !(Date.parse(row.expires_at) > (yield* Clock.currentTimeMillis))) {
        return yield* new KeyError({ reason: "Expired" })
      }
      const caller: Caller = {
        key: { hash: row.hash, alias: row.alias },
        tenant: { id: row.tenant_id, name: row.name, settings: row.settings, revision: row.revision }
      }
      return caller
    })

    /** Stores the hash of a new key of a tenant and returns the key. */
    const issue = Effect.fn("VirtualKeys.issue")(function* (options: IssueOptions) {
      const key = options.key ?? (yield* generate)
      yield* sql`INSERT INTO virtual_keys ${sql.insert({
        hash: hashOf(key),
        tenant_id: options.tenant,
        alias: options.alias,
        enabled: 1,
        expires_at: options.expiresAt?.toISOString() ?? null
      })} ON CONFLICT (hash) DO NOTHING`
      return key
    })

    /** Takes a key out of service; from the next request on it is refused. */
    const disable = (hash: string): Effect.Effect<void, SqlError> =>
      Effect.asVoid(sql`UPDATE virtual_keys SET enabled = 0 WHERE hash = ${hash}`)

    return { authenticate, issue, disable } as const
  })
}) {}
