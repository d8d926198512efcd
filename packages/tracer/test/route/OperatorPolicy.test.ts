import { describe, expect, it } from "@effect/vitest"
import type { Destination } from "@tenant-tracer/model/Destination"
import { Effect, FastCheck, Redacted } from "effect"
import * as OperatorPolicy from "../../src/route/OperatorPolicy.js"
import { destination, route } from "../support/recorded.js"

const langfuse = "https://cloud.langfuse.com/api/public/otel/v1/traces"
const operatorAccount = destination({
  vendor: "langfuse_otel",
  endpoint: langfuse,
  secrets: { authorization: "Basic op" }
})

describe("isSameAccount", () => {
  it("case 179: an endpoint without its path and a header in another case are the same account", () => {
    const tenant = destination({
      endpoint: "https://cloud.langfuse.com/api/public/otel",
      secrets: { Authorization: "Basic op" }
    })
    expect(OperatorPolicy.isSameAccount(tenant, operatorAccount)).toBe(true)
  })

  it("case 183: the same values under swapped names are two accounts, and an alias is the same name", () => {
    const space = (secrets: Record<string, string>) => destination({ secrets })
    const ab = space({ space_id: "a", api_key: "b" })
    expect(OperatorPolicy.isSameAccount(ab, space({ space_id: "b", api_key: "a" }))).toBe(false)
    expect(OperatorPolicy.isSameAccount(ab, space({ "api-key": "b", "arize-space-id": "a" }))).toBe(true)
  })

  it("case 165: other credentials or another region are another account", () => {
    const account = (host: string, key: string) =>
      destination({ endpoint: `https://${host}.example/v1/traces`, secrets: { authorization: key } })
    expect(OperatorPolicy.isSameAccount(account("eu", "k"), account("eu", "k"))).toBe(true)
    expect(OperatorPolicy.isSameAccount(account("eu", "k"), account("us", "k"))).toBe(false)
    expect(OperatorPolicy.isSameAccount(account("eu", "k"), account("eu", "l"))).toBe(false)
  })

  it("a host is the same in any case and with its scheme's port", () => {
    const at = (endpoint: string) => destination({ endpoint })
    expect(
      OperatorPolicy.isSameAccount(at("https://Collector.Example:443/v1/traces"), at("https://collector.example/"))
    ).toBe(true)
    expect(
      OperatorPolicy.isSameAccount(at("https://collector.example:8443/v1/traces"), at("https://collector.example/"))
    ).toBe(false)
  })

  it("tokens and signers are told by their account, and never equal headers", () => {
    const token = (account: string) =>
      destination({ auth: { _tag: "Token", account: Redacted.make(account), mint: Effect.succeed({}) } })
    const signer = destination({
      auth: { _tag: "Signer", account: Redacted.make("a"), sign: () => Effect.succeed({}) }
    })
    expect(OperatorPolicy.isSameAccount(token("a"), token("a"))).toBe(true)
    expect(OperatorPolicy.isSameAccount(token("a"), token("b"))).toBe(false)
    expect(OperatorPolicy.isSameAccount(token("a"), signer)).toBe(false)
    expect(OperatorPolicy.isSameAccount(token("a"), destination({ secrets: { token: "a" } }))).toBe(false)
  })

  it("another client certificate, or the same one without its key, is another account", () => {
    const client = (certificate: string, key?: string) =>
      destination({ tls: { certificate, ...(key !== undefined && { key: Redacted.make(key) }) } })
    expect(OperatorPolicy.isSameAccount(client("a", "k"), client("a", "k"))).toBe(true)
    for (const other of [destination(), client("a"), client("a", "l"), client("b", "k")])
      expect(OperatorPolicy.isSameAccount(client("a", "k"), other)).toBe(false)
    // Whom we trust says nothing about who we are.
    expect(OperatorPolicy.isSameAccount(destination({ tls: { ca: "x" } }), destination())).toBe(true)
  })

  it("plain text in place of a secret is compared and does not throw", () => {
    // What a caller without types may hand over; the router denies it.
    const plain = { ...destination(), auth: { _tag: "Headers", headers: { a: "1" } } } as unknown as Destination
    expect(OperatorPolicy.isSameAccount(plain, destination({ secrets: { a: "1" } }))).toBe(true)
  })

  it.prop(
    "no joining of names and values makes two accounts one",
    [FastCheck.dictionary(token(), token()), FastCheck.dictionary(token(), token())],
    ([a, b]) => {
      const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
      expect(OperatorPolicy.isSameAccount(destination({ secrets: a }), destination({ secrets: b }))).toBe(same)
    }
  )
})

/** Header names and values with what a careless join would trip over. */
function token(): FastCheck.Arbitrary<string> {
  return FastCheck.string({ unit: FastCheck.constantFrom("a", "b", "|", "'"), minLength: 1, maxLength: 3 })
}

describe("receives", () => {
  const operator = { vendor: "langfuse_otel", destination: operatorAccount }
  const collector = { vendor: "collector", destination: destination({ endpoint: "http://collector.operator.example" }) }
  const custom = { vendor: "langfuse_otel", destination: undefined }
  const theirs = destination({
    vendor: "langfuse_otel",
    endpoint: langfuse,
    secrets: { authorization: "Basic theirs" }
  })
  const arize = destination({ vendor: "arize" })
  const same = destination({ vendor: "langfuse_otel", endpoint: langfuse, secrets: { authorization: "Basic op" } })

  const cases = [
    ["override", "a tenant of the same vendor", [theirs], { operator: false, custom: false, collector: true }],
    ["override", "a tenant of another vendor", [arize], { operator: true, custom: true, collector: true }],
    ["override", "the same account", [same], { operator: false, custom: false, collector: true }],
    ["override", "both vendors", [arize, theirs], { operator: false, custom: false, collector: true }],
    ["override", "no destination that is left", [], { operator: true, custom: true, collector: true }],
    ["additive", "a tenant of the same vendor", [theirs], { operator: true, custom: true, collector: true }],
    ["additive", "the same account", [same], { operator: false, custom: true, collector: true }],
    ["additive", "no destination that is left", [], { operator: true, custom: true, collector: true }],
    ["metadata_only", "a tenant of the same vendor", [theirs], { operator: true, custom: true, collector: true }],
    ["metadata_only", "the same account", [same], { operator: false, custom: true, collector: true }],
    ["metadata_only", "no destination that is left", [], { operator: true, custom: true, collector: true }]
  ] as const

  it("a plain collector of the operator's goes on beside a tenant's own", () => {
    const own = { vendor: "otlp", destination: destination({ endpoint: "http://collector.operator.example" }) }
    const tenants = destination({ vendor: "otlp", endpoint: "http://collector.acme.example" })
    expect(OperatorPolicy.receives(own, route([tenants], { operatorPolicy: "override" }), [tenants])).toBe(true)
  })

  it.each(cases)("%s, %s", (operatorPolicy, _, delivered, expected) => {
    const of = route(delivered, { operatorPolicy })
    expect({
      operator: OperatorPolicy.receives(operator, of, delivered),
      custom: OperatorPolicy.receives(custom, of, delivered),
      collector: OperatorPolicy.receives(collector, of, delivered)
    }).toEqual(expected)
  })
})
