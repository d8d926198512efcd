import { describe, expect, it } from "@effect/vitest"
import { TraceFacts } from "@tenant-tracer/model"
import { Arbitrary, FastCheck as fc, Schema } from "effect"

const isFacts = Schema.is(TraceFacts.TraceFacts)

const checkBounds = (facts: TraceFacts.TraceFacts) => {
  expect(isFacts(facts)).toBe(true)
  expect(facts.tags?.length ?? 1).toBeLessThanOrEqual(32)
  const { metadata, team: { metadata: noted, ...team } = {}, ...rest } = facts
  for (const kept of [metadata, noted]) {
    expect(Object.keys(kept ?? {}).length).toBeLessThanOrEqual(32)
    for (const value of Object.values(kept ?? {})) expect(value.length).toBeLessThanOrEqual(1024)
  }
  const texts = Object.values({ ...rest, team }).flatMap((fact) =>
    typeof fact === "object" ? Object.values(fact) : [fact]
  )
  for (const text of texts) {
    expect(text).not.toBe("")
    expect(text?.length).toBeLessThanOrEqual(200)
    expect(text).not.toMatch(/\p{Cc}/u)
  }
}

describe("TraceFacts.merge", () => {
  it("lets later facts win, and joins tags and metadata", () => {
    expect(
      TraceFacts.merge(
        { user: "a", release: "1", tags: ["x", "y"], metadata: { a: "1", b: "1" } },
        { user: "b", tags: ["y", "z"], metadata: { b: "2" } }
      )
    ).toStrictEqual({ user: "b", release: "1", tags: ["x", "y", "z"], metadata: { a: "1", b: "2" } })
    expect(TraceFacts.merge({ tags: ["x"] }, {})).toStrictEqual({ tags: ["x"] })
    expect(TraceFacts.merge({}, { metadata: { a: "1" } })).toStrictEqual({ metadata: { a: "1" } })
    const facts = { user: "a", tags: ["x"], metadata: { a: "1" } }
    expect(TraceFacts.merge(facts, { user: undefined, tags: undefined, metadata: undefined })).toStrictEqual(facts)
  })

  it("has the empty facts as its neutral element", () => {
    fc.assert(
      fc.property(Arbitrary.make(TraceFacts.TraceFacts), (facts) => {
        expect(TraceFacts.merge(facts, TraceFacts.empty)).toEqual(facts)
        expect(TraceFacts.merge(TraceFacts.empty, facts)).toEqual(facts)
      })
    )
  })
})

describe("TraceFacts.read", () => {
  it("case 19: keeps the identities of tenant, key and end user", () => {
    const facts = {
      team: { id: "t9", alias: "team nine" },
      key: { hash: "hashed-key", alias: "my-key" },
      user: "u9",
      organization: "o9",
      endUser: "eu9"
    }
    expect(TraceFacts.read(facts)).toStrictEqual(facts)
  })

  it("keeps what may be kept of a team's metadata, and of nothing else that has an id", () => {
    const metadata = { tier: "gold", seats: 3, api_key: "sk-secret" }
    expect(TraceFacts.read({ team: { id: "t9", metadata }, key: { hash: "h", metadata } })).toStrictEqual({
      team: { id: "t9", metadata: { tier: "gold" } },
      key: { hash: "h" }
    })
    expect(TraceFacts.read({ team: { metadata: { nested: {} } } })).toStrictEqual({})
  })

  it("leaves out what does not fit, by itself", () => {
    expect(
      TraceFacts.read({
        team: { id: 5, alias: "team nine" },
        key: "sk-secret",
        user: 9,
        sessionId: "s",
        tags: ["a", 1, "", "a", " b "],
        metadata: { plan: "gold", seats: 3, nested: {}, api_key: "sk-secret" },
        unknown: "x"
      })
    ).toStrictEqual({
      team: { alias: "team nine" },
      sessionId: "s",
      tags: ["a", "b"],
      metadata: { plan: "gold" }
    })
  })

  it("cuts texts, drops control characters, and what is empty then", () => {
    expect(
      TraceFacts.read({ user: "u".repeat(500), traceName: "a\r\nb", release: "\n", team: { id: "" } })
    ).toStrictEqual({
      user: "u".repeat(200),
      traceName: "a  b"
    })
    expect(TraceFacts.read({ tags: Array.from({ length: 50 }, (_, i) => `t${i}`) }).tags).toHaveLength(32)
  })

  it("is empty for what is no record, and survives what throws", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const input of [null, undefined, 5, "x", [], () => 1, proxy]) expect(TraceFacts.read(input)).toStrictEqual({})
    const hostile = {
      user: "u",
      get sessionId(): string {
        throw new Error("boom")
      },
      team: proxy,
      tags: proxy
    }
    expect(TraceFacts.read(hostile)).toStrictEqual({ user: "u" })
  })

  it("stays within its bounds for anything, and is idempotent", () => {
    const character = fc.constantFrom("a", " ", "é", "€", "😀", "\ud800", "\udc00", "\n", "\0", "\u009b", "\u2028")
    const text = fc.oneof(fc.anything(), fc.string({ unit: character, maxLength: 400 }))
    const facts = fc.record(
      {
        team: fc.oneof(text, fc.record({ id: text, alias: text })),
        user: text,
        tags: fc.oneof(text, fc.array(text, { maxLength: 50 })),
        metadata: fc.oneof(text, fc.dictionary(fc.string(), text))
      },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(fc.oneof(facts, fc.anything(), Arbitrary.make(TraceFacts.TraceFacts)), (input) => {
        const once = TraceFacts.read(input)
        checkBounds(once)
        expect(TraceFacts.read(once)).toStrictEqual(once)
      })
    )
  })
})

