/** What the environment says to the gateway: defaults, values, and mistakes that name the variable. */
import { spawn } from "node:child_process"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Database from "../src/database/Database.js"
import * as GatewayConfig from "../src/GatewayConfig.js"
import { OpenAiUpstream } from "../src/upstream/OpenAiUpstream.js"
import * as Upstream from "../src/upstream/Upstream.js"

const with_ = (environment: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))

const built = <A, E>(layer: Layer.Layer<A, E>, environment: Readonly<Record<string, string>>) =>
  Layer.build(layer).pipe(with_(environment))

const config = (environment: Readonly<Record<string, string>>) =>
  Effect.map(built(GatewayConfig.layerConfig, environment), (context) =>
    Context.get(context, GatewayConfig.GatewayConfig)
  )

describe("where the gateway listens", () => {
  it.scoped("is the loopback interface unless it is told otherwise", () =>
    Effect.gen(function* () {
      expect(yield* config({})).toEqual({ host: "127.0.0.1", port: 4000, bodyLimit: 10 * 1024 * 1024 })
      const environment = { GATEWAY_HOST: "0.0.0.0", GATEWAY_PORT: "8080", GATEWAY_BODY_LIMIT: "1000" }
      expect(yield* config(environment)).toEqual({ host: "0.0.0.0", port: 8080, bodyLimit: 1000 })
    })
  )

  it.scoped("is refused by the name of the variable", () =>
    Effect.gen(function* () {
      for (const [name, value] of [
        ["GATEWAY_PORT", "http"],
        ["GATEWAY_PORT", "70000"],
        ["GATEWAY_PORT", "-1"],
        ["GATEWAY_BODY_LIMIT", "10MB"],
        ["GATEWAY_BODY_LIMIT", "-1"]
      ] as const) {
        const error = yield* Effect.flip(config({ [name]: value }))
        expect(String(error)).toContain(name)
      }
    })
  )
})

describe("the database", () => {
  it.scoped("is a file, or in memory, and up to date", () =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      for (const file of [":memory:", `${directory}/gateway.db`]) {
        const context = yield* built(Database.layerConfig, { GATEWAY_DATABASE: file })
        const sql = Context.get(context, SqlClient.SqlClient)
        expect(yield* sql`SELECT * FROM spend_log`).toEqual([])
        yield* sql.withTransaction(sql`INSERT INTO tenants (id, name, settings, revision) VALUES ('a', 'A', '{}', 1)`)
        expect(yield* sql`SELECT id FROM tenants`).toEqual([{ id: "a" }])
      }
      expect(yield* files.readDirectory(directory)).toContain("gateway.db")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("in memory is each gateway's own", () =>
    Effect.gen(function* () {
      const one = Context.get(yield* Layer.build(Layer.fresh(Database.layerEmbedded(":memory:"))), SqlClient.SqlClient)
      const other = Context.get(
        yield* Layer.build(Layer.fresh(Database.layerEmbedded(":memory:"))),
        SqlClient.SqlClient
      )
      yield* one`INSERT INTO tenants (id, name, settings, revision) VALUES ('a', 'A', '{}', 1)`
      expect(yield* other`SELECT id FROM tenants`).toEqual([])
    })
  )

  it.scoped("that cannot be reached says nothing of its password", () =>
    Effect.gen(function* () {
      const url = "postgresql://gateway:very-secret@127.0.0.1:1/gateway"
      const error = yield* Effect.flip(built(Database.layerConfig, { DATABASE_URL: url }))
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("very-secret")
    })
  )
})

describe("the model server", () => {
  const upstream = (environment: Readonly<Record<string, string>>) =>
    Effect.map(built(Layer.provide(Upstream.layerConfig, NodeHttpClient.layerUndici), environment), (context) =>
      Context.get(context, OpenAiUpstream)
    )

  it.scoped("is the one that the environment names, else a scripted one", () =>
    Effect.gen(function* () {
      const named = yield* upstream({ UPSTREAM_URL: "https://api.openai.com/v1", UPSTREAM_API_KEY: "sk-x" })
      expect(named.server).toEqual({ address: "api.openai.com", port: 443 })
      const scripted = yield* upstream({})
      expect(scripted.server.address).toBe("127.0.0.1")
      expect((yield* scripted.models).data.map(({ id }) => id)).toContain("slow-model")
    })
  )

  it.scoped("is refused by the name of the variable", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(upstream({ UPSTREAM_URL: "api.openai.com" }))
      expect(String(error)).toContain("UPSTREAM_URL")
    })
  )
})

describe("the program", () => {
  it.live(
    "starts with a file of tenants, answers, and ends when it is told to",
    () =>
      Effect.gen(function* () {
        const files = yield* FileSystem.FileSystem
        const directory = yield* files.makeTempDirectoryScoped()
        const key = "sk-gw-0123456789abcdef"
        const tenants = [{ id: "acme", name: "Acme", keys: [{ alias: "laptop", key }] }]
        yield* files.writeFileString(`${directory}/tenants.json`, JSON.stringify({ tenants }))
        const child = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, ["--import", "tsx", "src/main.ts"], {
              cwd: new URL("..", import.meta.url).pathname,
              stdio: ["ignore", "pipe", "inherit"],
              env: {
                GATEWAY_PORT: "0",
                GATEWAY_DATABASE: `${directory}/gateway.db`,
                GATEWAY_TENANTS: `${directory}/tenants.json`
              }
            })
          ),
          (running) => Effect.sync(() => running.kill("SIGKILL"))
        )
        const url = yield* Effect.async<string, Error>((resume) => {
          let out = ""
          child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
            out += chunk
            const [, address] = /Listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(out) ?? []
            if (address !== undefined) resume(Effect.succeed(address))
          })
          child.on("close", (code) => resume(Effect.fail(new Error(`ended with ${code}: ${out}`))))
        })
        const response = yield* Effect.promise(() =>
          fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })
        )
        expect(response.status).toBe(200)
        const ended = yield* Effect.fork(
          Effect.async<number | null>((resume) => void child.on("close", (code) => resume(Effect.succeed(code))))
        )
        yield* Effect.yieldNow()
        child.kill("SIGINT")
        yield* ended.await
      }).pipe(Effect.scoped, Effect.timeout("50 seconds"), Effect.provide(NodeContext.layer)),
    60_000
  )
})
