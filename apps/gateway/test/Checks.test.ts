/** Every check of the demo can fail: each test spoils one thing of a good run and sees which claim falls. */
import { describe, expect, it } from "@effect/vitest"
import * as Canaries from "../src/demo/Canaries.js"
import * as Checks from "../src/demo/Checks.js"
import * as Expected from "../src/demo/Expected.js"
import type { Received } from "../src/demo/Received.js"
import { delivery, goodRun, receivedOf, spansOf } from "./Evidence.js"

const failed = (evidence: Checks.Evidence): ReadonlyArray<string> =>
  Checks.verdicts(evidence).flatMap(({ claim, problems }) => problems.map((problem) => `${claim} | ${problem}`))

/** The run with what one tenant received changed. */
const spoiled = (id: string, change: (received: Received) => Received): Checks.Evidence => {
  const run = goodRun()
  return {
    ...run,
    tenants: run.tenants.map((one) => (one.tenant.id === id ? { ...one, received: change(one.received) } : one))
  }
}

const withBytes =
  (bytes: string, headers: Record<string, string> = {}) =>
  (received: Received): Received => ({
    ...received,
    deliveries: [...received.deliveries, delivery("x", bytes, headers)]
  })

const only = (problems: ReadonlyArray<string>, ...parts: ReadonlyArray<string>) => {
  expect(problems.length).toBeGreaterThan(0)
  for (const problem of problems) for (const part of parts) expect(problem).toContain(part)
}

describe("a run in which all went well", () => {
  it("passes every check, and there are some", () => {
    expect(failed(goodRun())).toEqual([])
    expect(Checks.verdicts(goodRun()).length).toBeGreaterThan(8)
  })

  it("is summed up in the words of --json", () => {
    const run = goodRun()
    const summary = Checks.summary(run, Checks.verdicts(run))
    expect(summary.ok).toBe(true)
    expect(summary.tenants).toEqual(
      [
        ["acme", "langfuse_otel"],
        ["globex", "arize"],
        ["initech", "arize_phoenix"]
      ].map(([tenant, vendor]) => ({ tenant, vendor, traces: 6, spans: 36, orphans: 0, foreign: 0 }))
    )
    expect(Object.keys(summary.ledger)).toEqual([
      "made",
      "hidden",
      "delivered",
      "rejected",
      "dropped",
      "held",
      "spooled"
    ])
    expect(summary.ledger.made).toBe(summary.ledger.hidden + summary.ledger.delivered)
  })
})

