import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as Attributes from "../../src/internal/attributes.js"
import * as ids from "../../src/internal/ids.js"

const written = (key: string, value: unknown): ReadonlyArray<readonly [string, unknown]> => {
  const attributes = new Map<string, Attributes.AttributeValue>()
  Attributes.write(attributes, key, value)
  return [...attributes]
}

const valueOf = (value: unknown): unknown => written("k", value)[0]?.[1]

describe("attributes as they are kept", () => {
  it("plain values stay, everything else becomes text", () => {
    expect(["text", 1.5, true, ["a"], [1, 2], [true]].map(valueOf)).toEqual(["text", 1.5, true, ["a"], [1, 2], [true]])
    expect([Number.NaN, Number.POSITIVE_INFINITY, 5n].map(valueOf)).toEqual(["NaN", "Infinity", "5"])
    expect(valueOf({ a: [1] })).toBe('{"a":[1]}')
    expect(valueOf(["a", 1, { b: 2 }, undefined])).toEqual(["a", "1", '{"b":2}', "undefined"])
  })

  it("an object is JSON text, and of a hostile one what can be read", () => {
    const within: Record<string, unknown> = { kept: 1 }
    within.self = within
    expect(written("k", { big: 5n })).toEqual([["k", '{"big":"5"}']])
    expect(written("k", within)).toEqual([["k", '{"kept":1}']])
    expect(written("k", { text: "x".repeat(100_000) })[0]?.[1]).toHaveLength(32 * 1024)
  })

  it("what says nothing or cannot be read is left out", () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const lying = {
      toJSON: () => {
        throw new Error("toJSON")
      }
    }
    for (const value of [null, undefined, () => 1, Symbol("s"), cyclic, proxy, lying]) {
      expect(written("k", value)).toEqual([])
    }
  })

  it("is a copy", () => {
    const list = ["a"]
    const attributes = new Map<string, Attributes.AttributeValue>()
    Attributes.write(attributes, "k", list)
    list.push("b")
    expect(attributes.get("k")).toEqual(["a"])
  })

  it("has bounds", () => {
    expect(valueOf("x".repeat(100_000))).toHaveLength(32 * 1024)
    expect(valueOf({ long: "x".repeat(100_000) })).toHaveLength(32 * 1024)
    expect(valueOf(Array.from({ length: 1000 }, () => 1))).toHaveLength(256)
    expect(written("k".repeat(1000), 1)[0]?.[0]).toHaveLength(256)
    const attributes = new Map<string, Attributes.AttributeValue>()
    for (let i = 0; i < 128; i++) expect(Attributes.write(attributes, `k${i}`, i)).toBe(true)
    expect(Attributes.write(attributes, "one more", 1)).toBe(false)
    expect(Attributes.write(attributes, "k0", "changed")).toBe(true)
    expect(attributes.get("k0")).toBe("changed")
  })

  it("what is cut keeps nothing of the rest alive", () => {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    const bytes = () => {
      collect()
      const { external, heapUsed } = process.memoryUsage()
      return external + heapUsed
    }
    const before = bytes()
    const kept = Array.from({ length: 40 }, (_, i) =>
      valueOf(Buffer.alloc(5_000_000, 97 + (i % 26)).toString("latin1"))
    )
    // All of it would be 200 MB.
    expect(bytes() - before).toBeLessThan(100_000_000)
    expect(kept).toHaveLength(40)
  })

  it("case 191: headers and queries are never kept", () => {
    for (const key of [
      "http.request.header.authorization",
      "http.request.header.x_api_key",
      "http.response.header.set_cookie",
      "url.query"
    ]) {
      expect(written(key, "SECRET")).toEqual([])
    }
    expect(written("url.full", "https://host/path?key=SECRET#part")).toEqual([["url.full", "https://host/path"]])
    expect(written("url.full", "https://user:SECRET@host/path")).toEqual([["url.full", "https://host/path"]])
    expect(written("http.url", "https://host/path#SECRET")).toEqual([["http.url", "https://host/path"]])
    expect(written("http.target", "/path?SECRET")).toEqual([["http.target", "/path"]])
    expect(written("url.path", "/a?b")).toEqual([["url.path", "/a?b"]])
  })

  it("a server's address is its host, also where a library writes the origin; the port is told then", () => {
    const address = (origin: string, ...before: ReadonlyArray<readonly [string, unknown]>) => {
      const attributes = new Map<string, Attributes.AttributeValue>()
      for (const [key, value] of [...before, ["server.address", origin] as const])
        Attributes.write(attributes, key, value)
      return [attributes.get("server.address"), attributes.get("server.port")]
    }
    expect(address("https://api.openai.com")).toEqual(["api.openai.com", 443])
    expect(address("http://127.0.0.1")).toEqual(["127.0.0.1", 80])
    expect(address("http://[::1]:8080")).toEqual(["::1", 8080])
    expect(address("https://user:SECRET@host?key=SECRET")).toEqual(["host", 443])
    expect(address("postgresql://db.internal")).toEqual(["db.internal", undefined])
    expect(address("db.internal")).toEqual(["db.internal", undefined])
    expect(address("a://[")).toEqual(["a://[", undefined])
    const full = Array.from({ length: 127 }, (_, index) => [`k${index}`, index] as const)
    expect(address("https://api.openai.com", ...full)).toEqual(["api.openai.com", undefined])
  })

  it("never throws, and keeps only what an attribute may be", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), FastCheck.anything({ withBigInt: true, withMap: true }), (key, value) => {
        for (const [, kept] of written(key, value)) {
          const items: ReadonlyArray<unknown> = Array.isArray(kept) ? kept : [kept]
          expect(items.every((item) => ["string", "number", "boolean"].includes(typeof item))).toBe(true)
          expect(new Set(items.map((item) => typeof item)).size).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 500 }
    )
  })
})

describe("ids", () => {
  it("are lower-case hex, not zero, and never the same", () => {
    const made = Array.from({ length: 5000 }, () => [ids.traceId(), ids.spanId()] as const)
    for (const [traceId, spanId] of made) {
      expect(traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
      expect(spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
    }
    expect(new Set(made.flat()).size).toBe(10_000)
  })
})
