import * as Metrics from "@effect/opentelemetry/Metrics"
import * as Resource from "@effect/opentelemetry/Resource"
import { assert, describe, expect, it } from "@effect/vitest"
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  InMemoryMetricExporter,
  type MetricData,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { CallMetrics, McpServer, McpSession, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Chunk, Data, Effect, Either, FastCheck, Fiber, Layer, Metric, MetricState, Stream, TestClock } from "effect"
import type { Outcome } from "../../src/record/RecordedSpan.js"
import * as Recorder from "../../src/record/Recorder.js"
import { route } from "../support/recorded.js"
import { layer } from "../support/tracing.js"

/** Metrics are the process's: each test has a provider of its own to know its series by. */
let fresh = 0
const own = () => `provider ${fresh++}`

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly count: number
  readonly sum: number
}

const all = (): ReadonlyArray<Series> =>
  Metric.unsafeSnapshot().flatMap(({ metricKey: { name, tags }, metricState: state }) => {
    if (!MetricState.isHistogramState(state) || !/^(gen_ai|mcp)\./.test(name)) return []
    const { unit, ...labels } = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
    return [{ name: name.replace("gen_ai.client.", ""), labels, count: state.count, sum: state.sum }]
  })

const of = (provider: string): ReadonlyArray<Series> =>
  all().filter(({ labels }) => labels["gen_ai.provider.name"] === provider)

/** What these series have grown by since: the shared one is everybody's. */
const overflowed = () => {
  const sum = () =>
    all()
      .filter(({ labels, name }) => name === "operation.duration" && labels["otel.metric.overflow"] === "true")
      .reduce((sum, { count }) => sum + count, 0)
  const before = sum()
  return () => sum() - before
}

const recording = (options: CallMetrics.Options = {}, facts = {}) => {
  const counted: Array<string> = []
  const calls = CallMetrics.make(options, () => counted.push("bad"))
  const recorder = Recorder.make({ sink: () => {}, count: (event) => counted.push(event), calls })
  const root = recorder.openRequest({ name: "root", startTime: 0n, wallTime: 0, route: route([]), facts })
  const call = (data: SpanData.SpanData | undefined, outcome: Outcome = { _tag: "unset" }, seconds = 1.5) => {
    const span = recorder.begin({ name: "call", startTime: 1_000_000_000n, parent: root, data })
    if (span === undefined) return expect.fail("too many open spans")
    recorder.end(span, 1_000_000_000n + BigInt(seconds * 1e9), outcome)
    return span
  }
  return { call, calls, counted, recorder, root }
}

const chat = (provider: string, more: Partial<SpanData.LlmCall> = {}): SpanData.LlmCall => ({
  _tag: "llm_call",
  operation: "chat",
  provider,
  requestModel: "gpt-4o",
  ...more
})

