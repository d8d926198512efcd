import { describe, expect, it } from "@effect/vitest"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import type * as TenantRoute from "@tenant-tracer/model/TenantRoute"
import type { AttributeWriter, TypedSpan } from "@tenant-tracer/model/Vocabulary"
import { Otlp } from "@tenant-tracer/receiver"
import { Arbitrary, Effect, Either, FastCheck } from "effect"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import type * as Recorder from "../../src/record/Recorder.js"
import * as TraceContext from "../../src/record/TraceContext.js"
import * as Redactor from "../../src/render/Redactor.js"
import type { RenderedSpan } from "../../src/render/RenderedSpan.js"
import * as Renderer from "../../src/render/Renderer.js"
import type { View } from "../../src/render/TenantView.js"
import * as Writer from "../../src/render/Writer.js"
import { ended, recording, route, view, vocabulary } from "../support/recorded.js"
import { textOf } from "../support/tracing.js"

const render = (span: RecordedSpan, of: Partial<View> = {}): RenderedSpan => Renderer.render(span, view(of), () => {})

const attributesOf = (rendered: RenderedSpan): Record<string, unknown> => Object.fromEntries(rendered.attributes)

/** What a back end reads of one span, in both encodings. */
const received = (rendered: RenderedSpan) => {
  const context = {
    resource: { "service.name": "gateway" },
    schemaUrl: undefined,
    scope: { name: "tenant-tracer", version: "0" }
  }
  return {
    protobuf: Otlp.flatten(Either.getOrThrow(Otlp.decode(Writer.protobuf.encode([rendered], context), "protobuf"))),
    json: Otlp.flatten(Either.getOrThrow(Otlp.decode(Writer.json.encode([rendered], context), "json")))
  }
}

const llm = {
  _tag: "llm_call",
  operation: "chat",
  provider: "openai",
  requestModel: "gpt-4o",
  usage: { inputTokens: 10, outputTokens: 5 },
  inputMessages: [{ role: "user", parts: [{ type: "text", content: "canary prompt" }] }],
  outputMessages: [{ role: "assistant", parts: [{ type: "text", content: "canary answer" }] }]
} as const satisfies SpanData.LlmCall

describe("a span with a role", () => {
  it("is named, timed and spelled", () => {
    const span = ended(llm, { name: "whatever" })
    expect(render(span)).toMatchObject({
      name: "chat gpt-4o",
      kind: "client",
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.ancestry.parent?.spanId,
      parentIsRemote: false,
      startTime: span.startTime + span.request.clockOffset,
      status: { code: "unset", message: undefined },
      events: [],
      links: []
    })
    expect(attributesOf(render(span))).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.usage.input_tokens": 10
    })
  })

  it("is called what its vocabulary calls it, and says there when it began", () => {
    const span = ended(llm, { name: "whatever" })
    const own = {
      ...vocabulary(),
      spanName: ({ _tag }: SpanData.Read) => (_tag === "llm_call" ? "litellm chat" : undefined),
      write: ({ name, startTime }: TypedSpan, out: AttributeWriter) => {
        out.string("name", name)
        out.int("start", startTime)
      }
    }
    const rendered = render(span, { vocabulary: own })
    expect(rendered.name).toBe("litellm chat")
    expect(attributesOf(rendered)).toEqual({ name: "litellm chat", start: Number(rendered.startTime / 1_000_000n) })
    expect(render(ended({ _tag: "tool_call", name: "search" }), { vocabulary: own }).name).toBe("execute_tool search")
  })

  it.each([
    ["none", false],
    ["full", true]
  ] as const)("with content %s", (content, expected) => {
    expect(JSON.stringify(render(ended(llm), { content }).attributes).includes("canary")).toBe(expected)
  })

  it.each([
    ["none", []],
    ["full", ["langfuse.observation.input", "langfuse.observation.output"]]
  ] as const)("with content %s a request that was told what was said shows it", (content, expected) => {
    const { end, open, recorder } = recording()
    const root = open()
    const said = (role: string) => [{ role, parts: [{ type: "text", content: "canary" }] }]
    recorder.annotate(root, { inputMessages: said("user"), outputMessages: said("assistant") })
    const { attributes } = render(end(root), { content, vocabulary: vocabulary({ name: "langfuse" }) })
    expect(attributes.flatMap(([key, value]) => (textOf(value).includes("canary") ? [key] : []))).toEqual(expected)
  })

  it("takes the route that the router wrote on it", () => {
    const { end, open, recorder } = recording()
    const root = open({ data: { _tag: "proxy_request", method: "POST", path: "/v1/models/7" } })
    recorder.attribute(root, "http.route", "/v1/models/:id")
    expect(render(end(root))).toMatchObject({ name: "POST /v1/models/:id", kind: "server" })
  })

  it.each([
    ["create_agent", "client"],
    ["invoke_agent", "internal"],
    [undefined, "internal"]
  ] as const)("an agent that is asked to %s is of kind %s", (operation, kind) => {
    const data: SpanData.Agent = { _tag: "agent", name: "a", ...(operation && { operation }) }
    expect(render(ended(data)).kind).toBe(kind)
  })

  it("an agent that is a service of its own is called, also as far as a tenant sees it", () => {
    const server = { address: "agents.example.com", port: 443 }
    const span = ended({ _tag: "agent", operation: "invoke_agent", name: "a", provider: "openai", server })
    for (const audience of ["tenant", "operator"] as const) {
      expect(render(span, { audience }).kind).toBe("client")
      expect(attributesOf(render(span, { audience }))).toMatchObject({
        "gen_ai.provider.name": "openai",
        "server.address": "agents.example.com",
        "server.port": 443
      })
    }
    expect(render(ended({ _tag: "agent", operation: "invoke_workflow", name: "a", server })).kind).toBe("internal")
  })

  it("that a library made is adopted from its own attributes, and shows a tenant nothing else of them", () => {
    const span = ended(undefined, {
      name: "sql.execute",
      attributes: {
        "db.system.name": "postgresql",
        "db.query.text": "SELECT * FROM canary_table",
        "db.namespace": "canary_db",
        "server.address": "canary-host"
      }
    })
    expect(render(span).name).toBe("postgresql select")
    expect(JSON.stringify(render(span).attributes)).not.toContain("canary")
    expect(attributesOf(render(span, { audience: "operator" }))).toMatchObject({
      "db.query.text": "SELECT * FROM canary_table",
      "db.namespace": "canary_db",
      "server.address": "canary-host"
    })
  })

  it.each([
    "http.request.header.authorization",
    "http.request.header.x_api_key",
    "http.response.header.set_cookie",
    "url.query"
  ])("case 191: %s reaches nobody", (key) => {
    const span = ended(llm, { attributes: { [key]: "canary", "url.full": "https://x.example/a?canary=1" } })
    expect(JSON.stringify(render(span, { audience: "operator" }).attributes)).not.toContain("canary")
    expect(JSON.stringify(render(span).attributes)).not.toContain("canary")
    expect(attributesOf(render(span, { audience: "operator" }))).toMatchObject({ "url.full": "https://x.example/a" })
  })
})

