import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import type { DestinationAuth } from "@tenant-tracer/model/Destination"
import { Otlp } from "@tenant-tracer/receiver"
import { Deferred, Effect, Fiber, Queue, Redacted, TestClock } from "effect"
import type * as Exporter from "../../src/deliver/Exporter.js"
import * as OtlpExporter from "../../src/deliver/OtlpExporter.js"
import { type Transport, TransportError, type TransportRequest } from "../../src/deliver/Transport.js"
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
      stats: Effect.succeed({ pools: 0, connections: 0 })
    }
    return { transport, requests, arrival: Queue.take(arrivals) }
  })

const encode = (batch: ReadonlyArray<string>): OtlpExporter.Encoded => ({
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

/** Turns the clock far enough for every retry. */
const patiently = (exporting: Effect.Effect<Exporter.ExportOutcome>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(exporting)
    yield* Effect.repeat(TestClock.adjust("1 second"), {
      until: () => Effect.map(Fiber.poll(fiber), (exit) => exit._tag === "Some")
    })
    return yield* Fiber.join(fiber)
  })

describe("a request", () => {
  it.effect("has the destination's headers, ours, and no others", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(200))
      const auth = headers({ Authorization: "Bearer k", "Content-Type": "x", Host: "evil", "user-agent": "x" })
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
      const none = make(transport, { encode: () => ({ body: new Uint8Array(), count: 0, dropped }) })
      expect(yield* none.export(batch)).toMatchObject({ delivered: 0, dropped })
      const some = make(transport, {
        encode: () => ({ body: new Uint8Array(), count: 2, dropped: [{ reason: "x", count: 1 }] })
      })
      expect(yield* some.export(batch)).toMatchObject({ delivered: 2, dropped: [{ reason: "x", count: 1 }] })
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("an encoder that throws costs its batch alone", () =>
    Effect.gen(function* () {
      const { transport } = yield* scripted(answer(200))
      const exporter = make(transport, {
        encode: () => {
          throw new Error("secret")
        }
      })
      const outcome = yield* exporter.export(batch)
      expect(outcome.dropped).toEqual([{ reason: "encode_failed", count: 3 }])
      expect(outcome.lastError).not.toContain("secret")
    })
  )
})

describe("an answer", () => {
  const partial = Otlp.encodeResponse("protobuf", { rejectedSpans: 2, errorMessage: "secret" })
  const partialJson = Buffer.from(`{"partialSuccess":{"rejectedSpans":"2","errorMessage":"secret"}}`)
  const protobuf = { "content-type": "application/x-protobuf" }
  const json = { "content-type": "application/json; charset=utf-8" }
  const partly = { delivered: 1, rejected: [{ reason: "partial_success", count: 2 }] }
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
    ["401 is a rejection", answer(401), { rejected: [{ reason: "http_401", count: 3 }] }],
    ["500 is a rejection", answer(500), { rejected: [{ reason: "http_500", count: 3 }] }],
    ["a redirect is a rejection", answer(307, { location: "/" }), { rejected: [{ reason: "redirect", count: 3 }] }],
    ["a request that cannot be made", broken("other"), { dropped: [{ reason: "invalid_request", count: 3 }] }]
  ]
  for (const [what, given, expected] of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(given)
        const outcome = yield* make(transport).export(batch)
        expect(outcome).toMatchObject(expected)
        expect(requests).toHaveLength(1)
        expect(outcome.lastError ?? "").not.toContain("secret")
      })
    )
  }
})

describe("a retry", () => {
  const again: ReadonlyArray<readonly [string, Answer]> = [
    ...[429, 502, 503, 504].map((status) => [`after ${status}`, answer(status)] as const),
    ...(["connect", "timeout", "reset", "tls", "aborted"] as const).map(
      (reason) => [`after ${reason}`, broken(reason)] as const
    )
  ]
  for (const [when, given] of again) {
    it.effect(`${when} delivers`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(given, given, answer(200))
        expect(yield* patiently(make(transport).export(batch))).toMatchObject({ delivered: 3, dropped: [] })
        expect(requests).toHaveLength(3)
      })
    )
  }

  it.effect("waits twice as long each time, half of it drawn, up to a limit, and ends", () =>
    Effect.gen(function* () {
      const { requests, transport } = yield* scripted(answer(503))
      const retry = { base: "1 second", maxDelay: "8 seconds", maxElapsed: "60 seconds" } as const
      const outcome = yield* patiently(make(transport, { retry }).export(batch))
      expect(outcome.dropped).toEqual([{ reason: "retry_exhausted", count: 3 }])
      expect(outcome.lastError).toContain("HTTP 503")
      const waits = requests.slice(1).map(({ at }, index) => (at - (requests[index]?.at ?? 0)) / 1000)
      expect(waits.length).toBeGreaterThan(6)
      waits.forEach((wait, index) => {
        const full = Math.min(8, 2 ** index)
        // The clock is turned a second at a time.
        expect(wait).toBeGreaterThanOrEqual(full / 2)
        expect(wait).toBeLessThanOrEqual(full + 1)
      })
      expect(requests.at(-1)?.at).toBeLessThanOrEqual(61_000)
    })
  )

  const retryAfter: ReadonlyArray<readonly [string, string, number]> = [
    ["in seconds", "20", 20_000],
    ["as a date", new Date(20_000).toUTCString(), 20_000],
    ["up to a limit", "86400", 30_000]
  ]
  for (const [how, header, expected] of retryAfter) {
    it.effect(`keeps a Retry-After ${how}`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(answer(429, { "retry-after": header }), answer(200))
        expect(yield* patiently(make(transport).export(batch))).toMatchObject({ delivered: 3 })
        expect(requests.map(({ at }) => at)).toEqual([0, expected])
      })
    )
  }

  for (const header of ["-5", "soon", "", "Thu, 01 Jan 1960 00:00:00 GMT"]) {
    it.effect(`is not kept waiting by Retry-After "${header}"`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(answer(429, { "retry-after": header }), answer(200))
        expect(yield* patiently(make(transport).export(batch))).toMatchObject({ delivered: 3 })
        expect(requests[1]?.at).toBeLessThanOrEqual(1000)
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

    it.effect(`a second ${status} is a rejection`, () =>
      Effect.gen(function* () {
        const { auth, minted } = tokens()
        const { requests, transport } = yield* scripted(answer(status))
        expect((yield* make(transport, { auth }).export(batch)).rejected).toEqual([
          { reason: `http_${status}`, count: 3 }
        ])
        expect([minted.length, requests.length]).toEqual([2, 2])
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
    it.effect(`a token that ${how} is asked for again, and its batch dropped in the end`, () =>
      Effect.gen(function* () {
        const { requests, transport } = yield* scripted(answer(200))
        const auth: DestinationAuth = { _tag: "Token", account: Redacted.make("acme"), mint }
        const outcome = yield* patiently(make(transport, { auth }).export(batch))
        expect(outcome.dropped).toEqual([{ reason: "retry_exhausted", count: 3 }])
        expect(outcome.lastError).toContain("a token could not be minted")
        expect(outcome.lastError).not.toContain("secret")
        expect(requests).toEqual([])
      })
    )
  }
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
    yield* patiently(make(transport, { auth }).export(["x"]))
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

it.effect("an interruption ends a wait between attempts", () =>
  Effect.gen(function* () {
    const { arrival, requests, transport } = yield* scripted(answer(503))
    const exporting = yield* Effect.fork(make(transport).export(batch))
    yield* arrival
    yield* Fiber.interrupt(exporting)
    yield* TestClock.adjust("1 minute")
    expect(requests).toHaveLength(1)
  })
)