describe("a model call", () => {
  it("that is answered has a duration and, where they are known, tokens in and out", () => {
    const provider = own()
    const { call } = recording()
    const base = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.response.model": "gpt-4o-2024",
      "server.address": "api.openai.com",
      "server.port": "443"
    }
    const answered = chat(provider, {
      responseModel: "gpt-4o-2024",
      server: { address: "api.openai.com", port: 443 },
      usage: { inputTokens: 12, outputTokens: 0 }
    })
    call(answered)
    call(answered, { _tag: "unset" }, 0.5)
    expect(of(provider)).toEqual([
      { name: "operation.duration", labels: base, count: 2, sum: 2 },
      { name: "token.usage", labels: { ...base, "gen_ai.token.type": "input" }, count: 2, sum: 24 },
      { name: "token.usage", labels: { ...base, "gen_ai.token.type": "output" }, count: 2, sum: 0 }
    ])
  })

  it("whose cost is known has it, in dollars, and what costs nothing or was paid for before has none", () => {
    const provider = own()
    const { call } = recording()
    call(chat(provider, { cost: { total: 0.002 } }))
    call(chat(provider, { cost: { total: 0.5 } }))
    for (const cost of [{}, { total: 0 }, { input: 1 }, { total: -1 }, { total: Number.NaN }])
      call(chat(provider, { cost }))
    call(chat(provider, { operation: "gateway.responses_management", cost: { total: 3 } }))
    expect(of(provider).filter(({ name }) => name === "gen_ai.usage.cost")).toMatchObject([{ count: 2, sum: 0.502 }])
  })

  it("that is streamed has a time to its first chunk, and is told apart from one that is not", () => {
    const provider = own()
    const { call } = recording()
    call(chat(provider, { streaming: true, timeToFirstChunk: 0.25 }))
    call(chat(provider, { streaming: false, timeToFirstChunk: 9 }))
    call(chat(provider, { timeToFirstChunk: 9 }))
    call(chat(provider, { streaming: true }))
    expect(of(provider).map(({ count, name, sum }) => [name, count, sum])).toEqual([
      ["operation.duration", 4, 6],
      ["operation.time_to_first_chunk", 1, 0.25]
    ])
  })

  it("that fails says of which kind, by a name and never a sentence; what it says itself goes before what it ended with", () => {
    const provider = own()
    const { call } = recording()
    call(chat(provider), { _tag: "error", error: { type: "RateLimited", message: "try later" } })
    call(chat(provider, { error: { type: "429" } }), { _tag: "error", error: { type: "Other" } })
    call(chat(provider, { error: { type: "the key sk-1234567890abcdef is not known" } }))
    expect(of(provider).map(({ labels }) => labels["error.type"])).toEqual(["RateLimited", "429", "_OTHER"])
  })

  it("tokens that a failed one has used are counted; one that we ended has tokens and no duration, one hung up on has both", () => {
    for (const [outcome, names] of [
      [{ _tag: "error", error: { type: "Boom" } }, ["operation.duration", "token.usage"]],
      [{ _tag: "cancelled" }, ["operation.duration", "token.usage"]],
      [{ _tag: "unfinished" }, ["token.usage"]]
    ] as const) {
      const provider = own()
      recording().call(chat(provider, { usage: { inputTokens: 3 } }), outcome)
      expect(of(provider).map(({ name }) => name)).toEqual(names)
      expect(of(provider)[0]?.labels["error.type"]).toBe(outcome._tag === "error" ? "Boom" : undefined)
    }
  })

  it("that looks up an earlier answer has a duration, and uses no tokens again", () => {
    const provider = own()
    recording().call(
      chat(provider, { operation: "gateway.responses_management", usage: { inputTokens: 3, outputTokens: 4 } })
    )
    expect(of(provider).map(({ name }) => name)).toEqual(["operation.duration"])
  })

  it("of a library is measured as ours are, and an agent at work here or a tool is none", () => {
    const provider = own()
    const { call, recorder, root } = recording()
    const span = recorder.begin({ name: "LanguageModel.generateText", startTime: 0n, parent: root })
    if (span === undefined) return expect.fail("too many open spans")
    recorder.attribute(span, "gen_ai.operation.name", "chat")
    recorder.attribute(span, "gen_ai.provider.name", provider)
    recorder.attribute(span, "gen_ai.usage.output_tokens", 5)
    recorder.end(span, 2_000_000_000n, { _tag: "unset" })
    call({ _tag: "agent", name: "planner", provider, usage: { inputTokens: 100 } })
    call({ _tag: "tool_call", name: provider })
    call(undefined)
    expect(of(provider).map(({ labels, name, sum }) => [name, labels["gen_ai.token.type"], sum])).toEqual([
      ["operation.duration", undefined, 2],
      ["token.usage", "output", 5]
    ])
  })

  it("is measured in a trace that is not sampled, and whatever its request forbids", () => {
    const provider = own()
    const { recorder } = recording()
    const root = recorder.openRequest({
      name: "root",
      startTime: 0n,
      wallTime: 0,
      content: "none",
      incoming: "continue",
      caller: { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: false, traceState: undefined }
    })
    const span = recorder.begin({ name: "chat", startTime: 0n, parent: root, data: chat(provider) })
    if (span === undefined) return expect.fail("too many open spans")
    recorder.end(span, 1n, { _tag: "unset" })
    expect(of(provider).map(({ count }) => count)).toEqual([1])
  })
})

