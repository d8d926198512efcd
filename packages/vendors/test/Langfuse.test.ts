import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Langfuse from "../src/Langfuse.js"
import { headersOf, problem } from "./reveal.js"

const keys = { publicKey: "pk-eu", secretKey: "sk-eu" }

const make = (credentials: unknown) => Langfuse.vendor.destination(credentials)

const endpoint = (host: string) => make({ ...keys, host }).pipe(Either.getOrThrow).endpoint

it("sends Basic authentication and the ingestion version, at most 5 MB at a time", () => {
  const destination = make({ ...keys, region: "eu" }).pipe(Either.getOrThrow)
  expect(destination.endpoint).toBe("https://cloud.langfuse.com/api/public/otel/v1/traces")
  expect(headersOf(destination)).toEqual({
    authorization: "Basic cGstZXU6c2stZXU=",
    "x-langfuse-ingestion-version": "4"
  })
  expect(destination.limits).toEqual({ bytesPerRequest: 5_000_000, requestsPerMinute: 1000 })
  expect(destination.vocabularies).toEqual([{ name: "langfuse", version: "1" }])
})

describe("the host", () => {
  it.each([
    ["eu", "cloud"],
    ["us", "us.cloud"],
    ["jp", "jp.cloud"],
    ["hipaa", "hipaa.cloud"],
    [" EU ", "cloud"]
  ])("region %s is %s.langfuse.com", (region, host) => {
    const destination = make({ ...keys, region }).pipe(Either.getOrThrow)
    expect(destination.endpoint).toBe(`https://${host}.langfuse.com/api/public/otel/v1/traces`)
  })

  it("case 171: there is no default host: keys of one region would go to another", () => {
    expect(problem(make(keys))).toBe(
      "langfuse_otel: host or region (eu, us, jp, hipaa) must be given: a key pair belongs to one host"
    )
  })

  it("case 203: a tenant's own host is completed, whatever of the path it has", () => {
    for (const host of [
      "http://team.local",
      "http://team.local/",
      "http://team.local/api/public/otel",
      "http://team.local/api/public/otel/",
      "http://team.local/api/public/otel/v1/traces"
    ]) {
      expect(endpoint(host), host).toBe("http://team.local/api/public/otel/v1/traces")
    }
    expect(endpoint("https://example.com/langfuse/")).toBe("https://example.com/langfuse/api/public/otel/v1/traces")
  })

  it("case 171: a bare host is taken for https", () => {
    expect(endpoint("langfuse.example.com")).toBe("https://langfuse.example.com/api/public/otel/v1/traces")
    expect(endpoint("localhost:3000")).toBe("https://localhost:3000/api/public/otel/v1/traces")
  })

  it.each([
    "https://user:pass@langfuse.example.com",
    "https://langfuse.example.com/#x",
    "https://langfuse.example.com/?a=b",
    "ftp://langfuse.example.com",
    "https://",
    "https://a b",
    "https://a\nb",
    "https:\\\\langfuse.example.com"
  ])("%j is refused under its field's name and not shown", (host) => {
    const error = make({ ...keys, host }).pipe(Either.flip, Either.getOrThrow)
    expect(error).toMatchObject({ reason: "invalid", field: "host" })
    expect(error.message).not.toContain("langfuse.example.com")
  })

  it("host and region together, and an unknown region, are refused", () => {
    expect(problem(make({ ...keys, host: "h", region: "eu" }))).toBe(
      "langfuse_otel: region and host are both given: give one of them"
    )
    expect(problem(make({ ...keys, region: "moon" }))).toBe("langfuse_otel: region must be one of eu, us, jp, hipaa")
    expect(problem(make({ ...keys, region: "toString" }))).toContain("must be one of")
  })
})

describe("the keys", () => {
  it("case 209: half a pair is missing the other half", () => {
    expect(problem(make({ publicKey: "pk", region: "eu" }))).toBe("langfuse_otel: secretKey must be given")
    expect(problem(make({ secretKey: "sk", region: "eu" }))).toBe("langfuse_otel: publicKey must be given")
    expect(problem(make({ region: "eu" }))).toBe("langfuse_otel: publicKey, secretKey must be given")
    expect(problem(make({ publicKey: "pk", secretKey: "  ", region: "eu" }))).toBe(
      "langfuse_otel: secretKey must be given"
    )
  })

  it("are trimmed, and may come redacted", () => {
    const spaced = { publicKey: " pk-eu\n", secretKey: Redacted.make("\tsk-eu "), region: "eu" }
    expect(headersOf(make(spaced).pipe(Either.getOrThrow))).toMatchObject({ authorization: "Basic cGstZXU6c2stZXU=" })
  })

  it.each([
    ["a line break", "sk\r\nx-evil: 1"],
    ["characters outside Latin-1", "sk-\u20ac"],
    ["8192 are allowed", "x".repeat(8193)]
  ])("%s are refused under the field's name", (detail, secretKey) => {
    const error = make({ ...keys, secretKey, region: "eu" }).pipe(Either.flip, Either.getOrThrow)
    expect(error).toMatchObject({ reason: "invalid", field: "secretKey" })
    expect(error.message).toContain(detail)
    expect(error.message).not.toContain(secretKey)
  })

  it("a public key with a colon would be another pair", () => {
    expect(problem(make({ ...keys, publicKey: "pk:sk", region: "eu" }))).toContain("publicKey has a colon in it")
  })
})
