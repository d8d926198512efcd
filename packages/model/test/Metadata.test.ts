import { describe, expect, it } from "@effect/vitest"
import { Metadata } from "@tenant-tracer/model"
import { FastCheck as fc } from "effect"

const fromEntries = (length: number, entry: (i: number) => readonly [string, unknown]) =>
  Object.fromEntries(Array.from({ length }, (_, i) => entry(i)))

describe("Metadata", () => {
  it("case 29: keeps short facts under harmless names", () => {
    const input = {
      table_name: "combined_view",
      count: 3,
      function_kwargs: {},
      function_args: [1, 2],
      function_name: "f",
      user_api_key_auth: "blob",
      api_key: "sk-secret",
      "set-cookie": "x",
      hidden_params: "…",
      obj: new Date(0),
      nested: { x: 1 }
    }
    expect(Metadata.sanitize(input)).toStrictEqual({ table_name: "combined_view", count: "3" })
  })

  it("writes booleans and numbers as JavaScript does", () => {
    expect(Metadata.sanitize({ a: true, b: false, c: 0, d: -1.5, e: "", f: null, g: 1n, h: undefined })).toStrictEqual({
      a: "true",
      b: "false",
      c: "0",
      d: "-1.5",
      e: ""
    })
  })

  it("drops every name that smells of a credential, in any case", () => {
    for (const part of [
      "api_key",
      "api-key",
      "apikey",
      "token",
      "secret",
      "password",
      "cookie",
      "authorization",
      "header",
      "hidden_params"
    ]) {
      expect(Metadata.sanitize({ [part]: "x", [`X_${part.toUpperCase()}_y`]: "x", ok: "y" })).toStrictEqual({ ok: "y" })
    }
  })

  it("keeps 32 entries, in order, not counting what is dropped", () => {
    const many = fromEntries(50, (i) => [`k${i}`, i])
    const kept = Metadata.sanitize(Object.fromEntries([["token", "x"], ["__proto__", "x"], ...Object.entries(many)]))
    expect(Object.keys(kept)).toStrictEqual(Array.from({ length: 32 }, (_, i) => `k${i}`))
  })

  it("cuts a value at 1,024 characters and drops a longer key", () => {
    const kept = Metadata.sanitize({ long: "x".repeat(1025), fits: "y".repeat(1024), ["k".repeat(1025)]: "z" })
    expect(kept).toStrictEqual({ long: "x".repeat(1024), fits: "y".repeat(1024) })
    expect(Metadata.sanitize({ pair: `${"x".repeat(1023)}😀` })).toStrictEqual({ pair: "x".repeat(1023) })
  })

  it("gives nothing for what is no record", () => {
    for (const input of [null, undefined, "text", 5, ["a"], () => 1]) expect(Metadata.sanitize(input)).toStrictEqual({})
  })

  it("survives getters and proxies that throw, and does not touch a prototype", () => {
    const hostile = {
      a: "kept",
      get b(): string {
        throw new Error("boom")
      },
      c: 1
    }
    expect(Metadata.sanitize(hostile)).toStrictEqual({ a: "kept", c: "1" })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(Metadata.sanitize(proxy)).toStrictEqual({})
    const kept = Metadata.sanitize(JSON.parse('{"__proto__": "x", "constructor": "y"}'))
    expect(kept).toStrictEqual({ constructor: "y" })
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
  })

  it("stays within its bounds for anything", () => {
    const bag = fc.dictionary(fc.string({ maxLength: 20 }), fc.oneof(fc.anything(), fc.string({ maxLength: 3000 })), {
      maxKeys: 60
    })
    fc.assert(
      fc.property(fc.oneof(bag, fc.anything(), fc.jsonValue()), (input) => {
        const entries = Object.entries(Metadata.sanitize(input))
        expect(entries.length).toBeLessThanOrEqual(32)
        for (const [key, value] of entries) {
          expect(typeof value).toBe("string")
          expect(value.length).toBeLessThanOrEqual(1024)
          expect(key).not.toMatch(/api_key|token|secret|password|cookie|authorization|header|hidden_params/i)
        }
      })
    )
  })

  it("is idempotent", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (input) => {
        const once = Metadata.sanitize(input)
        expect(Metadata.sanitize(once)).toStrictEqual(once)
      })
    )
  })
})
