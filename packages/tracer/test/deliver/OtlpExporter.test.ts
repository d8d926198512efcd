import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import { Otlp } from "@tenant-tracer/receiver"
import { Deferred, Effect, Fiber, Option, Queue, Redacted, TestClock } from "effect"
import * as OtlpExporter from "../../src/deliver/OtlpExporter.js"
import { type Transport, TransportError, type TransportRequest } from "../../src/deliver/Transport.js"
import * as EndpointPolicy from "../../src/route/EndpointPolicy.js"
import { texts } from "./fakes.js"

type Answer = Effect.Effect<
  { readonly status: number; readonly headers: Record<string, string>; readonly body: Uint8Array },
  TransportError
>

const answer = (status: number, headers: Record<string, string> = {}, body: Uint8Array = new Uint8Array()): Answer =>
  Effect.succeed({ status, headers, body })

const broken = (reason: TransportError["reason"], status?: number): Answer =>
  Effect.fail(new TransportError({ reason, host: "example.test", status }))

const headers = (record: Record<string, string>): DestinationAuth => ({
  _tag: "Headers",
  headers: Object.fromEntries(Object.entries(record).map(([name, value]) => [name, Redacted.make(value)]))
})

/** A transport that gives these answers in turn, the last one for ever, and keeps the requests with the time of each. */
const scripted = (...answers: readonly [Answer, ...ReadonlyArray<Answer>]) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const requests: Array<TransportRequest & { readonly at: number }> = []
    const arrivals = yield* Queue.unbounded<void>()
    const transport: Transport.Service = {
      send: (request) =>
        Effect.suspend(() => {
          requests.push({ ...request, at: clock.unsafeCurrentTimeMillis() })
          const next = answers[Math.min(requests.length, answers.length) - 1] ?? answers[0]
          return Effect.zipRight(Queue.offer(arrivals, undefined), next)
        }),
      hold: () => () => {},
      stats: Effect.succeed({ pools: 0, connections: 0 })
    }
    return { transport, requests, arrival: Queue.take(arrivals) }
  })

const encode = (batch: ReadonlyArray<string>): Effect.Effect<OtlpExporter.Encoded> =>
  Effect.succeed({
    body: Buffer.from(batch.join(",")),
    count: batch.length
  })

const make = (transport: Transport.Service, options: Partial<OtlpExporter.Options<string>> = {}) =>
  OtlpExporter.make<string>({
    endpoint: "https://example.test/v1/traces",
    protocol: "http/protobuf",
    compression: "none",
    auth: headers({}),
    encode,
    transport,
    ...options
  })

const batch = ["a", "b", "c"]

