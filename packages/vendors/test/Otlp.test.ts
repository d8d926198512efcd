import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Otlp from "../src/Otlp.js"
import { headersOf, problem } from "./reveal.js"

const endpoint = "https://collector.example.com/custom/traces"

const make = (credentials: unknown) => Otlp.vendor.destination(credentials)

const headers = (given: unknown) => headersOf(make({ endpoint, headers: given }).pipe(Either.getOrThrow))

it("an endpoint is enough", () => {
  const destination = make({ endpoint }).pipe(Either.getOrThrow)
  expect(destination).toMatchObject({
    endpoint,
    protocol: "http/protobuf",
    compression: "gzip",
    resource: {},
    vocabularies: [{ name: "genai", version: "1.41" }]
  })
  expect(headersOf(destination)).toEqual({})
})

it("everything else can be said", () => {
  const destination = make({
    endpoint,
    protocol: "http/json",
    compression: "none",
    resource: { "service.name": "svc", replicas: 3, edge: true, zones: ["a", "b"] },
    vocabularies: ["openinference", { name: "genai", version: "1.41" }]
  }).pipe(Either.getOrThrow)
  expect(destination).toMatchObject({
    protocol: "http/json",
    compression: "none",
    resource: { "service.name": "svc", replicas: 3, edge: true, zones: ["a", "b"] },
    vocabularies: [{ name: "openinference" }, { name: "genai", version: "1.41" }]
  })
})

it("it is sent what a collector takes, and where another limit is said, that", () => {
  expect(make({ endpoint }).pipe(Either.getOrThrow).limits).toEqual({ bytesPerRequest: 20 * 1024 * 1024 })
  const limits = { bytesPerRequest: 64 * 1024 * 1024, requestsPerMinute: 60 }
  expect(Otlp.vendor.destination({ endpoint }, { limits }).pipe(Either.getOrThrow).limits).toEqual(limits)
})

describe("the endpoint", () => {
  it.each([
    ["http://collector:4318", "http://collector:4318/v1/traces"],
    ["http://collector:4318/", "http://collector:4318/v1/traces"],
    ["https://x.example.com/v2/trace/otlp", "https://x.example.com/v2/trace/otlp"],
    ["https://x.example.com/v1/logs", "https://x.example.com/v1/logs"],
    ["https://x.example.com/?stream=a", "https://x.example.com/?stream=a"]
  ])("case 115, case 125: %s becomes %s: a path is used as it is", (given, expected) => {
    expect(make({ endpoint: given }).pipe(Either.getOrThrow).endpoint).toBe(expected)
  })

  it.each([
    "https://user:pass@x.example.com/v1/traces",
    "https://x.example.com/v1/traces#a",
    "ftp://x.example.com",
    "https://x.example.com:99999",
    "not a url"
  ])("case 215: %s is refused", (given) => {
    expect(make({ endpoint: given }).pipe(Either.flip, Either.getOrThrow)).toMatchObject({
      reason: "invalid",
      field: "endpoint"
    })
  })
})

describe("headers", () => {
  it("case 123: a line is read as the environment's is", () => {
    expect(headers("Authorization=Basic%20TOKEN==")).toEqual({ authorization: "Basic TOKEN==" })
    expect(headers(Redacted.make("x-scope-orgid=team%20a,x-b = c"))).toEqual({ "x-scope-orgid": "team a", "x-b": "c" })
  })

  it("a record keeps commas, equal signs and percent signs; names are lower-cased, values trimmed", () => {
    expect(headers({ "X-Key": "a,b=c%20 ", authorization: Redacted.make("Bearer t") })).toEqual({
      "x-key": "a,b=c%20",
      authorization: "Bearer t"
    })
  })

  it.each([
    ["sk-pasted-alone", "headers has an entry without a name and ="],
    ["=value", "headers has an entry without a name and ="],
    ["Authorization: Basic cGs6c2s=", "headers has an entry whose name is no header's: write name=value"],
    ["Authorization: Basic cGs6c2s==", "headers has an entry whose name is no header's: write name=value"],
    [{ "x-a": "" }, "headers.x-a is empty"],
    [{ "x-a": "1", "X-A": "2" }, "headers.x-a is given twice"],
    [{ Host: "internal" }, "headers.host is set by the exporter"],
    [{ "content-type": "text/plain" }, "headers.content-type is set by the exporter"],
    [{ "x a": "1" }, "headers has an entry whose name is no header's: write name=value"],
    [{ "x\n\u001b[31m": "" }, "headers has an entry whose name is no header's: write name=value"],
    [{ "x-a": "1\r\nx-b: 2" }, "headers.x-a has a value with a line break"],
    [{ "x-a": "\u20ac" }, "headers.x-a has a value with characters outside Latin-1"],
    [{ "x-a": "x".repeat(8193) }, "headers.x-a has a value of 8193 characters"],
    [{ "x-a": 1 }, "headers must be a record"],
    [["x-a=1"], "headers must be a record"]
  ])("%j is refused: %s", (given, detail) => {
    expect(problem(make({ endpoint, headers: given }))).toContain(`otlp: ${detail}`)
  })
})

it.each([
  [{ protocol: "grpc" }, "protocol must be http/protobuf or http/json"],
  [{ compression: "zstd" }, "compression must be gzip or none"],
  [{ resource: { a: { b: 1 } } }, "resource must be a record"],
  [{ resource: { a: Number.NaN } }, "resource must be a record"],
  [{ vocabularies: "genai" }, "vocabularies must be a list"],
  [{ vocabularies: [] }, "vocabularies is empty"]
])("%j is refused: %s", (given, detail) => {
  expect(problem(make({ endpoint, ...given }))).toContain(`otlp: ${detail}`)
})