describe("a call of an agent that is a service of its own", () => {
  it("has a duration by its operation, and no tokens, which would count twice", () => {
    const provider = own()
    const { call } = recording()
    const server = { address: "agents.example", port: 443 }
    call({ _tag: "agent", name: "planner", provider, requestModel: "m", server, usage: { inputTokens: 100 } })
    call(
      { _tag: "agent", operation: "create_agent", name: "planner", provider },
      { _tag: "error", error: { type: "Boom" } }
    )
    call({ _tag: "agent", operation: "invoke_workflow", name: "plan", provider, server })
    call({ _tag: "agent", name: "planner", provider, server }, { _tag: "unfinished" })
    const at = { "server.address": "agents.example", "server.port": "443" }
    expect(of(provider)).toEqual([
      {
        name: "operation.duration",
        count: 1,
        sum: 1.5,
        labels: {
          "gen_ai.operation.name": "invoke_agent",
          "gen_ai.provider.name": provider,
          "gen_ai.request.model": "m",
          ...at
        }
      },
      {
        name: "operation.duration",
        count: 1,
        sum: 1.5,
        labels: { "gen_ai.operation.name": "create_agent", "gen_ai.provider.name": provider, "error.type": "Boom" }
      }
    ])
  })

  it("is measured where a library tells of it, too", () => {
    const provider = own()
    const { recorder, root } = recording()
    const span = recorder.begin({ name: "agent", startTime: 0n, parent: root })
    if (span === undefined) return expect.fail("too many open spans")
    recorder.attribute(span, "gen_ai.operation.name", "invoke_agent")
    recorder.attribute(span, "gen_ai.provider.name", provider)
    recorder.attribute(span, "server.address", "agents.example")
    recorder.end(span, 2_000_000_000n, { _tag: "unset" })
    expect(of(provider)).toMatchObject([{ count: 1, sum: 2, labels: { "gen_ai.operation.name": "invoke_agent" } }])
  })
})

describe("an MCP call", () => {
  it("has a duration with what the conventions tell it apart by", () => {
    const { call } = recording()
    const tool = own()
    call({
      _tag: "mcp_tool_call",
      method: "tools/call",
      tool,
      resourceUri: "file:///secret",
      sessionId: "s1",
      requestId: "1",
      jsonrpcVersion: "2.0",
      protocolVersion: "2025-06-18",
      transport: "streamable_http",
      networkProtocolVersion: "2",
      server: { address: "mcp.example", port: 8080 },
      error: { type: "InvalidParams", code: "-32602" }
    })
    call({ _tag: "mcp_tool_call", method: "prompts/get", prompt: tool, jsonrpcVersion: "1.0" })
    call({ _tag: "mcp_list_tools", method: "tools/list", protocolVersion: tool, transport: "stdio" })
    const mine = all().filter(({ labels }) => Object.values(labels).includes(tool))
    expect(mine).toEqual([
      {
        name: "mcp.client.operation.duration",
        count: 1,
        sum: 1.5,
        labels: {
          "mcp.method.name": "tools/call",
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": tool,
          "mcp.protocol.version": "2025-06-18",
          "rpc.response.status_code": "-32602",
          "network.transport": "tcp",
          "network.protocol.name": "http",
          "network.protocol.version": "2",
          "server.address": "mcp.example",
          "server.port": "8080",
          "error.type": "-32602"
        }
      },
      {
        name: "mcp.client.operation.duration",
        count: 1,
        sum: 1.5,
        labels: { "mcp.method.name": "prompts/get", "gen_ai.prompt.name": tool, "jsonrpc.protocol.version": "1.0" }
      },
      {
        name: "mcp.client.operation.duration",
        count: 1,
        sum: 1.5,
        labels: { "mcp.method.name": "tools/list", "mcp.protocol.version": tool, "network.transport": "pipe" }
      }
    ])
  })
})

