import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it, layer } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Database from "../src/database/Database.js"
import { hashOf, VirtualKeys } from "../src/keys/VirtualKeys.js"
import { readSettings } from "../src/tenants/Tenant.js"
import { Tenants } from "../src/tenants/Tenants.js"
import * as TenantsFile from "../src/tenants/TenantsFile.js"

const services = Layer.mergeAll(Tenants.Default, VirtualKeys.Default).pipe(
  Layer.provideMerge(Database.layerEmbedded(":memory:")),
  Layer.provideMerge(NodeContext.layer)
)

const collector = (name: string) => ({ name, vendor: "otlp", credentials: { endpoint: `https://${name}.example.org` } })

const routeOf = (id: string, revision = 1) => Effect.flatMap(Tenants, (tenants) => tenants.route({ id, revision }))

describe("a tenant", () => {
  layer(services)((it) => {
    it.effect("is routed to its destinations, in the order of their names", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        yield* tenants.put({
          id: "a",
          name: "Tenant A",
          settings: { operatorPolicy: "additive" },
          destinations: [{ ...collector("two"), content: "full" }, collector("one")]
        })
        const route = yield* routeOf("a")
        expect(route).toMatchObject({
          tenant: "a",
          facts: { team: { id: "a", alias: "Tenant A" } },
          operatorPolicy: "additive",
          destinations: [
            { name: "one", endpoint: "https://one.example.org/v1/traces", content: "none" },
            { name: "two", endpoint: "https://two.example.org/v1/traces", content: "full" }
          ]
        })
      })
    )

    it.effect("may forbid content to the operator, and to everybody", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        yield* tenants.put({ id: "quiet", name: "Q", settings: { operatorPolicy: "metadata_only" } })
        expect(yield* routeOf("quiet")).toMatchObject({ operatorPolicy: "metadata_only", content: "full" })
        yield* tenants.put({ id: "silent", name: "S", settings: { content: "none" } })
        expect(yield* routeOf("silent")).toMatchObject({ operatorPolicy: "override", content: "none" })
      })
    )

    it.effect("says where its traces may be kept", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        yield* tenants.put({ id: "european", name: "E", settings: { regions: ["eu"] } })
        expect(yield* routeOf("european")).toMatchObject({ regions: ["eu"] })
        yield* tenants.put({ id: "anywhere", name: "A" })
        expect((yield* routeOf("anywhere")).regions).toBeUndefined()
      })
    )

    it.effect("says of a destination where it is, and what its plan allows", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        const langfuse = { vendor: "langfuse_otel", credentials: { publicKey: "pk", secretKey: "sk", region: "eu" } }
        yield* tenants.put({
          id: "planned",
          name: "P",
          settings: { regions: ["eu"] },
          destinations: [
            { ...collector("at-home"), region: "eu" },
            collector("nowhere-known"),
            { ...langfuse, name: "pro", limits: { requestsPerMinute: 20_000 } },
            { ...langfuse, name: "small" }
          ]
        })
        const { destinations } = yield* routeOf("planned")
        expect(destinations.map(({ limits, name, region }) => [name, region, limits])).toEqual([
          ["at-home", "eu", { bytesPerRequest: 20 * 1024 * 1024 }],
          ["nowhere-known", undefined, { bytesPerRequest: 20 * 1024 * 1024 }],
          ["pro", "eu", { bytesPerRequest: 5_000_000, requestsPerMinute: 20_000 }],
          ["small", "eu", { bytesPerRequest: 5_000_000, requestsPerMinute: 1000 }]
        ])
      })
    )

    it.effect("has a destination refused that says wrong things of itself", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        const langfuse = { vendor: "langfuse_otel", credentials: { publicKey: "pk", secretKey: "sk", region: "us" } }
        yield* tenants.put({
          id: "liar",
          name: "L",
          destinations: [
            { ...collector("a"), region: "The EU" },
            { ...langfuse, name: "b", region: "eu" },
            { ...langfuse, name: "c", limits: { requestsPerMinute: 0 } }
          ]
        })
        const { refused, usable } = yield* tenants.destinations("liar")
        expect(usable).toEqual([])
        expect(refused.map(({ reason }) => reason)).toEqual([
          "otlp: region must be 1 to 32 lower-case letters, digits or dashes, or absent",
          "langfuse_otel: region is us at this endpoint: say so, or nothing",
          "langfuse_otel: limits.requestsPerMinute must be a number above zero, or absent"
        ])
      })
    )

    it.effect("keeps one route object as long as nothing changes", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        yield* tenants.put({ id: "b", name: "B", destinations: [collector("one")] })
        const [first, second] = [yield* routeOf("b"), yield* routeOf("b")]
        expect(second).toBe(first)
        yield* tenants.put({ id: "b", name: "B", destinations: [collector("two")] })
        expect((yield* routeOf("b", 2)).destinations.map(({ name }) => name)).toEqual(["two"])
      })
    )

    it.effect("may have an id that looks like a key of the cache", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        yield* tenants.put({ id: "x@1", name: "X1", destinations: [] })
        yield* tenants.put({ id: "x", name: "X", destinations: [] })
        expect((yield* routeOf("x@1")).tenant).toBe("x@1")
        expect((yield* routeOf("x")).tenant).toBe("x")
      })
    )

    it.effect("that is not there has no route", () =>
      Effect.gen(function* () {
        expect((yield* Effect.flip(routeOf("nobody")))._tag).toBe("ParseError")
      })
    )

    it.effect("keeps what it had when its new state cannot be stored", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        yield* tenants.put({ id: "c", name: "C", destinations: [collector("one")] })
        const twice = [collector("two"), collector("two")]
        expect((yield* Effect.flip(tenants.put({ id: "c", name: "C", destinations: twice })))._tag).toBe("SqlError")
      })
    )

    it.effect("is routed by what can be read, though its settings cannot", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        const sql = yield* SqlClient.SqlClient
        yield* tenants.put({ id: "d", name: "D", destinations: [collector("one")] })
        yield* sql`UPDATE tenants SET settings = 'garbage' WHERE id = 'd'`
        // They may have forbidden it.
        expect(yield* routeOf("d")).toMatchObject({
          content: "none",
          operatorPolicy: "metadata_only",
          destinations: [{ name: "one" }]
        })
      })
    )

    it.effect("may be kept where its settings say, as far as that can be read, and nowhere where it cannot", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        const sql = yield* SqlClient.SqlClient
        const cases: ReadonlyArray<readonly [settings: string, regions: ReadonlyArray<string> | undefined]> = [
          ['{"regions":["eu"]}', ["eu"]],
          ["{}", undefined],
          ['{"regions":["eu"],"guardrail":{"EMAIL":"shout"}}', ["eu"]],
          ['{"guardrail":{"EMAIL":"shout"}}', undefined],
          ['{"regions":"eu"}', []],
          ["garbage", []]
        ]
        for (const [index, [settings, regions]] of cases.entries()) {
          yield* tenants.put({ id: `kept-${index}`, name: "K", destinations: [collector("one")] })
          yield* sql`UPDATE tenants SET settings = ${settings} WHERE id = ${`kept-${index}`}`
          expect((yield* routeOf(`kept-${index}`)).regions, settings).toEqual(regions)
        }
      })
    )

    it.effect("has each wrong destination refused alone, by field, and no secret is shown", () =>
      Effect.gen(function* () {
        const tenants = yield* Tenants
        const secret = "sk-very-secret"
        const wrong: ReadonlyArray<readonly [name: string, vendor: string, credentials: unknown, field: string]> = [
          ["no-key", "langfuse_otel", { publicKey: "pk", host: "https://x.example.org" }, "secretKey"],
          ["no-host", "langfuse_otel", { publicKey: "pk", secretKey: secret }, "host"],
          ["no-project", "arize", { apiKey: secret, spaceId: "s", region: "eu" }, "project"],
          ["no-region", "arize", { apiKey: secret, spaceId: "s", project: "p" }, "region"],
          ["no-endpoint", "arize_phoenix", { apiKey: secret }, "endpoint"],
          ["bad-scheme", "arize_phoenix", { endpoint: "ftp://x", apiKey: secret }, "endpoint"],
          ["user-info", "otlp", { endpoint: `https://u:${secret}@x.example.org` }, "endpoint"],
          [
            "bad-header",
            "otlp",
            { endpoint: "https://x.example.org", headers: { "x-a": `${secret}\r\nx-b: 1` } },
            "headers"
          ],
          ["unknown", "nobody's", {}, "vendor"],
          ["null", "otlp", null, ""],
          ["list", "otlp", [secret], ""]
        ]
        yield* tenants.put({
          id: "e",
          name: "E",
          destinations: [
            collector("good"),
            ...wrong.map(([name, vendor, credentials]) => ({ name, vendor, credentials }))
          ]
        })
        const { refused, usable } = yield* tenants.destinations("e")
        expect(usable.map(({ name }) => name)).toEqual(["good"])
        const reasons = new Map(refused.map(({ destination, reason }) => [destination, reason]))
        for (const [name, , , field] of wrong)
          expect([name, reasons.get(name)]).toEqual([name, expect.stringContaining(field)])
        expect(reasons.size).toBe(wrong.length)
        expect(JSON.stringify(refused)).not.toContain(secret)
      })
    )
  })
})

