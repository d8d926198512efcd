import { describe, expect, it } from "@effect/vitest"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as Explanations from "../../src/internal/explanations.js"
import * as fates from "../../src/internal/fates.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import type { Denial } from "../../src/route/Router.js"
import { recording, view } from "../support/recorded.js"

const main = DestinationId.make({ tenant: "acme", name: "main" })
const traceId = "0123456789abcdef0123456789abcdef"
const caller = { traceId, spanId: "b".repeat(16), sampled: true, traceState: undefined }
const denied: ReadonlyArray<Denial> = [{ id: main, reason: "revoked", detail: "its credential was revoked" }]

const make = (options?: Parameters<typeof Explanations.make>[0]) => {
  const explanations = Explanations.make(options)
  const trace = recording()
  const account = new fates.Account(Ledger.make(), main, view())
  const add = (root: RecordedSpan, tenant = "acme", denied: ReadonlyArray<Denial> = []) =>
    explanations.add(root.request, tenant, denied)
  return {
    ...trace,
    explanations,
    account,
    add,
    explain: (id: string, tenant = "acme") => explanations.explain(tenant, id),
    /** A root that was told of and has so many children, made for the destination. */
    told: (children: number) => {
      const root = trace.open()
      add(root)
      const spans = Array.from({ length: children }, () =>
        trace.begin(root, { data: { _tag: "service", service: "billing" } })
      )
      for (const span of [...spans, root]) account.made(span)
      return { root, spans }
    }
  }
}

describe("at each destination", () => {
  it("says in numbers and words what became of the spans, and the numbers add up", () => {
    const { account, explain, told } = make()
    const { root, spans } = told(8)
    account.hidden(root)
    for (const span of spans) account.queued(span)
    account.delivered(spans.slice(0, 2), 1)
    account.dropped(spans.slice(2, 3), "queue_full")
    account.rejected(spans.slice(3, 4), "http_400")
    account.rejected(spans.slice(4, 5), "too_large")
    account.mixed(
      spans.slice(5, 7),
      { delivered: 1, rejected: [{ reason: "partial_success", count: 1 }], dropped: [] },
      1
    )
    expect(explain(root.traceId)).toEqual({
      known: true,
      denied: [],
      destinations: [
        {
          id: main,
          made: 9,
          hidden: 1,
          delivered: 2,
          rejected: { http_400: 1, too_large: 1 },
          dropped: { queue_full: 1 },
          unclear: 2,
          held: 1,
          spooled: 0,
          orphaned: 0,
          sentence:
            "acme/main: of 8 spans for it 2 delivered, 1 on their way, 2 in a batch that was refused in part, 1 refused by the back end (http_400), 1 refused by the back end (too_large), 1 dropped (queue_full)"
        }
      ],
      sentence: `${explain(root.traceId).destinations[0]?.sentence}.`
    })
  })

  it("says which of them are without their parent", () => {
    const { account, explain, told } = make()
    const { root, spans } = told(1)
    for (const span of [...spans, root]) account.queued(span)
    account.delivered(spans, 1)
    account.rejected([root], "http_400")
    expect(explain(root.traceId).destinations[0]).toMatchObject({ orphaned: 1 })
    expect(explain(root.traceId).sentence).toContain("1 without their parent")
  })

  it("follows a trace that goes on", () => {
    const { account, explain, told } = make()
    const { root, spans } = told(1)
    const held = () => explain(root.traceId).destinations[0]?.held
    expect(held()).toBe(2)
    for (const span of [...spans, root]) account.queued(span)
    account.delivered(spans, 1)
    expect(held()).toBe(1)
    account.delivered([root], 1)
    expect([held(), explain(root.traceId).sentence]).toEqual([0, "acme/main: of 2 spans for it 2 delivered."])
  })

  it("one that sees none of it says so", () => {
    const { account, explain, told } = make()
    const { root } = told(0)
    account.hidden(root)
    expect(explain(root.traceId).sentence).toBe("acme/main: of 0 spans for it nothing is known.")
  })
})

