/** What the tracer reads from others (callers, back ends, operators), given anything. */
import { createServer } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import { Otlp } from "@tenant-tracer/receiver"
import { EndpointPolicy, TraceContext, TracingConfig, UndiciTransport } from "@tenant-tracer/tracer"
import * as OtlpExporter from "@tenant-tracer/tracer/deliver/OtlpExporter"
import { Transport, type TransportResponse } from "@tenant-tracer/tracer/deliver/Transport"
import { ConfigProvider, Effect, Either, FastCheck as fc } from "effect"
import { bytes, runs, text, total, traps } from "../support/hostile.js"

const check = <A>(arbitrary: fc.Arbitrary<A>, property: (input: A) => void, times = 5) =>
  fc.assert(
    fc.property(arbitrary, (input) => {
      total(() => property(input))
    }),
    { numRuns: times * runs }
  )

describe("a caller's trace context", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
  const spanId = "00f067aa0ba902b7"
  const header = text([
    `00-${traceId}-${spanId}-01`,
    `cc-${traceId}-${spanId}-03-later`,
    `${traceId}-${spanId}-1`,
    traceId
  ])
  const state = text(["a=1,b@c=2", "vendor/x=%20y, k=v", `${"k".repeat(256)}=${"v".repeat(256)}`])

  it("is believed only where it is well formed", () => {
    const headers = fc.record({
      traceparent: header,
      tracestate: state,
      b3: header,
      "x-b3-traceid": header,
      "x-b3-spanid": header
    })
    check(
      fc.oneof(
        headers,
        headers.map(({ b3, ...rest }) => ({ ...rest, traceparent: "" }))
      ),
      (headers) => {
        const read = TraceContext.fromHeaders(headers)
        if (read === undefined) return
        expect(TraceContext.isValid(read)).toBe(true)
        expect(read.traceState ?? "a=1").toMatch(/^[\x20-\x7e]{1,512}$/)
      }
    )
  })

  it.each(traps)("is nothing where it is %s", (_, make) => {
    const trap = make()
    total(() => expect(TraceContext.fromTraceparent(trap)).toBeUndefined())
    total(() => expect(TraceContext.fromTraceparent(`00-${traceId}-${spanId}-01`, trap)?.traceState).toBeUndefined())
  })
})

describe("a back end's answer", () => {
  const answers = (["protobuf", "json"] as const).flatMap((encoding) => [
    Otlp.encodeResponse(encoding),
    Otlp.encodeResponse(encoding, { rejectedSpans: 2, errorMessage: "no" }),
    Otlp.encodeStatus(encoding, { code: 3, message: "no".repeat(5000) })
  ])
  const answer = fc.record({
    status: fc.oneof(
      fc.constantFrom(200, 202, 204, 301, 400, 401, 413, 429, 500, 503),
      fc.integer({ min: -1, max: 1000 })
    ),
    headers: fc.record({
      "content-type": text(["application/json", "application/x-protobuf; charset=utf-8"]),
      "retry-after": text(["120", "0.5", "Wed, 21 Oct 2099 07:28:00 GMT", "-1", "1e9"])
    }),
    body: bytes(answers)
  })

  const exportWith = (send: Transport.Service["send"], batch: ReadonlyArray<number>) =>
    OtlpExporter.make<number>({
      endpoint: "https://collector.acme.example/v1/traces",
      protocol: "http/protobuf",
      compression: "none",
      auth: { _tag: "Headers", headers: {} },
      encode: (spans) => Effect.succeed({ body: Uint8Array.from(spans), count: spans.length }),
      transport: { send, hold: () => () => {}, stats: Effect.succeed({ pools: 0, connections: 0 }) }
    }).export(batch)

  it.effect.prop(
    "accounts for every span, whatever it is, and is repeated in a few words at most",
    [fc.array(answer, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 9 })],
    ([answers, size]) =>
      Effect.gen(function* () {
        let requests = 0
        const batch = Array.from({ length: size }, (_, index) => index)
        const outcome = yield* exportWith(
          () =>
            Effect.sync(
              (): TransportResponse =>
                answers[requests++ % answers.length] ?? { status: 0, headers: {}, body: new Uint8Array() }
            ),
          batch
        )
        const counts = [...outcome.rejected, ...outcome.dropped].map(({ count }) => count)
        const again = outcome.retry?.spans ?? []
        expect(outcome.delivered + counts.reduce((sum, count) => sum + count, 0) + again.length).toBe(size)
        expect(outcome.delivered).toBeGreaterThanOrEqual(0)
        expect(outcome.retry?.afterMillis ?? 0).toBeGreaterThanOrEqual(0)
        expect(outcome.lastError?.length ?? 0).toBeLessThan(1000)
        // One that is too large is halved, and each half asked for once.
        expect(requests).toBeLessThanOrEqual(2 * size)
      }),
    { fastCheck: { numRuns: runs }, timeout: 60_000 }
  )

  it.scopedLive(
    "may be no HTTP at all: what comes back is an answer, or a reason",
    () =>
      Effect.gen(function* () {
        const whole = [
          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
          "HTTP/1.1 503 Busy\r\nretry-after: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
          `HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n${"x".repeat(70_000)}`,
          "HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n"
        ].map((answer) => new TextEncoder().encode(answer))
        const mutants = [...fc.sample(bytes(whole), runs), ...whole]
        let next = 0
        const port = yield* Effect.acquireRelease(
          Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
            const server = createServer((socket) => {
              socket.on("error", () => undefined)
              socket.once("data", () => socket.end(mutants[next++ % mutants.length] ?? new Uint8Array()))
            })
            server.listen(0, "127.0.0.1", () => {
              const address = server.address()
              const port = typeof address === "object" && address !== null ? address.port : 0
              resume(Effect.succeed({ port, close: () => void server.close() }))
            })
          }),
          ({ close }) => Effect.sync(close)
        )
        const { send, stats } = yield* Transport
        const results = yield* Effect.forEach(
          mutants,
          () =>
            Effect.either(
              send({
                method: "POST",
                url: `http://127.0.0.1:${port.port}/v1/traces`,
                headers: { "content-type": "application/x-protobuf" },
                body: Uint8Array.of(1, 2, 3),
                timeout: "5 seconds"
              })
            ),
          { concurrency: 8 }
        )
        const reasons = new Set<string>()
        for (const result of results) {
          if (Either.isLeft(result)) reasons.add(result.left.reason)
          else expect(result.right.body.length).toBeLessThanOrEqual(65_536)
        }
        expect(results.some(Either.isRight)).toBe(true)
        // Whatever a back end says is to be tried again: nothing was wrong with the request.
        expect(
          Array.from(reasons).filter((reason) => !["reset", "timeout", "response_too_large"].includes(reason))
        ).toEqual([])
        expect((yield* stats).pools).toBe(1)
      }).pipe(Effect.provide(UndiciTransport.layer())),
    60_000
  )
})

