import { describe, expect, it } from "@effect/vitest"
import * as Checks from "../src/demo/Checks.js"
import * as Expected from "../src/demo/Expected.js"
import * as Received from "../src/demo/Received.js"
import * as Report from "../src/demo/Report.js"
import { goodRun, receivedOf, spansOf } from "./Evidence.js"

const traceId = "a".repeat(32)

describe("what was received, put together", () => {
  it("is the picture that it was made from, for every tree of the demo", () => {
    for (const picture of [...Object.values(Expected.trees), ...Object.values(Expected.treesAtOperator)]) {
      const traces = Received.tracesOf(spansOf(picture, traceId))
      expect(traces.map((trace) => trace.picture)).toEqual([picture])
      expect(traces[0]?.spans).toHaveLength(Expected.spansOf(picture))
    }
  })

  it("counts a span that was delivered twice once", () => {
    const spans = spansOf(Expected.trees.plain, traceId)
    expect(Received.tracesOf([...spans, ...spans])[0]?.spans).toHaveLength(6)
  })

  it("keeps traces apart, in the order in which they began", () => {
    const later = spansOf("GET", "b".repeat(32)).map((span) => ({ ...span, startTimeUnixNano: 100n }))
    const traces = Received.tracesOf([...later, ...spansOf("POST", traceId)])
    expect(traces.map(({ id, picture }) => [id.slice(0, 1), picture])).toEqual([
      ["a", "POST"],
      ["b", "GET"]
    ])
  })

  it("shows an orphan as one", () => {
    const spans = spansOf(Expected.trees.plain, traceId).slice(1)
    expect(Received.tracesOf(spans)[0]?.picture).toContain("(orphan of ")
  })
})

describe("the report", () => {
  it("shows each tenant's trees, equal ones once", () => {
    const text = Report.received(Report.plain, goodRun()).join("\n")
    expect(text).toContain(
      "acme's Langfuse received  6 traces, 36 spans, 1 request\n\n    3 × identical\n    POST /v1/chat/completions\n"
    )
    expect(text).toContain("    ├── chat flaky-model ✗ UpstreamError\n    ├── chat flaky-model\n")
    expect(text).toContain("globex's Arize AX received")
    expect(text).toContain("initech's Phoenix received")
    expect(text).toContain("The operator's collector received  20 traces")
    expect(text.match(/3 × identical/g)).toHaveLength(3)
  })

  it("ticks what held and explains what did not", () => {
    const lines = Report.verdicts(Report.plain, [
      { claim: "this holds", problems: [] },
      { claim: "this does not", problems: ["one\ntwo", "three"] }
    ])
    expect(lines.slice(2)).toEqual(["  ✓ this holds", "  ✗ this does not", "      one", "      two", "      three", ""])
  })

  it("prints the ledger as a table whose columns stand under their names", () => {
    const lines = Report.ledger(Report.plain, goodRun().ledger)
    const [head = "", ...rows] = lines.slice(2).filter((line) => line !== "")
    const ends = ["made", "hidden", "delivered", "rejected", "dropped", "held", "spooled"].map(
      (name) => head.indexOf(name) + name.length
    )
    expect(rows).toHaveLength(5)
    for (const row of rows) for (const end of ends) expect(row.slice(end - 1, end + 1).trim()).toMatch(/^\d$/)
    expect(rows.at(-1)).toContain("total")
  })

  it("adds up losses, whatever their reasons", () => {
    const run = goodRun()
    const total = { ...run.ledger.total, dropped: { queue_full: 2, too_old: 3 } }
    expect(Checks.total(total.dropped)).toBe(5)
    expect(Report.ledger(Report.plain, { ...run.ledger, total }).join("\n")).toMatch(/total .* 5 /)
  })

  it("says how it ended", () => {
    expect(Report.closing(Report.plain, true, 1.234)).toEqual(["Every check held (1.2 s)."])
    expect(Report.closing(Report.plain, false, 1)[0]).toContain("see ✗ above")
  })

  it("has colours for a terminal, and the same words", () => {
    const run = goodRun()
    const plain = Report.received(Report.plain, run).join("\n")
    const coloured = Report.received(Report.coloured, run).join("\n")
    expect(plain).not.toContain("\u001b")
    expect(coloured).toContain("\u001b[1m")
    expect(coloured.replaceAll("\u001b", "").replace(/\[\d+m/g, "")).toBe(plain)
  })

  it("shows a tenant that received nothing", () => {
    const run = goodRun()
    const tenants = run.tenants.map((one) => ({ ...one, received: receivedOf([], []) }))
    expect(Report.received(Report.plain, { ...run, tenants }).join("\n")).toContain("0 traces, 0 spans, 0 requests")
  })
})
