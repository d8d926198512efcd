import { describe, expect, it } from "@effect/vitest"
import { ServiceCatalog } from "@tenant-tracer/model"
import { FastCheck as fc, Option } from "effect"

const { some, none } = Option

describe("ServiceCatalog", () => {
  it("knows databases and caches", () => {
    expect(
      ["redis", "redis_daily_spend", "postgres", "batch_write_to_db"].map((name) => ServiceCatalog.dbSystem(name))
    ).toStrictEqual([some("redis"), some("redis"), some("postgresql"), some("postgresql")])
    expect(
      ["Redis", "rediss", "myredis_", "vault", "", "toString"].map((name) => ServiceCatalog.dbSystem(name))
    ).toStrictEqual([none(), none(), none(), none(), none(), none()])
  })

  it("gives no role to what is only measured", () => {
    expect(
      ["self", "router", "proxy_pre_call", "auth", "redis_x", "postgres", "vault", "Auth", "POSTGRES"].map((name) =>
        ServiceCatalog.roleOf(name)
      )
    ).toStrictEqual([
      none(),
      none(),
      none(),
      none(),
      some("db_call"),
      some("db_call"),
      some("service"),
      some("service"),
      some("service")
    ])
  })

  it("can be made from scratch", () => {
    const catalog = ServiceCatalog.make({ databases: { "mongo*": "mongodb" }, silent: ["noise"] })
    expect(ServiceCatalog.dbSystem("mongo", catalog)).toStrictEqual(some("mongodb"))
    expect(ServiceCatalog.dbSystem("mongo-eu", catalog)).toStrictEqual(some("mongodb"))
    expect(ServiceCatalog.dbSystem("redis", catalog)).toStrictEqual(none())
    expect(ServiceCatalog.roleOf("noise", catalog)).toStrictEqual(none())
    expect(ServiceCatalog.roleOf("auth", catalog)).toStrictEqual(some("service"))
    expect(ServiceCatalog.roleOf("anything", ServiceCatalog.make({}))).toStrictEqual(some("service"))
  })

  it("can be extended, and what is added wins", () => {
    const catalog = ServiceCatalog.extend(ServiceCatalog.standard, {
      databases: { clickhouse: "clickhouse", redis_vectors: "valkey", router: "sqlite" },
      silent: ["heartbeat"]
    })
    expect(ServiceCatalog.dbSystem("clickhouse", catalog)).toStrictEqual(some("clickhouse"))
    expect(ServiceCatalog.dbSystem("redis_vectors", catalog)).toStrictEqual(some("valkey"))
    expect(ServiceCatalog.dbSystem("redis_other", catalog)).toStrictEqual(some("redis"))
    expect(ServiceCatalog.roleOf("router", catalog)).toStrictEqual(some("db_call"))
    expect(ServiceCatalog.roleOf("heartbeat", catalog)).toStrictEqual(none())
    expect(ServiceCatalog.roleOf("auth", catalog)).toStrictEqual(none())
    expect(ServiceCatalog.roleOf("heartbeat")).toStrictEqual(some("service"))
  })

  it("takes every database for a db_call", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom("redis", "redis_x", "self")), (name) => {
        const role = ServiceCatalog.roleOf(name)
        expect(Option.isSome(ServiceCatalog.dbSystem(name))).toBe(Option.contains(role, "db_call" as const))
      })
    )
  })
})
