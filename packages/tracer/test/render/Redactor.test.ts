import { describe, expect, it } from "@effect/vitest"
import type * as Redaction from "@tenant-tracer/model/Redaction"
import { AttributeMap } from "@tenant-tracer/vocabulary"
import { FastCheck, Redacted } from "effect"
import * as Redactor from "../../src/render/Redactor.js"
import { Double } from "../../src/render/RenderedSpan.js"

const key = Redacted.make("a secret of the operator's")
const hash = Redactor.hasher(key, "tenant acme")

const made = (rules: Redaction.Rules, ...[hashing]: ReadonlyArray<(text: string) => string>): Redactor.Redactor => {
  const redactor = Redactor.make(rules, hashing)
  if (redactor === undefined) throw new Error("these rules take nothing out")
  return redactor
}

/** What is written of these through a redactor's writer. */
const written = (
  redactor: Redactor.Redactor,
  write: (out: ReturnType<Redactor.Redactor["over"]>) => void
): Record<string, unknown> => {
  const attributes: Record<string, unknown> = {}
  write(
    redactor.over(
      AttributeMap.writer(({ key, value }) => {
        attributes[key] = value
      })
    )
  )
  return attributes
}

describe("make", () => {
  it("there is none for rules that take nothing out", () => {
    expect(Redactor.make({})).toBeUndefined()
    expect(Redactor.make({ keys: [], hash: [], patterns: [] }, hash)).toBeUndefined()
  })
})

describe("keys", () => {
  const redactor = made({ keys: ["user.id", "llm.*", "ssn"], hash: ["session.id", "age"] }, hash)

  it("go with their value, of any type, by name and by prefix", () => {
    expect(
      written(redactor, (out) => {
        out.string("user.id", "x")
        out.int("llm.count", 1)
        out.double("llm.cost", 1)
        out.boolean("llm.flag", true)
        out.strings("llm.tags", ["a"])
        out.json("llm.json", { a: 1 })
        out.string("User.ID", "x")
        out.string("user.idea", "x")
        out.string("llm", "x")
      })
    ).toEqual({ "user.idea": "x", llm: "x" })
    expect(redactor.attribute("user.id", "x")).toBeUndefined()
  })

  it("become keyed hashes, of any type", () => {
    const attributes = written(redactor, (out) => {
      out.string("session.id", "s-1")
      out.int("age", 7)
    })
    expect(attributes).toEqual({ "session.id": hash("s-1"), age: hash("7") })
    expect(written(redactor, (out) => out.double("age", 7))).toEqual({ age: hash("7") })
    expect(written(redactor, (out) => out.boolean("age", true))).toEqual({ age: hash("true") })
    expect(written(redactor, (out) => out.strings("age", ["a", "b"]))).toEqual({ age: [hash("a"), hash("b")] })
    expect(written(redactor, (out) => out.json("age", { a: 1 }))).toEqual({ age: hash('{"a":1}') })
    expect(redactor.attribute("age", new Double(1.5))).toEqual(["age", hash("1.5")])
  })

  it("are found in what will be JSON, at any depth, and in JSON text within it", () => {
    const value = { ssn: "1", age: 7, list: [{ ssn: { deep: 1 } }], text: '{"SSN":"2","keep":[1]}', keep: null }
    const expected = { age: hash("7"), list: [{}], text: '{"keep":[1]}', keep: null }
    expect(JSON.parse(String(written(redactor, (out) => out.json("arguments", value)).arguments))).toEqual(expected)
    expect(redactor.attribute("arguments", JSON.stringify(value))).toEqual(["arguments", JSON.stringify(expected)])
  })

  it("are found in metadata, however that is spelled", () => {
    expect(
      written(redactor, (out) => {
        out.string("gateway.trace.metadata.ssn", "1")
        out.string("gateway.trace.metadata.age", "7")
        out.string("gateway.trace.metadata.kept", "1")
        out.json("metadata", { ssn: "1", kept: "1" })
      })
    ).toEqual({
      "gateway.trace.metadata.age": hash("7"),
      "gateway.trace.metadata.kept": "1",
      metadata: '{"kept":"1"}'
    })
  })

  it("what looks like JSON, is none and names one of them is not shown at all", () => {
    expect(redactor.attribute("arguments", '{"ssn": "078-05-11')).toEqual(["arguments", "[redacted]"])
    expect(redactor.attribute("arguments", ' [{\\"Age\\": 7')).toEqual(["arguments", "[redacted]"])
    for (const text of ['{"other": "078-05-11', '"ssn" is a field'])
      expect(redactor.attribute("arguments", text)).toEqual(["arguments", text])
    expect(redactor.attribute("arguments", JSON.stringify('{"ssn":"1"}'))).toEqual(["arguments", '"{}"'])
  })

  it("what was to be hashed is removed where there is nothing to hash with", () => {
    const without = made({ hash: ["user.id"] })
    expect(without.attribute("user.id", "x")).toBeUndefined()
    expect(written(without, (out) => out.json("a", { "user.id": 1, b: 1 }))).toEqual({ a: '{"b":1}' })
  })

  it("removing wins over hashing", () => {
    expect(made({ keys: ["a.*"], hash: ["a.b"] }, hash).attribute("a.b", "x")).toBeUndefined()
  })
})

describe("hashes", () => {
  it("are the same for the same text of one owner, and say nothing of it", () => {
    expect(hash("alice")).toMatch(/^hmac:[\w-]{22}$/)
    expect(Redactor.hasher(key, "tenant acme")("alice")).toBe(hash("alice"))
    expect(hash("bob")).not.toBe(hash("alice"))
  })

  it("of two owners cannot be joined, nor those of two operators", () => {
    expect(Redactor.hasher(key, "tenant globex")("alice")).not.toBe(hash("alice"))
    expect(Redactor.hasher(Redacted.make("another"), "tenant acme")("alice")).not.toBe(hash("alice"))
  })
})

