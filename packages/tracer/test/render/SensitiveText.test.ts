import { describe, expect, it } from "@effect/vitest"
import * as Redaction from "@tenant-tracer/model/Redaction"
import { FastCheck } from "effect"
import * as SensitiveText from "../../src/render/SensitiveText.js"

const all = new Set(Redaction.patterns)

const redact = (text: string, ...patterns: ReadonlyArray<Redaction.Pattern>): string =>
  SensitiveText.redact(text, patterns.length === 0 ? all : new Set(patterns))

/** Each with its neighbours, and what is left of it. */
const gone: ReadonlyArray<readonly [Redaction.Pattern, string, string]> = [
  ["email", "alice@example.com", "[redacted:email]"],
  ["email", "<bob.smith+x_1@sub.example.co.uk>, and", "<[redacted:email]>, and"],
  ["email", "mail:jörg@müller.de.", "mail:[redacted:email]."],
  ["email", "?to=alice%40example.com&x=1", "?to=[redacted:email]&x=1"],
  ["email", "a@b.io,c@d.io;e@f.io", "[redacted:email],[redacted:email];[redacted:email]"],
  ["email", "@a@b.io", "@[redacted:email]"],
  ["card", "4111111111111111", "[redacted:card]"],
  ["card", "pay 4111 1111 1111 1111, thanks", "pay [redacted:card], thanks"],
  ["card", "5500-0000-0000-0004", "[redacted:card]"],
  ["card", "378282246310005", "[redacted:card]"],
  ["card", "3782 822463 10005", "[redacted:card]"],
  ["card", "30569309025904", "[redacted:card]"],
  ["card", "4222222222222", "[redacted:card]"],
  ["card", "6304000000000000", "[redacted:card]"],
  ["card", "card:4111111111111111.", "card:[redacted:card]."],
  ["card", "1234 4111 1111 1111 1111 12", "1234 [redacted:card] 12"],
  ["card", "4111 1111 1111 1111 5500 0000 0000 0004", "[redacted:card] [redacted:card]"],
  ["phone", "+49 151 12345678", "[redacted:phone]"],
  ["phone", "+49 (0)151 123-45678", "[redacted:phone]"],
  ["phone", "call +1 (212) 555-0123.", "call [redacted:phone]."],
  ["phone", "+442079460958", "[redacted:phone]"],
  ["phone", "0049 151 12345678", "[redacted:phone]"],
  ["phone", "(212) 555-0123", "[redacted:phone]"],
  ["phone", "212-555-0123", "[redacted:phone]"],
  ["phone", "212.555.0123", "[redacted:phone]"],
  ["phone", "1-800-555-0199", "[redacted:phone]"],
  ["phone", "06 12 34 56 78", "[redacted:phone]"],
  ["phone", "06 12 34 56 78 06 12 34 56 79", "[redacted:phone] [redacted:phone]"],
  ["phone", "020 7946 0958", "[redacted:phone]"],
  ["phone", "0151/12345678", "[redacted:phone]"],
  ["phone", "03-1234-5678", "[redacted:phone]"],
  ["phone", "01511234567", "[redacted:phone]"],
  ["phone", "98765 43210", "[redacted:phone]"],
  ["phone", "(11) 91234-5678", "[redacted:phone]"],
  ["key", "sk-proj-abcdefgh1234", "[redacted:key]"],
  ["key", "sk-ant-api03-abcdefgh-ijklmnop", "[redacted:key]"],
  ["key", "pk-lf-1234-5678 sk-lf-1234-5678", "[redacted:key] [redacted:key]"],
  ["key", "sk_live_abcdefgh1", "[redacted:key]"],
  ["key", "AKIAIOSFODNN7EXAMPLE", "[redacted:key]"],
  ["key", `ghp_${"a".repeat(36)}`, "[redacted:key]"],
  ["key", `github_pat_${"a_".repeat(20)}`, "[redacted:key]"],
  ["key", "xoxb-1234567890-abcdef", "[redacted:key]"],
  ["key", `AIza${"a".repeat(35)}`, "[redacted:key]"],
  ["key", "gsk_abcdefghijklmnopqrstuvwx", "[redacted:key]"],
  ["key", "Bearer abcdef123456", "Bearer [redacted:key]"],
  ["key", "Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted:key]"],
  ["key", "eyJhbGciOi.eyJzdWIiOi.sflKxw-_", "[redacted:key]"],
  ["key", "api_key=abc&x=1", "api_key=[redacted:key]&x=1"],
  ["key", "https://x.example/?key=abc", "https://x.example/?key=[redacted:key]"],
  ["key", 'password: "correct horse"', 'password: "[redacted:key]"'],
  ["key", '{"clientSecret":"abc"}', '{"clientSecret":"[redacted:key]"}'],
  ["key", '{\\"token\\":\\"abc123\\"}', '{\\"token\\":\\"[redacted:key]\\"}'],
  ["key", "authorization: Bearer abc", "authorization: Bearer [redacted:key]"],
  ["key", "token: password=abc", "token: [redacted:key]"],
  ["key", "password: password: hunter2", "password: password: [redacted:key]"],
  ["key", "MY_ACCESS_TOKEN=abc", "MY_ACCESS_TOKEN=[redacted:key]"],
  ["key", "postgres://user:p4ss@host/db", "postgres://user:[redacted:key]@host/db"],
  ["key", "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- x", "[redacted:key] x"],
  ["key", "-----BEGIN PRIVATE KEY-----\nMII", "[redacted:key]"],
  ["key", "Incorrect API key provided: sk-proj-abc***. You", "Incorrect API key provided: [redacted:key]. You"],
  ["key", "Incorrect API key provided: sd***xk. You", "Incorrect API key provided: [redacted:key]. You"],
  ["key", "invalid: 9f86d081884c7d659a2feaa0c55ad015", "invalid: [redacted:key]"],
  ["key", "x 8Jk2Lm9Qr4Tz7Vb1Nc6Xw3Yp5Hs0Df-_Ga", "x [redacted:key]"]
]

