import { describe, expect, it } from "@effect/vitest"
import { TraceContext } from "@tenant-tracer/tracer"
import { FastCheck } from "effect"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const spanId = "00f067aa0ba902b7"
const context = { traceId, spanId, sampled: true, traceState: undefined }

describe("TraceContext", () => {
  it("reads traceparent, with its sampled flag and tracestate", () => {
    expect(TraceContext.fromTraceparent(`00-${traceId}-${spanId}-01`)).toEqual(context)
    expect(TraceContext.fromTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ ...context, sampled: false })
    expect(TraceContext.fromTraceparent(`00-${traceId}-${spanId}-02`)).toEqual({ ...context, sampled: false })
    expect(TraceContext.fromTraceparent(`cc-${traceId}-${spanId}-03-later`)).toEqual(context)
    expect(TraceContext.fromTraceparent(`00-${traceId}-${spanId}-01`, "a=1, b@c=2 ,,")).toEqual({
      ...context,
      traceState: "a=1,b@c=2"
    })
  })

  it.each([
    ["nothing", ""],
    ["another version's rest", `00-${traceId}-${spanId}-01-x`],
    ["the forbidden version", `ff-${traceId}-${spanId}-01`],
    ["uppercase", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["a zero trace id", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a zero span id", `00-${traceId}-${"0".repeat(16)}-01`],
    ["a short id", `00-${traceId.slice(1)}-${spanId}-01`],
    ["markup", `00-<script>${traceId.slice(8)}-${spanId}-01`],
    ["a line break", `00-${traceId}-${spanId}-01\n`],
    ["spaces", ` 00-${traceId}-${spanId}-01`],
    ["too much", `cc-${traceId}-${spanId}-01-${"x".repeat(5000)}`]
  ])("takes no traceparent with %s", (_, header) => {
    expect(TraceContext.fromTraceparent(header)).toBeUndefined()
  })

  it.each([
    ["a value without a key", "=1"],
    ["a key without a value", "a="],
    ["uppercase keys", "A=1"],
    ["control characters", "a=1\u0000"],
    ["more than 512 characters", `a=${"x".repeat(250)},b=${"x".repeat(250)},c=${"x".repeat(50)}`],
    ["more than 32 members", Array.from({ length: 33 }, (_, i) => `k${i}=1`).join()],
    ["nothing but commas", ",,,"],
    ["something that is no text", 5]
  ])("leaves out a tracestate with %s, and keeps the ids", (_, state) => {
    expect(TraceContext.fromTraceparent(`00-${traceId}-${spanId}-01`, state)).toEqual(context)
  })

  it("reads b3 in one header and in several, 64-bit trace ids too", () => {
    const { fromHeaders } = TraceContext
    expect(fromHeaders({ b3: `${traceId}-${spanId}` })).toEqual(context)
    expect(fromHeaders({ b3: `${traceId}-${spanId}-d-${spanId}` })).toEqual(context)
    expect(fromHeaders({ b3: `${traceId}-${spanId}-0` })).toEqual({ ...context, sampled: false })
    expect(fromHeaders({ b3: `${spanId}-${spanId}-1` })).toEqual({ ...context, traceId: `${"0".repeat(16)}${spanId}` })
    expect(fromHeaders({ "x-b3-traceid": traceId, "x-b3-spanid": spanId })).toEqual(context)
    expect(fromHeaders({ "x-b3-traceid": traceId, "x-b3-spanid": spanId, "x-b3-sampled": "false" })).toEqual({
      ...context,
      sampled: false
    })
  })

  it("the first well-formed header wins", () => {
    const b3 = `${"a".repeat(32)}-${spanId}`
    expect(TraceContext.fromHeaders({ traceparent: `00-${traceId}-${spanId}-01`, b3 })).toEqual(context)
    expect(TraceContext.fromHeaders({ traceparent: "garbage", b3 })).toEqual({ ...context, traceId: "a".repeat(32) })
  })

  it.each([
    [{ b3: "zz'<script>-yy-1" }],
    [{ b3: "0" }],
    [{ b3: "x".repeat(5000) }],
    [{ "x-b3-traceid": "x".repeat(5000), "x-b3-spanid": "q" }],
    [{ "x-b3-traceid": traceId }],
    [{}]
  ])("takes nothing from %j", (headers) => {
    expect(TraceContext.fromHeaders(headers)).toBeUndefined()
  })

  it("whatever is sent, what is read is well formed", () => {
    const piece = FastCheck.oneof(
      FastCheck.constantFrom(traceId, spanId, "00", "01", "ff", "-", "--", "0".repeat(32), "1", "d"),
      FastCheck.string({ maxLength: 8 })
    )
    const header = FastCheck.option(
      FastCheck.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("-")),
      { nil: undefined }
    )
    const names = ["traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled"] as const
    const headers = FastCheck.record(Object.fromEntries(names.map((name) => [name, header])))
    FastCheck.assert(
      FastCheck.property(headers, (headers) => {
        const read = TraceContext.fromHeaders(headers)
        if (read === undefined) return
        expect(TraceContext.isValid(read)).toBe(true)
        expect(read.traceId).toMatch(/^[0-9a-f]{32}$/)
        expect(read.traceState ?? "a=1").toMatch(/^[\x20-\x7e]{1,512}$/)
      }),
      { numRuns: 500 }
    )
  })
})