describe("how it ended", () => {
  const exception = {
    _tag: "error",
    error: { type: "SqlError", message: "connect canary-host:5432", stackTrace: "at canary.ts:1" }
  } as const

  it("a tenant reads of an exception the type alone", () => {
    const rendered = render(ended(llm, { outcome: exception }))
    expect(rendered.status).toEqual({ code: "error", message: "SqlError" })
    expect(rendered.events.map(({ attributes, name }) => [name, attributes])).toEqual([
      ["exception", [["exception.type", "SqlError"]]]
    ])
    expect(attributesOf(rendered)).toMatchObject({ "error.type": "SqlError" })
  })

  it("an HTTP client's span is named by its method, and an answer of 400 or more is an error", () => {
    const client = (name: string, status: number, outcome?: typeof exception) =>
      render(
        ended(undefined, { name, attributes: { "http.response.status_code": status }, ...(outcome && { outcome }) }),
        {
          audience: "operator"
        }
      )
    expect(client("http.client GET", 399)).toMatchObject({ name: "GET", status: { code: "unset" } })
    for (const status of [400, 404, 503]) {
      const refused = client("http.client POST", status)
      expect(refused).toMatchObject({ name: "POST", status: { code: "error", message: undefined }, events: [] })
      expect(attributesOf(refused)).toMatchObject({ "error.type": String(status) })
    }
    expect(attributesOf(client("http.client GET", 404, exception))).toMatchObject({ "error.type": "SqlError" })
    for (const name of ["http.client BREW", "job"]) {
      expect(client(name, 404)).toMatchObject({ name, status: { code: "unset" } })
      expect(attributesOf(client(name, 404))).not.toHaveProperty(["error.type"])
    }
  })

  it("the operator reads all of it", () => {
    const rendered = render(ended(llm, { outcome: exception }), { audience: "operator" })
    expect(rendered.status.message).toBe("connect canary-host:5432")
    expect(Object.fromEntries(rendered.events[0]?.attributes ?? [])).toEqual({
      "exception.type": "SqlError",
      "exception.message": "connect canary-host:5432",
      "exception.stacktrace": "at canary.ts:1"
    })
  })

  it("what a payload says of its failure wins over the exception", () => {
    const failed = { ...llm, error: { type: "RateLimited", message: "slow down", code: "429" } }
    const rendered = render(ended(failed, { outcome: exception }))
    expect(rendered.status).toEqual({ code: "error", message: "slow down" })
    expect(attributesOf(rendered)).toMatchObject({ "error.type": "RateLimited", "gateway.provider.error.code": "429" })
  })

  it.each([
    ["guardrail_intervened", "error", "BLOCKED"],
    ["guardrail_failed_to_respond", "error", "BLOCKED"],
    ["success", "unset", undefined]
  ])("case 21: a guardrail with status %s is %s", (status, code, message) => {
    const rendered = render(ended({ _tag: "guardrail", name: "pii", status, action: "BLOCKED" }))
    expect(rendered.status).toEqual({ code, message })
  })

  it.each([
    ["cancelled", { "gateway.cancelled": true }],
    ["unfinished", { "gateway.unfinished": true }]
  ] as const)("%s is no error, and says so even where there is no room left", (_tag, expected) => {
    const talkative = {
      ...vocabulary(),
      write: (_: unknown, out: AttributeWriter) => {
        for (let i = 0; i < 200; i++) out.int(`k${i}`, i)
      }
    }
    const rendered = render(ended(llm, { outcome: { _tag } }), { vocabulary: talkative })
    expect(rendered.status.code).toBe("unset")
    expect(attributesOf(rendered)).toMatchObject(expected)
    expect(rendered.attributes).toHaveLength(128)
    expect(rendered.droppedAttributes).toBeGreaterThan(70)
  })

  it("a span that ended before it began lasts no time", () => {
    const { begin, open, recorder } = recording()
    const span = begin(open())
    recorder.end(span, 1n, { _tag: "unset" })
    expect(render(span, { audience: "operator" })).toMatchObject({
      endTime: span.startTime + span.request.clockOffset
    })
  })
})

