import { HttpServerResponse } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { trace } from "@opentelemetry/api"
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer"
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs"
import type { SpanData, SpanError } from "@tenant-tracer/model/SpanData"
import { type ExceptionEvent, Spans, TenantTracer, TestTracer } from "@tenant-tracer/tracer"
import { Data, Effect } from "effect"
import type { Outcome } from "../../src/record/RecordedSpan.js"
import * as Event from "../../src/render/ExceptionEvent.js"
import * as Redactor from "../../src/render/Redactor.js"
import { inProcess } from "../support/http.js"
import { textsAt } from "../support/protobuf.js"
import { ended, route } from "../support/recorded.js"
import { layer, one, textOf } from "../support/tracing.js"

const chat = { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } as const

const failed = (error: SpanError): Outcome => ({ _tag: "error", error })

const eventOf = (data: SpanData | undefined, outcome?: Outcome, request = {}) =>
  Event.make(ended(data, { ...(outcome && { outcome }), request }), undefined)

describe("the event of a failed model call", () => {
  it("is a warning with the error's message as its body, about the span that failed and at its end", () => {
    const span = ended(chat, { outcome: failed({ type: "RateLimited", message: "try later", stackTrace: "at x" }) })
    const event = Event.make(span, undefined)
    expect(event).toMatchObject({
      eventName: "gen_ai.client.operation.exception",
      severityNumber: 13,
      severityText: "WARN",
      body: "try later",
      attributes: {
        "event.name": "gen_ai.client.operation.exception",
        "exception.type": "RateLimited",
        "exception.message": "try later",
        "exception.stacktrace": "at x"
      }
    })
    const { endTime, request, spanId, traceId } = span
    expect(event && trace.getSpanContext(event.context)).toEqual({ traceId, spanId, traceFlags: 1 })
    const [seconds = 0, nanos = 0] = event?.timestamp ?? []
    expect(BigInt(seconds) * 1_000_000_000n + BigInt(nanos)).toBe((endTime ?? 0n) + request.clockOffset)
  })

  it("has a body whatever the error says: its type, where it says nothing", () => {
    for (const message of [undefined, "", null, 7, {}]) {
      const event = eventOf(chat, failed({ type: "Boom", message } as SpanError))
      expect(event?.body).toBe("Boom")
      expect(event?.attributes).toEqual({
        "event.name": "gen_ai.client.operation.exception",
        "exception.type": "Boom",
        "exception.message": ""
      })
    }
    expect(eventOf(chat, failed({ type: null } as unknown as SpanError))?.body).toBe("_OTHER")
  })

  it("says what the payload says before what the call ended with", () => {
    const error = { type: "429", message: "slow down" }
    expect(eventOf({ ...chat, error }, failed({ type: "Boom", message: "no" }))?.body).toBe("slow down")
    expect(eventOf({ ...chat, error })?.attributes["exception.type"]).toBe("429")
  })

  it("case 107: there is none of a success, a hang-up, a guardrail or anything else", () => {
    expect(eventOf(chat)).toBeUndefined()
    expect(eventOf(chat, { _tag: "cancelled" })).toBeUndefined()
    expect(eventOf(chat, { _tag: "unfinished" })).toBeUndefined()
    const boom = failed({ type: "Boom", message: "no" })
    for (const data of [
      { _tag: "guardrail", name: "pii", status: "guardrail_intervened" },
      { _tag: "mcp_tool_call", method: "tools/call" },
      { _tag: "service", service: "auth" },
      undefined
    ] as const)
      expect(eventOf(data, boom)).toBeUndefined()
  })

  it("says the type alone where the operator may have metadata only", () => {
    const error = failed({ type: "Boom", message: "the prompt was: hello", stackTrace: "at hello" })
    const event = eventOf(chat, error, { route: route([], { operatorPolicy: "metadata_only" }) })
    expect(event?.body).toBe("Boom")
    expect(event?.attributes).toMatchObject({ "exception.type": "Boom", "exception.message": "" })
    expect(textOf(event?.attributes)).not.toContain("hello")
  })

  it("shows no key that a provider quotes, nothing that the operator's rules take out, and no text without end", () => {
    const message = "Incorrect API key provided: sk-abcdef1234567890ABCD by someone@example.com"
    const span = ended(chat, { outcome: failed({ type: "Unauthorized", message, stackTrace: message }) })
    const redactor = Redactor.make({ patterns: ["email"] }, undefined)
    for (const event of [Event.make(span, undefined), Event.make(span, redactor)]) {
      expect(textOf([event?.body, event?.attributes])).not.toContain("sk-abcdef")
      expect(event?.body).toContain("Incorrect API key")
    }
    expect(textOf(Event.make(span, redactor)?.attributes)).not.toContain("someone@")
    expect(eventOf(chat, failed({ type: "Boom", message: "words ".repeat(20_000) }))?.body.length).toBe(32 * 1024)
  })

  it("carries whether its trace is sampled", () => {
    const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: false, traceState: undefined }
    const event = eventOf(chat, failed({ type: "Boom" }), { caller, incoming: "continue" })
    expect(event && trace.getSpanContext(event.context)).toMatchObject({ traceId: "a".repeat(32), traceFlags: 0 })
  })
})

