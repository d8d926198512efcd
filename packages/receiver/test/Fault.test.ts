import { describe, expect, it } from "@effect/vitest"
import { Fault, type Otlp, Receiver, VendorRules } from "@tenant-tracer/receiver"
import { Effect, Exit, Fiber, Scope, TestClock } from "effect"
import { bodyOf, contentType, statusOf } from "./support/bodies.js"
import { client } from "./support/http.js"
import { readableSpans } from "./support/spans.js"

const encodings: ReadonlyArray<Otlp.Encoding> = ["protobuf", "json"]

/** A receiver with one account, and a function that sends it two spans. */
const setUp = (encoding: Otlp.Encoding = "protobuf") =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: { "x-key": "a" } }] })
    const endpoint = yield* receiver.endpoint("acme")
    const post = yield* client
    const send = post(endpoint, {
      headers: { "x-key": "a", "content-type": contentType[encoding] },
      body: bodyOf(encoding, readableSpans(2))
    })
    return { receiver, send, status: Effect.map(send, (answer) => answer.status) }
  })

describe.each(encodings)("%s", (encoding) => {
  it.scoped.each([
    [429, 8, 7, "7"],
    [503, 14, "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"],
    [500, 13, undefined, undefined],
    [403, 7, 0, "0"]
  ] as const)("status %i carries a google.rpc.Status and Retry-After", ([status, code, retryAfter, header]) =>
    Effect.gen(function* () {
      const { receiver, send } = yield* setUp(encoding)
      yield* receiver.script("acme", [Fault.status(status, { retryAfter })])
      const answer = yield* send
      expect(answer.status).toBe(status)
      expect(answer.headers["retry-after"]).toBe(header)
      expect(statusOf(encoding, answer.body)).toEqual({ code, message: `scripted: ${status}` })
      expect((yield* receiver.refusals("acme")).map((refusal) => refusal.status)).toEqual([status])
      expect(yield* receiver.spans("acme")).toEqual([])
    })
  )

  it.scoped("partial success keeps all but the rejected spans and says so", () =>
    Effect.gen(function* () {
      const { receiver, send } = yield* setUp(encoding)
      yield* receiver.script("acme", [Fault.partialSuccess(1, "too long ago"), Fault.partialSuccess(99, "all")])
      const answer = yield* send
      expect(answer.status).toBe(200)
      if (encoding === "json") {
        expect(JSON.parse(answer.text)).toEqual({
          partialSuccess: { rejectedSpans: "1", errorMessage: "too long ago" }
        })
      } else {
        expect(answer.text).toContain("too long ago")
      }
      expect((yield* receiver.spans("acme")).map((span) => span.spanId)).toEqual(["0000000000000001"])
      yield* send
      expect((yield* receiver.received("acme")).map((delivery) => delivery.rejectedSpans)).toEqual([1, 2])
      expect(yield* receiver.spans("acme")).toHaveLength(1)
    })
  )
})

it.scoped("a status may have a body of its own", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp()
    yield* receiver.script("acme", [Fault.status(502, { body: "<html>bad gateway</html>" })])
    const answer = yield* send
    expect([answer.status, answer.text]).toEqual([502, "<html>bad gateway</html>"])
    expect(answer.headers["content-type"]).toContain("text/plain")
    expect((yield* receiver.refusals("acme")).map((refusal) => refusal.status)).toEqual([502])
  })
)

it.scoped("delay serves later, by the clock of the receiver's maker", () =>
  Effect.gen(function* () {
    const { receiver, status } = yield* setUp()
    yield* receiver.script("acme", [Fault.delay("10 seconds")])
    const sending = yield* Effect.fork(status)
    yield* receiver.awaitRequests("acme", 1)
    yield* TestClock.adjust("9 seconds")
    expect(yield* receiver.spans("acme")).toEqual([])
    yield* TestClock.adjust("1 second")
    expect(yield* Fiber.join(sending)).toBe(200)
    expect(yield* receiver.spans("acme")).toHaveLength(2)
  })
)