describe("content of one request", () => {
  const routeOf = (options: Partial<TenantRoute.TenantRoute>): Partial<Recorder.OpenRequestOptions> => ({
    route: route([], options)
  })
  const shows = (request: Partial<Recorder.OpenRequestOptions>, of: Partial<View>) =>
    textOf(render(ended(llm, { request }), { content: "full", ...of })).includes("canary prompt")

  it.each([
    ["tenant", {}, true],
    ["operator", {}, true],
    ["tenant", { content: "full" }, true],
    ["tenant", { content: "none" }, false],
    ["operator", { content: "none" }, false],
    ["merged", { content: "none" }, false],
    ["tenant", { operatorPolicy: "metadata_only" }, true],
    ["operator", { operatorPolicy: "metadata_only" }, false],
    ["merged", { operatorPolicy: "metadata_only" }, false],
    ["operator", { operatorPolicy: "additive" }, true]
  ] as const)("a %s's full view of a route with %j", (audience, options, expected) => {
    expect(shows(routeOf(options), { audience })).toBe(expected)
    expect(shows(routeOf(options), { audience, content: "none" })).toBe(false)
  })

  it("what has ended before it was forbidden is rendered without, whoever receives it", () => {
    const span = ended(llm, { attributes: { "gen_ai.input.messages": "canary prompt" } })
    expect(textOf(render(span, { content: "full" }))).toContain("canary prompt")
    span.request.recorder.limitContent(span.request)
    for (const audience of ["tenant", "operator", "merged"] as const)
      expect(textOf(render(span, { content: "full", audience }))).not.toContain("canary")
  })

  it("of a route with metadata alone the operator reads structure, times and counts, and no text that somebody wrote", () => {
    const { begin, end, open, recorder } = recording()
    const root = open(routeOf({ operatorPolicy: "metadata_only" }))
    const failed = begin(root, { data: { ...llm, error: { type: "Refused", message: "canary quote", code: "400" } } })
    const plain = begin(root, { name: "cache" })
    for (const span of [failed, plain]) {
      recorder.attribute(span, "note", "canary note")
      recorder.attribute(span, "notes", ["canary note"])
      recorder.attribute(span, "hits", 3)
      recorder.attribute(span, "hit", true)
      recorder.event(span, "canary log", span.startTime, { line: "canary log" })
      recorder.link(span, {
        traceId: root.traceId,
        spanId: root.spanId,
        request: undefined,
        attributes: new Map([["why", "canary"]])
      })
    }
    end(failed)
    end(plain, { _tag: "error", error: { type: "Gone", message: "canary gone", stackTrace: "canary stack" } })
    for (const audience of ["operator", "merged"] as const) {
      const [call, cache] = [failed, plain].map((span) => render(span, { audience, content: "full" }))
      expect(textOf([call, cache])).not.toContain("canary")
      expect(call).toMatchObject({
        name: "chat gpt-4o",
        status: { code: "error", message: "Refused" },
        droppedEvents: 0
      })
      expect(Object.fromEntries(call?.attributes ?? [])).toMatchObject({
        "gen_ai.usage.input_tokens": 10,
        "error.type": "Refused",
        "gateway.provider.error.code": "400",
        hits: 3,
        hit: true
      })
      expect(cache).toMatchObject({ name: "cache", status: { message: "Gone" }, events: [{ name: "exception" }] })
    }
    expect(textOf(render(failed, { content: "full" }))).toContain("canary quote")
    expect(textOf(render(plain, { audience: "operator", content: "full" })).length).toBeGreaterThan(100)
  })

  it("an event or a link of a library's carries no content past a policy either", () => {
    const { begin, end, open, recorder } = recording()
    const span = begin(open(), { name: "ai" })
    recorder.event(span, "gen_ai.choice", span.startTime, { "gen_ai.completion": "canary", index: 0 })
    recorder.link(span, {
      traceId: span.traceId,
      spanId: span.spanId,
      request: undefined,
      attributes: new Map([["input.value", "canary"]])
    })
    end(span)
    expect(textOf(render(span, { audience: "operator" }))).not.toContain("canary")
    expect(textOf(render(span, { audience: "operator", content: "full" })).split("canary")).toHaveLength(3)
  })

  it("a path that somebody gave with its query loses it, for every reader", () => {
    const span = ended({ _tag: "proxy_request", method: "POST", path: "/v1/chat?key=canary#canary" })
    for (const audience of ["tenant", "operator"] as const)
      expect(attributesOf(render(span, { audience }))["url.path"]).toBe("/v1/chat")
  })
})