describe("a request", () => {
  it.effect("has the destination's headers, ours, and no others", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      const auth = headers({ Authorization: "Bearer k", "user-agent": "x" })
      yield* make(transport, { auth }).export(batch)
      expect(requests[0]).toMatchObject({ method: "POST", url: "https://example.test/v1/traces" })
      expect(requests[0]?.headers).toEqual({
        authorization: "Bearer k",
        "content-type": "application/x-protobuf",
        "user-agent": OtlpExporter.userAgent
      })
      expect(Buffer.from(requests[0]?.body ?? []).toString()).toBe("a,b,c")
    })
  )

  it.effect("says json, and is compressed, where the destination says so", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      yield* make(transport, { protocol: "http/json", compression: "gzip" }).export(batch)
      expect(requests[0]?.headers).toMatchObject({ "content-type": "application/json", "content-encoding": "gzip" })
      expect(gunzipSync(requests[0]?.body ?? new Uint8Array()).toString()).toBe("a,b,c")
    })
  )

  it.effect("is not made for a batch of which nothing is left", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      const dropped = [{ reason: "invalid", count: 3 }]
      const none = make(transport, { encode: () => Effect.succeed({ body: new Uint8Array(), count: 0, dropped }) })
      expect(yield* none.export(batch)).toMatchObject({ delivered: 0, dropped })
      const some = make(transport, {
        encode: () => Effect.succeed({ body: new Uint8Array(), count: 2, dropped: [{ reason: "x", count: 1 }] })
      })
      expect(yield* some.export(batch)).toMatchObject({ delivered: 2, dropped: [{ reason: "x", count: 1 }] })
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("names what was refused only where that is all of the batch", () =>
    Effect.gen(function* () {
      const { transport } = yield* scripted(answer(400))
      expect((yield* make(transport).export(batch)).rejected).toEqual([{ reason: "http_400", count: 3, spans: batch }])
      const lossy = make(transport, {
        encode: () =>
          Effect.succeed({ body: new Uint8Array(), count: 2, dropped: [{ reason: "render_failed", count: 1 }] })
      })
      const outcome = yield* lossy.export(batch)
      expect(outcome).toMatchObject({ rejected: [{ count: 2 }], dropped: [{ count: 1 }] })
      expect(outcome.rejected[0]?.spans).toBeUndefined()
    })
  )

  it.effect.each([
    [
      "throws",
      () => {
        throw new Error("secret")
      }
    ],
    ["dies", () => Effect.die("secret")]
  ] as const)("an encoder that %s costs its batch alone", ([, encode]) =>
    Effect.gen(function* () {
      const { transport } = yield* scripted(answer(200))
      const exporter = make(transport, { encode })
      const outcome = yield* exporter.export(batch)
      expect(outcome.dropped).toEqual([{ reason: "encode_failed", count: 3 }])
      expect(outcome.lastError).not.toContain("secret")
    })
  )
})

describe("an answer", () => {
  const partial = Otlp.encodeResponse("protobuf", { rejectedSpans: 2, errorMessage: "no project: k3y-of-acme" })
  const partialJson = Buffer.from(`{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no project: k3y-of-acme"}}`)
  const protobuf = { "content-type": "application/x-protobuf" }
  const json = { "content-type": "application/json; charset=utf-8" }
  const lastError = "the back end refused 2 of 3 spans: no project: …"
  const partly = { delivered: 1, rejected: [{ reason: "partial_success", count: 2 }], lastError }
  const cases: ReadonlyArray<readonly [string, Answer, object]> = [
    ["200 is success", answer(200), { delivered: 3 }],
    ["202 is success", answer(202, json, Buffer.from("null")), { delivered: 3 }],
    ["a success with a page of HTML is success", answer(200, {}, Buffer.from("<html>")), { delivered: 3 }],
    ["a success that is too long to read is success", broken("response_too_large", 200), { delivered: 3 }],
    ["a partial success in protobuf", answer(200, protobuf, partial), partly],
    ["a partial success in JSON", answer(200, json, partialJson), partly],
    [
      "a partial success of more spans than there were",
      answer(200, json, Buffer.from(`{"partialSuccess":{"rejectedSpans":99}}`)),
      { delivered: 0, rejected: [{ reason: "partial_success", count: 3 }] }
    ],
    ["400 is a rejection", answer(400), { delivered: 0, rejected: [{ reason: "http_400", count: 3 }] }],
    ["401 is to be sent again with another credential", answer(401), { retry: { spans: batch, unauthorized: true } }],
    ["403 is to be sent again with another credential", answer(403), { retry: { spans: batch, unauthorized: true } }],
    ["500 is a rejection", answer(500), { rejected: [{ reason: "http_500", count: 3 }] }],
    ["a redirect is a rejection", answer(307, { location: "/" }), { rejected: [{ reason: "redirect", count: 3 }] }],
    ["a host that may not be reached", broken("refused"), { dropped: [{ reason: "endpoint_refused", count: 3 }] }],
    ["a request that cannot be made", broken("other"), { dropped: [{ reason: "invalid_request", count: 3 }] }]
  ]
  for (const [what, given, expected] of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(given)
        const outcome = yield* make(transport, { auth: headers({ "x-key": "k3y-of-acme" }) }).export(batch)
        expect(outcome).toMatchObject(expected)
        expect(requests).toHaveLength(1)
        expect(outcome.lastError ?? "").not.toContain("k3y")
        // What was refused whole can be kept.
        for (const { count, reason, spans } of outcome.rejected) {
          if (count === 3) expect([reason, spans]).toEqual([reason, batch])
          else expect(spans).toBeUndefined()
        }
      })
    )
  }
})

