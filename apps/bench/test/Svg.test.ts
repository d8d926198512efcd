import { expect, it } from "@effect/vitest"
import * as Svg from "../src/Svg.js"

/** The values of an attribute of all elements of a kind. */
const values = (svg: string, element: string, attribute: string): ReadonlyArray<string> =>
  Array.from(svg.matchAll(new RegExp(`<${element} [^>]*?\\b${attribute}="([^"]*)"`, "g")), ([, value]) => value ?? "")

const texts = (svg: string): ReadonlyArray<string> =>
  Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, text]) => text ?? "")

const bars = [
  { label: "a & b", value: 100, isOurs: false },
  { label: "ours", value: 25, isOurs: true }
]

it("bars are as long as their values, and ours stands out", () => {
  const svg = Svg.bars({ title: "Cost <ns>", bars })
  const [, ...lengths] = values(svg, "rect", "width").map(Number)
  expect(lengths).toHaveLength(2)
  expect((lengths[0] ?? 0) / (lengths[1] ?? 0)).toBeCloseTo(4, 1)
  const [, one, two] = values(svg, "rect", "fill")
  expect(one).not.toBe(two)
  expect(texts(svg)).toEqual(["Cost &lt;ns&gt;", "a &amp; b", "100", "ours", "25"])
  expect(svg).not.toContain("stroke-dasharray")
})

it("a limit is a line at its place, even beyond all bars", () => {
  const svg = Svg.bars({ title: "t", bars, limit: 200 })
  const [line = 0] = values(svg, "line", "x1").map(Number)
  const [, longest = 0] = values(svg, "rect", "width").map(Number)
  const [, left = 0] = values(svg, "rect", "x").map(Number)
  expect((line - left) / longest).toBeCloseTo(2, 1)
  const [width = 0] = values(svg, "svg", "width").map(Number)
  expect(line).toBeLessThan(width)
})

it("bars of nothing, and below nothing, are none", () => {
  const svg = Svg.bars({
    title: "t",
    bars: [
      { label: "a", value: -5, isOurs: true },
      { label: "b", value: 0, isOurs: false }
    ]
  })
  expect(values(svg, "rect", "width").slice(1)).toEqual(["0", "0"])
})

it("lines run over powers of ten, from nothing to the most", () => {
  const svg = Svg.lines({
    title: "Cost",
    along: "tenants",
    lines: [
      {
        label: "ours",
        points: [
          [1, 5],
          [100, 5]
        ],
        isOurs: true
      },
      {
        label: "other",
        points: [
          [1, 5],
          [10, 10]
        ],
        isOurs: false
      },
      { label: "ours, too", points: [[100, 0]], isOurs: true }
    ]
  })
  const points = values(svg, "polyline", "points").map((line) =>
    line.split(" ").map((point) => point.split(",").map(Number))
  )
  const [own = [], other = [], third = []] = points
  const [[left = 0, middle = 0] = [], [right = 0] = []] = own
  const [, [half = 0, top = 0] = []] = other
  expect(half).toBeCloseTo((left + right) / 2, 0)
  const bottom = third[0]?.[1] ?? 0
  expect(middle).toBeCloseTo((top + bottom) / 2, 0)
  expect(texts(svg)).toEqual(expect.arrayContaining(["Cost", "tenants", "1", "10", "100", "ours", "other"]))
  const strokes = values(svg, "polyline", "stroke")
  expect(strokes[0]).toBe(strokes[2])
  expect(strokes[0]).not.toBe(strokes[1])
  // Two lines of ours are told apart.
  expect(svg.match(/<polyline[^>]*dasharray/g)).toHaveLength(1)
})

it("no number in it is none", () => {
  const one = Svg.lines({ title: "t", along: "x", lines: [{ label: "a", points: [[256, 0]], isOurs: true }] })
  expect(one + Svg.bars({ title: "t", bars: [] })).not.toMatch(/NaN|Infinity/)
})

it.each([
  [12345.6, "12,346"],
  [0.12345, "0.123"]
])("%d is written %s", (value, text) => {
  expect(Svg.short(value)).toBe(text)
})
