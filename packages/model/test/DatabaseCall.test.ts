import { describe, expect, it } from "@effect/vitest"
import { DatabaseCall, type SpanData } from "@tenant-tracer/model"

const call = (fields: Partial<SpanData.DbCall>): SpanData.Read<SpanData.DbCall> => ({ _tag: "db_call", ...fields })

const nameOf = (fields: Partial<SpanData.DbCall>) => DatabaseCall.nameOf(call(fields))

const postgres = { service: "postgres", system: "postgresql" }

describe("DatabaseCall.of", () => {
  it("says in the conventions' words what the payload says", () => {
    expect(
      DatabaseCall.of(
        call({
          ...postgres,
          callType: "select",
          target: "teams",
          namespace: "gateway",
          summary: "SELECT teams keys",
          endpoint: { address: "db.internal", port: 6543 }
        })
      )
    ).toEqual({
      system: "postgresql",
      operation: "select",
      collection: "teams",
      namespace: "gateway",
      summary: "SELECT teams keys",
      address: "db.internal",
      port: 6543
    })
  })

  it("knows the system of a service of the catalogue; the payload's goes first", () => {
    expect(DatabaseCall.of(call({ service: "redis_daily_spend" })).system).toBe("redis")
    expect(DatabaseCall.of(call({ service: "postgres", system: "cockroachdb" })).system).toBe("cockroachdb")
    expect(DatabaseCall.of(call({ service: "spend-log" })).system).toBeUndefined()
  })

  it("sums up an operation on one collection, and nothing less", () => {
    const summary = (fields: Partial<SpanData.DbCall>) => DatabaseCall.of(call(fields)).summary
    expect(summary({ ...postgres, callType: "select", target: "teams" })).toBe("select teams")
    expect(summary({ ...postgres, callType: "select" })).toBeUndefined()
    expect(summary({ ...postgres, target: "teams" })).toBeUndefined()
    expect(summary({ service: "redis", callType: "get", target: "llm_response" })).toBeUndefined()
  })

  it("has no collection for Redis, where the target is a family of keys", () => {
    expect(DatabaseCall.of(call({ service: "redis", target: "llm_response" })).collection).toBeUndefined()
  })

  it("has a port where the address is known and the system's own is another", () => {
    const port = (fields: Partial<SpanData.DbCall>) => DatabaseCall.of(call(fields)).port
    expect(port({ ...postgres, endpoint: { address: "db", port: 5432 } })).toBeUndefined()
    expect(port({ ...postgres, endpoint: { address: "db", port: 6379 } })).toBe(6379)
    expect(port({ service: "redis", endpoint: { address: "cache", port: 6379 } })).toBeUndefined()
    expect(port({ service: "spend-log", endpoint: { address: "db", port: 5432 } })).toBe(5432)
    expect(port({ ...postgres, endpoint: { address: "", port: 6543 } })).toBeUndefined()
  })

  it("leaves out what is of another type or empty", () => {
    const garbage = { _tag: "db_call", system: 5, service: {}, callType: "", target: [], endpoint: { port: "x" } }
    const none = DatabaseCall.of(garbage as unknown as SpanData.DbCall)
    expect(Object.values(none).filter((value) => value !== undefined)).toEqual([])
    expect(DatabaseCall.nameOf(garbage as unknown as SpanData.DbCall)).toBe("")
  })
})

describe("DatabaseCall.nameOf", () => {
  const endpoint = { address: "db.internal", port: 6543 }

  it("a summary is the name, whatever else is known", () => {
    const known = { ...postgres, callType: "select", target: "teams", namespace: "gateway", endpoint }
    expect(nameOf({ ...known, summary: "SELECT teams keys" })).toBe("SELECT teams keys")
  })

  it("else the operation and what it is performed on: the collection, the namespace, the server", () => {
    expect(nameOf({ ...postgres, callType: "select", target: "teams", namespace: "gateway", endpoint })).toBe(
      "select teams"
    )
    expect(nameOf({ ...postgres, callType: "select", namespace: "gateway", endpoint })).toBe("select gateway")
    expect(nameOf({ ...postgres, callType: "select", endpoint })).toBe("select db.internal:6543")
    expect(nameOf({ ...postgres, callType: "select", endpoint: { ...endpoint, port: 5432 } })).toBe(
      "select db.internal"
    )
  })

  it("of a cache its family of keys, and never the number of its database", () => {
    expect(nameOf({ service: "redis", callType: "get", target: "llm_response", namespace: "0" })).toBe(
      "get llm_response"
    )
    expect(nameOf({ service: "redis", callType: "get", namespace: "0" })).toBe("redis get")
    expect(nameOf({ service: "redis", callType: "get", namespace: "0", endpoint: { address: "cache" } })).toBe(
      "get cache"
    )
  })

  it("service and call, where that is all that is known", () => {
    expect(nameOf({ service: "redis", callType: "set" })).toBe("redis set")
    expect(nameOf({ ...postgres, callType: "select" })).toBe("postgres select")
    expect(nameOf({ callType: "select" })).toBe("select")
  })

  it("without an operation what it is performed on, else the system, else the service", () => {
    expect(nameOf({ ...postgres, target: "teams" })).toBe("teams")
    expect(nameOf({ ...postgres, namespace: "gateway" })).toBe("gateway")
    expect(nameOf(postgres)).toBe("postgresql")
    expect(nameOf({ service: "spend-log" })).toBe("spend-log")
    expect(nameOf({})).toBe("")
  })
})
