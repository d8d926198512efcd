import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as ChildCounts from "../../src/internal/childCounts.js"
import * as fates from "../../src/internal/fates.js"
import { RecordedSpan } from "../../src/record/RecordedSpan.js"
import type { View } from "../../src/render/TenantView.js"
import { recording, view } from "../support/recorded.js"

const id = DestinationId.make({ tenant: "acme", name: "main" })
const other = DestinationId.make({ tenant: "acme", name: "second" })

const make = (options: Partial<View> = {}) => {
  const ledger = Ledger.make()
  const trace = recording()
  const account = new fates.Account(ledger, id, view(options))
  return {
    ...trace,
    account,
    ledger,
    /** A child that has a role, and so is the tenant's to see. */
    service: (parent: RecordedSpan) => trace.begin(parent, { data: { _tag: "service", service: "billing" } }),
    /** Made and offered. */
    queue: (...spans: ReadonlyArray<RecordedSpan>) => {
      for (const span of spans) {
        account.made(span)
        account.queued(span)
      }
    },
    row: () => ledger.snapshot().rows.find((row) => row.id === id),
    orphaned: () => ledger.snapshot().total.orphaned
  }
}

describe("what a span is worth", () => {
  it("a leaf nothing, a failed one or a root more, and a parent of what was accepted most", () => {
    const { account, begin, end, open, queue, service } = make()
    const root = open()
    const parent = service(root)
    const [first, second] = [service(parent), service(parent)]
    const failed = end(service(parent), { _tag: "error", error: { type: "Oops" } })
    const told = begin(parent, { data: { _tag: "service", service: "a", error: { type: "Oops" } } })
    expect([parent, first, failed, told, root].map((span) => account.worth(span))).toEqual([0, 0, 1, 1, 1])
    queue(first, second)
    expect([account.worth(parent), account.worth(root)]).toEqual([2, 1])
    account.dropped([first], "queue_full")
    expect(account.worth(parent), "one of its children is still there").toBe(2)
    account.dropped([second], "queue_full")
    expect(account.worth(parent)).toBe(0)
  })

  it("a parent that was away is known by its id", () => {
    const { account, open, queue, service } = make()
    const root = open()
    const parent = service(root)
    queue(service(parent))
    const { ancestry, kind, name, request, startTime } = parent
    const back = new RecordedSpan(request, { ...ancestry }, name, kind, startTime, undefined, undefined)
    expect(account.worth(back)).toBe(2)
  })

  it("what it says of itself may throw: then it is worth as much as an error", () => {
    const { account, begin, open } = make()
    const hostile = begin(open(), { data: { _tag: "service", service: "a" } })
    hostile.data = new Proxy({ _tag: "service", service: "a" } as const, {
      get: () => {
        throw new Error("no")
      }
    })
    expect(account.worth(hostile)).toBe(1)
  })

  it("a child under what the destination does not see counts for the next one above", () => {
    const { account, begin, open, queue, service } = make()
    const root = open()
    const parent = service(root)
    const hidden = begin(parent)
    const child = service(hidden)
    queue(child)
    expect([account.worth(parent), account.worth(hidden)]).toEqual([2, 0])
    const whole = make({ audience: "operator" })
    const seen = whole.begin(whole.open())
    whole.queue(whole.begin(seen))
    expect(whole.account.worth(seen)).toBe(2)
  })
})

