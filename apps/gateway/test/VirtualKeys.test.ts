import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it, layer, type Vitest } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Database from "../src/database/Database.js"
import { hashOf, VirtualKeys } from "../src/keys/VirtualKeys.js"
import { Tenants } from "../src/tenants/Tenants.js"

const on = (database: typeof embedded) =>
  Layer.provideMerge(Layer.merge(VirtualKeys.Default, Tenants.Default), database)
const embedded = Layer.map(Database.layerEmbedded(":memory:"), (context) => context)

const tenant = (id: string) =>
  Effect.flatMap(Tenants, (tenants) => tenants.put({ id, name: `Tenant ${id}`, settings: { models: ["m"] } }))

const issued = (id: string, options: { readonly expiresAt?: Date } = {}) =>
  Effect.flatMap(VirtualKeys, (keys) => keys.issue({ tenant: id, alias: "laptop", ...options }))

const bearer = (key: Redacted.Redacted<string>): string => `Bearer ${Redacted.value(key)}`

const refused = (authorization: string | undefined) =>
  VirtualKeys.pipe(
    Effect.flatMap((keys) => keys.authenticate(authorization)),
    Effect.flip,
    Effect.map(({ reason }) => reason)
  )

/** What holds on every database. Ids are unique, so that a database that is kept does no harm. */
const behaviour = (it: Vitest.MethodsNonLive<VirtualKeys | Tenants | SqlClient.SqlClient>, prefix: string) => {
  it.effect("lets in who has a key, and says whose it is", () =>
    Effect.gen(function* () {
      const keys = yield* VirtualKeys
      yield* tenant(`${prefix}a`)
      const key = yield* issued(`${prefix}a`)
      const caller = yield* keys.authenticate(bearer(key))
      expect(caller).toEqual({
        key: { hash: hashOf(key), alias: "laptop" },
        tenant: {
          id: `${prefix}a`,
          name: `Tenant ${prefix}a`,
          settings: '{"models":["m"]}',
          revision: caller.tenant.revision
        }
      })
    })
  )

  it.effect("issues a key that nobody can guess and stores only its hash", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* tenant(`${prefix}b`)
      const [first, second] = [yield* issued(`${prefix}b`), yield* issued(`${prefix}b`)]
      expect(Redacted.value(first)).toMatch(/^sk-gw-[\w-]{32}$/)
      expect(Redacted.value(first)).not.toBe(Redacted.value(second))
      const rows = yield* sql`SELECT * FROM virtual_keys WHERE tenant_id = ${`${prefix}b`}`
      expect(rows).toHaveLength(2)
      expect(JSON.stringify(rows)).toContain(hashOf(first))
      expect(JSON.stringify(rows)).not.toContain(Redacted.value(first))
    })
  )

  it.effect("refuses a key that was disabled, from the next request on", () =>
    Effect.gen(function* () {
      const keys = yield* VirtualKeys
      yield* tenant(`${prefix}c`)
      const key = yield* issued(`${prefix}c`)
      yield* keys.authenticate(bearer(key))
      yield* keys.disable(hashOf(key))
      expect(yield* refused(bearer(key))).toBe("Disabled")
    })
  )

  it.effect("refuses a key that has expired, by the clock", () =>
    Effect.gen(function* () {
      const keys = yield* VirtualKeys
      yield* tenant(`${prefix}d`)
      const key = yield* issued(`${prefix}d`, { expiresAt: new Date(60_000) })
      yield* TestClock.setTime(59_999)
      yield* keys.authenticate(bearer(key))
      yield* TestClock.setTime(60_000)
      expect(yield* refused(bearer(key))).toBe("Expired")
    })
  )

  it.effect("counts the changes of a tenant", () =>
    Effect.gen(function* () {
      const keys = yield* VirtualKeys
      yield* tenant(`${prefix}e`)
      const key = yield* issued(`${prefix}e`)
      const before = (yield* keys.authenticate(bearer(key))).tenant.revision
      yield* tenant(`${prefix}e`)
      expect((yield* keys.authenticate(bearer(key))).tenant.revision).toBe(before + 1)
    })
  )

  it.effect("issues nothing for a tenant that is not there", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(issued(`${prefix}nobody`)))._tag).toBe("SqlError")
    })
  )
}

describe("virtual keys in the embedded database", () => {
  layer(on(embedded))((it) => {
    behaviour(it, "")

    it.effect("refuses what is no key, without looking it up", () =>
      Effect.gen(function* () {
        expect(yield* refused(undefined)).toBe("Missing")
        expect(yield* refused("")).toBe("Missing")
        for (const header of [
          "Bearer",
          "Basic dXNlcg==",
          "Bearer a b",
          "Bearer \u00fc",
          `Bearer ${"x".repeat(513)}`,
          "sk-x"
        ]) {
          expect(yield* refused(header)).toBe("Malformed")
        }
        expect(yield* refused("Bearer sk-gw-unknown")).toBe("Unknown")
        expect(yield* refused("bearer  sk-gw-unknown ")).toBe("Unknown")
      })
    )

    it.effect("lets nobody in by accident (property)", () =>
      Effect.gen(function* () {
        const context = yield* Effect.context<VirtualKeys>()
        yield* Effect.promise(() =>
          FastCheck.assert(
            FastCheck.asyncProperty(
              FastCheck.oneof(
                FastCheck.string(),
                FastCheck.string().map((text) => `Bearer ${text}`)
              ),
              (header) =>
                refused(header).pipe(
                  Effect.map((reason) => ["Missing", "Malformed", "Unknown"].includes(reason)),
                  Effect.provide(context),
                  Effect.runPromise
                )
            )
          )
        )
      })
    )

    it.effect("shows no part of a key in an error", () =>
      Effect.gen(function* () {
        const keys = yield* VirtualKeys
        const error = yield* Effect.flip(keys.authenticate("Bearer sk-gw-very-secret"))
        expect(`${error.message} ${String(error)} ${JSON.stringify(error)}`).not.toContain("very-secret")
      })
    )

    it.effect("says that keys cannot be checked when the database is gone", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`DROP TABLE virtual_keys`
        expect(yield* refused("Bearer sk-gw-unknown")).toBe("Unavailable")
      })
    )
  })

  it.effect("keeps them in a file from one start to the next, and migrates it once", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const file = `${yield* files.makeTempDirectoryScoped()}/gateway.db`
        const restarted = on(Layer.map(Database.layerEmbedded(file), (context) => context))
        const key = yield* Effect.zipRight(tenant("a"), issued("a")).pipe(Effect.provide(restarted))
        const caller = yield* VirtualKeys.pipe(
          Effect.flatMap((keys) => keys.authenticate(bearer(key))),
          Effect.provide(restarted)
        )
        expect(caller.tenant.id).toBe("a")
      })
    ).pipe(Effect.provide(NodeContext.layer))
  )
})

const postgres = Option.getOrUndefined(Effect.runSync(Config.option(Config.redacted("DATABASE_URL"))))

const title = "virtual keys in PostgreSQL (where DATABASE_URL is set)"

if (postgres === undefined) it.skip(title, () => {})
else {
  describe(title, () => {
    const database = Database.layerPostgres(postgres)
    layer(on(Layer.orDie(Layer.map(database, (context) => context))))((it) => behaviour(it, `${Date.now()}-`))
  })
}