describe("redaction", () => {
  const redactor = Redactor.make({ patterns: ["email"], keys: ["user.id", "secret"] })
  const mail = "a@b.io"

  it("reaches every text that leaves", () => {
    const { begin, end, open, recorder } = recording()
    const root = open({ facts: { endUser: "u", tags: [mail], metadata: { secret: "canary", mail } } })
    const span = begin(root, {
      data: {
        ...llm,
        requestModel: mail,
        inputMessages: [{ role: "user", parts: [{ type: "text", content: mail }] }],
        outputMessages: []
      }
    })
    recorder.attribute(span, "note", mail)
    recorder.attribute(span, "user.id", "canary")
    recorder.event(span, mail, span.startTime, { mail, secret: "canary" })
    recorder.link(span, {
      traceId: root.traceId,
      spanId: root.spanId,
      request: undefined,
      attributes: new Map([["mail", mail]])
    })
    end(span, { _tag: "error", error: { type: mail, message: mail, stackTrace: mail } })
    const both = { vocabulary: vocabulary({ name: "genai" }, { name: "openinference" }), content: "full" } as const
    const of = { ...both, audience: "operator", redactor } as const
    const text = textOf([render(span, of), render(end(root), of)])
    expect(text).not.toMatch(/a@b\.io|canary/)
    expect(text.split("[redacted:email]").length).toBeGreaterThan(12)
    expect(render(span, of)).toMatchObject({ name: "chat [redacted:email]", status: { message: "[redacted:email]" } })
    expect(textOf(render(span, { ...both, audience: "operator" }))).toContain(mail)
  })

  it("what it takes out, what a library wrote does not bring back", () => {
    const span = ended(llm, { attributes: { "user.id": "canary", "gen_ai.request.model": "canary" } })
    const of = { audience: "operator", redactor: Redactor.make({ keys: ["user.id", "gen_ai.request.model"] }) } as const
    expect(textOf(render(span, of).attributes)).not.toContain("canary")
  })
})

