import { describe, expect, it } from "@effect/vitest"
import { SpanTree } from "@tenant-tracer/receiver"
import { FastCheck as fc } from "effect"

const span = (spanId: string, parentSpanId: string, startTimeUnixNano = 0n, name = spanId): SpanTree.TreeSpan => ({
  traceId: "t",
  spanId,
  parentSpanId,
  name,
  startTimeUnixNano
})

describe("roots and orphans", () => {
  it("tells them apart", () => {
    const spans = [span("b", "a"), span("a", ""), span("c", "missing"), span("d", "c")]
    expect(SpanTree.roots(spans).map((span) => span.spanId)).toEqual(["a"])
    expect(SpanTree.orphans(spans).map((span) => span.spanId)).toEqual(["c"])
  })

  it("allows for parents that somebody else has", () => {
    const spans = [span("a", "caller"), span("b", "other")]
    expect(SpanTree.roots(spans, { externalParents: ["caller"] }).map((span) => span.spanId)).toEqual(["a"])
    expect(SpanTree.orphans(spans, { externalParents: ["caller"] }).map((span) => span.spanId)).toEqual(["b"])
  })

  it("looks for a parent in the same trace only", () => {
    const spans = [span("a", ""), { ...span("b", "a"), traceId: "u" }]
    expect(SpanTree.orphans(spans).map((span) => span.spanId)).toEqual(["b"])
  })

  it("counts a span that came twice once", () => {
    expect(SpanTree.roots([span("a", ""), span("a", "")])).toHaveLength(1)
  })

  it("is the same in whatever order the spans came", () => {
    const spans = [span("a", "", 1n), span("b", "a", 2n), span("c", "a", 2n), span("d", "b", 3n), span("e", "x", 0n)]
    fc.assert(
      fc.property(fc.shuffledSubarray(spans, { minLength: spans.length }), (shuffled) => {
        expect(SpanTree.print(shuffled)).toBe(SpanTree.print(spans))
      })
    )
  })
})

describe("print", () => {
  it("draws children by start time, then name", () => {
    const spans = [
      span("1", "", 0n, "POST /v1/chat/completions"),
      span("2", "1", 5n, "chat gpt-4o"),
      span("3", "1", 1n, "auth"),
      span("4", "3", 2n, "postgresql query"),
      span("5", "3", 2n, "postgresql query of a later name"),
      span("6", "2", 6n, "execute_tool")
    ]
    expect(SpanTree.print(spans)).toBe(
      [
        "POST /v1/chat/completions",
        "├── auth",
        "│   ├── postgresql query",
        "│   └── postgresql query of a later name",
        "└── chat gpt-4o",
        "    └── execute_tool"
      ].join("\n")
    )
  })

  it("prints of a span what it is told to", () => {
    const label = (span: SpanTree.TreeSpan) => `${span.name}@${span.startTimeUnixNano}`
    expect(SpanTree.print([span("a", "", 1n), span("b", "a", 2n)], { label })).toBe("a@1\n└── b@2")
  })

  it("draws several trees, and marks orphans and circles", () => {
    const spans = [span("a", ""), span("o", "gone"), span("p", "o"), span("x", "y"), span("y", "x"), span("z", "z")]
    expect(SpanTree.print(spans)).toBe(
      [
        "a",
        "o (orphan of gone)",
        "└── p",
        "x (in a circle under y)",
        "y (in a circle under x)",
        "z (in a circle under z)"
      ].join("\n")
    )
  })

  it("draws nothing of nothing, and thousands of levels", () => {
    expect(SpanTree.print([])).toBe("")
    const deep = Array.from({ length: 5_000 }, (_, index) => span(`${index}`, index === 0 ? "" : `${index - 1}`))
    expect(SpanTree.print(deep, { label: () => "" }).split("\n")).toHaveLength(5_000)
  })

  it("the picture of a hundred thousand levels is not their square", () => {
    const deep = Array.from({ length: 100_000 }, (_, index) => span(`${index}`, index === 0 ? "" : `${index - 1}`))
    const picture = SpanTree.print(deep)
    expect(picture.split("\n")).toHaveLength(100_000)
    expect(picture.length).toBeLessThan(120_000_000)
    expect(picture.split("\n")[200]?.indexOf("200")).toBe(800)
  })

  it.prop(
    "draws every span exactly once",
    [fc.array(fc.tuple(fc.nat(9), fc.nat(12)), { maxLength: 20 })],
    ([pairs]) => {
      const spans = pairs.map(([id, parent]) => span(`s${id}`, parent === 12 ? "" : `s${parent}`))
      const lines = SpanTree.print(spans)
        .split("\n")
        .filter((line) => line !== "")
      expect(lines).toHaveLength(new Set(spans.map((span) => span.spanId)).size)
    }
  )
})