describe("a partial success", () => {
  const said = (partial: Otlp.PartialSuccess, encoding: "protobuf" | "json" = "protobuf") =>
    Effect.gen(function* () {
      let warnings = 0
      const type = encoding === "json" ? "application/json" : "application/x-protobuf"
      const { transport } = yield* scripted(
        answer(200, { "content-type": type }, Otlp.encodeResponse(encoding, partial))
      )
      const outcome = yield* make(transport, { onWarning: () => warnings++ }).export(batch)
      return { ...outcome, warnings }
    })

  it.effect("says how many of how many, and why", () =>
    Effect.gen(function* () {
      for (const encoding of ["protobuf", "json"] as const)
        expect(yield* said({ rejectedSpans: 1, errorMessage: "span is too old" }, encoding)).toMatchObject({
          delivered: 2,
          rejected: [{ reason: "partial_success", count: 1 }],
          lastError: "the back end refused 1 of 3 spans: span is too old",
          warnings: 0
        })
    })
  )

  it.effect("without a reason says how many", () =>
    Effect.gen(function* () {
      const { lastError } = yield* said({ rejectedSpans: 3, errorMessage: "\u0000 \u200b" })
      expect(lastError).toBe("the back end refused 3 of 3 spans")
    })
  )

  it.effect("that refuses nothing and has something to say is a warning: all is delivered, and it is told", () =>
    Effect.gen(function* () {
      expect(yield* said({ rejectedSpans: 0, errorMessage: "use the other endpoint" })).toMatchObject({
        delivered: 3,
        rejected: [],
        lastError: "the back end took a batch and warns: use the other endpoint",
        warnings: 1
      })
      const silent = yield* said({ rejectedSpans: 0, errorMessage: "" })
      expect(silent).toMatchObject({ delivered: 3, warnings: 0 })
      expect(silent.lastError).toBeUndefined()
    })
  )
})

describe("what may pass", () => {
  const passing: ReadonlyArray<readonly [string, Answer]> = [
    ...[429, 502, 503, 504].map((status) => [`${status}`, answer(status)] as const),
    ...(["connect", "timeout", "reset", "tls", "aborted"] as const).map(
      (reason) => [`the failure "${reason}"`, broken(reason)] as const
    )
  ]
  for (const [what, given] of passing) {
    it.effect(`after ${what} the whole batch is to be sent again, and that is not the exporter's to do`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(given, answer(200))
        const exporter = make(transport)
        const outcome = yield* exporter.export(batch)
        expect(outcome).toMatchObject({ delivered: 0, rejected: [], dropped: [] })
        expect(outcome.retry).toEqual({ spans: batch, afterMillis: 0, unauthorized: false })
        expect(outcome.lastError).not.toBe("")
        expect(requests).toHaveLength(1)
        expect(yield* exporter.export(batch)).toMatchObject({ delivered: 3 })
      })
    )
  }

  const retryAfter: ReadonlyArray<readonly [string, number]> = [
    ["20", 20_000],
    [new Date(20_000).toUTCString(), 20_000],
    ["86400", 86_400_000],
    ["-5", 0],
    ["soon", 0],
    ["", 0],
    ["Thu, 01 Jan 1960 00:00:00 GMT", 0]
  ]
  for (const [header, expected] of retryAfter) {
    it.effect(`Retry-After "${header}" asks for ${expected} ms`, () =>
      Effect.gen(function* () {
        const { transport } = yield* scripted(answer(429, { "retry-after": header }))
        expect((yield* make(transport).export(batch)).retry?.afterMillis).toBe(expected)
      })
    )
  }
})