it("an error over MCP is told by the code that JSON-RPC was answered with, and where there is none by its kind", () => {
  const { call, calls } = recording()
  const tool = own()
  const protocolVersion = tool
  const errors = [{ type: "Refused", code: "-32600" }, { type: "tool_error" }, { type: "tool_error", code: "" }]
  for (const error of errors) {
    call({ _tag: "mcp_tool_call", method: "tools/call", tool }, { _tag: "error", error })
    calls.mcp("mcp.client.session.duration", { protocolVersion }, 1, () => error)
  }
  expect(
    all()
      .filter(({ labels }) => Object.values(labels).includes(tool))
      .map(({ labels, name }) => [name, labels["error.type"], labels["rpc.response.status_code"]])
  ).toEqual([
    ["mcp.client.operation.duration", "-32600", "-32600"],
    ["mcp.client.session.duration", "-32600", undefined],
    ["mcp.client.operation.duration", "tool_error", undefined],
    ["mcp.client.session.duration", "tool_error", undefined]
  ])
  // The third is told as the second is: a code that is empty is none.
  expect(
    all()
      .filter(({ labels }) => Object.values(labels).includes(tool) && labels["error.type"] === "tool_error")
      .map(({ count }) => count)
  ).toEqual([2, 2])
})

it.each(["mcp.client.session.duration", "mcp.server.operation.duration", "mcp.server.session.duration"] as const)(
  "%s tells the version of JSON-RPC where it is another than 2.0, which goes without saying",
  (kind) => {
    const protocolVersion = own()
    const { calls } = recording()
    for (const jsonrpcVersion of [undefined, "2.0", "1.0"])
      calls.mcp(kind, { protocolVersion, jsonrpcVersion }, 1, () => undefined)
    expect(all().filter(({ labels }) => labels["mcp.protocol.version"] === protocolVersion)).toMatchObject([
      { name: kind, count: 2, labels: { "mcp.protocol.version": protocolVersion } },
      { name: kind, count: 1, labels: { "jsonrpc.protocol.version": "1.0" } }
    ])
  }
)

describe("how many series there are", () => {
  const tokensBeyond = () =>
    all().filter(({ labels, name }) => name === "token.usage" && "otel.metric.overflow" in labels)

  const models = (count: number) => Array.from({ length: count }, (_, index) => `model ${index}`)

  it("is bounded: what comes beyond is in one that says so, and what was known before goes on", () => {
    const provider = own()
    const beyond = overflowed()
    const { call } = recording({ maxSeries: 10 })
    for (const requestModel of models(1000)) call(chat(provider, { requestModel }))
    call(chat(provider, { requestModel: "model 3" }))
    const series = of(provider)
    expect(series.length).toBe(9)
    expect(series.find(({ labels }) => labels["gen_ai.request.model"] === "model 3")?.count).toBe(2)
    expect(beyond()).toBe(991)
    expect(
      all().filter(({ labels, name }) => name === "operation.duration" && "otel.metric.overflow" in labels)
    ).toMatchObject([{ labels: { "otel.metric.overflow": "true" } }])
  })

  it("beyond the ceiling nothing is told apart: tokens in and out are one sum", () => {
    const before = tokensBeyond()
    const { call } = recording({ maxSeries: 1 })
    call(chat(own(), { usage: { inputTokens: 10, outputTokens: 20 } }))
    const [series, ...others] = tokensBeyond()
    expect(others).toEqual([])
    expect(series?.labels).toEqual({ "otel.metric.overflow": "true" })
    expect([series?.count, series?.sum]).toEqual([(before[0]?.count ?? 0) + 2, (before[0]?.sum ?? 0) + 30])
  })

  it("of one metric does not depend on another's", () => {
    const provider = own()
    const { call } = recording({ maxSeries: 3 })
    for (const type of ["A", "B", "C"]) call(chat(provider), { _tag: "error", error: { type } })
    call(chat(provider, { usage: { inputTokens: 1, outputTokens: 1 } }))
    expect(of(provider).map(({ labels, name }) => [name, labels["error.type"] ?? labels["gen_ai.token.type"]])).toEqual(
      [
        ["operation.duration", "A"],
        ["operation.duration", "B"],
        ["token.usage", "input"],
        ["token.usage", "output"]
      ]
    )
  })

  it.prop(
    "never exceeds the ceiling, and no call is lost, whatever is called",
    [FastCheck.array(FastCheck.tuple(FastCheck.string(), FastCheck.nat(4))), FastCheck.integer({ min: 1, max: 5 })],
    ([asked, maxSeries]) => {
      const provider = own()
      const beyond = overflowed()
      const { call } = recording({ maxSeries })
      for (const [requestModel, error] of asked)
        call(chat(provider, { requestModel, ...(error === 0 && { error: { type: requestModel } }) }))
      const series = of(provider)
      expect(series.length).toBeLessThanOrEqual(maxSeries - 1)
      expect(series.reduce((sum, { count }) => sum + count, 0) + beyond()).toBe(asked.length)
    },
    { fastCheck: { numRuns: 50 } }
  )
})