describe("a tenant's settings", () => {
  const read = (settings: string) => Effect.runSync(Effect.either(readSettings("t", settings)))

  it("have defaults that are safe", () => {
    expect(read("{}")).toEqual(
      Either.right({
        guardrail: { CREDIT_CARD: "block", EMAIL: "mask", SECRET: "block" },
        operatorPolicy: "override",
        content: "full"
      })
    )
  })

  it("are refused by field", () => {
    const field = (settings: string) => Either.getOrThrow(Either.flip(read(settings))).field
    expect(field('{"guardrail":{"SECRET":"loud"}}')).toBe("guardrail.SECRET")
    expect(field('{"models":"gpt-4o"}')).toBe("models")
    expect(field('{"models":[1]}')).toBe("models.0")
    expect(field('{"operatorPolicy":"none"}')).toBe("operatorPolicy")
    expect(field('{"regions":["The EU"]}')).toBe("regions.0")
    expect(field('{"content":"some"}')).toBe("content")
    expect(field("[]")).toBe("")
    expect(field("")).toBe("")
  })
})

describe("a file of tenants", () => {
  layer(services)((it) => {
    const loading = (content: string) =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const file = yield* files.makeTempFileScoped()
        yield* files.writeFileString(file, content)
        yield* TenantsFile.load(file)
      }).pipe(Effect.scoped)

    const good = {
      tenants: [
        {
          id: "acme",
          name: "Acme",
          settings: { models: ["gpt-4o"] },
          destinations: [collector("main")],
          keys: [{ alias: "laptop", key: "sk-gw-0123456789abcdef", expiresAt: "2100-01-01T00:00:00Z" }]
        }
      ]
    }

    it.effect("becomes tenants and keys, as often as it is loaded", () =>
      Effect.gen(function* () {
        const keys = yield* VirtualKeys
        yield* loading(JSON.stringify(good))
        yield* loading(JSON.stringify(good))
        const caller = yield* keys.authenticate("Bearer sk-gw-0123456789abcdef")
        expect(caller).toMatchObject({
          key: { alias: "laptop", hash: hashOf(Redacted.make("sk-gw-0123456789abcdef")) },
          tenant: { id: "acme", name: "Acme", settings: '{"models":["gpt-4o"]}', revision: 2 }
        })
        expect((yield* routeOf("acme", 2)).destinations.map(({ name }) => name)).toEqual(["main"])
      })
    )

    it.effect("that is wrong says where, and shows no secret", () =>
      Effect.gen(function* () {
        const [acme] = good.tenants
        const problem = (tenant: object) =>
          Effect.map(
            Effect.flip(loading(JSON.stringify({ tenants: [{ ...acme, ...tenant }] }))),
            ({ message }) => message
          )
        expect(yield* problem({ id: "" })).toContain("tenants.0.id")
        expect(yield* problem({ settings: { guardrail: { EMAIL: "shout" } } })).toContain(
          "tenants.0.settings.guardrail.EMAIL"
        )
        expect(yield* problem({ destinations: [{ name: "x" }] })).toContain("tenants.0.destinations.0.vendor")
        const short = yield* problem({ keys: [{ alias: "a", key: "sk-secret" }] })
        expect(short).toContain("tenants.0.keys.0.key")
        expect(short).not.toContain("sk-secret")
        expect((yield* Effect.flip(loading('{"key":"sk-secret'))).message).not.toContain("sk-secret")
      })
    )

    it.effect("that is not there is an error that names it", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(TenantsFile.load("/no/such/file.json"))
        expect(error.message).toContain("/no/such/file.json")
      })
    )

    it.effect("is loaded when GATEWAY_TENANTS names it, and not asked for else", () =>
      Effect.gen(function* () {
        const building = (entries: ReadonlyArray<readonly [string, string]>) =>
          Layer.build(TenantsFile.layerConfig).pipe(
            Effect.scoped,
            Effect.withConfigProvider(ConfigProvider.fromMap(new Map(entries)))
          )
        yield* building([])
        const error = yield* Effect.flip(building([["GATEWAY_TENANTS", "/no/such/file.json"]]))
        expect(error._tag).toBe("TenantsFileError")
      })
    )
  })
})