describe("a batch that is too large", () => {
  it.effect("is halved after a 413 until it fits; a span that alone is too large is rejected", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const transport: Transport.Service = {
        send: ({ body }) =>
          Effect.sync(() => {
            const text = Buffer.from(body).toString()
            const status = text.length > 8 ? 413 : 200
            if (status === 200) sent.push(text)
            return { status, headers: {}, body: new Uint8Array() }
          }),
        hold: () => () => {},
        stats: Effect.succeed({ pools: 0, connections: 0 })
      }
      const outcome = yield* make(transport).export(["aa", "bb", "a very large one", "cc", "dd"])
      expect(outcome).toMatchObject({ delivered: 4, rejected: [{ reason: "http_413", count: 1 }] })
      expect(sent.join(",").split(",")).toEqual(["aa", "bb", "cc", "dd"])
    })
  )

  it.effect("is halved before it is sent where the destination has a limit", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      const exporter = make(transport, { limits: { bytesPerRequest: 10 } })
      const outcome = yield* exporter.export([...texts(16), "larger than ten"])
      expect(outcome).toMatchObject({ delivered: 16, rejected: [{ reason: "too_large", count: 1 }] })
      expect(requests.every(({ body }) => body.length <= 10)).toBe(true)
    })
  )

  it.effect("its second half waits where the first could not be taken", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(413), answer(503, { "retry-after": "7" }))
      const outcome = yield* make(transport).export(texts(8))
      expect(outcome.retry).toEqual({ spans: texts(8), afterMillis: 7000, unauthorized: false })
      expect(outcome.lastError).toContain("503")
      expect(requests).toHaveLength(2)
    })
  )

  it.effect("the half that got through is not sent again", () =>
    Effect.gen(function* () {
      const { transport } = yield* scripted(answer(413), answer(200), answer(503))
      const outcome = yield* make(transport).export(texts(5))
      expect(outcome).toMatchObject({ delivered: 3, retry: { spans: ["s3", "s4"] } })
    })
  )

  it.effect("the poison span stands alone, and is what is kept", () =>
    Effect.gen(function* () {
      const { transport } = yield* scripted(answer(413))
      const outcome = yield* make(transport).export(texts(4))
      expect(outcome.rejected.map(({ spans }) => spans)).toEqual(texts(4).map((span) => [span]))
    })
  )
})

