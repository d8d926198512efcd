import { describe, expect, it } from "@effect/vitest"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanName from "@tenant-tracer/model/SpanName"
import { covers } from "@tenant-tracer/model/Vocabulary"
import * as FastCheck from "effect/FastCheck"
import * as AttributeMap from "../../src/AttributeMap.js"
import * as Otel from "../../src/internal/otel.js"
import * as Vocabularies from "../../src/Vocabularies.js"
import { typedSpan } from "../arbitraries.js"

const spanOf = (data: SpanData.Read) => ({ name: "x", data, facts: {}, isRoot: false, error: undefined })

const collected = (write: (out: ReturnType<typeof AttributeMap.writer>) => void): Record<string, unknown> => {
  const all: Record<string, unknown> = {}
  write(
    AttributeMap.writer(({ key, value }) => {
      all[key] = value
    })
  )
  return all
}

const http = (data: Partial<SpanData.ProxyRequest>) =>
  collected((out) => Otel.http({ _tag: "proxy_request", ...data }, out))

const database = (data: Partial<SpanData.DbCall>, error?: SpanData.SpanError) =>
  collected((out) => Otel.database({ _tag: "db_call", ...data }, error, out))

describe("the span of an HTTP server", () => {
  it("has what the conventions require, and recommend of what is known", () => {
    expect(
      http({
        method: "POST",
        route: "/v1/models/:id",
        path: "/v1/models/42",
        scheme: "https",
        status: 200,
        server: { address: "gateway.example.com", port: 443 },
        networkProtocolVersion: "1.1"
      })
    ).toEqual({
      "http.request.method": "POST",
      "http.route": "/v1/models/:id",
      "url.path": "/v1/models/42",
      "url.scheme": "https",
      "http.response.status_code": 200,
      "server.address": "gateway.example.com",
      // Of HTTP the conventions want the port whatever it is.
      "server.port": 443,
      "network.protocol.version": "1.1"
    })
  })

  it("a method that nobody knows is _OTHER, and what it was stands beside it", () => {
    expect(http({ method: "BREW" })).toEqual({
      "http.request.method": "_OTHER",
      "http.request.method_original": "BREW"
    })
    expect(http({})).toEqual({})
  })

  it("names what failed by its status, a client's mistake not at all", () => {
    const type = (status: number) =>
      collected((out) => Otel.error(spanOf({ _tag: "proxy_request", method: "GET", status }), out))["error.type"]
    expect([type(200), type(404), type(499), type(500), type(503)]).toEqual([
      undefined,
      undefined,
      undefined,
      "500",
      "503"
    ])
  })
})

describe("the error of an MCP server", () => {
  const type = (data: SpanData.Read) => collected((out) => Otel.error(spanOf(data), out))["error.type"]

  it("is known by the code of JSON-RPC where one came back, else by its own type", () => {
    const error = { type: "McpError", code: "-32602" }
    expect(type({ _tag: "mcp_tool_call", method: "tools/call", error })).toBe("-32602")
    expect(type({ _tag: "mcp_list_tools", method: "tools/list", error })).toBe("-32602")
    expect(type({ _tag: "mcp_tool_call", error: { type: "tool_error" } })).toBe("tool_error")
    expect(type({ _tag: "mcp_tool_call", error: { type: "tool_error", code: "" } })).toBe("tool_error")
    expect(type({ _tag: "tool_call", name: "f", error })).toBe("McpError")
  })
})

describe("the span of a database call", () => {
  const endpoint = { address: "db.internal", port: 5432 }

  it("has what the conventions require, and recommend of what is known", () => {
    expect(
      database(
        {
          service: "postgres",
          callType: "select",
          target: "teams",
          namespace: "gateway|public",
          endpoint: { ...endpoint, port: 6543 }
        },
        { type: "DBError", code: "40001" }
      )
    ).toEqual({
      "db.system.name": "postgresql",
      "db.operation.name": "select",
      "db.collection.name": "teams",
      "db.namespace": "gateway|public",
      "db.query.summary": "select teams",
      "db.response.status_code": "40001",
      "server.address": "db.internal",
      "server.port": 6543
    })
  })

  it("has no port that goes without saying", () => {
    expect(database({ service: "postgres", endpoint })).not.toHaveProperty(["server.port"])
    expect(database({ service: "redis", endpoint })).toMatchObject({ "server.port": 5432 })
  })
})

describe("of every vocabulary", () => {
  const rowsOf = (prefix: RegExp) =>
    Vocabularies.all.flatMap(({ keys, name }) =>
      Object.entries(keys).flatMap(([row, source]) => (prefix.test(row) ? [[name, row, source] as const] : []))
    )

  it("the keys of HTTP and databases cite the page that is stable, with its version and section", () => {
    for (const [name, row, source] of rowsOf(/^db\.(?!system$)/)) {
      expect(source, `${name} ${row}`).toBe("semconv 1.44 db/database-spans.md#span-definition")
    }
    for (const [name, row, source] of rowsOf(/^(?:http|url)\./)) {
      expect(source, `${name} ${row}`).toBe("semconv 1.44 http/http-spans.md#http-server-span")
    }
    expect(rowsOf(/^db\./).length).toBeGreaterThan(Vocabularies.all.length)
  })

  it("none has a key for the query, a header, an agent or an address of whoever called", () => {
    const private_ = ["url.query", "url.full", "http.request.header.x", "user_agent.original", "client.address"]
    for (const { keys, name } of Vocabularies.all) {
      for (const key of [...private_, "network.peer.address", "db.query.text"]) {
        expect(
          Object.keys(keys).filter((row) => covers(row, key)),
          name
        ).toEqual([])
      }
    }
  })

  it("where a summary is told, a call is named by it, unless the vocabulary has its own names", () => {
    const spelled = Vocabularies.all.filter(({ spanName }) => spanName === undefined)
    let told = 0
    FastCheck.assert(
      FastCheck.property(typedSpan, (span) => {
        if (span.data?._tag !== "db_call") return
        for (const vocabulary of spelled) {
          const summary = AttributeMap.collect(vocabulary, span)["db.query.summary"]
          if (typeof summary !== "string") continue
          told++
          expect(SpanName.of(span.data)).toBe(SpanName.of({ _tag: "db_call", summary }))
        }
      }),
      { numRuns: 1000 }
    )
    expect(told).toBeGreaterThan(0)
  })
})

describe.each(Vocabularies.all.map((one) => [`${one.name} ${one.version}`, one] as const))(
  "what is asked of an MCP server, in %s",
  (_, vocabulary) => {
    const told = (method: string, rest: Partial<SpanData.McpToolCall>) =>
      JSON.stringify(AttributeMap.collect(vocabulary, spanOf({ _tag: "mcp_tool_call", method, ...rest })))

    it("is a tool where one is called, else none", () => {
      expect(told("tools/call", { tool: "f" })).toMatch(/f".*tool|tool.*f"/i)
      expect(told("prompts/get", { prompt: "p" })).not.toMatch(/tool/i)
      expect(told("resources/read", { resourceUri: "file:///a" })).not.toMatch(/tool/i)
    })
  }
)