it.scoped("hang never answers, and ends when the client goes", () =>
  Effect.gen(function* () {
    const { receiver, status } = yield* setUp()
    yield* receiver.script("acme", [Fault.hang])
    const sending = yield* Effect.fork(status)
    yield* receiver.awaitRequests("acme", 1)
    yield* TestClock.adjust("1 day")
    expect(yield* receiver.connections).toBe(1)
    yield* Fiber.interrupt(sending)
    expect(yield* status).toBe(200)
    expect((yield* receiver.refusals("acme")).map(({ reason, status }) => [status, reason])).toEqual([
      [0, "scripted: hang"]
    ])
  })
)

it.scoped("hang ends when the receiver's scope closes", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const post = yield* client
    const receiver = yield* Scope.extend(Receiver.make({ accounts: [{ id: "acme", headers: {} }] }), scope)
    yield* receiver.script("acme", [Fault.forever(Fault.hang)])
    const endpoint = yield* receiver.endpoint("acme")
    const sending = yield* Effect.fork(
      post(endpoint, { headers: { "content-type": contentType.json }, body: bodyOf("json", readableSpans(1)) })
    )
    yield* receiver.awaitRequests("acme", 1)
    yield* Scope.close(scope, Exit.void)
    expect(Exit.isFailure(yield* Fiber.await(sending))).toBe(true)
    expect(yield* receiver.connections).toBe(0)
  })
)

it.scoped("reset destroys the connection with a RST", () =>
  Effect.gen(function* () {
    const { receiver, send, status } = yield* setUp()
    yield* receiver.script("acme", [Fault.reset])
    expect(yield* Effect.flip(send)).toMatchObject({ code: "ECONNRESET" })
    expect(yield* status).toBe(200)
    expect((yield* receiver.refusals("acme")).map((refusal) => refusal.reason)).toEqual(["scripted: reset"])
    expect(yield* receiver.received("acme")).toHaveLength(1)
  })
)

it.scoped("drop says success and keeps nothing", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp("json")
    yield* receiver.script("acme", [Fault.drop])
    const answer = yield* send
    expect([answer.status, answer.text]).toEqual([200, "{}"])
    expect(yield* receiver.received("acme")).toEqual([])
    expect((yield* receiver.refusals("acme")).map((refusal) => refusal.status)).toEqual([200])
  })
)

it.scoped("redirect sends the client elsewhere", () =>
  Effect.gen(function* () {
    const { receiver, send } = yield* setUp()
    const location = "http://169.254.169.254/latest"
    yield* receiver.script("acme", [Fault.redirect(location), Fault.redirect(location, { status: 301 })])
    for (const status of [307, 301]) {
      const answer = yield* send
      expect([answer.status, answer.headers.location]).toEqual([status, location])
    }
  })
)

describe("a step that makes no sense is refused with its reason, and the script before it stays", () => {
  // What comes without types is judged, too.
  const unknown = JSON.parse(`{ "_tag": "Explode" }`) as Fault.Fault
  it.scoped.each([
    [Fault.status(99), "status 99: an answer has 200 to 599"],
    [Fault.status(100), "status 100"],
    [Fault.status(600), "status 600"],
    [Fault.status(503.5), "status 503.5"],
    [Fault.status(Number.NaN), "status NaN"],
    [Fault.status(503, { retryAfter: "a\r\nb" }), "retryAfter"],
    [Fault.redirect("line\nbreak"), "location"],
    [Fault.delay("soon" as "1 second"), "duration"],
    [Fault.partialSuccess(-1, ""), "-1 rejected spans"],
    [Fault.partialSuccess(0.5, ""), "0.5 rejected spans"],
    [Fault.fraction(1.5, Fault.reset, 1), "probability 1.5"],
    [Fault.fraction(Number.NaN, Fault.reset, 1), "probability NaN"],
    [Fault.fraction(0.5, Fault.reset, 0.5), "seed 0.5"],
    [Fault.times(-1, Fault.reset), "-1 requests"],
    [Fault.times(Number.NaN, Fault.reset), "NaN requests"],
    [Fault.times(2, Fault.fraction(0.5, Fault.status(1), 1)), "status 1:"],
    [unknown, "there is no such fault"]
  ] as const)("%j", ([step, reason]) =>
    Effect.gen(function* () {
      const { receiver, status } = yield* setUp()
      yield* receiver.script("acme", [Fault.status(503)])
      const refused = yield* Effect.flip(receiver.script("acme", [Fault.pass, step]))
      expect(refused.reason).toBe("InvalidFault")
      expect(refused.message).toContain(`step 2: ${reason}`)
      expect([yield* status, yield* status]).toEqual([503, 200])
    })
  )
})

