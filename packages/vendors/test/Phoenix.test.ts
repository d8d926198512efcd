import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Phoenix from "../src/Phoenix.js"
import { headersOf, problem } from "./reveal.js"

const make = (credentials: unknown) => Phoenix.vendor.destination(credentials)

it("sends the key with Bearer and the project in header and resource, as protobuf", () => {
  const destination = make({ endpoint: "https://phoenix.local", apiKey: "px", project: "prod" }).pipe(Either.getOrThrow)
  expect(destination.endpoint).toBe("https://phoenix.local/v1/traces")
  expect(destination.protocol).toBe("http/protobuf")
  expect(headersOf(destination)).toEqual({ authorization: "Bearer px", "x-project-name": "prod" })
  expect(destination.resource).toEqual({ "openinference.project.name": "prod" })
  expect(destination.vocabularies).toEqual([{ name: "openinference", version: "1" }])
})

it("case 155: a project keeps its spaces, commas and equal signs", () => {
  const destination = make({ endpoint: "https://phoenix.local", apiKey: "px", project: "my proj, prod=1" })
  expect(headersOf(destination.pipe(Either.getOrThrow))).toEqual({
    authorization: "Bearer px",
    "x-project-name": "my proj, prod=1"
  })
})

it("without a key and a project there are no headers and no resource", () => {
  const destination = make({ endpoint: "http://localhost:6006", apiKey: " " }).pipe(Either.getOrThrow)
  expect(headersOf(destination)).toEqual({})
  expect(destination.resource).toEqual({})
})

describe("the endpoint", () => {
  it.each([
    ["http://localhost:6006", "http://localhost:6006/v1/traces"],
    ["http://localhost:6006/", "http://localhost:6006/v1/traces"],
    ["http://localhost:6006/v1/traces", "http://localhost:6006/v1/traces"],
    ["https://app.example.com/s/team", "https://app.example.com/s/team/v1/traces"],
    ["phoenix.local", "https://phoenix.local/v1/traces"],
    ["http://localhost:6006/v1", "http://localhost:6006/v1/traces"],
    ["http://localhost:6006/v1/?a=b", "http://localhost:6006/v1/traces?a=b"]
  ])("case 125: %s becomes %s", (endpoint, expected) => {
    expect(make({ endpoint }).pipe(Either.getOrThrow).endpoint).toBe(expected)
  })

  it("is always the tenant's", () => {
    expect(problem(make({ apiKey: "px" }))).toBe("arize_phoenix: endpoint must be given")
    expect(problem(make({ endpoint: "grpc://phoenix.local:4317" }))).toBe(
      "arize_phoenix: endpoint must begin with https:// or http://"
    )
    for (const endpoint of ["http://phoenix.local:4317", "phoenix.local:4317/"])
      expect(problem(make({ endpoint }))).toContain("arize_phoenix: endpoint is the port of gRPC")
    expect(make({ endpoint: "http://phoenix.local:4317/v1/traces" })._tag).toBe("Right")
  })
})

it("a project that no header can carry is refused under its name", () => {
  expect(problem(make({ endpoint: "https://phoenix.local", project: "\u6771\u4eac" }))).toContain(
    "arize_phoenix: project has a value with characters outside Latin-1"
  )
})