describe("what a label may be", () => {
  const facts = {
    team: { id: "t1", alias: "one" },
    key: { hash: "h", alias: "k" },
    user: "u",
    organization: "o",
    endUser: "someone@example.com",
    sessionId: "s",
    tags: ["x"]
  }
  const everyAttribute = [
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
    "gateway.team.id",
    "gateway.key.hash",
    "gateway.user.id"
  ] as const
  const labelsOf = (options: CallMetrics.Options, more: Partial<SpanData.LlmCall> = {}) => {
    const provider = own()
    const { call } = recording(options, facts)
    call(chat(provider, { conversationId: "c", responseId: "r", callId: "i", providerModel: "deployment", ...more }))
    return of(provider).flatMap(({ labels }) => Object.keys(labels))
  }

  it("by default nothing that each tenant or request has anew", () => {
    expect(labelsOf({}).sort()).toEqual(["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"])
  })

  it("the tenant's identities where the operator names them, and its end user never", () => {
    expect(
      labelsOf({
        include: [
          "gen_ai.provider.name",
          "gateway.team.id",
          "gateway.team.alias",
          "gateway.key.hash",
          "gateway.key.alias",
          "gateway.user.id",
          "gateway.organization.id"
        ]
      }).sort()
    ).toEqual([
      "gateway.key.alias",
      "gateway.key.hash",
      "gateway.organization.id",
      "gateway.team.alias",
      "gateway.team.id",
      "gateway.user.id",
      "gen_ai.provider.name"
    ])
    // @ts-expect-error
    expect(Either.isLeft(CallMetrics.validate({ include: ["user.id"] }))).toBe(true)
  })

  it("what the operator excludes is not there, and the kind of an error always is", () => {
    expect(labelsOf({ exclude: ["gen_ai.request.model"] }, { error: { type: "Boom" } }).sort()).toEqual([
      "error.type",
      "gen_ai.operation.name",
      "gen_ai.provider.name"
    ])
    expect(labelsOf({ include: ["gen_ai.provider.name"] }, { error: { type: "Boom" } }).sort()).toEqual([
      "error.type",
      "gen_ai.provider.name"
    ])
  })

  it("a choice only narrows: whatever is chosen, no label is there that the ceiling has not", () => {
    const ceiling = labelsOf({ include: [...everyAttribute] })
    expect(ceiling.length).toBeGreaterThan(labelsOf({}).length)
    for (const options of [{}, { exclude: [...everyAttribute.slice(0, 3)] }, { include: [...everyAttribute.slice(3)] }])
      expect(ceiling).toEqual(expect.arrayContaining(labelsOf(options)))
  })

  it("a wrong choice says what is wrong with it", () => {
    const detail = (options: unknown) =>
      // As it comes from a file that nobody has checked.
      Either.getLeft(CallMetrics.validate(options as CallMetrics.Options)).pipe((misfit) => JSON.stringify(misfit))
    expect(detail({ include: ["server.port"], exclude: ["server.port"] })).toContain(
      "include and exclude are mutually exclusive"
    )
    for (const name of ["gen_ai.token.type", "error.type"])
      for (const path of ["include", "exclude"]) expect(detail({ [path]: [name] })).toContain("discriminator")
    expect(detail({ exclude: ["gen_ai.conversation.id"] })).toContain("gen_ai.conversation.id")
    for (const path of ["include", "exclude"])
      for (const list of ["server.port", { "server.port": true }, 7])
        expect(detail({ [path]: list })).toContain("a list of attributes")
    expect(detail({ include: [], exclude: undefined })).not.toContain("detail")
  })

  it("no half of a surrogate pair, which costs a batch of JSON where readers are strict", () => {
    const provider = own()
    recording().call(chat(provider, { requestModel: "gpt-\ud83d" }))
    expect(of(provider).map(({ labels }) => labels["gen_ai.request.model"])).toEqual(["gpt-\ufffd"])
  })

  it("no key that somebody took for a model, and no text that no name is as long as", () => {
    const provider = own()
    const { call } = recording()
    const key = "sk-proj-abcdef1234567890ABCDEF"
    call(chat(provider, { requestModel: key }))
    call(chat(provider, { requestModel: "x".repeat(257) }))
    call(chat(provider, { requestModel: "x".repeat(256) }))
    expect(of(provider).map(({ labels }) => labels["gen_ai.request.model"])).toEqual([
      "[redacted:key]",
      "_OTHER",
      "x".repeat(256)
    ])
    expect(JSON.stringify(all())).not.toContain(key)
  })
})