describe("renderEffect", () => {
  const failures: Array<string> = []
  const rendered = (span: RecordedSpan, redact: View["redact"], of: Partial<View> = {}) =>
    Renderer.renderEffect(
      span,
      view({ content: "full", redact, ...of }),
      () => {},
      () => failures.push("redaction")
    )
  const masked = {
    ...llm,
    inputMessages: [{ role: "user", parts: [{ type: "text", content: "masked" }] }],
    outputMessages: []
  } as const

  it.effect("without an effect it is what render gives", () =>
    Effect.gen(function* () {
      const span = ended(llm)
      expect(yield* rendered(span, undefined)).toEqual(render(span, { content: "full" }))
    })
  )

  it.effect("an effect is given what the destination sees, and its answer is seen no further", () =>
    Effect.gen(function* () {
      const given: Array<SpanData.Read> = []
      const span = ended({ ...llm, providerModel: "canary-deployment" })
      const seen = yield* rendered(span, (data) => {
        given.push(data)
        return Effect.succeed({ ...masked, providerModel: "canary-deployment" })
      })
      expect(textOf(given)).toContain("canary prompt")
      expect(textOf(given)).not.toContain("canary-deployment")
      expect(textOf(seen)).toContain("masked")
      expect(textOf(seen)).not.toContain("canary")
      expect(failures).toEqual([])
    })
  )

  it.effect("where it has no answer the span goes without content, and that is told", () =>
    Effect.gen(function* () {
      const seen = yield* rendered(ended(llm), () => Effect.succeed(undefined))
      expect(textOf(seen)).not.toContain("canary")
      expect(attributesOf(seen)).toMatchObject({ "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10 })
      expect(failures.splice(0)).toEqual(["redaction"])
    })
  )

  it.effect("it is not asked where no content may leave, or none is there", () =>
    Effect.gen(function* () {
      const never = () => Effect.die("asked")
      yield* rendered(ended(llm), never, { content: "none" })
      yield* rendered(ended({ _tag: "service", service: "x" }), never)
      yield* rendered(ended(undefined), never, { audience: "operator" })
      const forbidden = ended(llm, { request: { content: "none" } })
      expect(textOf(yield* rendered(forbidden, never))).not.toContain("canary")
    })
  )

  it.effect("what the request forbids meanwhile does not leave", () =>
    Effect.gen(function* () {
      const span = ended(llm)
      const seen = yield* rendered(span, () =>
        Effect.sync(() => {
          span.request.recorder.limitContent(span.request)
          return masked
        })
      )
      expect(textOf(seen)).not.toMatch(/masked|canary/)
    })
  )

  it.effect("content that a library wrote beside a payload is not the effect's to see, so it stays here", () =>
    Effect.gen(function* () {
      const span = ended(llm, { attributes: { "gen_ai.prompt": "canary", note: "kept" } })
      const seen = yield* rendered(span, () => Effect.succeed(masked), { audience: "operator" })
      expect(textOf(seen)).not.toContain("canary")
      expect(attributesOf(seen).note).toBe("kept")
    })
  )
})

describe("events and links", () => {
  it("what an event says is as long as the destination takes it", () => {
    const failed = { ...llm, error: { type: "TooLong", message: "x".repeat(500) } }
    const [event] = render(ended(failed), { valueLength: 100, keyLength: 14 }).events
    expect(Object.fromEntries(event?.attributes ?? [])).toEqual({
      "exception.type": "TooLong",
      "exception.mess": "x".repeat(100)
    })
  })

  it("log lines reach the operator with their time, and no tenant", () => {
    const { begin, end, open, recorder } = recording()
    const span = begin(open({ wallTime: 1_700_000_000_000 }), { data: llm })
    recorder.event(span, "canary line", span.startTime + 5n, { "effect.logLevel": "INFO" })
    end(span)
    expect(render(span, { audience: "operator" }).events).toEqual([
      {
        name: "canary line",
        time: span.startTime + 5n + span.request.clockOffset,
        attributes: [["effect.logLevel", "INFO"]]
      }
    ])
    expect(span.startTime + span.request.clockOffset).toBeGreaterThan(1_600_000_000_000_000_000n)
    expect(render(span).events).toEqual([])
  })

  it("a link to another request's span reaches the operator alone, one within the request both", () => {
    const { begin, end, open } = recording()
    const other = open()
    const root = open({ active: other })
    const agent = begin(root, { data: { _tag: "agent", name: "a" } })
    const inside = begin(agent, { data: { _tag: "guardrail", name: "pii" } })
    const reanchored = begin(inside, { data: llm })
    for (const span of [reanchored, inside, agent, root]) end(span)
    expect(render(root).links).toEqual([])
    expect(render(root, { audience: "operator" }).links).toEqual([
      { traceId: other.traceId, spanId: other.spanId, attributes: [] }
    ])
    expect(render(reanchored).links).toEqual([{ traceId: root.traceId, spanId: inside.spanId, attributes: [] }])
  })
})

describe("links to what is hidden", () => {
  const linkOf = ({ ancestry, request, spanId, traceId }: RecordedSpan) => ({
    traceId,
    spanId,
    request,
    ancestry,
    attributes: new Map()
  })

  it("lead nowhere, so a tenant is not shown them", () => {
    const { begin, end, open } = recording()
    const root = open()
    const internal = begin(root, { name: "cache.lookup" })
    const call = begin(root, { data: llm, links: [linkOf(internal), linkOf(root)] })
    for (const span of [internal, call, root]) end(span)
    expect(render(call).links.map(({ spanId }) => spanId)).toEqual([root.spanId])
    expect(render(call, { audience: "operator" }).links.map(({ spanId }) => spanId)).toEqual([
      internal.spanId,
      root.spanId
    ])
  })
})

describe("a caller's trace", () => {
  const caller = TraceContext.fromTraceparent(`00-${"a".repeat(32)}-${"b".repeat(16)}-01`, "vendor=1")

  const spans = (incoming: TraceContext.IncomingTrace) => {
    const { begin, end, open } = recording()
    const root = open({ caller, incoming })
    const child = begin(root, { data: llm })
    return { child: end(child), root: end(root) }
  }

  it("is linked to, unless somebody says otherwise", () => {
    const { child, root } = spans("link")
    expect(render(root)).toMatchObject({
      traceId: root.traceId,
      parentSpanId: undefined,
      traceState: undefined,
      links: [{ traceId: caller?.traceId, spanId: caller?.spanId }]
    })
    expect(render(child)).toMatchObject({ traceId: root.traceId, links: [] })
  })

  it("is continued by the destination that asks for it, and by no other", () => {
    const { child, root } = spans("link")
    expect(render(root, { callerTrace: "continue" })).toMatchObject({
      traceId: caller?.traceId,
      parentSpanId: caller?.spanId,
      parentIsRemote: true,
      traceState: "vendor=1",
      links: []
    })
    expect(render(child, { callerTrace: "continue" })).toMatchObject({
      traceId: caller?.traceId,
      parentSpanId: root.spanId,
      parentIsRemote: false
    })
    expect(render(root, { callerTrace: "ignore" })).toMatchObject({ traceId: root.traceId, links: [] })
  })

  it("that the door ignores is unknown to every destination", () => {
    const { root } = spans("ignore")
    expect(render(root, { callerTrace: "continue" })).toMatchObject({ traceId: root.traceId, parentSpanId: undefined })
    expect(render(root).links).toEqual([])
  })

  it("that the door continues gives its id to every destination, and a parent to who asks for it", () => {
    const { root } = spans("continue")
    expect(render(root, { callerTrace: "continue" })).toMatchObject({
      traceId: caller?.traceId,
      parentSpanId: caller?.spanId
    })
    expect(render(root)).toMatchObject({ traceId: caller?.traceId, parentSpanId: undefined })
  })

  it("that the door continues is the operator's own, whatever the destination says", () => {
    expect(render(spans("continue").root, { audience: "operator" })).toMatchObject({
      traceId: caller?.traceId,
      parentSpanId: caller?.spanId,
      parentIsRemote: true,
      links: []
    })
    expect(render(spans("link").root, { audience: "operator" })).toMatchObject({ parentSpanId: undefined })
  })
})

describe("a view without the root of its request", () => {
  const { begin, end, open } = recording()
  const root = open({
    caller: TraceContext.fromTraceparent(`00-${"a".repeat(32)}-${"b".repeat(16)}-01`),
    incoming: "link",
    facts: { endUser: "ada", tags: ["t"] }
  })
  const tool = begin(root, { data: { _tag: "tool_call", name: "t" } })
  const inner = end(begin(tool, { data: llm }))
  const outer = end(begin(root, { data: llm }))
  const llmOnly = { spans: "llm_only" } as const

  it("case 223: each model call is a root, with its own ids and the facts of the trace, which is named after it", () => {
    for (const span of [inner, outer]) {
      const rendered = render(span, llmOnly)
      expect(rendered).toMatchObject({
        traceId: root.traceId,
        spanId: span.spanId,
        parentSpanId: undefined,
        links: [{ traceId: "a".repeat(32), spanId: "b".repeat(16) }]
      })
      expect(attributesOf(rendered)).toMatchObject({
        "gateway.trace.name": "chat gpt-4o",
        "gateway.trace.tags": ["t"]
      })
    }
  })

  it("case 223: a trace that has a name keeps it, and other views are as they were", () => {
    expect(attributesOf(render(outer))).not.toHaveProperty("gateway.trace.name")
    expect(render(inner)).toMatchObject({ parentSpanId: tool.spanId, links: [] })
    const named = open({ facts: { traceName: "nightly" } })
    const call = end(begin(named, { data: llm }))
    expect(attributesOf(render(call, llmOnly))["gateway.trace.name"]).toBe("nightly")
    expect(attributesOf(render(call))).not.toHaveProperty("gateway.trace.name")
    expect(named.request.facts).toEqual({ traceName: "nightly" })
  })

  it("continues a caller's trace where it is asked to, model calls alone as roots", () => {
    const noRoot = { hide: new Set(["proxy_request"] as const), callerTrace: "continue" } as const
    expect(render(outer, noRoot)).toMatchObject({
      traceId: "a".repeat(32),
      parentSpanId: "b".repeat(16),
      parentIsRemote: true
    })
    expect(render(inner, noRoot)).toMatchObject({ parentSpanId: tool.spanId, parentIsRemote: false })
    expect(attributesOf(render(outer, noRoot))).not.toHaveProperty("gateway.trace.name")
    expect(render(outer, { ...llmOnly, callerTrace: "continue" })).toMatchObject({
      traceId: "a".repeat(32),
      parentSpanId: undefined,
      parentIsRemote: false
    })
  })
})

describe("what does not fit", () => {
  it("a field of the wrong type is left out and named, the others stay", () => {
    const misfits: Array<string> = []
    // What a caller without types may hand over.
    const data = {
      ...llm,
      requestModel: 7,
      usage: { inputTokens: "ten", outputTokens: 5 }
    } as unknown as SpanData.LlmCall
    const rendered = Renderer.render(ended(data), view(), (path) => misfits.push(path))
    expect(misfits.sort()).toEqual(["llm_call.requestModel", "llm_call.usage.inputTokens"])
    expect(attributesOf(rendered)).toMatchObject({ "gen_ai.usage.output_tokens": 5 })
    expect(attributesOf(rendered)).not.toHaveProperty("gen_ai.request.model")
  })

  const payload = FastCheck.tuple(FastCheck.constantFrom(...SpanRole.all), FastCheck.object({ withBigInt: true })).map(
    // Deliberately not what the type says.
    ([_tag, fields]) => ({ ...fields, _tag }) as unknown as SpanData.SpanData
  )

  /** Real fields with anything in them. */
  const spoiled = FastCheck.tuple(
    Arbitrary.make(SpanData.SpanData),
    FastCheck.array(FastCheck.tuple(FastCheck.nat(), FastCheck.anything({ withBigInt: true, withSparseArray: true })))
  ).map(([data, changes]) => {
    const fields: Record<string, unknown> = { ...data }
    const keys = Object.keys(SpanData.schemas[data._tag].fields).filter((key) => key !== "_tag")
    for (const [index, value] of changes) fields[keys[index % keys.length] ?? ""] = value
    return fields as unknown as SpanData.SpanData
  })

  /** Past 2^53 the two encodings print one double in two ways. */
  const comparable = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_, item) =>
        typeof item === "bigint" || (typeof item === "number" && Math.abs(item) > Number.MAX_SAFE_INTEGER)
          ? "large"
          : item
      )
    )

  it.prop(
    "any payload renders, for any view, survives both encodings and reads the same in both",
    [
      FastCheck.oneof(payload, spoiled),
      FastCheck.constantFrom("tenant" as const, "operator" as const, "merged" as const),
      FastCheck.constantFrom("none" as const, "full" as const),
      FastCheck.constantFrom(vocabulary(), vocabulary({ name: "openinference" })),
      FastCheck.dictionary(FastCheck.string(), FastCheck.anything({ withBigInt: true }))
    ],
    ([data, audience, content, spelling, attributes]) => {
      const span = ended(data, { attributes })
      const rendered = render(span, { audience, content, vocabulary: spelling, valueLength: 100 })
      expect(rendered.attributes.length).toBeLessThanOrEqual(128)
      for (const [, value] of rendered.attributes) {
        if (typeof value === "string") expect(value.length).toBeLessThanOrEqual(100)
      }
      const { json, protobuf } = received(rendered)
      expect(protobuf).toHaveLength(1)
      expect(comparable(protobuf[0]?.attributes)).toEqual(comparable(json[0]?.attributes))
      expect(Object.keys(protobuf[0]?.attributes ?? {})).toHaveLength(rendered.attributes.length)
      expect(protobuf[0]).toMatchObject({ spanId: span.spanId, traceId: span.traceId, name: rendered.name })
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "events and links with any attributes survive both encodings",
    [FastCheck.dictionary(FastCheck.string(), FastCheck.anything({ withBigInt: true })), FastCheck.double()],
    ([attributes, number]) => {
      const { begin, end, open, recorder } = recording()
      const span = begin(open())
      recorder.event(span, "line", span.startTime, { ...attributes, number })
      recorder.link(span, {
        traceId: span.traceId,
        spanId: span.spanId,
        request: undefined,
        attributes: new Map([["n", number]])
      })
      const rendered = render(end(span), { audience: "operator", valueLength: 100 })
      const { json, protobuf } = received(rendered)
      expect(protobuf[0]?.events).toHaveLength(1)
      expect(comparable(protobuf[0]?.events)).toEqual(comparable(json[0]?.events))
      expect(comparable(protobuf[0]?.links)).toEqual(comparable(json[0]?.links))
    }
  )

  it("a payload whose getters throw costs its own fields", () => {
    const data = Object.defineProperty({ ...llm }, "requestModel", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      }
    })
    expect(attributesOf(render(ended(data)))).toMatchObject({ "gen_ai.operation.name": "chat" })
  })
})

