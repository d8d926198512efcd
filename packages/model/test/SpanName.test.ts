import { describe, expect, it } from "@effect/vitest"
import { SpanData, SpanName, SpanRole } from "@tenant-tracer/model"
import { Arbitrary, FastCheck as fc } from "effect"

/** What the compiler would not let through, as a plug-in or a cast may hand it on. */
const nameOf = (data: unknown) => SpanName.of(data as SpanData.Read)

const llm = (fields: object) => nameOf({ _tag: "llm_call", operation: "chat", provider: "openai", ...fields })

describe("SpanName", () => {
  it("case 35: a model call", () => {
    expect(llm({ requestModel: "gpt-4o" })).toBe("chat gpt-4o")
    expect(llm({ requestModel: "" })).toBe("chat")
    expect(llm({})).toBe("chat")
    expect(llm({ operation: "embeddings", requestModel: "text-embedding-3-small" })).toBe(
      "embeddings text-embedding-3-small"
    )
    expect(nameOf({ _tag: "llm_call" })).toBe("chat")
  })

  it("a vocabulary's own name wins, within the same bounds; what it has no name for is named as ever", () => {
    const data = { _tag: "db_call", service: "redis", callType: "get" } as const
    expect(SpanName.of(data, ({ _tag }) => `${_tag}.get`)).toBe("db_call.get")
    expect(SpanName.of(data, () => undefined)).toBe("redis get")
    expect(SpanName.of(data, () => `a\nb${"x".repeat(500)}`)).toMatch(/^a bx+$/)
    expect(SpanName.of(data, () => "x".repeat(500))).toHaveLength(SpanName.maxLength)
    expect(SpanName.of(data, () => " ")).toBe("db_call")
    expect(
      SpanName.of(data, () => {
        throw new Error("a plug-in's")
      })
    ).toBe("span")
  })

  it("a retrieval is named after its source", () => {
    expect(llm({ operation: "retrieval", dataSourceId: "docs", requestModel: "m" })).toBe("retrieval docs")
    expect(llm({ operation: "retrieval", requestModel: "m" })).toBe("retrieval m")
  })

  it("an operation on memories is named by itself: which store it was is known to few", () => {
    expect(llm({ operation: "search_memory", dataSourceId: "docs", requestModel: "m" })).toBe("search_memory")
    expect(llm({ operation: "delete_memory_store" })).toBe("delete_memory_store")
  })

  it("case 37: a request", () => {
    expect(nameOf({ _tag: "proxy_request", method: "POST", route: "/chat/completions" })).toBe("POST /chat/completions")
    expect(nameOf({ _tag: "proxy_request", method: "GET", path: "/users/4711" })).toBe("GET")
    expect(nameOf({ _tag: "proxy_request", method: "SPLICE", route: "/x" })).toBe("HTTP /x")
    expect(nameOf({ _tag: "proxy_request", method: "GET", route: "/x?key=secret#part" })).toBe("GET /x")
    expect(nameOf({ _tag: "proxy_request" })).toBe("HTTP")
  })

  it("tools and agents", () => {
    expect(nameOf({ _tag: "mcp_tool_call", method: "tools/call", tool: "get-weather" })).toBe("tools/call get-weather")
    expect(nameOf({ _tag: "mcp_tool_call", method: "prompts/get", prompt: "greeting" })).toBe("prompts/get greeting")
    expect(nameOf({ _tag: "mcp_tool_call", method: "resources/read", resourceUri: "file:///a" })).toBe("resources/read")
    expect(nameOf({ _tag: "mcp_tool_call", method: "x".repeat(50), tool: "t" })).toBe("mcp t")
    expect(nameOf({ _tag: "mcp_list_tools", method: "tools/list" })).toBe("tools/list")
    expect(nameOf({ _tag: "tool_call", name: "search" })).toBe("execute_tool search")
    expect(nameOf({ _tag: "agent", name: "planner" })).toBe("invoke_agent planner")
    expect(nameOf({ _tag: "agent" })).toBe("invoke_agent")
    expect(nameOf({ _tag: "agent", operation: "create_agent", name: "planner" })).toBe("create_agent planner")
    expect(nameOf({ _tag: "agent", operation: "invoke_workflow", name: "trip" })).toBe("invoke_workflow trip")
    expect(nameOf({ _tag: "guardrail", name: "presidio" })).toBe("execute_guardrail presidio")
  })

  it("case 39: databases, services and phases", () => {
    expect(nameOf({ _tag: "db_call", service: "redis", callType: "set" })).toBe("redis set")
    expect(nameOf({ _tag: "db_call", service: "postgres", callType: "select" })).toBe("postgres select")
    expect(nameOf({ _tag: "db_call", service: "postgres", callType: "select", target: "teams" })).toBe("select teams")
    expect(nameOf({ _tag: "db_call", service: "postgres", callType: "select", summary: "SELECT a b" })).toBe(
      "SELECT a b"
    )
    expect(nameOf({ _tag: "db_call", service: "redis" })).toBe("redis")
    expect(nameOf({ _tag: "service", service: "auth", phase: "auth /v1/chat/completions" })).toBe(
      "auth /v1/chat/completions"
    )
    expect(nameOf({ _tag: "service", service: "vault", callType: "read" })).toBe("vault read")
  })

  it("cuts what callers type, without parting a surrogate pair", () => {
    expect(llm({ requestModel: "m".repeat(100_000) })).toBe(`chat ${"m".repeat(SpanName.maxLength - 5)}`)
    const cut = llm({ requestModel: `${"m".repeat(SpanName.maxLength - 6)}😀` })
    expect(cut).toBe(`chat ${"m".repeat(SpanName.maxLength - 6)}`)
  })

  it("shows no control character", () => {
    expect(llm({ requestModel: "a\r\nb\u0000c\u2028d\u009b" })).toBe("chat a  b c d")
    expect(nameOf({ _tag: "guardrail", name: "\u001b[31m" })).toBe("execute_guardrail  [31m")
    expect(llm({ requestModel: "gpt\u202eo4" })).toBe("chat gpt o4")
  })

  it("falls back to the role, and to a plain word where there is none", () => {
    expect(nameOf({ _tag: "db_call", service: "\n" })).toBe("db_call")
    expect(nameOf({ _tag: "service", service: 5 })).toBe("service")
    for (const garbage of [null, undefined, 5, "x", {}, { _tag: "nope" }, []]) expect(nameOf(garbage)).toBe("span")
    const hostile = {
      _tag: "llm_call",
      get requestModel(): string {
        throw new Error("boom")
      }
    }
    expect(nameOf(hostile)).toBe("span")
  })

  const fitting = (name: string) => {
    expect(name.length).toBeGreaterThan(0)
    expect(name.length).toBeLessThanOrEqual(SpanName.maxLength)
    expect(name).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u)
  }

  it("is bounded for every payload", () => {
    fc.assert(fc.property(Arbitrary.make(SpanData.SpanData), (data) => fitting(SpanName.of(data))))
  })

  it("is bounded for anything", () => {
    const character = fc.constantFrom("a", " ", "é", "€", "😀", "\ud800", "\udc00", "\n", "\0", "\u009b", "\u2028")
    const field = fc.oneof(fc.anything(), fc.string({ unit: character, maxLength: 300 }))
    const garbage = fc.record({
      _tag: fc.constantFrom(...SpanRole.all),
      method: field,
      route: field,
      operation: field,
      requestModel: field,
      dataSourceId: field,
      name: field,
      tool: field,
      service: field,
      callType: field,
      phase: field
    })
    fc.assert(fc.property(fc.oneof(garbage, fc.anything()), (data) => fitting(nameOf(data))))
  })
})
