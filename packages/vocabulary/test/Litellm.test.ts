import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanName from "@tenant-tracer/model/SpanName"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../src/AttributeMap.js"
import { samples } from "../src/internal/samples.js"
import * as Litellm from "../src/Litellm.js"
import * as Vocabularies from "../src/Vocabularies.js"

const spanOf = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>): TypedSpan => ({
  name: "x",
  data,
  facts: {},
  isRoot: false,
  error: undefined,
  ...options
})

const render = (data: SpanData.Read | undefined, options?: Partial<TypedSpan>) =>
  AttributeMap.collect(Litellm.v1, spanOf(data, options))

const nameOf = (data: SpanData.Read) => SpanName.of(data, Litellm.v1.spanName)

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const said = (role: string, content: string) => ({ role, parts: [{ type: "text" as const, content }] })

describe("span names", () => {
  const db = (service: string, callType: string, rest: Partial<SpanData.DbCall> = {}) =>
    nameOf({ _tag: "db_call", service, callType, ...rest })

  it("case 39: caches and databases are named by verb and table, from closed sets", () => {
    expect(db("redis", "get_cache", { target: "llm_response" })).toBe("redis.get llm_response")
    expect(db("redis", "request_redis_batch")).toBe("redis.pipeline")
    expect(db("postgres", "get_user_object")).toBe("postgres.select LiteLLM_UserTable")
    expect(db("postgres", "get_data")).toBe("postgres get_data")
    expect(db("postgres", "get_data", { metadata: { table_name: "key" } })).toBe(
      "postgres.select LiteLLM_VerificationToken"
    )
    expect(db("postgres", "get_data", { metadata: { table_name: "evil; drop" } })).toBe("postgres get_data")
    expect(db("postgres", "health_check")).toBe("postgres.ping")
    expect(db("postgres", "some_helper")).toBe("postgres some_helper")
  })

  it("a verb is known by its own name too, and a target that the code names is a table", () => {
    expect(db("redis", "set")).toBe("redis.set")
    expect(db("redis_cache", "async_ping")).toBe("redis_cache.ping")
    expect(db("postgres", "select", { target: "teams" })).toBe("postgres.select teams")
    expect(db("postgres", "update_data", { target: "team" })).toBe("postgres.update LiteLLM_TeamTable")
    expect(db("batch_write_to_db", "flush")).toBe("batch_write_to_db flush")
    expect(nameOf({ _tag: "db_call" })).toBe("db_call")
  })

  it("tables of keys by JWT, and those that are asked for together, have their names", () => {
    expect(db("postgres", "get_jwt_key_mapping_object")).toBe("postgres.select LiteLLM_JWTKeyMapping")
    expect(db("postgres", "get_jwt_key_mapping_by_claim")).toBe("postgres.select LiteLLM_JWTKeyMapping")
    expect(db("postgres", "prefetch_auth_objects")).toBe("postgres.select auth_objects")
  })

  it("what is asked is told in the same words: the verb and the table", () => {
    const told = (service: string, callType: string, rest: Partial<SpanData.DbCall> = {}) => {
      const written = render({ _tag: "db_call", service, callType, ...rest })
      return ["db.operation.name", "db.collection.name", "db.query.summary", "litellm.service.call_type"].map(
        (key) => written[key]
      )
    }
    expect(told("postgres", "get_user_object")).toEqual([
      "select",
      "LiteLLM_UserTable",
      "select LiteLLM_UserTable",
      "get_user_object"
    ])
    expect(told("postgres", "get_data", { metadata: { table_name: "key" } }).slice(0, 2)).toEqual([
      "select",
      "LiteLLM_VerificationToken"
    ])
    expect(told("redis", "async_get_cache")).toEqual(["get", undefined, "get", "async_get_cache"])
    expect(told("postgres", "some_helper")).toEqual(["some_helper", undefined, "some_helper", "some_helper"])
  })

  it("the port of a database is told also where it goes without saying, and a summary that is known stands", () => {
    const endpoint = { address: "db.internal", port: 5432 }
    const called = { _tag: "db_call", service: "postgres", callType: "get_user_object", endpoint } as const
    expect(render(called)).toMatchObject({ "server.address": "db.internal", "server.port": 5432 })
    expect(render({ ...called, summary: "SELECT users" })["db.query.summary"]).toBe("SELECT users")
    expect(nameOf({ ...called, summary: "SELECT users" })).toBe("postgres.select LiteLLM_UserTable")
  })

  it("a raw query has the verb that is noted of it, if that is known", () => {
    const raw = (metadata: Record<string, unknown>, callType = "query_raw") => db("postgres", callType, { metadata })
    expect(raw({ db_operation: "select", table_name: "key" })).toBe("postgres.select LiteLLM_VerificationToken")
    expect(raw({ db_operation: "update", table_name: "team" }, "execute_raw")).toBe("postgres.update LiteLLM_TeamTable")
    expect(raw({ db_operation: "ping" })).toBe("postgres.ping")
    for (const db_operation of ["drop everything", "get_data", "constructor", "", 5, undefined]) {
      expect(raw({ db_operation, table_name: "key" })).toBe("postgres query_raw")
    }
    // Of what is no raw query, the helper says what it does.
    expect(db("postgres", "get_data", { metadata: { db_operation: "delete", table_name: "key" } })).toBe(
      "postgres.select LiteLLM_VerificationToken"
    )
  })

  it("a table that is noted is named if it is known; what is set may be any name that is one", () => {
    const noted = (table_name: string, callType = "get_data") => db("postgres", callType, { metadata: { table_name } })
    expect(noted("LiteLLM_TeamTable")).toBe("postgres.select LiteLLM_TeamTable")
    expect(noted("LiteLLM_JWTKeyMapping", "upsert")).toBe("postgres.upsert LiteLLM_JWTKeyMapping")
    expect(noted("pg_catalog")).toBe("postgres.select pg_catalog")
    expect(noted("LiteLLM_Customer42")).toBe("postgres get_data")
    expect(noted("statement_timeout", "set")).toBe("postgres.set statement_timeout")
    expect(noted("statement_timeout; drop", "set")).toBe("postgres set")
    expect(noted("statement_timeout")).toBe("postgres get_data")
  })

  it("what LiteLLM names as we do keeps its name", () => {
    expect(nameOf(chat)).toBe("chat gpt-4o")
    expect(nameOf({ ...chat, requestModel: "" })).toBe("chat")
    expect(nameOf({ _tag: "proxy_request", method: "POST", route: "/chat/completions" })).toBe("POST /chat/completions")
    expect(nameOf({ _tag: "mcp_tool_call", method: "tools/call", tool: "get_weather" })).toBe("tools/call get_weather")
    expect(nameOf({ _tag: "mcp_list_tools", method: "tools/list" })).toBe("tools/list")
    expect(nameOf({ _tag: "guardrail", name: "presidio" })).toBe("execute_guardrail presidio")
    expect(nameOf({ _tag: "service", service: "auth", phase: "auth /v1/chat/completions" })).toBe(
      "auth /v1/chat/completions"
    )
  })

  it("its own operations have its own prefix, in the name and in the attribute", () => {
    const moderation = { ...chat, operation: "gateway.moderation", requestModel: "omni" }
    expect(nameOf(moderation)).toBe("litellm.moderation omni")
    expect(render(moderation)["gen_ai.operation.name"]).toBe("litellm.moderation")
    expect(nameOf({ ...chat, operation: "retrieval", dataSourceId: "vs_1" })).toBe("retrieval gpt-4o")
  })

  it("a layer of vocabularies has the names of the first that has any", () => {
    const layered = Vocabularies.layer([{ name: "openinference" }, { name: "litellm" }])
    if (layered._tag === "Left") throw layered.left
    expect(layered.right.spanName).toBe(Litellm.v1.spanName)
  })
})

