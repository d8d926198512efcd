import { describe, expect, it } from "@effect/vitest"
import * as SpanData from "@tenant-tracer/model/SpanData"
import { Arbitrary, FastCheck, Option } from "effect"
import * as spanCodec from "../../src/internal/spanCodec.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as Recorder from "../../src/record/Recorder.js"
import * as Renderer from "../../src/render/Renderer.js"
import { ended, recording, route, view } from "../support/recorded.js"
import { textOf } from "../support/tracing.js"

const recorder = Recorder.make({ sink: () => {}, count: () => {} })

const again = (span: RecordedSpan, content: "none" | "full" = "full"): RecordedSpan => {
  const bytes = spanCodec.encode(span, { audience: "tenant", content })
  if (bytes === undefined) throw new Error("not encoded")
  return Option.getOrThrow(spanCodec.decode(bytes, recorder))
}

/** As every audience would receive it, and one that does not see a phase, as text: JSON knows no negative zero. */
const rendered = (span: RecordedSpan) =>
  [{}, { audience: "operator" } as const, { excludeServices: new Set(["auth"]) }].map((of) =>
    textOf(Renderer.render(span, view({ content: "full", callerTrace: "continue", ...of }), () => {}))
  )

/** As JSON has it: without what is undefined. */
const payload = Arbitrary.make(SpanData.SpanData).map((data): SpanData.SpanData => JSON.parse(JSON.stringify(data)))

it.prop("what comes back is rendered as what was kept", [payload], ([data]) => {
  const span = ended(data, {
    attributes: { "db.system.name": "redis", list: ["a", "b"], count: 2, ratio: 0.5, yes: true }
  })
  expect(rendered(again(span))).toEqual(rendered(span))
})

