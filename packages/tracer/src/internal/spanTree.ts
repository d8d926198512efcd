/**
 * Spans printed as trees, and two such texts compared line by line.
 */
import { Double, type Value } from "../render/RenderedSpan.js"

interface Node {
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly parentIsRemote: boolean
  readonly name: string
  readonly startTime: bigint
}

/** A line a span, with the branches of its tree. */
export const print = <Span extends Node>(spans: ReadonlyArray<Span>, label: (span: Span) => string): string => {
  const ids = new Set(spans.map((span) => span.spanId))
  // Where spans start at the same instant, as under a test's clock, the order of their ends stays.
  const ordered = [...spans].sort((a, b) => (a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : 0))
  const childrenOf = (id: string): ReadonlyArray<Span> => ordered.filter((span) => span.parentSpanId === id)
  const lines: Array<string> = []
  const branch = (span: Span, prefix: string): void => {
    const children = childrenOf(span.spanId)
    children.forEach((child, index) => {
      const isLast = index === children.length - 1
      lines.push(`${prefix}${isLast ? "└── " : "├── "}${label(child)}`)
      branch(child, `${prefix}${isLast ? "    " : "│   "}`)
    })
  }
  for (const root of ordered) {
    if (root.parentSpanId !== undefined && ids.has(root.parentSpanId)) continue
    const isOrphan = root.parentSpanId !== undefined && !root.parentIsRemote
    lines.push(`${label(root)}${isOrphan ? " (orphan)" : ""}`)
    branch(root, "")
  }
  return lines.join("\n")
}

/** Text without the indentation that its lines share and without blank lines at both ends. */
export const dedent = (text: string): string => {
  const lines = text.split("\n").map((line) => line.trimEnd())
  while (lines[0] === "") lines.shift()
  while (lines.at(-1) === "") lines.pop()
  const indent = Math.min(...lines.filter((line) => line !== "").map((line) => line.length - line.trimStart().length))
  return lines.map((line) => line.slice(Number.isFinite(indent) ? indent : 0)).join("\n")
}

/** Both texts in one: lines of both, `-` of the first alone, `+` of the second alone. */
export const difference = (expected: string, received: string): string => {
  const a = expected.split("\n")
  const b = received.split("\n")
  const common = longestCommon(a, b)
  const lines: Array<string> = []
  let i = 0
  let j = 0
  for (const line of [...common, undefined]) {
    while (i < a.length && a[i] !== line) lines.push(`- ${a[i++]}`)
    while (j < b.length && b[j] !== line) lines.push(`+ ${b[j++]}`)
    if (line !== undefined) {
      lines.push(`  ${line}`)
      i++
      j++
    }
  }
  return lines.join("\n")
}

const longestCommon = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<string> => {
  let previous: ReadonlyArray<ReadonlyArray<string>> = Array.from({ length: b.length + 1 }, () => [])
  for (const line of a) {
    const row: Array<ReadonlyArray<string>> = [[]]
    b.forEach((other, j) => {
      const up = previous[j + 1] ?? []
      const left = row[j] ?? []
      row.push(line === other ? [...(previous[j] ?? []), line] : up.length >= left.length ? up : left)
    })
    previous = row
  }
  return previous[b.length] ?? []
}

/** An attribute's value as a test compares it. */
export const plain = (value: Value): unknown => (value instanceof Double ? value.value : value)