describe("a token", () => {
  const tokens = () => {
    const minted: Array<string> = []
    const mint = Effect.sync(() => {
      minted.push(`t${minted.length + 1}`)
      return { authorization: Redacted.make(`Bearer t${minted.length}`) }
    })
    const auth: DestinationAuth = { _tag: "Token", account: Redacted.make("acme"), mint }
    return { minted, auth }
  }

  it.effect("case 249: is minted at the first export and kept", () =>
    Effect.gen(function* () {
      const { auth, minted } = tokens()
      const { requests, transport } = yield* scripted(answer(200))
      const exporter = make(transport, { auth })
      expect(minted).toEqual([])
      yield* Effect.all([exporter.export(batch), exporter.export(batch)], { concurrency: "unbounded" })
      yield* exporter.export(batch)
      expect(minted).toEqual(["t1"])
      expect(requests.map((request) => request.headers.authorization)).toEqual(["Bearer t1", "Bearer t1", "Bearer t1"])
    })
  )

  for (const status of [401, 403]) {
    it.effect(`is minted again once when it is refused with ${status}`, () =>
      Effect.gen(function* () {
        const { auth, minted } = tokens()
        const { requests, transport } = yield* scripted(answer(status), answer(200))
        expect(yield* make(transport, { auth }).export(batch)).toMatchObject({ delivered: 3 })
        expect(minted).toEqual(["t1", "t2"])
        expect(requests.map(({ at }) => at)).toEqual([0, 0])
      })
    )

    it.effect(`after a second ${status} the credential is refused`, () =>
      Effect.gen(function* () {
        const { auth, minted } = tokens()
        const { requests, transport } = yield* scripted(answer(status))
        const uses: Array<string> = []
        const exporter = make(transport, { auth, onUse: (use) => uses.push(use) })
        expect((yield* exporter.export(batch)).retry).toMatchObject({
          spans: batch,
          unauthorized: true
        })
        expect([minted.length, requests.length]).toEqual([2, 2])
        expect(uses).toEqual(["sent", "refused", "sent", "refused"])
      })
    )
  }

  it.effect("two batches whose token was refused mint one new token", () =>
    Effect.gen(function* () {
      const { auth, minted } = tokens()
      const both = yield* Deferred.make<void>()
      const renewed = yield* Deferred.make<void>()
      let refused = 0
      const transport: Transport.Service = {
        send: (request) =>
          Effect.gen(function* () {
            if (request.headers.authorization === "Bearer t1") {
              // Both go out with the old token; the second is refused when the first has long had a new one.
              if (++refused === 2) yield* Effect.zipRight(Deferred.succeed(both, undefined), Deferred.await(renewed))
              else yield* Deferred.await(both)
              return { status: 401, headers: {}, body: new Uint8Array() }
            }
            yield* Deferred.succeed(renewed, undefined)
            return { status: 200, headers: {}, body: new Uint8Array() }
          }),
        hold: () => () => {},
        stats: Effect.succeed({ pools: 0, connections: 0 })
      }
      const exporter = make(transport, { auth })
      const outcomes = yield* Effect.all([exporter.export(batch), exporter.export(batch)], { concurrency: "unbounded" })
      expect(outcomes.map(({ delivered }) => delivered)).toEqual([3, 3])
      expect(minted).toEqual(["t1", "t2"])
    })
  )

  const failures: ReadonlyArray<readonly [string, Effect.Effect<never, Error>]> = [
    ["fails", Effect.fail(new Error("secret"))],
    ["dies", Effect.die("secret")],
    ["never comes", Effect.never]
  ]
  for (const [how, mint] of failures) {
    it.effect(`without a token that ${how} the batch is to be sent again, and no request is made`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(answer(200))
        const auth: DestinationAuth = { _tag: "Token", account: Redacted.make("acme"), mint }
        const exporting = yield* Effect.fork(make(transport, { auth }).export(batch))
        yield* TestClock.adjust("10 seconds")
        const outcome = yield* Fiber.join(exporting)
        expect(outcome.retry).toMatchObject({ spans: batch, unauthorized: false })
        expect(outcome.lastError).toContain("a token could not be minted")
        expect(outcome.lastError).not.toContain("secret")
        expect(requests).toEqual([])
      })
    )
  }
})

