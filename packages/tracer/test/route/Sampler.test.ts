import { describe, expect, it } from "@effect/vitest"
import type { SpanData } from "@tenant-tracer/model/SpanData"
import type { SpanRole } from "@tenant-tracer/model/SpanRole"
import { FastCheck } from "effect"
import * as ByteBudget from "../../src/deliver/ByteBudget.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as SpanAccount from "../../src/deliver/SpanAccount.js"
import * as fates from "../../src/internal/fates.js"
import type { Outcome, RecordedSpan } from "../../src/record/RecordedSpan.js"
import * as Recorder from "../../src/record/Recorder.js"
import * as TraceContext from "../../src/record/TraceContext.js"
import * as TenantView from "../../src/render/TenantView.js"
import * as Sampler from "../../src/route/Sampler.js"
import { route, view } from "../support/recorded.js"

/** What a destination wants. */
interface Wish {
  readonly id: DestinationId.DestinationId
  readonly rates: Sampler.Rates
  readonly view: TenantView.View
}

interface Target extends Wish {
  readonly account: fates.Account
}

const target = (name: string, rates: Sampler.Rates, of: Partial<TenantView.View> = {}): Wish => ({
  id: DestinationId.make({ tenant: "acme", name }),
  rates,
  view: view(of)
})

const failure: Outcome = { _tag: "error", error: { type: "E" } }
const success: Outcome = { _tag: "unset" }

const model = { _tag: "llm_call", operation: "chat", provider: "openai" } as const

/** A recorder whose spans are sampled for some destinations, with the draws that come up, over and over. */
const sampling = (
  wishes: ReadonlyArray<Wish>,
  options: {
    readonly budget?: ByteBudget.ByteBudget
    readonly draws?: ReadonlyArray<number>
    readonly limits?: Partial<Sampler.SamplerLimits>
    readonly onStep?: (ledger: Ledger.Ledger) => void
  } = {}
) => {
  const { budget = ByteBudget.make(), draws = [0.5] } = options
  const ledger = Ledger.make()
  const targets: ReadonlyArray<Target> = wishes.map((wish) => ({
    ...wish,
    account: new fates.Account(ledger, wish.id, wish.view)
  }))
  const delivered: Array<readonly [Target, RecordedSpan]> = []
  let drawn = 0
  const sampler = Sampler.make<Target>({
    ledger,
    budget,
    random: () => draws[drawn++ % draws.length] ?? 0,
    deliver: (target, span) => {
      target.account.queued(span)
      target.account.delivered([span], 0)
      delivered.push([target, span])
      options.onStep?.(ledger)
    },
    limits: options.limits
  })
  const recorder = Recorder.make({
    count: () => {},
    sink: (span) => {
      for (const target of targets) {
        target.account.made(span)
        if (TenantView.isVisible(target.view, span.ancestry)) sampler.offer(target, target.rates, span)
        else target.account.hidden(span)
        options.onStep?.(ledger)
      }
      sampler.settle(span.request)
      options.onStep?.(ledger)
    }
  })
  let now = 0n
  const open = (name: string, rest: Partial<Recorder.OpenRequestOptions> = {}) =>
    recorder.openRequest({
      name,
      startTime: now++,
      wallTime: 0,
      data: { _tag: "proxy_request", method: "POST" },
      route: route([]),
      ...rest
    })
  const begin = (parent: RecordedSpan, name: string, payload: { readonly data?: SpanData } = { data: model }) => {
    const span = recorder.begin({ name, parent, startTime: now++, ...payload })
    if (span === undefined) throw new Error("too many open spans")
    return span
  }
  const end = (span: RecordedSpan, outcome: Outcome = success) => {
    recorder.end(span, now++, outcome)
    return span
  }
  return {
    recorder,
    sampler,
    ledger,
    delivered,
    open,
    begin,
    end,
    /** A root with one call in it, ended. */
    trace: (name: string, outcome?: Outcome) => {
      const root = open(name)
      end(begin(root, `${name}.call`), outcome)
      return end(root)
    },
    budget,
    names: (of = wishes[0]) => delivered.flatMap(([to, span]) => (to.id === of?.id ? [span.name] : [])),
    row: (of = wishes[0]) => ledger.snapshot().rows.find(({ id }) => id === of?.id),
    drawn: () => drawn,
    balanced: () => ledger.snapshot().rows.every(Ledger.balances)
  }
}