describe("an operator's settings", () => {
  const rules = [
    "http://collector.internal:4318",
    "10.0.0.0/8",
    "[fd00::1]:4318",
    "*.internal",
    "https://*:443",
    "fd00::/8"
  ]
  const urls = [
    "https://collector.acme.example/v1/traces",
    "http://[::ffff:10.0.0.1]:80/",
    "https://2130706433/",
    "https://a.b:1/?x#y"
  ]
  const policy = EndpointPolicy.make({
    allow: [{ scheme: "http", host: "collector.internal", port: 4318 }, { cidr: "10.0.0.0/8" }]
  })

  it("a rule is read or refused with a reason", () => {
    check(text(rules), (rule) => {
      const read = EndpointPolicy.parseRule(rule)
      if (Either.isLeft(read)) return expect(read.left.message.length).toBeLessThan(rule.length + 500)
      const made = EndpointPolicy.make({ public: false, allow: [read.right] })
      for (const url of urls) expect(["Left", "Right"]).toContain(made.judge(url)._tag)
    })
  })

  it("a URL is judged, and nothing that is let pass is not on the list", () => {
    check(
      fc.oneof(text(urls), text(rules)),
      (url) => {
        const judged = policy.judge(url)
        if (Either.isLeft(judged)) return expect(judged.left.message.length).toBeLessThan(500)
        const { host, port, scheme, settled } = judged.right
        // A name that is not settled is judged again by the addresses that it has.
        if (scheme === "https" || !settled) return
        expect(host === "collector.internal" ? port === 4318 : /^10\.|^::ffff:a/.test(host)).toBe(true)
      },
      20
    )
  })

  it("an address is judged", () => {
    const target = { scheme: "https", host: "a.example", port: 443 } as const
    check(text(["10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "1.2.3.4"]), (address) => {
      expect(["Left", "Right"]).toContain(policy.judgeAddress(address, target)._tag)
    })
  })

  const names = {
    OTEL_EXPORTER_OTLP_ENDPOINT: ["https://collector.example:4318"],
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ["https://collector.example/v1/traces", ""],
    OTEL_EXPORTER_OTLP_HEADERS: ["authorization=Bearer%20secret-value,x=y"],
    OTEL_RESOURCE_ATTRIBUTES: ["service.name=a,deployment.environment=b%20c"],
    OTEL_TRACES_EXPORTER: ["otlp", "none"],
    TENANT_TRACER_CONTENT: ["full"],
    TENANT_TRACER_CACHE_CAPACITY: ["100", "1e9", "-1"],
    TENANT_TRACER_BATCH_MAX_AGE: ["5 seconds", "Infinity"],
    TENANT_TRACER_ENDPOINT_ALLOW: ["http://collector.internal:4318,10.0.0.0/8"]
  }

  it("the environment is read, or refused by the name of a variable, without what it says of credentials", () => {
    const variable = fc
      .constantFrom(...Object.entries(names))
      .chain(([name, samples]) => fc.tuple(fc.constant(name), text(samples)))
    check(fc.array(variable, { maxLength: 9 }), (variables) => {
      const provider = ConfigProvider.fromMap(new Map(variables))
      const read = Effect.runSync(Effect.either(Effect.withConfigProvider(TracingConfig.fromEnvironment, provider)))
      if (Either.isRight(read)) return expect(Either.isRight(TracingConfig.validate(read.right))).toBe(true)
      expect(String(read.left)).toMatch(/OTEL_|TENANT_TRACER_/)
      expect(String(read.left)).not.toContain("secret-value")
    })
  })
})
