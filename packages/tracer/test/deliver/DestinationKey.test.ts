import { expect, it } from "@effect/vitest"
import type { Destination, DestinationAuth } from "@tenant-tracer/model/Destination"
import { Effect, FastCheck, Redacted } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as DestinationKey from "../../src/deliver/DestinationKey.js"

const destination = (overrides: Partial<Destination> = {}): Destination => ({
  name: "langfuse",
  vendor: "langfuse_otel",
  endpoint: "https://cloud.langfuse.com/api/public/otel/v1/traces",
  protocol: "http/protobuf",
  compression: "gzip",
  auth: { _tag: "Headers", headers: { authorization: Redacted.make("Basic dGVuYW50") } },
  resource: {},
  vocabularies: [],
  content: "none",
  callerTrace: "link",
  limits: {},
  ...overrides
})

const headers = (record: Record<string, string>): DestinationAuth => ({
  _tag: "Headers",
  headers: Object.fromEntries(Object.entries(record).map(([name, value]) => [name, Redacted.make(value)]))
})

const of = (overrides: Partial<Destination>) => DestinationKey.of(destination(overrides))

const name = FastCheck.constantFrom("authorization", "x-api-key", "x-a", "x-ab", "a:1", "")
const value = FastCheck.oneof(FastCheck.string(), FastCheck.constantFrom("1:a", "x-a1:a", "secret", ""))
const record = FastCheck.dictionary(name, value, { maxKeys: 4, noNullPrototype: true })
const endpoint = FastCheck.constantFrom("https://eu.example/v1/traces", "https://us.example/v1/traces")

const sorted = (map: Record<string, string>) => JSON.stringify(Object.entries(map).sort())

it.prop("is equal exactly when endpoint and headers are", [endpoint, record, endpoint, record], ([e1, h1, e2, h2]) => {
  const equal = of({ endpoint: e1, auth: headers(h1) }) === of({ endpoint: e2, auth: headers(h2) })
  expect(equal).toBe(e1 === e2 && sorted(h1) === sorted(h2))
})

it.prop("does not depend on the order of headers or the case of their names", [record], ([map]) => {
  const reversed = Object.fromEntries(
    Object.entries(map)
      .reverse()
      .map(([header, text]) => [header.toUpperCase(), text])
  )
  expect(of({ auth: headers(reversed) })).toBe(of({ auth: headers(map) }))
})

it.prop("shows nothing of a credential", [FastCheck.string({ minLength: 6 })], ([secret]) => {
  const auth = headers({ authorization: secret })
  const key = DestinationKey.forId(DestinationId.make({ tenant: "t", name: "d" }), destination({ auth }))
  expect(key).not.toContain(secret)
  expect(key.length).toBe("t/d".length + 1 + 43)
})

it("tells apart whatever makes another connection", () => {
  const account = Redacted.make("one")
  const mint = Effect.succeed({})
  const keys = [
    of({}),
    of({ endpoint: "https://us.cloud.langfuse.com/api/public/otel/v1/traces" }),
    of({ protocol: "http/json" }),
    of({ compression: "none" }),
    of({ auth: headers({ authorization: "Basic other" }) }),
    of({ auth: headers({}) }),
    of({ auth: { _tag: "Token", account, mint } }),
    of({ auth: { _tag: "Token", account: Redacted.make("two"), mint } }),
    of({ auth: { _tag: "Signer", account, sign: () => mint } }),
    of({ tls: {} }) === of({}) ? "no tls" : "tls",
    of({ tls: { ca: "x" } }),
    of({ tls: { certificate: "x" } }),
    of({ tls: { key: Redacted.make("x") } })
  ]
  expect(new Set(keys).size).toBe(keys.length)
})

it("case 165: the same destination twice has one key, another credential another", () => {
  expect(of({})).toBe(of({}))
  expect(of({ auth: headers({ authorization: "Basic other" }) })).not.toBe(of({}))
})

it("belongs to the connection and not to what is sent there", () => {
  expect(of({ resource: { "service.name": "a" }, content: "full", name: "other" })).toBe(of({}))
})

it("is computed once for an object", () => {
  let reads = 0
  const counted = new Proxy(destination(), {
    get: (target, property, receiver) => {
      if (property === "endpoint") reads++
      return Reflect.get(target, property, receiver)
    }
  })
  expect(DestinationKey.of(counted)).toBe(DestinationKey.of(counted))
  expect(reads).toBe(1)
})

it("separates the queues of two tenants with one account", () => {
  const shared = destination()
  const a = DestinationKey.forId(DestinationId.make({ tenant: "a", name: "d" }), shared)
  const b = DestinationKey.forId(DestinationId.make({ tenant: "b", name: "d" }), shared)
  expect(a).not.toBe(b)
})