const half = target("half", { success: 0.5, error: 0.5 })
const failures = target("failures", { success: 0, error: 1 })
const successes = target("successes", { success: 1, error: 0 })

describe("ratesOf", () => {
  it("is nothing where every trace is wanted, so that none waits", () => {
    for (const all of [undefined, {}, { success: 1 }, { error: 1, success: undefined }, { error: 1, success: 1 }]) {
      expect(Sampler.ratesOf(all)).toBeUndefined()
    }
    expect(Sampler.ratesOf({ success: 0.5 })).toEqual({ success: 0.5, error: 1 })
    expect(Sampler.ratesOf({ error: 0 })).toEqual({ success: 1, error: 0 })
  })
})

describe("a trace", () => {
  it("waits, counted as held, until its root has ended and no span of it is open", () => {
    const { balanced, begin, end, names, open, row } = sampling([half])
    const root = open("root")
    const slow = begin(root, "slow")
    end(begin(root, "fast"))
    expect(row()).toMatchObject({ made: 1, held: 1, delivered: 0 })
    end(root)
    expect(row()).toMatchObject({ made: 2, held: 2, delivered: 0 })
    expect([names(), balanced()]).toEqual([[], true])
    end(slow)
    expect(names()).toEqual(["fast", "root", "slow"])
    expect(row()).toMatchObject({ made: 3, held: 0, delivered: 3 })
    expect(balanced()).toBe(true)
  })

  it.each([
    [0.5, 0.5, true],
    [0.5, 0.500001, false],
    [0.5, 0, true],
    [0, 0, false],
    [1, 0.999999, true]
  ])("at a rate of %d and a draw of %d is kept: %s", (rate, draw, isKept) => {
    const { balanced, row, trace } = sampling([target("main", { success: rate, error: 1 - rate })], { draws: [draw] })
    trace("t")
    expect(row()).toMatchObject(isKept ? { delivered: 2, dropped: {} } : { delivered: 0, dropped: { sampled_out: 2 } })
    expect(balanced()).toBe(true)
  })

  it("case 229: the rate of errors decides about a trace in which a span failed, that of successes about the others", () => {
    const { names, trace } = sampling([failures, successes])
    trace("good")
    trace("bad", failure)
    expect(names(failures)).toEqual(["bad.call", "bad"])
    expect(names(successes)).toEqual(["good.call", "good"])
  })

  it("case 229: a call that fails after the root has ended counts, and nothing has gone before", () => {
    const { begin, delivered, end, names, open } = sampling([failures, successes])
    const root = open("root")
    const call = begin(root, "call")
    end(root)
    expect(delivered).toEqual([])
    end(call, failure)
    expect(names(failures)).toEqual(["root", "call"])
    expect(names(successes)).toEqual([])
  })

  it("has failed also where the destination may not see the span that did", () => {
    const { begin, end, names, open } = sampling([failures])
    const root = open("root")
    end(begin(root, "internal", {}), failure)
    end(root)
    expect(names()).toEqual(["root"])
  })

  it("is decided once, by one draw, for each destination by itself", () => {
    const other = target("other", { success: 0.5, error: 1 })
    const { begin, drawn, end, names, open } = sampling([half, other], { draws: [0.4, 0.6] })
    const root = open("root")
    for (const name of ["a", "b", "c"]) end(begin(root, name))
    expect(drawn()).toBe(0)
    end(root)
    expect(drawn()).toBe(2)
    expect(names(half)).toEqual(["a", "b", "c", "root"])
    expect(names(other)).toEqual([])
  })

  it("that goes on after its verdict follows it, whatever fails in it then", () => {
    const { balanced, begin, drawn, end, names, open, row } = sampling([failures, successes])
    const root = open("root")
    end(root)
    end(begin(root, "late"), failure)
    expect(names(successes)).toEqual(["root", "late"])
    expect(names(failures)).toEqual([])
    expect(row(failures)).toMatchObject({ made: 2, held: 0, dropped: { sampled_out: 2 } })
    expect([drawn(), balanced()]).toEqual([1, true])
  })

  it("whose last open span is withdrawn is decided by the next sweep", () => {
    const { begin, end, names, open, recorder, sampler } = sampling([half])
    const root = open("root")
    const withdrawn = begin(root, "withdrawn")
    end(root)
    sampler.sweep(1n)
    expect(names()).toEqual([])
    recorder.discard(withdrawn)
    sampler.sweep(2n)
    expect(names()).toEqual(["root"])
  })

  it("case 231: is decided by chance, not by its id, which a caller may have chosen", () => {
    const caller = TraceContext.fromTraceparent(`00-${"a".repeat(32)}-${"b".repeat(16)}-01`)
    const { delivered, end, open } = sampling([half], { draws: [0.4, 0.6] })
    for (const name of ["first", "second", "third", "fourth"]) {
      const root = open(name, { caller, incoming: "continue" })
      expect(root.traceId).toBe("a".repeat(32))
      end(root)
    }
    expect(delivered.map(([, { name }]) => name)).toEqual(["first", "third"])
  })

  it("outside any request is decided when nothing of it is open", () => {
    const { end, names, recorder } = sampling([target("main", { success: 0, error: 1 }, { audience: "operator" })])
    const span = recorder.begin({ name: "startup", startTime: 0n })
    if (span !== undefined) end(span, failure)
    expect(names()).toEqual(["startup"])
  })
})