describe("a token that is posted for", () => {
  const auth: DestinationAuth = {
    _tag: "Token",
    account: Redacted.make("acme"),
    mint: {
      url: "https://auth.example.test/token",
      body: Redacted.make('{"api_key":"c4nary"}'),
      field: "token"
    }
  }
  const json = (value: unknown, status = 200) =>
    Effect.succeed({ status, headers: {}, body: Buffer.from(JSON.stringify(value)) })

  it.effect("goes the way of its batches, under their policy, and is kept", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(json({ token: "jwt" }), answer(200))
      const policy = EndpointPolicy.publicOnly
      const exporter = make(transport, { auth, policy })
      expect(requests).toEqual([])
      yield* exporter.export(batch)
      expect(yield* exporter.export(batch)).toMatchObject({ delivered: 3 })
      expect(requests.map(({ url }) => url)).toEqual([
        "https://auth.example.test/token",
        "https://example.test/v1/traces",
        "https://example.test/v1/traces"
      ])
      expect(requests[0]).toMatchObject({ method: "POST", policy, headers: { "content-type": "application/json" } })
      expect(Buffer.from(requests[0]?.body ?? []).toString()).toBe('{"api_key":"c4nary"}')
      expect(requests.map(({ headers }) => headers.authorization)).toEqual([undefined, "Bearer jwt", "Bearer jwt"])
    })
  )

  it.effect("is posted for again when it is refused", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(
        json({ token: "old" }),
        answer(401),
        json({ token: "new" }),
        answer(200)
      )
      expect(yield* make(transport, { auth }).export(batch)).toMatchObject({ delivered: 3 })
      expect(requests.map(({ headers }) => headers.authorization)).toEqual([
        undefined,
        "Bearer old",
        undefined,
        "Bearer new"
      ])
    })
  )

  const failures: ReadonlyArray<readonly [string, Answer]> = [
    ["a failure", json({ token: "c4nary", error: "c4nary" }, 500)],
    ["a redirect", Effect.succeed({ status: 307, headers: { location: "https://evil.test" }, body: new Uint8Array() })],
    ["another field", json({ jwt: "c4nary" })],
    ["an empty token", json({ token: "" })],
    ["no text", json({ token: 5 })],
    ["no object", json(["c4nary"])],
    ["no JSON", Effect.succeed({ status: 200, headers: {}, body: Buffer.from("<html>c4nary") })],
    ["a token with a line break", json({ token: "c4nary\r\nx: y" })],
    ["no connection", Effect.fail(new TransportError({ reason: "connect", host: "auth.example.test" }))]
  ]
  for (const [what, given] of failures)
    it.effect(`${what} in answer: the batch is to be sent again, and the next one asks anew`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(given, json({ token: "jwt" }), answer(200))
        const exporter = make(transport, { auth })
        const outcome = yield* exporter.export(batch)
        expect(outcome.retry).toMatchObject({ spans: batch, unauthorized: false })
        expect(JSON.stringify(outcome)).not.toContain("c4nary")
        expect(requests).toHaveLength(1)
        expect(yield* exporter.export(batch)).toMatchObject({ delivered: 3 })
      })
    )

  for (const status of [401, 403])
    it.effect(`case 249: a key that is refused with ${status} is refused, whoever gives out the tokens`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(json({ error: "c4nary" }, status), json({ token: "jwt" }))
        const used: Array<string> = []
        const renewed: DestinationAuth = { ...auth, account: Redacted.make("other") }
        const renew = Effect.succeedSome(renewed)
        const exporter = make(transport, { auth, renew, onUse: (use) => used.push(use) })
        const outcome = yield* exporter.export(batch)
        expect(outcome.retry).toEqual({ spans: batch, afterMillis: 0, unauthorized: true })
        expect(outcome.lastError).toBe(`HTTP ${status}: the account was refused a token`)
        expect([requests.length, used]).toEqual([1, ["refused"]])
        expect(yield* exporter.renew ?? Effect.succeed(false)).toBe(true)
        expect(yield* exporter.export(batch)).toMatchObject({ delivered: 3 })
      })
    )

  it.effect("a key that is refused once its token has run out is refused too", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(json({ token: "old" }), answer(401), json({}, 403))
      const outcome = yield* make(transport, { auth }).export(batch)
      expect(outcome.retry).toMatchObject({ spans: batch, unauthorized: true })
      expect(requests).toHaveLength(3)
    })
  )
})