describe("a parent that is lost", () => {
  it("makes orphans of the children that were accepted, and takes in no more of them", () => {
    const { account, open, orphaned, queue, row, service } = make()
    const root = open()
    const parent = service(root)
    const children = [service(parent), service(parent)]
    queue(...children)
    account.delivered(children, 1)
    queue(parent)
    expect(account.admits(service(parent))).toBe(true)
    account.rejected([parent], "http_400")
    expect(orphaned()).toBe(2)
    expect(row()).toMatchObject({ made: 3, delivered: 2, rejected: { http_400: 1 }, orphaned: 2 })
    expect(account.admits(service(parent))).toBe(false)
    expect(account.admits(service(root)), "its siblings are none of its children").toBe(true)
  })

  it("is no orphan's maker where the child is lost as well, in whatever order", () => {
    const { account, open, orphaned, queue, service } = make()
    const root = open()
    const pair = () => {
      const parent = service(root)
      const child = service(parent)
      queue(child, parent)
      return [parent, child] as const
    }
    const [parent1, child1] = pair()
    const [parent2, child2] = pair()
    const [parent3, child3] = pair()
    account.dropped([parent1, child1], "evicted")
    account.dropped([child2], "evicted")
    account.dropped([parent2], "evicted")
    expect(orphaned()).toBe(0)
    account.dropped([parent3], "evicted")
    expect(orphaned()).toBe(1)
    account.dropped([child3], "evicted")
    expect(orphaned()).toBe(0)
  })

  it("has its children back when it is made again", () => {
    const { account, open, orphaned, queue, row, service } = make()
    const parent = service(open())
    const child = service(parent)
    queue(child, parent)
    account.delivered([child], 1)
    account.rejected([parent], "http_400")
    expect(orphaned()).toBe(1)
    account.madeAgain(parent)
    expect([orphaned(), account.admits(service(parent))]).toEqual([0, true])
    account.queued(parent)
    account.rejected([parent], "http_400")
    expect(orphaned()).toBe(1)
    expect(row()).toMatchObject({ made: 3, delivered: 1, rejected: { http_400: 2 } })
  })

  it("is lost for this destination and this trace alone, though a caller gave two traces one id", () => {
    const { account, begin, ledger, open, queue, service } = make()
    const caller = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: true, traceState: undefined }
    const [one, two] = [open({ caller, incoming: "continue" }), open({ caller, incoming: "continue" })]
    const second = new fates.Account(ledger, other, view())
    queue(service(one), one)
    account.dropped([one], "queue_full")
    expect(account.admits(begin(one))).toBe(false)
    expect([account.admits(begin(two)), second.admits(begin(one))]).toEqual([true, true])
  })
})

it("a trace was taken while any of its spans was, and was not lost", () => {
  const { account, open, queue, service } = make()
  const root = open()
  expect(account.hasTaken(root.request)).toBe(false)
  const child = service(root)
  queue(child)
  expect(account.hasTaken(root.request)).toBe(true)
  account.dropped([child], "provider_saturated")
  expect(account.hasTaken(root.request)).toBe(false)
  queue(root)
  account.delivered([root], 1)
  expect(account.hasTaken(root.request)).toBe(true)
})

describe("an answer that says how many and not which", () => {
  it("is clear where all of them met the same fate, and unclear otherwise", () => {
    const { account, open, orphaned, queue, row, service } = make()
    const root = open()
    const parent = service(root)
    const child = service(parent)
    queue(child, parent, root)
    account.mixed([child], { delivered: 0, rejected: [{ reason: "partial_success", count: 1 }], dropped: [] }, 1)
    expect(account.worth(parent)).toBe(0)
    account.mixed([parent, root], { delivered: 1, rejected: [], dropped: [{ reason: "render_failed", count: 1 }] }, 1)
    const fate = fates.of(root.request, id)
    expect([fate.rejected?.get("partial_success"), fate.unclear, fate.dropped]).toEqual([1, 2, undefined])
    expect(account.admits(service(parent)), "it may well be there").toBe(true)
    expect(orphaned()).toBe(0)
    expect(row()).toMatchObject({ delivered: 1, rejected: { partial_success: 1 }, dropped: { render_failed: 1 } })
    expect(row() && Ledger.balances(row() ?? expect.fail())).toBe(true)
  })
})

