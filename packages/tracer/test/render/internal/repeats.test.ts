import { expect, it } from "@effect/vitest"
import { ByteBuffer } from "../../../src/render/internal/byteBuffer.js"
import { Repeats } from "../../../src/render/internal/repeats.js"
import { Double, type RenderedSpan, type Value } from "../../../src/render/RenderedSpan.js"

/** Writes attributes as `key=value;`, and tells which it has written and not copied. */
const writing = () => {
  const out = new ByteBuffer(1)
  const repeats = new Repeats()
  const written: Array<string> = []
  const write = (into: ByteBuffer, key: string, value: Value): boolean => {
    if (value === "no") return false
    written.push(key)
    into.raw(Buffer.from(`${key}=${value instanceof Double ? `double ${value.value}` : value};`))
    return true
  }
  return {
    repeats,
    span: (attributes: RenderedSpan["attributes"], isKept = true) => {
      const start = out.end
      const dropped = repeats.write(out, attributes, write)
      if (isKept) repeats.keep()
      return { text: out.bytes.toString("utf8", start, out.end), written: written.splice(0), dropped }
    },
    /** Back to where it was. */
    undo: (length: number) => {
      out.end -= length
    }
  }
}

const abc = [
  ["a", "1"],
  ["b", 2],
  ["c", true]
] as const

it("copies what is the same and writes what is new, before, between and behind it", () => {
  const { span } = writing()
  expect(span(abc)).toEqual({ text: "a=1;b=2;c=true;", written: ["a", "b", "c"], dropped: 0 })
  expect(span(abc)).toEqual({ text: "a=1;b=2;c=true;", written: [], dropped: 0 })
  const changed = (at: number, value: Value) => abc.map(([key, old], i) => [key, i === at ? value : old] as const)
  expect(span(changed(0, "longer"))).toEqual({ text: "a=longer;b=2;c=true;", written: ["a"], dropped: 0 })
  expect(span(changed(1, 33))).toEqual({ text: "a=1;b=33;c=true;", written: ["a", "b"], dropped: 0 })
  expect(span(changed(2, false))).toEqual({ text: "a=1;b=2;c=false;", written: ["b", "c"], dropped: 0 })
  expect(span(abc)).toEqual({ text: "a=1;b=2;c=true;", written: ["c"], dropped: 0 })
})

it("remembers one span of each number of attributes", () => {
  const { span } = writing()
  span(abc)
  expect(span(abc.slice(0, 2))).toMatchObject({ text: "a=1;b=2;", written: ["a", "b"] })
  expect(span([])).toMatchObject({ text: "", written: [] })
  expect(span(abc)).toMatchObject({ text: "a=1;b=2;c=true;", written: [] })
  expect(span(abc.slice(0, 2))).toMatchObject({ text: "a=1;b=2;", written: [] })
})

it("compares keys, and doubles by what they are", () => {
  const { span } = writing()
  span([["a", new Double(1)]])
  expect(span([["a", new Double(1)]])).toMatchObject({ text: "a=double 1;", written: [] })
  expect(span([["a", 1]])).toMatchObject({ text: "a=1;", written: ["a"] })
  expect(span([["b", 1]])).toMatchObject({ text: "b=1;", written: ["b"] })
  span([["b", new Double(0)]])
  expect(span([["b", new Double(-0)]])).toMatchObject({ written: ["b"] })
})

it("does not copy from what did not stay", () => {
  const { span, undo } = writing()
  span(abc)
  const { text } = span([["a", "2"], ...abc.slice(1)], false)
  undo(text.length)
  expect(span(abc)).toEqual({ text: "a=1;b=2;c=true;", written: ["a", "b", "c"], dropped: 0 })
})

it("nor from a span that lacks some", () => {
  const { span } = writing()
  const some = [
    ["a", "1"],
    ["b", "no"],
    ["c", true]
  ] as const
  expect(span(some)).toEqual({ text: "a=1;c=true;", written: ["a", "c"], dropped: 1 })
  expect(span(abc)).toEqual({ text: "a=1;b=2;c=true;", written: ["a", "b", "c"], dropped: 0 })
  expect(span(some)).toEqual({ text: "a=1;c=true;", written: [], dropped: 1 })
})

it("keeps to a number of attributes that spans have", () => {
  const { span } = writing()
  const many = (count: number) => Array.from({ length: count }, (_, i) => [`k${i}`, i] as const)
  for (const [count, written] of [
    [128, 0],
    [129, 129]
  ] as const) {
    span(many(count))
    expect(span(many(count)).written).toHaveLength(written)
  }
})