describe("where nothing goes", () => {
  it("a destination that is denied is told with its reason, once, however many spans the trace has", () => {
    const { add, explain, open } = make()
    const root = open()
    for (let spans = 0; spans < 20; spans++) add(root, "acme", denied)
    expect(explain(root.traceId)).toEqual({
      known: true,
      destinations: [],
      denied,
      sentence: "acme/main: nothing, because it is denied: its credential was revoked."
    })
  })

  it("a tenant without a destination is told so", () => {
    const { add, explain, open } = make()
    const root = open()
    add(root)
    expect(explain(root.traceId)).toMatchObject({
      known: true,
      sentence: "It belongs to this tenant, which has no destination."
    })
  })

  it("a trace that is not known is told so, with what may be the cause", () => {
    const { explain } = make()
    const answer = explain(traceId)
    expect(answer).toMatchObject({ known: false, destinations: [], denied: [] })
    expect(answer.sentence).toMatch(/^Nothing is known of this trace: .*\.$/)
  })
})

describe("whose trace it is", () => {
  it("another tenant learns nothing by its id", () => {
    const { explain, told } = make()
    const { root } = told(2)
    expect(explain(root.traceId, "globex")).toEqual(explain(traceId, "globex"))
    expect(explain(root.traceId, "globex").known).toBe(false)
  })

  it("two tenants that share a caller's trace id see their own", () => {
    const { add, explain, open } = make()
    add(open({ caller }), "acme", denied)
    add(open({ caller }), "globex")
    expect(explain(traceId, "acme").denied).toHaveLength(1)
    expect(explain(traceId, "globex")).toMatchObject({ known: true, denied: [] })
  })

  it("no tenant can ask for another's by what it adds to an id, or is called", () => {
    const { add, explain, open } = make()
    add(open({ caller }), "north acme")
    add(open({ caller }), "9 x")
    for (const [tenant, id] of [
      ["acme", `${traceId} north`],
      ["north", `${traceId} acme`],
      ["", `${traceId} north acme`],
      ["x", `${traceId} 9`],
      [`${traceId} 9 x`, ""]
    ] as const) {
      expect(explain(id, tenant).known, `${tenant} asks for ${id}`).toBe(false)
    }
    expect(explain(traceId, "north acme").known).toBe(true)
  })
})

describe("the id", () => {
  it("is ours or the caller's, in whatever case", () => {
    const { add, explain, open } = make()
    const root = open({ caller })
    add(root)
    expect(root.traceId).not.toBe(traceId)
    for (const id of [root.traceId, traceId, traceId.toUpperCase()]) expect(explain(id).known).toBe(true)
  })

  it("that a caller sends again and again is that of the latest ten traces", () => {
    const { account, add, explain, open } = make()
    for (let index = 0; index < 30; index++) {
      const root = open({ caller })
      add(root)
      account.made(root)
    }
    expect(explain(traceId).destinations).toHaveLength(10)
  })

  it("where the caller's trace is continued, is one", () => {
    const { account, add, explain, open } = make()
    const root = open({ caller, incoming: "continue" })
    add(root)
    account.made(root)
    expect(explain(traceId).destinations).toHaveLength(1)
  })
})

it("a span that was away goes on with the trace that waits for it there, among all of its id", () => {
  const { add, explanations, open } = make()
  const roots = Array.from({ length: 3 }, () => open({ caller }))
  const other = DestinationId.make({ tenant: "acme", name: "other" })
  for (const root of roots) {
    add(root)
    fates.of(root.request, main).delivered++
  }
  const found = (id = main, tenant = "acme") => explanations.find(tenant, traceId, id)
  expect(found()).toBeUndefined()
  const [, second] = roots
  if (second === undefined) throw new Error("no trace")
  fates.of(second.request, main).spooled++
  expect(found()).toBe(second.request.fates)
  expect([found(other), found(main, "globex")]).toEqual([undefined, undefined])
})

it("knows the latest ids and forgets the oldest", () => {
  const { add, explain, open } = make({ maxTraces: 3 })
  const roots = Array.from({ length: 5 }, () => open())
  for (const root of roots) add(root)
  expect(roots.map((root) => explain(root.traceId).known)).toEqual([false, false, true, true, true])
  add(open({ caller }))
  add(open())
  add(open({ caller }))
  add(open())
  expect(explain(traceId).known, "what was used again is among the latest").toBe(true)
})
