import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type Entry, SpendLog } from "../src/chat/SpendLog.js"
import * as Database from "../src/database/Database.js"

const entry: Entry = {
  tenant: "acme",
  keyHash: "hash",
  model: "gpt-4o",
  outcome: "answered",
  inputTokens: 3,
  outputTokens: 5
}

/** A spend log of its own, its database, and how to close the log alone. */
const opened = Effect.gen(function* () {
  const database = yield* Layer.build(Layer.fresh(Database.layerEmbedded(":memory:")))
  const sql = Context.get(database, SqlClient.SqlClient)
  const scope = yield* Scope.make()
  const log = yield* Layer.buildWithScope(Layer.fresh(SpendLog.Default), scope).pipe(Effect.provide(database))
  return { sql, record: Context.get(log, SpendLog).record, close: Scope.close(scope, Exit.void) }
})

describe("the spend log", () => {
  it.scoped("has what was used, by whom, and when", () =>
    Effect.gen(function* () {
      const { close, record, sql } = yield* opened
      yield* record(entry)
      yield* record({ ...entry, outcome: "cancelled", outputTokens: 0 })
      yield* close
      const rows = yield* sql`SELECT * FROM spend_log ORDER BY output_tokens`
      expect(rows).toMatchObject([
        {
          tenant_id: "acme",
          key_hash: "hash",
          model: "gpt-4o",
          outcome: "cancelled",
          input_tokens: 3,
          output_tokens: 0
        },
        { outcome: "answered", output_tokens: 5, finished_at: "1970-01-01T00:00:00.000Z" }
      ])
      expect(new Set(rows.map(({ id }) => id)).size).toBe(2)
    })
  )

  it.scoped("keeps nobody waiting while it is written, and closing waits for it", () =>
    Effect.gen(function* () {
      const { close, record, sql } = yield* opened
      const release = yield* Deferred.make<void>()
      const holding = yield* Effect.fork(Effect.scoped(Effect.zipRight(sql.reserve, Deferred.await(release))))
      yield* Effect.yieldNow()
      yield* record(entry)
      const closing = yield* Effect.fork(close)
      yield* Effect.yieldNow()
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holding)
      yield* Fiber.join(closing)
      expect(yield* sql`SELECT outcome FROM spend_log`).toEqual([{ outcome: "answered" }])
    })
  )

  it.scoped("costs a request nothing when it cannot be written", () =>
    Effect.gen(function* () {
      const { close, record, sql } = yield* opened
      yield* sql`DROP TABLE spend_log`
      expect(yield* Effect.exit(record(entry))).toEqual(Exit.void)
      yield* close
    })
  )
})
