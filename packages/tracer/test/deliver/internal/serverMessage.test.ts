import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as serverMessage from "../../../src/deliver/internal/serverMessage.js"

const clean = (text: string, ...secrets: ReadonlyArray<string>) => serverMessage.clean(text, secrets)

describe("what a back end says", () => {
  it.each([
    "span is too old",
    "project not found: set resource attribute openinference.project.name",
    "attribute gen_ai.usage.input_tokens must be an integer, got 3.5",
    "see https://docs.vendor.example/otlp/v1/errors",
    "basic authentication is required",
    "größe überschritten 😀",
    "rejected 2 spans; token count missing"
  ])("stays as it is: %s", (text) => {
    expect(clean(text, "Bearer sk-canary-123456", "1")).toBe(text)
  })

  it("is one line, without control characters and whatever turns or hides text", () => {
    expect(clean("a\r\nb\u0000c\u001b[31m\u202ed\u200b\ufeffe\ud800 \u2028f")).toBe("a b c [31m d e f")
    expect(clean(" \n\u0000 ")).toBe("")
  })

  it("is cut, and never in the middle of a character", () => {
    const long = clean("😀 word ".repeat(500))
    expect([...long]).toHaveLength(200)
    expect(long.endsWith("…")).toBe(true)
    expect(long).not.toMatch(/\p{Cs}/u)
  })

  it.each([
    ["the value of a header", "unknown key k3y-of-acme!", "unknown key …!"],
    ["in any case", "unknown key K3Y-OF-ACME", "unknown key …"],
    ["a token without its scheme", "bad token zz-top", "bad token …"],
    ["the parts of Basic", "no user pkuser or sksecret", "no user … or …"],
    ["a short value where it stands alone", "org 42 of 420 is gone", "org … of 420 is gone"],
    ["what is named as a secret", `{"api_key": "hunter2", "a": 1}`, `{"api_key": "…", "a": 1}`],
    ["what is assigned to one", "password=hunter2&a=1", "password=…&a=1"],
    ["a header that is quoted", "got authorization: Bearer hunter2, sorry", "got authorization: …, sorry"],
    ["another bearer", "Bearer hunter2 is unknown", "Bearer … is unknown"],
    ["well-known beginnings", "not sk-proj_abcdef, lsv2_pt_abcdef, AKIAABCDEFGH, eyJhbGciOi.abc.def", "not …, …, …, …"],
    ["long random texts", "id 0af7651916cd43dd8448eb211c80319c", "id …"],
    ["user info in a URL", "try https://user:pass@host.example/", "try https://…@host.example/"]
  ])("is freed of %s", (_, text, expected) => {
    const basic = `Basic ${Buffer.from("pkuser:sksecret").toString("base64")}`
    expect(clean(text, "k3y-of-acme", "Bearer zz-top", basic, "42")).toBe(expected)
  })

  it("is left out where a piece of a secret is left in it, however it is written", () => {
    const secret = "correct-horse-battery"
    for (const text of [
      "c o r r e c t h o r s e",
      "correct horse is no key",
      "CORRECT.HORSE.BATTERY",
      "ends with horse-bat",
      "ｃｏｒｒｅｃｔ－ｈｏｒｓｅ",
      "correct\u200b-horse\u0000-battery"
    ])
      expect([text, clean(text, `Bearer ${secret}`)]).toEqual([text, ""])
  })

  const secret = FastCheck.stringMatching(/^[A-Za-z0-9_+/=.$^()[\]{}|?*\\-]{4,60}$/)

  it.prop("never shows a secret of the request", [FastCheck.string(), secret, FastCheck.string()], ([a, value, b]) => {
    for (const header of [value, `Bearer ${value}`, `Basic ${Buffer.from(`user:${value}`).toString("base64")}`])
      for (const text of [header, `${a} ${header} ${b}`, a + value + b, `x${value}${value}`, value.toUpperCase()]) {
        const shown = clean(text, header)
        expect(shown.toLowerCase()).not.toContain(value.toLowerCase())
        expect([...shown].length).toBeLessThanOrEqual(serverMessage.maxLength)
        expect(shown).not.toMatch(/\p{C}/u)
      }
  })

  it("takes no time over a text that is made to take long", () => {
    const hostile = [
      " ",
      "a1".repeat(1000),
      "key=".repeat(500),
      "//".repeat(1000),
      "bearer ".repeat(300),
      "-".repeat(2000)
    ]
    const started = performance.now()
    for (const text of hostile) clean(text.repeat(30), "x".repeat(8192), "Bearer ".repeat(1000))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