const kept: ReadonlyArray<string> = [
  "2024-01-15T10:20:30.123Z",
  "2024-01-15 10 20 30 40 55",
  "01.02.2024 10:30",
  "1700000000",
  "1700000000000",
  "1700000000000000000",
  "20240115102030",
  "+00:00",
  "192.168.100.200",
  "10.0.0.1:5432",
  "550e8400-e29b-41d4-a716-446655440000",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "chatcmpl-9x8y7z6w5v4u3t2s1r0qabcdefghij",
  "req_011CSHoEeqs5C35K2UUqR7Fy1234567890",
  "4111111111111112",
  "0.4111111111111111",
  "3.141592653589793",
  "4,294,967,296",
  "ISBN 978-3-16-148410-0",
  "v1.2.3-20240115",
  "effect@3.22.1",
  "@effect/platform",
  "user@localhost",
  "a @ b",
  "12 + 34",
  "sk-learn",
  "sk-fading-circle",
  "task-force",
  "Unexpected token: end of JSON input",
  "Password: required",
  "Bearer authentication is required",
  "basic understanding",
  "max_tokens: 100",
  "the token count",
  "claude-3-5-sonnet-20241022-bedrock-v2",
  "accounts/fireworks/models/llama-v3p1-405b-instruct",
  "getUserByIdAndOrganizationIdFromCache",
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA1b2c3d4e5f6g7h8",
  "http://localhost:3000/a",
  "https://example.com:8443/path?x=1"
]

