import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Canaries from "../src/demo/Canaries.js"

const canary = (text: string, owner = "acme", isSecret = false): Canaries.Canary => ({
  owner,
  what: "prompt",
  text,
  isSecret
})

const found = (text: string, haystack: string | Uint8Array) =>
  Canaries.find([canary(text)], [typeof haystack === "string" ? Buffer.from(haystack) : haystack]).map(
    ({ form }) => form
  )

/** Long enough not to occur by chance. */
const text = FastCheck.string({ unit: "binary", minLength: 8, maxLength: 40 }).map((value) =>
  Buffer.from(value).toString()
)
const surroundings = FastCheck.uint8Array({ maxLength: 40 })

describe("a canary", () => {
  it("is found as it is, between other bytes", () => {
    expect(found("canary-1", '{"prompt":"canary-1"}')).toEqual(["as it is"])
    expect(found("canary-1", "canary-2")).toEqual([])
    expect(found("canary-1", "")).toEqual([])
  })

  it("is found in each disguise", () => {
    const secret = 'k"/ü €+'
    const encoded = Buffer.from(secret)
    expect(found(secret, JSON.stringify({ a: secret }))).toEqual(["JSON"])
    expect(found(secret, encodeURIComponent(secret))).toEqual(["percent-encoded"])
    expect(found(secret, encodeURIComponent(secret).toLowerCase())).toEqual(["percent-encoded"])
    expect(found(secret, new URLSearchParams({ q: secret }).toString())).toEqual(["percent-encoded"])
    expect(found(secret, encoded.toString("hex"))).toEqual(["hex"])
    expect(found(secret, encoded.toString("hex").toUpperCase())).toEqual(["hex"])
    expect(found(secret, Buffer.from(secret, "utf16le"))).toEqual(["UTF-16"])
    expect(found("canary-1", "\\u0063\\u0061\\u006e\\u0061\\u0072\\u0079\\u002d\\u0031")).toEqual(["JSON, all escaped"])
    expect(found("canary-1", "%63%61%6E%61%72%79%2D%31")).toEqual(["percent-encoded, all of it"])
  })

  it("that is a trace id is found as the bytes that it stands for", () => {
    const id = "0af7651916cd43dd8448eb211c80319c"
    expect(found(id, Buffer.from(`0102${id}03`, "hex"))).toEqual(["bytes of hex"])
  })

  it("is found inside a longer text that was turned into base64, wherever it begins", () => {
    for (const before of ["", "x", "xy", "xyz"]) {
      for (const after of ["", ":", "::", ":::"]) {
        const whole = Buffer.from(`${before}canary?>~1${after}`)
        expect(found("canary?>~1", whole.toString("base64"))).toEqual([`base64 at offset ${before.length % 3}`])
        expect(found("canary?>~1", whole.toString("base64url"))).toHaveLength(1)
      }
    }
  })

  it("is found in whatever stands around it (property)", () => {
    FastCheck.assert(
      FastCheck.property(text, surroundings, surroundings, FastCheck.nat(), (value, before, after, pick) => {
        const disguises = Canaries.disguisesOf(value)
        const disguise = disguises[pick % disguises.length]
        return disguise !== undefined && found(value, Buffer.concat([before, disguise.bytes, after])).length === 1
      })
    )
  })

  it("is found when the whole haystack is encoded (property)", () => {
    FastCheck.assert(
      FastCheck.property(text, surroundings, surroundings, (value, before, after) => {
        const whole = Buffer.concat([before, Buffer.from(value), after])
        return (["base64", "base64url", "hex"] as const).every(
          (encoding) => found(value, whole.toString(encoding)).length === 1
        )
      })
    )
  })

  it("is not found where it is not (property)", () => {
    const other = FastCheck.string({ minLength: 0, maxLength: 200 })
    FastCheck.assert(
      FastCheck.property(FastCheck.uuid(), other, (value, haystack) =>
        haystack.includes(value) ? true : found(value, haystack).length === 0
      )
    )
  })
})

describe("whose canaries must not be here", () => {
  const all = [canary("a"), canary("b", "acme", true), canary("c", "globex"), canary("d", "nobody")]

  it("are everybody else's, and one's own secrets", () => {
    expect(Canaries.foreignTo("acme", all).map(({ text }) => text)).toEqual(["b", "c", "d"])
    expect(Canaries.foreignTo("globex", all).map(({ text }) => text)).toEqual(["a", "b", "d"])
    expect(Canaries.foreignTo("operator", all)).toHaveLength(4)
  })
})
