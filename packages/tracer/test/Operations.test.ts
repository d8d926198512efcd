/** What an operator does about destinations that fail: look, pause, renew a credential, send again. Over real HTTP. */
import { describe, expect, it } from "@effect/vitest"
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import { Fault } from "@tenant-tracer/receiver"
import { DestinationId, Spans, TenantTracer } from "@tenant-tracer/tracer"
import { Effect, Option, Redacted } from "effect"
import { backends, call, routeTo, tracer } from "./support/backends.js"
import { textOf } from "./support/tracing.js"

const id = DestinationId.make({ tenant: "acme", name: "acme" })
const quick = { batch: { maxSpans: 2, maxAge: "1 hour" } } as const

const headers = (key: string): DestinationAuth => ({ _tag: "Headers", headers: { "x-key": Redacted.make(key) } })

const one = <A extends { readonly id: string }>(all: ReadonlyArray<A>, wanted: string = id): A | undefined =>
  all.find((entry) => entry.id === wanted)

describe("pause", () => {
  it.scopedLive("before there is anything: everything waits, shows in the status, and goes after resume", () =>
    Effect.gen(function* () {
      const { received, spans, to } = yield* backends("acme", "globex")
      const { balanced, flush, run, status } = yield* tracer(quick)
      expect(yield* run(TenantTracer.pause({ tenant: "acme", destination: "acme" }))).toBe(true)
      expect(one((yield* status).destinations)).toMatchObject({
        id,
        queued: 0,
        paused: "operator",
        breaker: undefined,
        counts: undefined
      })
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* run(call(routeTo("globex", [to("globex")])))
      yield* flush
      expect(yield* received("acme")).toEqual([])
      expect(yield* spans("globex")).toHaveLength(2)
      expect(one((yield* status).destinations)).toMatchObject({ queued: 2, paused: "operator", counts: { held: 2 } })
      expect(yield* balanced).toBe(true)
      yield* run(TenantTracer.resume(id))
      yield* flush
      expect(yield* spans("acme")).toHaveLength(2)
      expect(one((yield* status).destinations)).toMatchObject({
        queued: 0,
        paused: undefined,
        counts: { delivered: 2 }
      })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("what waits when the tracer is closed is counted, and nothing is sent", () =>
    Effect.gen(function* () {
      const { received, to } = yield* backends("acme")
      const { balanced, close, row, run } = yield* tracer(quick)
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* run(TenantTracer.flush)
      yield* run(TenantTracer.pause(id))
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* close
      expect(yield* received("acme")).toHaveLength(1)
      expect(yield* row(id)).toMatchObject({ delivered: 2, dropped: { shutdown: 2 }, held: 0 })
      expect(yield* balanced).toBe(true)
    })
  )
})

describe("a credential that is refused", () => {
  it.scopedLive("a hundred batches cost a handful of requests, and all of them wait", () =>
    Effect.gen(function* () {
      const { refusals, script, to } = yield* backends("acme")
      yield* script("acme", Fault.forever(Fault.status(401)))
      const { balanced, flush, run, status } = yield* tracer(quick)
      for (let index = 0; index < 100; index++) {
        yield* run(call(routeTo("acme", [to("acme")])))
        yield* flush
      }
      expect((yield* refusals("acme")).length).toBeLessThanOrEqual(2)
      expect(one((yield* status).destinations)).toMatchObject({
        queued: 200,
        paused: "unauthorized",
        breaker: { state: "open" },
        lastError: "HTTP 401: the back end refused the credential",
        lastSuccess: undefined
      })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("is asked for again, once, and everything that waited arrives with the new one", () =>
    Effect.gen(function* () {
      const { received, refusals, spans, to } = yield* backends("acme")
      const asked: Array<string> = []
      const { balanced, flush, row, run, status } = yield* tracer({
        ...quick,
        credentials: {
          resolve: (id) =>
            Effect.sync(() => {
              asked.push(id)
              return Option.some(headers("acme"))
            })
        }
      })
      const destination = to("acme", { key: "expired" })
      for (let index = 0; index < 5; index++) yield* run(call(routeTo("acme", [destination])))
      yield* flush
      expect(asked).toEqual([id])
      expect((yield* refusals()).length).toBeLessThanOrEqual(2)
      expect(yield* spans("acme")).toHaveLength(10)
      expect((yield* received("acme")).every((delivery) => delivery.headers["x-key"] === "acme")).toBe(true)
      expect(yield* row(id)).toMatchObject({ made: 10, delivered: 10, dropped: {}, rejected: {} })
      expect(one((yield* status).destinations)).toMatchObject({ paused: undefined, breaker: { state: "closed" } })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive.each([
    ["there is none", Effect.succeedNone],
    ["the resolver fails", Effect.fail("secret")],
    ["it cannot be sent", Effect.succeed(Option.some(headers("a\r\nb")))]
  ] as const)("stays refused when %s, and the one in use is not tried again", ([_, answer]) =>
    Effect.gen(function* () {
      const { refusals, script, to } = yield* backends("acme")
      yield* script("acme", Fault.forever(Fault.status(401)))
      const { balanced, flush, run, status } = yield* tracer({ ...quick, credentials: { resolve: () => answer } })
      for (let index = 0; index < 3; index++) {
        yield* run(call(routeTo("acme", [to("acme")])))
        yield* flush
      }
      expect((yield* refusals("acme")).length).toBeLessThanOrEqual(2)
      const { lastError, paused, queued } = one((yield* status).destinations) ?? {}
      expect([paused, queued]).toEqual(["unauthorized", 6])
      expect(lastError).toContain("there is no new one")
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive(
    "that is the operator's, too, is not replaced: what a tenant may not see could go to its own account",
    () =>
      Effect.gen(function* () {
        const { script, to } = yield* backends("acme")
        yield* script("acme", Fault.forever(Fault.status(401)))
        const asked: Array<string> = []
        const { flush, run, status } = yield* tracer({
          ...quick,
          operator: [to("shared", { key: "acme", vendor: "collector" })],
          credentials: {
            resolve: (id) =>
              Effect.sync(() => {
                asked.push(id)
                return Option.none()
              })
          }
        })
        yield* run(call(routeTo("acme", [to("acme")], { operatorPolicy: "additive" })))
        yield* flush
        expect(one((yield* status).destinations)).toMatchObject({ queued: 2, paused: "unauthorized" })
        expect(asked).toEqual([])
      })
  )

  it.scopedLive("another destination of the same tenant goes on", () =>
    Effect.gen(function* () {
      const { script, spans, to } = yield* backends("acme", "second")
      yield* script("acme", Fault.forever(Fault.status(403)))
      const { flush, run } = yield* tracer(quick)
      const route = routeTo("acme", [to("acme"), to("second")])
      yield* Effect.repeatN(Effect.zipRight(run(call(route)), flush), 2)
      expect(yield* spans("second")).toHaveLength(6)
    })
  )
})

describe("dead letters", () => {
  const prompt = Effect.void.pipe(
    Spans.llmCall({
      operation: "chat",
      provider: "openai",
      requestModel: "gpt-4o",
      inputMessages: [{ role: "user", parts: [{ type: "text", content: "a canary" }] }]
    })
  )

  it.scopedLive("show no content of a request that forbade it, though it is asked for", () =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      yield* script("acme", Fault.status(400))
      const { flush, run } = yield* tracer({ ...quick, content: "full" })
      const forbidden = Effect.zipLeft(prompt, TenantTracer.limitContent)
      yield* run(forbidden.pipe(TenantTracer.withRoute(routeTo("acme", [to("acme", { content: "full" })]))))
      yield* flush
      const letters = yield* run(TenantTracer.deadLetters("acme", { content: true }))
      expect(letters[0]?.spans).toHaveLength(2)
      expect(textOf(letters)).not.toContain("canary")
    })
  )

  it.scopedLive("are kept with their reason, without content unless asked for, and arrive when sent again", () =>
    Effect.gen(function* () {
      const { script, spans, to } = yield* backends("acme", "globex")
      yield* script("acme", Fault.status(400))
      yield* script("globex", Fault.status(422))
      const { balanced, flush, row, run, status } = yield* tracer({ ...quick, content: "full" })
      const refused = routeTo("acme", [to("acme")])
      yield* run(prompt.pipe(TenantTracer.withRoute(refused)))
      yield* run(call(routeTo("globex", [to("globex")])))
      yield* flush
      const [letter, ...rest] = yield* run(TenantTracer.deadLetters("acme"))
      expect(rest).toEqual([])
      expect(letter).toMatchObject({ id, reason: "http_400" })
      expect(letter?.spans.map(({ role }) => role)).toEqual(["llm_call", "service"])
      expect(Math.abs((letter?.time ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(textOf(letter)).not.toContain("canary")
      expect(textOf(yield* run(TenantTracer.deadLetters("acme", { content: true })))).toContain("a canary")
      expect((yield* run(TenantTracer.deadLetters())).map(({ reason }) => reason).sort()).toEqual([
        "http_400",
        "http_422"
      ])
      expect((yield* status).deadLetters.letters).toBe(2)

      expect(yield* run(TenantTracer.replay(id))).toBe(2)
      expect(yield* balanced).toBe(true)
      yield* flush
      expect((yield* spans("acme")).map(({ spanId }) => spanId).sort()).toEqual(
        letter?.spans.map(({ spanId }) => spanId).sort()
      )
      expect(yield* run(TenantTracer.deadLetters("acme"))).toEqual([])
      expect(yield* run(TenantTracer.replay(id))).toBe(0)
      expect(yield* row(id)).toMatchObject({ made: 4, delivered: 2, rejected: { http_400: 2 } })
      expect((yield* status).ledger.counters).toMatchObject({ replayed: 2 })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("of a destination that is no longer in use stay where they are", () =>
    Effect.gen(function* () {
      const { received, script, to } = yield* backends("acme", "globex")
      yield* script("acme", Fault.status(400))
      const { flush, run } = yield* tracer({ ...quick, cache: { capacity: 1 } })
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* flush
      yield* run(call(routeTo("globex", [to("globex")])))
      yield* flush
      expect(yield* run(TenantTracer.replay(id))).toBe(0)
      expect(yield* run(TenantTracer.deadLetters("acme"))).toHaveLength(1)
      expect(yield* received("acme")).toEqual([])
    })
  )

  it.scopedLive("refused again, they are dead letters again", () =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      yield* script("acme", Fault.forever(Fault.status(400)))
      const { balanced, flush, row, run } = yield* tracer(quick)
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* flush
      yield* run(TenantTracer.replay(id))
      yield* flush
      expect(yield* run(TenantTracer.deadLetters("acme"))).toHaveLength(1)
      expect(yield* row(id)).toMatchObject({ made: 4, rejected: { http_400: 4 } })
      expect(yield* balanced).toBe(true)
    })
  )

  it.scopedLive("of a batch that is too large hold the poison span alone", () =>
    Effect.gen(function* () {
      const { spans, to } = yield* backends("acme")
      const { balanced, flush, row, run } = yield* tracer({ batch: { maxSpans: 64, maxAge: "1 hour" } })
      const route = routeTo("acme", [to("acme", { compression: "none", limits: { bytesPerRequest: 2000 } })])
      for (let index = 0; index < 8; index++) yield* run(call(route))
      yield* run(call(route, `poison-${"x".repeat(1900)}`))
      yield* flush
      const letters = yield* run(TenantTracer.deadLetters("acme"))
      expect(letters.map((letter) => [letter.reason, letter.spans.length])).toEqual([["too_large", 1]])
      expect(yield* spans("acme")).toHaveLength(17)
      expect(yield* row(id)).toMatchObject({ made: 18, delivered: 17, rejected: { too_large: 1 } })
      expect(yield* balanced).toBe(true)
    })
  )
})

describe("status", () => {
  it.scopedLive("says when something was last delivered, and what went wrong last", () =>
    Effect.gen(function* () {
      const { script, to } = yield* backends("acme")
      const { flush, run, status } = yield* tracer(quick)
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* flush
      const before = one((yield* status).destinations)
      expect(Math.abs((before?.lastSuccess ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(before).toMatchObject({ lastError: undefined, breaker: { state: "closed", nextProbe: undefined } })
      yield* script("acme", Fault.status(400, { body: "a canary" }))
      yield* run(call(routeTo("acme", [to("acme")])))
      yield* flush
      expect(one((yield* status).destinations)).toMatchObject({
        lastSuccess: before?.lastSuccess,
        lastError: "HTTP 400: the back end refused a batch"
      })
    })
  )
})