describe("redact", () => {
  it.each(gone)("%s: %j becomes %j", (pattern, text, left) => {
    expect(redact(text, pattern)).toBe(left)
    expect(redact(`${text}\n`, pattern)).toBe(`${left}${text.startsWith("-----") && !text.endsWith("x") ? "" : "\n"}`)
  })

  it.each(kept.map((text) => [text]))("%j stays", (text) => {
    expect(redact(text)).toBe(text)
    expect(redact(`see ${text} there`)).toBe(`see ${text} there`)
  })

  it.each(gone)("%s is left alone where it is not asked for: %j", (pattern, text) => {
    const others = Redaction.patterns.filter((other) => other !== pattern)
    expect(redact(text, ...others)).not.toContain(`[redacted:${pattern}]`)
    expect(SensitiveText.redact(text, new Set())).toBe(text)
  })

  it("an id is no key for its looks, but for its beginning", () => {
    const sha = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    expect(SensitiveText.redact(sha, all, true)).toBe(sha)
    expect(SensitiveText.redact(sha, all)).toBe("[redacted:key]")
    expect(SensitiveText.redact("sk-proj-abcdefgh1234", all, true)).toBe("[redacted:key]")
  })

  const secret = FastCheck.constantFrom(...gone)
  // Neighbours that do not make a part of a longer word or number out of it.
  const around = FastCheck.string().map((text) => text.replace(/[\w@%+.:=*()[\]{}"'\\/,#&?-]/g, " "))

  it.prop("what is to go is gone, whatever stands around it", [around, secret, around], ([before, found, after]) => {
    const [pattern, text, left] = found
    const result = redact(`${before} ${text} ${after}`, pattern)
    expect(result.replaceAll(/\[redacted:\w+\]/g, "")).not.toContain(text)
    expect(result).toContain(left.slice(0, left.indexOf("]") + 1))
  })

  const fragments = FastCheck.array(
    FastCheck.oneof(
      FastCheck.string(),
      secret.map(([, text]) => text),
      FastCheck.constantFrom(...kept)
    )
  ).map((parts) => parts.join(", "))

  it.prop("what was redacted stays as it is", [fragments], ([text]) => {
    expect(redact(redact(text))).toBe(redact(text))
  })
})

describe("work", () => {
  const worst = [
    ..."a@1+( .-=:[{\"'\\/-ä".split(""),
    "a@",
    "a%40",
    "a@a.",
    "a.",
    "1 ",
    "4111 ",
    "+1",
    "0 1",
    "00 ",
    "password=",
    'password="',
    "password: '",
    'password=\\"',
    "token:",
    "token:token=",
    "token: x:",
    "sk-",
    "eyJ",
    "eyJa.",
    "eyJaaaaa.",
    "://a:",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY",
    "Bearer ",
    "base64,",
    "a1_",
    "AIza-",
    "\ud800"
  ]

  // Quadratic work on a million characters is 10^12 steps: an hour, and not a second.
  it.each(worst.map((unit) => [unit]))("is linear for a megabyte of %j", { timeout: 60_000 }, (unit) => {
    const text = unit.repeat(Math.ceil(2 ** 20 / unit.length))
    const began = performance.now()
    redact(text)
    expect(performance.now() - began).toBeLessThan(20_000)
  })

  it.each([
    ["a token", "password=", "a"],
    ["a list", "token: ", "a:"],
    ["words", "sk-", "a "]
  ])("ends well for %s of eight megabytes", { timeout: 60_000 }, (_, before, unit) => {
    const text = before + unit.repeat(2 ** 23 / unit.length)
    expect(redact(`${text} alice@example.com`, "key", "email").endsWith(" [redacted:email]")).toBe(true)
  })

  it("a text of many pieces is parted at a space", () => {
    const text = "alice@example.com ".repeat(2 ** 18)
    expect(redact(text, "email")).toBe("[redacted:email] ".repeat(2 ** 18))
  })

  it.prop(
    "is linear for what repeats",
    [
      FastCheck.string({
        minLength: 1,
        maxLength: 12,
        unit: FastCheck.constantFrom(..."ab1 @.:=-_\"'\\/+%([{\n\u00e4".split(""))
      })
    ],
    ([unit]) => {
      const text = unit.repeat(Math.ceil(2 ** 16 / unit.length))
      const began = performance.now()
      redact(text)
      expect(performance.now() - began).toBeLessThan(10_000)
    },
    { fastCheck: { numRuns: 60 }, timeout: 60_000 }
  )
})

describe("ofError", () => {
  it("a key at the cut is known for one", () => {
    const key = `sk-proj-${"a1b2c3d4".repeat(8)}`
    const text = SensitiveText.ofError(`${"x ".repeat(505)} ${key} ${"y ".repeat(2000)}`)
    expect(text).toContain("[redacted")
    expect(text).not.toContain("sk-")
    expect(text).toHaveLength(SensitiveText.maxErrorText)
  })

  it.prop(
    "is at most 1,024 characters and whole, and what is short is not cut",
    [FastCheck.string({ unit: "binary", maxLength: 3000 })],
    ([text]) => {
      const cut = SensitiveText.ofError(text)
      expect(cut.length).toBeLessThanOrEqual(1024)
      expect(/[\ud800-\udbff]$/.test(cut) && cut.length === 1024).toBe(false)
      if (text.length <= 1024 && !/[\w*-]{6}/.test(text)) expect(cut).toBe(text)
    }
  )

  it("half of a surrogate pair is no text", () => {
    expect(SensitiveText.ofError(`${"x".repeat(1023)}😀`)).toBe("x".repeat(1023))
  })
})