describe("a whole trace", () => {
  const trace = () => {
    const { begin, end, ended: spans, open, recorder: own } = recording()
    const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true, traceState: "k=v" }
    const root = open({ caller, facts: { sessionId: "s-1", tags: ["x"] } })
    const auth = begin(root, { data: { _tag: "service", service: "auth", phase: "auth" } })
    const db = begin(auth, { data: { _tag: "db_call", service: "redis" } })
    const plain = begin(auth)
    const model = begin(plain, { data: { _tag: "llm_call", operation: "chat", provider: "openai" } })
    own.event(db, "log", 1n, { line: "CANARY" })
    own.link(model, {
      traceId: root.traceId,
      spanId: db.spanId,
      request: db.request,
      ancestry: db.ancestry,
      attributes: new Map()
    })
    own.link(model, { traceId: "c".repeat(32), spanId: "d".repeat(16), request: undefined, attributes: new Map() })
    end(model, { _tag: "error", error: { type: "timeout", message: "too slow" } })
    end(plain)
    end(db, { _tag: "cancelled" })
    end(auth, { _tag: "unfinished" })
    end(root)
    return spans
  }

  it("keeps its tree, its caller, its facts, its links and how its spans ended", () => {
    const spans = trace()
    expect(spans).toHaveLength(5)
    for (const span of spans) expect(rendered(again(span))).toEqual(rendered(span))
  })

  it("keeps what its request and its route forbid", () => {
    const message = { role: "user", parts: [{ type: "text", content: "CANARY" }] } as const
    const model = { _tag: "llm_call", operation: "chat", provider: "openai", inputMessages: [message] } as const
    const bare = ended(model, { request: { route: route([], { operatorPolicy: "metadata_only" }) } })
    const forbidden = ended(model, { request: { content: "none" } })
    for (const span of [bare, forbidden]) {
      const back = again(span)
      expect(rendered(back)).toEqual(rendered(span))
      expect([back.request.isMetadataOnly, back.request.content]).toEqual([
        span.request.isMetadataOnly,
        span.request.content
      ])
    }
    expect(rendered(again(bare))[1]).not.toContain("CANARY")
    expect(
      Buffer.from(spanCodec.encode(forbidden, { audience: "tenant", content: "full" }) ?? []).toString()
    ).not.toContain("CANARY")
  })

  it("what is forbidden is not on the disk, and what was written before it was is read without", () => {
    const message = { role: "user", parts: [{ type: "text", content: "CANARY" }] } as const
    const data = { _tag: "llm_call", operation: "chat", provider: "openai", inputMessages: [message] } as const
    const full = (audience: "tenant" | "operator" | "merged") => ({ audience, content: "full" }) as const
    const text = (span: RecordedSpan, audience: "tenant" | "operator" | "merged") =>
      Buffer.from(spanCodec.encode(span, full(audience)) ?? []).toString()
    const { begin, end, open, recorder: own } = recording()
    const of = (request: Partial<Recorder.OpenRequestOptions>) => {
      const span = begin(open(request), { data })
      own.attribute(span, "gen_ai.prompt", "CANARY")
      own.event(span, "choice", 1n, { "gen_ai.completion": "CANARY" })
      return end(span)
    }
    const bare = of({ route: route([], { operatorPolicy: "metadata_only" }) })
    expect([text(bare, "tenant").includes("CANARY"), text(bare, "operator").includes("CANARY")]).toEqual([true, false])
    expect(text(bare, "merged")).not.toContain("CANARY")

    const limited = of({})
    const written = spanCodec.encode(limited, full("operator")) ?? new Uint8Array()
    own.limitContent(limited.request)
    expect(text(limited, "operator")).not.toContain("CANARY")
    const revived = Option.getOrThrow(spanCodec.decode(written, own))
    expect(textOf(Renderer.render(revived, view(full("operator")), () => {}))).not.toContain("CANARY")
    const elsewhere = Option.getOrThrow(spanCodec.decode(written, recorder))
    expect(textOf(Renderer.render(elsewhere, view(full("operator")), () => {}))).toContain("CANARY")
  })

  it("what has no business at the destination is not written", () => {
    const message = { role: "user", parts: [{ type: "text", content: "CANARY" }] } as const
    const span = ended({ _tag: "llm_call", operation: "chat", provider: "openai", inputMessages: [message] })
    expect(Buffer.from(spanCodec.encode(span, { audience: "tenant", content: "full" }) ?? []).toString()).toContain(
      "CANARY"
    )
    expect(Buffer.from(spanCodec.encode(span, { audience: "tenant", content: "none" }) ?? []).toString()).not.toContain(
      "CANARY"
    )
  })
})

it("a span that is still open, or a payload that throws, is not kept", () => {
  const { begin, open } = recording()
  expect(
    Option.isSome(
      Option.flatMap(
        Option.fromNullable(spanCodec.encode(begin(open()), { audience: "tenant", content: "full" })),
        (bytes) => spanCodec.decode(bytes, recorder)
      )
    )
  ).toBe(false)
  const thrower: SpanData.SpanData = { _tag: "tool_call", name: "x" }
  const span = ended(thrower)
  Object.defineProperty(span, "events", {
    get: () => {
      throw new Error("CANARY")
    }
  })
  expect(spanCodec.encode(span, { audience: "tenant", content: "none" })).toBeUndefined()
})

it.prop(
  "whatever is on the disk, it is a span or it is none",
  [
    FastCheck.oneof(
      FastCheck.uint8Array({ maxLength: 200 }),
      FastCheck.json().map((text) => Uint8Array.from(Buffer.from(text))),
      // A span with one character changed.
      FastCheck.tuple(FastCheck.nat(2000), FastCheck.integer({ min: 32, max: 126 })).map(([at, code]) => {
        const bytes =
          spanCodec.encode(ended({ _tag: "tool_call", name: "weather" }), { audience: "tenant", content: "full" }) ??
          new Uint8Array()
        const changed = Uint8Array.from(bytes)
        changed[at % changed.length] = code
        return changed
      })
    )
  ],
  ([bytes]) => {
    const decoded = spanCodec.decode(bytes, recorder)
    // Whatever could be read can be rendered.
    if (Option.isSome(decoded)) expect(() => rendered(decoded.value)).not.toThrow()
  }
)