describe("a model call", () => {
  it("case 91: what a chat is expected to say", () => {
    expect(
      render({
        ...chat,
        responseModel: "gpt-4o-2024",
        responseId: "resp_1",
        parameters: { temperature: 0.7, maxTokens: 256, topK: 40 },
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
        finishReasons: ["stop"],
        server: { address: "api.openai.com", port: 443 },
        callId: "call_1",
        cost: { total: 0.002 }
      })
    ).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.response.model": "gpt-4o-2024",
      "gen_ai.response.id": "resp_1",
      "gen_ai.request.temperature": 0.7,
      "gen_ai.request.max_tokens": 256,
      "gen_ai.request.top_k": 40,
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.response.finish_reasons": ["stop"],
      "server.address": "api.openai.com",
      "server.port": 443,
      "litellm.call_id": "call_1",
      "litellm.cost.total": 0.002,
      "gen_ai.system": "openai",
      "gen_ai.usage.prompt_tokens": 10,
      "gen_ai.usage.completion_tokens": 5,
      "gen_ai.usage.total_tokens": 15,
      "llm.top_k": 40
    })
  })

  it("case 53: cached tokens are told where they are known", () => {
    const usage = (used: SpanData.Usage) =>
      Object.entries(render({ ...chat, usage: used })).filter(([key]) => key.includes("cache"))
    expect(Object.fromEntries(usage({ cacheCreationInputTokens: 7, cacheReadInputTokens: 3 }))).toEqual({
      "gen_ai.usage.cache_creation.input_tokens": 7,
      "gen_ai.usage.cache_read.input_tokens": 3
    })
    expect(usage({ inputTokens: 10 })).toEqual([])
  })

  it("case 55: without content there are no messages, case 57: without a breakdown only the total of the cost", () => {
    const keys = Object.keys(render({ ...chat, cost: { total: 0.002 } }))
    expect(keys.filter((key) => key.endsWith(".messages"))).toEqual([])
    expect(keys.filter((key) => key.startsWith("litellm.cost."))).toEqual(["litellm.cost.total"])
  })

  it("case 59, case 93: the old keys stand beside the new ones", () => {
    expect(
      render({
        ...chat,
        streaming: true,
        parameters: { topK: 40, frequencyPenalty: 0.1, presencePenalty: 0.2, stopSequences: ["STOP"] },
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
      })
    ).toMatchObject({
      "llm.is_streaming": true,
      "llm.top_k": 40,
      "llm.frequency_penalty": 0.1,
      "llm.presence_penalty": 0.2,
      "llm.chat.stop_sequences": ["STOP"],
      "gen_ai.usage.total_tokens": 15,
      "gen_ai.usage.completion_tokens": 5,
      "gen_ai.system": "openai"
    })
  })

  it("case 77: three tools are whole in both spellings", () => {
    const tools = ["a", "b", "c"].map((name) => ({ name, description: `does ${name}`, parameters: { type: "object" } }))
    const attributes = render({ ...chat, tools })
    tools.forEach(({ description, name }, index) => {
      for (const prefix of ["gen_ai.tool", "llm.request.functions"]) {
        expect(attributes[`${prefix}.${index}.name`]).toBe(name)
        expect(attributes[`${prefix}.${index}.description`]).toBe(description)
        expect(attributes[`${prefix}.${index}.parameters`]).toBe('{"type":"object"}')
      }
    })
    expect(attributes["litellm.request.tools.declared"]).toBe(3)
  })

  it("case 79: of 127 tools all are told, since what has room is not for a vocabulary to say", () => {
    const tools = Array.from({ length: 127 }, (_, index) => ({ name: `t${index}`, description: "d", parameters: {} }))
    const attributes = render({ ...chat, tools })
    const spent = Object.keys(attributes).filter((key) => /^(gen_ai\.tool|llm\.request\.functions)\.\d/.test(key))
    expect(spent.length).toBe(127 * 3 * 2)
    expect(spent).toContain("gen_ai.tool.0.parameters")
    expect(attributes["litellm.request.tools.declared"]).toBe(127)
  })

  it("messages are those of the chat API, and instructions stand apart from them", () => {
    const attributes = render({
      ...chat,
      systemInstructions: [{ type: "text", content: "Be concise." }],
      inputMessages: [said("user", "What's the weather?")],
      outputMessages: [said("assistant", "Sunny.")]
    })
    expect(attributes["gen_ai.input.messages"]).toBe('[{"role":"user","content":"What\'s the weather?"}]')
    expect(attributes["gen_ai.output.messages"]).toBe('[{"role":"assistant","content":"Sunny."}]')
    expect(attributes["gen_ai.system_instructions"]).toBe('[{"type":"text","content":"Be concise."}]')
  })
})

