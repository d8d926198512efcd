import { describe, expect, it } from "@effect/vitest"
import type { Rules } from "@tenant-tracer/model/Redaction"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import { Effect, Fiber, Option, Redacted, TestClock } from "effect"
import * as Redaction from "../../src/internal/redaction.js"
import type { RedactionConfig } from "../../src/TracingConfig.js"

const data: SpanData.Read = { _tag: "tool_call", name: "send", arguments: { to: "alice" } }

const redactOf = (effect: NonNullable<RedactionConfig["effect"]>, config: RedactionConfig = {}) => {
  const { redact } = Redaction.of({ ...config, effect }, "tenant", "acme")
  if (redact === undefined) throw new Error("there is no effect")
  return redact(data)
}

describe("the operator's effect", () => {
  it.effect("gives what it answers", () =>
    Effect.gen(function* () {
      const answer = { ...data, arguments: { to: "[a name]" } }
      expect(
        yield* redactOf((given) =>
          Effect.as(
            Effect.sync(() => expect(given).toBe(data)),
            answer
          )
        )
      ).toBe(answer)
    })
  )

  const bad: ReadonlyArray<readonly [string, () => unknown]> = [
    ["fails", () => Effect.fail("no")],
    ["dies", () => Effect.die("no")],
    ["is interrupted", () => Effect.interrupt],
    [
      "throws",
      () => {
        throw new Error("no")
      }
    ],
    ["is no effect", () => Promise.resolve(data)],
    ["is nothing", () => undefined],
    ["answers with nothing", () => Effect.succeed(undefined)],
    ["answers with a text", () => Effect.succeed("redacted")],
    ["answers with another role's payload", () => Effect.succeed({ _tag: "service", service: "x" })],
    ["answers with a field of the wrong type", () => Effect.succeed({ ...data, name: 7 })]
  ]

  it.effect.each(bad)("that %s gives nothing", ([, effect]) =>
    Effect.gen(function* () {
      // What code without types may do.
      expect(yield* redactOf(effect as NonNullable<RedactionConfig["effect"]>)).toBeUndefined()
    })
  )

  it.effect.each([
    ["never answers", Effect.never],
    ["cannot be interrupted", Effect.uninterruptible(Effect.never)]
  ] as const)("that %s gives nothing in time", ([, effect]) =>
    Effect.gen(function* () {
      const waiting = yield* Effect.fork(redactOf(() => effect))
      yield* TestClock.adjust("999 millis")
      expect(yield* Fiber.poll(waiting)).toEqual(Option.none())
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(waiting)).toBeUndefined()
    })
  )

  it.effect("has the deadline that it is given", () =>
    Effect.gen(function* () {
      const waiting = yield* Effect.fork(
        redactOf(() => Effect.delay(Effect.succeed(data), "3 seconds"), { deadline: "5 seconds" })
      )
      yield* TestClock.adjust("3 seconds")
      expect(yield* Fiber.join(waiting)).toBe(data)
    })
  )
})

describe("rules", () => {
  const config: RedactionConfig = {
    patterns: ["email"],
    effect: Effect.succeed,
    hash: ["h"],
    hashKey: Redacted.make("k")
  }
  const own = { patterns: ["phone"], keys: ["ssn"] } as const
  const seen = (
    audience: "tenant" | "operator" | "merged",
    rules: Rules | undefined,
    scope: RedactionConfig["scope"]
  ) => {
    const { redact, redactor } = Redaction.of({ ...config, scope }, audience, "acme", rules)
    return { effect: redact !== undefined, text: redactor?.text("a@b.io +49 151 12345678") }
  }
  const both = { effect: true, text: "[redacted:email] [redacted:phone]" }
  const ours = { effect: true, text: "[redacted:email] +49 151 12345678" }
  const theirs = { effect: false, text: "a@b.io [redacted:phone]" }

  it.each([
    ["tenant", own, "all", both],
    ["tenant", undefined, "all", ours],
    ["tenant", own, "tenants", both],
    ["merged", own, "tenants", both],
    ["operator", own, "all", both],
    ["operator", undefined, "all", ours],
    ["operator", own, "tenants", theirs],
    ["operator", undefined, "tenants", { effect: false, text: undefined }]
  ] as const)("a %s's copy, with its own %j, where the operator's are for %s", (audience, rules, scope, expected) => {
    expect(seen(audience, rules, scope)).toEqual(expected)
  })

  it("without any there is nothing to do", () => {
    expect(Redaction.of(undefined, "tenant", "acme")).toEqual({ redactor: undefined, redact: undefined })
    expect(Redaction.of({}, "operator", undefined)).toEqual({ redactor: undefined, redact: undefined })
  })

  it("a tenant's own hash needs the operator's key, else its value is removed", () => {
    const attribute = (config: RedactionConfig | undefined, owner: string | undefined) =>
      Redaction.of(config, "tenant", owner, { hash: ["user.id"] }).redactor?.attribute("user.id", "u")
    expect(attribute(undefined, "acme")).toBeUndefined()
    const hashes = [
      attribute({ hashKey: Redacted.make("k") }, "acme"),
      attribute({ hashKey: Redacted.make("k") }, "globex"),
      attribute({ hashKey: Redacted.make("k") }, undefined),
      // A tenant that is named like us is not us.
      attribute({ hashKey: Redacted.make("k") }, "operator")
    ].map((pair) => String(pair?.[1]))
    for (const hash of hashes) expect(hash).toMatch(/^hmac:/)
    expect(new Set(hashes).size).toBe(4)
  })
})