it.scoped("a mistake of the receiver's own ends the connection, not the receiver", () =>
  Effect.gen(function* () {
    const { receiver, send, status } = yield* setUp()
    const rules = { ...VendorRules.otlp, requiredHeaders: [{ name: "x-key", pattern: "(" }] }
    yield* receiver.addAccount({ id: "acme", headers: { "x-key": "a" }, rules })
    yield* Effect.flip(send)
    yield* receiver.addAccount({ id: "acme", headers: { "x-key": "a" } })
    expect(yield* status).toBe(200)
    expect((yield* receiver.refusals("acme")).map((refusal) => refusal.reason).join()).toContain("the receiver failed")
  })
)

describe("a script", () => {
  const statuses = (steps: ReadonlyArray<Fault.Step>, requests: number) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { receiver, status } = yield* setUp()
        yield* receiver.script("acme", steps)
        return yield* Effect.all(Array.from({ length: requests }, () => status))
      })
    )

  it.effect("is used up in order, then service is normal", () =>
    Effect.gen(function* () {
      const steps = [Fault.status(503), Fault.pass, Fault.times(2, Fault.status(429)), Fault.times(0, Fault.hang)]
      expect(yield* statuses(steps, 6)).toEqual([503, 200, 429, 429, 200, 200])
    })
  )

  it.effect("may go on for ever", () =>
    Effect.gen(function* () {
      expect(yield* statuses([Fault.forever(Fault.status(500)), Fault.pass], 4)).toEqual([500, 500, 500, 500])
    })
  )

  it.effect(
    "fails a fraction of the requests, the same ones for the same seed",
    () =>
      Effect.gen(function* () {
        const steps = (seed: number) => [Fault.fraction(0.3, Fault.status(503), seed)]
        const first = yield* statuses(steps(1), 200)
        expect(first.filter((status) => status === 503).length).toBeGreaterThan(40)
        expect(first.filter((status) => status === 503).length).toBeLessThan(80)
        expect(yield* statuses(steps(1), 200)).toEqual(first)
        expect(yield* statuses(steps(2), 200)).not.toEqual(first)
      }),
    30_000
  )

  it.effect("may fail none or all, for a number of requests", () =>
    Effect.gen(function* () {
      const none = Fault.times(2, Fault.fraction(0, Fault.status(503), 1))
      const all = Fault.times(2, Fault.fraction(1, Fault.status(503), 1))
      expect(yield* statuses([none, all], 5)).toEqual([200, 200, 503, 503, 200])
    })
  )

  it.scoped("is replaced by the next one, and belongs to one account", () =>
    Effect.gen(function* () {
      const { receiver, status } = yield* setUp()
      yield* receiver.script("globex", [Fault.forever(Fault.status(500))])
      expect(yield* status).toBe(200)
      yield* receiver.script("acme", [Fault.forever(Fault.status(500))])
      expect(yield* status).toBe(500)
      yield* receiver.script("acme", [])
      expect(yield* status).toBe(200)
    })
  )

  it.scoped("is not used up by requests that are not the account's", () =>
    Effect.gen(function* () {
      const { receiver, status } = yield* setUp()
      const post = yield* client
      yield* receiver.script("acme", [Fault.status(500)])
      expect((yield* post(yield* receiver.endpoint("acme"), { headers: { "x-key": "b" } })).status).toBe(401)
      expect(yield* status).toBe(500)
    })
  )
})
