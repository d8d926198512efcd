/** A gateway with a scripted model server on free loopback ports, its tenants, and a database in memory. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import OpenAI, { type APIError } from "openai"
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from "openai/resources/chat"
import * as Database from "../src/database/Database.js"
import * as Gateway from "../src/Gateway.js"
import { GatewayConfig } from "../src/GatewayConfig.js"
import { VirtualKeys } from "../src/keys/VirtualKeys.js"
import { Tenants } from "../src/tenants/Tenants.js"
import { ScriptedUpstream } from "../src/upstream/ScriptedUpstream.js"
import * as Upstream from "../src/upstream/Upstream.js"

/** Bytes that the gateway takes. */
export const bodyLimit = 64 * 1024

/** What the tests talk to. */
export class TestGateway extends Context.Tag("test/TestGateway")<
  TestGateway,
  {
    readonly url: string
    /** A key of each tenant: `acme` may do anything, `strict` may use one model and masks nothing, `broken` has unreadable settings. */
    readonly keys: { readonly acme: string; readonly strict: string; readonly broken: string }
    readonly arrived: ScriptedUpstream["Type"]["arrived"]
    readonly awaitArrived: ScriptedUpstream["Type"]["awaitArrived"]
  }
>() {}

const make = Effect.gen(function* () {
  const server = yield* HttpServer.HttpServer
  const sql = yield* SqlClient.SqlClient
  const tenants = yield* Tenants
  const keys = yield* VirtualKeys
  const { arrived, awaitArrived } = yield* ScriptedUpstream
  yield* tenants.put({ id: "acme", name: "Acme" })
  yield* tenants.put({
    id: "strict",
    name: "Strict",
    settings: { models: ["gpt-4o-mini"], guardrail: { EMAIL: "block" } }
  })
  yield* tenants.put({ id: "broken", name: "Broken" })
  yield* sql`UPDATE tenants SET settings = '{"guardrail":{"EMAIL":"shout"}}' WHERE id = 'broken'`
  const issue = (tenant: string) => Effect.map(keys.issue({ tenant, alias: "test" }), Redacted.value)
  const port = server.address._tag === "TcpAddress" ? server.address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    keys: { acme: yield* issue("acme"), strict: yield* issue("strict"), broken: yield* issue("broken") },
    arrived,
    awaitArrived
  }
})

const config = Layer.succeed(GatewayConfig, { host: "127.0.0.1", port: 0, bodyLimit })

/** Everything, for one test file. */
export const layer = Layer.effect(TestGateway, make).pipe(
  Layer.provideMerge(Gateway.layer),
  Layer.provideMerge(
    Layer.mergeAll(
      config,
      Upstream.layerScripted.pipe(Layer.provide(NodeHttpClient.layerUndici)),
      Database.layerEmbedded(":memory:")
    )
  )
)

/** OpenAI's own client, without its retries: the gateway's are under test. */
export const openai = (url: string, apiKey: string): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })

/** A call of the client; the error is what it throws. */
export const calling = <A>(call: (signal: AbortSignal) => PromiseLike<A>): Effect.Effect<A, APIError> =>
  Effect.tryPromise({
    try: call,
    // The client throws nothing else: see its `makeRequest`.
    catch: (error) => error as APIError
  })

/** The chunks of a streamed answer as they come. */
export const streaming = (
  client: OpenAI,
  body: Omit<ChatCompletionCreateParamsStreaming, "stream">,
  signal?: AbortSignal
): Stream.Stream<ChatCompletionChunk, APIError> =>
  Stream.unwrap(
    Effect.map(
      calling(() => client.chat.completions.create({ ...body, stream: true }, { signal: signal ?? null })),
      (chunks) => Stream.fromAsyncIterable(chunks, (error) => error as APIError)
    )
  )

/** What the chunks say, put together. */
export const textOf = (chunks: Iterable<ChatCompletionChunk>): string =>
  Array.from(chunks, (chunk) => chunk.choices[0]?.delta.content ?? "").join("")

/** The spend-log entries of a tenant, as soon as there are this many. */
export const spent = (tenant: string, count: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{
      model: string
      outcome: string
      input_tokens: number
      output_tokens: number
    }>`SELECT model, outcome, input_tokens, output_tokens FROM spend_log WHERE tenant_id = ${tenant} ORDER BY finished_at`
    return rows.length >= count ? rows : yield* Effect.fail("not yet" as const)
  }).pipe(Effect.retry(Schedule.spaced("5 millis")), Effect.timeout("3 seconds"))