describe("a run in which something went wrong", () => {
  it("an answer that is not the right one", () => {
    const run = goodRun()
    const [first, ...rest] = run.results
    if (first === undefined) throw new Error("no results")
    only(failed({ ...run, results: [{ ...first, outcome: "500 oops" }, ...rest] }), "answer", "acme, plain", "500 oops")
  })

  it("a span that is missing", () => {
    const problems = failed(
      spoiled("globex", ({ deliveries, spans }) =>
        receivedOf(
          spans.filter(({ name }) => name !== "chat slow-model"),
          deliveries
        )
      )
    )
    expect(problems.some((problem) => problem.includes("globex: expected 1, received 0 of"))).toBe(true)
    expect(problems.some((problem) => problem.includes("the ledger says 36, 35 arrived"))).toBe(true)
  })

  it("a trace too many", () => {
    const problems = failed(
      spoiled("acme", ({ deliveries, spans }) =>
        receivedOf([...spans, ...spansOf(Expected.trees.plain, "f".repeat(32))], deliveries)
      )
    )
    expect(problems.some((problem) => problem.includes("acme: expected 3, received 4 of"))).toBe(true)
  })

  it("a span in the wrong place", () => {
    const problems = failed(
      spoiled("acme", ({ deliveries, spans }) =>
        receivedOf(
          spans.map((span) => (span.name === "sqlite select" ? { ...span, parentSpanId: "" } : span)),
          deliveries
        )
      )
    )
    only(problems, "exactly as written down")
  })

  it("an orphan", () => {
    only(failed(spoiled("acme", (received) => ({ ...received, orphans: 1 }))), "acme: 1 orphan")
    const run = goodRun()
    only(failed({ ...run, operator: { ...run.operator, orphans: 2 } }), "2 orphans")
  })

  it("a request that a back end refused", () => {
    const refusal = { account: undefined, receivedAt: 0, method: "POST", path: "/", status: 401, reason: "wrong key" }
    only(failed(spoiled("initech", (received) => ({ ...received, refusals: [refusal] }))), "initech: 401 wrong key")
    const run = goodRun()
    only(failed({ ...run, operator: { ...run.operator, refusals: [refusal] } }), "operator: 401")
  })

  it("a canary at another tenant's, in whatever disguise", () => {
    const run = goodRun()
    const [acme] = run.tenants
    const secret = acme?.tenant.canaries[0]?.text ?? ""
    for (const bytes of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(`x${secret}`).toString("base64"),
      Buffer.from(secret).toString("hex")
    ]) {
      const tenants = run.tenants.map((one) =>
        one.tenant.id === "globex" ? { ...one, received: withBytes(bytes)(one.received) } : one
      )
      const evidence = { ...run, tenants }
      only(failed(evidence), "where it must not be", "globex: acme's Langfuse public key")
      const summary = Checks.summary(evidence, Checks.verdicts(evidence))
      expect(summary.ok).toBe(false)
      expect(summary.tenants.map(({ foreign }) => foreign)).toEqual([0, 1, 0])
    }
  })

  it("a canary in a header", () => {
    const run = goodRun()
    const secret = run.tenants[2]?.tenant.canaries[0]?.text ?? ""
    const tenants = run.tenants.map((one) =>
      one.tenant.id === "acme" ? { ...one, received: withBytes("", { "x-odd": secret })(one.received) } : one
    )
    only(failed({ ...run, tenants }), "acme: initech's Phoenix API key")
  })

  it("a secret of its own at a tenant's back end", () => {
    const run = goodRun()
    const key = run.tenants[0]?.tenant.virtualKey ?? ""
    const tenants = run.tenants.map((one) =>
      one.tenant.id === "acme" ? { ...one, received: withBytes(key)(one.received) } : one
    )
    only(failed({ ...run, tenants }), "acme: acme's virtual key")
  })

  it("a canary of nobody's anywhere", () => {
    const run = goodRun()
    const [wrongKey] = run.strangers
    const bytes = wrongKey?.text ?? ""
    const operator = withBytes(bytes)(run.operator)
    only(failed({ ...run, operator }), "nobody's wrong key is at the operator's")
  })

  it("a prompt at the operator's", () => {
    const run = goodRun()
    const prompt = run.tenants[0]?.tenant.canaries.find(({ what }) => what === "plain prompt")?.text ?? ""
    only(failed({ ...run, operator: withBytes(prompt)(run.operator) }), "acme's plain prompt is at the operator's")
  })

  it("a caller's id at another tenant's; at the operator's it is no leak, it links the trees", () => {
    const run = goodRun()
    const ids = run.tenants[0]?.tenant.canaries.filter(({ what }) => what.endsWith("of its caller")) ?? []
    expect(ids.map(({ text }) => text.length)).toEqual([32, 16])
    for (const { text, what } of ids) {
      expect(failed({ ...run, operator: withBytes(text)(run.operator) })).toEqual([])
      const tenants = run.tenants.map((one) =>
        one.tenant.id === "globex" ? { ...one, received: withBytes(text)(one.received) } : one
      )
      only(failed({ ...run, tenants }), `globex: acme's ${what}`)
    }
  })

  it("prompts that did not arrive where they were asked for", () => {
    only(
      failed(spoiled("acme", (received) => ({ ...received, deliveries: [] }))),
      "acme: 0 of 6 prompts".replace("6", "5")
    )
  })

  it("prompts that arrived where nobody asked for them", () => {
    const run = goodRun()
    const prompt = run.tenants[1]?.tenant.canaries.find(({ what }) => what === "plain prompt")?.text ?? ""
    const tenants = run.tenants.map((one) =>
      one.tenant.id === "globex" ? { ...one, received: withBytes(prompt)(one.received) } : one
    )
    only(failed({ ...run, tenants }), "globex: 1 of 5 prompts are there, expected 0")
  })

  it("a trace that is not linked to its caller's", () => {
    const problems = failed(
      spoiled("initech", ({ deliveries, spans }) =>
        receivedOf(
          spans.map((span) => ({ ...span, links: [] })),
          deliveries
        )
      )
    )
    only(problems, "initech: 0 links")
    const wrongSpan = failed(
      spoiled("initech", ({ deliveries, spans }) =>
        receivedOf(
          spans.map((span) => ({ ...span, links: span.links.map((link) => ({ ...link, spanId: "c".repeat(16) })) })),
          deliveries
        )
      )
    )
    only(wrongSpan, "initech: 0 links")
  })

  it("a wrong key that the operator did not see", () => {
    const run = goodRun()
    const traces = run.operator.traces.filter(({ picture }) => picture !== Expected.treesAtOperator["wrong key"])
    const problems = failed({ ...run, operator: { ...run.operator, traces } })
    expect(problems.some((problem) => problem.includes("0 such traces"))).toBe(true)
  })

  it("a request that the operator did not see", () => {
    const run = goodRun()
    const traces = run.operator.traces.filter(({ picture }) => !picture.includes("(cancelled)"))
    only(failed({ ...run, operator: { ...run.operator, traces } }), "the operator", "expected 3, received 0 of")
  })

  it("an inner span that the operator did not see", () => {
    const run = goodRun()
    const lost = run.operator.spans.findIndex(({ name }) => name === "POST")
    const spans = run.operator.spans.filter((_, index) => index !== lost)
    const problems = failed({ ...run, operator: receivedOf(spans, run.operator.deliveries) })
    expect(problems).toHaveLength(3)
    only(problems, "the operator received every request with all of its inner spans")
  })

  it("a span of the operator's that did not arrive, and is in no request", () => {
    const run = goodRun()
    const spans = run.operator.spans.slice(0, -1)
    only(failed({ ...run, operator: receivedOf(spans, run.operator.deliveries) }), "the operator", "arrived")
  })

  it("a ledger that does not balance, or that admits a loss", () => {
    const run = goodRun()
    const change = (change: object): Checks.Evidence => ({
      ...run,
      ledger: { ...run.ledger, rows: run.ledger.rows.map((row, index) => (index === 1 ? { ...row, ...change } : row)) }
    })
    only(failed(change({ hidden: 2 })), "acme/main")
    only(failed(change({ hidden: 1, dropped: { queue_full: 2 } })), "acme/main: 2 not delivered")
    only(failed(change({ hidden: 1, held: 2 })), "acme/main: 2 not delivered")
  })

  it("a search that finds nothing", () => {
    const run = goodRun()
    only(
      failed({ ...run, tenants: [] }).filter((problem) => problem.includes("planted")),
      "nobody to plant"
    )
    expect(Canaries.find([], [Buffer.from("x")])).toEqual([])
  })
})