class Boom extends Data.TaggedError("Boom")<{ readonly message: string }> {}

describe("TracingConfig.onException", () => {
  const acme = TenantTracer.withRoute(TestTracer.route("acme"))
  const call = new Boom({ message: "no luck" }).pipe(Spans.llmCall(chat), Effect.ignore)

  it.effect("is given each, as a logger of OpenTelemetry's takes it", () => {
    const exporter = new InMemoryLogRecordExporter()
    const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger("gateway")
    return Effect.gen(function* () {
      yield* call.pipe(acme)
      yield* Effect.void.pipe(Spans.llmCall(chat), acme)
      const record = one(exporter.getFinishedLogRecords())
      expect(record).toMatchObject({
        eventName: "gen_ai.client.operation.exception",
        severityNumber: 13,
        severityText: "WARN",
        body: "no luck"
      })
      const span = one((yield* TestTracer.spans("acme")).filter(({ status }) => status.code === "error"))
      expect(record.spanContext).toMatchObject({ traceId: span.traceId, spanId: span.spanId })
    }).pipe(Effect.provide(layer({ onException: (event) => logger.emit(event) })))
  })

  it("has its body in OTLP, in JSON and protobuf, beside those of errors that say nothing and those of odd ones", () => {
    const exporter = new InMemoryLogRecordExporter()
    const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger("gateway")
    const messages = [undefined, "", null, {}, "no luck", "\ud800", "\u0000", "日本", `${"x".repeat(32_767)}😀`]
    for (const message of messages) {
      // What callers without types hand over.
      const event = eventOf(chat, failed({ type: "Boom", message } as SpanError))
      if (event !== undefined) logger.emit(event)
    }
    const records = exporter.getFinishedLogRecords()
    const bodies = [
      "Boom",
      "Boom",
      "Boom",
      "Boom",
      "no luck",
      "\ufffd",
      "\u0000",
      "日本",
      `${"x".repeat(32_767)}\ufffd`
    ]
    const protobuf = ProtobufLogsSerializer.serializeRequest(records) ?? new Uint8Array()
    expect(textsAt(protobuf, 1, 2, 2, 5, 1)).toEqual(bodies)
    const json: unknown = JSON.parse(new TextDecoder().decode(JsonLogsSerializer.serializeRequest(records)))
    expect(json).toMatchObject({
      resourceLogs: [{ scopeLogs: [{ logRecords: bodies.map((stringValue) => ({ body: { stringValue } })) }] }]
    })
  })

  it.effect("waits until it is known what the operator may read of the request", () => {
    const events: Array<ExceptionEvent.ExceptionEvent> = []
    const app = Effect.gen(function* () {
      yield* call
      const before = events.length
      yield* TenantTracer.bind(TestTracer.route("acme", { operatorPolicy: "metadata_only" }))
      return HttpServerResponse.unsafeJson(before)
    })
    return Effect.gen(function* () {
      expect((yield* inProcess(app)).body).toBe("0")
      expect(events.map(({ body }) => body)).toEqual(["Boom"])
    }).pipe(Effect.provide(layer({ onException: (event) => events.push(event) })))
  })

  it.effect("costs the request nothing and the span nothing when it throws", () => {
    const throws = () => {
      throw new Error("no disk")
    }
    return Effect.gen(function* () {
      yield* call.pipe(acme)
      expect((yield* TestTracer.spans("acme")).map(({ name }) => name)).toContain("chat gpt-4o")
      expect((yield* TenantTracer.status).ledger.counters).toMatchObject({ exception_event_failed: 1 })
    }).pipe(Effect.provide(layer({ onException: throws })))
  })
})