describe("bounds", () => {
  it("case 233: a trace of too many spans is decided with what is there, the last one included", () => {
    const { begin, end, ledger, names, open, row } = sampling([failures, half], { limits: { spans: 3 } })
    const root = open("root")
    for (const name of ["a", "b"]) end(begin(root, name))
    expect(row()).toMatchObject({ held: 2 })
    end(begin(root, "c"), failure)
    expect(names()).toEqual(["a", "b", "c"])
    expect(ledger.snapshot().counters).toEqual({ sampled_early: 2 })
    end(begin(root, "d"))
    end(root)
    expect(names()).toEqual(["a", "b", "c", "d", "root"])
  })

  it("case 233: a trace of too many bytes is decided with what is there", () => {
    const { begin, end, names, open } = sampling([half], { limits: { bytes: 2000 } })
    const root = open("root")
    end(begin(root, "small"))
    expect(names()).toEqual([])
    end(begin(root, "large", { data: { ...model, callId: "x".repeat(2000) } }))
    expect(names()).toEqual(["small", "large"])
  })

  it("case 233: of too many traces of a destination the oldest is decided, and none of another's", () => {
    const other = target("other", { success: 1, error: 0 }, { hide: new Set(["agent"] as const) })
    const { begin, end, names, open } = sampling([half, other], { limits: { traces: 2 } })
    end(begin(open("1"), "1.call"))
    end(begin(open("2"), "2.call", { data: { _tag: "agent" } }))
    end(begin(open("3"), "3.call"))
    expect(names(half)).toEqual(["1.call"])
    expect(names(other)).toEqual([])
    end(begin(open("4"), "4.call"))
    expect(names(half)).toEqual(["1.call", "2.call"])
    expect(names(other)).toEqual(["1.call"])
  })

  it("case 233: with too many bytes in the process the oldest of all are decided", () => {
    const { balanced, begin, end, names, open } = sampling([half, successes], { limits: { bytesInProcess: 5500 } })
    const large = { data: { ...model, callId: "x".repeat(1000) } }
    end(begin(open("1"), "1.call", large))
    expect([names(half), names(successes)]).toEqual([[], []])
    end(begin(open("2"), "2.call", large))
    expect([names(half), names(successes)]).toEqual([["1.call"], []])
    end(begin(open("3"), "3.call", { data: { ...model, callId: "x".repeat(6000) } }))
    expect([names(half), names(successes)]).toEqual([
      ["1.call", "2.call", "3.call"],
      ["1.call", "2.call", "3.call"]
    ])
    expect(balanced()).toBe(true)
  })

  it("what waits is part of what the tenant and the process may hold; where there is no room a trace is decided", () => {
    const budget = ByteBudget.make({ maxBytes: 2500 })
    const { balanced, begin, end, names, open } = sampling([half, failures], { budget })
    end(begin(open("1"), "1.call"))
    expect(budget.stats()).toMatchObject({ names: 1 })
    expect(budget.stats().used).toBeGreaterThan(800)
    expect([names(half), names(failures)]).toEqual([[], []])
    const large = { data: { ...model, callId: "x".repeat(2000) } }
    end(begin(open("2"), "2.call", large))
    expect([names(half), names(failures)]).toEqual([["2.call"], []])
    expect(balanced()).toBe(true)
  })

  it("what waits for one destination goes on counting when nothing waits for another of the tenant's any more", () => {
    const narrow = target("narrow", half.rates, { hide: new Set(["agent"] as const) })
    const { begin, budget, end, names, open, sampler } = sampling([half, narrow], { limits: { spans: 2 } })
    const root = open("root")
    end(begin(root, "call"))
    end(begin(root, "agent", { data: { _tag: "agent" } }))
    expect([names(half), names(narrow)]).toEqual([["call", "agent"], []])
    expect(budget.stats()).toMatchObject({ names: 1 })
    expect(budget.stats().used).toBeGreaterThan(400)
    sampler.close()
    expect(budget.stats()).toMatchObject({ names: 0, used: 0 })
  })

  it("a trace whose root never ends waits no longer than it may", () => {
    const { begin, end, names, open, sampler } = sampling([half], { limits: { time: 1000n } })
    const root = open("root")
    const { endTime = 0n } = end(begin(root, "a"))
    sampler.sweep(endTime + 1000n)
    expect(names()).toEqual([])
    sampler.sweep(endTime + 1001n)
    expect(names()).toEqual(["a"])
    end(begin(root, "b"))
    expect(names()).toEqual(["a", "b"])
  })

  it("case 233: closing decides all that waits, and what ends then is decided at once", () => {
    const { balanced, begin, end, names, open, row, sampler } = sampling([failures, successes])
    const [first, second] = [open("1"), open("2")]
    end(begin(first, "1.call"))
    end(begin(second, "2.call"), failure)
    const slow = begin(first, "1.slow")
    sampler.close()
    expect(names(successes)).toEqual(["1.call"])
    expect(names(failures)).toEqual(["2.call"])
    end(slow, failure)
    end(first)
    end(begin(open("3"), "3.call"))
    expect(names(successes)).toEqual(["1.call", "1.slow", "1", "3.call"])
    expect(row(failures)).toMatchObject({ made: 5, held: 0, delivered: 1, dropped: { sampled_out: 4 } })
    expect(balanced()).toBe(true)
  })

  it("keeps nothing once a trace is decided", () => {
    const { ledger, row, trace } = sampling([half])
    for (let i = 0; i < 10_000; i++) trace("t")
    expect(row()).toMatchObject({ made: 20_000, held: 0 })
    // Whatever is still observed could not be forgotten.
    const small = Ledger.make({ maxEntries: 1 })
    const sampler = Sampler.make({ ledger: small, budget: ByteBudget.make(), random: () => 1, deliver: () => {} })
    for (const name of ["a", "b", "c"]) {
      const id = DestinationId.make({ tenant: "acme", name })
      const of = { id, account: new SpanAccount.Counted(small, id) }
      const root = Recorder.make({ sink: () => {}, count: () => {} }).openRequest({
        name,
        startTime: 0n,
        wallTime: 0
      })
      root.request.recorder.end(root, 1n, success)
      small.made(of.id, 1)
      sampler.offer(of, half.rates, root)
      sampler.settle(root.request)
    }
    expect(small.snapshot().rows.map(({ id }) => id)).toEqual(["acme/c", "others"])
    expect(ledger.snapshot().rows).toHaveLength(1)
  })
})

