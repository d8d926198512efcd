import { LanguageModel, Telemetry } from "@effect/ai"
import type * as Response from "@effect/ai/Response"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { LibsqlClient } from "@effect/sql-libsql"
import { describe, expect, it } from "@effect/vitest"
import { Phase, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import * as Adopters from "@tenant-tracer/tracer/record/Adopters"
import { Effect, Layer, Schema, Stream } from "effect"
import { upstream } from "../support/http.js"
import { layer, one, textOf } from "../support/tracing.js"

const acme = TenantTracer.withRoute(TestTracer.route("acme"))
const countersOf = Effect.map(TenantTracer.status, ({ ledger }) => ledger.counters)

describe("@effect/sql", () => {
  const sql = LibsqlClient.layer({ url: ":memory:" })

  it.effect("statements are database calls, under the phase in which they run", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`create table keys (hash text)`
        yield* sql`select * from keys where hash = ${"SECRET"}`.pipe(Phase.auth)
      }).pipe(Effect.provide(sql), acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── sqlite create
          └── auth
              └── sqlite select
        `
      )
      const select = one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "sqlite select"))
      expect(select.kind).toBe("client")
      expect(select.attributes).toMatchObject({ "db.system.name": "sqlite", "db.operation.name": "select" })
      expect(textOf(yield* TestTracer.spans("acme"))).not.toMatch(/SECRET|hash|keys/)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("the statements of a transaction are database calls, the transaction itself is the operator's", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.withTransaction(Effect.zipRight(sql`create table t (a text)`, sql`insert into t values ('a')`))
      }).pipe(Effect.provide(sql), acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── sqlite create
          └── sqlite insert
        `
      )
      expect((yield* countersOf).reanchored).toBeUndefined()
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a statement inside a database call of ours is a part of it", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`select 1`).pipe(
        Spans.dbCall({ service: "spend-log", system: "sqlite", callType: "read" }),
        Effect.provide(sql),
        acme
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── spend-log read
        `
      )
      expect((yield* countersOf).reanchored).toBeUndefined()
    }).pipe(Effect.provide(layer()))
  )

  it.effect("an error of the database has a type for the tenant and no text", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`select * from SECRET_TABLE`).pipe(
        Effect.provide(sql),
        Effect.ignore,
        acme
      )
      const select = one((yield* TestTracer.spans("acme")).filter(({ kind }) => kind === "client"))
      expect(select.status).toEqual({ code: "error", message: "SqlError" })
      expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("SECRET")
    }).pipe(Effect.provide(layer()))
  )
})

describe("@effect/ai", () => {
  const usage = { inputTokens: 12, outputTokens: 3, totalTokens: 15 }
  const annotate = (options: LanguageModel.ProviderOptions, finishReason: string) =>
    Telemetry.addGenAIAnnotations(options.span, {
      system: "openai",
      operation: { name: "chat" },
      request: { model: "gpt-4o", temperature: 0.5 },
      response: { id: "resp_1", model: "gpt-4o-2024", finishReasons: [finishReason] },
      usage: { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens }
    })
  const parts: Array<Response.PartEncoded> = [
    { type: "text", text: "Sunny." },
    { type: "finish", reason: "stop", usage }
  ]
  const model = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: (options) =>
        Effect.as(
          Effect.sync(() => annotate(options, "stop")),
          parts
        ),
      streamText: (options) =>
        Stream.fromIterable<Response.StreamPartEncoded>([
          { type: "text-start", id: "1" },
          { type: "text-delta", id: "1", delta: "Sunny." },
          { type: "text-end", id: "1" },
          { type: "finish", reason: "stop", usage }
        ]).pipe(Stream.ensuring(Effect.sync(() => annotate(options, "stop"))))
    })
  )
  const generate = LanguageModel.generateText({ prompt: "SECRET" })

  it.effect("a call is one llm_call, with what the provider says of it", () =>
    Effect.gen(function* () {
      yield* generate.pipe(Effect.provide(model), acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── chat gpt-4o
        `
      )
      const call = one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "chat gpt-4o"))
      expect(call.attributes).toMatchObject({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024",
        "gen_ai.response.id": "resp_1",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.response.finish_reasons": ["stop"]
      })
      expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("SECRET")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("inside Spans.llmCall it is not a second one", () =>
    Effect.gen(function* () {
      yield* generate.pipe(
        Spans.llmCall(
          { operation: "chat", provider: "openai", requestModel: "gpt-4o" },
          { onSuccess: (response) => ({ usage: { inputTokens: response.usage.inputTokens } }) }
        ),
        Effect.provide(model),
        acme
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── chat gpt-4o
        `
      )
      const call = one((yield* TestTracer.spans("acme")).filter(({ name }) => name === "chat gpt-4o"))
      expect(call.attributes["gen_ai.usage.input_tokens"]).toBe(12)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a streamed call is one llm_call too", () =>
    Effect.gen(function* () {
      yield* LanguageModel.streamText({ prompt: "x" }).pipe(Stream.runDrain, Effect.provide(model), acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── chat gpt-4o
        `
      )
    }).pipe(Effect.provide(layer()))
  )

  it.effect("generated objects are one llm_call too", () =>
    Effect.gen(function* () {
      const json = Layer.effect(
        LanguageModel.LanguageModel,
        LanguageModel.make({
          generateText: (options) =>
            Effect.sync((): Array<Response.PartEncoded> => {
              annotate(options, "stop")
              return [
                { type: "text", text: '{"a":1}' },
                { type: "finish", reason: "stop", usage }
              ]
            }),
          streamText: () => Stream.empty
        })
      )
      yield* LanguageModel.generateObject({ prompt: "x", schema: Schema.Struct({ a: Schema.Number }) }).pipe(
        Effect.provide(json),
        acme
      )
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          └── chat gpt-4o
        `
      )
    }).pipe(Effect.provide(layer()))
  )
})

describe("the HTTP client", () => {
  it.scopedLive(
    "its spans are the operator's, without headers and query; what is inside a call stays a part of it",
    () =>
      Effect.gen(function* () {
        const { port, seen } = yield* upstream()
        const fetchIt = HttpClient.HttpClient.pipe(
          Effect.flatMap((client) =>
            client.execute(
              HttpClientRequest.get(`http://127.0.0.1:${port}/v1/chat?key=SECRET`, {
                headers: { authorization: "Bearer SECRET", "api-key": "SECRET" }
              })
            )
          ),
          Effect.scoped,
          Effect.provide(NodeHttpClient.layerUndici)
        )
        yield* fetchIt.pipe(Spans.llmCall({ operation: "chat", provider: "openai", requestModel: "gpt-4o" }), acme)
        yield* TestTracer.expectTree(
          "acme",
          `
          job
          └── chat gpt-4o
        `
        )
        yield* TestTracer.expectTree(
          TestTracer.operator,
          `
          job
          └── chat gpt-4o
              └── GET
        `
        )
        const operator = yield* TestTracer.spans(TestTracer.operator)
        const called = one(operator.filter(({ name }) => name === "GET"))
        expect(called.kind).toBe("client")
        // The keys that the conventions require of an HTTP client span, and their values.
        expect(called.attributes).toMatchObject({
          "http.request.method": "GET",
          "http.response.status_code": 200,
          "server.address": "127.0.0.1",
          "server.port": port,
          "url.full": `http://127.0.0.1:${port}/v1/chat`,
          "url.path": "/v1/chat",
          "url.scheme": "http"
        })
        expect(Object.keys(called.attributes).filter((key) => /header|query/.test(key))).toEqual([])
        expect(seen[0]?.["api-key"]).toBe("SECRET")
        expect(seen[0]?.traceparent).toBeUndefined()
        expect(textOf(yield* TestTracer.spans(TestTracer.operator))).not.toContain("SECRET")
      }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("a handler that says so sends its trace upstream", () =>
    Effect.gen(function* () {
      const { port, seen } = yield* upstream()
      yield* HttpClient.HttpClient.pipe(
        Effect.map(HttpClient.withTracerPropagation(true)),
        Effect.flatMap((client) => client.get(`http://127.0.0.1:${port}/`)),
        Effect.scoped,
        Effect.provide(NodeHttpClient.layerUndici),
        acme
      )
      expect(seen[0]?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    }).pipe(Effect.provide(layer()))
  )

  it.scopedLive("the error of a call that fails shows no query, to nobody", () =>
    Effect.gen(function* () {
      yield* HttpClient.get("http://127.0.0.1:1/v1?key=SECRET").pipe(
        Effect.scoped,
        Effect.provide(NodeHttpClient.layerUndici),
        Effect.ignore,
        acme
      )
      const operator = yield* TestTracer.spans(TestTracer.operator)
      const called = one(operator.filter(({ name }) => name === "GET"))
      expect(called.status.code).toBe("error")
      expect(called.attributes).toMatchObject({ "error.type": "RequestError", "server.port": 1 })
      expect(textOf(operator)).not.toContain("SECRET")
    }).pipe(Effect.provide(layer()))
  )
})

