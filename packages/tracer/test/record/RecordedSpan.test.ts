import { assert, describe, expect, it } from "@effect/vitest"
import { Recorder } from "@tenant-tracer/tracer"
import * as RecordedSpan from "@tenant-tracer/tracer/record/RecordedSpan"
import { Tracer } from "effect"

const recorder = Recorder.make({ sink: () => {}, count: () => {} })

const spanWith = (data?: unknown) => {
  // Payloads come from outside the compiler's sight too.
  const span = recorder.begin({ name: "span", startTime: 0n, data: data as never })
  assert(span !== undefined)
  return span
}

const sizeOf = (data: unknown) => RecordedSpan.sizeOf(spanWith(data))

describe("RecordedSpan.sizeOf", () => {
  it("grows with payload, attributes, events and links", () => {
    const empty = sizeOf(undefined)
    expect(sizeOf({ _tag: "tool_call", name: "t", result: "x".repeat(10_000) })).toBeGreaterThan(empty + 10_000)
    const span = spanWith()
    const sizes = [RecordedSpan.sizeOf(span)]
    recorder.attribute(span, "key", "x".repeat(1000))
    sizes.push(RecordedSpan.sizeOf(span))
    recorder.event(span, "event", 0n, { log: "x".repeat(1000) })
    sizes.push(RecordedSpan.sizeOf(span))
    recorder.link(span, { traceId: "a".repeat(32), spanId: "b".repeat(16), request: undefined, attributes: new Map() })
    sizes.push(RecordedSpan.sizeOf(span))
    recorder.attribute(span, "list", ["a", "b"])
    sizes.push(RecordedSpan.sizeOf(span))
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    expect(new Set(sizes).size).toBe(5)
  })

  it("counts a long conversation whole, and looks at no more of a list than it must", () => {
    const conversation = Array.from({ length: 10_000 }, () => ({ role: "user", content: "x".repeat(1000) }))
    const size = sizeOf({ _tag: "llm_call", inputMessages: conversation })
    expect(size).toBeGreaterThan(10_000_000)
    expect(size).toBeLessThan(20_000_000)
    let reads = 0
    const watched = new Proxy(new Array(1_000_000).fill(1), {
      get: (target, key) => {
        reads++
        return Reflect.get(target, key)
      }
    })
    expect(sizeOf({ _tag: "tool_call", name: "t", result: { watched } })).toBeGreaterThan(1_000_000)
    expect(reads).toBeLessThan(20_000)
  })

  it("is finite for what is cyclic, deep, wide or throws", () => {
    const cyclic: Record<string, unknown> = { _tag: "tool_call", name: "t" }
    cyclic.arguments = cyclic
    let deep: unknown = "end"
    for (let i = 0; i < 10_000; i++) deep = { deep }
    const wide = Array.from({ length: 200_000 }, (_, i) => i)
    const throwing = {
      get result(): never {
        throw new Error("get")
      }
    }
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const data of [cyclic, { deep }, { wide }, throwing, { proxy }]) {
      const size = sizeOf(data)
      expect(Number.isFinite(size)).toBe(true)
      expect(size).toBeLessThan(10_000_000)
    }
  })
})

describe("RecordedSpan.fromSpan", () => {
  it("knows a span of ours by its brand", () => {
    const span = spanWith()
    const copy = { ...Tracer.externalSpan({ traceId: "a", spanId: "b" }), [RecordedSpan.TypeId]: span }
    expect(RecordedSpan.fromSpan(copy)).toBe(span)
    expect(RecordedSpan.fromSpan(Tracer.externalSpan({ traceId: "a", spanId: "b" }))).toBeUndefined()
    expect([span.spanId, span.traceId]).toEqual([span.ancestry.spanId, span.request.traceId])
  })
})