describe("a header that cannot be sent", () => {
  const cases: ReadonlyArray<readonly [string, string, string]> = [
    ["line break", "authorization", "Bearer c4nary\r\nx-evil: 1"],
    ["character outside Latin-1", "authorization", "Bearer c4nary€"],
    ["value that is too long", "authorization", "c4nary".repeat(2000)],
    ["name that is none", "x y", "c4nary"],
    ["name that is the connection's", "Host", "c4nary"],
    ["name that is the exporter's", "Content-Type", "c4nary"]
  ]
  const secrets = (name: string, value: string) => Effect.succeed({ [name]: Redacted.make(value) })
  const account = Redacted.make("acme")
  const kinds: ReadonlyArray<readonly [string, (name: string, value: string) => DestinationAuth]> = [
    ["fixed", (name, value) => headers({ [name]: value })],
    ["minted", (name, value) => ({ _tag: "Token", account, mint: secrets(name, value) })],
    ["signed", (name, value) => ({ _tag: "Signer", account, sign: () => secrets(name, value) })]
  ]
  for (const [kind, authOf] of kinds)
    for (const [what, name, value] of cases)
      it.effect(`${kind}: for a ${what} no request is made, and the header is named`, () =>
        Effect.gen(function* () {
          const { requests, transport } = yield* scripted(answer(200))
          const exporter = make(transport, {
            auth: authOf(name, value),
            renew: Effect.succeed(Option.some(authOf(name, value)))
          })
          const outcome = yield* exporter.export(batch)
          yield* exporter.renew ?? Effect.void
          const renewed = yield* exporter.export(batch)
          for (const { lastError, retry } of [outcome, renewed]) {
            expect(retry).toMatchObject({ spans: batch, unauthorized: false })
            expect(lastError).toContain(`a request was not sent: its header "${name}" `)
            expect(lastError).not.toContain("c4nary")
          }
          expect(requests).toEqual([])
        })
      )

  it.effect("is minted again the next time", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      const values = ["Bearer a\n", "Bearer b"]
      const mint = Effect.suspend(() => secrets("authorization", values.shift() ?? ""))
      const exporter = make(transport, { auth: { _tag: "Token", account, mint } })
      expect((yield* exporter.export(batch)).delivered).toBe(0)
      expect((yield* exporter.export(batch)).delivered).toBe(3)
      expect(requests.map((request) => request.headers.authorization)).toEqual(["Bearer b"])
    })
  )
})

it.effect("a signer sees the finished request, each time it is sent", () =>
  Effect.gen(function* () {
    const { requests, transport } = yield* scripted(answer(503), answer(200))
    let signed = 0
    const auth: DestinationAuth = {
      _tag: "Signer",
      account: Redacted.make("acme"),
      sign: ({ body, headers: unsigned, url }) =>
        Effect.sync(() => ({
          Signature: Redacted.make(`${++signed} ${url} ${unsigned["content-type"]} ${Buffer.from(body)}`)
        }))
    }
    const exporter = make(transport, { auth })
    yield* exporter.export(["x"])
    yield* exporter.export(["x"])
    expect(requests.map((request) => request.headers.signature)).toEqual([
      "1 https://example.test/v1/traces application/x-protobuf x",
      "2 https://example.test/v1/traces application/x-protobuf x"
    ])
  })
)

it.effect("gives each attempt its time", () =>
  Effect.gen(function* () {
    const { requests, transport } = yield* scripted(answer(200))
    yield* make(transport, { requestTimeout: "3 seconds" }).export(batch)
    yield* make(transport).export(batch)
    expect(requests.map(({ timeout }) => timeout)).toEqual(["3 seconds", "10 seconds"])
  })
)

describe("a credential that is renewed", () => {
  const renewing = (renewed: Option.Option<DestinationAuth>) =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      const exporter = make(transport, { auth: headers({ "x-key": "old" }), renew: Effect.succeed(renewed) })
      yield* exporter.export(batch)
      const isNew = yield* exporter.renew ?? Effect.succeed(undefined)
      yield* exporter.export(batch)
      return [isNew, ...requests.map((request) => request.headers["x-key"])]
    })

  it.effect("is in the next request, and the old one in none", () =>
    Effect.gen(function* () {
      expect(yield* renewing(Option.some(headers({ "x-key": "new" })))).toEqual([true, "old", "new"])
    })
  )

  it.effect("stays what it was when there is no new one", () =>
    Effect.gen(function* () {
      expect(yield* renewing(Option.none())).toEqual([false, "old", "old"])
    })
  )
})