describe("patterns", () => {
  const redactor = made({ patterns: ["email", "card", "phone", "key"] })

  it("are looked for in every text: values, items, names of fields, keys of attributes", () => {
    expect(
      written(redactor, (out) => {
        out.string("text", "mail a@b.io")
        out.strings("items", ["a@b.io", "x"])
        out.json("json", { "a@b.io": ["a@b.io"], n: 1, b: true, nothing: null })
        out.string("gateway.trace.metadata.a@b.io", "x")
        out.int("int", 3)
        out.boolean("flag", false)
      })
    ).toEqual({
      text: "mail [redacted:email]",
      items: ["[redacted:email]", "x"],
      json: '{"[redacted:email]":["[redacted:email]"],"n":1,"b":true,"nothing":null}',
      "gateway.trace.metadata.[redacted:email]": "x",
      int: 3,
      flag: false
    })
    expect(redactor.text("to a@b.io")).toBe("to [redacted:email]")
  })

  it("a card is one as a number, too, also where the number is too large to be exact", () => {
    const json = '{"card":4111111111111111,"long":6304000000000000000,"time":1700000000000,"half":0.5}'
    expect(redactor.attribute("arguments", json)).toEqual([
      "arguments",
      '{"card":"[redacted:card]","long":"[redacted:card]","time":1700000000000,"half":0.5}'
    ])
  })

  it("a field that is named like a secret is one", () => {
    const json = {
      password: "correct",
      apiKey: "abc",
      token: "Hello",
      access_token: "a1b2",
      tokens: "a1",
      n: { pwd: 1 }
    }
    expect(JSON.parse(String(written(redactor, (out) => out.json("a", json)).a))).toEqual({
      password: "[redacted:key]",
      apiKey: "[redacted:key]",
      token: "Hello",
      access_token: "[redacted:key]",
      tokens: "a1",
      n: { pwd: 1 }
    })
    expect(redactor.attribute("db.password", "correct")).toEqual(["db.password", "[redacted:key]"])
    expect(redactor.attribute("llm.token_count", "correct")).toEqual(["llm.token_count", "correct"])
  })

  it("ids stay, and the bytes of images", () => {
    const sha = "9f86d081884c7d659a2feaa0c55ad015"
    const json = [
      { id: sha, call_id: sha, responseId: sha },
      { type: "blob", content: sha }
    ]
    expect(redactor.attribute("json", JSON.stringify(json))).toEqual(["json", JSON.stringify(json)])
    for (const key of ["gen_ai.response.id", "gateway.key.hash", "gateway.call_id", "gateway.trace.release"])
      expect(redactor.attribute(key, sha)).toEqual([key, sha])
    expect(redactor.attribute("text", sha)).toEqual(["text", "[redacted:key]"])
    expect(redactor.attribute("json", JSON.stringify({ type: "text", content: sha }))).toEqual([
      "json",
      '{"type":"text","content":"[redacted:key]"}'
    ])
  })

  it.prop(
    "what is JSON stays JSON, of the same shape",
    [FastCheck.jsonValue(), FastCheck.boolean()],
    ([value, asText]) => {
      const text = JSON.stringify(value)
      const left = asText ? redactor.attribute("a", text)?.[1] : written(redactor, (out) => out.json("a", value)).a
      const parsed: unknown = JSON.parse(String(left))
      if (Array.isArray(value)) expect(parsed).toHaveLength(value.length)
      else expect(typeof parsed).toBe(typeof value)
    }
  )

  const hiding = FastCheck.constantFrom(
    "alice@example.com",
    "4111111111111111",
    "+49 151 12345678",
    "sk-proj-abcdefgh1234"
  )

  it.prop(
    "nothing is left of them, wherever in a value they hide",
    [
      FastCheck.letrec<{ readonly value: unknown }>((tie) => ({
        value: FastCheck.oneof(
          { maxDepth: 4 },
          hiding,
          FastCheck.array(tie("value"), { maxLength: 3 }),
          FastCheck.dictionary(FastCheck.oneof(hiding, FastCheck.constantFrom("a", "b")), tie("value"), { maxKeys: 3 }),
          // JSON within JSON.
          tie("value").map((inner) => JSON.stringify(inner)),
          hiding.map((text) => `see ${text}, please`)
        )
      })).value
    ],
    ([value]) => {
      const left = JSON.stringify([
        written(redactor, (out) => out.json("a", value)),
        redactor.attribute("a", JSON.stringify(value))
      ])
      expect(left).not.toMatch(/alice|4111|12345678|sk-proj/)
    }
  )

  it.each([
    ["deeper than anybody means it", `${"[".repeat(5000)}"alice@example.com"${"]".repeat(5000)}`],
    ["deeper than a parser goes", `${"[".repeat(200_000)}alice@example.com${"]".repeat(200_000)}`],
    ["a cut text", '{"a": "alice@example.com", "b": "bo']
  ])("%s does no harm", (_, text) => {
    expect(String(redactor.attribute("a", text)?.[1])).not.toContain("alice")
  })

  it("a cycle, a getter that throws and what JSON cannot say are left out", () => {
    const cycle: Record<string, unknown> = { mail: "a@b.io", big: 1n, fn: () => 1 }
    cycle.self = cycle
    Object.defineProperty(cycle, "bad", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      }
    })
    expect(written(redactor, (out) => out.json("a", cycle))).toEqual({ a: '{"mail":"[redacted:email]","big":"1"}' })
    expect(written(redactor, (out) => out.json("a", () => 1))).toEqual({})
  })
})
