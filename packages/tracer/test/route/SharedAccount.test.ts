import { describe, expect, it } from "@effect/vitest"
import { all as everyRole } from "@tenant-tracer/model/SpanRole"
import { FastCheck } from "effect"
import * as SharedAccount from "../../src/route/SharedAccount.js"
import { destination } from "../support/recorded.js"

const widest = (self: Parameters<typeof destination>[0], that: Parameters<typeof destination>[0]) => {
  const { sampling, view } = SharedAccount.widest(destination(self), destination(that))
  return { view, sampling }
}

const everything = {
  view: { spans: "all", hide: [], excludeServices: [] },
  sampling: { success: 1, error: 1 }
}

describe("widest", () => {
  it("is everything, where one of them asks for nothing less", () => {
    const narrow = {
      view: { spans: "llm_only", hide: ["agent"], excludeServices: ["redis"] },
      sampling: { success: 0, error: 0.5 }
    } as const
    expect(widest({}, narrow)).toEqual(everything)
    expect(widest(narrow, {})).toEqual(everything)
    expect(widest({}, {})).toEqual(everything)
    expect(widest(narrow, { view: {}, sampling: {} })).toEqual(everything)
    expect(widest(narrow, narrow)).toEqual(narrow)
  })

  it("leaves out what both leave out, and samples at the higher rate of each outcome", () => {
    expect(
      widest(
        { view: { hide: ["agent", "db_call"], excludeServices: ["a", "b"] }, sampling: { success: 0.1, error: 0.9 } },
        { view: { hide: ["db_call", "service"], excludeServices: ["b", "c"] }, sampling: { success: 0.2, error: 0 } }
      )
    ).toEqual({
      view: { spans: "all", hide: ["db_call"], excludeServices: ["b"] },
      sampling: { success: 0.2, error: 0.9 }
    })
  })

  it("keeps everything else of the first", () => {
    const [first, second] = [destination({ name: "a", content: "full" }), destination({ name: "b" })]
    expect(SharedAccount.widest(first, second)).toEqual({ ...first, ...everything })
  })

  it("of one tenant: what either forbids of the content holds, and what either has redacted", () => {
    const open = destination({ name: "a", content: "full", redaction: { keys: ["x"] } })
    const shut = destination({ name: "b", redaction: { patterns: ["email"] } })
    const joined = { content: "none", redaction: { keys: ["x"], hash: [], patterns: ["email"] } }
    expect(SharedAccount.joined(open, shut)).toMatchObject({ name: "a", ...joined })
    expect(SharedAccount.joined(shut, open)).toMatchObject({ name: "b", ...joined })
    expect(SharedAccount.joined(open, { ...open, name: "b" }).content).toBe("full")
  })

  const wishes = FastCheck.record({
    view: FastCheck.record({
      spans: FastCheck.constantFrom("all" as const, "llm_only" as const),
      hide: FastCheck.subarray([...everyRole]),
      excludeServices: FastCheck.subarray(["a", "b", "c"])
    }),
    sampling: FastCheck.record({
      success: FastCheck.double({ min: 0, max: 1, noNaN: true }),
      error: FastCheck.double({ min: 0, max: 1, noNaN: true })
    })
  })

  it.prop("is the same whoever comes first, and no narrower than either", [wishes, wishes], ([self, that]) => {
    const wide = widest(self, that)
    const sorted = (all: ReadonlyArray<string> = []) => [...all].sort()
    const turned = widest(that, self)
    expect(sorted(wide.view?.hide)).toEqual(sorted(turned.view?.hide))
    expect(sorted(wide.view?.excludeServices)).toEqual(sorted(turned.view?.excludeServices))
    expect([wide.view?.spans, wide.sampling]).toEqual([turned.view?.spans, turned.sampling])
    for (const { sampling, view } of [self, that]) {
      expect(view.hide).toEqual(expect.arrayContaining([...(wide.view?.hide ?? [])]))
      expect(view.excludeServices).toEqual(expect.arrayContaining([...(wide.view?.excludeServices ?? [])]))
      if (view.spans === "all") expect(wide.view?.spans).toBe("all")
      expect(wide.sampling?.success).toBeGreaterThanOrEqual(sampling.success)
      expect(wide.sampling?.error).toBeGreaterThanOrEqual(sampling.error)
    }
  })
})