describe("on the wire", () => {
  it("a span reads as it was rendered, in both encodings", () => {
    const span = ended(
      { ...llm, parameters: { temperature: 0.7, stopSequences: ["STOP"] }, streaming: true },
      { attributes: { note: "ü😀" } }
    )
    const rendered = render(span, { audience: "operator", content: "full" })
    const { json, protobuf } = received(rendered)
    for (const [read] of [json, protobuf]) {
      expect(read).toMatchObject({
        name: "chat gpt-4o",
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.ancestry.parent?.spanId,
        startTimeUnixNano: rendered.startTime,
        endTimeUnixNano: rendered.endTime,
        attributes: {
          "gen_ai.request.temperature": 0.7,
          "gen_ai.request.stop_sequences": ["STOP"],
          "gen_ai.request.stream": true,
          "gen_ai.usage.input_tokens": 10,
          note: "ü😀"
        }
      })
    }
  })
})

describe("the attribute budget", () => {
  const message = (index: number) => ({ role: "user", parts: [{ type: "text", content: `turn ${index}` }] }) as const
  const long = (inputs: number, outputs: number): SpanData.LlmCall => ({
    ...llm,
    cost: { total: 0.002 },
    inputMessages: Array.from({ length: inputs }, (_, index) => message(index)),
    outputMessages: Array.from({ length: outputs }, (_, index) => message(index)),
    error: { type: "RateLimited" }
  })

  const keysOf = (data: SpanData.LlmCall, ...names: ReadonlyArray<string>) => {
    const rendered = render(ended(data), {
      content: "full",
      vocabulary: vocabulary(...names.map((name) => ({ name })))
    })
    expect(rendered.attributes.length).toBeLessThanOrEqual(128)
    return rendered.attributes.map(([key]) => key)
  }

  const indices = (keys: ReadonlyArray<string>, list: string): ReadonlyArray<number> =>
    keys.flatMap((key) => (key.startsWith(list) && key.endsWith(".role") ? [Number(key.split(".")[2])] : []))

  it.each([[["genai"]], [["openinference"]], [["openinference", "genai"]]])(
    "what a back end cannot do without finds room in %j, however long the conversation",
    (names) => {
      const keys = keysOf(long(2000, 1), ...names)
      expect(keys).toContain("error.type")
      if (names.includes("genai")) {
        expect(keys).toEqual(
          expect.arrayContaining(["gen_ai.usage.input_tokens", "gateway.cost.total", "gen_ai.output.messages"])
        )
      }
      if (names.includes("openinference")) {
        expect(keys).toEqual(
          expect.arrayContaining(["llm.token_count.prompt", "llm.cost.total", "input.value", "output.value"])
        )
      }
    }
  )

  it("of a long conversation the first message stays, and the newest that fit, each whole", () => {
    const keys = keysOf(long(200, 1), "openinference")
    const kept = indices(keys, "llm.input_messages")
    expect(kept.length).toBeGreaterThan(40)
    expect(kept[0]).toBe(0)
    expect(kept.slice(1)).toEqual(Array.from({ length: kept.length - 1 }, (_, index) => 201 - kept.length + index))
    for (const index of kept) expect(keys).toContain(`llm.input_messages.${index}.message.content`)
    expect(indices(keys, "llm.output_messages")).toEqual([0])
  })

  it("case 79: of 127 tools the first are kept whole and the last is left out", () => {
    const tools = Array.from({ length: 127 }, (_, index) => ({ name: `tool_${index}`, parameters: {} }))
    const keys = keysOf({ ...llm, tools }, "genai", "openinference")
    expect(keys.filter((key) => key.startsWith("llm.tools."))).toHaveLength(32)
    expect(keys).toContain("llm.tools.0.tool.json_schema")
    expect(keys).toContain("gen_ai.tool.definitions")
    for (const [name, prefix] of [
      ["traceloop", "llm.request.functions."],
      ["litellm", "gen_ai.tool."]
    ] as const) {
      const kept = keysOf({ ...llm, tools }, name).filter((key) => key.startsWith(prefix))
      expect(kept.length, name).toBeGreaterThan(0)
      expect(kept.length, name).toBeLessThanOrEqual(32)
      expect(kept[0], name).toBe(`${prefix}0.name`)
    }
  })

  it("case 87: what a library wrote before a failed call of 60 turns stays, and so does the error", () => {
    const attributes = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`library.${index}`, index]))
    const rendered = render(
      ended({ ...long(60, 1), error: { type: "RateLimited", stackTrace: "at" } }, { attributes }),
      {
        audience: "operator",
        content: "full",
        vocabulary: vocabulary({ name: "openinference" })
      }
    )
    expect(rendered.attributes.length).toBeGreaterThanOrEqual(127)
    expect(rendered.attributes.length).toBeLessThanOrEqual(128)
    expect(attributesOf(rendered)).toMatchObject({
      ...attributes,
      "error.type": "RateLimited",
      "gateway.provider.error.stack_trace": "at"
    })
  })

  it("is the destination's own, and all that is missing is counted", () => {
    const span = ended(long(60, 2))
    const spelling = { content: "full", vocabulary: vocabulary({ name: "openinference" }) } as const
    const whole = render(span, { ...spelling, maxAttributes: 1000 })
    expect(whole.droppedAttributes).toBe(0)
    for (const maxAttributes of [64, 100, 128]) {
      const cut = render(span, { ...spelling, maxAttributes })
      expect(cut.attributes.length).toBeLessThanOrEqual(maxAttributes)
      expect(cut.attributes.length + cut.droppedAttributes).toBe(whole.attributes.length)
    }
  })

  it("case 83: all choices stay, at the cost of older messages", () => {
    const keys = keysOf(long(60, 20), "openinference")
    const inputs = indices(keys, "llm.input_messages").length
    expect(indices(keys, "llm.output_messages")).toHaveLength(20)
    expect(inputs).toBeGreaterThan(1)
    expect(inputs).toBeLessThan(indices(keysOf(long(60, 1), "openinference"), "llm.input_messages").length)
  })

  it.each([4, 8, 40])("case 81: all of %i messages with two choices", (count) => {
    const keys = keysOf(long(count, 2), "openinference")
    expect(indices(keys, "llm.input_messages")).toHaveLength(count)
    expect(indices(keys, "llm.output_messages")).toHaveLength(2)
  })
})