describe("TraceFacts.fromHeaders", () => {
  const allowList = {
    "x-session-id": "sessionId",
    "X-End-User": "endUser",
    "x-user-fallback": "endUser",
    "x-tags": "tags",
    "x-feature": "metadata.feature",
    "x-prompt": "promptName",
    "x-version": "version"
  } as const

  it("reads the headers that are allowed, in any case", () => {
    expect(
      TraceFacts.fromHeaders(
        {
          "X-Session-Id": "s1",
          "x-end-user": " eu ",
          "x-tags": "a, b,,a",
          "x-feature": "search",
          "x-version": "canary",
          "x-other": "no"
        },
        allowList
      )
    ).toStrictEqual({
      sessionId: "s1",
      endUser: "eu",
      tags: ["a", "b"],
      version: "canary",
      metadata: { feature: "search" }
    })
  })

  it("takes the first header that is sent and not blank", () => {
    expect(TraceFacts.fromHeaders({ "x-end-user": " ", "x-user-fallback": "b" }, allowList)).toStrictEqual({
      endUser: "b"
    })
    expect(TraceFacts.fromHeaders({ "x-end-user": "a", "x-user-fallback": "b" }, allowList)).toStrictEqual({
      endUser: "a"
    })
  })

  it("takes the first of several values, and all tags", () => {
    const headers = { "x-session-id": ["s1", "s2"], "x-tags": ["a,b", "c"], "x-prompt": undefined }
    expect(TraceFacts.fromHeaders(headers, allowList)).toStrictEqual({ sessionId: "s1", tags: ["a", "b", "c"] })
  })

  it("reads nothing without an allow-list, and no tenant identity with one", () => {
    expect(TraceFacts.fromHeaders({ "x-session-id": "s1" }, {})).toStrictEqual({})
    // @ts-expect-error a caller does not say which team it belongs to
    expect(TraceFacts.fromHeaders({ "x-team": "t1" }, { "x-team": "user" })).toStrictEqual({})
  })

  it("bounds values at 200 characters, in metadata too, and drops names that smell of a credential", () => {
    expect(
      TraceFacts.fromHeaders(
        { "x-session-id": "s".repeat(5000), "x-feature": "f".repeat(5000), "x-t": "t" },
        { ...allowList, "x-t": "metadata.session_token" }
      )
    ).toStrictEqual({ sessionId: "s".repeat(200), metadata: { feature: "f".repeat(200) } })
  })

  it("stays within its bounds whatever is sent", () => {
    const value = fc.oneof(fc.string({ maxLength: 500 }), fc.array(fc.string()), fc.constant(undefined))
    const headers = fc.dictionary(fc.constantFrom(...Object.keys(allowList), "__proto__", "x"), value)
    fc.assert(fc.property(headers, (sent) => checkBounds(TraceFacts.fromHeaders(sent, allowList))))
  })
})