describe("whatever happens", () => {
  const roles: ReadonlyArray<SpanRole | undefined> = [
    "llm_call",
    "agent",
    "tool_call",
    "service",
    "db_call",
    "guardrail",
    undefined
  ]

  // What the recorder asks for of each role, as little as there is.
  const payloadOf = (role: SpanRole | undefined) =>
    role === undefined
      ? {}
      : { data: { _tag: role, service: "x", name: "x", operation: "chat" } as unknown as SpanData }

  const rate = FastCheck.constantFrom(0, 0.3, 0.7, 1)

  const step = FastCheck.record({
    do: FastCheck.constantFrom(
      ...(["open", "begin", "begin", "begin", "end", "end", "end", "fail", "discard", "sweep", "age", "close"] as const)
    ),
    at: FastCheck.nat(),
    role: FastCheck.constantFrom(...roles)
  })

  const scenario = FastCheck.record({
    steps: FastCheck.array(step, { maxLength: 60, size: "max" }),
    rates: FastCheck.array(FastCheck.record({ success: rate, error: rate }), { minLength: 4, maxLength: 4 }),
    maxBytes: FastCheck.constantFrom(2000, 1024 * 1024),
    draws: FastCheck.array(FastCheck.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 1 }),
    limits: FastCheck.constantFrom(
      {},
      { spans: 2 },
      { bytes: 1500 },
      { traces: 1 },
      { bytesInProcess: 3000 },
      { time: 5n }
    )
  })

  it.prop(
    "each destination gets the closed tree of a trace or nothing of it, and every copy is accounted for at each step",
    [scenario],
    ([{ draws, limits, maxBytes, rates, steps }]) => {
      const views = [
        {},
        { spans: "llm_only" },
        { hide: new Set(["agent", "service"]) },
        { audience: "operator" }
      ] as const
      const targets = views.map((of, index) =>
        // As many as there are views.
        target(`d${index}`, rates[index] ?? { success: 1, error: 1 }, of as Partial<TenantView.View>)
      )
      const all: Array<RecordedSpan> = []
      const { balanced, begin, budget, delivered, end, ledger, open, recorder, sampler } = sampling(targets, {
        budget: ByteBudget.make({ maxBytes }),
        draws,
        limits,
        onStep: (ledger) => expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
      })
      let now = 0n
      for (const { at, do: what, role } of steps) {
        const openSpans = all.filter(({ endTime, ancestry }) => endTime === undefined && ancestry.state !== "discarded")
        const picked = openSpans[at % openSpans.length]
        // What hangs under a trace that has ended is late.
        const parent = all[at % all.length]
        if (what === "open") all.push(open("root"))
        else if (what === "begin" && parent !== undefined) all.push(begin(parent, "span", payloadOf(role)))
        else if (what === "end" && picked !== undefined) end(picked)
        else if (what === "fail" && picked !== undefined) end(picked, failure)
        else if (what === "discard" && picked !== undefined && picked !== picked.request.root) recorder.discard(picked)
        else if (what === "sweep") sampler.sweep(now++)
        else if (what === "age") {
          now += 1000n
          sampler.sweep(now)
        } else if (what === "close") sampler.close()
        expect(balanced()).toBe(true)
      }
      recorder.close(now)
      sampler.close()
      const isEarly = (ledger.snapshot().counters.sampled_early ?? 0) > 0
      for (const request of new Set(all.map((span) => span.request))) {
        const spans = all.filter((span) => span.request === request)
        for (const target of targets) {
          const visible = spans.filter(({ ancestry }) => TenantView.isVisible(target.view, ancestry))
          const got = delivered.flatMap(([to, span]) => (to.id === target.id && span.request === request ? [span] : []))
          expect(got.length === 0 || got.length === visible.length).toBe(true)
          expect(new Set(got)).toEqual(new Set(got.length === 0 ? [] : visible))
          expect(fates.of(request, target.id)).toMatchObject({ queued: got.length, orphaned: 0 })
          const ids = new Set(got.map(({ spanId }) => spanId))
          for (const span of got) {
            const above = TenantView.parentOf(target.view, span)
            if (above !== undefined) expect(ids).toContain(above.spanId)
          }
          const due = request.hasFailed ? target.rates.error : target.rates.success
          // A late span may fail after the verdict.
          const isCertain =
            !isEarly && !spans.some((span) => span !== request.root && span.startTime > (request.rootEndTime ?? 0n))
          if (isCertain && (due === 0 || due === 1)) expect(got).toHaveLength(due * visible.length)
        }
      }
      for (const { held } of ledger.snapshot().rows) expect(held).toBe(0)
      expect(budget.stats()).toMatchObject({ used: 0, names: 0 })
    }
  )
})