describe("Adopters", () => {
  const read = (role: Parameters<typeof Adopters.dataOf>[0], attributes: Record<string, string | number | boolean>) =>
    Adopters.dataOf(role, new Map(Object.entries(attributes)))

  it("gives a role by the conventions' attributes and by nothing else", () => {
    const role = (key: string, value: unknown) => Adopters.roleOfAttribute("span", key, value)
    expect(role("db.system.name", "redis")).toBe("db_call")
    expect(role("gen_ai.operation.name", "chat")).toBe("llm_call")
    expect(role("gen_ai.operation.name", "embeddings")).toBe("llm_call")
    expect(role("gen_ai.operation.name", "execute_tool")).toBe("tool_call")
    expect(role("gen_ai.operation.name", "invoke_agent")).toBe("agent")
    expect(role("gen_ai.operation.name", "create_agent")).toBe("agent")
    expect(role("mcp.method.name", "tools/list")).toBe("mcp_list_tools")
    expect(role("mcp.method.name", "resources/templates/list")).toBe("mcp_list_tools")
    expect(role("mcp.method.name", "tools/call")).toBe("mcp_tool_call")
    expect(role("mcp.method.name", "prompts/get")).toBe("mcp_tool_call")
    expect(role("mcp.method.name", 1)).toBe("mcp_tool_call")
    expect(Adopters.roleOfAttribute("sql.transaction", "db.system.name", "sqlite")).toBeUndefined()
    expect(role("http.route", "/x")).toBeUndefined()
    expect([Adopters.roleOfName("sql.execute"), Adopters.roleOfName("sql.other")]).toEqual(["db_call", undefined])
  })

  it("reads the statement's first word and never the statement", () => {
    const statement = (text: string) => {
      const data = read("db_call", { "db.system.name": "postgresql", "db.query.text": text })
      return data?._tag === "db_call" ? data.callType : "?"
    }
    expect(statement("  SELECT secret FROM t")).toBe("select")
    expect(statement("insert into t values ('secret')")).toBe("insert")
    expect(statement("secret function")).toBeUndefined()
    expect(statement("selectsecret")).toBeUndefined()
  })

  it("reads what a call went on from, what a memory was asked for, and where an agent is", () => {
    expect(
      read("llm_call", {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.previous_response.id": "resp_0",
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.conversation.compacted": true,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "gen_ai.usage.cache_write.input_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 2
      })
    ).toMatchObject({
      previousResponseId: "resp_0",
      compacted: true,
      parameters: { reasoningLevel: "low" },
      usage: { cacheReadInputTokens: 4, cacheCreationInputTokens: 3, reasoningOutputTokens: 2 }
    })
    expect(
      read("llm_call", {
        "gen_ai.operation.name": "search_memory",
        "gen_ai.conversation.compacted": "true",
        "gen_ai.memory.store.id": "s",
        "gen_ai.memory.record.id": "m",
        "gen_ai.memory.record.count": 2,
        "gen_ai.memory.query.text": "SECRET"
      })
    ).toMatchObject({
      operation: "search_memory",
      compacted: undefined,
      memory: { storeId: "s", recordId: "m", recordCount: 2 }
    })
    expect(read("llm_call", { "gen_ai.usage.cache_creation.input_tokens": 5 })).toMatchObject({
      usage: { cacheCreationInputTokens: 5 }
    })
    expect(read("llm_call", { "gen_ai.data_source.id": "vs_1" })).toMatchObject({ dataSourceId: "vs_1" })
    expect(read("agent", { "gen_ai.agent.name": "a", "server.address": "agents.example.com" })).toMatchObject({
      server: { address: "agents.example.com" }
    })
  })

  it("reads what an MCP server was asked for, and how it was reached", () => {
    const reached = {
      "mcp.session.id": "s",
      "mcp.protocol.version": "2025-06-18",
      "jsonrpc.request.id": "7",
      "jsonrpc.protocol.version": "1.0",
      "network.transport": "tcp",
      "network.protocol.name": "http",
      "network.protocol.version": "2"
    }
    const told = {
      sessionId: "s",
      protocolVersion: "2025-06-18",
      requestId: "7",
      jsonrpcVersion: "1.0",
      transport: "http",
      networkProtocolVersion: "2"
    }
    const list = { ...reached, "mcp.method.name": "prompts/list" }
    expect(read("mcp_list_tools", list)).toMatchObject({ ...told, method: "prompts/list" })
    const prompt = { ...reached, "mcp.method.name": "prompts/get", "gen_ai.prompt.name": "analyze" }
    expect(read("mcp_tool_call", prompt)).toMatchObject({ ...told, method: "prompts/get", prompt: "analyze" })
    expect(
      read("mcp_tool_call", {
        "mcp.method.name": "resources/read",
        "mcp.resource.uri": "file:///a",
        "network.transport": "pipe"
      })
    ).toMatchObject({ method: "resources/read", resourceUri: "file:///a", transport: "stdio" })
  })

  it.effect(
    "a summary that a library tells is the name that the operator reads; it may name tables, so a tenant does not",
    () =>
      Effect.gen(function* () {
        const attributes = {
          "db.system.name": "postgresql",
          "db.query.text": "select * from plans",
          "db.query.summary": "SELECT plans"
        }
        yield* Effect.withSpan(Effect.void, "query", { attributes }).pipe(acme)
        yield* TestTracer.expectTree("acme", "job\n└── postgresql select")
        yield* TestTracer.expectTree(TestTracer.operator, "job\n└── SELECT plans")
        expect(textOf(yield* TestTracer.spans("acme"))).not.toContain("plans")
      }).pipe(Effect.provide(layer()))
  )

  it("leaves out what is of another type, and every attribute that it does not name", () => {
    expect(
      read("llm_call", {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": 5,
        "gen_ai.usage.input_tokens": "12",
        "gen_ai.input.messages": "SECRET",
        "server.address": "api.openai.com",
        "server.port": 443
      })
    ).toMatchObject({
      operation: "chat",
      requestModel: undefined,
      usage: { inputTokens: undefined },
      server: { address: "api.openai.com", port: 443 }
    })
    for (const role of ["llm_call", "agent", "tool_call", "mcp_tool_call", "mcp_list_tools", "db_call"] as const) {
      expect(read(role, {})?._tag).toBe(role)
      const secret = {
        "gen_ai.input.messages": "SECRET",
        "db.query.text": "SECRET",
        "gen_ai.memory.query.text": "SECRET",
        "gen_ai.memory.records": "SECRET"
      }
      expect(textOf(read(role, secret))).not.toContain("SECRET")
    }
    for (const role of ["proxy_request", "guardrail", "service"] as const) expect(read(role, {})).toBeUndefined()
  })

  it.effect("adopts agents, tools and MCP calls of other libraries", () =>
    Effect.gen(function* () {
      const span = (name: string, attributes: Record<string, string>) =>
        Effect.withSpan(Effect.void, name, { attributes })
      yield* Effect.all([
        span("x", { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner" }),
        span("x", { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search" }),
        span("x", { "mcp.method.name": "tools/call", "gen_ai.tool.name": "weather" }),
        span("x", {
          "gen_ai.operation.name": "execute_tool",
          "mcp.method.name": "tools/call",
          "gen_ai.tool.name": "forecast"
        }),
        span("x", { "mcp.method.name": "tools/list" }),
        span("x", { "mcp.method.name": "prompts/get", "gen_ai.prompt.name": "analyze" }),
        span("x", { "db.system.name": "redis" }),
        span("x", { custom: "y" })
      ]).pipe(acme)
      yield* TestTracer.expectTree(
        "acme",
        `
          job
          ├── invoke_agent planner
          ├── execute_tool search
          ├── tools/call weather
          ├── tools/call forecast
          ├── tools/list
          ├── prompts/get analyze
          └── redis
        `
      )
    }).pipe(Effect.provide(layer()))
  )
})