describe("identity", () => {
  const facts = {
    team: { id: "t1", alias: "team one" },
    key: { hash: "hsh", alias: "my-key" },
    user: "u9",
    organization: "o9",
    endUser: "eu9",
    metadata: { tier: "gold", user_api_key_user_id: "somebody else" }
  }

  it("case 255: team, key and who called are on every span; the model and the deployment on model calls alone", () => {
    for (const { name, span } of samples) {
      const attributes = AttributeMap.collect(Litellm.v1, { ...span, facts })
      expect(attributes, name).toMatchObject({
        "litellm.team.id": "t1",
        "litellm.team.alias": "team one",
        "litellm.api_key.hash": "hsh",
        "litellm.metadata.user_api_key_org_id": "o9",
        "litellm.metadata.user_api_key_user_id": "u9",
        "litellm.metadata.user_api_key_alias": "my-key",
        "litellm.metadata.user_api_key_end_user_id": "eu9",
        "litellm.metadata.tier": "gold"
      })
      // The reference put the model on every span, which made back ends take each for a model call.
      const names = Object.keys(attributes).filter((key) => /request\.model$|provider\.model$/.test(key))
      if (span.data?._tag !== "llm_call" && span.data?._tag !== "agent") expect(names, name).toEqual([])
    }
  })

  it("case 255: of the team's metadata what it is given, in one order; nothing where there is none", () => {
    const told = (metadata?: Record<string, string>) =>
      render(chat, { facts: { team: { id: "t1", ...(metadata && { metadata }) } } })["litellm.team.metadata"]
    expect(told({ tier: "gold" })).toBe('{"tier":"gold"}')
    expect(told({ b: "2", empty: "", a: "1" })).toBe('{"a":"1","b":"2"}')
    expect([told({}), told({ empty: "" }), told()]).toEqual([undefined, undefined, undefined])
  })

  it("the end user is told as metadata, and has a key of its own only where it is asked for, which it is not", () => {
    const attributes = render(chat, { facts: { endUser: "eu9" } })
    expect(attributes).toMatchObject({ "litellm.metadata.user_api_key_end_user_id": "eu9", "user.id": "eu9" })
    expect(attributes).not.toHaveProperty(["litellm.end_user.id"])
    expect(Object.keys(Litellm.v1.keys)).not.toContain("litellm.end_user.id")
  })

  it("nobody passes for another by metadata", () => {
    const metadata = { user_api_key_user_id: "u1" }
    const none = { facts: { metadata } }
    expect(render(chat, none)).not.toHaveProperty(["litellm.metadata.user_api_key_user_id"])
    expect(render({ _tag: "service", service: "s", metadata }, none)).not.toHaveProperty([
      "litellm.metadata.user_api_key_user_id"
    ])
  })

  it("a service's own facts are metadata too, under the rules for what nobody has checked", () => {
    const metadata = { table_name: "combined_view", count: 3, api_key: "sk-secret" }
    const attributes = render({ _tag: "db_call", service: "postgres", metadata })
    const noted = Object.entries(attributes).filter(([key]) => key.startsWith("litellm.metadata."))
    expect(Object.fromEntries(noted)).toEqual({
      "litellm.metadata.table_name": "combined_view",
      "litellm.metadata.count": "3"
    })
  })

  it("what is noted of a service stands under its bare name too, and can be no other key", () => {
    const metadata = {
      table_name: "combined_view",
      count: 3,
      token: "sk-secret",
      service: "forged",
      error: "forged",
      "litellm.team.id": "forged",
      "gen_ai.data_source.id": "forged",
      "": "nameless"
    }
    for (const _tag of ["db_call", "service"] as const) {
      const attributes = render({ _tag, service: "postgres", metadata }, { facts: { metadata: { tier: "gold" } } })
      expect(attributes).toMatchObject({ table_name: "combined_view", count: "3", service: "postgres" })
      const never = ["token", "error", "litellm.team.id", "gen_ai.data_source.id", "", "tier"]
      expect(Object.keys(attributes).filter((key) => never.includes(key))).toEqual([])
    }
  })

  it("what LiteLLM has no key for is told once, on the root", () => {
    const told = { traceName: "nightly", tags: ["a"], release: "1", promptName: "weather", promptVersion: "3" }
    expect(render(undefined, { facts: told, isRoot: true })).toEqual({
      "gateway.trace.name": "nightly",
      "gateway.trace.tags": ["a"],
      "gateway.trace.release": "1",
      "gateway.prompt.name": "weather",
      "gateway.prompt.version": "3"
    })
    expect(render(undefined, { facts: told })).toEqual({})
  })
})

