/** The decoders of the model, given anything: each gives a value or an error that can be shown, in bounded time. */
import { describe, expect, it } from "@effect/vitest"
import * as Destination from "@tenant-tracer/model/Destination"
import * as Json from "@tenant-tracer/model/Json"
import * as Message from "@tenant-tracer/model/Message"
import * as Metadata from "@tenant-tracer/model/Metadata"
import * as OtlpEndpoint from "@tenant-tracer/model/OtlpEndpoint"
import * as OtlpHeaders from "@tenant-tracer/model/OtlpHeaders"
import * as PayloadReader from "@tenant-tracer/model/PayloadReader"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanName from "@tenant-tracer/model/SpanName"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import * as TraceFacts from "@tenant-tracer/model/TraceFacts"
import { Either, FastCheck as fc, Schema } from "effect"
import { runs, text, total, traps, value } from "../support/hostile.js"

const destination = {
  name: "main",
  endpoint: "https://collector.acme.example/v1/traces",
  protocol: "http/json",
  compression: "gzip",
  headers: { authorization: "Bearer secret-value" },
  tls: { ca: "-----BEGIN CERTIFICATE-----" },
  resource: { "service.name": "gateway", replicas: [1, 2] },
  vocabularies: [{ name: "genai", version: "1.41" }],
  content: "full",
  callerTrace: "link",
  limits: { bytesPerRequest: 1000 }
}
const facts = {
  team: { id: "t", alias: "a" },
  key: { hash: "h" },
  user: "u",
  sessionId: "s",
  tags: ["a", "b"],
  metadata: { plan: "gold" },
  environment: "prod"
}
const route = { tenant: "acme", destinations: [destination], facts, operatorPolicy: "additive" }
const messages = [
  { role: "system", content: "You are kind." },
  {
    role: "user",
    name: "ann",
    content: [
      { type: "text", text: "hello" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
      { type: "file", file: { file_id: "f", file_data: "data:application/pdf;base64,AA" } }
    ]
  },
  { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
  { role: "tool", tool_call_id: "1", content: "42" }
]
const payload = {
  _tag: "llm_call",
  operation: "chat",
  provider: "openai",
  requestModel: "gpt-4o",
  usage: { inputTokens: 3, outputTokens: 4 },
  inputMessages: Message.fromOpenAi(messages),
  toolDefinitions: [{ name: "f", parameters: { type: "object" } }],
  error: { type: "timeout" }
}

/** Runs a decoder on mutations of these samples, and on each trap by itself. */
const fuzz = (
  name: string,
  samples: ReadonlyArray<unknown>,
  decode: (input: unknown) => void,
  input = value(samples)
) => {
  it(`${name}: anything`, () => {
    fc.assert(
      fc.property(input, (make) => {
        const input = make()
        total(() => decode(input))
      }),
      { numRuns: runs, endOnFailure: true }
    )
  })
  it.each(traps)(`${name}: %s`, (_, make) => {
    const input = make()
    total(() => decode(input))
  })
}

const thunk = <A>(values: fc.Arbitrary<A>) => values.map((value) => () => value)

/** What is shown of an error must be short, and without the secret that was in the input. */
const shown = (error: { readonly message: string }) => {
  expect(error.message.length).toBeLessThan(4000)
  expect(error.message).not.toContain("secret-value")
}

const sizeOf = (json: unknown): number => JSON.stringify(json)?.length ?? 0

describe("routes and destinations", () => {
  fuzz("TenantRoute.decode", [route], (input) => {
    const decoded = TenantRoute.decode(input)
    if (Either.isLeft(decoded)) return shown(decoded.left)
    expect(decoded.right.destinations.length).toBeLessThanOrEqual(TenantRoute.maxDestinations)
    expect(decoded.right.tenant.length).toBeLessThanOrEqual(128)
  })

  const decodeDestination = Schema.decodeUnknownEither(Destination.schema)
  fuzz("Destination.schema", [destination], (input) => {
    const decoded = Either.try(() => decodeDestination(input))
    // The schema alone reads what it is given; whoever is given values with traps decodes with `TenantRoute.decode`.
    if (Either.isLeft(decoded) || Either.isLeft(decoded.right)) return
    expect(Either.isRight(Destination.validate(decoded.right.right))).toBe(true)
  })

  fuzz(
    "Destination.validate",
    [Either.getOrThrow(Destination.make({ name: "a", endpoint: destination.endpoint }))],
    (input) => {
      // What the compiler would not let through is tried too.
      const judged = Destination.validate(input as Destination.Destination)
      if (Either.isLeft(judged)) shown(judged.left)
    }
  )
})

describe("headers and endpoints", () => {
  const lines = ["authorization=Bearer%20abc,x-key=1", "a=%E2%82%AC,b=%ff%", "=,=,,;;", "a==b,__proto__=x"]
  fuzz(
    "OtlpHeaders.parse",
    lines,
    (input) => {
      const parsed = OtlpHeaders.parse(input as string)
      expect(sizeOf(parsed)).toBeLessThanOrEqual(20 * (typeof input === "string" ? input.length : 0) + 100)
      for (const [name, value] of Object.entries(parsed)) {
        expect(name).toBe(name.trim().toLowerCase())
        expect(typeof value).toBe("string")
      }
      const valid = OtlpHeaders.validate(parsed)
      if (Either.isLeft(valid)) return shown(valid.left)
      for (const line of Object.values(valid.right)) expect(line).not.toMatch(/[\r\n\0]/)
    },
    fc.oneof(thunk(text(lines)), value(lines))
  )

  const urls = [
    "https://a.example:4318/v1/traces?x=1#f",
    "http://[::1]/",
    "a.example",
    "https://a/v2/trace/otlp",
    "///"
  ]
  fuzz(
    "OtlpEndpoint",
    urls,
    (input) => {
      if (typeof input !== "string") return
      for (const of of [OtlpEndpoint.traces, OtlpEndpoint.metrics, OtlpEndpoint.logs]) {
        expect(of(input).length).toBeLessThanOrEqual(input.length + 12)
      }
    },
    thunk(text(urls))
  )
})

describe("facts and metadata", () => {
  fuzz("Metadata.sanitize", [facts.metadata, { a: 1, api_key: "secret-value" }], (input) => {
    const kept = Metadata.sanitize(input)
    expect(Object.keys(kept).length).toBeLessThanOrEqual(Metadata.maxEntries)
    expect(sizeOf(kept)).toBeLessThan(Metadata.maxEntries * Metadata.maxLength * 14)
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
  })

  fuzz("TraceFacts.read", [facts], (input) => {
    const read = TraceFacts.read(input)
    expect(read.tags?.length ?? 0).toBeLessThanOrEqual(TraceFacts.bounds.tags)
    expect(sizeOf(read)).toBeLessThan(600_000)
    expect(Schema.is(TraceFacts.TraceFacts)(read)).toBe(true)
  })

  const allowList = { "x-user": "endUser", "x-tags": "tags", "x-plan": "metadata.plan" } as const
  fuzz("TraceFacts.fromHeaders", [{ "x-user": "ann", "X-Tags": ["a,b", "c"], "x-plan": "gold" }], (input) => {
    // Headers are the record that a server made of what was sent; its values may be anything.
    if (typeof input !== "object" || input === null) return
    const keys = Either.try(() => Object.keys(input))
    if (Either.isLeft(keys)) return
    expect(sizeOf(TraceFacts.fromHeaders(input as Record<string, string>, allowList))).toBeLessThan(50_000)
  })
})

describe("messages and payloads", () => {
  for (const [name, decode, samples] of [
    ["Message.fromOpenAi", Message.fromOpenAi, [messages]],
    ["Message.fromOpenAiChoices", Message.fromOpenAiChoices, [messages.map((message, index) => ({ index, message }))]],
    ["Message.toolsFromOpenAi", Message.toolsFromOpenAi, [[{ type: "function", function: { name: "f" } }]]]
  ] as const) {
    fuzz(name, samples, (input) => {
      const read = decode(input)
      expect(read.length).toBeLessThanOrEqual(65_536)
      for (const one of read) expect(typeof ("role" in one ? one.role : one.name)).toBe("string")
    })
  }

  fuzz("PayloadReader.readAs", [payload], (input) => {
    for (const role of SpanRole.all) {
      const { data, misfits } = PayloadReader.readAs(role, input)
      expect(data._tag).toBe(role)
      expect(misfits.length).toBeLessThanOrEqual(64)
      for (const path of misfits) expect(path.length).toBeLessThan(2000)
    }
  })

  fuzz("PayloadReader.decode", [payload], (input) => {
    expect(["Left", "Right"]).toContain(PayloadReader.decode(input)._tag)
  })

  fuzz("SpanName.of", [payload], (input) => {
    const { data } = PayloadReader.read(input as SpanData.SpanData)
    expect(SpanName.of(data).length).toBeLessThan(1000)
  })

  fuzz("Json.stringify", [payload, messages], (input) => {
    const json = Json.stringify(input)
    if (json !== undefined && json.length < 1_000_000) JSON.parse(json)
    expect(Json.stringify(input, { values: 100, text: 100 })?.length ?? 0).toBeLessThan(200_000)
  })
})