describe("a payload that is not what it should be", () => {
  const throws = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no")
      }
    }
  )

  it("costs what does not fit, and the request nothing", () => {
    const provider = own()
    const { call, counted } = recording()
    // What callers without types hand over.
    for (const usage of [null, throws, { inputTokens: "7" }, { inputTokens: -1 }, { inputTokens: Number.NaN }, 5])
      call({ ...chat(provider), usage } as unknown as SpanData.LlmCall)
    call({ ...chat(provider), requestModel: { a: 1 }, server: "host" } as unknown as SpanData.LlmCall)
    call({ ...chat(provider), error: throws } as unknown as SpanData.LlmCall)
    expect(new Set(of(provider).map(({ name }) => name))).toEqual(new Set(["operation.duration"]))
    expect(counted.filter((event) => event === "bad").length).toBe(2)
    const sums = of(provider).map(({ sum }) => sum)
    expect(sums.every((sum) => typeof sum === "number" && sum > 0)).toBe(true)
  })

  it("a clock that goes back makes no negative time", () => {
    const provider = own()
    recording().call(chat(provider), { _tag: "unset" }, -5)
    expect(of(provider)).toMatchObject([{ count: 1, sum: 0 }])
  })
})

class Boom extends Data.TaggedError("Boom") {}

describe("through the tracer", () => {
  const acme = TenantTracer.withRoute(TestTracer.route("acme"))

  it.effect("nothing is measured where nobody asks for it", () =>
    Effect.gen(function* () {
      const provider = own()
      const stream = Stream.make(1, 2).pipe(Stream.rechunk(1))
      yield* Effect.void.pipe(Spans.llmCall({ operation: "chat", provider }), acme)
      yield* Stream.runDrain(Spans.llmCallStream(stream, { operation: "chat", provider })).pipe(acme)
      expect(of(provider)).toEqual([])
      expect((yield* TenantTracer.TenantTracer).recorder.chunk).toBeUndefined()
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a stream has a time to its first chunk and one for each chunk after it", () =>
    Effect.gen(function* () {
      const provider = own()
      const stream = Stream.fromChunks(Chunk.make(1), Chunk.empty(), Chunk.make(2, 3), Chunk.make(4)).pipe(
        Stream.chunks,
        Stream.tap(() => Effect.sleep("2 seconds")),
        Stream.flattenChunks
      )
      const fiber = yield* Spans.llmCallStream(stream, { operation: "chat", provider }).pipe(
        Stream.runDrain,
        acme,
        Effect.fork
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      expect(of(provider).map(({ count, name, sum }) => [name, count, sum])).toEqual([
        ["operation.time_per_output_chunk", 2, 4],
        ["operation.duration", 1, 6],
        ["operation.time_to_first_chunk", 1, 2]
      ])
    }).pipe(Effect.provide(layer({ callMetrics: {} })))
  )

  it.effect("names, units, buckets and attributes arrive in OpenTelemetry's own metrics", () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const telemetry = Layer.provide(
      Metrics.layer(() => reader),
      Resource.layer({ serviceName: "gateway" })
    )
    return Effect.gen(function* () {
      const provider = own()
      const usage = { inputTokens: 5, outputTokens: 2_000_000 }
      const cost = { total: 0.002 }
      yield* Effect.void.pipe(
        Spans.llmCall({
          operation: "chat",
          provider,
          requestModel: "m",
          usage,
          cost,
          streaming: true,
          timeToFirstChunk: 0.03
        }),
        acme
      )
      yield* new Boom().pipe(Spans.llmCall({ operation: "chat", provider }), acme, Effect.ignore)
      yield* Effect.void.pipe(Spans.mcpToolCall({ method: "tools/call", tool: provider }), acme)
      yield* Effect.void.pipe(McpSession.measured({ protocolVersion: provider }))
      yield* Effect.void.pipe(McpServer.request({ method: "ping", protocolVersion: provider }))
      yield* Effect.void.pipe(McpServer.session({ protocolVersion: provider }))
      yield* Effect.promise(() => reader.forceFlush())
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      // They come in no order of their own.
      const key = ({
        attributes,
        name
      }: {
        readonly attributes: DataPoint<Histogram>["attributes"]
        readonly name: string
      }) => [name, attributes["error.type"] ?? "", attributes["gen_ai.token.type"] ?? ""].join(" ")
      const found = metrics
        .flatMap((metric) => pointsOf(metric).map((point) => ({ ...metric.descriptor, ...point })))
        .filter(({ attributes }) => Object.values(attributes).includes(provider))
        .sort((a, b) => (key(a) < key(b) ? -1 : 1))
      const mcpSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]
      const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
      expect(found.map(({ name, unit }) => [name, unit])).toEqual([
        ["gen_ai.client.operation.duration", "s"],
        ["gen_ai.client.operation.duration", "s"],
        ["gen_ai.client.operation.time_to_first_chunk", "s"],
        ["gen_ai.client.token.usage", "{token}"],
        ["gen_ai.client.token.usage", "{token}"],
        ["gen_ai.usage.cost", "USD"],
        ["mcp.client.operation.duration", "s"],
        ["mcp.client.session.duration", "s"],
        ["mcp.server.operation.duration", "s"],
        ["mcp.server.session.duration", "s"]
      ])
      expect(found.map(({ value: { buckets } }) => buckets.boundaries)).toEqual([
        seconds,
        seconds,
        seconds,
        Array.from({ length: 14 }, (_, index) => 4 ** index),
        Array.from({ length: 14 }, (_, index) => 4 ** index),
        [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100],
        mcpSeconds,
        mcpSeconds,
        mcpSeconds,
        mcpSeconds
      ])
      expect(found[1]?.attributes).toEqual({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "error.type": "Boom",
        unit: "s"
      })
      const output = found[4]
      expect(output?.attributes["gen_ai.token.type"]).toBe("output")
      expect(output?.value).toMatchObject({ count: 1, sum: 2_000_000 })
      // 1,048,576 < 2,000,000 <= 4,194,304.
      expect(output?.value.buckets.counts.indexOf(1)).toBe(11)
      // 0.02 < 0.03 <= 0.04.
      expect(found[2]?.value.buckets.counts.indexOf(1)).toBe(2)
    }).pipe(Effect.provide(Layer.merge(telemetry, layer({ callMetrics: {} }))))
  })
})

const pointsOf = (metric: MetricData): ReadonlyArray<DataPoint<Histogram>> =>
  metric.dataPointType === DataPointType.HISTOGRAM ? metric.dataPoints : []

it("of another library's spans of MCP those of a client are measured as one, and those of a server are not", () => {
  const tool = own()
  const { recorder, root } = recording()
  for (const kind of ["server", "client"] as const) {
    const span = recorder.begin({ name: "tools/call", kind, startTime: 0n, parent: root })
    assert(span !== undefined)
    recorder.attribute(span, "mcp.method.name", "tools/call")
    recorder.attribute(span, "gen_ai.tool.name", tool)
    recorder.end(span, kind === "client" ? 2_000_000_000n : 1_000_000_000n, { _tag: "unset" })
  }
  const mine = all().filter(({ labels }) => Object.values(labels).includes(tool))
  expect(mine.map(({ count, name, sum }) => [name, count, sum])).toEqual([["mcp.client.operation.duration", 1, 2]])
})
