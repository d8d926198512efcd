import { describe, expect, it } from "@effect/vitest"
import * as SpanData from "@tenant-tracer/model/SpanData"
import { Arbitrary, FastCheck } from "effect"
import * as Failure from "../../src/record/Failure.js"
import type { Outcome } from "../../src/record/RecordedSpan.js"
import * as Renderer from "../../src/render/Renderer.js"
import { ended, view } from "../support/recorded.js"

const guardrail = { _tag: "guardrail", name: "pii" } as const

describe("isFailed", () => {
  it.each<[string, unknown, Outcome, boolean]>([
    ["an error", undefined, { _tag: "error", error: { type: "E" } }, true],
    ["success", guardrail, { _tag: "unset" }, false],
    ["an interruption", guardrail, { _tag: "cancelled" }, false],
    ["a span that was ended by us", guardrail, { _tag: "unfinished" }, false],
    ["an error in the payload", { ...guardrail, error: { type: "E" } }, { _tag: "unset" }, true],
    ["a guardrail that intervened", { ...guardrail, status: "guardrail_intervened" }, { _tag: "unset" }, true],
    [
      "a guardrail that did not answer",
      { ...guardrail, status: "guardrail_failed_to_respond" },
      { _tag: "unset" },
      true
    ],
    ["a guardrail that let it pass", { ...guardrail, status: "success" }, { _tag: "unset" }, false],
    ["an error that is none", { ...guardrail, error: "boom" }, { _tag: "unset" }, false],
    ["no error at all", { ...guardrail, error: null }, { _tag: "unset" }, false]
  ])("%s", (_, data, outcome, expected) => {
    // What a caller without types may hand over.
    expect(Failure.isFailed(ended(data as never, { outcome }))).toBe(expected)
  })

  it("is a payload that cannot be read", () => {
    const throwing = {
      ...guardrail,
      get error(): never {
        throw new Error("get")
      }
    }
    expect(Failure.isFailed(ended(throwing))).toBe(true)
  })

  it.prop(
    "is what a back end is told",
    [
      Arbitrary.make(SpanData.SpanData),
      FastCheck.constantFrom<Outcome>({ _tag: "unset" }, { _tag: "cancelled" }, { _tag: "error", error: { type: "E" } })
    ],
    ([data, outcome]) => {
      const span = ended(data, { outcome })
      const { status } = Renderer.render(span, view({ audience: "operator" }), () => {})
      expect(status.code).toBe(Failure.isFailed(span) ? "error" : "unset")
    }
  )
})
