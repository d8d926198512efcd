/** What a tenant's copy never shows, row by row, with everything filled that could show it. */
import { describe, expect, it } from "@effect/vitest"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { Vocabulary } from "@tenant-tracer/model/Vocabulary"
import { AttributeMap, Vocabularies } from "@tenant-tracer/vocabulary"
import { Arbitrary, FastCheck } from "effect"
import type { Outcome, RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as ContentPolicy from "../../src/render/ContentPolicy.js"
import * as Renderer from "../../src/render/Renderer.js"
import type { View } from "../../src/render/TenantView.js"
import { recording, view, vocabulary } from "../support/recorded.js"
import { textOf as textWithIds } from "../support/tracing.js"

/** Ids are drawn at random, and may look like anything. */
const textOf = (value: unknown): string => textWithIds(value).replaceAll(/[0-9a-f]{16,32}/g, "")

const spellings = [...Vocabularies.all, vocabulary({ name: "genai" }, { name: "openinference" })]

const error = {
  type: "ProviderError",
  message: "canary-message",
  code: "500",
  provider: "openai",
  stackTrace: "at canary-stack.ts:1"
}

const llm: SpanData.LlmCall = {
  _tag: "llm_call",
  operation: "chat",
  provider: "openai",
  requestModel: "gpt-4o",
  providerModel: "canary-deployment",
  cost: { total: 1, marginTotalAmount: 98.765, discountAmount: 98.765, original: 98.765 },
  inputMessages: [{ role: "user", parts: [{ type: "text", content: "canary-prompt" }] }]
}

/** A span as it can be recorded with this payload and these attributes, below a root, with a log line and an exception. */
const recorded = (
  data: SpanData.SpanData | undefined,
  attributes: Readonly<Record<string, unknown>> = {},
  outcome: Outcome = { _tag: "unset" }
): RecordedSpan => {
  const { begin, end, open, recorder } = recording()
  const span = begin(open(), { data, name: "plain" })
  for (const [key, value] of Object.entries(attributes)) recorder.attribute(span, key, value)
  recorder.event(span, "canary-log", span.startTime, { line: "canary-log" })
  return end(span, outcome)
}

const failed: Outcome = { _tag: "error", error: { ...error, message: "canary-exception" } }

const secrets = {
  "http.request.header.authorization": "canary-header",
  "http.response.header.set_cookie": "canary-header",
  "url.query": "canary-query=1",
  "url.full": "https://x.example/a?canary-query=1",
  "http.url": "https://x.example/a?canary-query=1",
  "http.target": "/a?canary-query=1",
  "server.address": "canary-host",
  "server.port": 54321,
  "db.namespace": "canary-database",
  "exception.stacktrace": "canary-stack",
  raw: "canary-raw"
}

const rows: ReadonlyArray<readonly [string, RecordedSpan, RegExp]> = [
  ["headers and queries, on a model call", recorded(llm, secrets), /canary-(header|query)/],
  [
    "headers and queries, on the root",
    recorded({ _tag: "proxy_request", method: "POST", path: "/v1/chat?canary-query=1" }, secrets),
    /canary/
  ],
  ["what a library wrote, on a model call", recorded(llm, secrets), /canary-(host|database|stack|raw)|54321/],
  ["a stack trace, of what failed by itself", recorded(llm, {}, failed), /canary-(stack|exception)|stack_?trace/i],
  ["a stack trace, of what says of itself why", recorded({ ...llm, error }), /canary-stack|stack_?trace/i],
  [
    "where a database is",
    recorded(
      {
        _tag: "db_call",
        service: "postgres",
        system: "postgresql",
        namespace: "canary-database",
        endpoint: { address: "canary-host", port: 54321 },
        metadata: { shard: "canary-shard" }
      },
      secrets
    ),
    /canary|54321/
  ],
  [
    "where an adopted database is",
    recorded(undefined, { ...secrets, "db.system.name": "postgresql", "db.query.text": "SELECT canary" }),
    /canary|54321/
  ],
  [
    "where a service is",
    recorded(
      {
        _tag: "service",
        service: "cache",
        endpoint: { address: "canary-host", port: 54321 },
        metadata: { shard: "canary-shard" }
      },
      secrets
    ),
    /canary|54321/
  ],
  ["why a database failed", recorded({ _tag: "db_call", service: "postgres", error }, {}, failed), /canary|"500"/],
  [
    "why the request failed inside",
    recorded({ _tag: "proxy_request", method: "POST", error }, {}, failed),
    /canary|"500"/
  ],
  [
    "what a guardrail says of its own failure",
    recorded({ _tag: "guardrail", name: "pii", status: "guardrail_failed_to_respond", response: "canary-answer" }),
    /canary/
  ],
  ["log lines", recorded(llm), /canary-log/],
  ["deployments and margins", recorded(llm), /canary-deployment|98\.765|margin|discount/],
  [
    "content, where it is forbidden",
    recorded(llm),
    /canary-prompt|"gen_ai.input.messages"|"input.value"|llm.input_messages/
  ]
]

describe.each(spellings.map((each) => [each.name, each] as const))(
  "a tenant's copy in %s never shows",
  (_, spelling) => {
    const shows = (span: RecordedSpan, of: Partial<View> = {}) =>
      textOf(Renderer.render(span, view({ vocabulary: spelling, ...of }), () => {}))

    it.each(rows)("%s", (_, span, never) => {
      expect(shows(span)).not.toMatch(never)
      // It is there to be shown.
      expect(textOf([span.data, span.attributes, span.outcome, span.events, span.name])).toMatch(/canary|98\.765/)
    })

    it("what the operator's copy shows of the same spans", () => {
      const spans = rows.map(([, span]) => shows(span, { audience: "operator", content: "full" })).join()
      for (const canary of [
        "host",
        "database",
        "stack",
        "exception",
        "raw",
        "log",
        "deployment",
        "prompt",
        "shard",
        "answer"
      ])
        expect(spans).toContain(`canary-${canary}`)
      expect(spans).not.toMatch(/canary-(header|query)/)
    })

    it("a failure is told by its type, and a call of the tenant's own says why", () => {
      expect(shows(recorded({ _tag: "db_call", service: "postgres", error }))).toContain('"message":"ProviderError"')
      expect(shows(recorded({ ...llm, error }))).toContain('"message":"canary-message"')
    })
  }
)

/** Any payload, with a canary in all of its content, another in all that is the operator's, and a third in what nobody knows. */
const marked = FastCheck.tuple(
  Arbitrary.make(SpanData.SpanData),
  FastCheck.constantFrom("chat", "retrieval", "search_memory", "create_memory")
).map(([data, operation]): SpanData.SpanData => {
  const said = "content-canary"
  const ours = "operator-canary"
  const extra = { somethingNew: "unknown-canary" }
  const parts = [
    { type: "text", content: said, ...extra },
    { type: "tool_call", name: said, arguments: { said }, ...extra },
    { type: "tool_call_response", response: said, ...extra }
  ]
  const message = [{ role: "user", parts, ...extra }]
  const all: Record<string, unknown> = {
    systemInstructions: parts,
    inputMessages: message,
    outputMessages: message,
    tools: [{ name: said, description: said, parameters: { said }, ...extra }],
    documents: [{ id: said, score: 1, content: said, ...extra }],
    records: [{ id: said, score: 1, content: { said }, metadata: { said }, ...extra }],
    arguments: { said },
    result: said,
    response: { said },
    providerModel: ours,
    namespace: ours,
    metadata: { ours },
    endpoint: { address: ours, ...extra },
    error: { type: "Failed", stackTrace: ours, ...extra },
    ...(data._tag === "llm_call" && {
      operation,
      cost: { total: 1, marginTotalAmount: 98.765, discountAmount: 98.765, ...extra }
    })
  }
  const known = Object.keys(SpanData.schemas[data._tag].fields)
  const filled = Object.fromEntries(Object.entries(all).filter(([field]) => known.includes(field)))
  return { ...data, ...filled, ...extra } as SpanData.SpanData
})

const forbidden = (spelling: Vocabulary, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.filter((key) => ContentPolicy.isContent(spelling, key))

it.prop(
  "of any payload a tenant sees content where it may, and neither what is the operator's nor what nobody knows",
  [marked, FastCheck.constantFrom(...spellings), FastCheck.constantFrom("none" as const, "full" as const)],
  ([data, spelling, content]) => {
    const { end, begin, open } = recording()
    const facts = { metadata: { account: "facts-canary" } }
    const root = open({ facts: { metadata: { account: "other-canary" } } })
    const span = end(begin(open({ facts }), { data }))
    const seen = [span, root].map((each) => Renderer.render(each, view({ vocabulary: spelling, content }), () => {}))
    const [own] = seen
    const keys = own?.attributes.map(([key]) => key) ?? []
    // The oldest conventions have none for what tools took and answered.
    const alone = AttributeMap.attributes(spelling, { name: "", data, facts: {}, isRoot: false, error: undefined })
    const hasWords = alone.some(({ key }) => ContentPolicy.isContent(spelling, key))
    expect(textOf(own)).not.toMatch(/operator-canary|unknown-canary|other-canary|98\.765/)
    if (content === "none") {
      expect(textOf(own)).not.toContain("content-canary")
      expect(forbidden(spelling, keys)).toEqual([])
    } else if (SpanData.hasContent(data) && data._tag !== "guardrail" && data._tag !== "llm_call" && hasWords) {
      expect(textOf(own)).toContain("content-canary")
      expect(forbidden(spelling, keys).length).toBeGreaterThan(0)
    }
  }
)
