import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Arize from "../src/Arize.js"
import { headersOf, problem } from "./reveal.js"

const keys = { apiKey: "ak", spaceId: "S", project: "projA" }

const make = (credentials: unknown) => Arize.vendor.destination(credentials)

it("sends the key without Bearer, the space, and the deprecated pair", () => {
  const destination = make({ ...keys, region: "us" }).pipe(Either.getOrThrow)
  expect(headersOf(destination)).toEqual({
    authorization: "ak",
    "arize-space-id": "S",
    "arize-interface": "otel",
    api_key: "ak",
    space_id: "S"
  })
  expect(destination).toMatchObject({
    protocol: "http/protobuf",
    vocabularies: [{ name: "openinference", version: "1" }]
  })
})

it("case 167: the project is the resource's, in both spellings", () => {
  expect(make({ ...keys, region: "us" }).pipe(Either.getOrThrow).resource).toEqual({
    "openinference.project.name": "projA",
    model_id: "projA"
  })
  const umlauts = make({ ...keys, project: "Größe \u6771\u4eac", region: "us" }).pipe(Either.getOrThrow)
  expect(umlauts.resource).toMatchObject({ model_id: "Größe \u6771\u4eac" })
})

describe("the endpoint", () => {
  it.each([
    ["us", "https://otlp.arize.com/v1/traces"],
    ["eu", "https://otlp.eu-west-1a.arize.com/v1/traces"],
    ["CA", "https://otlp.ca-central-1a.arize.com/v1/traces"]
  ])("case 211: region %s is %s", (region, endpoint) => {
    expect(make({ ...keys, region }).pipe(Either.getOrThrow).endpoint).toBe(endpoint)
  })

  it("on premises it is the tenant's, with the path where it is missing", () => {
    for (const path of ["", "/v1", "/v1/", "/v1/traces"]) {
      const endpoint = `http://arize.local:4318${path}`
      expect(make({ ...keys, endpoint }).pipe(Either.getOrThrow).endpoint).toBe("http://arize.local:4318/v1/traces")
    }
  })

  it("none, both, and an unknown region are refused", () => {
    expect(problem(make(keys))).toBe(
      "arize: endpoint or region (us, eu, ca) must be given: a space lives in one region"
    )
    expect(problem(make({ ...keys, region: "us", endpoint: "https://a.example" }))).toContain("are both given")
    expect(problem(make({ ...keys, region: "moon" }))).toBe("arize: region must be one of us, eu, ca")
  })

  it.each(["https://u@a.example", "https://a.example#f", "https://[::1", "data://x"])("%s is refused", (endpoint) => {
    expect(make({ ...keys, endpoint }).pipe(Either.flip, Either.getOrThrow)).toMatchObject({
      reason: "invalid",
      field: "endpoint"
    })
  })
})

describe("half of the credentials", () => {
  it.each(["apiKey", "spaceId", "project"])("case 209: without %s it is missing", (field) => {
    const error = make({ ...keys, region: "us", [field]: "" }).pipe(Either.flip, Either.getOrThrow)
    expect(error).toMatchObject({ reason: "missing", field })
  })

  it("a misspelt field is told rather than the missing one", () => {
    expect(problem(make({ api_key: "ak", spaceId: "S", project: "p", region: "us" }))).toBe(
      "arize: api_key is not a field: use apiKey, spaceId, project, region, endpoint"
    )
  })

  it("a project with a line break or without end is refused", () => {
    expect(problem(make({ ...keys, region: "us", project: "a\nb" }))).toContain("project has a line break")
    expect(problem(make({ ...keys, region: "us", project: "x".repeat(8193) }))).toContain("at most 8192")
  })
})
