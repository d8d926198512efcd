import { assert, describe, expect, it } from "@effect/vitest"
import { DestinationId, Ledger, Recorder } from "@tenant-tracer/tracer"
import * as RecordedSpan from "@tenant-tracer/tracer/record/RecordedSpan"
import { Effect, Option, Tracer } from "effect"
import * as SpanQueue from "../../src/deliver/SpanQueue.js"
import * as fates from "../../src/internal/fates.js"
import * as spanCodec from "../../src/internal/spanCodec.js"
import { heap } from "../support/process.js"
import { recording, view } from "../support/recorded.js"

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

const id = DestinationId.make({ tenant: "acme", name: "main" })
const call = { data: { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o" } } as const

type Recording = ReturnType<typeof recording>

const request = ({ begin, end, open }: Recording) => {
  const root = open()
  return [end(begin(root, call)), end(root)]
}

/** By name; and which of the spans are lost again, as where there is no room. */
const shapes: ReadonlyArray<
  readonly [
    name: string,
    make: (recording: Recording) => ReadonlyArray<RecordedSpan.RecordedSpan>,
    isLost?: (span: RecordedSpan.RecordedSpan) => boolean
  ]
> = [
  ["a request that has lost its call", request, (span) => span !== span.request.root],
  ["a request alone", ({ end, open }) => [end(open())]],
  [
    "a request of eight calls",
    ({ begin, end, open }) => {
      const root = open()
      return [...Array.from({ length: 8 }, () => end(begin(root, call))), end(root)]
    }
  ],
  [
    "a span outside any request",
    ({ end, recorder }) => {
      const span = recorder.begin({ name: "chat", startTime: 0n, ...call })
      assert(span !== undefined)
      return [end(span)]
    }
  ],
  [
    "attributes, events and links",
    ({ begin, end, open, recorder }) => {
      const root = open()
      const span = begin(root, call)
      for (let index = 0; index < 4; index++) {
        recorder.attribute(span, `key ${index}`, `value ${index} of ${span.spanId}`)
        recorder.event(span, `event ${index} of ${span.spanId}`, BigInt(index), { some: `words of ${span.spanId}` })
        const traceId = `${index}${span.traceId.slice(1)}`
        recorder.link(span, { traceId, spanId: span.spanId, request: undefined, attributes: new Map() })
      }
      return [end(span), end(root)]
    }
  ],
  [
    "a call that was on disk",
    ({ begin, end, open, recorder }) => {
      const root = open()
      const span = end(begin(root, call))
      end(root)
      const bytes = spanCodec.encode(span, { audience: "tenant", content: "none" })
      assert(bytes !== undefined)
      return [Option.getOrThrow(spanCodec.decode(bytes, recorder))]
    }
  ]
]

it.scopedLive.each(shapes)("sizeOf is about what waits in the heap: %s", ([, spansOf, isLost = () => false]) =>
  Effect.gen(function* () {
    const account = new fates.Account(Ledger.make(), id, view())
    const recorded = recording()
    const fill = (traces: number) => {
      const queue = SpanQueue.make({
        maxSpans: 1e9,
        maxBytes: 1e9,
        sizeOf: RecordedSpan.sizeOf,
        worth: (span: RecordedSpan.RecordedSpan) => account.worth(span)
      })
      for (let trace = 0; trace < traces; trace++) {
        for (const span of spansOf(recorded)) {
          account.made(span)
          account.queued(span)
          if (isLost(span)) account.dropped([span], "tenant_quota")
          else queue.offer(span, 0)
        }
      }
      recorded.ended.length = 0
      return queue
    }
    // What is compiled on the way is not what spans take; kept until the end, so that nothing goes meanwhile.
    const first = fill(3000)
    const before = yield* heap
    const queue = fill(5000)
    const ratio = queue.bytes / ((yield* heap) - before)
    expect(first.length).toBeGreaterThan(0)
    expect(ratio).toBeGreaterThan(0.8)
    expect(ratio).toBeLessThan(1.5)
  })
)