describe("what is kept", () => {
  it("is bounded, however many parents a trace has, and however many it loses", () => {
    const { account, open, queue, service } = make()
    const root = open()
    for (let index = 0; index < 5000; index++) {
      const parent = service(root)
      queue(service(parent), parent)
    }
    const fate = fates.of(root.request, id)
    expect(ChildCounts.size(fate.children)).toBe(4096)
    for (let index = 0; index < 5000; index++) {
      const lost = service(root)
      queue(lost)
      account.dropped([lost], "queue_full")
    }
    expect(fate.lost?.size).toBe(4096)
    expect(fate.dropped?.get("queue_full")).toBe(5000)
  })

  it("of what was delivered is counts alone: an explanation outlives its trace", () => {
    const { account, open, queue, service } = make()
    const root = open()
    const parents = Array.from({ length: 10 }, () => service(root))
    const children = parents.map(service)
    queue(...children, ...parents, root)
    account.delivered(children, 1)
    account.delivered(parents, 1)
    account.mixed([root], { delivered: 0, rejected: [], dropped: [] }, 1)
    const fate = fates.of(root.request, id)
    expect([fate.children, fate.lost, fate.delivered]).toEqual([undefined, undefined, 20])
  })
})

type State = "new" | "queued" | "delivered" | "lost"

it.prop(
  "an orphan is what was accepted, was not lost, and has a parent that was; at every moment, and as the ledger counts",
  [
    FastCheck.array(FastCheck.tuple(FastCheck.nat(30), FastCheck.boolean()), { minLength: 2, maxLength: 14 }),
    FastCheck.array(
      FastCheck.record({
        of: FastCheck.array(FastCheck.nat(14), { minLength: 1, maxLength: 4 }),
        fate: FastCheck.constantFrom("queue", "queue", "deliver", "drop", "reject", "again")
      }),
      { maxLength: 60 }
    )
  ],
  ([shape, steps]) => {
    const { account, begin, ledger, open, orphaned, queue, service } = make()
    const spans: Array<RecordedSpan> = [open()]
    for (const [at, isSeen] of shape) {
      const parent = spans[at % spans.length] ?? expect.fail()
      spans.push(isSeen ? service(parent) : begin(parent))
    }
    const seen = spans.filter(({ ancestry }) => ancestry.role !== undefined)
    const states = new Map<RecordedSpan, State>(seen.map((span) => [span, "new"]))
    const parentOf = ({ ancestry }: RecordedSpan): RecordedSpan | undefined => {
      let node = ancestry.parent
      while (node !== undefined && node.role === undefined) node = node.parent
      return seen.find((span) => span.ancestry === node)
    }
    const stateOf = (span: RecordedSpan | undefined) => (span === undefined ? undefined : states.get(span))
    const isThere = (span: RecordedSpan) => ["queued", "delivered"].includes(stateOf(span) ?? "")
    const forget = ledger.observe(id, () => seen.filter((span) => stateOf(span) === "queued").length)
    for (const step of steps) {
      const wanted = step.fate === "queue" ? "new" : step.fate === "again" ? "lost" : "queued"
      const chosen = [...new Set(step.of.map((index) => seen[index % seen.length] ?? expect.fail()))].filter(
        (span) => stateOf(span) === wanted
      )
      const become = (state: State) => {
        for (const span of chosen) states.set(span, state)
      }
      if (step.fate === "queue") {
        become("queued")
        queue(...chosen)
      } else if (step.fate === "deliver") {
        become("delivered")
        account.delivered(chosen, 1)
      } else if (step.fate === "again") {
        become("queued")
        for (const span of chosen) account.madeAgain(span)
        for (const span of chosen) account.queued(span)
      } else {
        become("lost")
        account[step.fate === "drop" ? "dropped" : "rejected"](chosen, "why")
      }
      const orphans = seen.filter((span) => isThere(span) && stateOf(parentOf(span)) === "lost").length
      expect(orphaned()).toBe(orphans)
      expect(fates.of(spans[0]?.request ?? expect.fail(), id).orphaned).toBe(orphans)
      for (const span of seen) {
        expect(account.admits(span)).toBe(stateOf(parentOf(span)) !== "lost")
        if (stateOf(span) !== "queued") continue
        const isParent = seen.some((child) => parentOf(child) === span && isThere(child))
        expect(account.worth(span)).toBe(isParent ? 2 : span === spans[0] ? 1 : 0)
      }
      expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
    }
    forget()
  },
  { fastCheck: { numRuns: 300 } }
)
