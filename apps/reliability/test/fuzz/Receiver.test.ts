/** The receiver, given anything: bodies in both encodings, gzip that is none, HTTP that is none. */
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import { Otlp, Receiver, SpanTree } from "@tenant-tracer/receiver"
import { Effect, Either, FastCheck as fc } from "effect"
import { bodyOf, spans } from "../support/bodies.js"
import { bytes, runs, total } from "../support/hostile.js"

const encodings = ["protobuf", "json"] as const

const sizeOf = (value: unknown): number =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "bigint" ? `${inner}` : inner instanceof Uint8Array ? Buffer.from(inner).toString("hex") : inner
  ).length

describe.each(encodings)("a body in %s", (encoding) => {
  const samples = [bodyOf(encoding, spans(1)), bodyOf(encoding, spans(3)), bodyOf(encoding, [])]

  it("is read or refused, whatever it is", () => {
    let read = 0
    fc.assert(
      fc.property(bytes(samples), (body) => {
        const decoded = total(() => Otlp.decode(body, encoding))
        if (Either.isLeft(decoded)) {
          expect(decoded.left.message.length).toBeLessThan(2000)
          return
        }
        read++
        const received = Otlp.flatten(decoded.right)
        // Each attribute is there as a plain value and as a typed one.
        expect(sizeOf(decoded.right)).toBeLessThan(200 * body.length + 1000)
        expect(total(() => SpanTree.print(received)).length).toBeLessThan(20 * body.length + 1000)
        for (const span of received) {
          expect(span.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
          expect(span.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
          expect(span.parentSpanId).toMatch(/^$|^(?!0{16})[0-9a-f]{16}$/)
        }
      }),
      { numRuns: 20 * runs, endOnFailure: true }
    )
    // Mutations that nobody can read try nothing but the parser.
    expect(read).toBeGreaterThan(runs / 2)
  })

  it("does not become gigabytes", () => {
    const small = 1024 * 1024
    const units =
      encoding === "protobuf"
        ? [
            [0x0a, 0x00],
            [0x7a, 0x00],
            [0x0a, 0x02, 0x12, 0x00]
          ]
        : []
    for (const unit of units) {
      const body = Uint8Array.from({ length: 4 * small }, (_, index) => unit[index % unit.length] ?? 0)
      const decoded = total(() => Otlp.decode(body, encoding))
      expect(Either.isLeft(decoded)).toBe(true)
    }
    const listed = new TextEncoder().encode(`{"resourceSpans":[${"{},".repeat(small)}{}]}`)
    if (encoding === "json") expect(Either.isLeft(total(() => Otlp.decode(listed, encoding)))).toBe(true)
  })
})

/** Sends bytes to a port and gives what comes back. A server that waits for more is told that there is none. */
const exchange = (url: string, sent: Uint8Array, patience = 100) =>
  Effect.async<string>((resume) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1")
    const timer = setTimeout(() => socket.end(), patience)
    let answer = ""
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1")
    })
    socket.on("error", () => undefined)
    socket.on("close", () => {
      clearTimeout(timer)
      resume(Effect.succeed(answer))
    })
    socket.write(sent)
    return Effect.sync(() => socket.destroy())
  })

it.scopedLive(
  "a request over the socket is answered as HTTP answers, or the connection ends; and the next is served",
  () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: { "x-key": "a" } }], maxBytes: 65_536 })
      const requestOf = (headers: string, body: Uint8Array) =>
        Buffer.concat([
          Buffer.from(`POST /v1/traces HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-key: a\r\n${headers}\r\n`),
          body
        ])
      const plain = bodyOf("protobuf", spans(2))
      const lengthOf = (body: Uint8Array) => `content-length: ${body.length}\r\n`
      const type = "content-type: application/x-protobuf\r\n"
      const zipped = gzipSync(plain)
      const samples = [
        requestOf(type + lengthOf(plain), plain),
        requestOf(`${type}content-encoding: gzip\r\n${lengthOf(zipped)}`, zipped),
        requestOf(
          `${type}transfer-encoding: chunked\r\n`,
          Buffer.concat([Buffer.from(`${plain.length.toString(16)}\r\n`), plain, Buffer.from("\r\n0\r\n\r\n")])
        ),
        requestOf("content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 2\r\n", Buffer.from("{}"))
      ]
      for (const whole of samples) expect(yield* exchange(receiver.url, whole, 10_000)).toMatch(/^HTTP\/1\.1 (200|100)/)
      const mutants = fc.sample(bytes(samples), 3 * runs)
      const answers = yield* Effect.forEach(mutants, (mutant) => exchange(receiver.url, mutant), { concurrency: 16 })
      for (const answer of answers)
        expect(answer).toMatch(/^$|^HTTP\/1\.1 (100|200|400|401|404|405|408|413|415|417|431) /)
      expect(new Set(answers.map((answer) => answer.slice(9, 12))).size).toBeGreaterThan(3)
      expect(yield* exchange(receiver.url, requestOf(type + lengthOf(plain), plain), 10_000)).toMatch(/^HTTP\/1\.1 200/)
      // One more than these are held by nobody.
      yield* receiver.awaitConnections(0)
      expect((yield* receiver.refusals()).filter(({ reason }) => reason.includes("the receiver failed"))).toEqual([])
    }),
  60_000
)

it.scopedLive(
  "gzip that is none is refused",
  () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [{ id: "acme", headers: {} }], maxBytes: 65_536 })
      const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
      const zipped = [gzipSync(bodyOf("protobuf", spans(2))), gzipSync(bodyOf("protobuf", [])), bomb.subarray(0, 2000)]
      const statuses = yield* Effect.forEach(
        [...fc.sample(bytes(zipped), 2 * runs), bomb],
        (body) =>
          Effect.promise(() =>
            fetch(`${receiver.url}/v1/traces`, {
              method: "POST",
              headers: { "content-type": "application/x-protobuf", "content-encoding": "gzip" },
              body
            }).then(({ status }) => status)
          ),
        { concurrency: 8 }
      )
      expect(new Set(statuses)).toEqual(new Set([200, 400, 413]))
      expect(statuses.at(-1)).toBe(413)
      expect((yield* receiver.refusals()).filter(({ reason }) => reason.includes("the receiver failed"))).toEqual([])
    }),
  60_000
)
