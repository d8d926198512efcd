import { gzipSync } from "node:zlib"
import { expect, it } from "@effect/vitest"
import { Receiver } from "@tenant-tracer/receiver"
import { Effect, FastCheck as fc } from "effect"
import { bodyOf, contentType } from "./support/bodies.js"
import { client, flood, rawExchange } from "./support/http.js"
import { readableSpans } from "./support/spans.js"

const account = { id: "acme", headers: {} }

const alive = (receiver: Receiver.Receiver.Service) =>
  Effect.scoped(
    Effect.gen(function* () {
      const post = yield* client
      const headers = { "content-type": contentType.protobuf }
      const answer = yield* post(yield* receiver.endpoint("acme"), {
        headers,
        body: bodyOf("protobuf", readableSpans(1))
      })
      return answer.status
    })
  )

it.scoped(
  "any body is answered with 200 or 400",
  () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [account], maxBytes: 4_096 })
      const endpoint = yield* receiver.endpoint("acme")
      const post = yield* client
      const arbitrary = fc.record({
        body: fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.json().map((text) => new TextEncoder().encode(text)),
          fc.nat(200).map((at) => bodyOf("protobuf", readableSpans(1)).subarray(0, at))
        ),
        encoding: fc.constantFrom("protobuf" as const, "json" as const),
        wrapping: fc.constantFrom("none", "gzip", "said to be gzip")
      })
      const statuses = yield* Effect.forEach(fc.sample(arbitrary, 200), ({ body, encoding, wrapping }) =>
        Effect.map(
          post(endpoint, {
            headers: {
              "content-type": contentType[encoding],
              ...(wrapping !== "none" && { "content-encoding": "gzip" })
            },
            body: wrapping === "gzip" ? gzipSync(body) : body
          }),
          (answer) => answer.status
        )
      )
      expect(Array.from(new Set(statuses)).sort()).toEqual([200, 400])
      expect(yield* alive(receiver)).toBe(200)
    }),
  30_000
)

it.scoped(
  "any bytes on the socket leave the receiver alive",
  () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ accounts: [account] })
      const head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
      const fixed = [
        "",
        "\r\n\r\n",
        "GET",
        `${head}content-length: -1\r\n\r\n`,
        `${head}content-length: 5\r\ncontent-length: 6\r\n\r\n{}`,
        `${head}content-length: 99999999999999999999\r\n\r\n{}`,
        `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`,
        `${head}transfer-encoding: chunked\r\n\r\n5\r\n{}`,
        `${head}content-length: 2\r\n\r\n{}${head}content-length: 2\r\n\r\n{}`,
        `${head}x-long: ${"x".repeat(20_000)}\r\n\r\n`,
        `${head}expect: the-unexpected\r\ncontent-length: 2\r\n\r\n{}`,
        `${head}upgrade: websocket\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\n{}`,
        "POST http://other.test/v1/traces HTTP/1.1\r\nhost: x\r\n\r\n",
        "POST * HTTP/1.1\r\nhost: x\r\n\r\n",
        "CONNECT other.test:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        `POST /${"%00".repeat(100)} HTTP/1.1\r\nhost: x\r\n\r\n`,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
      ]
      const sampled = fc.sample(fc.uint8Array({ maxLength: 200 }), 50)
      yield* Effect.forEach([...fixed, ...sampled], (bytes) => rawExchange(receiver.url, bytes), { concurrency: 8 })
      expect(yield* alive(receiver)).toBe(200)
    }),
  30_000
)

it.scoped(
  "many clients at once are each answered for themselves",
  () =>
    Effect.gen(function* () {
      const accounts = Array.from({ length: 20 }, (_, index) => ({
        id: `tenant-${index}`,
        headers: { "x-key": `key-${index}` }
      }))
      const receiver = yield* Receiver.make({ accounts })
      const post = yield* client
      yield* Effect.forEach(
        accounts.flatMap((account) => [account, account, account]),
        (account) =>
          post(`${receiver.url}/v1/traces`, {
            headers: { ...account.headers, "content-type": contentType.json },
            body: bodyOf("json", readableSpans(5))
          }),
        { concurrency: 16 }
      )
      for (const { id } of accounts) {
        const deliveries = yield* receiver.received(id)
        expect(deliveries).toHaveLength(3)
        expect(deliveries.every((delivery) => delivery.headers["x-key"] === id.replace("tenant", "key"))).toBe(true)
      }
    }),
  30_000
)

it.scoped("a client that is refused and goes on sending is cut off", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ accounts: [account], maxCompressedBytes: 1000 })
    const heads = {
      "too large": "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n",
      "no such path": "POST /nowhere HTTP/1.1\r\nhost: x\r\n",
      "no such type": "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n"
    }
    for (const head of Object.values(heads)) {
      const sent = yield* flood(receiver.url, `${head}transfer-encoding: chunked\r\n\r\n`)
      expect(sent).toBeLessThan(64 * 1024 * 1024)
    }
    expect((yield* receiver.refusals()).map(({ status }) => status)).toEqual([413, 404, 415])
    yield* receiver.awaitConnections(0)
    expect(yield* alive(receiver)).toBe(200)
  })
)

it.scoped("a client that is refused and comes to its end keeps its connection", () =>
  Effect.gen(function* () {
    const receiver = yield* Receiver.make({ accounts: [account], maxCompressedBytes: 1000 })
    const post = yield* client
    const headers = { "content-type": contentType.json }
    const answer = yield* post(`${receiver.url}/v1/traces`, { headers, body: Buffer.alloc(8 * 1024 * 1024) })
    expect(answer.status).toBe(413)
    expect((yield* post(`${receiver.url}/v1/traces`, { headers, body: "{}" })).status).toBe(200)
    expect(yield* receiver.peakConnections).toBe(1)
  })
)