describe("errors", () => {
  it("case 51, case 95: five keys say what went wrong", () => {
    const error = { type: "ProxyException", message: "boom", code: "401", stackTrace: "tb", provider: "anthropic" }
    expect(render(undefined, { error })).toEqual({
      "error.type": "ProxyException",
      "error.message": "boom",
      "litellm.provider.error.code": "401",
      "litellm.provider.error.stack_trace": "tb",
      "litellm.provider.error.llm_provider": "anthropic"
    })
    expect(render(undefined, { error: { type: "Timeout" } })["error.message"]).toBe("Timeout")
    expect(render(undefined)).toEqual({})
  })

  it("case 103: a service says it by its old key too", () => {
    const error = { type: "DBError", message: "boom" }
    expect(
      render({ _tag: "db_call", system: "postgresql", service: "postgres", callType: "query" }, { error })
    ).toMatchObject({
      "error.type": "DBError",
      error: "boom",
      service: "postgres",
      call_type: "query",
      "db.system": "postgresql",
      "db.system.name": "postgresql"
    })
    expect(render({ _tag: "service", service: "s" }, { error: { type: "Timeout" } })).not.toHaveProperty(["error"])
  })
})

describe("tools and guardrails", () => {
  const mcp = { _tag: "mcp_tool_call", method: "tools/call", tool: "get_weather" } as const

  it("case 31: a call on an MCP server", () => {
    expect(
      render({
        ...mcp,
        serverName: "weather-mcp",
        sessionId: "sess-abc123",
        callId: "mcp_call_1",
        cost: 0.01,
        arguments: { city: "Paris" },
        result: { temp_c: 21 }
      })
    ).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "get_weather",
      "litellm.mcp.server.name": "weather-mcp",
      "mcp.session.id": "sess-abc123",
      "litellm.call_id": "mcp_call_1",
      "litellm.cost.total": 0.01,
      "gen_ai.tool.call.arguments": '{"city":"Paris"}',
      "gen_ai.tool.call.result": '{"temp_c":21}'
    })
  })

  it("a prompt of an MCP server is told by its name, also where the span is a root", () => {
    const prompt = { _tag: "mcp_tool_call", method: "prompts/get", prompt: "analyze" } as const
    expect(render(prompt, { facts: { promptName: "weather" }, isRoot: true })).toEqual({
      "mcp.method.name": "prompts/get",
      "gen_ai.prompt.name": "analyze",
      "gateway.prompt.name": "weather"
    })
  })

  it("a service says who asked it, and a cache about which families of keys", () => {
    const asked = { service: "redis", callType: "request_redis_batch", caller: "auth", families: ["team", "key"] }
    expect(render({ _tag: "db_call", ...asked })).toMatchObject({
      "litellm.service.caller": "auth",
      "litellm.redis.families": "key,team"
    })
    expect(render({ _tag: "service", ...asked, service: "router" })).toMatchObject({ "litellm.service.caller": "auth" })
  })

  it("the RPC system is told where address and port are known", () => {
    const system = (server: SpanData.ServerAddress) => render({ ...mcp, server })["rpc.system"]
    expect(system({ address: "mcp.example.com", port: 8443 })).toBe("jsonrpc")
    expect(system({ address: "mcp.example.com" })).toBeUndefined()
  })

  it("case 21, case 25, case 27: a guardrail and its verdict", () => {
    expect(
      render({
        _tag: "guardrail",
        name: "openai-moderation",
        mode: "pre_call",
        status: "guardrail_intervened",
        provider: "openai",
        action: "BLOCKED",
        response: { violated_categories: ["violence"] },
        categories: ["violence"],
        maskedEntities: { EMAIL: 2, PHONE: 1 },
        duration: 0.05,
        id: "gd-eu-pii-001",
        transactionId: "tx-123",
        policy: "EU AI Act Article 5",
        detectionMethod: "presidio",
        costInSpend: false
      })
    ).toEqual({
      "litellm.guardrail.name": "openai-moderation",
      "litellm.guardrail.mode": "pre_call",
      "litellm.guardrail.status": "guardrail_intervened",
      "litellm.guardrail.provider": "openai",
      "litellm.guardrail.action": "BLOCKED",
      "litellm.guardrail.response": '{"violated_categories":["violence"]}',
      "litellm.guardrail.violation_categories": ["violence"],
      "litellm.guardrail.masked_entity_count": 3,
      "litellm.guardrail.duration": 0.05,
      "litellm.guardrail.id": "gd-eu-pii-001",
      "litellm.guardrail.transaction_id": "tx-123",
      "litellm.guardrail.policy_template": "EU AI Act Article 5",
      "litellm.guardrail.detection_method": "presidio",
      "litellm.guardrail.cost_in_spend": false
    })
    expect(render({ _tag: "guardrail", name: "g" })).not.toHaveProperty(["litellm.guardrail.cost_in_spend"])
  })
})
